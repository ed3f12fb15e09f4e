/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The allocator for the registry's bodies. Only registry_body.c and
 * registry_repair.c call it, under the writers' mutex. It must not know what
 * a block holds or who reads it.
 *
 *   cells  [ owner|3 ][ - ][ inside ][ free|2 ][ tail|2 ][ owner|1 ] ...
 *   area   [ 3 units of 128 bytes   ][ next,prev        ][         ] ...
 *
 * Only the first and the last cell of a run mean anything: the first says
 * owner (or FREE) and length, the last of a longer run INSIDE, or TAIL and
 * the length when free. A free run's first bytes hold its links: readers who
 * took no lock may still be looking at those bytes, hence the atomic stores;
 * the sequence count of the slot tells them to throw away what they read.
 */
#include "core/slab.h"

#include <string.h>

#define CELL_FREE   0xffffffffU
#define CELL_TAIL   0xfffffffeU
#define CELL_INSIDE 0xfffffffdU
#define OWNER_MAX   0x7fffffffU

/* how many free runs of the tightest class are looked at */
#define FIT_TRIES 16

static inline apr_uint32_t *link_of(const wfp_slab_t *slab, apr_uint32_t run)
{
    return (apr_uint32_t *)wfp_slab_bytes(slab, run);
}

static inline apr_uint32_t next_of(const wfp_slab_t *slab, apr_uint32_t run)
{
    return __atomic_load_n(&link_of(slab, run)[0], __ATOMIC_RELAXED);
}

static inline apr_uint32_t prev_of(const wfp_slab_t *slab, apr_uint32_t run)
{
    return __atomic_load_n(&link_of(slab, run)[1], __ATOMIC_RELAXED);
}

static inline void set_next(const wfp_slab_t *slab, apr_uint32_t run,
                            apr_uint32_t next)
{
    __atomic_store_n(&link_of(slab, run)[0], next, __ATOMIC_RELEASE);
}

static inline void set_prev(const wfp_slab_t *slab, apr_uint32_t run,
                            apr_uint32_t prev)
{
    __atomic_store_n(&link_of(slab, run)[1], prev, __ATOMIC_RELEASE);
}

static inline unsigned class_of(apr_uint32_t units)
{
    return 31U - (unsigned)__builtin_clz(units);
}

/* Status pages read it without the lock. */
static void set_free_units(wfp_slab_state_t *state, apr_uint32_t units)
{
    __atomic_store_n(&state->free_units, units, __ATOMIC_RELAXED);
}

static void free_link(wfp_slab_t *slab, apr_uint32_t start, apr_uint32_t units)
{
    apr_uint32_t *list = &slab->state->list[class_of(units)];
    apr_uint32_t run = start + 1;

    if (units > 1) {
        slab->cells[start + units - 1].what = CELL_TAIL;
        slab->cells[start + units - 1].units = units;
    }
    slab->cells[start].what = CELL_FREE;
    slab->cells[start].units = units;
    set_prev(slab, run, 0);
    set_next(slab, run, *list);
    if (*list) {
        set_prev(slab, *list, run);
    }
    *list = run;
    set_free_units(slab->state, slab->state->free_units + units);
}

static void free_unlink(wfp_slab_t *slab, apr_uint32_t start)
{
    apr_uint32_t units = slab->cells[start].units;
    apr_uint32_t next = next_of(slab, start + 1);
    apr_uint32_t prev = prev_of(slab, start + 1);

    if (prev) {
        set_next(slab, prev, next);
    }
    else {
        slab->state->list[class_of(units)] = next;
    }
    if (next) {
        set_prev(slab, next, prev);
    }
    set_free_units(slab->state, slab->state->free_units - units);
}

void wfp_slab_format(wfp_slab_t *slab, apr_uint32_t units)
{
    slab->state->units = units;
    wfp_slab_rebuild_begin(slab);
    wfp_slab_rebuild_end(slab);
}

/* A free run of at least this length, or 0: some of the runs of its own class
 * may be too short, those of the classes above never are. */
static apr_uint32_t find_fit(const wfp_slab_t *slab, apr_uint32_t units)
{
    unsigned c = class_of(units);
    apr_uint32_t run = slab->state->list[c];
    int tries;

    for (tries = 0; run && tries < FIT_TRIES; tries++) {
        if (slab->cells[run - 1].units >= units) {
            return run;
        }
        run = next_of(slab, run);
    }
    while (++c < WFP_SLAB_CLASSES) {
        if (slab->state->list[c]) {
            return slab->state->list[c];
        }
    }
    /* nothing above: rather look at the whole class than evict bodies */
    while (run && slab->cells[run - 1].units < units) {
        run = next_of(slab, run);
    }
    return run;
}

apr_uint32_t wfp_slab_take(wfp_slab_t *slab, apr_uint32_t units,
                           apr_uint32_t owner)
{
    apr_uint32_t run, start, rest;

    if (!units || units > slab->state->free_units) {
        return 0;
    }
    run = find_fit(slab, units);
    if (!run) {
        return 0;
    }
    start = run - 1;
    rest = slab->cells[start].units - units;
    free_unlink(slab, start);
    if (rest) {
        free_link(slab, start + units, rest);
    }
    if (units > 1) {
        slab->cells[start + units - 1].what = CELL_INSIDE;
    }
    slab->cells[start].what = owner;
    slab->cells[start].units = units;
    return run;
}

