/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Who may try a Worker, and how it is told what came of it. The sending is
 * mod_wfp's. docs/api/try.md
 */
#include "admin/api_try.h"

#include <apr_encode.h>
#include <apr_strings.h>
#include <string.h>
#include <strings.h>

#include "admin/api_auth.h"
#include "admin/api_worker.h"
#include "admin/try_ask.h"
#include "core/clock.h"
#include "core/utf8.h"
#include "store/versions.h"

/* A body of 1 MB as base64, or as text of which every byte is escaped. */
#define ASK_MAX ((apr_size_t)7 << 20)

/* Of the requests that WfpApiRate lets a token make, one in so many is a try. */
#define RATE_SHARE 10

/* ---- doors ----------------------------------------------------------------------- */

apr_status_t wfp_api_try_doors(wfp_api_call_t *call)
{
    apr_pool_t *p = call->pool;
    int limited = wfp_api_auth_is_limited(call->token);
    wfp_json_t *list = wfp_json_array(p), *doc = wfp_json_object(p);
    apr_array_header_t *doors;
    wfp_script_t *script;
    apr_status_t rv = wfp_api_worker_head(&script, NULL, call);
    int i;

    if (rv != APR_SUCCESS) {
        return rv;
    }
    doors = call->server->doors(call->server->baton, call->r, script->ns,
                                script->name);
    for (i = 0; i < doors->nelts; i++) {
        const wfp_door_t *door = &APR_ARRAY_IDX(doors, i, wfp_door_t);
        wfp_json_t *one = wfp_json_object(p);

        wfp_json_set_str(one, "url", door->url);
        wfp_json_set_str(one, "through",
                         door->dispatcher ? "dispatcher" : "route");
        /* an account Worker's name is the account's business */
        wfp_json_set_str(one, "dispatcher", limited ? NULL : door->dispatcher);
        wfp_json_set_str(one, "header", door->header);
        wfp_json_set_bool(one, "by_table", door->by_table);
        wfp_json_add(list, one);
    }
    wfp_json_set(doc, "doors", list);
    return wfp_api_answer_json(call, doc);
}

/* ---- what came of it ------------------------------------------------------------- */

/* The next line of a head; *at moves behind it. NULL: the head is over. */
static char *next_line(char **at, char *end)
{
    char *line = *at, *lf = memchr(line, '\n', (apr_size_t)(end - line));

    if (!lf) {
        *at = end;
        return NULL;
    }
    *at = lf + 1;
    *lf = '\0';
    if (lf > line && lf[-1] == '\r') {
        lf[-1] = '\0';
    }
    return *line ? line : NULL;
}

/* Bytes above 0x7f of a header are whatever the Worker sent. */
static void add_header(wfp_json_t *headers, char *line, apr_pool_t *p)
{
    char *colon = strchr(line, ':');
    wfp_json_t *pair = wfp_json_array(p);

    if (!colon) {
        return;
    }
    *colon = '\0';
    if (!strcasecmp(line, "Connection")) {
        return; /* of a connection that nobody has */
    }
    for (colon++; *colon == ' ' || *colon == '\t'; colon++) {
    }
    wfp_json_add_str(pair, line);
    wfp_json_add_str(pair, colon);
    wfp_json_add(headers, pair);
}

/* How many of n bytes are text; a character may be cut at the end of a body of
 * which not all was kept. -1: they are not. */
static apr_ssize_t text_size(const char *data, apr_size_t n, int cut)
{
    const char *end = data + n, *at = data;

    while (at < end) {
        apr_size_t size = *at ? wfp_utf8_size((const unsigned char *)at) : 0;

        if (!size || size > (apr_size_t)(end - at)) {
            return cut && end - at < 4 && *at ? at - data : -1;
        }
        at += size;
    }
    return (apr_ssize_t)n;
}

