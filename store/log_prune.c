/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Old records go, a few a transaction. Who does it holds the lock of a row, so
 * hosts do it one after another. The Worker that has most is who loses records
 * when there are too many: one that logs without end takes nothing from others.
 */
#include <apr_strings.h>
#include <stdlib.h>
#include <string.h>

#include "store/dbd.h"
#include "store/log_records.h"
#include "store/tx.h"

typedef struct prune_t {
    apr_time_t before;
    apr_int64_t bytes;
    int done;
} prune_t;

typedef struct freed_t {
    const char *script_id;
    apr_int64_t bytes;
} freed_t;

static apr_status_t shrink(wfp_dbd_t *db, const freed_t *freed)
{
    static const wfp_sql_t sql = { "log_prune_size",
                                   "UPDATE log_sizes SET bytes = bytes - %lld "
                                   "WHERE script_id = %s" };
    static const wfp_sql_t gone = {
        "log_prune_empty",
        "DELETE FROM log_sizes WHERE script_id = %s AND NOT EXISTS "
        "(SELECT 1 FROM log_records WHERE script_id = %s)"
    };
    apr_status_t rv = wfp_dbd_exec(NULL, db, &sql,
                                   DBD_ARGS(wfp_dbd_num(db, freed->bytes),
                                            freed->script_id));

    return rv == APR_SUCCESS
               ? wfp_dbd_exec(NULL, db, &gone,
                              DBD_ARGS(freed->script_id, freed->script_id))
               : rv;
}

static int by_id(const void *a, const void *b)
{
    return strcmp(((const freed_t *)a)->script_id,
                  ((const freed_t *)b)->script_id);
}

/* In the order in which those who insert lock them, too. */
static apr_status_t shrink_all(wfp_dbd_t *db, apr_array_header_t *freed)
{
    apr_status_t rv = APR_SUCCESS;
    int i;

    qsort(freed->elts, (size_t)freed->nelts, sizeof(freed_t), by_id);
    for (i = 0; rv == APR_SUCCESS && i < freed->nelts; i++) {
        rv = shrink(db, &APR_ARRAY_IDX(freed, i, freed_t));
    }
    return rv;
}

static void note_freed(apr_array_header_t *freed, const char *script_id,
                       apr_int64_t bytes)
{
    freed_t *one;
    int i;

    for (i = 0; i < freed->nelts; i++) {
        one = &APR_ARRAY_IDX(freed, i, freed_t);
        if (!strcmp(one->script_id, script_id)) {
            one->bytes += bytes;
            return;
        }
    }
    one = apr_array_push(freed);
    one->script_id = script_id;
    one->bytes = bytes;
}

/* Delete rows (script_id, time, id, size) from the first on until so many bytes
 * are free. */
static apr_status_t drop(prune_t *prune, wfp_dbd_t *db,
                         const apr_array_header_t *rows, apr_int64_t bytes)
{
    static const wfp_sql_t sql = { "log_prune_drop",
                                   "DELETE FROM log_records "
                                   "WHERE script_id = %s AND time = %lld "
                                   "AND id = %s" };
    apr_array_header_t *freed = apr_array_make(db->pool, 8, sizeof(freed_t));
    apr_status_t rv = APR_SUCCESS;
    int i, count;

    for (i = 0; rv == APR_SUCCESS && i < rows->nelts && bytes > 0; i++) {
        const char **row = APR_ARRAY_IDX(rows, i, const char **);
        apr_int64_t size = wfp_dbd_int(row[3]);

        rv = wfp_dbd_exec(&count, db, &sql, DBD_ARGS(row[0], row[1], row[2]));
        note_freed(freed, row[0], count == 1 ? size : 0);
        bytes -= size;
        prune->done++;
    }
    return rv == APR_SUCCESS ? shrink_all(db, freed) : rv;
}

static apr_status_t prune_old(prune_t *prune, wfp_dbd_t *db)
{
    static const wfp_sql_t sql = { "log_prune_old",
                                   "SELECT script_id, time, id, size "
                                   "FROM log_records WHERE time < %lld "
                                   "ORDER BY time LIMIT 500" };
    apr_array_header_t *rows;
    apr_status_t rv = wfp_dbd_rows(&rows, db, &sql, 4,
                                   DBD_ARGS(wfp_dbd_num(db, prune->before)));

    return rv == APR_SUCCESS ? drop(prune, db, rows, APR_INT64_MAX) : rv;
}

/* From a Worker's oldest on. */
static apr_status_t cut(prune_t *prune, wfp_dbd_t *db, const char *script_id,
                        apr_int64_t bytes)
{
    static const wfp_sql_t sql = {
        "log_prune_cut", "SELECT script_id, time, id, size FROM log_records "
                         "WHERE script_id = %s ORDER BY time, id LIMIT 500"
    };
    freed_t none = { script_id, 0 };
    apr_array_header_t *rows;
    apr_status_t rv = wfp_dbd_rows(&rows, db, &sql, 4, DBD_ARGS(script_id));

    if (rv != APR_SUCCESS) {
        return rv;
    }
    return rows->nelts ? drop(prune, db, rows, bytes) : shrink(db, &none);
}

