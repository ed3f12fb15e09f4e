/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Live tails: who may have one, with which filters. What is sent to whom is
 * mod_wfp's, which takes the connection. docs/api/tails.md
 */
#include "admin/api_tails.h"

#include <apr_strings.h>
#include <http_core.h>
#include <http_protocol.h>
#include <string.h>

#include "admin/api_worker.h"
#include "admin/show.h"
#include "core/tail_filter.h"

/* How long a tail may be there, and how long one request's events last. */
#define LIFE        apr_time_from_sec(6 * 60 * 60)
#define EVENTS_LIFE apr_time_from_sec(60 * 60)

/* By which address the client of a filter "self" is known in records. */
static const char *own_address(const wfp_api_call_t *call)
{
    return call->r->useragent_ip;
}

static apr_status_t read_filters(const char **ptext, wfp_api_call_t *call,
                                 const wfp_json_t *arr)
{
    wfp_tail_filter_t *filter;
    apr_status_t rv = wfp_tail_filter_read(&filter, arr, own_address(call),
                                           &call->res, call->pool);

    if (rv != APR_SUCCESS) {
        return rv;
    }
    *ptext = wfp_tail_filter_text(filter, call->pool);
    if (strlen(*ptext) >= WFP_TAILS_FILTERS) {
        return wfp_result_set(&call->res, WFP_INVALID, APR_EINVAL,
                              "\"filters\" have more than %d bytes",
                              WFP_TAILS_FILTERS - 1);
    }
    return APR_SUCCESS;
}

/* It ends with its token. */
static apr_interval_time_t by_right_of(wfp_tails_entry_t *tail,
                                       apr_interval_time_t life,
                                       const wfp_token_t *token)
{
    apr_interval_time_t left;

    if (!token) {
        return life;
    }
    apr_cpystrn(tail->token, token->id, sizeof(tail->token));
    left = token->expires - apr_time_now();
    return token->expires && left < life ? left : life;
}

/* The token may have been revoked since this request came, which its client can
 * make long: whoever revoked it before the tail was there has not ended it. */
static apr_status_t ask_again(const wfp_tails_entry_t *tail,
                              wfp_api_call_t *call)
{
    apr_status_t rv = APR_SUCCESS;

    if (*tail->token) {
        rv = wfp_tokens_still(call->server->store, tail->token, &call->res,
                              call->pool);
    }
    if (rv == APR_SUCCESS) {
        return rv;
    }
    wfp_tails_leave(call->server->tails, tail, 1);
    return wfp_api_answer_result(call, rv, WFP_API_AUTH, WFP_API_INTERNAL);
}

/* A new tail of the call's Worker. On failure the error is in the answer, or in
 * call->res. */
static apr_status_t add(wfp_tails_entry_t *tail, wfp_api_call_t *call,
                        const wfp_json_t *filters, apr_interval_time_t life)
{
    wfp_script_t *script;
    const char *text;
    apr_status_t rv = wfp_api_worker_head(&script, NULL, call);

    if (rv == APR_SUCCESS) {
        rv = read_filters(&text, call, filters);
    }
    if (rv != APR_SUCCESS) {
        return rv;
    }
    memset(tail, 0, sizeof(*tail));
    apr_cpystrn(tail->ns, script->ns, sizeof(tail->ns));
    apr_cpystrn(tail->name, script->name, sizeof(tail->name));
    apr_cpystrn(tail->filters, text, sizeof(tail->filters));
    rv = wfp_tails_add(tail, by_right_of(tail, life, call->token),
                       call->server->tails);
    if (rv == APR_ENOSPC) {
        return wfp_api_answer_error(call, WFP_API_TAILS_FULL, NULL);
    }
    return rv == APR_SUCCESS
               ? ask_again(tail, call)
               : wfp_result_set(&call->res, WFP_INTERNAL, rv, NULL);
}

/* Where its WebSocket is: as this request came, with that scheme. */
static const char *url_of(wfp_api_call_t *call, const wfp_tails_entry_t *tail)
{
    const char *host = wfp_api_call_header(call, "Host");
    const char *uri = call->r->parsed_uri.path;
    const char *base = uri ? strstr(uri, call->path) : NULL;

    return apr_psprintf(call->pool,
                        "%s://%s%.*s/accounts/%s/workers/tail-sockets/%s",
                        !strcmp(ap_http_scheme(call->r), "https") ? "wss"
                                                                  : "ws",
                        host ? host : "localhost", base ? (int)(base - uri) : 0,
                        uri ? uri : "", wfp_api_call_param(call, "account"),
                        tail->secret);
}

static wfp_json_t *show(wfp_api_call_t *call, const wfp_tails_entry_t *tail)
{
    wfp_json_t *obj = wfp_json_object(call->pool);

    wfp_json_set_str(obj, "id", tail->id);
    wfp_json_set_str(obj, "url", url_of(call, tail));
    wfp_json_set_str(obj, "expires_at",
                     wfp_show_time(tail->expires, call->pool));
    return obj;
}

