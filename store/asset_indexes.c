/* SPDX-License-Identifier: Apache-2.0 */
/* What the indexes of assets take. Called by services/assets.c before it writes
 * one, and inside transactions of asset_uploads.c. */
#include "store/asset_indexes.h"

#include <apr_time.h>

#include "store/asset_uploads.h"
#include "store/dbd.h"
#include "store/tx.h"

typedef struct ask_t {
    const char *owner;
    const char *digest;
    apr_int64_t size;
    apr_int64_t max;
} ask_t;

apr_status_t wfp_asset_indexes_hold(wfp_dbd_t *db, const char *owner)
{
    static const wfp_sql_t hold = {
        "asset_owners_hold",
        "UPDATE asset_owners SET script = script WHERE id = %s"
    };

    return wfp_dbd_exec(NULL, db, &hold, DBD_ARGS(owner));
}

static apr_status_t insert(int *pcount, wfp_dbd_t *db, const ask_t *ask)
{
    static const wfp_sql_t sql = {
        "asset_indexes_insert",
        "INSERT INTO asset_files (owner_id, hash, digest, size, type, "
        "uploaded) VALUES (%s, %s, %s, %lld, '', %lld) "
        "ON CONFLICT (owner_id, hash) DO NOTHING"
    };

    return wfp_dbd_exec(pcount, db, &sql,
                        DBD_ARGS(ask->owner, ask->digest, ask->digest,
                                 wfp_dbd_num(db, ask->size),
                                 wfp_dbd_num(db, apr_time_now())));
}

static apr_status_t check_bytes(wfp_dbd_t *db, const ask_t *ask)
{
    static const wfp_sql_t sum = {
        "asset_indexes_sum",
        "SELECT COALESCE(sum(size), 0) FROM asset_files WHERE owner_id = %s"
    };
    const char **row;
    apr_status_t rv = wfp_dbd_row(&row, db, &sum, 1, DBD_ARGS(ask->owner));

    return rv == APR_SUCCESS && row && wfp_dbd_int(row[0]) > ask->max
               ? wfp_asset_uploads_full(db->res, ask->max)
               : rv;
}

/* One that is there was written once more, as its file is. */
static apr_status_t renew(wfp_dbd_t *db, const ask_t *ask)
{
    static const wfp_sql_t sql = { "asset_indexes_renew",
                                   "UPDATE asset_files SET uploaded = %lld "
                                   "WHERE owner_id = %s AND hash = %s" };

    return wfp_dbd_exec(NULL, db, &sql,
                        DBD_ARGS(wfp_dbd_num(db, apr_time_now()), ask->owner,
                                 ask->digest));
}

static apr_status_t add(wfp_dbd_t *db, void *baton)
{
    const ask_t *ask = baton;
    int n;
    apr_status_t rv = wfp_asset_indexes_hold(db, ask->owner);

    if (rv == APR_SUCCESS) {
        rv = insert(&n, db, ask);
    }
    if (rv == APR_SUCCESS && n == 0) {
        return renew(db, ask);
    }
    return rv == APR_SUCCESS && ask->max ? check_bytes(db, ask) : rv;
}

apr_status_t wfp_asset_indexes_add(wfp_store_t *store, const char *owner,
                                   const char *digest, apr_int64_t size,
                                   apr_int64_t max, wfp_result_t *res,
                                   apr_pool_t *p)
{
    ask_t ask = { owner, digest, size, max };

    return wfp_dbd_run(store, WFP_DBD_WRITE, add, &ask, res, p);
}

apr_status_t wfp_asset_indexes_know(wfp_dbd_t *db, const char *owner,
                                    const char *digest, apr_int64_t size)
{
    ask_t ask = { owner, digest, size, 0 };

    return insert(NULL, db, &ask);
}
