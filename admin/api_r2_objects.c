/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Objects of R2 buckets by the API: raw bytes in and out. A key is what the path
 * has behind "objects/", with slashes as they are or encoded.
 */
#include "admin/api_r2_objects.h"

#include <apr_date.h>
#include <apr_strings.h>
#include <string.h>

#include "admin/api_body.h"
#include "admin/api_r2.h"
#include "admin/show.h"
#include "services/r2.h"
#include "store/r2_buckets.h"

/* Most bytes of a list's rows. */
#define LIST_BYTES ((apr_size_t)8 << 20)

/* Most bytes of the keys to delete: each may be escaped. */
#define KEYS_BYTES ((apr_size_t)8 << 20)

/* ---- calls ---------------------------------------------------------------------- */

static wfp_api_error_e error_of(wfp_r2_fault_e fault)
{
    switch (fault) {
    case WFP_R2_NO_BUCKET:
        return WFP_API_R2_MISSING;
    case WFP_R2_BAD_NAME:
        return WFP_API_R2_BAD_KEY;
    case WFP_R2_BAD_RANGE:
        return WFP_API_R2_RANGE;
    case WFP_R2_TOO_LARGE:
    case WFP_R2_FULL:
        return WFP_API_R2_TOO_LARGE;
    case WFP_R2_INTERNAL:
        return WFP_API_INTERNAL;
    default:
        return WFP_API_BAD_REQUEST;
    }
}

/* Say why a call of the service failed. */
static apr_status_t failed(wfp_api_call_t *call, const wfp_r2_call_t *r2,
                           apr_status_t rv)
{
    switch (call->res.code) {
    case WFP_R2_ERROR:
    case WFP_QUOTA_EXCEEDED:
        return wfp_api_answer_error(call, error_of(r2->fault), "%s",
                                    wfp_r2_fault_row(r2->fault)->text);
    case WFP_TIMEOUT:
        return wfp_api_answer_error(call, WFP_API_TIMEOUT, NULL);
    case WFP_CLIENT_DISCONNECTED:
        return wfp_api_answer_error(call, WFP_API_BAD_REQUEST,
                                    "The request's body did not come whole");
    default:
        return wfp_api_r2_failed(call, rv);
    }
}

static void set_keys(wfp_json_t *details, const wfp_r2_call_t *r2)
{
    if (r2->keys && r2->count > 1) {
        wfp_json_set_int(details, "keys", r2->count);
    }
    else {
        wfp_json_set_str(details, "key", r2->keys ? r2->keys[0] : r2->key);
    }
}

apr_status_t wfp_api_r2_objects_run(wfp_api_call_t *call, wfp_r2_call_t *r2,
                                    const char *action)
{
    const char *bucket = wfp_api_call_param(call, "bucket"), *log;
    wfp_json_t *details = wfp_json_object(call->pool);
    wfp_r2_bucket_t *row;
    apr_status_t rv = APR_SUCCESS;

    if (action || !call->server->r2) {
        rv = wfp_r2_buckets_get(&row, call->server->store, bucket, &call->res,
                                call->pool);
    }
    if (rv == APR_SUCCESS && !call->server->r2) {
        return wfp_api_answer_error(call, WFP_API_STORE_DOWN, NULL);
    }
    if (action) {
        set_keys(details, r2);
    }
    if (rv == APR_SUCCESS && action) {
        rv = wfp_audit_note(call->server->store, WFP_CHANGE_R2, bucket, action,
                            wfp_json_text(details, call->pool),
                            wfp_api_call_actor(call), &call->res, call->pool);
    }
    if (rv != APR_SUCCESS) {
        return wfp_api_r2_failed(call, rv);
    }
    r2->pool = call->pool;
    rv = wfp_r2_run(call->server->r2, bucket, r2, &log, &call->res);
    return rv == APR_SUCCESS ? rv : failed(call, r2, rv);
}

