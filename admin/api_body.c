/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Streams between httpd and the services. Called by routes with bodies that are
 * too large for memory, and by the S3 endpoint.
 */
#include "admin/api_body.h"

#include <apr_strings.h>
#include <http_connection.h>
#include <http_core.h>
#include <http_protocol.h>
#include <string.h>
#include <strings.h>
#include <util_filter.h>

/* a read of an answer's body; most bytes of a body that nobody wants which are
 * read to keep the connection */
#define SEND_BYTES    65536
#define PASS_OVER_MAX 65536

/* ---- in --------------------------------------------------------------------------- */

typedef struct input_t {
    const wfp_api_server_t *server;
    request_rec *r;
    apr_bucket_brigade *bb;
    int eos;
} input_t;

#define ANSWERED "wfp-api-answered"

int wfp_api_body_is_answered(const request_rec *r)
{
    return apr_table_get(r->notes, ANSWERED) != NULL;
}

static apr_status_t did_not_come(wfp_result_t *res, apr_status_t rv)
{
    if (rv == APR_ENOSPC) {
        return wfp_result_set(res, WFP_BODY_TOO_LARGE, rv,
                              "Body too large: LimitRequestBody");
    }
    if (APR_STATUS_IS_TIMEUP(rv)) {
        return wfp_result_set(res, WFP_TIMEOUT, rv,
                              "the request's body came too slowly");
    }
    return wfp_result_set(res, WFP_CLIENT_DISCONNECTED,
                          rv == APR_EOF ? APR_ECONNRESET : rv,
                          "the request's body did not come whole");
}

static apr_status_t input_read(wfp_body_t *body, apr_bucket_brigade *bb,
                               apr_size_t max, wfp_result_t *res)
{
    input_t *in = body->baton;
    apr_size_t n = 0;
    apr_status_t rv;

    while (!in->eos && n == 0) {
        rv = in->server->read_body(in->server->baton, in->r, in->bb, max);
        if (rv == APR_SUCCESS) {
            rv = wfp_body_move(&n, &in->eos, bb, in->bb);
        }
        if (rv != APR_SUCCESS) {
            in->r->connection->keepalive = AP_CONN_CLOSE;
            if (rv == AP_FILTER_ERROR) {
                apr_table_setn(in->r->notes, ANSWERED, "1");
            }
            return did_not_come(res, rv);
        }
    }
    return n > 0 ? APR_SUCCESS : APR_EOF;
}

static const wfp_body_kind_t input_kind = { "client", input_read, NULL };

wfp_body_t *wfp_api_body_open(const wfp_api_server_t *server, request_rec *r)
{
    const char *length = apr_table_get(r->headers_in, "Content-Length");
    input_t *in = apr_pcalloc(r->pool, sizeof(*in));
    apr_off_t n = -1;
    char *end;

    if (length && !apr_table_get(r->headers_in, "Transfer-Encoding")
        && (apr_strtoff(&n, length, &end, 10) != APR_SUCCESS || *end)) {
        n = -1;
    }
    in->server = server;
    in->r = r;
    in->bb = apr_brigade_create(r->pool, r->connection->bucket_alloc);
    in->eos = !ap_request_has_body(r);
    return wfp_body_make(&input_kind, in, in->eos ? 0 : n, r->pool);
}

void wfp_api_body_leave(request_rec *r, int read)
{
    const char *length = apr_table_get(r->headers_in, "Content-Length");

    if (read
        || !(r->expecting_100
             || apr_table_get(r->headers_in, "Transfer-Encoding")
             || (length && apr_strtoi64(length, NULL, 10) > PASS_OVER_MAX))) {
        return;
    }
    if (r->connection->master) {
        (void)ap_rflush(r); /* a client that is gone needs no answer */
        return;
    }
    r->connection->keepalive = AP_CONN_CLOSE;
}

/* ---- out -------------------------------------------------------------------------- */

/* No last chunk, RST_STREAM on h2: an error bucket, then end of connection. */
static void break_off(request_rec *r, apr_bucket_brigade *bb)
{
    apr_bucket_alloc_t *alloc = bb->bucket_alloc;

    apr_brigade_cleanup(bb);
    APR_BRIGADE_INSERT_TAIL(bb, ap_bucket_error_create(HTTP_BAD_GATEWAY, NULL,
                                                       r->pool, alloc));
    APR_BRIGADE_INSERT_TAIL(bb, ap_bucket_eoc_create(alloc));
    APR_BRIGADE_INSERT_TAIL(bb, apr_bucket_eos_create(alloc));
    r->connection->keepalive = AP_CONN_CLOSE;
    (void)ap_pass_brigade(r->output_filters, bb); /* it is over either way */
}

void wfp_api_body_send_bytes(request_rec *r, apr_bucket_brigade *bytes)
{
    apr_bucket_alloc_t *alloc = r->connection->bucket_alloc;
    apr_bucket_brigade *bb = bytes ? bytes : apr_brigade_create(r->pool, alloc);

    APR_BRIGADE_INSERT_TAIL(bb, apr_bucket_eos_create(alloc));
    /* a client that is gone needs no answer */
    (void)ap_pass_brigade(r->output_filters, bb);
}

void wfp_api_body_send(request_rec *r, wfp_body_t *body, wfp_result_t *res)
{
    apr_bucket_alloc_t *alloc = r->connection->bucket_alloc;
    apr_bucket_brigade *bb = apr_brigade_create(r->pool, alloc);
    apr_status_t rv;

    if (body->length >= 0) {
        ap_set_content_length(r, body->length);
    }
    if (r->header_only) {
        wfp_body_cancel(body);
        wfp_api_body_send_bytes(r, bb);
        return;
    }
    body->takes_files = 1;
    while ((rv = wfp_body_read(body, bb, SEND_BYTES, res)) == APR_SUCCESS) {
        /* all of it goes out before the next read: its file may be gone then */
        APR_BRIGADE_INSERT_TAIL(bb, apr_bucket_flush_create(alloc));
        rv = ap_pass_brigade(r->output_filters, bb);
        apr_brigade_cleanup(bb);
        if (rv != APR_SUCCESS || r->connection->aborted) {
            wfp_body_cancel(body);
            return;
        }
    }
    if (rv == APR_EOF) {
        wfp_api_body_send_bytes(r, bb);
    }
    else {
        break_off(r, bb);
    }
}

void wfp_api_body_sandbox(request_rec *r)
{
    static const char *const types[] = { "text/html", "text/xml",
                                         "application/xml" };
    const char *type = r->content_type ? r->content_type : "";
    apr_size_t n = strcspn(type, "; \t"), i;
    int runs = n > 4 && !strncasecmp(type + n - 4, "+xml", 4);

    for (i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
        runs |= n == strlen(types[i]) && !strncasecmp(type, types[i], n);
    }
    if (runs) {
        apr_table_setn(r->headers_out, "Content-Security-Policy", "sandbox");
    }
}
