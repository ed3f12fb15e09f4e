/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Two tables with open addressing, of even and of odd days; tomorrow's is empty
 * before it begins. A row is claimed under a word of its own (free -> being named
 * -> named), and is given up with its whole table. Called by mod_wfp/quota.c. It
 * must not know what a service is, nor the store.
 *
 * A counter only grows, and the store is told all of it each time, so telling it
 * twice, or not knowing whether it was told, changes nothing.
 */
#include "core/usage.h"

#include <apr_strings.h>
#include <stdlib.h>
#include <string.h>

#include "core/clock.h"
#include "core/crypto.h"
#include "core/shared_memory.h"
#include "core/siphash.h"

/* Rows that are looked at beside the place that the hash says. */
#define PROBES 64

/* Yesterday's table is emptied when whoever still counts in it is long done. */
#define SETTLED apr_time_from_sec(3600)

#define DAY apr_time_from_sec(86400)

enum {
    FREE = 0,
    NAMING,
    NAMED
};

typedef struct count_t {
    apr_uint64_t mine;
    apr_uint64_t told;   /* of it, to the store */
    apr_uint64_t others; /* as the store said */
} count_t;

typedef struct row_t {
    char ns[WFP_NAME_MAX + 1];
    char script[WFP_NAME_MAX + 1];
    count_t counts[WFP_USAGE_COUNT];
} row_t;

typedef struct table_t {
    apr_int64_t day;
    apr_uint32_t
        states[WFP_USAGE_ROWS]; /* of the rows, together: most are free */
    row_t rows[WFP_USAGE_ROWS];
} table_t;

typedef struct shared_t {
    apr_uint64_t key[2];
    apr_int64_t turns[2]; /* us of core/clock: the next */
    char source[WFP_USAGE_SOURCE_SIZE];
    table_t tables[2];
} shared_t;

struct wfp_usage_t {
    shared_t *shared;
};

static const char *const names[WFP_USAGE_COUNT] = {
    [WFP_USAGE_KV_READS] = "kv_reads",
    [WFP_USAGE_KV_WRITES] = "kv_writes",
    [WFP_USAGE_KV_LISTS] = "kv_lists",
    [WFP_USAGE_D1_QUERIES] = "d1_queries",
    [WFP_USAGE_D1_ROWS_READ] = "d1_rows_read",
    [WFP_USAGE_D1_ROWS_WRITTEN] = "d1_rows_written",
    [WFP_USAGE_R2_CLASS_A] = "r2_class_a",
    [WFP_USAGE_R2_CLASS_B] = "r2_class_b",
    [WFP_USAGE_QUEUE_MESSAGES] = "queue_messages",
    [WFP_USAGE_CACHE_CALLS] = "cache_calls",
    [WFP_USAGE_ASSET_REQUESTS] = "asset_requests",
    [WFP_USAGE_DATA_POINTS] = "data_points",
};

const char *wfp_usage_name(wfp_usage_e kind)
{
    return (unsigned)kind < WFP_USAGE_COUNT ? names[kind] : "";
}

wfp_usage_e wfp_usage_by_name(const char *name)
{
    int kind = 0;

    while (kind < WFP_USAGE_COUNT && strcmp(name, names[kind]) != 0) {
        kind++;
    }
    return (wfp_usage_e)kind;
}

static apr_int64_t day_of(apr_time_t now)
{
    return now / DAY;
}

apr_status_t wfp_usage_create(wfp_usage_t **pusage, apr_time_t now,
                              wfp_result_t *res, apr_pool_t *p)
{
    wfp_usage_t *usage = apr_pcalloc(p, sizeof(*usage));
    apr_int64_t day = day_of(now);
    unsigned char source[WFP_USAGE_SOURCE_SIZE / 2];
    void *memory = NULL;
    apr_status_t rv = wfp_shared_memory(&memory, sizeof(shared_t), "usage", res,
                                        p);

    *pusage = usage;
    usage->shared = memory;
    if (rv == APR_SUCCESS) {
        rv = wfp_shared_key(usage->shared->key, "usage", res);
    }
    if (rv != APR_SUCCESS) {
        return rv;
    }
    rv = wfp_crypto_random(source, sizeof(source));
    if (rv != APR_SUCCESS) {
        return wfp_result_set(res, WFP_INTERNAL, rv,
                              "no random name for usage");
    }
    (void)apr_cpystrn(usage->shared->source,
                      wfp_crypto_hex(source, sizeof(source), p),
                      sizeof(usage->shared->source));
    usage->shared->tables[day & 1].day = day;
    usage->shared->tables[(day + 1) & 1].day = day + 1;
    return APR_SUCCESS;
}

