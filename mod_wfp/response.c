/* SPDX-License-Identifier: Apache-2.0 */
/* A wfp_response_t to httpd's output filters, and error answers. */
#include "mod_wfp/response.h"

#include <apr_lib.h>
#include <apr_strings.h>
#include <http_connection.h>
#include <http_core.h>
#include <http_protocol.h>
#include <http_request.h>
#include <mod_core.h>
#include <string.h>
#include <strings.h>

#include "core/body_file.h"
#include "core/clock.h"
#include "mod_wfp/background.h"
#include "mod_wfp/hangup.h"
#include "mod_wfp/log.h"
#include "mod_wfp/stall.h"
#include "mod_wfp/work.h"
#include "outbound/head.h"

/* RFC 9110, 7.6.1: of this connection only; and what is the module's to say */
static int is_ours(const char *name)
{
    static const char *const names[] = {
        "Connection",        "Keep-Alive", "Proxy-Connection", "TE", "Trailer",
        "Transfer-Encoding", "Upgrade",    "Content-Length",   NULL,
    };
    int i;

    for (i = 0; names[i]; i++) {
        if (wfp_headers_same(name, names[i])) {
            return 1;
        }
    }
    return !strncasecmp(name, "x-wfp-", 6);
}

/* httpd gives up a response with a control character in a header and says so
 * at level error: a tenant must not write there. */
static const char *printable(request_rec *r, const char *value)
{
    const char *c;
    char *copy, *at;

    for (c = value; *c && (!apr_iscntrl(*c) || *c == '\t'); c++) {
    }
    if (!*c) {
        return value;
    }
    copy = apr_pstrdup(r->pool, value);
    for (at = copy + (c - value); *at; at++) {
        if (apr_iscntrl(*at) && *at != '\t') {
            *at = ' ';
        }
    }
    return copy;
}

/* nghttp2 refuses more in one block; no client takes much more over HTTP/1 */
#define HEAD_MAX (60 * 1024)

static int is_head_too_large(const wfp_response_t *resp)
{
    apr_size_t bytes = strlen(resp->status_text);
    int i;

    for (i = 0; i < resp->headers->count; i++) {
        const wfp_header_t *h = &resp->headers->list[i];

        bytes += strlen(h->name) + strlen(h->value) + 4;
    }
    return bytes > HEAD_MAX || resp->headers->count > WFP_HEADERS_MAX;
}

static void set_headers(request_rec *r, const wfp_response_t *resp)
{
    int i;

    for (i = 0; i < resp->headers->count; i++) {
        const wfp_header_t *h = &resp->headers->list[i];
        const char *value = printable(r, h->value);

        if (is_ours(h->name) || wfp_head_is_listed(resp->headers, h->name)) {
            continue;
        }
        if (wfp_headers_same(h->name, "Content-Type")) {
            ap_set_content_type(r, value);
            continue;
        }
        if (wfp_headers_same(h->name, "Date")
            || wfp_headers_same(h->name, "Server")) {
            apr_table_setn(r->headers_out, h->name, value);
            continue;
        }
        apr_table_addn(r->headers_out, h->name, value);
    }
}

/* The document of an error does not hide it, unless it says otherwise than 200:
 * so it is with mod_proxy's. */
static int status_of(const request_rec *r, const wfp_response_t *resp)
{
    return resp->status == HTTP_OK && r->prev
                   && ap_is_HTTP_ERROR(r->prev->status)
               ? r->prev->status
               : resp->status;
}

/* httpd answers 500 for a status whose line it does not know itself. */
static void set_status(request_rec *r, const wfp_response_t *resp)
{
    int status = status_of(r, resp);
    const char *standard = wfp_response_reason(status);
    const char *text = *resp->status_text ? resp->status_text : standard;

    r->status = status;
    if (strcmp(text, standard)
        || ap_index_of_response(status) == ap_index_of_response(500)) {
        r->status_line = apr_psprintf(r->pool, "%d %s", status, text);
    }
}

