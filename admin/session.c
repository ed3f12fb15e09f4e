/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The admin page's door to the server: signing in with an API token, and the
 * REST API for who did. The API itself never looks at cookies: only below the
 * page's Location they are worth something, and are sent.
 */
#include "admin/session.h"

#include <apr_strings.h>
#include <http_core.h>
#include <http_protocol.h>
#include <string.h>
#include <strings.h>

#include "admin/api_auth.h"
#include "admin/api_call.h"
#include "admin/session_cookie.h"
#include "admin/show.h"
#include "admin/sign_guard.h"
#include "core/clock.h"
#include "store/sessions.h"

#define BODY_MAX  4096
#define TOKEN_MAX 512

/* Whatever bytes an answer has, a browser runs none of them. */
static void protect(request_rec *r)
{
    apr_table_t *out = r->headers_out;

    apr_table_setn(out, "Content-Security-Policy",
                   "sandbox; default-src 'none'; frame-ancestors 'none'");
    apr_table_setn(out, "X-Frame-Options", "DENY");
    apr_table_setn(out, "Cross-Origin-Resource-Policy", "same-origin");
    apr_table_setn(out, "Referrer-Policy", "no-referrer");
}

static apr_status_t show(wfp_api_call_t *call, const char *base,
                         const wfp_session_t *session, const char *secret)
{
    wfp_json_t *doc = wfp_json_object(call->pool);
    wfp_json_t *token;
    const char *account;
    apr_status_t rv = wfp_api_call_account(&account, call);

    if (rv != APR_SUCCESS) {
        return rv;
    }
    token = wfp_show_token(session->token, call->pool);
    wfp_json_set(doc, "token", token);
    wfp_json_set_str(doc, "name", session->token->name);
    wfp_json_set_str(doc, "role", session->token->role);
    wfp_json_set(doc, "namespaces",
                 wfp_json_get(token, "namespaces", call->pool));
    wfp_json_set_str(doc, "account", account);
    wfp_json_set_str(doc, "csrf", wfp_session_cookie_proof(secret, call->pool));
    wfp_json_set_str(doc, "api",
                     apr_pstrcat(call->pool, base, "/" WFP_SESSION_API, NULL));
    wfp_json_set_str(doc, "created_on",
                     wfp_show_time(session->created, call->pool));
    wfp_json_set_str(doc, "expires_on",
                     wfp_show_time(session->expires, call->pool));
    return wfp_api_answer_json(call, doc);
}

/* Who is signed in: null when nobody is, which is no error. */
static apr_status_t who(wfp_api_call_t *call, const char *base)
{
    const char *secret = wfp_session_cookie_get(call->r);
    wfp_session_t *session;
    apr_status_t rv;

    if (!secret) {
        return wfp_api_answer_json(call, NULL);
    }
    rv = wfp_sessions_find(&session, call->server->store, secret, &call->res,
                           call->pool);
    if (rv != APR_SUCCESS && call->res.code == WFP_NOT_FOUND) {
        wfp_session_cookie_set(call->r, base, "", 0);
        return wfp_api_answer_json(call, NULL);
    }
    return rv == APR_SUCCESS ? show(call, base, session, secret) : rv;
}

static apr_status_t read_token(const char **ptoken, wfp_api_call_t *call)
{
    static const char *const known[] = { "token", NULL };
    wfp_json_t *doc;
    apr_status_t rv = wfp_api_call_json_max(&doc, call, BODY_MAX);

    if (rv != APR_SUCCESS) {
        return rv;
    }
    *ptoken = wfp_json_str(wfp_json_get(doc, "token", call->pool));
    if (!*ptoken || !**ptoken || strlen(*ptoken) > TOKEN_MAX) {
        return wfp_api_answer_error(call, WFP_API_BAD_REQUEST,
                                    "token: an API token");
    }
    return wfp_api_call_known(call, doc, known, 1);
}

/* The token that is shown, unless this address has shown too many wrong ones. */
static apr_status_t check_token(wfp_token_t **ptoken, wfp_api_call_t *call)
{
    wfp_sign_guard_t *guard = call->server->guard;
    const apr_sockaddr_t *from = call->r->useragent_addr;
    apr_size_t n = wfp_api_auth_address_size(from);
    int wait = wfp_sign_guard_try(guard, from->ipaddr_ptr, n, wfp_clock_now());
    const char *secret;
    apr_status_t rv;

    if (wait) {
        call->answer.retry_after_s = wait;
        return wfp_api_answer_error(call, WFP_API_RATE,
                                    "Too many wrong tokens from this address: "
                                    "try again in %d s",
                                    wait);
    }
    rv = read_token(&secret, call);
    if (rv == APR_SUCCESS) {
        rv = wfp_tokens_verify(ptoken, call->server->store, secret, &call->res,
                               call->pool);
        if (rv != APR_SUCCESS && call->res.code == WFP_NOT_FOUND) {
            return wfp_api_answer_error(call, WFP_API_TOKEN_INVALID,
                                        "This token is not known here, or it "
                                        "has expired");
        }
    }
    wfp_sign_guard_forgive(guard, from->ipaddr_ptr, n, wfp_clock_now());
    return rv;
}

