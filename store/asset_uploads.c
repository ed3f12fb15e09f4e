/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Sessions and files of assets. Called by the API, and by who sweeps. Beginning
 * a session is a mutation with a row of the audit; what comes in it is not, as
 * nothing can be seen of it before a version has it.
 */
#include "store/asset_uploads.h"

#include <apr_strings.h>
#include <string.h>

#include "core/crypto.h"
#include "store/column.h"
#include "store/tx.h"

typedef struct ask_t {
    wfp_asset_session_t *session;
    const char *owner;
    const apr_array_header_t *files;
    apr_int64_t max; /* bytes; 0: no bound */
    const wfp_actor_t *actor;
    apr_time_t expires;
    apr_hash_t *all;
} ask_t;

static apr_status_t read_files(apr_hash_t **pfiles, wfp_dbd_t *db,
                               const char *owner)
{
    static const wfp_sql_t list = { "asset_files_list",
                                    "SELECT hash, digest, size, type "
                                    "FROM asset_files WHERE owner_id = %s" };
    apr_array_header_t *rows;
    int i;
    apr_status_t rv = wfp_dbd_rows(&rows, db, &list, 4, DBD_ARGS(owner));

    if (rv != APR_SUCCESS) {
        return rv;
    }
    *pfiles = apr_hash_make(db->pool);
    for (i = 0; i < rows->nelts; i++) {
        const char **row = APR_ARRAY_IDX(rows, i, const char **);
        wfp_asset_file_t *file = apr_palloc(db->pool, sizeof(*file));

        file->hash = row[0];
        file->digest = row[1];
        file->size = wfp_dbd_int(row[2]);
        file->type = row[3];
        apr_hash_set(*pfiles, file->hash, APR_HASH_KEY_STRING, file);
    }
    return rv;
}

/* ---- a session begins -------------------------------------------------------- */

/* The owner of a Worker's files, made when there is none. */
static apr_status_t find_owner(const char **pid, wfp_dbd_t *db,
                               const char *ns_id, const char *script)
{
    static const wfp_sql_t insert = {
        "asset_owners_insert",
        "INSERT INTO asset_owners (id, ns_id, script) VALUES (%s, %s, %s) "
        "ON CONFLICT (ns_id, script) DO NOTHING"
    };
    static const wfp_sql_t find = {
        "asset_owners_find",
        "SELECT id FROM asset_owners WHERE ns_id = %s AND script = %s"
    };
    char id[WFP_UUID_SIZE];
    const char **row;
    apr_status_t rv = wfp_crypto_uuid(id);

    if (rv != APR_SUCCESS) {
        return wfp_result_set(db->res, WFP_INTERNAL, rv, "no random bytes");
    }
    rv = wfp_dbd_exec(NULL, db, &insert, DBD_ARGS(id, ns_id, script));
    if (rv == APR_SUCCESS) {
        rv = wfp_dbd_row(&row, db, &find, 1, DBD_ARGS(ns_id, script));
    }
    if (rv == APR_SUCCESS && !row) {
        return wfp_result_set(db->res, WFP_INTERNAL, APR_EGENERAL,
                              "the owner of assets went");
    }
    if (rv == APR_SUCCESS) {
        *pid = row[0];
    }
    return rv;
}

static apr_status_t insert_session(wfp_dbd_t *db, const ask_t *ask)
{
    static const wfp_sql_t prune = {
        "asset_sessions_prune",
        "DELETE FROM asset_sessions WHERE owner_id = %s AND (expires < %lld "
        "OR id NOT IN (SELECT id FROM asset_sessions WHERE owner_id = %s "
        "ORDER BY expires DESC LIMIT %lld))"
    };
    static const wfp_sql_t insert = {
        "asset_sessions_insert",
        "INSERT INTO asset_sessions (id, owner_id, secret, expires, manifest) "
        "VALUES (%s, %s, %s, %lld, %s)"
    };
    const wfp_asset_session_t *s = ask->session;
    apr_status_t rv;

    rv = wfp_dbd_exec(NULL, db, &prune,
                      DBD_ARGS(s->owner,
                               wfp_dbd_num(db, apr_time_now()
                                                   - WFP_ASSET_SESSION_GRACE),
                               s->owner,
                               wfp_dbd_num(db, WFP_ASSET_SESSIONS_MAX - 1)));
    return rv == APR_SUCCESS
               ? wfp_dbd_exec(NULL, db, &insert,
                              DBD_ARGS(s->id, s->owner, s->secret,
                                       wfp_dbd_num(db, s->expires),
                                       s->manifest))
               : rv;
}

