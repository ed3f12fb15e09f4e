/* SPDX-License-Identifier: Apache-2.0 */
#include "core/tail_heard.h"

/* FNV-1a, of 64 bits, from a seed that nobody knows, folded. */
apr_uint32_t wfp_tail_heard_number(const wfp_tail_heard_t *heard,
                                   const char *ns, const char *name)
{
    apr_uint64_t n = heard->seed;

    for (; *ns; ns++) {
        n = (n ^ (unsigned char)*ns) * 0x100000001b3;
    }
    n = (n ^ '/') * 0x100000001b3;
    for (; *name; name++) {
        n = (n ^ (unsigned char)*name) * 0x100000001b3;
    }
    return (apr_uint32_t)(n ^ (n >> 32)) | 1;
}

/* Its place; WFP_TAIL_HEARD_MAX: it is not heard. */
static apr_uint32_t place_of(const wfp_tail_heard_t *heard, apr_uint32_t number)
{
    apr_uint32_t used = __atomic_load_n(&heard->used, __ATOMIC_ACQUIRE), i;

    for (i = 0; i < used && i < WFP_TAIL_HEARD_MAX; i++) {
        if (__atomic_load_n(&heard->numbers[i], __ATOMIC_RELAXED) == number) {
            return i;
        }
    }
    return WFP_TAIL_HEARD_MAX;
}

/* ---- under the lock ------------------------------------------------------------ */

static int is_among(const apr_uint32_t *numbers, int n, apr_uint32_t number)
{
    int i;

    for (i = 0; i < n && numbers[i] != number; i++) {
        continue;
    }
    return i < n;
}

static void hear(wfp_tail_heard_t *heard, apr_uint32_t number)
{
    wfp_tail_allowance_t *allowance;
    apr_uint32_t i = place_of(heard, 0); /* a free one, or a new one */

    if (i == WFP_TAIL_HEARD_MAX) {
        i = heard->used;
    }
    if (i >= WFP_TAIL_HEARD_MAX) {
        return;
    }
    allowance = &heard->allowances[i];
    __atomic_store_n(&allowance->left, WFP_TAIL_HEARD_BURST, __ATOMIC_RELAXED);
    __atomic_store_n(&allowance->refilled, 0, __ATOMIC_RELAXED);
    __atomic_store_n(&heard->numbers[i], number, __ATOMIC_RELEASE);
    if (i >= heard->used) {
        __atomic_store_n(&heard->used, i + 1, __ATOMIC_RELEASE);
    }
}

void wfp_tail_heard_publish(wfp_tail_heard_t *heard,
                            const apr_uint32_t *numbers, int n)
{
    apr_uint32_t used = heard->used < WFP_TAIL_HEARD_MAX ? heard->used
                                                         : WFP_TAIL_HEARD_MAX;
    int i;

    while (used > 0 && !is_among(numbers, n, heard->numbers[used - 1])) {
        __atomic_store_n(&heard->numbers[--used], 0, __ATOMIC_RELAXED);
    }
    __atomic_store_n(&heard->used, used, __ATOMIC_RELEASE);
    while (used-- > 0) {
        if (!is_among(numbers, n, heard->numbers[used])) {
            __atomic_store_n(&heard->numbers[used], 0, __ATOMIC_RELAXED);
        }
    }
    for (i = 0; i < n; i++) {
        if (place_of(heard, numbers[i]) == WFP_TAIL_HEARD_MAX) {
            hear(heard, numbers[i]);
        }
    }
    __atomic_store_n(&heard->count, (apr_uint32_t)n, __ATOMIC_RELEASE);
}

/* ---- the hot path -------------------------------------------------------------- */

static void miss_at(wfp_tail_allowance_t *allowance)
{
    (void)__atomic_fetch_add(&allowance->missed[wfp_lane()].n, 1,
                             __ATOMIC_RELAXED);
}

wfp_tail_claim_e wfp_tail_heard_claim(wfp_tail_heard_t *heard,
                                      apr_uint32_t number)
{
    apr_uint32_t i = place_of(heard, number);
    wfp_tail_allowance_t *allowance;

    if (i == WFP_TAIL_HEARD_MAX) {
        return WFP_TAIL_NOBODY;
    }
    allowance = &heard->allowances[i];
    /* looked at first: of a busy Worker's it is mostly 0, and nobody's to write */
    if (__atomic_load_n(&allowance->left, __ATOMIC_RELAXED) > 0
        && __atomic_fetch_sub(&allowance->left, 1, __ATOMIC_RELAXED) > 0) {
        return WFP_TAIL_TAKES;
    }
    miss_at(allowance);
    return WFP_TAIL_TOO_MANY;
}

/* ---- readers ------------------------------------------------------------------- */

void wfp_tail_heard_miss(wfp_tail_heard_t *heard, apr_uint32_t number)
{
    apr_uint32_t i = place_of(heard, number);

    if (i < WFP_TAIL_HEARD_MAX) {
        miss_at(&heard->allowances[i]);
    }
}

/* Several may serve readers of one Worker: who moves the time on brings what was
 * due since. */
static void refill_at(wfp_tail_allowance_t *allowance, apr_time_t now)
{
    apr_time_t before = __atomic_load_n(&allowance->refilled, __ATOMIC_RELAXED);
    apr_int64_t due = before ? (now - before) * WFP_TAIL_HEARD_RATE
                                   / APR_USEC_PER_SEC
                             : 0;
    apr_int32_t left = __atomic_load_n(&allowance->left, __ATOMIC_RELAXED);
    apr_int64_t more;

    if ((before && due <= 0)
        || !__atomic_compare_exchange_n(&allowance->refilled, &before, now, 0,
                                        __ATOMIC_RELAXED, __ATOMIC_RELAXED)) {
        return;
    }
    do {
        more = due + (left > 0 ? left : 0);
        more = more < WFP_TAIL_HEARD_BURST ? more : WFP_TAIL_HEARD_BURST;
    } while (!__atomic_compare_exchange_n(&allowance->left, &left,
                                          (apr_int32_t)more, 0,
                                          __ATOMIC_RELAXED, __ATOMIC_RELAXED));
}

void wfp_tail_heard_refill(wfp_tail_heard_t *heard, apr_uint32_t number,
                           apr_time_t now)
{
    apr_uint32_t i = place_of(heard, number);

    if (i < WFP_TAIL_HEARD_MAX) {
        refill_at(&heard->allowances[i], now);
    }
}

apr_uint64_t wfp_tail_heard_missed(const wfp_tail_heard_t *heard,
                                   apr_uint32_t number)
{
    apr_uint32_t i = place_of(heard, number), lane;
    apr_uint64_t sum = 0;

    for (lane = 0; i < WFP_TAIL_HEARD_MAX && lane < WFP_LANES; lane++) {
        sum += __atomic_load_n(&heard->allowances[i].missed[lane].n,
                               __ATOMIC_RELAXED);
    }
    return sum;
}
