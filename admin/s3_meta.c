/* SPDX-License-Identifier: Apache-2.0 */
/* Metadata of objects to and from headers. */
#include "admin/s3_meta.h"

#include <apr_date.h>
#include <apr_lib.h>
#include <apr_strings.h>
#include <http_protocol.h>
#include <string.h>
#include <strings.h>

#include "admin/s3_checksum.h"

#define META "x-amz-meta-"

/* Headers that ask for what this server has not: who sends one relies on it. */
static const char *const refused[] = {
    "x-amz-server-side-encryption",
    "x-amz-copy-source-server-side-encryption",
    "x-amz-object-lock-",
    "x-amz-tagging",
    "x-amz-website-redirect-location",
    "x-amz-grant-",
    "x-amz-expected-bucket-owner",
    "x-amz-source-expected-bucket-owner",
    "x-amz-write-offset-bytes",
    NULL,
};

static apr_status_t check_headers(wfp_s3_call_t *call)
{
    const apr_array_header_t *list = apr_table_elts(call->r->headers_in);
    const char *acl = wfp_s3_call_header(call, "x-amz-acl");
    int i, k;

    if (acl && strcmp(acl, "private")) {
        return wfp_s3_call_fail(call, WFP_S3_NOT_IMPLEMENTED,
                                "x-amz-acl: objects are private here");
    }
    for (i = 0; i < list->nelts; i++) {
        const char *name = APR_ARRAY_IDX(list, i, apr_table_entry_t).key;

        for (k = 0; refused[k]; k++) {
            if (!strncasecmp(name, refused[k], strlen(refused[k]))) {
                return wfp_s3_call_fail(call, WFP_S3_NOT_IMPLEMENTED,
                                        "%.80s is not implemented", name);
            }
        }
    }
    return APR_SUCCESS;
}

/* ---- in --------------------------------------------------------------------------- */

/* Without "aws-chunked", which was of the request only; NULL: nothing left. */
static const char *content_encoding(const wfp_s3_call_t *call)
{
    const char *value = wfp_s3_call_header(call, "Content-Encoding");
    char *text = value ? apr_pstrdup(call->pool, value) : NULL, *state, *part;
    const char *left = NULL;

    for (part = text ? apr_strtok(text, ", ", &state) : NULL; part;
         part = apr_strtok(NULL, ", ", &state)) {
        if (strcasecmp(part, "aws-chunked")) {
            left = left ? apr_pstrcat(call->pool, left, ", ", part, NULL)
                        : part;
        }
    }
    return left;
}

static void read_custom(wfp_r2_meta_t *meta, const wfp_s3_call_t *call)
{
    const apr_array_header_t *list = apr_table_elts(call->r->headers_in);
    apr_array_header_t *pairs = apr_array_make(call->pool, 8,
                                               sizeof(wfp_r2_pair_t));
    int i;

    for (i = 0; i < list->nelts; i++) {
        const apr_table_entry_t *e = &APR_ARRAY_IDX(list, i, apr_table_entry_t);
        wfp_r2_pair_t *pair;
        char *name, *c;

        if (strncasecmp(e->key, META, sizeof(META) - 1)) {
            continue;
        }
        name = apr_pstrdup(call->pool, e->key + sizeof(META) - 1);
        for (c = name; *c; c++) {
            *c = (char)apr_tolower(*c);
        }
        pair = apr_array_push(pairs);
        pair->name = name;
        pair->value = e->val;
    }
    meta->custom = (const wfp_r2_pair_t *)(const void *)pairs->elts;
    meta->custom_count = pairs->nelts;
}

static apr_status_t read_storage_class(wfp_r2_meta_t *meta, wfp_s3_call_t *call)
{
    const char *text = wfp_s3_call_header(call, "x-amz-storage-class");

    if (!text) {
        return APR_SUCCESS;
    }
    meta->storage_class = !strcmp(text, "STANDARD")      ? "Standard"
                          : !strcmp(text, "STANDARD_IA") ? "InfrequentAccess"
                                                         : NULL;
    return meta->storage_class
               ? APR_SUCCESS
               : wfp_s3_call_fail(call, WFP_S3_STORAGE_CLASS, NULL);
}

apr_status_t wfp_s3_meta_read(wfp_r2_meta_t *meta, wfp_s3_call_t *call)
{
    const char *expires = wfp_s3_call_header(call, "Expires");
    wfp_r2_http_t *http = &meta->http;
    wfp_r2_fault_e fault;
    apr_status_t rv = check_headers(call);

    memset(meta, 0, sizeof(*meta));
    if (rv == APR_SUCCESS) {
        rv = read_storage_class(meta, call);
    }
    if (rv != APR_SUCCESS) {
        return rv;
    }
    http->content_type = wfp_s3_call_header(call, "Content-Type");
    http->content_language = wfp_s3_call_header(call, "Content-Language");
    http->content_disposition = wfp_s3_call_header(call, "Content-Disposition");
    http->content_encoding = content_encoding(call);
    http->cache_control = wfp_s3_call_header(call, "Cache-Control");
    http->cache_expiry = expires ? apr_date_parse_http(expires) : 0;
    read_custom(meta, call);
    fault = wfp_r2_check_meta(meta);
    return fault == WFP_R2_FINE
               ? rv
               : wfp_s3_call_fail(call,
                                  fault == WFP_R2_METADATA_SIZE
                                      ? WFP_S3_METADATA_TOO_LARGE
                                      : WFP_S3_INVALID_ARGUMENT,
                                  NULL);
}

