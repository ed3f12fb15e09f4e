/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What Workers used of services. Called by the server's follower and the API.
 * Each server has rows of its own, which it overwrites, so that a transaction of
 * which nobody knows whether it took effect may be made again. Servers of one
 * store write in the same order: none waits for the other in a circle.
 */
#include "store/service_usage.h"

#include <apr_time.h>

#include "store/dbd.h"

typedef struct put_t {
    const char *source;
    const apr_array_header_t *items;
} put_t;

static apr_status_t put_one(wfp_dbd_t *db, const char *source,
                            wfp_usage_item_t *item)
{
    static const wfp_sql_t put = {
        "usage_put",
        "INSERT INTO service_usage (ns, script, day, kind, source, amount) "
        "VALUES (%s, %s, %lld, %s, %s, %lld) "
        "ON CONFLICT (ns, script, day, kind, source) DO UPDATE "
        "SET amount = CASE WHEN excluded.amount > service_usage.amount "
        "THEN excluded.amount ELSE service_usage.amount END"
    };
    static const wfp_sql_t others = {
        "usage_others",
        "SELECT COALESCE(sum(amount), 0) FROM service_usage WHERE ns = %s "
        "AND script = %s AND day = %lld AND kind = %s AND source <> %s"
    };
    const char *kind = wfp_usage_name(item->kind), **row;
    const char *day = wfp_dbd_num(db, item->day);
    apr_status_t rv =
        wfp_dbd_exec(NULL, db, &put,
                     DBD_ARGS(item->ns, item->script, day, kind, source,
                              wfp_dbd_num(db, (apr_int64_t)item->amount)));

    if (rv == APR_SUCCESS) {
        rv = wfp_dbd_row(&row, db, &others, 1,
                         DBD_ARGS(item->ns, item->script, day, kind, source));
    }
    if (rv == APR_SUCCESS) {
        item->others = row ? (apr_uint64_t)wfp_dbd_int(row[0]) : 0;
    }
    return rv;
}

static apr_status_t put_all(wfp_dbd_t *db, void *baton)
{
    const put_t *ask = baton;
    apr_pool_t *whole = db->pool, *turn;
    apr_status_t rv = APR_SUCCESS;
    int i;

    apr_pool_create(&turn, whole);
    db->pool = turn;
    for (i = 0; rv == APR_SUCCESS && i < ask->items->nelts; i++) {
        apr_pool_clear(turn);
        rv = put_one(db, ask->source,
                     &APR_ARRAY_IDX(ask->items, i, wfp_usage_item_t));
    }
    db->pool = whole;
    apr_pool_destroy(turn);
    return rv;
}

apr_status_t wfp_service_usage_put(wfp_store_t *store, const char *source,
                                   const apr_array_header_t *items,
                                   wfp_result_t *res, apr_pool_t *p)
{
    put_t ask = { source, items };

    return wfp_dbd_run(store, WFP_DBD_WRITE, put_all, &ask, res, p);
}

static apr_status_t prune(wfp_dbd_t *db, void *baton)
{
    static const wfp_sql_t old = {
        "usage_prune", "DELETE FROM service_usage WHERE day < %lld"
    };
    const apr_int64_t *before = baton;

    return wfp_dbd_exec(NULL, db, &old, DBD_ARGS(wfp_dbd_num(db, *before)));
}

apr_status_t wfp_service_usage_prune(wfp_store_t *store, apr_int64_t before,
                                     wfp_result_t *res, apr_pool_t *p)
{
    return wfp_dbd_run(store, WFP_DBD_WRITE, prune, &before, res, p);
}

typedef struct list_t {
    apr_array_header_t **plist;
    const char *ns;
    const char *script;
    apr_int64_t since;
} list_t;

static apr_status_t list_all(wfp_dbd_t *db, void *baton)
{
    static const wfp_sql_t list = {
        "usage_list", "SELECT day, kind, sum(amount) FROM service_usage "
                      "WHERE ns = %s AND script = %s AND day >= %lld "
                      "GROUP BY day, kind ORDER BY day DESC, kind"
    };
    list_t *ask = baton;
    apr_array_header_t *rows;
    int i;
    apr_status_t rv = wfp_dbd_rows(&rows, db, &list, 3,
                                   DBD_ARGS(ask->ns, ask->script,
                                            wfp_dbd_num(db, ask->since)));

    if (rv != APR_SUCCESS) {
        return rv;
    }
    *ask->plist = apr_array_make(db->pool, rows->nelts + 1,
                                 sizeof(wfp_service_usage_t));
    for (i = 0; i < rows->nelts; i++) {
        const char **row = APR_ARRAY_IDX(rows, i, const char **);
        wfp_service_usage_t *used = apr_array_push(*ask->plist);

        used->day = wfp_dbd_int(row[0]);
        used->kind = row[1];
        used->amount = wfp_dbd_int(row[2]);
    }
    return rv;
}

apr_status_t wfp_service_usage_list(apr_array_header_t **plist,
                                    wfp_store_t *store, const char *ns,
                                    const char *script, apr_int64_t since,
                                    wfp_result_t *res, apr_pool_t *p)
{
    list_t ask = { plist, ns, script, since };

    return wfp_dbd_run(store, WFP_DBD_PLAIN, list_all, &ask, res, p);
}
