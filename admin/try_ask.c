/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What is to be sent to try a Worker, checked: it becomes lines of HTTP, so nothing
 * may end one, and nobody says what only connections and proxies may.
 */
#include "admin/try_ask.h"

#include <apr_base64.h>
#include <apr_strings.h>
#include <string.h>
#include <strings.h>

#include "core/url.h"

#define HEADERS_MAX 64
#define HEADER_ROOM ((apr_size_t)32 * 1024)
#define TARGET_MAX  ((apr_size_t)7 * 1024) /* LimitRequestLine has 8190 */
#define METHOD_MAX  20

static apr_status_t refuse(wfp_result_t *res, const char *why)
{
    return wfp_result_set(res, WFP_INVALID, APR_EINVAL, "%s", why);
}

/* ---- method and URL -------------------------------------------------------------- */

static apr_status_t read_method(wfp_try_t *ask, const wfp_json_t *v,
                                wfp_result_t *res, apr_pool_t *p)
{
    const char *text = v ? wfp_json_str(v) : "GET";

    if (!text || strlen(text) > METHOD_MAX
        || !wfp_headers_is_name(text, strlen(text))) {
        return refuse(res, "method: a name of an HTTP method");
    }
    if (!strcasecmp(text, "CONNECT") || !strcasecmp(text, "TRACE")) {
        return refuse(res, "method: CONNECT and TRACE are not for Workers");
    }
    ask->method = apr_pstrdup(p, text);
    return APR_SUCCESS;
}

static int is_visible(const char *s)
{
    for (; *s; s++) {
        if (*s <= ' ' || *s >= 0x7f) {
            return 0;
        }
    }
    return 1;
}

static apr_status_t read_url(wfp_try_t *ask, const wfp_json_t *v,
                             wfp_result_t *res, apr_pool_t *p)
{
    const char *text = v ? wfp_json_str(v) : NULL;
    wfp_url_t url;

    if (!text) {
        return refuse(res, "url: an absolute URL is needed");
    }
    if (wfp_url_parse(&url, text, NULL, res, p) != APR_SUCCESS
        || (strcmp(url.scheme, "http") && strcmp(url.scheme, "https"))) {
        return refuse(res, "url: an absolute URL of http or https");
    }
    if (*url.user || *url.password) {
        return refuse(res, "url: without user and password; a header "
                           "Authorization can be sent");
    }
    ask->target = apr_pstrcat(p, url.path, url.query, NULL);
    if (strlen(ask->target) > TARGET_MAX || !is_visible(ask->target)
        || !is_visible(url.host)) {
        return refuse(res, "url: too long, or not all of it is encoded");
    }
    ask->port = url.port;
    ask->host = url.port_given ? apr_psprintf(p, "%s:%d", url.host, url.port)
                               : url.host;
    return APR_SUCCESS;
}

/* ---- headers --------------------------------------------------------------------- */

/* Of the connection, of the message's form, or what a proxy in front says. */
static int is_not_theirs(const char *name)
{
    static const char *const names[] = { "Host",
                                         "Connection",
                                         "Keep-Alive",
                                         "Content-Length",
                                         "Transfer-Encoding",
                                         "TE",
                                         "Trailer",
                                         "Upgrade",
                                         "HTTP2-Settings",
                                         "Expect",
                                         "Via",
                                         "Forwarded",
                                         "CDN-Loop",
                                         "X-Real-IP",
                                         "X-Client-IP",
                                         "X-Cluster-Client-IP",
                                         "True-Client-IP",
                                         "Fastly-Client-IP",
                                         NULL };
    static const char *const beginnings[] = { "X-Forwarded-", "CF-Connecting-",
                                              "Proxy-", "Sec-WebSocket-",
                                              NULL };
    int i;

    for (i = 0; names[i]; i++) {
        if (!strcasecmp(name, names[i])) {
            return 1;
        }
    }
    for (i = 0; beginnings[i]; i++) {
        if (!strncasecmp(name, beginnings[i], strlen(beginnings[i]))) {
            return 1;
        }
    }
    return 0;
}

