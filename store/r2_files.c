/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which files of R2 nothing has any more, for who removes them, and uploads that
 * nobody completed. Called by services/r2_sweep.c.
 */
#include <apr_strings.h>
#include <apr_time.h>

#include "store/r2_objects.h"
#include "store/r2_rows.h"

typedef struct files_t {
    const apr_array_header_t *files;
    apr_array_header_t *list;
    const char *file;
    apr_time_t before;
    int max;
    int found;
} files_t;

static apr_status_t read_due(wfp_dbd_t *db, void *baton)
{
    static const wfp_sql_t due = {
        "r2_due", "SELECT file FROM r2_dead WHERE due <= %lld ORDER BY due "
                  "LIMIT %lld"
    };
    files_t *ask = baton;
    apr_array_header_t *rows;
    int i;
    apr_status_t rv = wfp_dbd_rows(&rows, db, &due, 1,
                                   DBD_ARGS(wfp_dbd_num(db, apr_time_now()),
                                            wfp_dbd_num(db, ask->max)));

    if (rv != APR_SUCCESS) {
        return rv;
    }
    ask->list = apr_array_make(db->pool, rows->nelts + 1, sizeof(char *));
    for (i = 0; i < rows->nelts; i++) {
        APR_ARRAY_PUSH(ask->list,
                       const char *) = APR_ARRAY_IDX(rows, i, const char **)[0];
    }
    return rv;
}

apr_status_t wfp_r2_files_due(apr_array_header_t **plist, wfp_store_t *store,
                              int max, wfp_result_t *res, apr_pool_t *p)
{
    files_t ask = { .max = max };
    apr_status_t rv = wfp_dbd_run(store, WFP_DBD_PLAIN, read_due, &ask, res, p);

    *plist = ask.list;
    return rv;
}

static apr_status_t forget(wfp_dbd_t *db, void *baton)
{
    static const wfp_sql_t delete = { "r2_forget",
                                      "DELETE FROM r2_dead WHERE file = %s" };
    const files_t *ask = baton;
    apr_status_t rv = APR_SUCCESS;
    int i;

    for (i = 0; rv == APR_SUCCESS && i < ask->files->nelts; i++) {
        rv = wfp_dbd_exec(NULL, db, &delete,
                          DBD_ARGS(APR_ARRAY_IDX(ask->files, i, const char *)));
    }
    return rv;
}

apr_status_t wfp_r2_files_forget(wfp_store_t *store,
                                 const apr_array_header_t *files,
                                 wfp_result_t *res, apr_pool_t *p)
{
    files_t ask = { .files = files };

    return wfp_dbd_run(store, WFP_DBD_WRITE, forget, &ask, res, p);
}

static apr_status_t look(wfp_dbd_t *db, void *baton)
{
    static const wfp_sql_t get = {
        "r2_known", "SELECT file FROM r2_pieces WHERE file = %s "
                    "UNION ALL SELECT file FROM r2_dead WHERE file = %s"
    };
    files_t *ask = baton;
    apr_array_header_t *rows;
    apr_status_t rv = wfp_dbd_rows(&rows, db, &get, 1,
                                   DBD_ARGS(ask->file, ask->file));

    ask->found = rv == APR_SUCCESS && rows->nelts > 0;
    return rv;
}

apr_status_t wfp_r2_files_known(int *pknown, wfp_store_t *store,
                                const char *file, wfp_result_t *res,
                                apr_pool_t *p)
{
    files_t ask = { .file = file };
    apr_status_t rv = wfp_dbd_run(store, WFP_DBD_PLAIN, look, &ask, res, p);

    *pknown = ask.found;
    return rv;
}

/* The bucket is held while its upload goes. */
static apr_status_t expire(wfp_dbd_t *db, void *baton)
{
    static const wfp_sql_t old = {
        "r2_old", "SELECT u.id, b.name FROM r2_uploads u "
                  "JOIN r2_buckets b ON b.id = u.bucket_id "
                  "WHERE u.created < %lld ORDER BY u.created LIMIT 1"
    };
    wfp_r2_call_t call = { .verb = WFP_R2_ABORT };
    wfp_r2_ask_t held = { NULL, &call, NULL, NULL, 0 };
    files_t *ask = baton;
    const char **row;
    apr_status_t rv = wfp_dbd_row(&row, db, &old, 2,
                                  DBD_ARGS(wfp_dbd_num(db, ask->before)));

    ask->found = rv == APR_SUCCESS && row;
    if (!ask->found) {
        return rv;
    }
    held.bucket = row[1];
    rv = wfp_r2_rows_lock(db, &held);
    /* if it was not completed meanwhile */
    return rv == APR_SUCCESS ? wfp_r2_rows_drop_upload(db, &held, row[0]) : rv;
}

apr_status_t wfp_r2_files_expire(int *pfound, wfp_store_t *store,
                                 apr_time_t before, wfp_result_t *res,
                                 apr_pool_t *p)
{
    files_t ask = { .before = before };
    apr_status_t rv = wfp_dbd_run(store, WFP_DBD_WRITE, expire, &ask, res, p);

    *pfound = ask.found;
    return rv;
}