/* The answer to HEAD says how long GET's would be, when the Worker knew. */
static void set_length(request_rec *r, const wfp_response_t *resp)
{
    const char *said = wfp_headers_get(resp->headers, "Content-Length");
    apr_off_t n;
    char *end;

    if (resp->body && resp->body->length >= 0) {
        ap_set_content_length(r, resp->body->length);
    }
    else if (!resp->body && r->header_only && said
             && apr_strtoff(&n, said, &end, 10) == APR_SUCCESS && !*end
             && n >= 0) {
        ap_set_content_length(r, n);
    }
    else if (!resp->body && wfp_response_may_have_body(resp->status)
             && !r->header_only) {
        ap_set_content_length(r, 0);
    }
}

/* No last chunk, RST_STREAM on h2: an error bucket (of this status, which httpd's
 * chunks look for), then end of connection. A cache does not keep what came so
 * far for the whole. */
static int break_off(request_rec *r, apr_bucket_brigade *bb)
{
    apr_bucket_alloc_t *alloc = bb->bucket_alloc;

    r->no_cache = 1;
    if (r->main) {
        r->main->no_cache = 1;
    }
    apr_brigade_cleanup(bb);
    APR_BRIGADE_INSERT_TAIL(bb, ap_bucket_error_create(HTTP_BAD_GATEWAY, NULL,
                                                       r->pool, alloc));
    APR_BRIGADE_INSERT_TAIL(bb, ap_bucket_eoc_create(alloc));
    APR_BRIGADE_INSERT_TAIL(bb, apr_bucket_eos_create(alloc));
    r->connection->keepalive = AP_CONN_CLOSE;
    (void)ap_pass_brigade(r->output_filters, bb); /* it is over either way */
    return OK;
}

/* Was it no client that went away, but a filter that gave the answer up? */
static int has_failed(const conn_rec *c, apr_status_t rv)
{
    return rv != APR_SUCCESS && !c->aborted && !APR_STATUS_IS_ECONNABORTED(rv)
           && !APR_STATUS_IS_ECONNRESET(rv) && !APR_STATUS_IS_EPIPE(rv)
           && !APR_STATUS_IS_TIMEUP(rv);
}

/* The filter that writes the header goes when it has done so. */
static int is_begun(const request_rec *r)
{
    const ap_filter_t *f = r->proto_output_filters;

    while (f && f->frec != ap_http_header_filter_handle) {
        f = f->next;
    }
    return !f;
}

/* The filter has said why. httpd answers with an error while it can, unless the
 * filter did, as that of ranges does. */
static int drop_answer(request_rec *r, apr_bucket_brigade *bb, apr_status_t rv)
{
    r->connection->keepalive = AP_CONN_CLOSE;
    r->output_filters = r->proto_output_filters;
    return rv == AP_FILTER_ERROR || !is_begun(r) ? AP_FILTER_ERROR
                                                 : break_off(r, bb);
}

/* bb is the last of it: no isolate waits for it to be taken. */
static int pass_end(wfp_work_t *work, apr_bucket_brigade *bb)
{
    request_rec *r = work->r;
    apr_status_t rv;

    wfp_work_release(work);
    APR_BRIGADE_INSERT_TAIL(bb, apr_bucket_eos_create(bb->bucket_alloc));
    rv = ap_pass_brigade(r->output_filters, bb);
    return has_failed(r->connection, rv) ? drop_answer(r, bb, rv) : OK;
}

static apr_off_t brigade_length(apr_bucket_brigade *bb)
{
    apr_off_t n = 0;

    return apr_brigade_length(bb, 0, &n) == APR_SUCCESS ? n : -1;
}

/* An answer that takes long, from where it may be: functions of waitUntil do not
 * wait for its end until their invocation has no time left. Those of one that
 * makes the answer must: it is one isolate. */
