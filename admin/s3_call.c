/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What handlers ask of a request and how they answer. A body is never held in
 * memory: lists and errors are, in httpd's buckets.
 */
#include "admin/s3_call.h"

#include <apr_lib.h>
#include <apr_strings.h>
#include <http_protocol.h>
#include <stdarg.h>
#include <string.h>
#include <strings.h>

#include "admin/api_body.h"
#include "admin/api_route.h"
#include "admin/query.h"
#include "core/headers.h"
#include "core/json.h"
#include "services/r2.h"
#include "store/r2_buckets.h"

#define QUERY_MAX     64
#define STORE_RETRY_S 5

/* ---- what is asked --------------------------------------------------------------- */

const char *wfp_s3_call_header(const wfp_s3_call_t *call, const char *name)
{
    return apr_table_get(call->r->headers_in, name);
}

const char *wfp_s3_call_query(const wfp_s3_call_t *call, const char *name)
{
    return apr_table_get(call->query, name);
}

static apr_status_t read_query(wfp_s3_call_t *call)
{
    const char *at = call->r->args ? call->r->args : "";
    wfp_query_pair_t pair;
    int count;

    for (count = 0; wfp_query_next(&pair, &at, call->pool); count++) {
        if (count >= QUERY_MAX || !pair.name) {
            return wfp_s3_call_fail(call, WFP_S3_INVALID_URI, NULL);
        }
        /* tables know no case: what differs by that is the same name twice */
        if (apr_table_get(call->query, pair.name)) {
            return wfp_s3_call_fail(call, WFP_S3_INVALID_ARGUMENT,
                                    "The query has %.80s twice", pair.name);
        }
        apr_table_setn(call->query, pair.name, pair.value);
    }
    return APR_SUCCESS;
}

/* "bucket.s3.example.com" when the server is s3.example.com; NULL: none. */
static const char *bucket_of_host(const wfp_s3_call_t *call, const char *host)
{
    const char *server = call->r->server->server_hostname;
    apr_size_t n = strlen(host), m = server ? strlen(server) : 0;

    if (!m || n <= m + 1 || host[n - m - 1] != '.'
        || strcasecmp(host + n - m, server)) {
        return NULL;
    }
    return apr_pstrmemdup(call->pool, host, n - m - 1);
}

static apr_status_t check_key(wfp_s3_call_t *call)
{
    if (call->key && strlen(call->key) > WFP_R2_KEY_MAX) {
        return wfp_s3_call_fail(call, WFP_S3_KEY_TOO_LONG, NULL);
    }
    return APR_SUCCESS;
}

apr_status_t wfp_s3_call_read(wfp_s3_call_t *call, const char *base,
                              const char *host)
{
    apr_size_t n = strlen(base);
    const char *path = strncmp(call->path, base, n) ? call->path
                                                    : call->path + n;
    const char *slash;
    apr_status_t rv = read_query(call);

    if (rv != APR_SUCCESS) {
        return rv;
    }
    path += *path == '/';
    call->bucket = bucket_of_host(call, host);
    if (!call->bucket && *path) {
        slash = strchr(path, '/');
        n = slash ? (apr_size_t)(slash - path) : strlen(path);
        call->bucket = wfp_api_route_decode(path, n, 0, call->pool);
        path = slash ? slash + 1 : path + n;
        if (!call->bucket) {
            return wfp_s3_call_fail(call, WFP_S3_INVALID_URI, NULL);
        }
    }
    if (call->bucket && *path) {
        call->key = wfp_api_route_decode(path, strlen(path), 0, call->pool);
        if (!call->key) {
            return wfp_s3_call_fail(call, WFP_S3_INVALID_URI, NULL);
        }
    }
    return check_key(call);
}

apr_status_t wfp_s3_call_number(apr_int64_t *pn, wfp_s3_call_t *call,
                                const char *name, apr_int64_t min,
                                apr_int64_t max)
{
    const char *text = wfp_s3_call_query(call, name);
    apr_int64_t n;

    if (!text) {
        return APR_SUCCESS;
    }
    n = wfp_query_number(text);
    if (n < min || n > max) {
        return wfp_s3_call_fail(call, WFP_S3_INVALID_ARGUMENT,
                                "%s: a whole number from %" APR_INT64_T_FMT
                                " to %" APR_INT64_T_FMT,
                                name, min, max);
    }
    *pn = n;
    return APR_SUCCESS;
}

/* ---- what is done ---------------------------------------------------------------- */

apr_status_t wfp_s3_call_fail(wfp_s3_call_t *call, wfp_s3_error_e error,
                              const char *fmt, ...)
{
    va_list ap;

    if (call->error) {
        return APR_EGENERAL;
    }
    call->error = error;
    call->message = wfp_s3_error_row(error)->text;
    if (fmt) {
        va_start(ap, fmt);
        call->message = apr_pvsprintf(call->pool, fmt, ap);
        va_end(ap);
    }
    if (error == WFP_S3_UNAVAILABLE) {
        call->retry_after_s = STORE_RETRY_S;
    }
    return APR_EGENERAL;
}

