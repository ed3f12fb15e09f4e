/* SPDX-License-Identifier: Apache-2.0 */
/* API tokens. A secret is in the answer that made it, and nowhere else. */
#include "admin/api_tokens.h"

#include <string.h>

#include "admin/api_call.h"
#include "admin/show.h"
#include "core/name.h"

#define NAME_MAX_BYTES 120
#define NAMESPACES_MAX 100

static apr_status_t bad(wfp_api_call_t *call, const char *text)
{
    return wfp_api_answer_error(call, WFP_API_BAD_REQUEST, "%s", text);
}

apr_status_t wfp_api_tokens_list(wfp_api_call_t *call)
{
    wfp_json_t *doc = wfp_json_array(call->pool);
    apr_array_header_t *list;
    int i;
    apr_status_t rv = wfp_tokens_list(&list, call->server->store, &call->res,
                                      call->pool);

    for (i = 0; rv == APR_SUCCESS && i < list->nelts; i++) {
        wfp_json_add(doc, wfp_show_token(APR_ARRAY_IDX(list, i, wfp_token_t *),
                                         call->pool));
    }
    return rv == APR_SUCCESS ? wfp_api_answer_json(call, doc) : rv;
}

static apr_status_t read_namespaces(wfp_token_t *token, wfp_api_call_t *call,
                                    const wfp_json_t *list)
{
    apr_size_t i;

    token->namespaces = apr_array_make(call->pool, 2, sizeof(const char *));
    if (list
        && (!wfp_json_is_array(list) || wfp_json_size(list) > NAMESPACES_MAX)) {
        return bad(call, "namespaces: an array of at most 100 names");
    }
    for (i = 0; i < wfp_json_size(list); i++) {
        const char *name = wfp_json_str(wfp_json_at(list, i, call->pool));

        if (!name || !wfp_name_is_valid(name, strlen(name))) {
            return bad(call, "namespaces: an array of names");
        }
        APR_ARRAY_PUSH(token->namespaces, const char *) = name;
    }
    return APR_SUCCESS;
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

static apr_status_t read_token(wfp_token_t *token, wfp_api_call_t *call,
                               const wfp_json_t *doc)
{
    apr_pool_t *p = call->pool;
    static const char *const members[] = { "name", "role", "namespaces",
                                           "expires_on", NULL };
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
    rv = read_namespaces(token, call, wfp_json_get(doc, "namespaces", p));
    return rv == APR_SUCCESS
               ? read_expiry(token, call, wfp_json_get(doc, "expires_on", p))
               : rv;
}

apr_status_t wfp_api_tokens_create(wfp_api_call_t *call)
{
    wfp_token_t token = { 0 };
    const char *secret;
    wfp_json_t *doc;
    apr_status_t rv = wfp_api_call_object(&doc, call);

    if (rv == APR_SUCCESS) {
        rv = read_token(&token, call, doc);
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
    wfp_json_set_str(doc, "id", id);
    return wfp_api_answer_json(call, doc);
}
