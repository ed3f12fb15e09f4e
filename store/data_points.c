/* SPDX-License-Identifier: Apache-2.0 */
/* Data points. Written by the process that follows the store, read by the API. */
#include "store/data_points.h"

#include <apr_strings.h>
#include <stdlib.h>
#include <string.h>

#include "store/column.h"
#include "store/dbd.h"
#include "store/tx.h"

/* Where no namespace is asked for: no name of one. */
#define ALL "*"

/* Behind the name of a namespace that is gone: no namespace can be called so. */
#define ORPHANS " (deleted)"

/* Points of a statement: PostgreSQL ends one that runs for long. */
#define RENAMED_MAX 20000

/* Times, and the point that the page before ended with. */
#define PAGE                                                                   \
    "SELECT id, time, ns, worker, point FROM data_points "                     \
    "WHERE dataset = %s AND time >= %lld AND time < %lld "                     \
    "AND (time > %lld OR id > %s) "

typedef struct ask_t {
    const wfp_data_point_t *points;
    int count;
    const wfp_data_points_page_t *page;
    const char *ns; /* or NULL */
    apr_array_header_t *list;
} ask_t;

static int by_row(const void *a, const void *b)
{
    const wfp_data_point_t *const *x = a, *const *y = b;
    int diff = strcmp((*x)->ns, (*y)->ns);

    return diff ? diff : strcmp((*x)->dataset, (*y)->dataset);
}

/* The points in the order in which the rows that count them are locked. */
static const wfp_data_point_t **in_order(const ask_t *ask, apr_pool_t *p)
{
    const wfp_data_point_t **list = apr_palloc(p, sizeof(*list)
                                                      * (apr_size_t)ask->count);
    int i;

    for (i = 0; i < ask->count; i++) {
        list[i] = &ask->points[i];
    }
    qsort(list, (size_t)ask->count, sizeof(*list), by_row);
    return list;
}

static apr_status_t insert(wfp_dbd_t *db, void *baton)
{
    static const wfp_sql_t sql = {
        "data_points_insert",
        "INSERT INTO data_points (id, dataset, time, ns, worker, point) "
        "VALUES (%s, %s, %lld, %s, %s, %s) ON CONFLICT (id) DO NOTHING"
    };
    const ask_t *ask = baton;
    const wfp_data_point_t **list = in_order(ask, db->pool);
    apr_status_t rv = APR_SUCCESS;
    int i;

    for (i = 0; rv == APR_SUCCESS && i < ask->count; i++) {
        const wfp_data_point_t *point = list[i];

        rv = wfp_dbd_exec(NULL, db, &sql,
                          DBD_ARGS(point->id, point->dataset,
                                   wfp_dbd_num(db, point->time), point->ns,
                                   point->worker, point->point));
    }
    return rv;
}

apr_status_t wfp_data_points_insert(wfp_store_t *store,
                                    const wfp_data_point_t *points, int n,
                                    wfp_result_t *res, apr_pool_t *p)
{
    ask_t ask = { .points = points, .count = n };

    return wfp_dbd_run(store, WFP_DBD_WRITE, insert, &ask, res, p);
}

static apr_status_t page(wfp_dbd_t *db, void *baton)
{
    static const wfp_sql_t all = { "data_points_page",
                                   PAGE "ORDER BY time, id LIMIT 1000" };
    static const wfp_sql_t one = { "data_points_page_ns", PAGE
                                   "AND ns = %s ORDER BY time, id LIMIT 1000" };
    ask_t *ask = baton;
    const wfp_data_points_page_t *want = ask->page;
    apr_time_t from = want->after > want->since ? want->after : want->since;
    apr_array_header_t *rows;
    int i;
    apr_status_t rv = wfp_dbd_rows(&rows, db, want->ns ? &one : &all, 5,
                                   DBD_ARGS(wfp_column_text(want->dataset,
                                                            db->pool),
                                            wfp_dbd_num(db, from),
                                            wfp_dbd_num(db, want->until),
                                            wfp_dbd_num(db, want->after),
                                            want->after_id,
                                            want->ns ? want->ns : ALL));

    if (rv != APR_SUCCESS) {
        return rv;
    }
    ask->list = apr_array_make(db->pool, rows->nelts + 1,
                               sizeof(wfp_data_point_t));
    for (i = 0; i < rows->nelts; i++) {
        const char **row = APR_ARRAY_IDX(rows, i, const char **);
        wfp_data_point_t *point = apr_array_push(ask->list);

        point->id = row[0];
        point->dataset = want->dataset;
        point->time = wfp_dbd_int(row[1]);
        point->ns = row[2];
        point->worker = row[3];
        point->point = row[4];
    }
    return rv;
}

