/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A place is free, or its process's: the word that says so is the process's id.
 * The parent alone gives places free; it adds what was counted there to `gone`,
 * and `folding` is odd meanwhile, so that nobody sees it twice or not at all.
 * Called by mod_wfp/children.c.
 */
#include "core/children.h"

#include <apr_time.h>
#include <string.h>

#include "core/shared_memory.h"

typedef struct place_t {
    apr_int64_t pid; /* 0: free */
    apr_uint64_t n[WFP_CHILD_COUNT];
} __attribute__((aligned(64))) place_t;

typedef struct shared_t {
    apr_uint32_t folding;
    apr_uint32_t used; /* no place beyond was ever taken */
    apr_uint64_t gone[WFP_CHILD_COUNT];
    place_t places[WFP_CHILDREN_MAX];
} shared_t;

struct wfp_children_t {
    shared_t *shared;
};

/* Looks again while a process's figures are being folded in: first at once, then
 * with naps, since the parent may wait for its processor. Had it died meanwhile,
 * there would be no end. */
#define TRIES 1000
#define NAPS  200
#define NAP   apr_time_from_msec(1)

apr_status_t wfp_children_create(wfp_children_t **pchildren, wfp_result_t *res,
                                 apr_pool_t *p)
{
    wfp_children_t *children = apr_pcalloc(p, sizeof(*children));
    void *memory = NULL;
    apr_status_t rv = wfp_shared_memory(&memory, sizeof(shared_t),
                                        "the children's figures", res, p);

    children->shared = memory;
    *pchildren = children;
    return rv;
}

static apr_uint64_t load(const apr_uint64_t *at)
{
    return __atomic_load_n(at, __ATOMIC_ACQUIRE);
}

static void raise_used(shared_t *shared, apr_uint32_t to)
{
    apr_uint32_t old = __atomic_load_n(&shared->used, __ATOMIC_ACQUIRE);

    while (old < to
           && !__atomic_compare_exchange_n(&shared->used, &old, to, 0,
                                           __ATOMIC_ACQ_REL,
                                           __ATOMIC_ACQUIRE)) {
        continue;
    }
}

int wfp_children_join(wfp_children_t *children, apr_int64_t pid)
{
    shared_t *shared = children->shared;
    int i;

    for (i = 0; i < WFP_CHILDREN_MAX; i++) {
        apr_int64_t was = 0;

        if (__atomic_compare_exchange_n(&shared->places[i].pid, &was, pid, 0,
                                        __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE)) {
            raise_used(shared, (apr_uint32_t)i + 1);
            return i;
        }
    }
    return -1;
}

void wfp_children_tell(wfp_children_t *children, int place,
                       const wfp_child_figures_t *figures)
{
    place_t *mine;
    int i;

    if (place < 0) {
        return;
    }
    mine = &children->shared->places[place];
    for (i = 0; i < WFP_CHILD_COUNT; i++) {
        __atomic_store_n(&mine->n[i], figures->n[i], __ATOMIC_RELEASE);
    }
}

static void fold(shared_t *shared, place_t *place)
{
    int i;

    (void)__atomic_add_fetch(&shared->folding, 1, __ATOMIC_ACQ_REL);
    for (i = WFP_CHILD_COUNTERS; i < WFP_CHILD_COUNT; i++) {
        (void)__atomic_add_fetch(&shared->gone[i], load(&place->n[i]),
                                 __ATOMIC_ACQ_REL);
    }
    for (i = 0; i < WFP_CHILD_COUNT; i++) {
        __atomic_store_n(&place->n[i], 0, __ATOMIC_RELEASE);
    }
    __atomic_store_n(&place->pid, 0, __ATOMIC_RELEASE);
    (void)__atomic_add_fetch(&shared->folding, 1, __ATOMIC_ACQ_REL);
}

int wfp_children_place(const wfp_children_t *children, apr_int64_t pid)
{
    const shared_t *shared = children->shared;
    apr_uint32_t used = __atomic_load_n(&shared->used, __ATOMIC_ACQUIRE), i;

    for (i = 0; i < used; i++) {
        if (__atomic_load_n(&shared->places[i].pid, __ATOMIC_ACQUIRE) == pid) {
            return (int)i;
        }
    }
    return -1;
}

void wfp_children_left(wfp_children_t *children, apr_int64_t pid)
{
    int place = wfp_children_place(children, pid);

    if (place >= 0) {
        fold(children->shared, &children->shared->places[place]);
    }
}

static int sum_once(wfp_child_figures_t *sum, const shared_t *shared)
{
    apr_uint32_t used = __atomic_load_n(&shared->used, __ATOMIC_ACQUIRE), at;
    int processes = 0, i;

    for (i = 0; i < WFP_CHILD_COUNT; i++) {
        sum->n[i] = load(&shared->gone[i]);
    }
    for (at = 0; at < used; at++) {
        const place_t *place = &shared->places[at];

        processes += __atomic_load_n(&place->pid, __ATOMIC_ACQUIRE) != 0;
        for (i = 0; i < WFP_CHILD_COUNT; i++) {
            sum->n[i] += load(&place->n[i]);
        }
    }
    return processes;
}

int wfp_children_sum(wfp_child_figures_t *sum, wfp_children_t *children)
{
    const shared_t *shared = children->shared;
    int processes = 0, i;

    for (i = 0; i < TRIES + NAPS; i++) {
        apr_uint32_t before;

        if (i >= TRIES) {
            apr_sleep(NAP);
        }
        before = __atomic_load_n(&shared->folding, __ATOMIC_ACQUIRE);
        processes = sum_once(sum, shared);
        if (before % 2 == 0
            && before == __atomic_load_n(&shared->folding, __ATOMIC_ACQUIRE)) {
            break;
        }
    }
    return processes;
}