/* The key of the path. */
static apr_status_t read_key(const char **pkey, wfp_api_call_t *call)
{
    apr_size_t n = 0;
    apr_status_t rv = wfp_api_r2_check_place(call);

    if (rv != APR_SUCCESS) {
        return rv;
    }
    *pkey = wfp_api_route_undo(&n, wfp_api_call_param(call, "key"), call->pool);
    return *pkey && wfp_r2_is_key(*pkey, n)
               ? APR_SUCCESS
               : wfp_api_answer_error(call, WFP_API_R2_BAD_KEY, NULL);
}

static const wfp_r2_condition_t *read_condition(const wfp_api_call_t *call)
{
    return wfp_r2_read_condition(wfp_api_call_header(call, "If-Match"),
                                 wfp_api_call_header(call, "If-None-Match"),
                                 wfp_api_call_header(call, "If-Modified-Since"),
                                 wfp_api_call_header(call,
                                                     "If-Unmodified-Since"),
                                 call->pool);
}

/* ---- put, delete ---------------------------------------------------------------- */

static apr_status_t read_meta(wfp_r2_meta_t *meta, wfp_api_call_t *call)
{
    const char *expires = wfp_api_call_header(call, "Expires");

    meta->http.content_type = wfp_api_call_header(call, "Content-Type");
    meta->http.content_language = wfp_api_call_header(call, "Content-Language");
    meta->http.content_disposition = wfp_api_call_header(call, "Content-"
                                                               "Disposition");
    meta->http.content_encoding = wfp_api_call_header(call, "Content-Encoding");
    meta->http.cache_control = wfp_api_call_header(call, "Cache-Control");
    meta->http.cache_expiry = expires ? apr_date_parse_http(expires) : 0;
    return wfp_api_r2_read_class(&meta->storage_class, call,
                                 wfp_api_call_header(call,
                                                     "cf-r2-storage-class"));
}

wfp_json_t *wfp_api_r2_objects_show(const wfp_r2_object_t *object,
                                    apr_pool_t *p)
{
    wfp_json_t *doc = wfp_json_object(p);

    wfp_json_set_str(doc, "key", object->key);
    wfp_json_set_str(doc, "etag", object->etag);
    wfp_json_set_str(doc, "size",
                     apr_psprintf(p, "%" APR_INT64_T_FMT, object->size));
    wfp_json_set_str(doc, "version", object->version);
    wfp_json_set_str(doc, "uploaded", wfp_show_time(object->uploaded, p));
    wfp_json_set_str(doc, "storage_class", object->meta.storage_class);
    return doc;
}

apr_status_t wfp_api_r2_objects_put(wfp_api_call_t *call)
{
    wfp_r2_call_t r2 = { .verb = WFP_R2_PUT };
    apr_status_t rv = read_key(&r2.key, call);

    if (rv == APR_SUCCESS) {
        rv = read_meta(&r2.meta, call);
    }
    if (rv != APR_SUCCESS) {
        return rv;
    }
    r2.condition = read_condition(call);
    r2.source = wfp_api_body_open(call->server, call->r);
    rv = wfp_api_r2_objects_run(call, &r2, "put_object");
    if (rv != APR_SUCCESS) {
        return rv;
    }
    if (r2.unmet) {
        return wfp_api_answer_error(call, WFP_API_R2_UNMET, NULL);
    }
    call->body_read = 1;
    return wfp_api_answer_json(call,
                               wfp_api_r2_objects_show(r2.object, call->pool));
}

apr_status_t wfp_api_r2_objects_delete(wfp_api_call_t *call)
{
    wfp_r2_call_t r2 = { .verb = WFP_R2_DELETE, .count = 1 };
    wfp_json_t *doc = wfp_json_object(call->pool);
    const char *key;
    apr_status_t rv = read_key(&key, call);

    r2.keys = &key;
    if (rv == APR_SUCCESS) {
        rv = wfp_api_r2_objects_run(call, &r2, "delete_object");
    }
    if (rv != APR_SUCCESS) {
        return rv;
    }
    wfp_json_set_str(doc, "key", key);
    return wfp_api_answer_json(call, doc);
}

