/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Counters in shared memory and the table of Workers that were killed lately.
 * Called by dispatch (counting), status and metrics (reading). Must not know
 * what a limit is or who kills.
 *
 *   +----------------+-------------------+-----------------------------------+
 *   | key, cooling   | counters          | cells: key, window, until         |
 *   +----------------+-------------------+-----------------------------------+
 *
 * A Worker's cell is one of eight beside the place its keyed hash says; when
 * all are another's, the one whose story is the oldest is taken over. Two who
 * do that at once may lose a kill: a cool-down then begins one kill later.
 */
#include "core/stats.h"

#include <string.h>

#include "core/crypto.h"
#include "core/shared_memory.h"
#include "core/siphash.h"

#define CELLS     4096
#define NEIGHBOUR 8

/* a window: when it began (ms) above, how many kills below */
#define COUNT_BITS 20
#define COUNT_MAX  ((1U << COUNT_BITS) - 1)

typedef struct cell_t {
    apr_uint64_t key;    /* 0: nobody's */
    apr_uint64_t window; /* begin << COUNT_BITS | kills */
    apr_uint64_t until;  /* ms; cooling before that */
    apr_uint64_t pad;
} cell_t;

typedef struct shared_t {
    apr_uint64_t key[2];
    apr_uint64_t cooling_until; /* the latest of all cells */
    apr_uint64_t fastest;
    apr_uint64_t n[WFP_STAT_COUNT];
    apr_uint64_t errors[WFP_CODE_COUNT];
    apr_uint64_t limits[WFP_LIMIT_COUNT];
    cell_t cells[CELLS] __attribute__((aligned(WFP_SHARED_LINE)));
} shared_t;

struct wfp_stats_t {
    shared_t *shared;
};

_Static_assert(sizeof(cell_t) == 32, "two cells a line");

apr_status_t wfp_stats_create(wfp_stats_t **pstats, wfp_result_t *res,
                              apr_pool_t *p)
{
    wfp_stats_t *stats = apr_pcalloc(p, sizeof(*stats));
    void *memory = NULL;
    apr_status_t rv = wfp_shared_memory(&memory, sizeof(shared_t), "counters",
                                        res, p);

    stats->shared = memory;
    *pstats = stats;
    return rv == APR_SUCCESS
               ? wfp_shared_key(stats->shared->key, "counters", res)
               : rv;
}

static void add_one(apr_uint64_t *counter)
{
    (void)__atomic_fetch_add(counter, 1, __ATOMIC_RELAXED);
}

static apr_uint64_t load(const apr_uint64_t *at)
{
    return __atomic_load_n(at, __ATOMIC_ACQUIRE);
}

void wfp_stats_count(wfp_stats_t *stats, wfp_stat_e which)
{
    if (which < WFP_STAT_COUNT) {
        add_one(&stats->shared->n[which]);
    }
}

void wfp_stats_error(wfp_stats_t *stats, wfp_code_e code)
{
    if (code > WFP_OK && code < WFP_CODE_COUNT) {
        add_one(&stats->shared->errors[code]);
    }
}

void wfp_stats_limit(wfp_stats_t *stats, wfp_limit_e limit)
{
    if ((unsigned)limit < WFP_LIMIT_COUNT) {
        add_one(&stats->shared->limits[limit]);
    }
}

apr_uint64_t wfp_stats_fastest(wfp_stats_t *stats, apr_uint64_t speed)
{
    apr_uint64_t known = load(&stats->shared->fastest);

    while (known < speed
           && !__atomic_compare_exchange_n(&stats->shared->fastest, &known,
                                           speed, 1, __ATOMIC_RELAXED,
                                           __ATOMIC_RELAXED)) {
    }
    return known < speed ? speed : known;
}

void wfp_stats_read(wfp_stats_all_t *all, wfp_stats_t *stats, apr_time_t now)
{
    apr_uint64_t now_ms = (apr_uint64_t)apr_time_as_msec(now);
    shared_t *shared = stats->shared;
    int i;

    memset(all, 0, sizeof(*all));
    for (i = 0; i < WFP_STAT_COUNT; i++) {
        all->n[i] = load(&shared->n[i]);
    }
    for (i = 0; i < WFP_CODE_COUNT; i++) {
        all->errors[i] = load(&shared->errors[i]);
    }
    for (i = 0; i < WFP_LIMIT_COUNT; i++) {
        all->limits[i] = load(&shared->limits[i]);
    }
    for (i = 0; i < CELLS && load(&shared->cooling_until) > now_ms; i++) {
        all->cooling += load(&shared->cells[i].until) > now_ms;
    }
}

