/* SPDX-License-Identifier: Apache-2.0 */
/*
 * API tokens. Called by wfpctl, the API and the S3 endpoint. Only the digest of
 * a secret is kept: a token has 240 random bits, so a plain SHA-256 is enough. It
 * must not know how an S3 secret is sealed.
 */
#include "store/tokens.h"

#include <apr_base64.h>
#include <apr_hash.h>
#include <apr_strings.h>
#include <string.h>

#include "core/crypto.h"
#include "core/json.h"
#include "store/column.h"
#include "store/page.h"
#include "store/tx.h"

#define SECRET_BYTES 30 /* 40 characters */
#define COLUMNS                                                                \
    "SELECT id, name, role, namespaces, created, expires, s3_sealed, buckets " \
    "FROM tokens "
#define COLUMN_COUNT 8

typedef struct ask_t {
    wfp_token_t *token;
    const char *key; /* digest or id */
    const wfp_actor_t *actor;
} ask_t;

static apr_status_t record(wfp_dbd_t *db, const ask_t *ask, const char *id,
                           const char *details, int deleted)
{
    wfp_change_t change = { 0, WFP_CHANGE_TOKEN, "", id, deleted };
    apr_status_t rv = wfp_changes_take(&change.stamp, db);

    return rv == APR_SUCCESS
               ? wfp_audit_record(db, &change, ask->actor,
                                  deleted ? "revoke" : "create", details)
               : rv;
}

/* Whoever made the token may have named one twice: who adds up what each of them
 * did would count it twice. */
static void keep_once(apr_array_header_t *names, apr_pool_t *p)
{
    apr_hash_t *seen = apr_hash_make(p);
    int i, n = 0;

    for (i = 0; i < names->nelts; i++) {
        const char *name = APR_ARRAY_IDX(names, i, const char *);

        if (!apr_hash_get(seen, name, APR_HASH_KEY_STRING)) {
            apr_hash_set(seen, name, APR_HASH_KEY_STRING, name);
            APR_ARRAY_IDX(names, n++, const char *) = name;
        }
    }
    names->nelts = n;
}

static apr_status_t read_row(void **ptoken, wfp_dbd_t *db, const char **row)
{
    wfp_token_t *token = apr_pcalloc(db->pool, sizeof(*token));
    apr_status_t rv;

    token->id = row[0];
    token->name = row[1];
    token->role = row[2];
    token->created = wfp_dbd_int(row[4]);
    token->expires = wfp_dbd_int(row[5]);
    token->s3_sealed = row[6];
    *ptoken = token;
    rv = wfp_column_read_names(&token->namespaces, row[3], db->res, db->pool);
    if (rv == APR_SUCCESS && token->namespaces->nelts > 1) {
        keep_once(token->namespaces, db->pool);
    }
    return rv == APR_SUCCESS ? wfp_column_read_names(&token->buckets, row[7],
                                                     db->res, db->pool)
                             : rv;
}

static int is_s3_key(const wfp_token_t *token)
{
    return token->s3_sealed && *token->s3_sealed;
}

static apr_status_t insert_token(wfp_dbd_t *db, void *baton)
{
    static const wfp_sql_t insert = {
        "tokens_insert",
        "INSERT INTO tokens (id, digest, name, role, namespaces, created, "
        "expires, s3_sealed, buckets) "
        "VALUES (%s, %s, %s, %s, %s, %lld, %lld, %s, %s)"
    };
    ask_t *ask = baton;
    const wfp_token_t *token = ask->token;
    wfp_json_t *details = wfp_json_object(db->pool);
    apr_status_t rv;

    wfp_json_set_str(details, "name", token->name);
    wfp_json_set_str(details, "role", token->role);
    if (is_s3_key(token)) {
        wfp_json_set_bool(details, "s3", 1);
    }
    rv = record(db, ask, token->id, wfp_json_text(details, db->pool), 0);
    if (rv != APR_SUCCESS) {
        return rv;
    }
    return wfp_dbd_exec(
        NULL, db, &insert,
        DBD_ARGS(token->id, ask->key, wfp_column_text(token->name, db->pool),
                 token->role, wfp_column_names(token->namespaces, db->pool),
                 wfp_dbd_num(db, token->created),
                 wfp_dbd_num(db, token->expires),
                 is_s3_key(token) ? token->s3_sealed : "",
                 token->buckets ? wfp_column_names(token->buckets, db->pool)
                                : "[]"));
}