/* [KEY, ...] */
static apr_status_t read_keys(wfp_r2_call_t *r2, wfp_api_call_t *call)
{
    const char **keys;
    wfp_json_t *list;
    apr_size_t i, n;
    apr_status_t rv = wfp_api_call_json_max(&list, call, KEYS_BYTES);

    if (rv != APR_SUCCESS) {
        return rv;
    }
    n = wfp_json_is_array(list) ? wfp_json_size(list) : 0;
    if (n == 0 || n > WFP_R2_LIST_MAX) {
        return wfp_api_answer_error(call, WFP_API_BAD_REQUEST,
                                    "an array of 1 to %d keys is needed",
                                    WFP_R2_LIST_MAX);
    }
    keys = apr_pcalloc(call->pool, n * sizeof(*keys));
    for (i = 0; i < n; i++) {
        keys[i] = wfp_json_str(wfp_json_at(list, i, call->pool));
        if (!keys[i] || !wfp_r2_is_key(keys[i], strlen(keys[i]))) {
            return wfp_api_answer_error(call, WFP_API_R2_BAD_KEY, NULL);
        }
    }
    r2->keys = keys;
    r2->count = (int)n;
    return APR_SUCCESS;
}

apr_status_t wfp_api_r2_objects_delete_many(wfp_api_call_t *call)
{
    wfp_r2_call_t r2 = { .verb = WFP_R2_DELETE };
    wfp_json_t *doc = wfp_json_object(call->pool);
    apr_status_t rv = wfp_api_r2_check_place(call);

    if (rv == APR_SUCCESS) {
        rv = read_keys(&r2, call);
    }
    if (rv == APR_SUCCESS) {
        rv = wfp_api_r2_objects_run(call, &r2,
                                    r2.count > 1 ? "delete_objects"
                                                 : "delete_object");
    }
    if (rv != APR_SUCCESS) {
        return rv;
    }
    wfp_json_set_int(doc, "keys", r2.count);
    return wfp_api_answer_json(call, doc);
}

/* ---- get ------------------------------------------------------------------------ */

static void set_header(wfp_api_call_t *call, const char *name,
                       const char *value)
{
    if (value) {
        apr_table_setn(call->r->headers_out, name, value);
    }
}

static const char *http_date(apr_time_t t, apr_pool_t *p)
{
    char *text = apr_palloc(p, APR_RFC822_DATE_LEN);

    (void)apr_rfc822_date(text, t); /* cannot fail */
    return text;
}

/* What httpd would store of it is no-store, as all of the API. */
static void set_headers(wfp_api_call_t *call, const wfp_r2_object_t *object)
{
    const wfp_r2_http_t *http = &object->meta.http;

    set_header(call, "ETag",
               apr_pstrcat(call->pool, "\"", object->etag, "\"", NULL));
    set_header(call, "Last-Modified", http_date(object->uploaded, call->pool));
    set_header(call, "Accept-Ranges", "bytes");
    set_header(call, "Content-Language", http->content_language);
    set_header(call, "Content-Disposition", http->content_disposition);
    set_header(call, "Content-Encoding", http->content_encoding);
    set_header(call, "cf-r2-storage-class", object->meta.storage_class);
}

/* Is it a 304 that the condition asks for? */
static apr_status_t answer_unmet(wfp_api_call_t *call)
{
    if (wfp_api_call_header(call, "If-None-Match")
        || (wfp_api_call_header(call, "If-Modified-Since")
            && !wfp_api_call_header(call, "If-Match"))) {
        (void)wfp_api_answer_raw(call, "application/octet-stream", "", 0);
        call->answer.status = HTTP_NOT_MODIFIED;
        return APR_SUCCESS;
    }
    return wfp_api_answer_error(call, WFP_API_R2_UNMET, NULL);
}

