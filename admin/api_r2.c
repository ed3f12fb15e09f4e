/* SPDX-License-Identifier: Apache-2.0 */
/* R2 buckets. Their objects are api_r2_objects.c's. */
#include "admin/api_r2.h"

#include <string.h>

#include "admin/show.h"
#include "store/r2_buckets.h"

#define PER_PAGE     20
#define PER_PAGE_MAX 1000

static wfp_json_t *show(const wfp_r2_bucket_t *bucket, apr_pool_t *p)
{
    wfp_json_t *doc = wfp_json_object(p);

    wfp_json_set_str(doc, "name", bucket->name);
    wfp_json_set_str(doc, "creation_date", wfp_show_time(bucket->created, p));
    wfp_json_set_str(doc, "location", "local");
    wfp_json_set_str(doc, "storage_class", bucket->storage_class);
    wfp_json_set_str(doc, "jurisdiction", "default");
    return doc;
}

apr_status_t wfp_api_r2_failed(wfp_api_call_t *call, apr_status_t rv)
{
    if (call->res.code == WFP_CONFLICT && rv == APR_ENOTEMPTY) {
        return wfp_api_answer_error(call, WFP_API_R2_NOT_EMPTY, NULL);
    }
    return wfp_api_answer_result(call, rv, WFP_API_R2_MISSING,
                                 WFP_API_R2_EXISTS);
}

apr_status_t wfp_api_r2_check_place(wfp_api_call_t *call)
{
    const char *place = wfp_api_call_header(call, "cf-r2-jurisdiction");

    return !place || !strcmp(place, "default")
               ? APR_SUCCESS
               : wfp_api_answer_error(call, WFP_API_BAD_REQUEST,
                                      "jurisdictions are not supported");
}

apr_status_t wfp_api_r2_read_class(const char **pclass, wfp_api_call_t *call,
                                   const char *given)
{
    *pclass = given;
    return !given || !strcmp(given, "Standard")
                   || !strcmp(given, "InfrequentAccess")
               ? APR_SUCCESS
               : wfp_api_answer_error(call, WFP_API_BAD_REQUEST,
                                      "the storage class must be Standard or "
                                      "InfrequentAccess");
}

/* ---- lists ---------------------------------------------------------------------- */

static apr_status_t read_ask(wfp_r2_buckets_ask_t *ask, wfp_api_call_t *call)
{
    const char *cursor = wfp_api_call_query(call, "cursor");
    const char *direction = wfp_api_call_query(call, "direction");
    apr_int64_t limit = PER_PAGE_MAX;
    apr_status_t rv = wfp_api_call_number(&limit, call, "per_page", 1,
                                          PER_PAGE_MAX);

    memset(ask, 0, sizeof(*ask));
    ask->contains = wfp_api_call_contains(call);
    ask->after = cursor && *cursor ? cursor
                                   : wfp_api_call_query(call, "start_after");
    ask->descending = direction && !strcmp(direction, "desc");
    ask->limit = (int)limit;
    return rv;
}

apr_status_t wfp_api_r2_list(wfp_api_call_t *call)
{
    wfp_json_t *doc = wfp_json_object(call->pool);
    wfp_json_t *buckets = wfp_json_array(call->pool);
    const char *cursor = NULL;
    wfp_r2_buckets_ask_t ask;
    apr_array_header_t *list;
    int more, i;
    apr_status_t rv = wfp_api_r2_check_place(call);

    if (rv == APR_SUCCESS) {
        rv = read_ask(&ask, call);
    }
    if (rv != APR_SUCCESS) {
        return rv;
    }
    rv = wfp_r2_buckets_list(&list, &more, call->server->store, &ask,
                             &call->res, call->pool);
    if (rv != APR_SUCCESS) {
        return wfp_api_r2_failed(call, rv);
    }
    for (i = 0; i < list->nelts; i++) {
        const wfp_r2_bucket_t *bucket = APR_ARRAY_IDX(list, i,
                                                      wfp_r2_bucket_t *);

        wfp_json_add(buckets, show(bucket, call->pool));
        cursor = bucket->name;
    }
    wfp_json_set(doc, "buckets", buckets);
    return wfp_api_answer_cursor(call, doc, buckets, more ? cursor : NULL);
}