/* A browser has one session: the one before, if there is one, ends. */
static apr_status_t leave_old(wfp_api_call_t *call)
{
    const char *secret = wfp_session_cookie_get(call->r);
    apr_status_t rv = APR_SUCCESS;

    if (secret) {
        rv = wfp_sessions_end(call->server->store, secret,
                              wfp_api_call_actor(call), &call->res, call->pool);
    }
    return rv != APR_SUCCESS && call->res.code == WFP_NOT_FOUND ? APR_SUCCESS
                                                                : rv;
}

static apr_status_t sign_in(wfp_api_call_t *call, const char *base)
{
    const char *type = wfp_api_call_header(call, "Content-Type");
    wfp_session_t session;
    wfp_token_t *token;
    const char *secret;
    apr_status_t rv;

    /* no form of another site can send it without asking first */
    if (!type || strncasecmp(type, "application/json", 16)) {
        return wfp_api_answer_error(call, WFP_API_CONTENT_TYPE,
                                    "Content-Type: application/json is needed");
    }
    rv = check_token(&token, call);
    if (rv == APR_SUCCESS) {
        rv = wfp_api_auth_token(call, token);
    }
    if (rv == APR_SUCCESS) {
        rv = leave_old(call);
    }
    if (rv != APR_SUCCESS) {
        return rv;
    }
    session.token = token;
    rv = wfp_sessions_create(&secret, call->server->store, &session,
                             call->server->session_time,
                             wfp_api_call_actor(call), &call->res, call->pool);
    if (rv != APR_SUCCESS) {
        return wfp_api_answer_result(call, rv, WFP_API_TOKEN_INVALID,
                                     WFP_API_INTERNAL);
    }
    wfp_session_cookie_set(call->r, base, secret,
                           apr_time_sec(session.expires - session.created));
    return show(call, base, &session, secret);
}

static apr_status_t sign_out(wfp_api_call_t *call, const char *base)
{
    apr_status_t rv = wfp_api_auth_session(call);

    if (rv == APR_SUCCESS) {
        rv = wfp_sessions_end(call->server->store,
                              wfp_session_cookie_get(call->r),
                              wfp_api_call_actor(call), &call->res, call->pool);
    }
    if (rv != APR_SUCCESS) {
        return rv;
    }
    wfp_session_cookie_set(call->r, base, "", 0);
    return wfp_api_answer_json(call, NULL);
}

static apr_status_t run(wfp_api_call_t *call, const char *base)
{
    const char *method = call->r->method;
    apr_status_t rv = wfp_api_auth_address(call);

    if (rv != APR_SUCCESS) {
        return rv;
    }
    if (!wfp_session_cookie_is_own(call->r)) {
        return wfp_api_auth_foreign(call);
    }
    if (!call->server->store) {
        return wfp_api_answer_error(call, WFP_API_STORE_DOWN, NULL);
    }
    if (!strcmp(method, "POST")) {
        return sign_in(call, base);
    }
    if (!strcmp(method, "DELETE")) {
        return sign_out(call, base);
    }
    if (call->r->method_number == M_GET) {
        return who(call, base);
    }
    apr_table_setn(call->r->headers_out, "Allow", "GET, HEAD, POST, DELETE");
    return wfp_api_answer_error(call, WFP_API_METHOD, NULL);
}

static int handle_own(request_rec *r, const char *base,
                      const wfp_api_server_t *server)
{
    wfp_api_call_t *call = wfp_api_call_make(r, "/" WFP_SESSION_PATH, server);
    apr_status_t rv;

    call->by_session = 1;
    rv = run(call, base);
    if (rv != APR_SUCCESS && !call->answer.errors) {
        (void)wfp_api_answer_result(call, rv, WFP_API_NOT_FOUND,
                                    WFP_API_CONFLICT);
    }
    return wfp_api_answer_send(call);
}

int wfp_session_handle(request_rec *r, const char *base, const char *path,
                       const wfp_api_server_t *server)
{
    static const char api[] = WFP_SESSION_API "/";

    if (!strcmp(path, WFP_SESSION_PATH)) {
        protect(r);
        return handle_own(r, base, server);
    }
    if (!strncmp(path, api, sizeof(api) - 1)) {
        protect(r);
        return wfp_api_handle_session(r, apr_pstrcat(r->pool, "/", path, NULL),
                                      server);
    }
    return DECLINED;
}
