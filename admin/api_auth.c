/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Who asks. A secret is looked up by its digest: what is compared is no secret,
 * so the time that takes tells nothing. Secrets are never logged.
 */
#include "admin/api_auth.h"

#include <string.h>
#include <strings.h>

#include "admin/asset_token.h"
#include "admin/session_cookie.h"
#include "core/clock.h"
#include "store/sessions.h"

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
    if (rv != APR_SUCCESS && call->route->role == WFP_API_PUBLIC
        && call->res.code == WFP_STORE_UNAVAILABLE) {
        return APR_SUCCESS; /* it counts as nobody's */
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
                              wfp_clock_now());
}

apr_size_t wfp_api_auth_address_size(const apr_sockaddr_t *address)
{
    return address->family == APR_INET ? 4 : 8;
}

int wfp_api_auth_count_address(const wfp_api_server_t *server,
                               const request_rec *r)
{
    const apr_sockaddr_t *address = r->useragent_addr;

    return count(server, address->ipaddr_ptr,
                 wfp_api_auth_address_size(address),
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

apr_status_t wfp_api_auth_foreign(wfp_api_call_t *call)
{
    return wfp_api_answer_error(call, WFP_API_FORBIDDEN,
                                "Authentication error: another site's page, or "
                                "the page by another name, asks (Origin, "
                                "Sec-Fetch-Site)");
}

apr_status_t wfp_api_auth_token(wfp_api_call_t *call, const wfp_token_t *token)
{
    call->token = token;
    return is_one_too_many(call, wfp_api_auth_count_token(call->server, token));
}

apr_status_t wfp_api_auth_session(wfp_api_call_t *call)
{
    const char *secret = wfp_session_cookie_get(call->r);
    wfp_session_t *session;
    apr_status_t rv = APR_NOTFOUND;

    call->res.code = WFP_NOT_FOUND;
    if (secret) {
        rv = wfp_sessions_find(&session, call->server->store, secret,
                               &call->res, call->pool);
    }
    if (rv != APR_SUCCESS && call->res.code == WFP_NOT_FOUND) {
        return wfp_api_answer_error(call, WFP_API_AUTH,
                                    "Authentication error: nobody is signed "
                                    "in, or the session has ended");
    }
    if (rv != APR_SUCCESS) {
        return rv;
    }
    if (call->r->method_number != M_GET
        && !wfp_session_cookie_is_proved(call->r, secret)) {
        return wfp_api_answer_error(call, WFP_API_FORBIDDEN,
                                    "Authentication error: %s is missing or "
                                    "not this session's",
                                    WFP_SESSION_COOKIE_PROOF);
    }
    return wfp_api_auth_token(call, session->token);
}

static apr_status_t check_session(wfp_api_call_t *call)
{
    apr_status_t rv;

    if (!wfp_session_cookie_is_own(call->r)) {
        return wfp_api_auth_foreign(call);
    }
    if (call->route->role == WFP_API_PUBLIC
        && !wfp_session_cookie_get(call->r)) {
        return APR_SUCCESS;
    }
    rv = wfp_api_auth_session(call);
    return rv == APR_SUCCESS ? may(call) : rv;
}

/* By the headers that a program sends. */
static apr_status_t check_secret(wfp_api_call_t *call)
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
    if (rv == APR_SUCCESS && !call->token) {
        return APR_SUCCESS;
    }
    if (rv == APR_SUCCESS) {
        rv = wfp_api_auth_token(call, call->token);
    }
    return rv == APR_SUCCESS ? may(call) : rv;
}

apr_status_t wfp_api_auth_check(wfp_api_call_t *call)
{
    return call->by_session ? check_session(call) : check_secret(call);
}
