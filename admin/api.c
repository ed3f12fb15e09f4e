/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The story of a request to the API: path, route, account, token, handler,
 * answer. Called by mod_wfp/control.c.
 */
#include "admin/api.h"

#include <apr_strings.h>
#include <http_protocol.h>
#include <string.h>

#include "admin/api_auth.h"
#include "admin/api_call.h"

#define BASE      "/client/v4"
#define QUERY_MAX 64

/* Does a path begin with these segments? */
static int begins(const char *path, const char *root)
{
    apr_size_t n = strlen(root);

    return !strncmp(path, root, n) && (path[n] == '/' || !path[n]);
}

/* What is behind the prefix, which is free: it ends at the base path that
 * clients have, or before the first segment that the API has. */
static const char *path_of(const request_rec *r)
{
    static const char *const roots[] = { "/accounts", "/user", "/memberships",
                                         "/openapi.json" };
    const char *path = r->parsed_uri.path ? r->parsed_uri.path : "";
    const char *at;
    apr_size_t i;

    for (at = strchr(path, '/'); at; at = strchr(at + 1, '/')) {
        if (begins(at, BASE)) {
            return at + sizeof(BASE) - 1;
        }
        for (i = 0; i < sizeof(roots) / sizeof(roots[0]); i++) {
            if (begins(at, roots[i])) {
                return at;
            }
        }
    }
    return path;
}

static apr_status_t read_query(wfp_api_call_t *call)
{
    const char *at = call->r->args ? call->r->args : "";
    apr_pool_t *p = call->pool;
    int count;

    for (count = 0; *at; count++) {
        apr_size_t n = strcspn(at, "&");
        apr_size_t eq = strcspn(at, "=&");
        const char *name = wfp_api_route_decode(at, eq, 1, p);
        const char *value = eq < n ? wfp_api_route_decode(at + eq + 1,
                                                          n - eq - 1, 1, p)
                                   : "";

        if (!name || !value || count >= QUERY_MAX) {
            return wfp_api_answer_error(call, WFP_API_BAD_REQUEST,
                                        "the query is badly encoded, or has "
                                        "more than %d parameters",
                                        QUERY_MAX);
        }
        apr_table_setn(call->query, name, value);
        at += n + (at[n] == '&');
    }
    return APR_SUCCESS;
}

static apr_status_t find_route(wfp_api_call_t *call)
{
    const char *method = call->r->method;
    const char *allow;

    if (!strcmp(method, "HEAD")) {
        method = "GET";
    }
    wfp_api_route_find(&call->route, &allow, call->params, method, call->path,
                       call->pool);
    if (call->route) {
        return APR_SUCCESS;
    }
    if (allow) {
        apr_table_setn(call->r->headers_out, "Allow", allow);
        return wfp_api_answer_error(call, WFP_API_METHOD, NULL);
    }
    return wfp_api_answer_error(call, WFP_API_ROUTE,
                                "Could not route to %.200s, perhaps your "
                                "object identifier is invalid?",
                                call->path);
}

/* Is the account of the path ours? After the token, so that nobody can try. */
static apr_status_t check_account(wfp_api_call_t *call)
{
    const char *asked = wfp_api_call_param(call, "account");
    const char *ours = call->server->account;
    apr_status_t rv = APR_SUCCESS;

    if (!asked) {
        return rv;
    }
    if (!ours) {
        rv = wfp_store_setting(&ours, call->server->store, "account_id",
                               &call->res, call->pool);
    }
    if (rv == APR_SUCCESS && (!ours || strcmp(asked, ours))) {
        return wfp_api_answer_error(call, WFP_API_ROUTE,
                                    "Could not route to %.200s, perhaps your "
                                    "object identifier is invalid?",
                                    call->path);
    }
    return rv;
}

static apr_status_t run(wfp_api_call_t *call)
{
    apr_status_t rv = wfp_api_auth_address(call);

    if (rv == APR_SUCCESS) {
        rv = find_route(call);
    }
    if (rv == APR_SUCCESS && !call->server->store) {
        return wfp_api_answer_error(call, WFP_API_STORE_DOWN, NULL);
    }
    if (rv == APR_SUCCESS) {
        rv = wfp_api_auth_check(call);
    }
    if (rv == APR_SUCCESS && call->route->role != WFP_API_PUBLIC) {
        rv = check_account(call);
    }
    if (rv == APR_SUCCESS) {
        rv = read_query(call);
    }
    return rv == APR_SUCCESS ? call->route->fn(call) : rv;
}

int wfp_api_handle(request_rec *r, const wfp_api_server_t *server)
{
    wfp_api_call_t *call = apr_pcalloc(r->pool, sizeof(*call));
    apr_status_t rv;

    call->pool = r->pool;
    call->r = r;
    call->server = server;
    call->path = path_of(r);
    call->params = apr_table_make(r->pool, 4);
    call->query = apr_table_make(r->pool, 4);
    wfp_result_init(&call->res, r->pool);
    rv = run(call);
    if (rv != APR_SUCCESS && !call->answer.errors) {
        (void)wfp_api_answer_result(call, rv, WFP_API_NOT_FOUND,
                                    WFP_API_CONFLICT);
    }
    return wfp_api_answer_send(call);
}