static void run_due(wfp_work_t *work)
{
    request_rec *r = work->r;
    wfp_host_ctx_t *ctx;
    apr_time_t now = 0;

    for (ctx = work->first; ctx; ctx = ctx->next) {
        if (!ctx->inv || wfp_run_pending(ctx->inv) == 0
            || wfp_run_owns_body(ctx->inv)) {
            continue;
        }
        now = now ? now : wfp_clock_now();
        if (now < ctx->begun + (ctx->deadline - ctx->begun) / 2) {
            continue;
        }
        work->r = NULL; /* the client's going away is not for them */
        wfp_invoke_wait_until(ctx, now + WFP_BACKGROUND_TIME);
        work->running = NULL;
        work->r = r;
        wfp_invoke_end(ctx);
    }
}

static int send_stream(wfp_work_t *work, wfp_body_t *body, wfp_result_t *res)
{
    request_rec *r = work->r;
    apr_bucket_brigade *bb = apr_brigade_create(r->pool,
                                                r->connection->bucket_alloc);
    int sent = 0;

    body->takes_files = 1; /* each brigade is written before the next read */
    for (;;) {
        apr_status_t rv;

        run_due(work);
        rv = wfp_body_read(body, bb, WFP_BODY_CHUNK, res);

        if (rv == APR_EOF) {
            return pass_end(work, bb);
        }
        if (rv != APR_SUCCESS) {
            ap_log_rerror(APLOG_MARK, APLOG_INFO, rv, r,
                          WFPLOGNO(0601) "request %s: the response's body "
                                         "broke off: %s: %s",
                          work->request_id, wfp_code_row(res->code)->code,
                          res->message);
            wfp_invoke_blame(work, res);
            if (!sent) {
                return DECLINED;
            }
            wfp_work_release(work);
            return break_off(r, bb);
        }
        /* a short read means the source had no more at hand: let it go out */
        if (brigade_length(bb) < WFP_BODY_CHUNK) {
            APR_BRIGADE_INSERT_TAIL(bb,
                                    apr_bucket_flush_create(bb->bucket_alloc));
        }
        sent = 1;
        rv = wfp_stall_write(work, bb);
        apr_brigade_cleanup(bb);
        if (has_failed(r->connection, rv)) {
            wfp_body_cancel(body);
            wfp_work_release(work);
            return drop_answer(r, bb, rv);
        }
        if (rv != APR_SUCCESS || r->connection->aborted) {
            wfp_hangup_note(work);
            wfp_body_cancel(body);
            return OK;
        }
    }
}

static int send_memory(wfp_work_t *work, const char *data, apr_size_t n)
{
    request_rec *r = work->r;
    apr_bucket_alloc_t *alloc = r->connection->bucket_alloc;
    apr_bucket_brigade *bb = apr_brigade_create(r->pool, alloc);

    /* the work's pool outlives the response: httpd need not copy */
    APR_BRIGADE_INSERT_TAIL(bb, apr_bucket_immortal_create(data, n, alloc));
    return pass_end(work, bb);
}

/* A file goes out whole: httpd sends it as it does its own. */
static int send_file(wfp_work_t *work, apr_file_t *file, apr_off_t offset,
                     apr_off_t n)
{
    request_rec *r = work->r;
    const core_dir_config *core = ap_get_core_module_config(r->per_dir_config);
    apr_bucket_alloc_t *alloc = r->connection->bucket_alloc;
    apr_bucket_brigade *bb = apr_brigade_create(r->pool, alloc);
    apr_bucket *b = apr_brigade_insert_file(bb, file, offset, n, r->pool);

    if (core->enable_mmap == ENABLE_MMAP_OFF) {
        (void)apr_bucket_file_enable_mmap(b, 0); /* it is a file's */
    }
    return pass_end(work, bb);
}

