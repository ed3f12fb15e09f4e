/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Wrong sign-ins by address. A cell is one word: a part of the hash of who it is,
 * how many, when the last was. It changes by compare and swap as a whole.
 *
 *   | hash 24 | wrong 8 | second of the last 32 |
 */
#include "admin/sign_guard.h"

#include <string.h>

#include "core/crypto.h"
#include "core/shared_memory.h"
#include "core/siphash.h"

#define CELLS      4096 /* a power of two */
#define NEIGHBOURS 8
#define WRONG_MAX  0xffU
#define FORGET_S   3600

typedef struct shared_t {
    apr_uint64_t key[2];
    apr_uint64_t cells[CELLS];
} shared_t;

struct wfp_sign_guard_t {
    shared_t *shared;
};

apr_status_t wfp_sign_guard_create(wfp_sign_guard_t **pguard, wfp_result_t *res,
                                   apr_pool_t *p)
{
    wfp_sign_guard_t *guard = apr_pcalloc(p, sizeof(*guard));
    void *memory = NULL;
    apr_status_t rv = wfp_shared_memory(&memory, sizeof(shared_t), "sign-ins",
                                        res, p);

    guard->shared = memory;
    *pguard = guard;
    return rv == APR_SUCCESS
               ? wfp_shared_key(guard->shared->key, "sign-ins", res)
               : rv;
}

static apr_uint32_t second_of(apr_uint64_t cell)
{
    return (apr_uint32_t)cell;
}

/* How many that still count. A clock that was put back forgets, too. */
static unsigned wrong_in(apr_uint64_t cell, apr_uint32_t now)
{
    return now - second_of(cell) < FORGET_S ? (cell >> 32) & WRONG_MAX : 0;
}

/* Seconds to wait after the last of so many. */
static apr_uint32_t wait_after(unsigned wrong)
{
    unsigned more = wrong - WFP_SIGN_GUARD_FREE;

    if (wrong < WFP_SIGN_GUARD_FREE) {
        return 0;
    }
    return more < 10 ? 1U << more : WFP_SIGN_GUARD_MAX_S;
}

/* The cell of this hash, else the one whose loss forgets least. */
static apr_uint64_t *find(wfp_sign_guard_t *guard, apr_uint64_t hash,
                          apr_uint32_t now)
{
    apr_uint64_t *best = NULL;
    unsigned least = WRONG_MAX + 1;
    apr_uint64_t i;

    for (i = 0; i < NEIGHBOURS; i++) {
        apr_uint64_t *cell = &guard->shared->cells[(hash + i) & (CELLS - 1)];
        apr_uint64_t value = __atomic_load_n(cell, __ATOMIC_RELAXED);
        unsigned wrong = wrong_in(value, now);

        if (wrong && value >> 40 == hash >> 40) {
            return cell;
        }
        if (wrong < least) {
            least = wrong;
            best = cell;
        }
    }
    return best;
}

static apr_uint64_t cell_of(apr_uint64_t hash, unsigned wrong,
                            apr_uint32_t second)
{
    return (hash >> 40 << 40) | (apr_uint64_t)wrong << 32 | second;
}

int wfp_sign_guard_try(wfp_sign_guard_t *guard, const void *who, apr_size_t n,
                       apr_time_t now)
{
    apr_uint64_t hash = wfp_siphash(guard->shared->key, who, n);
    apr_uint32_t second = (apr_uint32_t)apr_time_sec(now);
    apr_uint64_t *cell = find(guard, hash, second);
    apr_uint64_t old = __atomic_load_n(cell, __ATOMIC_RELAXED);
    apr_uint64_t new;

    do {
        unsigned wrong = old >> 40 == hash >> 40 ? wrong_in(old, second) : 0;
        apr_uint32_t gone = second - second_of(old);
        apr_uint32_t wait = wait_after(wrong);

        if (gone < wait) {
            return (int)(wait - gone);
        }
        new = cell_of(hash, wrong < WRONG_MAX ? wrong + 1 : wrong, second);
    } while (!__atomic_compare_exchange_n(cell, &old, new, 0, __ATOMIC_RELAXED,
                                          __ATOMIC_RELAXED));
    return 0;
}

void wfp_sign_guard_forgive(wfp_sign_guard_t *guard, const void *who,
                            apr_size_t n, apr_time_t now)
{
    apr_uint64_t hash = wfp_siphash(guard->shared->key, who, n);
    apr_uint32_t second = (apr_uint32_t)apr_time_sec(now);
    apr_uint64_t *cell = find(guard, hash, second);
    apr_uint64_t old = __atomic_load_n(cell, __ATOMIC_RELAXED);
    apr_uint64_t new;

    do {
        unsigned wrong = wrong_in(old, second);

        if (!wrong || old >> 40 != hash >> 40) {
            return;
        }
        new = cell_of(hash, wrong - 1, second_of(old));
    } while (!__atomic_compare_exchange_n(cell, &old, new, 0, __ATOMIC_RELAXED,
                                          __ATOMIC_RELAXED));
}
