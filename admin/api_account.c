/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Routes about the caller and the one account of this server. There are no
 * users: a token stands for one.
 */
#include "admin/api_account.h"

#include <apr_strings.h>

#include "admin/api_auth.h"
#include "admin/api_call.h"
#include "admin/show.h"

#define PER_PAGE_MAX 100

apr_status_t wfp_api_account_verify(wfp_api_call_t *call)
{
    const wfp_token_t *token = call->token;
    wfp_json_t *doc = wfp_json_object(call->pool);

    wfp_json_set_str(doc, "id", token->id);
    wfp_json_set_str(doc, "status", "active");
    if (token->expires) {
        wfp_json_set_str(doc, "expires_on",
                         wfp_show_time(token->expires, call->pool));
    }
    wfp_api_answer_message(call, 10000, "This API Token is valid and active");
    /* Cloudflare's has it */
    wfp_json_set(wfp_json_at(call->answer.messages, 0, call->pool), "type",
                 wfp_json_null(call->pool));
    return wfp_api_answer_json(call, doc);
}

apr_status_t wfp_api_account_user(wfp_api_call_t *call)
{
    wfp_json_t *doc = wfp_json_object(call->pool);

    wfp_json_set_str(doc, "id", call->token->id);
    wfp_json_set_str(doc, "email",
                     apr_psprintf(call->pool, "%s@wfp.invalid",
                                  call->token->id));
    return wfp_api_answer_json(call, doc);
}

static apr_status_t account_id(const char **pid, wfp_api_call_t *call)
{
    apr_status_t rv = APR_SUCCESS;

    *pid = call->server->account;
    if (!*pid) {
        rv = wfp_store_setting(pid, call->server->store, "account_id",
                               &call->res, call->pool);
    }
    return rv;
}

static wfp_json_t *show_account(const char *id, wfp_api_call_t *call)
{
    wfp_json_t *doc = wfp_json_object(call->pool);

    wfp_json_set_str(doc, "id", id);
    wfp_json_set_str(doc, "name", "mod_wfp");
    wfp_json_set_str(doc, "type", "standard");
    return doc;
}

/* A page of a list of one. */
static apr_status_t answer_one(wfp_api_call_t *call, wfp_json_t *one)
{
    wfp_json_t *list = wfp_json_array(call->pool);
    wfp_api_page_t page;
    apr_status_t rv = wfp_api_call_page(&page, call, PER_PAGE_MAX);

    if (rv != APR_SUCCESS) {
        return rv;
    }
    if (!page.skip) {
        wfp_json_add(list, one);
    }
    return wfp_api_answer_page(call, list, &page, 1);
}

apr_status_t wfp_api_account_list(wfp_api_call_t *call)
{
    const char *id;
    apr_status_t rv = account_id(&id, call);

    return rv == APR_SUCCESS ? answer_one(call, show_account(id, call)) : rv;
}

apr_status_t wfp_api_account_get(wfp_api_call_t *call)
{
    return wfp_api_answer_json(call,
                               show_account(wfp_api_call_param(call, "account"),
                                            call));
}

apr_status_t wfp_api_account_memberships(wfp_api_call_t *call)
{
    wfp_json_t *doc = wfp_json_object(call->pool);
    wfp_json_t *roles = wfp_json_array(call->pool);
    const char *id;
    apr_status_t rv = account_id(&id, call);

    if (rv != APR_SUCCESS) {
        return rv;
    }
    wfp_json_add_str(roles, call->token->role);
    wfp_json_set_str(doc, "id", call->token->id);
    wfp_json_set_str(doc, "status", "accepted");
    wfp_json_set(doc, "account", show_account(id, call));
    wfp_json_set(doc, "roles", roles);
    return answer_one(call, doc);
}

apr_status_t wfp_api_account_unsupported(wfp_api_call_t *call)
{
    return wfp_api_answer_error(call, WFP_API_UNSUPPORTED,
                                "%s is not supported yet by this server",
                                call->path);
}