static apr_status_t begin(wfp_dbd_t *db, void *baton)
{
    ask_t *ask = baton;
    wfp_asset_session_t *s = ask->session;
    wfp_change_t change = { 0, WFP_CHANGE_VERSION, s->ns, s->script, 0 };
    const char *ns_id;
    apr_status_t rv = wfp_changes_take(&change.stamp, db);

    if (rv == APR_SUCCESS) {
        rv = wfp_namespaces_need(&ns_id, db, s->ns);
    }
    if (rv == APR_SUCCESS) {
        rv = find_owner(&s->owner, db, ns_id, s->script);
    }
    if (rv == APR_SUCCESS) {
        rv = insert_session(db, ask);
    }
    if (rv == APR_SUCCESS) {
        rv = wfp_audit_record(db, &change, ask->actor, "assets", NULL);
    }
    return rv == APR_SUCCESS ? read_files(&ask->all, db, s->owner) : rv;
}

apr_status_t wfp_asset_uploads_begin(wfp_asset_session_t *session,
                                     apr_hash_t **pfiles, wfp_store_t *store,
                                     const wfp_actor_t *actor,
                                     wfp_result_t *res, apr_pool_t *p)
{
    ask_t ask = { .session = session, .actor = actor };
    apr_status_t rv = wfp_dbd_run(store, WFP_DBD_WRITE, begin, &ask, res, p);

    *pfiles = ask.all;
    return rv;
}

/* ---- it goes on -------------------------------------------------------------- */

static apr_status_t get_session(wfp_dbd_t *db, void *baton)
{
    static const wfp_sql_t get = {
        "asset_sessions_get",
        "SELECT a.id, a.owner_id, n.name, o.script, a.secret, a.manifest, "
        "a.expires FROM asset_sessions a JOIN asset_owners o "
        "ON o.id = a.owner_id JOIN namespaces n ON n.id = o.ns_id "
        "WHERE a.id = %s"
    };
    ask_t *ask = baton;
    wfp_asset_session_t *s = ask->session;
    const char **row;
    apr_status_t rv = wfp_dbd_row(&row, db, &get, 7, DBD_ARGS(s->id));

    if (rv == APR_SUCCESS && !row) {
        return wfp_result_set(db->res, WFP_NOT_FOUND, APR_NOTFOUND,
                              "there is no such upload session");
    }
    if (rv == APR_SUCCESS) {
        s->id = row[0];
        s->owner = row[1];
        s->ns = row[2];
        s->script = row[3];
        s->secret = row[4];
        s->manifest = row[5];
        s->expires = wfp_dbd_int(row[6]);
    }
    return rv;
}

apr_status_t wfp_asset_uploads_session(wfp_asset_session_t **psession,
                                       wfp_store_t *store, const char *id,
                                       wfp_result_t *res, apr_pool_t *p)
{
    wfp_asset_session_t *session = apr_pcalloc(p, sizeof(*session));
    ask_t ask = { .session = session };

    session->id = wfp_column_text(id, p);
    *psession = session;
    return wfp_dbd_run(store, WFP_DBD_PLAIN, get_session, &ask, res, p);
}

/* What the name stood for before is on the disk until a sweep, so it stays a
 * row: its name is its digest then, which no client can give a file. */
static apr_status_t keep_replaced(wfp_dbd_t *db, const char *owner,
                                  const wfp_asset_file_t *file)
{
    static const wfp_sql_t keep = {
        "asset_files_replaced",
        "INSERT INTO asset_files (owner_id, hash, digest, size, type, "
        "uploaded) SELECT owner_id, digest, digest, size, type, uploaded "
        "FROM asset_files WHERE owner_id = %s AND hash = %s AND digest <> %s "
        "ON CONFLICT (owner_id, hash) DO NOTHING"
    };
    static const wfp_sql_t back = {
        "asset_files_back",
        "DELETE FROM asset_files WHERE owner_id = %s AND hash = %s"
    };
    apr_status_t rv = wfp_dbd_exec(NULL, db, &keep,
                                   DBD_ARGS(owner, file->hash, file->digest));

    return rv == APR_SUCCESS
               ? wfp_dbd_exec(NULL, db, &back, DBD_ARGS(owner, file->digest))
               : rv;
}

static apr_status_t add_one(wfp_dbd_t *db, const char *owner,
                            const wfp_asset_file_t *file, const char *now)
{
    static const wfp_sql_t put = {
        "asset_files_put",
        "INSERT INTO asset_files (owner_id, hash, digest, size, type, "
        "uploaded) VALUES (%s, %s, %s, %lld, %s, %lld) "
        "ON CONFLICT (owner_id, hash) DO UPDATE SET digest = excluded.digest, "
        "size = excluded.size, type = excluded.type, "
        "uploaded = excluded.uploaded"
    };
    apr_status_t rv = keep_replaced(db, owner, file);

    return rv == APR_SUCCESS
               ? wfp_dbd_exec(NULL, db, &put,
                              DBD_ARGS(owner, file->hash, file->digest,
                                       wfp_dbd_num(db, file->size),
                                       wfp_column_text(file->type, db->pool),
                                       now))
               : rv;
}