/* Their Worker is gone. */
static apr_status_t prune_lost(prune_t *prune, wfp_dbd_t *db)
{
    static const wfp_sql_t sql = { "log_prune_lost",
                                   "SELECT script_id FROM log_sizes "
                                   "WHERE is_lost = 1 LIMIT 1" };
    const char **row;
    apr_status_t rv = wfp_dbd_row(&row, db, &sql, 1, NULL);

    return rv == APR_SUCCESS && row ? cut(prune, db, row[0], APR_INT64_MAX)
                                    : rv;
}

static apr_status_t prune_much(prune_t *prune, wfp_dbd_t *db)
{
    static const wfp_sql_t sum = { "log_prune_sum",
                                   "SELECT COALESCE(sum(bytes), 0) "
                                   "FROM log_sizes" };
    static const wfp_sql_t most = { "log_prune_most",
                                    "SELECT script_id FROM log_sizes "
                                    "ORDER BY bytes DESC LIMIT 1" };
    apr_int64_t over;
    const char **row;
    apr_status_t rv = wfp_dbd_row(&row, db, &sum, 1, NULL);

    if (rv != APR_SUCCESS || !row) {
        return rv;
    }
    over = wfp_dbd_int(row[0]) - prune->bytes;
    if (over <= 0) {
        return rv;
    }
    rv = wfp_dbd_row(&row, db, &most, 1, NULL);
    return rv == APR_SUCCESS && row ? cut(prune, db, row[0], over) : rv;
}

static apr_status_t prune(wfp_dbd_t *db, void *baton)
{
    static const wfp_sql_t lock = { "log_prune_lock",
                                    "UPDATE counters SET value = value + 1 "
                                    "WHERE name = 'log_prune'" };
    prune_t *how = baton;
    apr_status_t rv = wfp_dbd_exec(NULL, db, &lock, NULL);

    how->done = 0;
    if (rv == APR_SUCCESS) {
        rv = prune_old(how, db);
    }
    if (rv == APR_SUCCESS && !how->done) {
        rv = prune_lost(how, db);
    }
    if (rv == APR_SUCCESS && !how->done) {
        rv = prune_much(how, db);
    }
    return rv;
}

/* A look that locks nothing: in most cases there is nothing to do. */
static apr_status_t look(wfp_dbd_t *db, void *baton)
{
    static const wfp_sql_t sql = {
        "log_prune_look",
        "SELECT (SELECT COALESCE(min(time), 9223372036854775807) "
        "FROM log_records), (SELECT COALESCE(max(is_lost), 0) FROM log_sizes), "
        "(SELECT COALESCE(sum(bytes), 0) FROM log_sizes)"
    };
    prune_t *how = baton;
    const char **row;
    apr_status_t rv = wfp_dbd_row(&row, db, &sql, 3, NULL);

    how->done = rv == APR_SUCCESS && row
                && (wfp_dbd_int(row[0]) < how->before || wfp_dbd_int(row[1])
                    || wfp_dbd_int(row[2]) > how->bytes);
    return rv;
}

apr_status_t wfp_log_records_prune(int *pdone, wfp_store_t *store,
                                   apr_time_t before, apr_int64_t bytes,
                                   wfp_result_t *res, apr_pool_t *p)
{
    prune_t how = { .before = before, .bytes = bytes };
    apr_status_t rv = wfp_dbd_run(store, WFP_DBD_PLAIN, look, &how, res, p);

    if (rv == APR_SUCCESS && how.done) {
        rv = wfp_dbd_alone(store, WFP_DBD_WRITE, prune, &how, res, p);
    }
    *pdone = how.done;
    return rv;
}

/* ---- inside the transactions of others ------------------------------------------ */

apr_status_t wfp_log_records_lose(wfp_dbd_t *db, const char *script_id)
{
    static const wfp_sql_t sql = { "log_lose",
                                   "UPDATE log_sizes SET is_lost = 1 "
                                   "WHERE script_id = %s" };

    return wfp_dbd_exec(NULL, db, &sql, DBD_ARGS(script_id));
}

apr_status_t wfp_log_records_lose_all(wfp_dbd_t *db, const char *ns)
{
    static const wfp_sql_t sql = {
        "log_lose_all",
        "UPDATE log_sizes SET is_lost = 1 WHERE script_id IN "
        "(SELECT scripts.id FROM scripts JOIN namespaces "
        "ON namespaces.id = scripts.ns_id WHERE namespaces.name = %s)"
    };

    return wfp_dbd_exec(NULL, db, &sql, DBD_ARGS(ns));
}