static int is_role(const char *role)
{
    return strcmp(role, "admin") == 0 || strcmp(role, "deploy") == 0
           || strcmp(role, "read") == 0;
}

apr_status_t wfp_tokens_secret(const char **psecret, wfp_result_t *res,
                               apr_pool_t *p)
{
    unsigned char bytes[SECRET_BYTES];
    char *secret = apr_palloc(p,
                              (apr_size_t)apr_base64_encode_len(SECRET_BYTES));
    char *c;
    apr_status_t rv = wfp_crypto_random(bytes, sizeof(bytes));

    if (rv != APR_SUCCESS) {
        return wfp_result_set(res, WFP_INTERNAL, rv, "no random bytes");
    }
    apr_base64_encode_binary(secret, bytes, SECRET_BYTES);
    for (c = secret; *c; c++) {
        *c = *c == '+' ? '-' : *c == '/' ? '_' : *c;
    }
    wfp_crypto_wipe(bytes, sizeof(bytes));
    *psecret = secret;
    return rv;
}

apr_status_t wfp_tokens_id(const char **pid, wfp_result_t *res, apr_pool_t *p)
{
    unsigned char id[16];
    apr_status_t rv = wfp_crypto_random(id, sizeof(id));

    if (rv != APR_SUCCESS) {
        return wfp_result_set(res, WFP_INTERNAL, rv, "no random bytes");
    }
    *pid = wfp_crypto_hex(id, sizeof(id), p);
    return rv;
}

apr_status_t wfp_tokens_create(const char **psecret, wfp_store_t *store,
                               wfp_token_t *token, const wfp_actor_t *actor,
                               wfp_result_t *res, apr_pool_t *p)
{
    const char *secret;
    ask_t ask = { .token = token, .actor = actor };
    apr_status_t rv;

    if (!is_role(token->role)) {
        return wfp_result_set(res, WFP_INVALID, APR_EINVAL,
                              "role '%s': use admin, deploy or read",
                              token->role);
    }
    rv = wfp_tokens_secret(&secret, res, p);
    if (rv == APR_SUCCESS && !token->id) {
        rv = wfp_tokens_id(&token->id, res, p);
    }
    if (rv != APR_SUCCESS) {
        return rv;
    }
    token->created = apr_time_now();
    ask.key = wfp_crypto_sha256_hex(secret, strlen(secret), p);
    rv = wfp_dbd_run(store, WFP_DBD_WRITE, insert_token, &ask, res, p);
    if (rv == APR_SUCCESS) {
        *psecret = secret;
    }
    return rv;
}

apr_status_t wfp_tokens_list(apr_array_header_t **plist, wfp_store_t *store,
                             wfp_result_t *res, apr_pool_t *p)
{
    static const wfp_sql_t list = { "tokens_list",
                                    COLUMNS "ORDER BY created, id" };
    const wfp_page_t all = { .list = &list,
                             .columns = COLUMN_COUNT,
                             .read = read_row };

    return wfp_page_read(plist, NULL, store, &all, res, p);
}

/* Names of buckets are in a column as JSON: of one that is looked for nothing
 * is special there. */
#define OF_BUCKET                                                              \
    "WHERE s3_sealed <> '' AND (buckets = '[]' OR "                            \
    "buckets LIKE %s ESCAPE '!') AND lower(name) LIKE lower(%s) ESCAPE '!' "
#define NAMED "WHERE lower(name) LIKE lower(%s) ESCAPE '!' "
#define UP    "ORDER BY created, id LIMIT %lld OFFSET %lld"
#define DOWN  "ORDER BY created DESC, id DESC LIMIT %lld OFFSET %lld"

