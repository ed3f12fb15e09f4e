/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Copies: the body that a get gives is what a put reads. Both buckets must be
 * within the key's reach.
 */
#include "admin/s3_copy.h"

#include <apr_strings.h>
#include <http_protocol.h>
#include <string.h>
#include <strings.h>

#include "admin/api_route.h"
#include "admin/s3_meta.h"
#include "admin/s3_uploads.h"

#define SOURCE "x-amz-copy-source"

typedef struct source_t {
    const char *bucket, *key;
    wfp_r2_call_t get;
} source_t;

static apr_status_t bad_source(wfp_s3_call_t *call)
{
    return wfp_s3_call_fail(call, WFP_S3_INVALID_ARGUMENT,
                            SOURCE ": /BUCKET/KEY, encoded as in a URL");
}

/* "/bucket/key" or "bucket/key", encoded */
static apr_status_t read_source(source_t *source, wfp_s3_call_t *call)
{
    const char *text = wfp_s3_call_header(call, SOURCE), *slash;

    text += *text == '/';
    if (strchr(text, '?')) {
        return wfp_s3_call_fail(call, WFP_S3_NOT_IMPLEMENTED,
                                "Versions of objects are not implemented");
    }
    text = wfp_api_route_decode(text, strlen(text), 0, call->pool);
    slash = text ? strchr(text, '/') : NULL;
    if (!slash || slash == text
        || !wfp_r2_is_key(slash + 1, strlen(slash + 1))) {
        return bad_source(call);
    }
    source->bucket = apr_pstrmemdup(call->pool, text,
                                    (apr_size_t)(slash - text));
    source->key = slash + 1;
    return APR_SUCCESS;
}

/* "bytes=0-9", of a part */
static apr_status_t read_range(source_t *source, wfp_s3_call_t *call)
{
    const char *text = wfp_s3_call_header(call, SOURCE "-range");

    if (text) {
        wfp_r2_read_range(&source->get.range, text);
        if (!source->get.range.given) {
            return wfp_s3_call_fail(call, WFP_S3_INVALID_ARGUMENT,
                                    SOURCE "-range: bytes=FIRST-LAST");
        }
    }
    return APR_SUCCESS;
}

static apr_status_t open_source(source_t *source, wfp_s3_call_t *call)
{
    wfp_r2_call_t *get = &source->get;
    apr_status_t rv = read_source(source, call);

    if (rv == APR_SUCCESS) {
        rv = read_range(source, call);
    }
    if (rv != APR_SUCCESS) {
        return rv;
    }
    get->verb = WFP_R2_GET;
    get->key = source->key;
    get->condition = wfp_s3_meta_condition(call, SOURCE "-");
    rv = wfp_s3_call_run(call, source->bucket, get);
    if (rv != APR_SUCCESS) {
        return rv;
    }
    if (!get->object) {
        return wfp_s3_call_fail(call, WFP_S3_NO_KEY, NULL);
    }
    if (get->unmet) {
        return wfp_s3_call_fail(call, WFP_S3_PRECONDITION, NULL);
    }
    return APR_SUCCESS;
}

/* What the copy has: the object's, or what this request says. */
static apr_status_t read_meta(wfp_r2_meta_t *meta, const source_t *source,
                              wfp_s3_call_t *call)
{
    const char *directive = wfp_s3_call_header(call,
                                               "x-amz-metadata-directive");
    int replace = directive && !strcmp(directive, "REPLACE");
    const char *class;
    apr_status_t rv;

    if (directive && !replace && strcmp(directive, "COPY")) {
        return wfp_s3_call_fail(call, WFP_S3_INVALID_ARGUMENT,
                                "x-amz-metadata-directive: COPY or REPLACE");
    }
    rv = wfp_s3_meta_read(meta, call);
    if (rv != APR_SUCCESS || replace) {
        return rv;
    }
    class = meta->storage_class;
    if (!class && !strcmp(source->bucket, call->bucket)
        && !strcmp(source->key, call->key)) {
        return wfp_s3_call_fail(
            call, WFP_S3_INVALID_REQUEST,
            "This copy would change nothing: it needs other "
            "metadata or another storage class");
    }
    *meta = source->get.object->meta;
    meta->storage_class = class;
    return rv;
}

static void write_copy(wfp_s3_call_t *call, const char *root, const char *etag,
                       apr_time_t modified)
{
    wfp_s3_xml_t xml;

    call->status = HTTP_OK;
    wfp_s3_call_xml(&xml, call, root);
    wfp_s3_xml_time(&xml, "LastModified", modified);
    wfp_s3_xml_etag(&xml, etag);
    wfp_s3_xml_close(&xml, root);
}

apr_status_t wfp_s3_copy_object(wfp_s3_call_t *call)
{
    wfp_r2_call_t r2 = { .verb = WFP_R2_PUT, .key = call->key };
    source_t source = { 0 };
    apr_status_t rv = open_source(&source, call);

    if (rv == APR_SUCCESS) {
        rv = read_meta(&r2.meta, &source, call);
    }
    if (rv == APR_SUCCESS) {
        rv = wfp_s3_call_audit(call, "put_object", call->key, 1);
    }
    if (rv == APR_SUCCESS) {
        r2.condition = wfp_s3_meta_condition(call, "");
        r2.source = source.get.body;
        rv = wfp_s3_call_run(call, call->bucket, &r2);
    }
    if (rv != APR_SUCCESS) {
        return rv;
    }
    if (r2.unmet) {
        return wfp_s3_call_fail(call, WFP_S3_PRECONDITION, NULL);
    }
    write_copy(call, "CopyObjectResult", r2.object->etag, r2.object->uploaded);
    return rv;
}

apr_status_t wfp_s3_copy_part(wfp_s3_call_t *call)
{
    wfp_r2_call_t r2 = { .verb = WFP_R2_PUT_PART, .key = call->key };
    source_t source = { 0 };
    apr_status_t rv = wfp_s3_uploads_read_part(&r2, call);

    if (rv == APR_SUCCESS) {
        rv = open_source(&source, call);
    }
    if (rv == APR_SUCCESS) {
        r2.source = source.get.body;
        rv = wfp_s3_call_run(call, call->bucket, &r2);
    }
    if (rv == APR_SUCCESS) {
        write_copy(call, "CopyPartResult", r2.etag, apr_time_now());
    }
    return rv;
}