static apr_uint64_t load(const apr_uint64_t *at)
{
    return __atomic_load_n(at, __ATOMIC_ACQUIRE);
}

static apr_int64_t load_day(const table_t *table)
{
    return __atomic_load_n(&table->day, __ATOMIC_ACQUIRE);
}

/* ---- rows ----------------------------------------------------------------------- */

/* Name a free row. @return 0: somebody else is doing that */
static int claim(table_t *table, unsigned at, const char *ns,
                 const char *script)
{
    row_t *row = &table->rows[at];
    apr_uint32_t was = FREE;

    if (!__atomic_compare_exchange_n(&table->states[at], &was, NAMING, 0,
                                     __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE)) {
        return 0;
    }
    (void)apr_cpystrn(row->ns, ns, sizeof(row->ns));
    (void)apr_cpystrn(row->script, script, sizeof(row->script));
    __atomic_store_n(&table->states[at], NAMED, __ATOMIC_RELEASE);
    return 1;
}

static apr_uint64_t hash_of(const shared_t *shared, const char *ns,
                            const char *script)
{
    char text[2 * (WFP_NAME_MAX + 1)];
    apr_size_t n = strnlen(ns, WFP_NAME_MAX), m = strnlen(script, WFP_NAME_MAX);

    memcpy(text, ns, n);
    text[n] = '/';
    memcpy(text + n + 1, script, m);
    return wfp_siphash(shared->key, text, n + 1 + m);
}

/* Today's row; made when `making`. NULL: there is none, or no room for it. Two
 * that make one at the same time may make two: both are collected, and the first
 * is asked. */
static row_t *row_of(shared_t *shared, const char *ns, const char *script,
                     apr_time_t now, int making)
{
    table_t *table = &shared->tables[day_of(now) & 1];
    apr_uint64_t home = hash_of(shared, ns, script);
    unsigned i;

    for (i = 0; i < PROBES && load_day(table) == day_of(now); i++) {
        unsigned at = (unsigned)((home + i) % WFP_USAGE_ROWS);
        row_t *row = &table->rows[at];
        apr_uint32_t state = __atomic_load_n(&table->states[at],
                                             __ATOMIC_ACQUIRE);

        if (state == NAMED && !strcmp(row->script, script)
            && !strcmp(row->ns, ns)) {
            return row;
        }
        if (state == FREE && (!making || claim(table, at, ns, script))) {
            return making ? row : NULL;
        }
    }
    return NULL;
}

static void add(shared_t *shared, const char *ns, const char *script,
                wfp_usage_e kind, apr_uint64_t n, apr_time_t now)
{
    row_t *row = row_of(shared, ns, script, now, 1);

    if (row) {
        (void)__atomic_fetch_add(&row->counts[kind].mine, n, __ATOMIC_ACQ_REL);
    }
}

void wfp_usage_add(wfp_usage_t *usage, const char *ns, const char *script,
                   wfp_usage_e kind, apr_uint64_t n, apr_time_t now)
{
    if (n && (unsigned)kind < WFP_USAGE_COUNT) {
        add(usage->shared, ns, "", kind, n, now);
        add(usage->shared, ns, script, kind, n, now);
    }
}

apr_uint64_t wfp_usage_used(const wfp_usage_t *usage, const char *ns,
                            const char *script, wfp_usage_e kind,
                            apr_time_t now)
{
    const row_t *row = row_of(usage->shared, ns, script, now, 0);

    return row && (unsigned)kind < WFP_USAGE_COUNT
               ? load(&row->counts[kind].mine) + load(&row->counts[kind].others)
               : 0;
}

/* With n 0: is there anything left? */
static int is_within(wfp_usage_bound_t *bound, apr_uint64_t used,
                     apr_uint64_t n)
{
    apr_uint64_t all = (apr_uint64_t)bound->allowed;

    bound->used = (apr_int64_t)(used + n);
    return used < all && n <= all - used;
}

