/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The story of a request to the API: path, route, account, token, handler,
 * answer. Called by mod_wfp/control.c.
 */
#include "admin/api.h"

#include <http_protocol.h>
#include <string.h>

#include "admin/api_auth.h"
#include "admin/api_call.h"

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
    const char *ours;
    apr_status_t rv;

    if (!asked) {
        return APR_SUCCESS;
    }
    rv = wfp_api_call_account(&ours, call);
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
        rv = wfp_api_call_read_query(call);
    }
    return rv == APR_SUCCESS ? call->route->fn(call) : rv;
}

static int handle(wfp_api_call_t *call)
{
    apr_status_t rv = run(call);

    if (rv != APR_SUCCESS && !call->answer.errors) {
        (void)wfp_api_answer_result(call, rv, WFP_API_NOT_FOUND,
                                    WFP_API_CONFLICT);
    }
    return wfp_api_answer_send(call);
}

int wfp_api_handle(request_rec *r, const char *path,
                   const wfp_api_server_t *server)
{
    return handle(wfp_api_call_make(r, wfp_api_route_path(path), server));
}

int wfp_api_handle_session(request_rec *r, const char *path,
                           const wfp_api_server_t *server)
{
    wfp_api_call_t *call = wfp_api_call_make(r, wfp_api_route_path(path),
                                             server);

    call->by_session = 1;
    return handle(call);
}