apr_status_t wfp_tokens_page(apr_array_header_t **plist, apr_int64_t *ptotal,
                             wfp_store_t *store, const wfp_tokens_ask_t *ask,
                             wfp_result_t *res, apr_pool_t *p)
{
    /* [of a bucket] */
    static const wfp_sql_t counts[2] = {
        { "tokens_count", "SELECT count(*) FROM tokens " NAMED },
        { "tokens_count_s3", "SELECT count(*) FROM tokens " OF_BUCKET },
    };
    /* [of a bucket][down] */
    static const wfp_sql_t lists[2][2] = {
        { { "tokens_page", COLUMNS NAMED UP },
          { "tokens_page_down", COLUMNS NAMED DOWN } },
        { { "tokens_page_s3", COLUMNS OF_BUCKET UP },
          { "tokens_page_s3_down", COLUMNS OF_BUCKET DOWN } },
    };
    int s3 = ask->bucket != NULL;
    const wfp_page_t page = {
        .list = &lists[s3][ask->is_down != 0],
        .count = &counts[s3],
        .columns = COLUMN_COUNT,
        .read = read_row,
        .which = &ask->which,
        .arg = s3 ? wfp_column_like(apr_pstrcat(p, "\"", ask->bucket, "\"",
                                                NULL),
                                    p)
                  : NULL,
        .has_pattern = 1,
    };

    return wfp_page_read(plist, ptotal, store, &page, res, p);
}

static apr_status_t revoke_token(wfp_dbd_t *db, void *baton)
{
    static const wfp_sql_t delete = { "tokens_delete",
                                      "DELETE FROM tokens WHERE id = %s" };
    ask_t *ask = baton;
    int n;
    apr_status_t rv = record(db, ask, ask->key, NULL, 1);

    if (rv == APR_SUCCESS) {
        rv = wfp_dbd_exec(&n, db, &delete, DBD_ARGS(ask->key));
    }
    if (rv == APR_SUCCESS && n == 0) {
        return wfp_result_set(db->res, WFP_NOT_FOUND, APR_NOTFOUND,
                              "there is no such token");
    }
    return rv;
}

apr_status_t wfp_tokens_revoke(wfp_store_t *store, const char *id,
                               const wfp_actor_t *actor, wfp_result_t *res,
                               apr_pool_t *p)
{
    ask_t ask = { .key = wfp_column_text(id, p), .actor = actor };

    return wfp_dbd_run(store, WFP_DBD_WRITE, revoke_token, &ask, res, p);
}

static apr_status_t find_by(wfp_dbd_t *db, ask_t *ask, const wfp_sql_t *find)
{
    const char **row;
    void *token = NULL;
    apr_status_t rv = wfp_dbd_row(&row, db, find, COLUMN_COUNT,
                                  DBD_ARGS(ask->key));

    if (rv == APR_SUCCESS && row) {
        rv = read_row(&token, db, row);
    }
    ask->token = token;
    return rv;
}

static apr_status_t find_digest(wfp_dbd_t *db, void *ask)
{
    static const wfp_sql_t find = { "tokens_find",
                                    COLUMNS "WHERE digest = %s" };

    return find_by(db, ask, &find);
}

static apr_status_t find_s3(wfp_dbd_t *db, void *ask)
{
    static const wfp_sql_t find = { "tokens_find_s3", COLUMNS
                                    "WHERE id = %s AND s3_sealed <> ''" };

    return find_by(db, ask, &find);
}

apr_status_t wfp_tokens_by_id(wfp_token_t **ptoken, wfp_dbd_t *db,
                              const char *id)
{
    static const wfp_sql_t find = { "tokens_by_id", COLUMNS "WHERE id = %s" };
    ask_t ask = { .key = id };
    apr_status_t rv = find_by(db, &ask, &find);

    *ptoken = ask.token;
    return rv;
}