int wfp_usage_may(wfp_usage_bound_t *bound, const wfp_usage_t *usage,
                  const wfp_usage_quota_t *quota, const char *ns,
                  const char *script, wfp_usage_e kind, apr_uint64_t n,
                  apr_time_t now)
{
    bound->is_whole = 0;
    bound->allowed = quota->script[kind];
    if (bound->allowed
        && !is_within(bound, wfp_usage_used(usage, ns, script, kind, now), n)) {
        return 0;
    }
    bound->is_whole = 1;
    bound->allowed = quota->ns[kind];
    return !bound->allowed
           || is_within(bound, wfp_usage_used(usage, ns, "", kind, now), n);
}

/* ---- what the store is told ------------------------------------------------------ */

const char *wfp_usage_source(const wfp_usage_t *usage)
{
    return usage->shared->source;
}

static void collect_row(apr_array_header_t *list, const table_t *table,
                        apr_uint32_t at, apr_uint32_t i)
{
    const row_t *row = &table->rows[i];
    int kind;

    for (kind = 0; kind < WFP_USAGE_COUNT; kind++) {
        apr_uint64_t n = load(&row->counts[kind].mine);
        wfp_usage_item_t *item;

        if (n == load(&row->counts[kind].told)) {
            continue;
        }
        item = apr_array_push(list);
        memset(item, 0, sizeof(*item));
        memcpy(item->ns, row->ns, sizeof(item->ns));
        memcpy(item->script, row->script, sizeof(item->script));
        item->kind = (wfp_usage_e)kind;
        item->day = load_day(table);
        item->amount = n;
        item->table = at;
        item->row = i;
    }
}

static int by_name(const void *a, const void *b)
{
    const wfp_usage_item_t *x = a, *y = b;
    int order = strcmp(x->ns, y->ns);

    order = order ? order : strcmp(x->script, y->script);
    return order ? order : (int)x->kind - (int)y->kind;
}

/* A table of another day than it should be for is emptied. */
static void renew(shared_t *shared, apr_int64_t day)
{
    table_t *table = &shared->tables[day & 1];

    if (load_day(table) != day) {
        __atomic_store_n(&table->day, -1, __ATOMIC_RELEASE);
        memset(table->states, 0, sizeof(table->states));
        memset(table->rows, 0, sizeof(table->rows));
        __atomic_store_n(&table->day, day, __ATOMIC_RELEASE);
    }
}

void wfp_usage_collect(apr_array_header_t **plist, wfp_usage_t *usage,
                       apr_time_t now, apr_pool_t *p)
{
    shared_t *shared = usage->shared;
    apr_uint32_t at, i;

    *plist = apr_array_make(p, 16, sizeof(wfp_usage_item_t));
    for (at = 0; at < 2; at++) {
        for (i = 0; i < WFP_USAGE_ROWS; i++) {
            if (__atomic_load_n(&shared->tables[at].states[i], __ATOMIC_ACQUIRE)
                == NAMED) {
                collect_row(*plist, &shared->tables[at], at, i);
            }
        }
    }
    qsort((*plist)->elts, (size_t)(*plist)->nelts, sizeof(wfp_usage_item_t),
          by_name);
    if (!(*plist)->nelts) {
        renew(shared, day_of(now));
        if (now % DAY > SETTLED) {
            renew(shared, day_of(now) + 1);
        }
    }
}

void wfp_usage_stored(wfp_usage_t *usage, const wfp_usage_item_t *item)
{
    table_t *table = &usage->shared->tables[item->table & 1];
    count_t *count = &table->rows[item->row % WFP_USAGE_ROWS]
                          .counts[item->kind];

    if (load_day(table) == item->day) {
        __atomic_store_n(&count->others, item->others, __ATOMIC_RELEASE);
        __atomic_store_n(&count->told, item->amount, __ATOMIC_RELEASE);
    }
}

int wfp_usage_turn(wfp_usage_t *usage, int which, apr_interval_time_t every)
{
    apr_int64_t *next = &usage->shared->turns[which & 1];
    apr_int64_t now = wfp_clock_now();
    apr_int64_t was = __atomic_load_n(next, __ATOMIC_ACQUIRE);

    return now >= was
           && __atomic_compare_exchange_n(next, &was, now + every, 0,
                                          __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE);
}