int wfp_response_send(wfp_work_t *work, wfp_response_t *resp, wfp_result_t *res)
{
    request_rec *r = work->r;
    const char *data;
    apr_file_t *file;
    apr_off_t offset;
    apr_size_t n;

    if (work->input == AP_FILTER_ERROR) {
        if (resp->body) {
            wfp_body_cancel(resp->body);
        }
        return AP_FILTER_ERROR;
    }
    if (is_head_too_large(resp)) {
        (void)wfp_result_set(res, WFP_INVALID_RESPONSE, APR_ENOSPC,
                             "The Worker did not return a Response: its "
                             "headers are too large");
        if (resp->body) {
            wfp_body_cancel(resp->body);
        }
        return DECLINED;
    }
    set_status(r, resp);
    set_headers(r, resp);
    if (resp->body && !wfp_response_may_have_body(resp->status)) {
        wfp_body_cancel(resp->body);
        resp->body = NULL;
    }
    set_length(r, resp);
    if (resp->body && r->header_only) {
        wfp_body_cancel(resp->body);
        resp->body = NULL;
    }
    if (!resp->body) {
        return pass_end(work, apr_brigade_create(r->pool,
                                                 r->connection->bucket_alloc));
    }
    data = wfp_body_peek(resp->body, &n);
    if (data) {
        return send_memory(work, data, n);
    }
    file = wfp_body_file_peek(resp->body, &offset);
    if (file) {
        return send_file(work, file, offset, resp->body->length);
    }
    return send_stream(work, resp->body, res);
}

/* ---- errors -------------------------------------------------------------------- */

/* Does the client prefer HTML: is it named in Accept, before JSON? */
static int prefers_html(const request_rec *r)
{
    const char *accept = apr_table_get(r->headers_in, "Accept");
    const char *html = accept ? strstr(accept, "text/html") : NULL;
    const char *json = accept ? strstr(accept, "application/json") : NULL;

    return html && (!json || html < json);
}

static const char *error_body(request_rec *r, const wfp_code_row_t *row,
                              int status, const char *id)
{
    if (prefers_html(r)) {
        ap_set_content_type(r, "text/html; charset=utf-8");
        return apr_psprintf(
            r->pool,
            "<!DOCTYPE html>\n<html lang=\"en\"><head><meta "
            "charset=\"utf-8\"><title>%d %s</title></head>\n<body><h1>%s</h1>"
            "<p>%s</p><p>Request %s</p></body></html>\n",
            status, row->message, row->message, row->code, id);
    }
    ap_set_content_type(r, "application/json");
    return apr_psprintf(r->pool,
                        "{\"error\":{\"code\":\"%s\",\"message\":\"%s\","
                        "\"request_id\":\"%s\"}}\n",
                        row->code, row->message, id);
}

/* A client that is still there, but sent too slowly, or no body that could be
 * read, is told what httpd tells it elsewhere. */
static int error_status(const wfp_code_row_t *row, const wfp_work_t *work)
{
    return row == wfp_code_row(WFP_CLIENT_DISCONNECTED)
               ? ap_map_http_request_error(work->input, row->http_status)
               : row->http_status;
}

int wfp_response_error(wfp_work_t *work, const wfp_result_t *res)
{
    request_rec *r = work->r;
    const wfp_code_row_t *row = wfp_code_row(res->code);
    int status = error_status(row, work);
    const char *body;

    ap_log_rerror(APLOG_MARK, APLOG_INFO, 0, r,
                  WFPLOGNO(0602) "request %s: %s: %s", work->request_id,
                  row->code, res->message);
    if (work->input == AP_FILTER_ERROR) {
        return AP_FILTER_ERROR;
    }
    apr_table_clear(r->headers_out);
    apr_table_unset(r->err_headers_out, "Content-Length");
    apr_table_setn(r->err_headers_out, "x-wfp-error", row->code);
    apr_table_set(r->err_headers_out, "x-wfp-request-id", work->request_id);
    if (res->retry_after_s > 0) {
        apr_table_setn(r->err_headers_out, "Retry-After",
                       apr_itoa(r->pool, res->retry_after_s));
    }
    r->status_line = NULL;
    if (ap_response_code_string(r, ap_index_of_response(status))) {
        return status;
    }
    r->status = status;
    body = error_body(r, row, status, work->request_id);
    ap_set_content_length(r, (apr_off_t)strlen(body));
    return send_memory(work, body, r->header_only ? 0 : strlen(body));
}