static void tell_body(wfp_json_t *doc, const wfp_try_t *ask, const char *data,
                      apr_size_t n, apr_pool_t *p)
{
    apr_off_t head = (apr_off_t)(data - ask->raw);
    apr_size_t kept = n < WFP_TRY_BODY_MAX ? n : WFP_TRY_BODY_MAX;
    int cut = ask->raw_total - head > (apr_off_t)kept;
    /* reading a character may look at the byte behind it */
    char *copy = apr_pstrmemdup(p, data, kept);
    apr_ssize_t text = text_size(copy, kept, cut);

    wfp_json_set_int(doc, "body_size", ask->raw_total - head);
    wfp_json_set_bool(doc, "truncated", cut);
    wfp_json_set_bool(doc, "broken", ask->broken);
    if (text >= 0) {
        wfp_json_set_bytes(doc, "body", copy, (apr_size_t)text);
        wfp_json_set_str(doc, "body_base64", NULL);
        return;
    }
    wfp_json_set_str(doc, "body", NULL);
    wfp_json_set_str(doc, "body_base64",
                     apr_pencode_base64_binary(p, (const unsigned char *)copy,
                                               (apr_ssize_t)kept,
                                               APR_ENCODE_NONE, NULL));
}

/* The response of raw; interim ones (1xx) before it are passed over. */
static wfp_json_t *tell_response(const wfp_try_t *ask, apr_pool_t *p)
{
    wfp_json_t *doc = wfp_json_object(p), *headers = wfp_json_array(p);
    char *at = apr_pstrmemdup(p, ask->raw, ask->raw_size), *line;
    char *begin = at, *end = at + ask->raw_size;
    int status;

    do {
        line = next_line(&at, end);
        if (!line || strlen(line) < 12) {
            return NULL;
        }
        status = (int)apr_atoi64(line + 9);
        while (status < 200 && next_line(&at, end)) {
        }
    } while (status < 200 && at < end);
    wfp_json_set_int(doc, "status", status);
    wfp_json_set_str(doc, "status_text", strlen(line) > 13 ? line + 13 : "");
    while ((line = next_line(&at, end))) {
        add_header(headers, line, p);
    }
    wfp_json_set(doc, "headers", headers);
    tell_body(doc, ask, ask->raw + (at - begin), (apr_size_t)(end - at), p);
    return doc;
}

static wfp_json_t *tell_records(const wfp_try_t *ask, wfp_api_call_t *call)
{
    wfp_json_t *list = wfp_json_array(call->pool);
    int i;

    for (i = 0; i < ask->records->nelts; i++) {
        const char *text = APR_ARRAY_IDX(ask->records, i, const char *);
        wfp_json_t *record;

        if (wfp_json_parse(&record, text, strlen(text), &call->res, call->pool)
            == APR_SUCCESS) {
            wfp_json_add(list, record);
        }
    }
    return list;
}

static apr_status_t tell(wfp_api_call_t *call, const wfp_try_t *ask)
{
    wfp_json_t *doc = wfp_json_object(call->pool);
    wfp_json_t *response = tell_response(ask, call->pool);

    wfp_json_set_str(doc, "request_id", ask->request_id);
    wfp_json_set_bool(doc, "reached", ask->reached);
    wfp_json_set_int(doc, "took_us", ask->took_us);
    wfp_json_set(doc, "response",
                 response ? response : wfp_json_null(call->pool));
    wfp_json_set(doc, "records", tell_records(ask, call));
    wfp_json_set_int(doc, "records_dropped", ask->dropped);
    return wfp_api_answer_json(call, doc);
}

static apr_status_t refuse(wfp_api_call_t *call, const wfp_try_t *ask)
{
    switch (ask->outcome) {
    case WFP_TRY_NO_DOOR:
        return wfp_api_answer_error(call, WFP_API_BAD_REQUEST,
                                    "no virtual host of this server serves "
                                    "Workers (WfpDispatcher, WfpNamespace)");
    case WFP_TRY_NO_WORKER:
        return wfp_api_answer_error(call, WFP_API_BAD_REQUEST,
                                    "url: what is there is not served by "
                                    "Workers (WfpDispatcher, WfpNamespace)");
    case WFP_TRY_PASSED:
        return wfp_api_answer_error(call, WFP_API_BAD_REQUEST,
                                    "the Worker let the request through "
                                    "(passThroughOnException): what is behind "
                                    "it is not shown here");
    case WFP_TRY_TLS:
        return wfp_api_answer_error(call, WFP_API_BAD_REQUEST,
                                    "url: TLS is spoken there: ask the API "
                                    "over TLS, too");
    case WFP_TRY_HEADER:
        return wfp_api_answer_error(call, WFP_API_BAD_REQUEST,
                                    "headers: %.80s is the server's to say",
                                    ask->why);
    default:
        return wfp_api_answer_error(call, WFP_API_INTERNAL, NULL);
    }
}