/* ---- one bucket ----------------------------------------------------------------- */

apr_status_t wfp_api_r2_create(wfp_api_call_t *call)
{
    wfp_r2_bucket_t bucket = { 0 };
    wfp_json_t *doc;
    apr_status_t rv = wfp_api_r2_check_place(call);

    if (rv == APR_SUCCESS) {
        rv = wfp_api_call_object(&doc, call);
    }
    if (rv == APR_SUCCESS) {
        rv = wfp_api_r2_read_class(&bucket.storage_class, call,
                                   wfp_json_str(wfp_json_get(doc,
                                                             "storageClass",
                                                             call->pool)));
    }
    if (rv != APR_SUCCESS) {
        return rv;
    }
    bucket.name = wfp_json_str(wfp_json_get(doc, "name", call->pool));
    if (!bucket.name || !wfp_r2_is_bucket_name(bucket.name)) {
        return wfp_api_answer_error(call, WFP_API_R2_NAME, NULL);
    }
    if (!bucket.storage_class) {
        bucket.storage_class = "Standard";
    }
    rv = wfp_r2_buckets_create(call->server->store, &bucket,
                               wfp_api_call_actor(call), &call->res,
                               call->pool);
    return rv == APR_SUCCESS
               ? wfp_api_answer_json(call, show(&bucket, call->pool))
               : wfp_api_r2_failed(call, rv);
}

apr_status_t wfp_api_r2_get(wfp_api_call_t *call)
{
    wfp_r2_bucket_t *bucket;
    apr_status_t rv = wfp_api_r2_check_place(call);

    if (rv != APR_SUCCESS) {
        return rv;
    }
    rv = wfp_r2_buckets_get(&bucket, call->server->store,
                            wfp_api_call_param(call, "bucket"), &call->res,
                            call->pool);
    return rv == APR_SUCCESS
               ? wfp_api_answer_json(call, show(bucket, call->pool))
               : wfp_api_r2_failed(call, rv);
}

/* The storage class of objects to come: all that can be another. */
apr_status_t wfp_api_r2_update(wfp_api_call_t *call)
{
    const char *to = wfp_api_call_header(call, "cf-r2-storage-class");
    wfp_r2_bucket_t *bucket;
    wfp_json_t *doc;
    apr_status_t rv = wfp_api_r2_check_place(call);

    if (rv == APR_SUCCESS && !to) {
        rv = wfp_api_call_json(&doc, call);
        to = rv == APR_SUCCESS
                 ? wfp_json_str(wfp_json_get(doc, "storageClass", call->pool))
                 : NULL;
    }
    if (rv == APR_SUCCESS) {
        rv = wfp_api_r2_read_class(&to, call, to ? to : "");
    }
    if (rv != APR_SUCCESS) {
        return rv;
    }
    rv = wfp_r2_buckets_update(&bucket, call->server->store,
                               wfp_api_call_param(call, "bucket"), to,
                               wfp_api_call_actor(call), &call->res,
                               call->pool);
    return rv == APR_SUCCESS
               ? wfp_api_answer_json(call, show(bucket, call->pool))
               : wfp_api_r2_failed(call, rv);
}

apr_status_t wfp_api_r2_delete(wfp_api_call_t *call)
{
    apr_status_t rv = wfp_api_r2_check_place(call);

    if (rv != APR_SUCCESS) {
        return rv;
    }
    rv = wfp_r2_buckets_delete(call->server->store,
                               wfp_api_call_param(call, "bucket"),
                               wfp_api_call_actor(call), &call->res,
                               call->pool);
    return rv == APR_SUCCESS
               ? wfp_api_answer_json(call, wfp_json_object(call->pool))
               : wfp_api_r2_failed(call, rv);
}
