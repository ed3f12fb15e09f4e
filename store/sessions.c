/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Sessions of the admin page. In the store, so that they outlive restarts, hold
 * on every host, and end everywhere at once when their token is revoked.
 */
#include "store/sessions.h"

#include <string.h>

#include "core/crypto.h"
#include "store/tx.h"

typedef struct ask_t {
    const char *digest;
    wfp_session_t *session;
    const wfp_actor_t *actor;
} ask_t;

static const char *digest_of(const char *secret, apr_pool_t *p)
{
    return wfp_crypto_sha256_hex(secret, strlen(secret), p);
}

/* Those that are over, and of this token's all but the newest. */
static apr_status_t make_room(wfp_dbd_t *db, const ask_t *ask)
{
    static const wfp_sql_t old = { "sessions_prune",
                                   "DELETE FROM sessions WHERE expires <= "
                                   "%lld" };
    static const wfp_sql_t many = {
        "sessions_room", "DELETE FROM sessions WHERE token_id = %s AND digest "
                         "NOT IN (SELECT digest FROM sessions WHERE token_id = "
                         "%s ORDER BY created DESC, digest LIMIT %lld)"
    };
    const char *id = ask->session->token->id;
    apr_status_t rv = wfp_dbd_exec(NULL, db, &old,
                                   DBD_ARGS(wfp_dbd_num(db, apr_time_now())));

    return rv == APR_SUCCESS
               ? wfp_dbd_exec(NULL, db, &many,
                              DBD_ARGS(id, id,
                                       wfp_dbd_num(db, WFP_SESSIONS_MAX - 1)))
               : rv;
}

static apr_status_t insert_session(wfp_dbd_t *db, void *baton)
{
    static const wfp_sql_t insert = {
        "sessions_insert",
        "INSERT INTO sessions (digest, token_id, created, expires) "
        "SELECT %s, id, %lld, %lld FROM tokens WHERE id = %s"
    };
    const ask_t *ask = baton;
    const wfp_session_t *session = ask->session;
    wfp_change_t change = { 0, WFP_CHANGE_TOKEN, "", session->token->id, 0 };
    int n = 0;
    apr_status_t rv = wfp_changes_take(&change.stamp, db);

    if (rv == APR_SUCCESS) {
        rv = wfp_audit_record(db, &change, ask->actor, "sign_in", NULL);
    }
    if (rv == APR_SUCCESS) {
        rv = make_room(db, ask);
    }
    if (rv == APR_SUCCESS) {
        rv = wfp_dbd_exec(&n, db, &insert,
                          DBD_ARGS(ask->digest,
                                   wfp_dbd_num(db, session->created),
                                   wfp_dbd_num(db, session->expires),
                                   session->token->id));
    }
    if (rv == APR_SUCCESS && n == 0) {
        return wfp_result_set(db->res, WFP_NOT_FOUND, APR_NOTFOUND,
                              "the token was revoked just now");
    }
    return rv;
}

apr_status_t wfp_sessions_create(const char **psecret, wfp_store_t *store,
                                 wfp_session_t *session,
                                 apr_interval_time_t lasts,
                                 const wfp_actor_t *actor, wfp_result_t *res,
                                 apr_pool_t *p)
{
    apr_time_t end = session->token->expires;
    ask_t ask = { .session = session, .actor = actor };
    const char *secret;
    apr_status_t rv = wfp_tokens_secret(&secret, res, p);

    if (rv != APR_SUCCESS) {
        return rv;
    }
    session->created = apr_time_now();
    session->expires = session->created + lasts;
    if (end && end < session->expires) {
        session->expires = end;
    }
    ask.digest = digest_of(secret, p);
    rv = wfp_dbd_run(store, WFP_DBD_WRITE, insert_session, &ask, res, p);
    if (rv == APR_SUCCESS) {
        *psecret = secret;
    }
    return rv;
}

static apr_status_t read_session(const char ***prow, wfp_dbd_t *db,
                                 const char *digest)
{
    static const wfp_sql_t find = { "sessions_find",
                                    "SELECT token_id, created, expires FROM "
                                    "sessions WHERE digest = %s" };

    return wfp_dbd_row(prow, db, &find, 3, DBD_ARGS(digest));
}

static apr_status_t find_session(wfp_dbd_t *db, void *baton)
{
    ask_t *ask = baton;
    const char **row;
    wfp_token_t *token = NULL;
    apr_status_t rv = read_session(&row, db, ask->digest);

    ask->session = NULL;
    if (rv == APR_SUCCESS && row) {
        rv = wfp_tokens_by_id(&token, db, row[0]);
    }
    if (rv == APR_SUCCESS && token) {
        ask->session = apr_pcalloc(db->pool, sizeof(*ask->session));
        ask->session->token = token;
        ask->session->created = wfp_dbd_int(row[1]);
        ask->session->expires = wfp_dbd_int(row[2]);
    }
    return rv;
}

apr_status_t wfp_sessions_find(wfp_session_t **psession, wfp_store_t *store,
                               const char *secret, wfp_result_t *res,
                               apr_pool_t *p)
{
    ask_t ask = { .digest = digest_of(secret, p) };
    apr_status_t rv = wfp_dbd_run(store, WFP_DBD_SNAPSHOT, find_session, &ask,
                                  res, p);

    if (rv != APR_SUCCESS) {
        return rv;
    }
    if (!ask.session || ask.session->expires <= apr_time_now()) {
        return wfp_result_set(res, WFP_NOT_FOUND, APR_NOTFOUND,
                              "there is no such session, or it is over");
    }
    *psession = ask.session;
    return rv;
}

static apr_status_t end_session(wfp_dbd_t *db, void *baton)
{
    static const wfp_sql_t delete = { "sessions_end",
                                      "DELETE FROM sessions WHERE digest = "
                                      "%s" };
    const ask_t *ask = baton;
    wfp_change_t change = { 0, WFP_CHANGE_TOKEN, "", NULL, 0 };
    const char **row = NULL;
    apr_status_t rv = wfp_changes_take(&change.stamp, db);

    if (rv == APR_SUCCESS) {
        rv = read_session(&row, db, ask->digest);
    }
    if (rv == APR_SUCCESS && !row) {
        return wfp_result_set(db->res, WFP_NOT_FOUND, APR_NOTFOUND,
                              "there is no such session");
    }
    if (rv == APR_SUCCESS) {
        change.name = row[0];
        rv = wfp_audit_record(db, &change, ask->actor, "sign_out", NULL);
    }
    return rv == APR_SUCCESS
               ? wfp_dbd_exec(NULL, db, &delete, DBD_ARGS(ask->digest))
               : rv;
}

apr_status_t wfp_sessions_end(wfp_store_t *store, const char *secret,
                              const wfp_actor_t *actor, wfp_result_t *res,
                              apr_pool_t *p)
{
    ask_t ask = { .digest = digest_of(secret, p), .actor = actor };

    return wfp_dbd_run(store, WFP_DBD_WRITE, end_session, &ask, res, p);
}
