/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Counts of requests in fixed windows. A cell is one word: a part of the hash of
 * who asks, the window's number, the count. It changes by compare and swap as a
 * whole, so no state of it is half of two.
 *
 *   | hash 24 | window 20 | count 20 |
 */
#include "admin/api_rate.h"

#include <string.h>

#include "core/crypto.h"
#include "core/shared_memory.h"
#include "core/siphash.h"

#define CELLS       8192 /* a power of two */
#define NEIGHBOURS  8
#define COUNT_MAX   0xfffffU
#define WINDOW_MASK 0xfffffU

typedef struct shared_t {
    apr_uint64_t key[2];
    apr_uint64_t cells[CELLS];
} shared_t;

struct wfp_api_rate_t {
    shared_t *shared;
};

apr_status_t wfp_api_rate_create(wfp_api_rate_t **prate, wfp_result_t *res,
                                 apr_pool_t *p)
{
    wfp_api_rate_t *rate = apr_pcalloc(p, sizeof(*rate));
    void *memory = NULL;
    apr_status_t rv = wfp_shared_memory(&memory, sizeof(shared_t),
                                        "the API's rate", res, p);

    rate->shared = memory;
    *prate = rate;
    return rv == APR_SUCCESS
               ? wfp_shared_key(rate->shared->key, "the API's rate", res)
               : rv;
}

/* Worth of a cell to others: one of an older window is nobody's. */
static apr_uint64_t count_in(apr_uint64_t cell, apr_uint64_t window)
{
    return ((cell >> 20) & WINDOW_MASK) == window ? cell & COUNT_MAX : 0;
}

/* The cell of tag in this window, else the one that is worth least. */
static apr_uint64_t *find(wfp_api_rate_t *rate, apr_uint64_t hash,
                          apr_uint64_t window)
{
    apr_uint64_t *cells = rate->shared->cells;
    apr_uint64_t *best = NULL;
    apr_uint64_t least = COUNT_MAX + 1;
    apr_uint64_t i;

    for (i = 0; i < NEIGHBOURS; i++) {
        apr_uint64_t *cell = &cells[(hash + i) & (CELLS - 1)];
        apr_uint64_t now = __atomic_load_n(cell, __ATOMIC_RELAXED);
        apr_uint64_t count = count_in(now, window);

        if (count && now >> 40 == hash >> 40) {
            return cell;
        }
        if (count < least) {
            least = count;
            best = cell;
        }
    }
    return best;
}

int wfp_api_rate_count(wfp_api_rate_t *rate, const void *who, apr_size_t n,
                       apr_uint32_t most, apr_interval_time_t window,
                       apr_time_t now)
{
    apr_uint64_t hash = wfp_siphash(rate->shared->key, who, n);
    apr_uint64_t number = (apr_uint64_t)(now / window) & WINDOW_MASK;
    apr_uint64_t *cell = find(rate, hash, number);
    apr_uint64_t old = __atomic_load_n(cell, __ATOMIC_RELAXED);
    apr_uint64_t count, new;

    do {
        count = old >> 40 == hash >> 40 ? count_in(old, number) : 0;
        if (count >= most || count == COUNT_MAX) {
            apr_interval_time_t left = window - now % window;

            return (int)apr_time_sec(left + APR_USEC_PER_SEC - 1);
        }
        new = (hash >> 40 << 40) | number << 20 | (count + 1);
    } while (!__atomic_compare_exchange_n(cell, &old, new, 0, __ATOMIC_RELAXED,
                                          __ATOMIC_RELAXED));
    return 0;
}