apr_uint32_t wfp_slab_give(wfp_slab_t *slab, apr_uint32_t block)
{
    apr_uint32_t start = block - 1;
    apr_uint32_t units = slab->cells[start].units;
    apr_uint32_t next = start + units;

    if (next < slab->state->units && slab->cells[next].what == CELL_FREE) {
        units += slab->cells[next].units;
        free_unlink(slab, next);
    }
    if (start) {
        wfp_slab_cell_t *before = &slab->cells[start - 1];

        if (before->what == CELL_FREE || before->what == CELL_TAIL) {
            units += before->units;
            start -= before->units;
            free_unlink(slab, start);
        }
    }
    free_link(slab, start, units);
    if (slab->state->hand > start && slab->state->hand < start + units) {
        slab->state->hand = start;
    }
    return start + units;
}

void wfp_slab_set_owner(wfp_slab_t *slab, apr_uint32_t block,
                        apr_uint32_t owner)
{
    if (block && block <= slab->state->units) {
        slab->cells[block - 1].what = owner;
    }
}

void wfp_slab_at(wfp_slab_run_t *run, const wfp_slab_t *slab,
                 apr_uint32_t start)
{
    const wfp_slab_cell_t *cell = &slab->cells[start];

    run->start = start;
    run->units = cell->units;
    run->owner = cell->what == CELL_FREE ? 0 : cell->what;
}

void wfp_slab_rebuild_begin(wfp_slab_t *slab)
{
    wfp_slab_state_t *state = slab->state;

    memset(slab->cells, 0, (apr_size_t)state->units * sizeof(*slab->cells));
    memset(state->list, 0, sizeof(state->list));
    set_free_units(state, 0);
    state->hand = 0;
}

apr_status_t wfp_slab_rebuild_mark(wfp_slab_t *slab, apr_uint32_t block,
                                   apr_uint32_t units, apr_uint32_t owner)
{
    apr_uint32_t start = block - 1, i;

    if (!block || !units || units > slab->state->units
        || start > slab->state->units - units) {
        return APR_EINVAL;
    }
    for (i = start; i < start + units; i++) {
        if (slab->cells[i].what) {
            return APR_EINVAL;
        }
    }
    for (i = start + 1; i < start + units; i++) {
        slab->cells[i].what = CELL_INSIDE;
    }
    slab->cells[start].what = owner;
    slab->cells[start].units = units;
    return APR_SUCCESS;
}

void wfp_slab_rebuild_end(wfp_slab_t *slab)
{
    apr_uint32_t all = slab->state->units, at = 0, start;

    while (at < all) {
        if (slab->cells[at].what) {
            at += slab->cells[at].units;
            continue;
        }
        start = at;
        while (at < all && !slab->cells[at].what) {
            at++;
        }
        free_link(slab, start, at - start);
    }
}

/* Length of all lists together, or -1 when one is broken. */
static apr_int64_t lists_units(const wfp_slab_t *slab)
{
    apr_uint32_t all = slab->state->units, seen = 0, run, prev;
    apr_int64_t sum = 0;
    unsigned c;

    for (c = 0; c < WFP_SLAB_CLASSES; c++) {
        prev = 0;
        for (run = slab->state->list[c]; run; run = next_of(slab, run)) {
            if (run > all || seen++ > all
                || slab->cells[run - 1].what != CELL_FREE
                || class_of(slab->cells[run - 1].units) != c
                || prev_of(slab, run) != prev) {
                return -1;
            }
            sum += slab->cells[run - 1].units;
            prev = run;
        }
    }
    return sum;
}

apr_status_t wfp_slab_validate(const char **pwhat, const wfp_slab_t *slab)
{
    const wfp_slab_state_t *state = slab->state;
    apr_int64_t free_units = 0;
    apr_uint32_t at = 0;
    int was_free = 0, hand_seen = 0;

    while (at < state->units) {
        const wfp_slab_cell_t *cell = &slab->cells[at];
        int is_free = cell->what == CELL_FREE;

        *pwhat = "a run of units is out of range or has no owner";
        if (!cell->units || cell->units > state->units - at || !cell->what
            || (!is_free && cell->what > OWNER_MAX)) {
            return APR_EGENERAL;
        }
        *pwhat = "two free runs lie side by side";
        if (is_free && was_free) {
            return APR_EGENERAL;
        }
        free_units += is_free ? cell->units : 0;
        hand_seen |= at == state->hand;
        was_free = is_free;
        at += cell->units;
    }
    *pwhat = "the free lists and the free runs differ";
    if (free_units != state->free_units || lists_units(slab) != free_units) {
        return APR_EGENERAL;
    }
    *pwhat = "the clock's hand is inside a run";
    return hand_seen ? APR_SUCCESS : APR_EGENERAL;
}