apr_status_t wfp_api_r2_objects_get(wfp_api_call_t *call)
{
    wfp_r2_call_t r2 = { .verb = WFP_R2_GET };
    const char *type;
    apr_status_t rv = read_key(&r2.key, call);

    if (rv == APR_SUCCESS) {
        r2.condition = read_condition(call);
        wfp_r2_read_range(&r2.range, wfp_api_call_header(call, "Range"));
        rv = wfp_api_r2_objects_run(call, &r2, NULL);
    }
    if (rv != APR_SUCCESS) {
        return rv;
    }
    if (!r2.object) {
        return wfp_api_answer_error(call, WFP_API_R2_NO_KEY, NULL);
    }
    set_headers(call, r2.object);
    if (r2.unmet) {
        return answer_unmet(call);
    }
    type = r2.object->meta.http.content_type;
    (void)wfp_api_answer_body(call, type ? type : "application/octet-stream",
                              r2.body);
    if (r2.range.given) {
        call->answer.status = HTTP_PARTIAL_CONTENT;
        set_header(call, "Content-Range",
                   apr_psprintf(call->pool,
                                "bytes %" APR_INT64_T_FMT "-%" APR_INT64_T_FMT
                                "/%" APR_INT64_T_FMT,
                                r2.offset, r2.offset + r2.length - 1,
                                r2.object->size));
    }
    return APR_SUCCESS;
}

/* ---- list ----------------------------------------------------------------------- */

static void set_text(wfp_json_t *doc, const char *name, const char *text)
{
    if (text) {
        wfp_json_set_str(doc, name, text);
    }
}

static wfp_json_t *show_object(const wfp_r2_object_t *object, apr_pool_t *p)
{
    const wfp_r2_http_t *from = &object->meta.http;
    wfp_json_t *doc = wfp_json_object(p), *http = wfp_json_object(p);
    wfp_json_t *custom = wfp_json_object(p);
    int i;

    set_text(http, "contentType", from->content_type);
    set_text(http, "contentLanguage", from->content_language);
    set_text(http, "contentDisposition", from->content_disposition);
    set_text(http, "contentEncoding", from->content_encoding);
    set_text(http, "cacheControl", from->cache_control);
    if (from->cache_expiry) {
        wfp_json_set_str(http, "cacheExpiry",
                         wfp_show_time(from->cache_expiry, p));
    }
    for (i = 0; i < object->meta.custom_count; i++) {
        wfp_json_set_str(custom, object->meta.custom[i].name,
                         object->meta.custom[i].value);
    }
    wfp_json_set_str(doc, "key", object->key);
    wfp_json_set_int(doc, "size", object->size);
    wfp_json_set_str(doc, "etag", object->etag);
    wfp_json_set_str(doc, "last_modified", wfp_show_time(object->uploaded, p));
    wfp_json_set(doc, "http_metadata", http);
    wfp_json_set(doc, "custom_metadata", custom);
    wfp_json_set_str(doc, "storage_class", object->meta.storage_class);
    return doc;
}

apr_status_t wfp_api_r2_objects_list(wfp_api_call_t *call)
{
    wfp_json_t *doc = wfp_json_array(call->pool);
    wfp_json_t *prefixes = wfp_json_array(call->pool);
    wfp_r2_call_t r2 = { .verb = WFP_R2_LIST, .with_meta = 1 };
    apr_int64_t limit = WFP_R2_LIST_MAX;
    int i;
    apr_status_t rv = wfp_api_r2_check_place(call);

    if (rv == APR_SUCCESS) {
        rv = wfp_api_call_number(&limit, call, "per_page", 1, WFP_R2_LIST_MAX);
    }
    if (rv != APR_SUCCESS) {
        return rv;
    }
    r2.limit = (int)limit;
    r2.max = LIST_BYTES;
    r2.prefix = wfp_api_call_query(call, "prefix");
    r2.delimiter = wfp_api_call_query(call, "delimiter");
    r2.cursor = wfp_api_call_query(call, "cursor");
    r2.start_after = wfp_api_call_query(call, "start_after");
    rv = wfp_api_r2_objects_run(call, &r2, NULL);
    if (rv != APR_SUCCESS) {
        return rv;
    }
    for (i = 0; i < r2.count; i++) {
        wfp_json_add(doc, show_object(&r2.objects[i], call->pool));
    }
    for (i = 0; i < r2.prefix_count; i++) {
        wfp_json_add_str(prefixes, r2.prefixes[i]);
    }
    rv = wfp_api_answer_cursor(call, doc, doc, r2.next);
    wfp_json_set_bool(call->answer.info, "is_truncated", r2.next != NULL);
    wfp_json_set_int(call->answer.info, "per_page", limit);
    wfp_json_set(call->answer.info, "delimited", prefixes);
    return rv;
}
