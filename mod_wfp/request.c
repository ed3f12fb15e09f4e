/* SPDX-License-Identifier: Apache-2.0 */
/* httpd's request_rec as a wfp_request_t. Nothing of the body is read here. */
#include "mod_wfp/request.h"

#include <apr_strings.h>
#include <http_core.h>
#include <http_protocol.h>
#include <http_ssl.h>
#include <string.h>
#include <strings.h>

#include "core/name.h"
#include "mod_wfp/stall.h"
#include "mod_wfp/trial.h"
#include "outbound/head.h"

/* The path and query as the client sent them: no decoding. */
static const char *raw_target(request_rec *r, apr_pool_t *p)
{
    const char *target = r->unparsed_uri;

    if (target && *target == '/') {
        return target;
    }
    if (!r->parsed_uri.path || *r->parsed_uri.path != '/') {
        return "/";
    }
    return apr_pstrcat(p, r->parsed_uri.path, r->parsed_uri.query ? "?" : "",
                       r->parsed_uri.query ? r->parsed_uri.query : "", NULL);
}

static const char *absolute_url(request_rec *r, apr_pool_t *p)
{
    const char *host = apr_table_get(r->headers_in, "Host");

    if (!host || !*host) {
        host = ap_construct_server(r->pool, ap_get_server_name_for_url(r),
                                   ap_get_server_port(r), r);
    }
    return apr_pstrcat(p, ap_http_scheme(r), "://", host, raw_target(r, p),
                       NULL);
}

/* All fields, copied, but those of the client's connection. */
static wfp_headers_t *end_to_end(const apr_table_t *from, apr_pool_t *p)
{
    wfp_headers_t *to = wfp_headers_make(p);
    const apr_array_header_t *list = apr_table_elts(from);
    int i;

    for (i = 0; i < list->nelts; i++) {
        const apr_table_entry_t *e = &APR_ARRAY_IDX(list, i, apr_table_entry_t);

        wfp_headers_add(to, e->key, e->val);
    }
    return wfp_head_end_to_end(to, p);
}

/* Did httpd ask for it, and used it? A password of the platform's is nothing for
 * its tenants; CGI programs do not get it either. */
static int is_httpds_password(const request_rec *r)
{
    const core_dir_config *core = ap_get_core_module_config(r->per_dir_config);

    return r->ap_auth_type && core->cgi_pass_auth != AP_CGI_PASS_AUTH_ON;
}

static const wfp_cf_t *client_facts(const wfp_work_t *work)
{
    request_rec *r = work->r;
    apr_pool_t *p = work->pool;
    wfp_cf_t *cf = apr_pcalloc(p, sizeof(*cf));
    const char *header = work->conf->trust_header;
    const char *ip = header && *header && !work->trial
                         ? apr_table_get(r->headers_in, header)
                         : NULL;

    cf->client_ip = apr_pstrdup(p, ip ? ip : r->useragent_ip);
    cf->http_protocol = strcmp(r->protocol, "HTTP/2.0") != 0
                            ? apr_pstrdup(p, r->protocol)
                            : "HTTP/2"; /* there is no other */
    cf->host = apr_pstrdup(p, r->hostname);
    if (ap_ssl_conn_is_ssl(r->connection)) {
        cf->tls_version = apr_pstrdup(p, ap_ssl_var_lookup(r->pool, r->server,
                                                           r->connection, r,
                                                           "SSL_PROTOCOL"));
        cf->tls_cipher = apr_pstrdup(p, ap_ssl_var_lookup(r->pool, r->server,
                                                          r->connection, r,
                                                          "SSL_CIPHER"));
    }
    return cf;
}

/* ---- the body ------------------------------------------------------------------ */

typedef struct input_t {
    wfp_work_t *work;       /* its r is NULL once the request is over */
    apr_bucket_brigade *bb; /* in the request's pool */
    int eos;
} input_t;

/* httpd's own limit, in bytes. Of a body whose length it could not know it has
 * told the client itself. */
