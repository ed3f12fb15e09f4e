/* SPDX-License-Identifier: Apache-2.0 */
/* Bytes of assets as rows. Called by services/assets.c; they go with
 * asset_uploads.c. Nobody follows them: a digest's bytes never change. */
#include "store/asset_bodies.h"

#include "store/column.h"
#include "store/tx.h"

typedef struct ask_t {
    const char *owner;
    const char *digest;
    const char *data;
    apr_size_t n;
    apr_hash_t *all;
    const char *next;
} ask_t;

static apr_status_t put(wfp_dbd_t *db, void *baton)
{
    static const wfp_sql_t insert = {
        "asset_bodies_put",
        "INSERT INTO asset_bodies (owner, digest, body, stored) "
        "VALUES (%s, %s, %s, %lld) "
        "ON CONFLICT (owner, digest) DO UPDATE SET stored = excluded.stored"
    };
    const ask_t *ask = baton;

    return wfp_dbd_exec(NULL, db, &insert,
                        DBD_ARGS(ask->owner, ask->digest,
                                 wfp_column_base64(ask->data, ask->n, db->pool),
                                 wfp_dbd_num(db, apr_time_now())));
}

apr_status_t wfp_asset_bodies_put(wfp_store_t *store, const char *owner,
                                  const char *digest, const char *data,
                                  apr_size_t n, wfp_result_t *res,
                                  apr_pool_t *p)
{
    ask_t ask = { owner, digest, data, n, NULL, NULL };

    return wfp_dbd_run(store, WFP_DBD_WRITE, put, &ask, res, p);
}

static apr_status_t get(wfp_dbd_t *db, void *baton)
{
    static const wfp_sql_t find = {
        "asset_bodies_get",
        "SELECT body FROM asset_bodies WHERE owner = %s AND digest = %s"
    };
    ask_t *ask = baton;
    const char **row;
    apr_status_t rv = wfp_dbd_row(&row, db, &find, 1,
                                  DBD_ARGS(ask->owner, ask->digest));

    if (rv == APR_SUCCESS && !row) {
        return wfp_result_set(db->res, WFP_NOT_FOUND, APR_NOTFOUND,
                              "there is no such asset");
    }
    if (rv == APR_SUCCESS) {
        wfp_column_unbase64(&ask->data, &ask->n, row[0], db->pool);
    }
    return rv;
}

apr_status_t wfp_asset_bodies_get(const char **pdata, apr_size_t *pn,
                                  wfp_store_t *store, const char *owner,
                                  const char *digest, wfp_result_t *res,
                                  apr_pool_t *p)
{
    ask_t ask = { .owner = owner, .digest = digest };
    apr_status_t rv = wfp_dbd_run(store, WFP_DBD_PLAIN, get, &ask, res, p);

    *pdata = ask.data;
    *pn = ask.n;
    return rv;
}

static apr_status_t list(wfp_dbd_t *db, void *baton)
{
    static const wfp_sql_t select = {
        "asset_bodies_list", "SELECT digest FROM asset_bodies WHERE owner = %s"
    };
    ask_t *ask = baton;
    apr_array_header_t *rows;
    int i;
    apr_status_t rv = wfp_dbd_rows(&rows, db, &select, 1, DBD_ARGS(ask->owner));

    ask->all = apr_hash_make(db->pool);
    for (i = 0; rv == APR_SUCCESS && i < rows->nelts; i++) {
        apr_hash_set(ask->all, APR_ARRAY_IDX(rows, i, const char **)[0],
                     APR_HASH_KEY_STRING, "");
    }
    return rv;
}

apr_status_t wfp_asset_bodies_list(apr_hash_t **pdigests, wfp_store_t *store,
                                   const char *owner, wfp_result_t *res,
                                   apr_pool_t *p)
{
    ask_t ask = { .owner = owner };
    apr_status_t rv = wfp_dbd_run(store, WFP_DBD_PLAIN, list, &ask, res, p);

    *pdigests = ask.all;
    return rv;
}

static apr_status_t next(wfp_dbd_t *db, void *baton)
{
    static const wfp_sql_t find = {
        "asset_bodies_next", "SELECT owner FROM asset_bodies WHERE owner > %s "
                             "ORDER BY owner LIMIT 1"
    };
    ask_t *ask = baton;
    const char **row;
    apr_status_t rv = wfp_dbd_row(&row, db, &find, 1, DBD_ARGS(ask->owner));

    ask->next = rv == APR_SUCCESS && row ? row[0] : NULL;
    return rv;
}

apr_status_t wfp_asset_bodies_next(const char **powner, wfp_store_t *store,
                                   const char *after, wfp_result_t *res,
                                   apr_pool_t *p)
{
    ask_t ask = { .owner = after };
    apr_status_t rv = wfp_dbd_run(store, WFP_DBD_PLAIN, next, &ask, res, p);

    *powner = ask.next;
    return rv;
}
