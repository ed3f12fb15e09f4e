/* SPDX-License-Identifier: Apache-2.0 */
/*
 * No GraphQL: what wrangler's `r2 bucket info` asks is told by the field that it
 * asks for, and answered from the bucket's row. Everything else is unsupported.
 */
#include "admin/api_graphql.h"

#include <string.h>

#include "admin/api_call.h"
#include "admin/show.h"
#include "store/r2_buckets.h"

#define STORAGE "r2StorageAdaptiveGroups"

static const char *text_at(const wfp_json_t *doc, const char *key,
                           apr_pool_t *p)
{
    return wfp_json_str(wfp_json_get(doc, key, p));
}

/* {"max": {...}, "dimensions": {...}} of a bucket as it is now */
static wfp_json_t *show_group(const wfp_r2_bucket_t *bucket, apr_pool_t *p)
{
    wfp_json_t *group = wfp_json_object(p), *max = wfp_json_object(p);
    wfp_json_t *dimensions = wfp_json_object(p);

    wfp_json_set_int(max, "objectCount", bucket->objects);
    wfp_json_set_int(max, "payloadSize", bucket->bytes);
    wfp_json_set_int(max, "metadataSize", 0);
    wfp_json_set_str(dimensions, "datetime", wfp_show_time(apr_time_now(), p));
    wfp_json_set(group, "max", max);
    wfp_json_set(group, "dimensions", dimensions);
    return group;
}

static apr_status_t answer(wfp_api_call_t *call, wfp_json_t *groups)
{
    apr_pool_t *p = call->pool;
    wfp_json_t *doc = wfp_json_object(p), *data = wfp_json_object(p);
    wfp_json_t *viewer = wfp_json_object(p), *account = wfp_json_object(p);
    wfp_json_t *accounts = wfp_json_array(p);
    const char *text;

    wfp_json_set(account, STORAGE, groups);
    wfp_json_add(accounts, account);
    wfp_json_set(viewer, "accounts", accounts);
    wfp_json_set(data, "viewer", viewer);
    wfp_json_set(doc, "data", data);
    wfp_json_set(doc, "errors", wfp_json_null(p));
    text = wfp_json_text(doc, p);
    return wfp_api_answer_raw(call, "application/json", text, strlen(text));
}

apr_status_t wfp_api_graphql_post(wfp_api_call_t *call)
{
    apr_pool_t *p = call->pool;
    wfp_json_t *doc, *variables, *groups = wfp_json_array(p);
    wfp_r2_bucket_t *bucket;
    const char *query, *account, *name, *ours;
    apr_status_t rv = wfp_api_call_object(&doc, call);

    if (rv != APR_SUCCESS) {
        return rv;
    }
    query = text_at(doc, "query", p);
    if (!query || !strstr(query, STORAGE)) {
        return wfp_api_answer_error(call, WFP_API_UNSUPPORTED,
                                    "of GraphQL only " STORAGE
                                    " is supported by this server");
    }
    variables = wfp_json_get(doc, "variables", p);
    account = text_at(variables, "accountTag", p);
    name = text_at(wfp_json_get(variables, "filter", p), "bucketName", p);
    rv = wfp_api_call_account(&ours, call);
    if (rv != APR_SUCCESS) {
        return rv;
    }
    if (!account || !ours || strcmp(account, ours) || !name) {
        return wfp_api_answer_error(call, WFP_API_BAD_REQUEST,
                                    "variables: accountTag, this server's "
                                    "account, and filter.bucketName");
    }
    rv = wfp_r2_buckets_get(&bucket, call->server->store, name, &call->res, p);
    if (rv == APR_SUCCESS) {
        wfp_json_add(groups, show_group(bucket, p));
    }
    else if (call->res.code != WFP_NOT_FOUND) {
        return rv;
    }
    return answer(call, groups);
}