static apr_status_t too_large(request_rec *r, wfp_result_t *res)
{
    const char *length = apr_table_get(r->headers_in, "Content-Length");
    apr_off_t n, limit = ap_get_limit_req_body(r);

    if (limit == 0
        || (length && ap_parse_strict_length(&n, length) && n <= limit)) {
        return wfp_result_set(res, WFP_BODY_TOO_LARGE, APR_ENOSPC,
                              "Body too large: an input filter refused it");
    }
    (void)wfp_result_set(res, WFP_BODY_TOO_LARGE, APR_ENOSPC,
                         "Body too large: LimitRequestBody");
    if (res) {
        res->limit = "request_body";
        res->allowed = limit;
        res->used = res->allowed + 1; /* at least */
    }
    return APR_ENOSPC;
}

static apr_status_t input_read(wfp_body_t *body, apr_bucket_brigade *bb,
                               apr_size_t max, wfp_result_t *res)
{
    input_t *in = body->baton;
    apr_status_t rv;

    while (!in->eos) {
        apr_size_t n = 0;

        if (!in->work->r) {
            /* in waitUntil: httpd throws away what it still sends */
            return wfp_result_set(res, WFP_ABORTED, APR_ECONNABORTED,
                                  "Aborted: the request is over and its body "
                                  "was not read to the end");
        }
        rv = wfp_stall_read(in->work, in->bb, max);
        if (rv == APR_ENOSPC
            || (rv == AP_FILTER_ERROR
                && in->work->r->status == HTTP_REQUEST_ENTITY_TOO_LARGE)) {
            in->work->input = rv;
            return too_large(in->work->r, res);
        }
        if (rv == APR_SUCCESS) {
            rv = wfp_body_move(&n, &in->eos, bb, in->bb);
        }
        if (rv != APR_SUCCESS) {
            in->work->input = rv;
            return wfp_result_set(res, WFP_CLIENT_DISCONNECTED,
                                  rv == APR_EOF ? APR_ECONNRESET : rv, NULL);
        }
        if (n > 0) {
            in->work->bytes_in += n;
            return APR_SUCCESS;
        }
    }
    return APR_EOF;
}

static const wfp_body_kind_t input_kind = { "client", input_read, NULL };

static wfp_body_t *input_body(wfp_work_t *work)
{
    request_rec *r = work->r;
    const char *length = apr_table_get(r->headers_in, "Content-Length");
    input_t *in = apr_pcalloc(work->pool, sizeof(*in));
    apr_off_t n = -1;
    char *end;

    /* a filter that was put before those of the protocol may change it, as
     * mod_deflate's does */
    if (length && r->input_filters == r->proto_input_filters
        && !apr_table_get(r->headers_in, "Transfer-Encoding")
        && (apr_strtoff(&n, length, &end, 10) != APR_SUCCESS || *end)) {
        n = -1;
    }
    in->work = work;
    in->bb = apr_brigade_create(r->pool, r->connection->bucket_alloc);
    return wfp_body_make(&input_kind, in, n, work->pool);
}

int wfp_request_is_coded(const request_rec *r)
{
    const char *coding = apr_table_get(r->headers_in, "Transfer-Encoding");

    return coding && strcasecmp(coding, "chunked") != 0;
}

wfp_request_t *wfp_request_from_httpd(wfp_work_t *work)
{
    request_rec *r = work->r;
    apr_pool_t *p = work->pool;
    wfp_request_t *req = wfp_request_make(apr_pstrdup(p, r->method),
                                          absolute_url(r, p), p);

    req->headers = end_to_end(r->headers_in, p);
    if (is_httpds_password(r)) {
        (void)wfp_headers_unset(req->headers, "Authorization");
    }
    req->redirect = WFP_REDIRECT_MANUAL;
    work->cdn_loop = wfp_headers_get(req->headers, "CDN-Loop");
    req->cf = client_facts(work);
    req->abort_at = work->trial ? wfp_trial_end(work->trial) : 0;
    if (ap_request_has_body(r)) {
        req->body = input_body(work);
    }
    return req;
}
