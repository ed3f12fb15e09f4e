/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What of an owner's assets no version has (any more), and that it goes. Called
 * by who sweeps; a version that is being made is safe by the time it is given.
 */
#include "store/asset_tidy.h"

#include <apr_strings.h>
#include <string.h>

#include "store/asset_indexes.h"
#include "store/asset_uploads.h"
#include "store/tx.h"

typedef struct ask_t {
    const char *owner;
    apr_time_t before;
    apr_hash_t *keep;
    apr_array_header_t *list;
    int busy;
} ask_t;


static apr_status_t list_used(wfp_dbd_t *db, void *baton)
{
    static const wfp_sql_t list = {
        "asset_versions", "SELECT DISTINCT assets FROM versions "
                          "WHERE assets >= %s AND assets < %s AND assets <> ''"
    };
    ask_t *ask = baton;
    const char *from = apr_pstrcat(db->pool, ask->owner, "/", NULL);
    apr_array_header_t *rows;
    int i;
    apr_status_t rv = wfp_dbd_rows(&rows, db, &list, 1,
                                   DBD_ARGS(from,
                                            apr_pstrcat(db->pool, ask->owner,
                                                        "0", NULL)));

    ask->list = apr_array_make(db->pool, 4, sizeof(const char *));
    for (i = 0; rv == APR_SUCCESS && i < rows->nelts; i++) {
        APR_ARRAY_PUSH(ask->list,
                       const char *) = APR_ARRAY_IDX(rows, i, const char **)[0]
                                       + strlen(from);
    }
    return rv;
}

apr_status_t wfp_asset_tidy_used(apr_array_header_t **pindexes,
                                 wfp_store_t *store, const char *owner,
                                 wfp_result_t *res, apr_pool_t *p)
{
    ask_t ask = { .owner = owner };
    apr_status_t rv = wfp_dbd_run(store, WFP_DBD_PLAIN, list_used, &ask, res,
                                  p);

    *pindexes = ask.list;
    return rv;
}

/* Delete the rows of an owner whose digest nobody keeps. */
static apr_status_t drop(wfp_dbd_t *db, const ask_t *ask, const wfp_sql_t *list,
                         const char **args, const wfp_sql_t *delete)
{
    apr_array_header_t *rows;
    int i;
    apr_status_t rv = wfp_dbd_rows(&rows, db, list, 1, args);

    for (i = 0; rv == APR_SUCCESS && i < rows->nelts; i++) {
        const char *digest = APR_ARRAY_IDX(rows, i, const char **)[0];

        if (!apr_hash_get(ask->keep, digest, APR_HASH_KEY_STRING)) {
            rv = wfp_dbd_exec(NULL, db, delete, DBD_ARGS(ask->owner, digest));
        }
    }
    return rv;
}

/* Of a time when they were not counted, too. */
static apr_status_t know_indexes(wfp_dbd_t *db, const ask_t *ask)
{
    apr_hash_index_t *at;
    apr_status_t rv = APR_SUCCESS;

    for (at = apr_hash_first(db->pool, ask->keep); rv == APR_SUCCESS && at;
         at = apr_hash_next(at)) {
        const apr_int64_t *size = apr_hash_this_val(at);

        if (*size) {
            rv = wfp_asset_indexes_know(db, ask->owner, apr_hash_this_key(at),
                                        *size);
        }
    }
    return rv;
}

static apr_status_t tidy(wfp_dbd_t *db, void *baton)
{
    static const wfp_sql_t open = { "asset_sessions_open",
                                    "SELECT count(*) FROM asset_sessions "
                                    "WHERE owner_id = %s AND expires > %lld" };
    static const wfp_sql_t files = {
        "asset_files_digests",
        "SELECT DISTINCT digest FROM asset_files WHERE owner_id = %s "
        "AND (hash <> digest OR uploaded < %lld)"
    };
    static const wfp_sql_t drop_file = {
        "asset_files_drop",
        "DELETE FROM asset_files WHERE owner_id = %s AND digest = %s"
    };
    static const wfp_sql_t bodies = {
        "asset_bodies_digests",
        "SELECT digest FROM asset_bodies WHERE owner = %s AND stored < %lld"
    };
    static const wfp_sql_t drop_body = {
        "asset_bodies_drop",
        "DELETE FROM asset_bodies WHERE owner = %s AND digest = %s"
    };
    ask_t *ask = baton;
    const char **row, *before = wfp_dbd_num(db, ask->before);
    apr_status_t rv;

    rv = wfp_dbd_row(&row, db, &open, 1,
                     DBD_ARGS(ask->owner,
                              wfp_dbd_num(db, apr_time_now()
                                                  - WFP_ASSET_SESSION_GRACE)));
    if (rv != APR_SUCCESS) {
        return rv;
    }
    ask->busy = row && wfp_dbd_int(row[0]) > 0;
    if (ask->busy) {
        return rv;
    }
    rv = drop(db, ask, &files, DBD_ARGS(ask->owner, before), &drop_file);
    if (rv == APR_SUCCESS) {
        rv = drop(db, ask, &bodies, DBD_ARGS(ask->owner, before), &drop_body);
    }
    return rv == APR_SUCCESS ? know_indexes(db, ask) : rv;
}

apr_status_t wfp_asset_tidy(int *pbusy, wfp_store_t *store, const char *owner,
                            apr_time_t before, apr_hash_t *keep,
                            wfp_result_t *res, apr_pool_t *p)
{
    ask_t ask = { .owner = owner, .before = before, .keep = keep };
    apr_status_t rv = wfp_dbd_run(store, WFP_DBD_WRITE, tidy, &ask, res, p);

    *pbusy = ask.busy;
    return rv;
}
