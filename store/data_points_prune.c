/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Data points that are too old, or too many of a dataset, go: a few a
 * transaction, since whoever writes to the store waits for it, and what is to go
 * is looked for outside of it. Called by the process that follows the store.
 */
#include "store/data_points.h"
#include "store/dbd.h"

/* Of a transaction, and of a call: some milliseconds, and some tenths of a
 * second. */
#define ROWS      500
#define STEPS_MAX 40

typedef struct prune_t {
    wfp_store_t *store;
    wfp_result_t *res;
    const char *dataset; /* NULL: of all */
    apr_time_t until;    /* points of that time and before */
    apr_int64_t kept;
    int left;  /* steps */
    int count; /* of the last one */
    int found;
    apr_pool_t *pool;
} prune_t;

static apr_status_t drop(wfp_dbd_t *db, void *baton)
{
    static const wfp_sql_t all = {
        "data_points_drop_old",
        "DELETE FROM data_points WHERE id IN (SELECT id FROM data_points "
        "WHERE time <= %lld ORDER BY time LIMIT %lld)"
    };
    static const wfp_sql_t one = {
        "data_points_drop",
        "DELETE FROM data_points WHERE id IN (SELECT id FROM data_points "
        "WHERE dataset = %s AND time <= %lld ORDER BY time, id LIMIT %lld)"
    };
    prune_t *prune = baton;
    const char *until = wfp_dbd_num(db, prune->until);
    const char *rows = wfp_dbd_num(db, ROWS);

    return prune->dataset
               ? wfp_dbd_exec(&prune->count, db, &one,
                              DBD_ARGS(prune->dataset, until, rows))
               : wfp_dbd_exec(&prune->count, db, &all, DBD_ARGS(until, rows));
}

static apr_status_t drop_all(prune_t *prune)
{
    apr_status_t rv = APR_SUCCESS;

    for (prune->count = ROWS;
         rv == APR_SUCCESS && prune->count == ROWS && prune->left > 0;
         prune->left--) {
        rv = wfp_dbd_run(prune->store, WFP_DBD_WRITE, drop, prune, prune->res,
                         prune->pool);
    }
    return rv;
}

/* One that has too many. */
static apr_status_t next_dataset(wfp_dbd_t *db, void *baton)
{
    static const wfp_sql_t next = {
        "data_points_next",
        "SELECT dataset FROM datasets WHERE dataset > %s GROUP BY dataset "
        "HAVING sum(points) > CAST(%lld AS BIGINT) ORDER BY dataset LIMIT 1"
    };
    prune_t *prune = baton;
    const char **row;
    apr_status_t rv = wfp_dbd_row(&row, db, &next, 1,
                                  DBD_ARGS(prune->dataset ? prune->dataset : "",
                                           wfp_dbd_num(db, prune->kept)));

    prune->found = rv == APR_SUCCESS && row;
    if (prune->found) {
        prune->dataset = row[0];
    }
    return rv;
}

/* The newest of those that are too many. */
static apr_status_t find_surplus(wfp_dbd_t *db, void *baton)
{
    static const wfp_sql_t find = {
        "data_points_surplus",
        "SELECT time FROM data_points WHERE dataset = %s "
        "ORDER BY time DESC LIMIT 1 OFFSET %lld"
    };
    prune_t *prune = baton;
    const char **row;
    apr_status_t rv = wfp_dbd_row(&row, db, &find, 1,
                                  DBD_ARGS(prune->dataset,
                                           wfp_dbd_num(db, prune->kept)));

    prune->found = rv == APR_SUCCESS && row;
    if (prune->found) {
        prune->until = wfp_dbd_int(row[0]);
    }
    return rv;
}

static apr_status_t look(prune_t *prune, wfp_dbd_fn *fn)
{
    return wfp_dbd_run(prune->store, WFP_DBD_PLAIN, fn, prune, prune->res,
                       prune->pool);
}

apr_status_t wfp_data_points_prune(int *pmore, wfp_store_t *store,
                                   apr_int64_t kept, apr_time_t now,
                                   wfp_result_t *res, apr_pool_t *p)
{
    prune_t prune = { .store = store,
                      .res = res,
                      .until = now - WFP_DATA_POINTS_AGE,
                      .kept = kept,
                      .left = STEPS_MAX,
                      .pool = p };
    apr_status_t rv = drop_all(&prune);

    while (rv == APR_SUCCESS && prune.left > 0) {
        rv = look(&prune, next_dataset);
        if (rv != APR_SUCCESS || !prune.found) {
            break;
        }
        rv = look(&prune, find_surplus);
        if (rv == APR_SUCCESS && prune.found) {
            rv = drop_all(&prune);
        }
    }
    *pmore = prune.left == 0;
    return rv;
}
