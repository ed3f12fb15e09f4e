/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What Workers did, by all that rows have. Called by the API. A statement reads one
 * day, of minutes an hour: the driver of SQLite steps under one lock of the process,
 * and between two statements it is seen whether enough was read, or for too long.
 */
#include "store/ledger_groups.h"

#include <apr_hash.h>
#include <apr_strings.h>
#include <stdlib.h>
#include <string.h>

#include "core/clock.h"
#include "store/dbd.h"
#include "store/ledger_columns.h"

#define HOUR 3600
#define DAY  86400

/* Longer than any time since the epoch: one group has all. */
#define ENDLESS ((apr_int64_t)1 << 40)

/* ns, script and time, each the same everywhere when it is not asked for */
#define KEYS 3
#define GROUPS                                                                 \
    "SELECT CASE WHEN CAST(%lld AS BIGINT) = 1 THEN ns ELSE '' END, "          \
    "CASE WHEN CAST(%lld AS BIGINT) = 1 THEN script ELSE '' END, "             \
    "(time / CAST(%lld AS BIGINT)) * CAST(%lld AS BIGINT), " WFP_LEDGER_SUMS   \
    "FROM ledger "
/* of all namespaces: an index begins with the span */
#define OF_ALL                                                                 \
    "WHERE span IN (60, 3600, 86400) AND time >= %lld AND time < %lld "
#define OF_ONE    "WHERE ns = %s AND time >= %lld AND time < %lld "
#define OF_SCRIPT "AND script = %s "
#define IN_ORDER                                                               \
    "GROUP BY 1, 2, 3 HAVING sum(requests) >= CAST(%lld AS BIGINT) "           \
    "ORDER BY 3, 1, 2 LIMIT %lld"
#define MOST_ARGS 10

/* ---- one slice of the time --------------------------------------------------------- */

typedef struct slice_t {
    const wfp_ledger_groups_ask_t *ask;
    apr_int64_t since, until;
    apr_int64_t limit;        /* most groups */
    apr_array_header_t *rows; /* of the statement */
} slice_t;

static void read_group(wfp_ledger_group_t *group, const char **row,
                       apr_pool_t *p)
{
    int i;

    group->ns = apr_pstrdup(p, row[0]);
    group->script = apr_pstrdup(p, row[1]);
    group->time = wfp_dbd_int(row[2]);
    for (i = 0; i < WFP_LEDGER_TOLD; i++) {
        group->n[i] = (apr_uint64_t)wfp_dbd_int(row[KEYS + i]);
    }
}

static apr_status_t read_slice(wfp_dbd_t *db, void *baton)
{
    /* [of one namespace][of one script] */
    static const wfp_sql_t statements[2][2] = {
        { { "ledger_groups", GROUPS OF_ALL IN_ORDER },
          { "ledger_groups_script", GROUPS OF_ALL OF_SCRIPT IN_ORDER } },
        { { "ledger_groups_ns", GROUPS OF_ONE IN_ORDER },
          { "ledger_groups_one", GROUPS OF_ONE OF_SCRIPT IN_ORDER } },
    };
    slice_t *slice = baton;
    const wfp_ledger_groups_ask_t *ask = slice->ask;
    const char *span = wfp_dbd_num(db, ask->span ? ask->span : ENDLESS);
    const char *args[MOST_ARGS] = { wfp_dbd_num(db, ask->by_ns != 0),
                                    wfp_dbd_num(db, ask->by_script != 0), span,
                                    span };
    int n = 4;

    if (ask->ns) {
        args[n++] = ask->ns;
    }
    args[n++] = wfp_dbd_num(db, slice->since);
    args[n++] = wfp_dbd_num(db, slice->until);
    if (ask->script) {
        args[n++] = ask->script;
    }
    /* what has none in one slice may have some in another */
    args[n++] = wfp_dbd_num(db, ask->span && ask->with_requests);
    args[n] = wfp_dbd_num(db, slice->limit);
    return wfp_dbd_rows(&slice->rows, db,
                        &statements[ask->ns != NULL][ask->script != NULL],
                        KEYS + WFP_LEDGER_TOLD, args);
}

