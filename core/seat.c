/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Two words in shared memory: whose it is, and until when. The second is what
 * two compete for. Used by mod_wfp/runner.c.
 */
#include "core/seat.h"

#include "core/clock.h"
#include "core/shared_memory.h"

typedef struct words_t {
    apr_uint64_t owner;
    apr_int64_t until; /* core/clock.h: the same for all processes */
} words_t;

struct wfp_seat_t {
    words_t *words;
};

apr_status_t wfp_seat_create(wfp_seat_t **pseat, wfp_result_t *res,
                             apr_pool_t *p)
{
    wfp_seat_t *seat = apr_pcalloc(p, sizeof(*seat));
    void *memory = NULL;
    apr_status_t rv = wfp_shared_memory(&memory, sizeof(words_t),
                                        "the runner's seat", res, p);

    seat->words = memory;
    *pseat = seat;
    return rv;
}

int wfp_seat_take(wfp_seat_t *seat, apr_uint64_t me, apr_interval_time_t time)
{
    words_t *w = seat->words;
    apr_int64_t now = wfp_clock_now();
    apr_int64_t until = __atomic_load_n(&w->until, __ATOMIC_ACQUIRE);

    if (__atomic_load_n(&w->owner, __ATOMIC_ACQUIRE) != me && now < until) {
        return 0;
    }
    if (!__atomic_compare_exchange_n(&w->until, &until, now + time, 0,
                                     __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE)) {
        return 0;
    }
    __atomic_store_n(&w->owner, me, __ATOMIC_RELEASE);
    return 1;
}

void wfp_seat_leave(wfp_seat_t *seat, apr_uint64_t me)
{
    words_t *w = seat->words;

    if (__atomic_load_n(&w->owner, __ATOMIC_ACQUIRE) == me) {
        __atomic_store_n(&w->until, 0, __ATOMIC_RELEASE);
    }
}