apr_status_t wfp_s3_call_reach(wfp_s3_call_t *call, const char *bucket)
{
    const apr_array_header_t *names = call->token->buckets;
    int i;

    for (i = 0; i < names->nelts; i++) {
        if (!strcmp(APR_ARRAY_IDX(names, i, const char *), bucket)) {
            return APR_SUCCESS;
        }
    }
    if (!names->nelts) {
        return APR_SUCCESS;
    }
    return wfp_s3_call_fail(call, WFP_S3_ACCESS_DENIED,
                            "Access Denied: the key is limited to other "
                            "buckets");
}

apr_status_t wfp_s3_call_run(wfp_s3_call_t *call, const char *bucket,
                             wfp_r2_call_t *r2)
{
    const char *log;
    apr_status_t rv = wfp_s3_call_reach(call, bucket);

    if (rv != APR_SUCCESS) {
        return rv;
    }
    if (!call->server->r2) {
        return wfp_s3_call_fail(call, WFP_S3_UNAVAILABLE, NULL);
    }
    r2->pool = call->pool;
    rv = wfp_r2_run(call->server->r2, bucket, r2, &log, &call->res);
    return rv == APR_SUCCESS
               ? rv
               : wfp_s3_call_fail(call,
                                  wfp_s3_error_of_r2(r2->fault, &call->res),
                                  NULL);
}

const wfp_actor_t *wfp_s3_call_actor(const wfp_s3_call_t *call)
{
    wfp_actor_t *actor = apr_pcalloc(call->pool, sizeof *actor);

    actor->id = call->token->id;
    actor->name = call->token->name;
    actor->source = "s3";
    actor->address = call->r->useragent_ip;
    return actor;
}

apr_status_t wfp_s3_call_audit(wfp_s3_call_t *call, const char *action,
                               const char *key, int count)
{
    wfp_json_t *details = wfp_json_object(call->pool);
    apr_status_t rv;

    if (key) {
        wfp_json_set_str(details, "key", key);
    }
    else {
        wfp_json_set_int(details, "keys", count);
    }
    rv = wfp_audit_note(call->server->store, WFP_CHANGE_R2, call->bucket,
                        action, wfp_json_text(details, call->pool),
                        wfp_s3_call_actor(call), &call->res, call->pool);
    return rv == APR_SUCCESS
               ? rv
               : wfp_s3_call_fail(call, wfp_s3_error_of(&call->res), NULL);
}

/* ---- the answer ------------------------------------------------------------------- */

void wfp_s3_call_xml(wfp_s3_xml_t *xml, wfp_s3_call_t *call, const char *root)
{
    wfp_s3_xml_begin(xml, root, call->r->connection->bucket_alloc, call->pool);
    ap_set_content_type(call->r, "application/xml");
    call->bytes = xml->bb;
}

int wfp_s3_call_set(wfp_s3_call_t *call, const char *name, const char *value)
{
    const char *c;

    for (c = value; *c && (!apr_iscntrl(*c) || *c == '\t'); c++) {
    }
    if (*c || !wfp_headers_is_name(name, strlen(name))) {
        return 0;
    }
    if (!strcasecmp(name, "Content-Type")) {
        ap_set_content_type(call->r, value);
    }
    else {
        apr_table_setn(call->r->headers_out, name, value);
    }
    return 1;
}

void wfp_s3_call_set_etag(wfp_s3_call_t *call, const char *etag)
{
    apr_table_setn(call->r->headers_out, "ETag",
                   apr_pstrcat(call->pool, "\"", etag, "\"", NULL));
}

static void write_error(wfp_s3_call_t *call)
{
    const wfp_s3_error_row_t *row = wfp_s3_error_row(call->error);
    wfp_s3_xml_t xml;

    apr_table_clear(call->r->headers_out);
    call->status = row->status;
    wfp_s3_call_xml(&xml, call, "Error");
    wfp_s3_xml_text(&xml, "Code", row->code);
    wfp_s3_xml_text(&xml, "Message", call->message);
    if (call->bucket) {
        wfp_s3_xml_text(&xml, "BucketName", call->bucket);
    }
    wfp_s3_xml_text(&xml, "Resource", call->path);
    wfp_s3_xml_text(&xml, "RequestId", call->id);
    wfp_s3_xml_close(&xml, "Error");
    if (call->retry_after_s > 0) {
        apr_table_setn(call->r->headers_out, "Retry-After",
                       apr_itoa(call->pool, call->retry_after_s));
    }
    if (call->body) {
        wfp_body_cancel(call->body);
        call->body = NULL;
    }
}

int wfp_s3_call_send(wfp_s3_call_t *call)
{
    request_rec *r = call->r;
    apr_off_t n = 0;

    if (wfp_api_body_is_answered(r)) {
        return AP_FILTER_ERROR;
    }
    if (call->error) {
        write_error(call);
    }
    r->status = call->status;
    /* a range was read here; httpd's filter shall not do it once more */
    apr_table_unset(r->headers_in, "Range");
    apr_table_setn(r->headers_out, "x-amz-request-id", call->id);
    apr_table_setn(r->headers_out, "X-Content-Type-Options", "nosniff");
    wfp_api_body_sandbox(r);
    if (call->body) {
        wfp_api_body_send(r, call->body, &call->res);
    }
    else {
        if (call->bytes
            && apr_brigade_length(call->bytes, 0, &n) == APR_SUCCESS) {
            ap_set_content_length(r, n);
        }
        wfp_api_body_send_bytes(r, call->bytes);
    }
    wfp_api_body_leave(r, call->body_read);
    return OK;
}