apr_status_t wfp_data_points_page(apr_array_header_t **plist,
                                  wfp_store_t *store,
                                  const wfp_data_points_page_t *want,
                                  wfp_result_t *res, apr_pool_t *p)
{
    ask_t ask = { .page = want };
    apr_status_t rv = wfp_dbd_run(store, WFP_DBD_PLAIN, page, &ask, res, p);

    *plist = ask.list;
    return rv;
}

#define OF_DATASET                                                             \
    "FROM data_points p WHERE p.ns = d.ns AND p.dataset = d.dataset"

/* The table is kept by the triggers of data_points: no point is read here but
 * the first and the last, by an index. */
static apr_status_t datasets(wfp_dbd_t *db, void *baton)
{
    static const wfp_sql_t sql = {
        "data_points_datasets",
        "SELECT d.dataset, sum(d.points), "
        "min((SELECT min(p.time) " OF_DATASET ")), "
        "max((SELECT max(p.time) " OF_DATASET ")) FROM datasets d "
        "WHERE (%s = '*' OR d.ns = %s) GROUP BY d.dataset ORDER BY d.dataset"
    };
    ask_t *ask = baton;
    const char *ns = ask->ns ? ask->ns : ALL;
    apr_array_header_t *rows;
    int i;
    apr_status_t rv = wfp_dbd_rows(&rows, db, &sql, 4, DBD_ARGS(ns, ns));

    if (rv != APR_SUCCESS) {
        return rv;
    }
    ask->list = apr_array_make(db->pool, rows->nelts + 1,
                               sizeof(wfp_dataset_t));
    for (i = 0; i < rows->nelts; i++) {
        const char **row = APR_ARRAY_IDX(rows, i, const char **);
        wfp_dataset_t *one = apr_array_push(ask->list);

        one->name = row[0];
        one->points = wfp_dbd_int(row[1]);
        one->first = wfp_dbd_int(row[2]);
        one->last = wfp_dbd_int(row[3]);
    }
    return rv;
}

apr_status_t wfp_data_points_datasets(apr_array_header_t **plist,
                                      wfp_store_t *store, const char *ns,
                                      wfp_result_t *res, apr_pool_t *p)
{
    ask_t ask = { .ns = ns };
    apr_status_t rv = wfp_dbd_run(store, WFP_DBD_PLAIN, datasets, &ask, res, p);

    *plist = ask.list;
    return rv;
}

apr_status_t wfp_data_points_rename(wfp_dbd_t *db, const char *from,
                                    const char *to)
{
    static const wfp_sql_t sql = {
        "data_points_rename",
        "UPDATE data_points SET ns = %s WHERE id IN (SELECT id "
        "FROM data_points WHERE ns = %s LIMIT %lld)"
    };
    const char *max = wfp_dbd_num(db, RENAMED_MAX);
    apr_status_t rv = APR_SUCCESS;
    int n = strcmp(from, to) ? RENAMED_MAX : 0;

    while (rv == APR_SUCCESS && n == RENAMED_MAX) {
        rv = wfp_dbd_exec(&n, db, &sql, DBD_ARGS(to, from, max));
    }
    return rv;
}

apr_status_t wfp_data_points_orphan(wfp_dbd_t *db, const char *ns)
{
    return wfp_data_points_rename(db, ns,
                                  apr_pstrcat(db->pool, ns, ORPHANS, NULL));
}
