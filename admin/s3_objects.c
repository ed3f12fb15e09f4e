/* SPDX-License-Identifier: Apache-2.0 */
/* Objects by the S3 endpoint: read, written, deleted. */
#include "admin/s3_objects.h"

#include <apr_strings.h>
#include <http_protocol.h>
#include <string.h>

#include "admin/s3_meta.h"
#include "admin/s3_parse.h"
#include "admin/s3_payload.h"

/* ---- read ------------------------------------------------------------------------- */

/* A condition did not hold: which of the two it is, the client should know. */
static apr_status_t unmet(wfp_s3_call_t *call, const wfp_r2_object_t *object)
{
    const wfp_r2_condition_t *strong = wfp_r2_read_condition(
        wfp_s3_call_header(call, "If-Match"), NULL, NULL,
        wfp_s3_call_header(call, "If-Unmodified-Since"), call->pool);

    if (strong && !wfp_r2_condition_holds(strong, object)) {
        return wfp_s3_call_fail(call, WFP_S3_PRECONDITION, NULL);
    }
    call->status = HTTP_NOT_MODIFIED;
    return wfp_s3_meta_write(call, object);
}

static apr_status_t no_range(wfp_s3_call_t *call, const wfp_r2_object_t *object)
{
    apr_table_setn(call->r->err_headers_out, "Content-Range",
                   apr_psprintf(call->pool, "bytes */%" APR_INT64_T_FMT,
                                object->size));
    return wfp_s3_call_fail(call, WFP_S3_INVALID_RANGE, NULL);
}

static apr_status_t write_head(wfp_s3_call_t *call,
                               const wfp_r2_object_t *object, int ranged,
                               apr_int64_t offset, apr_int64_t length)
{
    call->status = HTTP_OK;
    if (ranged) {
        call->status = HTTP_PARTIAL_CONTENT;
        apr_table_setn(call->r->headers_out, "Content-Range",
                       apr_psprintf(call->pool,
                                    "bytes %" APR_INT64_T_FMT
                                    "-%" APR_INT64_T_FMT "/%" APR_INT64_T_FMT,
                                    offset, offset + length - 1, object->size));
    }
    return wfp_s3_meta_write(call, object);
}

apr_status_t wfp_s3_objects_get(wfp_s3_call_t *call)
{
    wfp_r2_call_t r2 = { .verb = WFP_R2_GET, .key = call->key };
    apr_status_t rv;

    r2.condition = wfp_s3_meta_condition(call, "");
    wfp_r2_read_range(&r2.range, wfp_s3_call_header(call, "Range"));
    rv = wfp_s3_call_run(call, call->bucket, &r2);
    if (rv != APR_SUCCESS) {
        return rv;
    }
    if (!r2.object) {
        return wfp_s3_call_fail(call, WFP_S3_NO_KEY, NULL);
    }
    if (r2.unmet) {
        return unmet(call, r2.object);
    }
    call->body = r2.body;
    return write_head(call, r2.object, r2.range.given, r2.offset, r2.length);
}

/* httpd takes "0" out of answers to HEAD; clients want it. With the blank, which
 * means nothing, it is another text. */
static void set_length(request_rec *r, apr_int64_t length)
{
    ap_set_content_length(r, length);
    if (length == 0 && !r->connection->master) {
        apr_table_setn(r->headers_out, "Content-Length", " 0");
    }
}

apr_status_t wfp_s3_objects_head(wfp_s3_call_t *call)
{
    wfp_r2_call_t r2 = { .verb = WFP_R2_HEAD, .key = call->key };
    const wfp_r2_condition_t *condition = wfp_s3_meta_condition(call, "");
    wfp_r2_range_t range = { 0 };
    apr_int64_t offset = 0, length;
    apr_status_t rv = wfp_s3_call_run(call, call->bucket, &r2);

    if (rv != APR_SUCCESS) {
        return rv;
    }
    if (!r2.object) {
        return wfp_s3_call_fail(call, WFP_S3_NO_KEY, NULL);
    }
    if (condition && !wfp_r2_condition_holds(condition, r2.object)) {
        return unmet(call, r2.object);
    }
    length = r2.object->size;
    wfp_r2_read_range(&range, wfp_s3_call_header(call, "Range"));
    if (range.given
        && !wfp_r2_resolve_range(&offset, &length, &range, r2.object->size)) {
        return no_range(call, r2.object);
    }
    set_length(call->r, length);
    return write_head(call, r2.object, range.given, offset, length);
}