apr_status_t wfp_api_tails_add(wfp_api_call_t *call)
{
    static const char *const known[] = { "filters", NULL };
    wfp_tails_entry_t *tail = apr_palloc(call->pool, sizeof(*tail));
    wfp_json_t *doc;
    apr_status_t rv = wfp_api_call_json(&doc, call);

    if (rv == APR_SUCCESS && doc && !wfp_json_is_object(doc)) {
        return wfp_api_answer_error(call, WFP_API_BAD_REQUEST,
                                    "the body must be an object");
    }
    if (rv == APR_SUCCESS && doc) {
        rv = wfp_api_call_known(call, doc, known, 0);
    }
    if (rv == APR_SUCCESS) {
        rv = add(tail, call, wfp_json_get(doc, "filters", call->pool), LIFE);
    }
    return rv == APR_SUCCESS ? wfp_api_answer_json(call, show(call, tail)) : rv;
}

apr_status_t wfp_api_tails_list(wfp_api_call_t *call)
{
    wfp_tails_entry_t *list = apr_palloc(call->pool,
                                         WFP_TAILS_OF_WORKER * sizeof(*list));
    wfp_json_t *arr = wfp_json_array(call->pool);
    wfp_script_t *script;
    apr_status_t rv = wfp_api_worker_head(&script, NULL, call);
    int i, n;

    if (rv != APR_SUCCESS) {
        return rv;
    }
    n = wfp_tails_list(list, call->server->tails, script->ns, script->name);
    for (i = 0; i < n; i++) {
        wfp_json_add(arr, show(call, &list[i]));
    }
    return wfp_api_answer_json(call, arr);
}

apr_status_t wfp_api_tails_delete(wfp_api_call_t *call)
{
    apr_status_t rv = wfp_tails_end(call->server->tails, wfp_api_call_ns(call),
                                    wfp_api_worker_name(call),
                                    wfp_api_call_param(call, "tail"));

    if (rv == APR_NOTFOUND) {
        return wfp_api_answer_error(call, WFP_API_NO_TAIL, NULL);
    }
    return rv == APR_SUCCESS
               ? wfp_api_answer_json(call, NULL)
               : wfp_result_set(&call->res, WFP_INTERNAL, rv, NULL);
}

/* ---- those who listen --------------------------------------------------------- */

/* Hand the connection over; what became of it is in the answer. */
static apr_status_t serve(wfp_api_call_t *call, const wfp_tails_entry_t *tail,
                          int is_websocket)
{
    int rc = OK;
    apr_status_t rv;

    if (ap_request_has_body(call->r)) {
        return wfp_api_answer_error(call, WFP_API_BAD_REQUEST,
                                    "a tail takes no body");
    }
    rv = call->server->serve_tail(&rc, call->server->baton, call->r, tail,
                                  is_websocket);
    switch (rv) {
    case APR_SUCCESS:
        return wfp_api_answer_sent(call, rc);
    case APR_EINVAL:
        return wfp_api_answer_error(call, WFP_API_BAD_REQUEST,
                                    "this is for WebSockets (version 13) over "
                                    "HTTP/1.1");
    case APR_EBUSY:
        return wfp_api_answer_error(call, WFP_API_CONFLICT,
                                    "the tail is connected");
    case APR_NOTFOUND:
        return wfp_api_answer_error(call, WFP_API_NO_TAIL, NULL);
    default:
        return wfp_api_answer_error(call, WFP_API_TAILS_FULL, NULL);
    }
}

apr_status_t wfp_api_tails_events(wfp_api_call_t *call)
{
    wfp_tails_entry_t *tail = apr_palloc(call->pool, sizeof(*tail));
    const char *text = wfp_api_call_query(call, "filters");
    wfp_json_t *filters = NULL;
    wfp_script_t *script;
    apr_status_t rv = APR_SUCCESS;

    if (text) {
        rv = wfp_json_read(&filters, text, strlen(text), &call->res,
                           call->pool);
    }
    if (rv == APR_SUCCESS && call->r->header_only) {
        rv = wfp_api_worker_head(&script, NULL, call);
        return rv == APR_SUCCESS
                   ? wfp_api_answer_raw(call, "text/event-stream", "", 0)
                   : rv;
    }
    if (rv == APR_SUCCESS) {
        rv = add(tail, call, filters, EVENTS_LIFE);
    }
    if (rv != APR_SUCCESS) {
        return rv;
    }
    rv = serve(call, tail, 0);
    if (rv != APR_SUCCESS) {
        wfp_tails_leave(call->server->tails, tail, 1);
    }
    return rv;
}

apr_status_t wfp_api_tails_socket(wfp_api_call_t *call)
{
    wfp_tails_entry_t *tail = apr_palloc(call->pool, sizeof(*tail));
    apr_status_t rv = wfp_tails_find(tail, call->server->tails,
                                     wfp_api_call_param(call, "socket"));

    return rv == APR_SUCCESS
               ? serve(call, tail, 1)
               : wfp_api_answer_error(call, WFP_API_NO_TAIL, NULL);
}
