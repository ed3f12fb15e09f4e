/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Who asks. A secret is looked up by its digest: what is compared is no secret,
 * so the time that takes tells nothing. Secrets are never logged.
 */
#include "admin/api_auth.h"

#include <string.h>
#include <strings.h>

#include "admin/asset_token.h"

#define TOKEN_MAX      512
#define ADDRESS_FACTOR 10

/* The secret of the headers; NULL: none. */
static const char *secret_of(const wfp_api_call_t *call)
{
    const char *header = wfp_api_call_header(call, "Authorization");
    const char *secret = NULL;

    if (header && !strncasecmp(header, "Bearer ", 7)) {
        secret = header + 7 + strspn(header + 7, " ");
    }
    else if (wfp_api_call_header(call, "X-Auth-Email")) {
        secret = wfp_api_call_header(call, "X-Auth-Key");
    }
    return secret && *secret ? secret : NULL;
}

wfp_api_role_e wfp_api_auth_role(const wfp_token_t *token)
{
    if (!strcmp(token->role, "admin")) {
        return WFP_API_ADMIN;
    }
    return strcmp(token->role, "deploy") ? WFP_API_READ : WFP_API_DEPLOY;
}

static apr_status_t find_token(wfp_api_call_t *call, const char *secret)
{
    int verifies = strstr(call->route->pattern, "/tokens/verify") != NULL;
    wfp_token_t *token;
    apr_status_t rv = APR_NOTFOUND;

    call->res.code = WFP_NOT_FOUND;
    if (strlen(secret) <= TOKEN_MAX) {
        rv = wfp_tokens_verify(&token, call->server->store, secret, &call->res,
                               call->pool);
    }
    if (rv != APR_SUCCESS) {
        return wfp_api_answer_result(call, rv,
                                     verifies ? WFP_API_TOKEN_INVALID
                                              : WFP_API_AUTH,
                                     WFP_API_INTERNAL);
    }
    call->token = token;
    return rv;
}

static apr_status_t may(wfp_api_call_t *call)
{
    const wfp_api_route_t *route = call->route;

    if (wfp_api_auth_role(call->token) < route->role) {
        return wfp_api_answer_error(call, WFP_API_FORBIDDEN,
                                    "Authentication error: the token's role "
                                    "'%s' may not do this",
                                    call->token->role);
    }
    if (!wfp_api_auth_is_limited(call->token)
        || route->reach == WFP_API_ANY_TOKEN
        || (route->reach == WFP_API_BY_NAMESPACE
            && wfp_api_call_sees(call, wfp_api_call_ns(call)))) {
        return APR_SUCCESS;
    }
    return wfp_api_answer_error(call, WFP_API_FORBIDDEN,
                                "Authentication error: the token is limited "
                                "to other namespaces");
}

int wfp_api_auth_is_limited(const wfp_token_t *token)
{
    return token->namespaces->nelts || token->buckets->nelts;
}

static int count(const wfp_api_server_t *server, const void *who, apr_size_t n,
                 apr_uint32_t most)
{
    return wfp_api_rate_count(server->rate, who, n, most, server->rate_window,
                              apr_time_now());
}

int wfp_api_auth_count_address(const wfp_api_server_t *server,
                               const request_rec *r)
{
    const apr_sockaddr_t *address = r->useragent_addr;

    return count(server, address->ipaddr_ptr,
                 address->family == APR_INET ? 4 : 8,
                 server->rate_requests * ADDRESS_FACTOR);
}

int wfp_api_auth_count_token(const wfp_api_server_t *server,
                             const wfp_token_t *token)
{
    return count(server, token->id, strlen(token->id), server->rate_requests);
}

static apr_status_t is_one_too_many(wfp_api_call_t *call, int wait_s)
{
    call->answer.retry_after_s = wait_s;
    return wait_s ? wfp_api_answer_error(call, WFP_API_RATE, NULL)
                  : APR_SUCCESS;
}

apr_status_t wfp_api_auth_address(wfp_api_call_t *call)
{
    return is_one_too_many(call,
                           wfp_api_auth_count_address(call->server, call->r));
}

apr_status_t wfp_api_auth_check(wfp_api_call_t *call)
{
    const char *secret = secret_of(call);
    apr_status_t rv;

    if (call->route->role == WFP_API_PUBLIC
        && (!secret || wfp_asset_token_is(secret))) {
        return APR_SUCCESS; /* the route looks at it itself */
    }
    if (!secret) {
        return wfp_api_answer_error(call, WFP_API_AUTH_MISSING, NULL);
    }
    rv = find_token(call, secret);
    if (rv == APR_SUCCESS) {
        rv = is_one_too_many(call, wfp_api_auth_count_token(call->server,
                                                            call->token));
    }
    return rv == APR_SUCCESS ? may(call) : rv;
}
