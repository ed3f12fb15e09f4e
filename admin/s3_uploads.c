/* SPDX-License-Identifier: Apache-2.0 */
/* Multipart uploads by the S3 endpoint. */
#include "admin/s3_uploads.h"

#include <apr_strings.h>
#include <http_core.h>
#include <http_protocol.h>
#include <string.h>

#include "admin/s3_list.h"
#include "admin/s3_meta.h"
#include "admin/s3_parse.h"
#include "admin/s3_payload.h"

static const char *upload_id(const wfp_s3_call_t *call)
{
    return wfp_s3_call_query(call, "uploadId");
}

apr_status_t wfp_s3_uploads_create(wfp_s3_call_t *call)
{
    wfp_r2_call_t r2 = { .verb = WFP_R2_CREATE_UPLOAD, .key = call->key };
    wfp_s3_xml_t xml;
    apr_status_t rv = wfp_s3_meta_read(&r2.meta, call);

    if (rv == APR_SUCCESS) {
        rv = wfp_s3_call_run(call, call->bucket, &r2);
    }
    if (rv != APR_SUCCESS) {
        return rv;
    }
    call->status = HTTP_OK;
    wfp_s3_call_xml(&xml, call, "InitiateMultipartUploadResult");
    wfp_s3_xml_text(&xml, "Bucket", call->bucket);
    wfp_s3_xml_text(&xml, "Key", call->key);
    wfp_s3_xml_text(&xml, "UploadId", r2.upload_id);
    wfp_s3_xml_close(&xml, "InitiateMultipartUploadResult");
    return rv;
}

apr_status_t wfp_s3_uploads_read_part(wfp_r2_call_t *r2, wfp_s3_call_t *call)
{
    apr_int64_t number = 0;
    apr_status_t rv = wfp_s3_call_number(&number, call, "partNumber", 1,
                                         WFP_R2_PARTS_MAX);

    if (rv == APR_SUCCESS && (number == 0 || !upload_id(call))) {
        return wfp_s3_call_fail(call, WFP_S3_INVALID_ARGUMENT,
                                "partNumber and uploadId are needed");
    }
    r2->upload_id = upload_id(call);
    r2->part_number = (int)number;
    return rv;
}

apr_status_t wfp_s3_uploads_put_part(wfp_s3_call_t *call)
{
    wfp_r2_call_t r2 = { .verb = WFP_R2_PUT_PART, .key = call->key };
    apr_status_t rv = wfp_s3_uploads_read_part(&r2, call);

    if (rv == APR_SUCCESS) {
        rv = wfp_s3_payload_open(&r2.source, &r2.sums, call);
    }
    if (rv == APR_SUCCESS) {
        rv = wfp_s3_call_run(call, call->bucket, &r2);
    }
    if (rv == APR_SUCCESS) {
        call->status = HTTP_OK;
        wfp_s3_call_set_etag(call, r2.etag);
    }
    return rv;
}

apr_status_t wfp_s3_uploads_complete(wfp_s3_call_t *call)
{
    wfp_r2_call_t r2 = { .verb = WFP_R2_COMPLETE, .key = call->key };
    wfp_r2_part_t *parts;
    wfp_s3_xml_t xml;
    apr_status_t rv;

    if (wfp_s3_call_header(call, "If-Match")
        || wfp_s3_call_header(call, "If-None-Match")) {
        return wfp_s3_call_fail(call, WFP_S3_NOT_IMPLEMENTED, NULL);
    }
    rv = wfp_s3_parse_parts(&parts, &r2.count, call);
    if (rv == APR_SUCCESS) {
        rv = wfp_s3_call_audit(call, "put_object", call->key, 1);
    }
    if (rv == APR_SUCCESS) {
        r2.upload_id = upload_id(call);
        r2.parts = parts;
        rv = wfp_s3_call_run(call, call->bucket, &r2);
    }
    if (rv != APR_SUCCESS) {
        return rv;
    }
    call->status = HTTP_OK;
    wfp_s3_call_xml(&xml, call, "CompleteMultipartUploadResult");
    wfp_s3_xml_text(&xml, "Location",
                    ap_construct_url(call->pool, call->path, call->r));
    wfp_s3_xml_text(&xml, "Bucket", call->bucket);
    wfp_s3_xml_text(&xml, "Key", call->key);
    wfp_s3_xml_etag(&xml, r2.object->etag);
    wfp_s3_xml_close(&xml, "CompleteMultipartUploadResult");
    return rv;
}

apr_status_t wfp_s3_uploads_abort(wfp_s3_call_t *call)
{
    wfp_r2_call_t r2 = { .verb = WFP_R2_ABORT, .key = call->key };

    r2.upload_id = upload_id(call);
    call->status = HTTP_NO_CONTENT;
    return wfp_s3_call_run(call, call->bucket, &r2);
}