/* ---- sending --------------------------------------------------------------------- */

/* A try costs what a request to the Worker does. */
static apr_status_t count(wfp_api_call_t *call)
{
    const wfp_api_server_t *server = call->server;
    const char *who = apr_pstrcat(call->pool, "try ", call->token->id, NULL);
    apr_uint32_t most = server->rate_requests / RATE_SHARE;
    int wait = wfp_api_rate_count(server->rate, who, strlen(who),
                                  most ? most : 1, server->rate_window,
                                  wfp_clock_now());

    call->answer.retry_after_s = wait;
    return wait ? wfp_api_answer_error(call, WFP_API_RATE, NULL) : APR_SUCCESS;
}

static apr_status_t read_ask(wfp_try_t *ask, wfp_api_call_t *call)
{
    static const char *const known[] = { "method", "url",         "headers",
                                         "body",   "body_base64", "version_id",
                                         NULL };
    wfp_json_t *doc;
    apr_status_t rv = wfp_api_call_json_max(&doc, call, ASK_MAX);

    if (rv == APR_SUCCESS && !wfp_json_is_object(doc)) {
        return wfp_api_answer_error(call, WFP_API_BAD_REQUEST,
                                    "the body must be a JSON object");
    }
    if (rv == APR_SUCCESS) {
        rv = wfp_api_call_known(call, doc, known, 1);
    }
    if (rv != APR_SUCCESS) {
        return rv;
    }
    rv = wfp_try_ask_read(ask, doc, &call->res, call->pool);
    return rv == APR_SUCCESS ? rv
                             : wfp_api_answer_error(call, WFP_API_BAD_REQUEST,
                                                    "%s", call->res.message);
}

/* Is there such a version? What is not there is not asked of the registry. */
static apr_status_t check_version(const wfp_try_t *ask, wfp_api_call_t *call)
{
    wfp_script_t *script;
    apr_status_t rv;

    if (!ask->version_id) {
        return APR_SUCCESS;
    }
    rv = wfp_versions_get(&script, NULL, call->server->store, ask->ns,
                          ask->name, ask->version_id, &call->res, call->pool);
    return rv == APR_SUCCESS ? rv : wfp_api_worker_failed(call, rv);
}

/* What was sent, without what may be secret: query, headers, body. */
static apr_status_t note(const wfp_try_t *ask, wfp_api_call_t *call)
{
    apr_pool_t *p = call->pool;
    wfp_json_t *details = wfp_json_object(p);
    apr_size_t path = strcspn(ask->target, "?");

    wfp_json_set_str(details, "method", ask->method);
    wfp_json_set_str(details, "host", ask->host);
    wfp_json_set_bytes(details, "path", apr_pstrmemdup(p, ask->target, path),
                       path < 1024 ? path : 1024);
    if (ask->version_id) {
        wfp_json_set_str(details, "version_id", ask->version_id);
    }
    return wfp_audit_note(call->server->store, WFP_CHANGE_VERSION,
                          apr_pstrcat(p, ask->ns, "/", ask->name, NULL), "try",
                          wfp_json_text(details, p), wfp_api_call_actor(call),
                          &call->res, p);
}

apr_status_t wfp_api_try_send(wfp_api_call_t *call)
{
    wfp_try_t *ask = apr_pcalloc(call->pool, sizeof(*ask));
    wfp_script_t *script;
    apr_status_t rv = read_ask(ask, call);

    if (rv == APR_SUCCESS) {
        rv = wfp_api_worker_head(&script, NULL, call);
    }
    if (rv != APR_SUCCESS) {
        return rv;
    }
    ask->ns = script->ns;
    ask->name = script->name;
    ask->namespaces = wfp_api_auth_is_limited(call->token)
                          ? call->token->namespaces
                          : NULL;
    rv = check_version(ask, call);
    if (rv == APR_SUCCESS) {
        rv = count(call);
    }
    if (rv == APR_SUCCESS) {
        rv = note(ask, call);
    }
    if (rv != APR_SUCCESS) {
        return rv;
    }
    call->server->try_worker(call->server->baton, call->r, ask);
    return ask->outcome == WFP_TRY_DONE || ask->outcome == WFP_TRY_MALFORMED
               ? tell(call, ask)
               : refuse(call, ask);
}
