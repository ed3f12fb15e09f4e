/* SPDX-License-Identifier: Apache-2.0 */
/* API tokens. A secret is in the answer that made it, and nowhere else. */
#include "admin/api_tokens.h"

#include <string.h>

#include "admin/api_call.h"
#include "admin/seal.h"
#include "admin/show.h"
#include "core/name.h"

#define NAME_MAX_BYTES 120
#define NAMES_MAX      100
#define PER_PAGE_MAX   1000

static apr_status_t bad(wfp_api_call_t *call, const char *text)
{
    return wfp_api_answer_error(call, WFP_API_BAD_REQUEST, "%s", text);
}

/* ?bucket=: the S3 keys that reach it. */
apr_status_t wfp_api_tokens_list(wfp_api_call_t *call)
{
    wfp_json_t *doc = wfp_json_array(call->pool);
    wfp_tokens_ask_t ask = { .bucket = wfp_api_call_query(call, "bucket") };
    apr_array_header_t *list;
    wfp_api_page_t page;
    apr_int64_t total;
    int i, is_paged;
    apr_status_t rv = wfp_api_call_list_all(&is_paged, &ask.which, &page, call,
                                            PER_PAGE_MAX);

    if (rv == APR_SUCCESS) {
        rv = wfp_api_call_direction(&ask.is_down, call);
    }
    if (rv == APR_SUCCESS) {
        rv = wfp_tokens_page(&list, &total, call->server->store, &ask,
                             &call->res, call->pool);
    }
    for (i = 0; rv == APR_SUCCESS && i < list->nelts; i++) {
        wfp_json_add(doc, wfp_show_token(APR_ARRAY_IDX(list, i, wfp_token_t *),
                                         call->pool));
    }
    if (rv != APR_SUCCESS) {
        return rv;
    }
    return is_paged ? wfp_api_answer_page(call, doc, &page, total)
                    : wfp_api_answer_json(call, doc);
}

/* An array of names that the token is limited to. */
static apr_status_t read_names(apr_array_header_t **pnames,
                               wfp_api_call_t *call, const wfp_json_t *doc,
                               const char *member)
{
    const wfp_json_t *list = wfp_json_get(doc, member, call->pool);
    apr_size_t i;

    *pnames = apr_array_make(call->pool, 2, sizeof(const char *));
    if (list && (!wfp_json_is_array(list) || wfp_json_size(list) > NAMES_MAX)) {
        return wfp_api_answer_error(call, WFP_API_BAD_REQUEST,
                                    "%s: an array of at most %d names", member,
                                    NAMES_MAX);
    }
    for (i = 0; i < wfp_json_size(list); i++) {
        const char *name = wfp_json_str(wfp_json_at(list, i, call->pool));

        if (!name || !wfp_name_is_valid(name, strlen(name))) {
            return wfp_api_answer_error(call, WFP_API_BAD_REQUEST,
                                        "%s: an array of names", member);
        }
        APR_ARRAY_PUSH(*pnames, const char *) = name;
    }
    return APR_SUCCESS;
}

/* Shall it be an S3 key, and for which buckets? */
static apr_status_t read_s3(int *ps3, wfp_token_t *token, wfp_api_call_t *call,
                            const wfp_json_t *doc)
{
    const wfp_json_t *v = wfp_json_get(doc, "s3", call->pool);
    apr_status_t rv = read_names(&token->buckets, call, doc, "buckets");

    *ps3 = wfp_json_is_true(v);
    if (rv != APR_SUCCESS) {
        return rv;
    }
    if (v && !wfp_json_is_null(v) && !wfp_json_is_bool(v)) {
        return bad(call, "s3: true or false");
    }
    if (token->buckets->nelts && !*ps3) {
        return bad(call, "buckets: those of an S3 key, \"s3\": true");
    }
    if (*ps3 && token->namespaces->nelts && !token->buckets->nelts) {
        return bad(call, "s3: a token that is limited to namespaces needs "
                         "buckets");
    }
    return rv;
}