apr_int64_t wfp_asset_uploads_sum(apr_hash_t *files, apr_pool_t *p)
{
    apr_hash_index_t *at;
    apr_int64_t all = 0;

    for (at = apr_hash_first(p, files); at; at = apr_hash_next(at)) {
        all += ((const wfp_asset_file_t *)apr_hash_this_val(at))->size;
    }
    return all;
}

apr_status_t wfp_asset_uploads_full(wfp_result_t *res, apr_int64_t max)
{
    return wfp_result_set(res, WFP_QUOTA_EXCEEDED, APR_ENOSPC,
                          "the Worker's assets would have more bytes than the "
                          "quota asset_bytes of %" APR_INT64_T_FMT,
                          max);
}

/* Has the owner no more than it may? */
static apr_status_t check_bytes(wfp_dbd_t *db, const ask_t *ask)
{
    return ask->max && wfp_asset_uploads_sum(ask->all, db->pool) > ask->max
               ? wfp_asset_uploads_full(db->res, ask->max)
               : APR_SUCCESS;
}

static apr_status_t add(wfp_dbd_t *db, void *baton)
{
    static const wfp_sql_t extend = {
        "asset_sessions_extend",
        "UPDATE asset_sessions SET expires = %lld WHERE id = %s"
    };
    ask_t *ask = baton;
    const char *owner = ask->session->owner;
    const char *now = wfp_dbd_num(db, apr_time_now());
    int i, n;
    apr_status_t rv = wfp_dbd_exec(&n, db, &extend,
                                   DBD_ARGS(wfp_dbd_num(db, ask->expires),
                                            ask->session->id));

    if (rv == APR_SUCCESS && n == 0) {
        return wfp_result_set(db->res, WFP_NOT_FOUND, APR_NOTFOUND,
                              "there is no such upload session");
    }
    if (rv == APR_SUCCESS) {
        rv = wfp_asset_indexes_hold(db, owner);
    }
    for (i = 0; rv == APR_SUCCESS && i < ask->files->nelts; i++) {
        rv = add_one(db, owner, &APR_ARRAY_IDX(ask->files, i, wfp_asset_file_t),
                     now);
    }
    if (rv == APR_SUCCESS) {
        rv = read_files(&ask->all, db, owner);
    }
    return rv == APR_SUCCESS ? check_bytes(db, ask) : rv;
}

apr_status_t wfp_asset_uploads_add(apr_hash_t **pall, wfp_store_t *store,
                                   const wfp_asset_session_t *session,
                                   const apr_array_header_t *files,
                                   apr_int64_t max, apr_time_t expires,
                                   wfp_result_t *res, apr_pool_t *p)
{
    wfp_asset_session_t copy = *session;
    ask_t ask = {
        .session = &copy, .files = files, .max = max, .expires = expires
    };
    apr_status_t rv = wfp_dbd_run(store, WFP_DBD_WRITE, add, &ask, res, p);

    *pall = ask.all;
    return rv;
}

static apr_status_t list_files(wfp_dbd_t *db, void *baton)
{
    ask_t *ask = baton;

    return read_files(&ask->all, db, ask->owner);
}

apr_status_t wfp_asset_uploads_files(apr_hash_t **pfiles, wfp_store_t *store,
                                     const char *owner, wfp_result_t *res,
                                     apr_pool_t *p)
{
    ask_t ask = { .owner = owner };
    apr_status_t rv = wfp_dbd_run(store, WFP_DBD_PLAIN, list_files, &ask, res,
                                  p);

    *pfiles = ask.all;
    return rv;
}


typedef struct bytes_t {
    const char *ns;
    const char *script;
    apr_int64_t bytes;
} bytes_t;

static apr_status_t sum_bytes(wfp_dbd_t *db, void *baton)
{
    static const wfp_sql_t sum = {
        "asset_files_bytes",
        "SELECT COALESCE(sum(f.size), 0) FROM asset_files f "
        "JOIN asset_owners o ON o.id = f.owner_id "
        "JOIN namespaces n ON n.id = o.ns_id "
        "WHERE n.name = %s AND (o.script = %s OR %s = 'all')"
    };
    bytes_t *ask = baton;
    const char **row;
    apr_status_t rv = wfp_dbd_row(&row, db, &sum, 1,
                                  DBD_ARGS(ask->ns, ask->script,
                                           *ask->script ? "one" : "all"));

    if (rv == APR_SUCCESS) {
        ask->bytes = row ? wfp_dbd_int(row[0]) : 0;
    }
    return rv;
}

apr_status_t wfp_asset_uploads_bytes(apr_int64_t *pbytes, wfp_store_t *store,
                                     const char *ns, const char *script,
                                     wfp_result_t *res, apr_pool_t *p)
{
    bytes_t ask = { wfp_column_text(ns, p), wfp_column_text(script, p), 0 };
    apr_status_t rv = wfp_dbd_run(store, WFP_DBD_PLAIN, sum_bytes, &ask, res,
                                  p);

    *pbytes = ask.bytes;
    return rv;
}
