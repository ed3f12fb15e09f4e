/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A place is free, taken by a process, or taken and named: one word says which.
 * Names are written before the word says that they are there, so a process that is
 * killed in between leaves a run of nobody, never one of whoever was there before.
 * Called by mod_wfp/ledger.c and, in the parent, by mod_wfp/children.c.
 */
#include "core/runs.h"

#include <stdint.h>
#include <string.h>

#include "core/children.h"
#include "core/shared_memory.h"

/* Places that are looked at before a run does without. */
#define PROBES 64

/* The lowest bit: it is named. */
#define TAKEN(owner) (((apr_uint32_t)(owner) + 1) << 1)
#define NAMED(owner) (TAKEN(owner) | 1)

typedef struct place_t {
    apr_uint32_t state; /* 0: free */
    char ns[WFP_NAME_MAX + 1];
    char script[WFP_NAME_MAX + 1];
} __attribute__((aligned(64))) place_t;

typedef struct shared_t {
    apr_uint64_t lost;
    apr_int64_t
        without[WFP_CHILDREN_MAX]; /* of each process: without a place */
    place_t places[WFP_RUNS_MAX];
} shared_t;

struct wfp_runs_t {
    shared_t *shared;
};

/* What wfp_runs_begin() answers where there is no place. */
#define NO_PLACE (-1)

apr_status_t wfp_runs_create(wfp_runs_t **pruns, wfp_result_t *res,
                             apr_pool_t *p)
{
    wfp_runs_t *runs = apr_pcalloc(p, sizeof(*runs));
    void *memory = NULL;
    apr_status_t rv = wfp_shared_memory(&memory, sizeof(shared_t), "what runs",
                                        res, p);

    runs->shared = memory;
    *pruns = runs;
    return rv;
}

/* Where a thread begins to look: threads have stacks of their own, so it finds
 * the place that it had before, which is in its processor's cache. */
static unsigned first_place(int owner)
{
    apr_uint64_t at = (uintptr_t)__builtin_frame_address(0) >> 16;

    return (unsigned)(((at + ((apr_uint64_t)owner << 32))
                       * 0x9e3779b97f4a7c15ULL)
                      >> 40)
           % WFP_RUNS_MAX;
}

int wfp_runs_begin(wfp_runs_t *runs, int owner)
{
    shared_t *shared = runs->shared;
    unsigned first, i;

    if (owner < 0) {
        return NO_PLACE;
    }
    first = first_place(owner);
    for (i = 0; i < PROBES; i++) {
        unsigned at = (first + i) % WFP_RUNS_MAX;
        apr_uint32_t was = 0;

        if (!__atomic_load_n(&shared->places[at].state, __ATOMIC_RELAXED)
            && __atomic_compare_exchange_n(&shared->places[at].state, &was,
                                           TAKEN(owner), 0, __ATOMIC_ACQ_REL,
                                           __ATOMIC_RELAXED)) {
            return (int)at;
        }
    }
    (void)__atomic_fetch_add(&shared->without[owner], 1, __ATOMIC_RELAXED);
    return NO_PLACE;
}

void wfp_runs_name(wfp_runs_t *runs, int run, int owner, const char *ns,
                   const char *script)
{
    place_t *place;

    if (run == NO_PLACE) {
        return;
    }
    place = &runs->shared->places[run];
    memcpy(place->ns, ns, sizeof(place->ns));
    memcpy(place->script, script, sizeof(place->script));
    __atomic_store_n(&place->state, NAMED(owner), __ATOMIC_RELEASE);
}

void wfp_runs_end(wfp_runs_t *runs, int run, int owner)
{
    shared_t *shared = runs->shared;

    if (run != NO_PLACE) {
        __atomic_store_n(&shared->places[run].state, 0, __ATOMIC_RELEASE);
    }
    else if (owner >= 0) {
        (void)__atomic_fetch_sub(&shared->without[owner], 1, __ATOMIC_RELAXED);
    }
}

static void lose(shared_t *shared, apr_uint64_t count)
{
    (void)__atomic_add_fetch(&shared->lost, count, __ATOMIC_ACQ_REL);
}

void wfp_runs_left(wfp_runs_t *runs, int owner, wfp_runs_lost_fn *fn,
                   void *data)
{
    shared_t *shared = runs->shared;
    apr_int64_t without;
    int i;

    if (owner < 0) {
        return;
    }
    for (i = 0; i < WFP_RUNS_MAX; i++) {
        place_t *place = &shared->places[i];
        apr_uint32_t state = __atomic_load_n(&place->state, __ATOMIC_ACQUIRE);

        if (state == TAKEN(owner) || state == NAMED(owner)) {
            int named = state == NAMED(owner);

            fn(data, named ? place->ns : NULL, named ? place->script : NULL, 1);
            lose(shared, 1);
            __atomic_store_n(&place->state, 0, __ATOMIC_RELEASE);
        }
    }
    without = __atomic_exchange_n(&shared->without[owner], 0, __ATOMIC_ACQ_REL);
    if (without > 0) {
        fn(data, NULL, NULL, (apr_uint64_t)without);
        lose(shared, (apr_uint64_t)without);
    }
}

apr_uint64_t wfp_runs_lost(const wfp_runs_t *runs)
{
    return __atomic_load_n(&runs->shared->lost, __ATOMIC_ACQUIRE);
}