static apr_status_t add_header(wfp_try_t *ask, const wfp_json_t *pair,
                               wfp_result_t *res, apr_pool_t *p)
{
    const char *name, *value;

    if (!wfp_json_is_array(pair) || wfp_json_size(pair) != 2) {
        return refuse(res, "headers: pairs, [[\"name\", \"value\"], ...]");
    }
    name = wfp_json_str(wfp_json_at(pair, 0, p));
    value = wfp_json_str(wfp_json_at(pair, 1, p));
    if (!name || !value || !wfp_headers_is_name(name, strlen(name))
        || !wfp_headers_is_value(value, strlen(value))) {
        return refuse(res, "headers: a name or a value is not one of HTTP");
    }
    if (is_not_theirs(name)) {
        return wfp_result_set(res, WFP_INVALID, APR_EINVAL,
                              "headers: %.80s is the server's to say", name);
    }
    wfp_headers_add(ask->headers, name, value);
    return APR_SUCCESS;
}

static apr_status_t read_headers(wfp_try_t *ask, const wfp_json_t *arr,
                                 wfp_result_t *res, apr_pool_t *p)
{
    apr_size_t i, n = 0, room = 0;

    ask->headers = wfp_headers_make(p);
    if (!arr || wfp_json_is_null(arr)) {
        return APR_SUCCESS;
    }
    if (!wfp_json_is_array(arr) || (n = wfp_json_size(arr)) > HEADERS_MAX) {
        return refuse(res, "headers: an array of at most 64 pairs");
    }
    for (i = 0; i < n; i++) {
        const wfp_header_t *h;
        apr_status_t rv = add_header(ask, wfp_json_at(arr, i, p), res, p);

        if (rv != APR_SUCCESS) {
            return rv;
        }
        h = &ask->headers->list[i];
        room += strlen(h->name) + strlen(h->value) + 4;
    }
    return room > HEADER_ROOM ? refuse(res, "headers: at most 32 KB")
                              : APR_SUCCESS;
}

/* ---- body ------------------------------------------------------------------------ */

static int undo_base64(wfp_try_t *ask, const char *text, apr_pool_t *p)
{
    apr_size_t n = strlen(text), digits;
    char *data;

    digits = strspn(text, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
                          "0123456789+/");
    if (digits + strspn(text + digits, "=") != n || n % 4 || n - digits > 2) {
        return 0;
    }
    data = apr_palloc(p, (apr_size_t)apr_base64_decode_len(text) + 1);
    ask->body_size = (apr_size_t)apr_base64_decode(data, text);
    ask->body = data;
    return 1;
}

static apr_status_t read_body(wfp_try_t *ask, const wfp_json_t *text,
                              const wfp_json_t *coded, wfp_result_t *res,
                              apr_pool_t *p)
{
    int has_text = text && !wfp_json_is_null(text);
    int has_coded = coded && !wfp_json_is_null(coded);

    if (has_text && has_coded) {
        return refuse(res, "body and body_base64: one of them");
    }
    if (has_text) {
        ask->body = wfp_json_str(text);
        if (!ask->body) {
            return refuse(res, "body: a text");
        }
        ask->body_size = strlen(ask->body);
    }
    if (has_coded
        && (!wfp_json_str(coded)
            || !undo_base64(ask, wfp_json_str(coded), p))) {
        return refuse(res, "body_base64: bytes as base64");
    }
    return ask->body_size > WFP_TRY_ASK_BODY_MAX
               ? refuse(res, "body: at most 1 MB")
               : APR_SUCCESS;
}

static apr_status_t read_version(wfp_try_t *ask, const wfp_json_t *v,
                                 wfp_result_t *res)
{
    if (!v || wfp_json_is_null(v)) {
        return APR_SUCCESS;
    }
    ask->version_id = wfp_json_str(v);
    return ask->version_id ? APR_SUCCESS
                           : refuse(res, "version_id: the id of a version");
}

apr_status_t wfp_try_ask_read(wfp_try_t *ask, const wfp_json_t *doc,
                              wfp_result_t *res, apr_pool_t *p)
{
    apr_status_t rv = read_method(ask, wfp_json_get(doc, "method", p), res, p);

    if (rv == APR_SUCCESS) {
        rv = read_url(ask, wfp_json_get(doc, "url", p), res, p);
    }
    if (rv == APR_SUCCESS) {
        rv = read_headers(ask, wfp_json_get(doc, "headers", p), res, p);
    }
    if (rv == APR_SUCCESS) {
        rv = read_body(ask, wfp_json_get(doc, "body", p),
                       wfp_json_get(doc, "body_base64", p), res, p);
    }
    return rv == APR_SUCCESS
               ? read_version(ask, wfp_json_get(doc, "version_id", p), res)
               : rv;
}