static void write_parts(wfp_s3_call_t *call, const wfp_r2_call_t *r2)
{
    wfp_s3_xml_t xml;
    int i;

    wfp_s3_call_xml(&xml, call, "ListPartsResult");
    wfp_s3_list_encoding(&xml, call);
    wfp_s3_xml_text(&xml, "Bucket", call->bucket);
    wfp_s3_xml_key(&xml, "Key", call->key);
    wfp_s3_xml_text(&xml, "UploadId", r2->upload_id);
    wfp_s3_xml_number(&xml, "PartNumberMarker", r2->after_part);
    if (r2->more && r2->count) {
        wfp_s3_xml_number(&xml, "NextPartNumberMarker",
                          r2->parts[r2->count - 1].number);
    }
    wfp_s3_xml_number(&xml, "MaxParts", r2->limit);
    wfp_s3_xml_bool(&xml, "IsTruncated", r2->more);
    wfp_s3_list_owner(&xml, "Owner");
    for (i = 0; i < r2->count; i++) {
        const wfp_r2_part_t *part = &r2->parts[i];

        wfp_s3_xml_open(&xml, "Part");
        wfp_s3_xml_number(&xml, "PartNumber", part->number);
        wfp_s3_xml_time(&xml, "LastModified", part->uploaded);
        wfp_s3_xml_etag(&xml, part->etag);
        wfp_s3_xml_number(&xml, "Size", part->size);
        wfp_s3_xml_close(&xml, "Part");
    }
    wfp_s3_xml_close(&xml, "ListPartsResult");
}

apr_status_t wfp_s3_uploads_parts(wfp_s3_call_t *call)
{
    wfp_r2_call_t r2 = { .verb = WFP_R2_LIST_PARTS, .key = call->key };
    apr_int64_t limit = WFP_R2_LIST_MAX, after = 0;
    apr_status_t rv = wfp_s3_call_number(&limit, call, "max-parts", 1,
                                         APR_INT32_MAX);

    if (rv == APR_SUCCESS) {
        rv = wfp_s3_call_number(&after, call, "part-number-marker", 0,
                                WFP_R2_PARTS_MAX);
    }
    if (rv == APR_SUCCESS) {
        r2.upload_id = upload_id(call);
        r2.limit = limit < WFP_R2_LIST_MAX ? (int)limit : WFP_R2_LIST_MAX;
        r2.after_part = (int)after;
        rv = wfp_s3_call_run(call, call->bucket, &r2);
    }
    if (rv == APR_SUCCESS) {
        call->status = HTTP_OK;
        write_parts(call, &r2);
    }
    return rv;
}

/* The cursor stands for both markers. */
static void write_uploads(wfp_s3_call_t *call, const wfp_r2_call_t *r2)
{
    wfp_s3_xml_t xml;
    int i;

    wfp_s3_call_xml(&xml, call, "ListMultipartUploadsResult");
    wfp_s3_list_encoding(&xml, call);
    wfp_s3_xml_text(&xml, "Bucket", call->bucket);
    wfp_s3_xml_key(&xml, "KeyMarker", wfp_s3_call_query(call, "key-marker"));
    wfp_s3_xml_text(&xml, "UploadIdMarker", r2->cursor);
    if (r2->next) {
        wfp_s3_xml_key(&xml, "NextKeyMarker",
                       r2->count ? r2->uploads[r2->count - 1].key : "");
        wfp_s3_xml_text(&xml, "NextUploadIdMarker", r2->next);
    }
    wfp_s3_xml_key(&xml, "Prefix", r2->prefix);
    wfp_s3_xml_key(&xml, "Delimiter", r2->delimiter);
    wfp_s3_xml_number(&xml, "MaxUploads", r2->limit);
    wfp_s3_xml_bool(&xml, "IsTruncated", r2->next != NULL);
    for (i = 0; i < r2->count; i++) {
        const wfp_r2_upload_t *upload = &r2->uploads[i];

        wfp_s3_xml_open(&xml, "Upload");
        wfp_s3_xml_key(&xml, "Key", upload->key);
        wfp_s3_xml_text(&xml, "UploadId", upload->id);
        wfp_s3_list_owner(&xml, "Initiator");
        wfp_s3_list_owner(&xml, "Owner");
        wfp_s3_xml_text(&xml, "StorageClass",
                        wfp_s3_meta_storage_class(upload->storage_class));
        wfp_s3_xml_time(&xml, "Initiated", upload->created);
        wfp_s3_xml_close(&xml, "Upload");
    }
    wfp_s3_list_prefixes(&xml, r2);
    wfp_s3_xml_close(&xml, "ListMultipartUploadsResult");
}

apr_status_t wfp_s3_uploads_list(wfp_s3_call_t *call)
{
    wfp_r2_call_t r2 = { .verb = WFP_R2_LIST_UPLOADS };
    apr_int64_t limit = WFP_R2_LIST_MAX;
    apr_status_t rv = wfp_s3_call_number(&limit, call, "max-uploads", 1,
                                         APR_INT32_MAX);

    r2.cursor = wfp_s3_call_query(call, "upload-id-marker");
    if (rv == APR_SUCCESS && !r2.cursor
        && wfp_s3_call_query(call, "key-marker")) {
        return wfp_s3_call_fail(call, WFP_S3_NOT_IMPLEMENTED,
                                "key-marker goes with the upload-id-marker of "
                                "the page before");
    }
    if (rv == APR_SUCCESS) {
        r2.prefix = wfp_s3_call_query(call, "prefix");
        r2.delimiter = wfp_s3_call_query(call, "delimiter");
        r2.limit = limit < WFP_R2_LIST_MAX ? (int)limit : WFP_R2_LIST_MAX;
        rv = wfp_s3_call_run(call, call->bucket, &r2);
    }
    if (rv == APR_SUCCESS) {
        call->status = HTTP_OK;
        write_uploads(call, &r2);
    }
    return rv;
}
