/* SPDX-License-Identifier: Apache-2.0 */
/* Lists of objects, in S3's two forms. */
#include "admin/s3_list.h"

#include <apr_strings.h>
#include <http_protocol.h>
#include <string.h>

#include "admin/s3_meta.h"

/* U+10FFFF: what begins with a prefix comes before prefix and this */
#define LAST_OF_ALL "\xf4\x8f\xbf\xbf"

void wfp_s3_list_encoding(wfp_s3_xml_t *xml, const wfp_s3_call_t *call)
{
    const char *type = wfp_s3_call_query(call, "encoding-type");

    xml->url = type && !strcmp(type, "url");
    if (xml->url) {
        wfp_s3_xml_text(xml, "EncodingType", "url");
    }
}

void wfp_s3_list_owner(wfp_s3_xml_t *xml, const char *name)
{
    wfp_s3_xml_open(xml, name);
    wfp_s3_xml_text(xml, "ID", "account");
    wfp_s3_xml_text(xml, "DisplayName", "account");
    wfp_s3_xml_close(xml, name);
}

void wfp_s3_list_prefixes(wfp_s3_xml_t *xml, const wfp_r2_call_t *r2)
{
    int i;

    for (i = 0; i < r2->prefix_count; i++) {
        wfp_s3_xml_open(xml, "CommonPrefixes");
        wfp_s3_xml_key(xml, "Prefix", r2->prefixes[i]);
        wfp_s3_xml_close(xml, "CommonPrefixes");
    }
}

static void write_objects(wfp_s3_xml_t *xml, const wfp_r2_call_t *r2,
                          int owners)
{
    int i;

    for (i = 0; i < r2->count; i++) {
        const wfp_r2_object_t *object = &r2->objects[i];

        wfp_s3_xml_open(xml, "Contents");
        wfp_s3_xml_key(xml, "Key", object->key);
        wfp_s3_xml_time(xml, "LastModified", object->uploaded);
        wfp_s3_xml_etag(xml, object->etag);
        wfp_s3_xml_number(xml, "Size", object->size);
        wfp_s3_xml_text(xml, "StorageClass",
                        wfp_s3_meta_storage_class(object->meta.storage_class));
        if (owners) {
            wfp_s3_list_owner(xml, "Owner");
        }
        wfp_s3_xml_close(xml, "Contents");
    }
    wfp_s3_list_prefixes(xml, r2);
}

/* What both forms ask for. */
static apr_status_t read_ask(wfp_r2_call_t *r2, wfp_s3_call_t *call)
{
    const char *type = wfp_s3_call_query(call, "encoding-type");
    apr_int64_t limit = WFP_R2_LIST_MAX;
    apr_status_t rv;

    if (type && strcmp(type, "url")) {
        return wfp_s3_call_fail(call, WFP_S3_INVALID_ARGUMENT,
                                "encoding-type: url");
    }
    rv = wfp_s3_call_number(&limit, call, "max-keys", 0, APR_INT32_MAX);
    r2->prefix = wfp_s3_call_query(call, "prefix");
    r2->delimiter = wfp_s3_call_query(call, "delimiter");
    r2->limit = limit < WFP_R2_LIST_MAX ? (int)limit : WFP_R2_LIST_MAX;
    return rv;
}

/* 0 keys: whether the bucket is there. */
static apr_status_t run(wfp_r2_call_t *r2, wfp_s3_call_t *call)
{
    int limit = r2->limit;
    apr_status_t rv;

    r2->limit = limit ? limit : 1;
    rv = wfp_s3_call_run(call, call->bucket, r2);
    if (rv == APR_SUCCESS && limit == 0) {
        r2->count = r2->prefix_count = 0;
        r2->next = NULL;
    }
    r2->limit = limit;
    call->status = HTTP_OK;
    return rv;
}

