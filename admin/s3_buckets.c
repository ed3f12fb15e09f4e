/* SPDX-License-Identifier: Apache-2.0 */
/* Buckets by the S3 endpoint. */
#include "admin/s3_buckets.h"

#include <http_protocol.h>
#include <string.h>

#include "admin/s3_list.h"
#include "admin/s3_meta.h"
#include "admin/s3_parse.h"
#include "store/r2_buckets.h"

#define PAGE 1000

static apr_status_t failed(wfp_s3_call_t *call)
{
    return wfp_s3_call_fail(call, wfp_s3_error_of(&call->res), NULL);
}

static apr_status_t find(wfp_r2_bucket_t **pbucket, wfp_s3_call_t *call)
{
    apr_status_t rv = wfp_r2_buckets_get(pbucket, call->server->store,
                                         call->bucket, &call->res, call->pool);

    return rv == APR_SUCCESS ? rv : failed(call);
}

static int is_reached(const wfp_s3_call_t *call, const char *name)
{
    const apr_array_header_t *names = call->token->buckets;
    int i;

    for (i = 0; i < names->nelts; i++) {
        if (!strcmp(APR_ARRAY_IDX(names, i, const char *), name)) {
            return 1;
        }
    }
    return names->nelts == 0;
}

/* One page of the store's. @return the last one's name */
static const char *write_page(wfp_s3_xml_t *xml, const wfp_s3_call_t *call,
                              const apr_array_header_t *list)
{
    const char *last = NULL;
    int i;

    for (i = 0; i < list->nelts; i++) {
        const wfp_r2_bucket_t *bucket = APR_ARRAY_IDX(list, i,
                                                      wfp_r2_bucket_t *);

        last = bucket->name;
        if (is_reached(call, bucket->name)) {
            wfp_s3_xml_open(xml, "Bucket");
            wfp_s3_xml_text(xml, "Name", bucket->name);
            wfp_s3_xml_time(xml, "CreationDate", bucket->created);
            wfp_s3_xml_close(xml, "Bucket");
        }
    }
    return last;
}

apr_status_t wfp_s3_buckets_list(wfp_s3_call_t *call)
{
    wfp_r2_buckets_ask_t ask = { .limit = PAGE };
    apr_array_header_t *list;
    wfp_s3_xml_t xml;
    int more = 1;
    apr_status_t rv = APR_SUCCESS;

    wfp_s3_call_xml(&xml, call, "ListAllMyBucketsResult");
    wfp_s3_list_owner(&xml, "Owner");
    wfp_s3_xml_open(&xml, "Buckets");
    while (rv == APR_SUCCESS && more) {
        rv = wfp_r2_buckets_list(&list, &more, call->server->store, &ask,
                                 &call->res, call->pool);
        if (rv == APR_SUCCESS) {
            ask.after = write_page(&xml, call, list);
        }
    }
    wfp_s3_xml_close(&xml, "Buckets");
    wfp_s3_xml_close(&xml, "ListAllMyBucketsResult");
    call->status = HTTP_OK;
    return rv == APR_SUCCESS ? rv : failed(call);
}

apr_status_t wfp_s3_buckets_head(wfp_s3_call_t *call)
{
    wfp_r2_bucket_t *bucket;

    call->status = HTTP_OK;
    return find(&bucket, call);
}

apr_status_t wfp_s3_buckets_create(wfp_s3_call_t *call)
{
    wfp_r2_bucket_t bucket = { .name = call->bucket,
                               .storage_class = "Standard" };
    wfp_r2_meta_t meta;
    apr_status_t rv;

    if (!wfp_r2_is_bucket_name(call->bucket)) {
        return wfp_s3_call_fail(call, WFP_S3_BUCKET_NAME, NULL);
    }
    rv = wfp_s3_meta_read(&meta, call); /* for what it refuses */
    if (rv == APR_SUCCESS) {
        rv = wfp_s3_parse_bucket(call);
    }
    if (rv != APR_SUCCESS) {
        return rv;
    }
    rv = wfp_r2_buckets_create(call->server->store, &bucket,
                               wfp_s3_call_actor(call), &call->res, call->pool);
    if (rv != APR_SUCCESS) {
        return failed(call);
    }
    call->status = HTTP_OK;
    apr_table_setn(call->r->headers_out, "Location", call->path);
    return rv;
}

apr_status_t wfp_s3_buckets_delete(wfp_s3_call_t *call)
{
    apr_status_t rv = wfp_r2_buckets_delete(call->server->store, call->bucket,
                                            wfp_s3_call_actor(call), &call->res,
                                            call->pool);

    call->status = HTTP_NO_CONTENT;
    return rv == APR_SUCCESS ? rv : failed(call);
}

/* An element without anything in it. */
static apr_status_t nothing_in(wfp_s3_call_t *call, const char *root)
{
    wfp_r2_bucket_t *bucket;
    wfp_s3_xml_t xml;
    apr_status_t rv = find(&bucket, call);

    if (rv == APR_SUCCESS) {
        call->status = HTTP_OK;
        wfp_s3_call_xml(&xml, call, root);
        wfp_s3_xml_close(&xml, root);
    }
    return rv;
}

apr_status_t wfp_s3_buckets_location(wfp_s3_call_t *call)
{
    return nothing_in(call, "LocationConstraint");
}

apr_status_t wfp_s3_buckets_versioning(wfp_s3_call_t *call)
{
    return nothing_in(call, "VersioningConfiguration");
}