static apr_uint64_t key_of(const shared_t *shared, const char *ns,
                           const char *name)
{
    char text[2 * (WFP_NAME_MAX + 1)];
    apr_size_t ns_n = strnlen(ns, WFP_NAME_MAX);
    apr_size_t name_n = strnlen(name, WFP_NAME_MAX);
    apr_uint64_t key;

    memcpy(text, ns, ns_n);
    text[ns_n] = '/'; /* in no name */
    memcpy(text + ns_n + 1, name, name_n);
    key = wfp_siphash(shared->key, text, ns_n + 1 + name_n);
    return key ? key : 1;
}

static cell_t *cell_at(shared_t *shared, apr_uint64_t key, unsigned i)
{
    return &shared->cells[(key % (CELLS / NEIGHBOUR)) * NEIGHBOUR + i];
}

static cell_t *cell_find(shared_t *shared, apr_uint64_t key)
{
    unsigned i;

    for (i = 0; i < NEIGHBOUR; i++) {
        cell_t *cell = cell_at(shared, key, i);

        if (load(&cell->key) == key) {
            return cell;
        }
    }
    return NULL;
}

/* The key's cell, or the one whose story is the oldest, taken over. NULL when
 * another was quicker. */
static cell_t *cell_open(shared_t *shared, apr_uint64_t key)
{
    cell_t *cell = cell_find(shared, key);
    apr_uint64_t oldest = 0, was;
    unsigned i;

    if (cell) {
        return cell;
    }
    for (i = 0; i < NEIGHBOUR; i++) {
        cell_t *other = cell_at(shared, key, i);
        apr_uint64_t began = load(&other->window) >> COUNT_BITS;
        apr_uint64_t until = load(&other->until);
        apr_uint64_t age = began > until ? began : until;

        if (!cell || age < oldest) {
            cell = other;
            oldest = age;
        }
    }
    was = load(&cell->key);
    if (!__atomic_compare_exchange_n(&cell->key, &was, key, 0, __ATOMIC_ACQ_REL,
                                     __ATOMIC_ACQUIRE)) {
        return NULL;
    }
    __atomic_store_n(&cell->until, 0, __ATOMIC_RELEASE);
    __atomic_store_n(&cell->window, 0, __ATOMIC_RELEASE);
    return cell;
}

/* Count into the cell's window. @return kills in it now */
static apr_uint64_t window_count(cell_t *cell, apr_uint64_t now_ms,
                                 apr_uint64_t length_ms)
{
    apr_uint64_t old = load(&cell->window), begin, kills;

    do {
        begin = old >> COUNT_BITS;
        kills = old & COUNT_MAX;
        if (!kills || now_ms - begin > length_ms) {
            begin = now_ms;
            kills = 0;
        }
        kills += kills < COUNT_MAX;
    } while (!__atomic_compare_exchange_n(&cell->window, &old,
                                          begin << COUNT_BITS | kills, 0,
                                          __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE));
    return kills;
}

static void raise_to(apr_uint64_t *at, apr_uint64_t value)
{
    apr_uint64_t old = load(at);

    while (old < value
           && !__atomic_compare_exchange_n(at, &old, value, 0, __ATOMIC_ACQ_REL,
                                           __ATOMIC_ACQUIRE)) {
        continue;
    }
}

void wfp_stats_kill(wfp_stats_t *stats, const wfp_cool_down_t *rule,
                    const char *ns, const char *name, apr_time_t now)
{
    apr_uint64_t now_ms = (apr_uint64_t)apr_time_as_msec(now);
    apr_uint64_t until;
    cell_t *cell;

    add_one(&stats->shared->n[WFP_STAT_KILLS]);
    if (rule->kills <= 0) {
        return;
    }
    cell = cell_open(stats->shared, key_of(stats->shared, ns, name));
    if (!cell
        || window_count(cell, now_ms,
                        (apr_uint64_t)apr_time_as_msec(rule->window))
               <= (apr_uint64_t)rule->kills) {
        return;
    }
    until = now_ms + (apr_uint64_t)apr_time_as_msec(rule->pause);
    raise_to(&cell->until, until);
    __atomic_store_n(&cell->window, 0, __ATOMIC_RELEASE);
    raise_to(&stats->shared->cooling_until, until);
}

int wfp_stats_is_cooling(int *pretry_after_s, wfp_stats_t *stats,
                         const char *ns, const char *name, apr_time_t now)
{
    apr_uint64_t now_ms = (apr_uint64_t)apr_time_as_msec(now), until;
    cell_t *cell;

    if (load(&stats->shared->cooling_until) <= now_ms) {
        return 0;
    }
    cell = cell_find(stats->shared, key_of(stats->shared, ns, name));
    if (!cell) {
        return 0;
    }
    until = load(&cell->until);
    if (until <= now_ms) {
        return 0;
    }
    if (pretry_after_s) {
        *pretry_after_s = (int)((until - now_ms + 999) / 1000);
    }
    return 1;
}