/* What find says, unless it is over. */
static apr_status_t find_valid(wfp_token_t **ptoken, wfp_store_t *store,
                               const char *key, wfp_dbd_fn *find,
                               wfp_result_t *res, apr_pool_t *p)
{
    ask_t ask = { .key = key };
    apr_status_t rv = wfp_dbd_run(store, WFP_DBD_PLAIN, find, &ask, res, p);

    if (rv != APR_SUCCESS) {
        return rv;
    }
    if (!ask.token
        || (ask.token->expires && ask.token->expires <= apr_time_now())) {
        return wfp_result_set(res, WFP_NOT_FOUND, APR_NOTFOUND,
                              "the token is unknown or expired");
    }
    *ptoken = ask.token;
    return APR_SUCCESS;
}

apr_status_t wfp_tokens_verify(wfp_token_t **ptoken, wfp_store_t *store,
                               const char *secret, wfp_result_t *res,
                               apr_pool_t *p)
{
    return find_valid(ptoken, store,
                      wfp_crypto_sha256_hex(secret, strlen(secret), p),
                      find_digest, res, p);
}

apr_status_t wfp_tokens_s3(wfp_token_t **ptoken, wfp_store_t *store,
                           const char *id, wfp_result_t *res, apr_pool_t *p)
{
    return find_valid(ptoken, store, wfp_column_text(id, p), find_s3, res, p);
}

static apr_status_t find_id(wfp_dbd_t *db, void *baton)
{
    ask_t *ask = baton;

    return wfp_tokens_by_id(&ask->token, db, ask->key);
}

apr_status_t wfp_tokens_still(wfp_store_t *store, const char *id,
                              wfp_result_t *res, apr_pool_t *p)
{
    wfp_token_t *token;

    return find_valid(&token, store, id, find_id, res, p);
}

/* ---- another key ------------------------------------------------------------- */

typedef struct reseal_all_t {
    const wfp_reseal_t *reseal;
    wfp_tokens_reseal_t done;
} reseal_all_t;

static apr_status_t reseal_one(wfp_dbd_t *db, reseal_all_t *all, const char *id,
                               const char *sealed)
{
    static const wfp_sql_t update = {
        "tokens_reseal",
        "UPDATE tokens SET s3_sealed = %s WHERE id = %s AND s3_sealed = %s"
    };
    const wfp_sealed_t secret = { "", id, WFP_TOKENS_S3_KEY, sealed };
    const char *again = NULL;
    apr_status_t rv = all->reseal->fn(&again, all->reseal->baton, &secret, "",
                                      db->res, db->pool);

    all->done.seen++;
    if (rv != APR_SUCCESS || !again) {
        return rv;
    }
    all->done.changed++;
    return wfp_dbd_exec(NULL, db, &update, DBD_ARGS(again, id, sealed));
}

static apr_status_t reseal_all(wfp_dbd_t *db, void *baton)
{
    static const wfp_sql_t list = { "tokens_sealed",
                                    "SELECT id, s3_sealed FROM tokens "
                                    "WHERE s3_sealed <> '' ORDER BY id" };
    reseal_all_t *all = baton;
    apr_array_header_t *rows;
    int i;
    apr_status_t rv = wfp_dbd_rows(&rows, db, &list, 2, NULL);

    memset(&all->done, 0, sizeof(all->done)); /* it may run more than once */
    for (i = 0; rv == APR_SUCCESS && i < rows->nelts; i++) {
        const char **row = APR_ARRAY_IDX(rows, i, const char **);

        rv = reseal_one(db, all, row[0], row[1]);
    }
    return rv;
}

apr_status_t wfp_tokens_reseal(wfp_tokens_reseal_t *done, wfp_store_t *store,
                               const wfp_reseal_t *reseal, int only_look,
                               wfp_result_t *res, apr_pool_t *p)
{
    reseal_all_t all = { reseal, { 0, 0 } };
    apr_status_t rv = wfp_dbd_run(store,
                                  only_look ? WFP_DBD_PLAIN : WFP_DBD_WRITE,
                                  reseal_all, &all, res, p);

    if (rv == APR_SUCCESS) {
        *done = all.done;
    }
    return rv;
}