/* ---- which slices ------------------------------------------------------------------ */

/* Begin and end of what there is of a span. */
#define EDGES(span)                                                            \
    "(SELECT COALESCE(min(time), -1) FROM ledger WHERE span = " span           \
    " AND time >= %lld AND time < %lld), "                                     \
    "(SELECT COALESCE(max(time), -1) FROM ledger WHERE span = " span           \
    " AND time >= %lld AND time < %lld)"

typedef struct edges_t {
    const wfp_ledger_groups_ask_t *ask;
    apr_int64_t first, last; /* rows that there are; first > last: none */
    apr_int64_t minutes;     /* those of minutes begin then */
} edges_t;

static apr_status_t read_edges(wfp_dbd_t *db, void *baton)
{
    static const wfp_sql_t edges = { "ledger_edges",
                                     "SELECT " EDGES("60") ", " EDGES(
                                         "3600") ", " EDGES("86400") };
    edges_t *found = baton;
    const char *since = wfp_dbd_num(db, found->ask->since);
    const char *until = wfp_dbd_num(db, found->ask->until);
    const char **row;
    int i;
    apr_status_t rv = wfp_dbd_row(&row, db, &edges, 6,
                                  DBD_ARGS(since, until, since, until, since,
                                           until, since, until, since, until,
                                           since, until));

    found->first = ENDLESS;
    found->last = -1;
    found->minutes = ENDLESS;
    for (i = 0; rv == APR_SUCCESS && row && i < 6; i += 2) {
        apr_int64_t begin = wfp_dbd_int(row[i]), end = wfp_dbd_int(row[i + 1]);

        if (begin >= 0) {
            found->first = begin < found->first ? begin : found->first;
            found->last = end > found->last ? end : found->last;
            found->minutes = i ? found->minutes : begin;
        }
    }
    return rv;
}

/* The end of a slice that begins then: one Worker's rows are few, and have an index.
 * Sums are made of minutes of an hour and hours of a day, old ones: a slice has all
 * that become one row, or none of it. */
static apr_int64_t end_of(const edges_t *edges, apr_int64_t since)
{
    apr_int64_t unit = since < edges->minutes || edges->ask->span > HOUR ? DAY
                                                                         : HOUR;

    return edges->ask->ns && edges->ask->script ? edges->last + 1
                                                : since / unit * unit + unit;
}

/* ---- all of them ------------------------------------------------------------------- */

typedef struct list_t {
    const wfp_ledger_groups_ask_t *ask;
    wfp_store_t *store;
    apr_array_header_t *list;
    apr_hash_t
        *known; /* "NS/SCRIPT" -> index in list + 1, where slices are summed */
    wfp_result_t *res;
    apr_pool_t *p;
} list_t;

/* The group of list that has the same names. */
static wfp_ledger_group_t *find_same(list_t *all, const char **row)
{
    const char *key = apr_pstrcat(all->p, row[0], "/", row[1], NULL);
    const int *at = apr_hash_get(all->known, key, APR_HASH_KEY_STRING);
    int *next;

    if (at) {
        return &APR_ARRAY_IDX(all->list, *at, wfp_ledger_group_t);
    }
    next = apr_palloc(all->p, sizeof(*next));
    *next = all->list->nelts;
    apr_hash_set(all->known, key, APR_HASH_KEY_STRING, next);
    return NULL;
}

static void add_row(list_t *all, const char **row)
{
    wfp_ledger_group_t *same = all->ask->span ? NULL : find_same(all, row);
    int i;

    if (!same) {
        read_group(apr_array_push(all->list), row, all->p);
        return;
    }
    for (i = 0; i < WFP_LEDGER_TOLD; i++) {
        same->n[i] += (apr_uint64_t)wfp_dbd_int(row[KEYS + i]);
    }
}