/* What follows a marker that is a common prefix is not that prefix once more. */
static const char *after_marker(const wfp_r2_call_t *r2, const char *marker,
                                apr_pool_t *p)
{
    apr_size_t n = marker ? strlen(marker) : 0;
    apr_size_t m = r2->delimiter ? strlen(r2->delimiter) : 0;

    if (!m || n < m || strcmp(marker + n - m, r2->delimiter)
        || n + sizeof(LAST_OF_ALL) > WFP_R2_KEY_MAX) {
        return marker;
    }
    return apr_pstrcat(p, marker, LAST_OF_ALL, NULL);
}

/* The last of a page: a key or a prefix, whichever is behind the other. */
static const char *last_of(const wfp_r2_call_t *r2)
{
    const char *key = r2->count ? r2->objects[r2->count - 1].key : "";
    const char *prefix = r2->prefix_count ? r2->prefixes[r2->prefix_count - 1]
                                          : "";

    return strcmp(key, prefix) < 0 ? prefix : key;
}

apr_status_t wfp_s3_list_objects(wfp_s3_call_t *call)
{
    wfp_r2_call_t r2 = { .verb = WFP_R2_LIST };
    const char *marker = wfp_s3_call_query(call, "marker");
    wfp_s3_xml_t xml;
    apr_status_t rv = read_ask(&r2, call);

    if (rv == APR_SUCCESS) {
        r2.start_after = after_marker(&r2, marker, call->pool);
        rv = run(&r2, call);
    }
    if (rv != APR_SUCCESS) {
        return rv;
    }
    wfp_s3_call_xml(&xml, call, "ListBucketResult");
    wfp_s3_list_encoding(&xml, call);
    wfp_s3_xml_text(&xml, "Name", call->bucket);
    wfp_s3_xml_key(&xml, "Prefix", r2.prefix ? r2.prefix : "");
    wfp_s3_xml_key(&xml, "Marker", marker ? marker : "");
    if (r2.next) {
        wfp_s3_xml_key(&xml, "NextMarker", last_of(&r2));
    }
    wfp_s3_xml_number(&xml, "MaxKeys", r2.limit);
    wfp_s3_xml_key(&xml, "Delimiter", r2.delimiter);
    wfp_s3_xml_bool(&xml, "IsTruncated", r2.next != NULL);
    write_objects(&xml, &r2, 1);
    wfp_s3_xml_close(&xml, "ListBucketResult");
    return rv;
}

apr_status_t wfp_s3_list_objects_v2(wfp_s3_call_t *call)
{
    wfp_r2_call_t r2 = { .verb = WFP_R2_LIST };
    const char *owners = wfp_s3_call_query(call, "fetch-owner");
    wfp_s3_xml_t xml;
    apr_status_t rv = read_ask(&r2, call);

    if (rv == APR_SUCCESS) {
        r2.cursor = wfp_s3_call_query(call, "continuation-token");
        r2.start_after = wfp_s3_call_query(call, "start-after");
        rv = run(&r2, call);
    }
    if (rv != APR_SUCCESS) {
        return rv;
    }
    wfp_s3_call_xml(&xml, call, "ListBucketResult");
    wfp_s3_list_encoding(&xml, call);
    wfp_s3_xml_text(&xml, "Name", call->bucket);
    wfp_s3_xml_key(&xml, "Prefix", r2.prefix ? r2.prefix : "");
    wfp_s3_xml_key(&xml, "StartAfter", r2.start_after);
    wfp_s3_xml_text(&xml, "ContinuationToken", r2.cursor);
    wfp_s3_xml_text(&xml, "NextContinuationToken", r2.next);
    wfp_s3_xml_number(&xml, "KeyCount", r2.count + r2.prefix_count);
    wfp_s3_xml_number(&xml, "MaxKeys", r2.limit);
    wfp_s3_xml_key(&xml, "Delimiter", r2.delimiter);
    wfp_s3_xml_bool(&xml, "IsTruncated", r2.next != NULL);
    write_objects(&xml, &r2, owners && !strcmp(owners, "true"));
    wfp_s3_xml_close(&xml, "ListBucketResult");
    return rv;
}