/* ---- written ---------------------------------------------------------------------- */

apr_status_t wfp_s3_objects_put(wfp_s3_call_t *call)
{
    wfp_r2_call_t r2 = { .verb = WFP_R2_PUT, .key = call->key };
    apr_status_t rv = wfp_s3_meta_read(&r2.meta, call);

    r2.condition = wfp_s3_meta_condition(call, "");
    if (rv == APR_SUCCESS) {
        rv = wfp_s3_payload_open(&r2.source, &r2.sums, call);
    }
    if (rv == APR_SUCCESS) {
        rv = wfp_s3_call_audit(call, "put_object", call->key, 1);
    }
    if (rv == APR_SUCCESS) {
        rv = wfp_s3_call_run(call, call->bucket, &r2);
    }
    if (rv != APR_SUCCESS) {
        return rv;
    }
    if (r2.unmet) {
        return wfp_s3_call_fail(call, WFP_S3_PRECONDITION, NULL);
    }
    wfp_s3_call_set_etag(call, r2.object->etag);
    call->status = HTTP_OK;
    return rv;
}

/* ---- deleted ---------------------------------------------------------------------- */

apr_status_t wfp_s3_objects_delete(wfp_s3_call_t *call)
{
    const char *const keys[1] = { call->key };
    wfp_r2_call_t r2 = { .verb = WFP_R2_DELETE, .keys = keys, .count = 1 };
    apr_status_t rv = wfp_s3_call_audit(call, "delete_object", call->key, 1);

    if (rv == APR_SUCCESS) {
        rv = wfp_s3_call_run(call, call->bucket, &r2);
    }
    call->status = HTTP_NO_CONTENT;
    return rv;
}

/* Keys that can be some's come first; the others are told. */
static int take_keys(wfp_s3_delete_t *ask, const char **bad)
{
    int good = 0, count = 0, i;

    for (i = 0; i < ask->count; i++) {
        const char *key = ask->keys[i];

        if (wfp_r2_is_key(key, strlen(key))) {
            ask->keys[good++] = key;
        }
        else {
            bad[count++] = key;
        }
    }
    ask->count = good;
    return count;
}

static void write_deleted(wfp_s3_call_t *call, const wfp_s3_delete_t *ask,
                          const char **bad, int bad_count)
{
    const wfp_s3_error_row_t *row = wfp_s3_error_row(WFP_S3_KEY_TOO_LONG);
    wfp_s3_xml_t xml;
    int i;

    wfp_s3_call_xml(&xml, call, "DeleteResult");
    for (i = 0; i < ask->count && !ask->quiet; i++) {
        wfp_s3_xml_open(&xml, "Deleted");
        wfp_s3_xml_text(&xml, "Key", ask->keys[i]);
        wfp_s3_xml_close(&xml, "Deleted");
    }
    for (i = 0; i < bad_count; i++) {
        wfp_s3_xml_open(&xml, "Error");
        wfp_s3_xml_text(&xml, "Key", bad[i]);
        wfp_s3_xml_text(&xml, "Code", row->code);
        wfp_s3_xml_text(&xml, "Message", row->text);
        wfp_s3_xml_close(&xml, "Error");
    }
    wfp_s3_xml_close(&xml, "DeleteResult");
}

apr_status_t wfp_s3_objects_delete_many(wfp_s3_call_t *call)
{
    wfp_r2_call_t r2 = { .verb = WFP_R2_DELETE };
    const char *bad[WFP_R2_DELETE_MAX];
    wfp_s3_delete_t ask;
    int bad_count = 0;
    apr_status_t rv = wfp_s3_parse_delete(&ask, call);

    if (rv == APR_SUCCESS) {
        bad_count = take_keys(&ask, bad);
        rv = wfp_s3_call_audit(call, "delete_objects", NULL, ask.count);
    }
    if (rv == APR_SUCCESS && ask.count) {
        r2.keys = ask.keys;
        r2.count = ask.count;
        rv = wfp_s3_call_run(call, call->bucket, &r2);
    }
    if (rv == APR_SUCCESS) {
        call->status = HTTP_OK;
        write_deleted(call, &ask, bad, bad_count);
    }
    return rv;
}