static apr_status_t too_many(const list_t *all)
{
    return wfp_result_set(all->res, WFP_INVALID, APR_EINVAL,
                          "more than %d groups to choose from: a shorter time, "
                          "or fewer dimensions",
                          WFP_LEDGER_GROUPS_MAX);
}

static apr_status_t add_slice(list_t *all, slice_t *slice, apr_pool_t *p)
{
    apr_status_t rv = wfp_dbd_run(all->store, WFP_DBD_PLAIN, read_slice, slice,
                                  all->res, p);
    int i;

    for (i = 0; rv == APR_SUCCESS && i < slice->rows->nelts; i++) {
        add_row(all, APR_ARRAY_IDX(slice->rows, i, const char **));
    }
    return rv == APR_SUCCESS && all->list->nelts > WFP_LEDGER_GROUPS_MAX
               ? too_many(all)
               : rv;
}

static apr_status_t add_slices(list_t *all, const edges_t *edges)
{
    const wfp_ledger_groups_ask_t *ask = all->ask;
    slice_t slice = { .ask = ask, .since = edges->first };
    apr_pool_t *p;
    apr_status_t rv = APR_SUCCESS;

    apr_pool_create(&p, all->p);
    while (rv == APR_SUCCESS && slice.since <= edges->last) {
        if (ask->deadline && wfp_clock_now() > ask->deadline) {
            rv = wfp_result_set(all->res, WFP_INVALID, APR_EINVAL,
                                "takes too long: a shorter time, or one "
                                "namespace or Worker");
            break;
        }
        slice.until = end_of(edges, slice.since);
        slice.until = slice.until < ask->until ? slice.until : ask->until;
        slice.limit = ask->span ? ask->limit - all->list->nelts
                                : WFP_LEDGER_GROUPS_MAX + 1;
        if (slice.limit <= 0) {
            break;
        }
        rv = add_slice(all, &slice, p);
        slice.since = slice.until;
        apr_pool_clear(p);
    }
    apr_pool_destroy(p);
    return rv;
}

static int compare(const void *av, const void *bv)
{
    const wfp_ledger_group_t *a = av, *b = bv;
    int by_ns = strcmp(a->ns, b->ns);

    return by_ns ? by_ns : strcmp(a->script, b->script);
}

/* Sums of slices: in order, without those that have no requests. */
static void settle(list_t *all)
{
    const wfp_ledger_groups_ask_t *ask = all->ask;
    apr_array_header_t *list = all->list;
    int i, n = 0;

    qsort(list->elts, (size_t)list->nelts, sizeof(wfp_ledger_group_t), compare);
    for (i = 0; i < list->nelts && n < ask->limit; i++) {
        const wfp_ledger_group_t *group = &APR_ARRAY_IDX(list, i,
                                                         wfp_ledger_group_t);

        if (!ask->with_requests || group->n[WFP_LEDGER_REQUESTS]) {
            APR_ARRAY_IDX(list, n++, wfp_ledger_group_t) = *group;
        }
    }
    list->nelts = n;
}

apr_status_t wfp_ledger_groups_list(apr_array_header_t **plist,
                                    wfp_store_t *store,
                                    const wfp_ledger_groups_ask_t *ask,
                                    wfp_result_t *res, apr_pool_t *p)
{
    list_t all = { ask, store, NULL, NULL, res, p };
    edges_t edges = { .ask = ask };
    apr_status_t rv = wfp_dbd_run(store, WFP_DBD_PLAIN, read_edges, &edges, res,
                                  p);

    all.list = apr_array_make(p, 64, sizeof(wfp_ledger_group_t));
    all.known = apr_hash_make(p);
    if (rv == APR_SUCCESS) {
        rv = add_slices(&all, &edges);
    }
    if (rv == APR_SUCCESS && !ask->span) {
        settle(&all);
    }
    *plist = all.list;
    return rv;
}