const wfp_r2_condition_t *wfp_s3_meta_condition(const wfp_s3_call_t *call,
                                                const char *prefix)
{
    static const char *const names[4] = { "If-Match", "If-None-Match",
                                          "If-Modified-Since",
                                          "If-Unmodified-Since" };
    const char *values[4];
    int i;

    for (i = 0; i < 4; i++) {
        values[i] = wfp_s3_call_header(call, apr_pstrcat(call->pool, prefix,
                                                         names[i], NULL));
    }
    return wfp_r2_read_condition(values[0], values[1], values[2], values[3],
                                 call->pool);
}

/* ---- out -------------------------------------------------------------------------- */

const char *wfp_s3_meta_storage_class(const char *storage_class)
{
    return storage_class && !strcmp(storage_class, "InfrequentAccess")
               ? "STANDARD_IA"
               : "STANDARD";
}

static const char *http_time(apr_time_t t, apr_pool_t *p)
{
    char *text = apr_palloc(p, APR_RFC822_DATE_LEN);

    return apr_rfc822_date(text, t) == APR_SUCCESS ? text : NULL;
}

static void write_sums(wfp_s3_call_t *call, const wfp_r2_object_t *object)
{
    const char *mode = wfp_s3_call_header(call, "x-amz-checksum-mode");
    const char *sha1 = object->sums.hex[WFP_HASH_SHA1];
    const char *sha256 = object->sums.hex[WFP_HASH_SHA256];

    if (!mode || strcasecmp(mode, "ENABLED")) {
        return;
    }
    if (sha1) {
        (void)wfp_s3_call_set(call, "x-amz-checksum-sha1",
                              wfp_s3_checksum_base64(sha1, call->pool));
    }
    if (sha256) {
        (void)wfp_s3_call_set(call, "x-amz-checksum-sha256",
                              wfp_s3_checksum_base64(sha256, call->pool));
    }
}

/* A Worker may have put what is no header: it is counted, as S3 does it. */
static void write_custom(wfp_s3_call_t *call, const wfp_r2_meta_t *meta)
{
    int missing = 0, i;

    for (i = 0; i < meta->custom_count; i++) {
        const wfp_r2_pair_t *pair = &meta->custom[i];

        if (!wfp_s3_call_set(call,
                             apr_pstrcat(call->pool, META, pair->name, NULL),
                             pair->value)) {
            missing++;
        }
    }
    if (missing) {
        apr_table_setn(call->r->headers_out, "x-amz-missing-meta",
                       apr_itoa(call->pool, missing));
    }
}

/* What an object has, or what the query wants instead. */
static apr_status_t write_http(wfp_s3_call_t *call, const wfp_r2_http_t *http)
{
    const char *expires = http->cache_expiry
                              ? http_time(http->cache_expiry, call->pool)
                              : NULL;
    const struct {
        const char *header, *query, *value;
    } rows[] = {
        { "Content-Type", "response-content-type",
          http->content_type ? http->content_type
                             : "application/octet-stream" },
        { "Content-Language", "response-content-language",
          http->content_language },
        { "Content-Disposition", "response-content-disposition",
          http->content_disposition },
        { "Content-Encoding", "response-content-encoding",
          http->content_encoding },
        { "Cache-Control", "response-cache-control", http->cache_control },
        { "Expires", "response-expires", expires },
    };
    apr_size_t i;

    for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        const char *asked = wfp_s3_call_query(call, rows[i].query);
        const char *value = asked ? asked : rows[i].value;

        if (value && !wfp_s3_call_set(call, rows[i].header, value) && asked) {
            return wfp_s3_call_fail(call, WFP_S3_INVALID_ARGUMENT,
                                    "%s: no value of a header", rows[i].query);
        }
    }
    return APR_SUCCESS;
}

apr_status_t wfp_s3_meta_write(wfp_s3_call_t *call,
                               const wfp_r2_object_t *object)
{
    const char *class = wfp_s3_meta_storage_class(object->meta.storage_class);
    apr_table_t *out = call->r->headers_out;

    wfp_s3_call_set_etag(call, object->etag);
    apr_table_setn(out, "Last-Modified",
                   http_time(object->uploaded, call->pool));
    apr_table_setn(out, "Accept-Ranges", "bytes");
    if (strcmp(class, "STANDARD")) {
        apr_table_setn(out, "x-amz-storage-class", class);
    }
    write_custom(call, &object->meta);
    write_sums(call, object);
    return write_http(call, &object->meta.http);
}