static apr_status_t read_expiry(wfp_token_t *token, wfp_api_call_t *call,
                                const wfp_json_t *v)
{
    const char *text = wfp_json_str(v);

    if (!v || wfp_json_is_null(v)) {
        return APR_SUCCESS;
    }
    if (!text || !wfp_show_read_time(&token->expires, text)) {
        return bad(call, "expires_on: a time like 2026-12-31T23:59:59Z");
    }
    if (token->expires <= apr_time_now()) {
        return bad(call, "expires_on: a time that is to come");
    }
    return APR_SUCCESS;
}

static apr_status_t read_token(int *ps3, wfp_token_t *token,
                               wfp_api_call_t *call, const wfp_json_t *doc)
{
    apr_pool_t *p = call->pool;
    static const char *const members[] = { "name",       "role", "namespaces",
                                           "expires_on", "s3",   "buckets",
                                           NULL };
    const wfp_json_t *role = wfp_json_get(doc, "role", p);
    apr_status_t rv = wfp_api_call_known(call, doc, members, 1);

    if (rv != APR_SUCCESS) {
        return rv; /* a limit that is misspelt is none */
    }
    token->name = wfp_json_str(wfp_json_get(doc, "name", p));
    token->role = wfp_json_str(role);
    if (!token->name || strlen(token->name) > NAME_MAX_BYTES) {
        return bad(call, "name: a text of at most 120 bytes is needed");
    }
    if (!token->role) {
        return bad(call, "role: admin, deploy or read is needed");
    }
    rv = read_names(&token->namespaces, call, doc, "namespaces");
    if (rv == APR_SUCCESS) {
        rv = read_s3(ps3, token, call, doc);
    }
    return rv == APR_SUCCESS
               ? read_expiry(token, call, wfp_json_get(doc, "expires_on", p))
               : rv;
}

apr_status_t wfp_api_tokens_create(wfp_api_call_t *call)
{
    wfp_token_t token = { 0 };
    const char *secret, *s3_secret = NULL;
    wfp_json_t *doc;
    int s3 = 0;
    apr_status_t rv = wfp_api_call_object(&doc, call);

    if (rv == APR_SUCCESS) {
        rv = read_token(&s3, &token, call, doc);
    }
    if (rv == APR_SUCCESS && s3) {
        rv = wfp_seal_s3_key(&s3_secret, &token, call->server->keys, &call->res,
                             call->pool);
    }
    if (rv == APR_SUCCESS) {
        rv = wfp_tokens_create(&secret, call->server->store, &token,
                               wfp_api_call_actor(call), &call->res,
                               call->pool);
    }
    if (rv != APR_SUCCESS) {
        return rv;
    }
    doc = wfp_show_token(&token, call->pool);
    wfp_json_set_str(doc, "status", "active");
    wfp_json_set_str(doc, "value", secret);
    if (s3) {
        wfp_json_set_str(doc, "access_key_id", token.id);
        wfp_json_set_str(doc, "secret_access_key", s3_secret);
    }
    return wfp_api_answer_json(call, doc);
}

apr_status_t wfp_api_tokens_revoke(wfp_api_call_t *call)
{
    const char *id = wfp_api_call_param(call, "token");
    wfp_json_t *doc = wfp_json_object(call->pool);
    apr_status_t rv = wfp_tokens_revoke(call->server->store, id,
                                        wfp_api_call_actor(call), &call->res,
                                        call->pool);

    if (rv != APR_SUCCESS) {
        return wfp_api_answer_result(call, rv, WFP_API_NO_TOKEN,
                                     WFP_API_CONFLICT);
    }
    /* others hear of it by `changes`, and so does this one if need be */
    (void)wfp_tails_end_token(call->server->tails, id);
    wfp_json_set_str(doc, "id", id);
    return wfp_api_answer_json(call, doc);
}
