/* SPDX-License-Identifier: Apache-2.0 */
/* What was uploaded of a Worker. */
#include "admin/api_versions.h"

#include <apr_strings.h>

#include "admin/api_worker.h"
#include "admin/show.h"
#include "core/binding_json.h"
#include "core/settings_json.h"
#include "store/versions.h"

#define LIMIT     20
#define LIMIT_MAX 100

/* Shares that are not right are no failed upload. */
apr_status_t wfp_api_versions_failed(wfp_api_call_t *call, apr_status_t rv)
{
    return call->res.code == WFP_INVALID
               ? wfp_api_answer_result(call, rv, WFP_API_NO_VERSION,
                                       WFP_API_CONFLICT)
               : wfp_api_worker_failed(call, rv);
}

/* The members of `metadata` are what wrangler reads. */
static wfp_json_t *show(const wfp_version_info_t *info, apr_pool_t *p)
{
    wfp_json_t *doc = wfp_json_object(p), *meta = wfp_json_object(p);
    const char *created = wfp_show_time(info->created, p);

    wfp_json_set_str(doc, "id", info->id);
    wfp_json_set_int(doc, "number", info->number);
    wfp_json_set_str(doc, "created_on", created);
    wfp_json_set_str(doc, "created_by", info->author);
    wfp_json_set_str(doc, "etag", info->etag);
    wfp_json_set_int(doc, "size", info->size);
    wfp_json_set_str(doc, "source", info->source);
    wfp_json_set(doc, "annotations",
                 wfp_show_annotations(info->message, info->tag, p));
    wfp_json_set_str(meta, "created_on", created);
    wfp_json_set_str(meta, "modified_on", created);
    wfp_json_set_str(meta, "author_email", wfp_show_email(info->author, p));
    wfp_json_set_str(meta, "source", info->source);
    wfp_json_set(doc, "metadata", meta);
    return doc;
}

/* The cursor is the number of the last version shown. */
apr_status_t wfp_api_versions_list(wfp_api_call_t *call)
{
    apr_pool_t *p = call->pool;
    wfp_json_t *doc = wfp_json_object(p), *items = wfp_json_array(p);
    apr_int64_t limit = LIMIT, cursor = APR_INT64_MAX;
    const wfp_version_info_t *last = NULL;
    apr_array_header_t *list;
    int i;
    apr_status_t rv = wfp_api_call_number(&limit, call, "limit", 1, LIMIT_MAX);

    if (rv == APR_SUCCESS) {
        rv = wfp_api_call_number(&cursor, call, "cursor", 1, APR_INT64_MAX);
    }
    if (rv != APR_SUCCESS) {
        return rv;
    }
    rv = wfp_versions_list(&list, call->server->store, wfp_api_call_ns(call),
                           wfp_api_worker_name(call), &call->res, p);
    if (rv != APR_SUCCESS) {
        return wfp_api_versions_failed(call, rv);
    }
    for (i = 0; i < list->nelts && limit > 0; i++) {
        const wfp_version_info_t *info = APR_ARRAY_IDX(list, i,
                                                       wfp_version_info_t *);

        if (info->number < cursor) {
            wfp_json_add(items, show(info, p));
            last = info;
            limit--;
        }
    }
    wfp_json_set(doc, "items", items);
    return wfp_api_answer_cursor(call, doc, items,
                                 last && i < list->nelts
                                     ? apr_ltoa(p, (long)last->number)
                                     : "");
}

static wfp_json_t *show_resources(const wfp_script_t *script,
                                  const wfp_version_info_t *info,
                                  wfp_json_t *bindings, apr_pool_t *p)
{
    wfp_json_t *doc = wfp_json_object(p), *code = wfp_json_object(p);
    wfp_json_t *runtime = wfp_json_object(p);

    wfp_json_set_str(code, "etag", info->etag);
    wfp_json_set_str(code, "last_deployed_from", info->source);
    wfp_json_set(runtime, "limits",
                 wfp_settings_json_write_limits(&script->limits, p));
    wfp_json_set(doc, "script", code);
    wfp_json_set(doc, "script_runtime", runtime);
    wfp_json_set(doc, "bindings", bindings);
    return doc;
}

/* One version as the store has it, for the caller to add to. */
static apr_status_t describe(wfp_json_t **pdoc, wfp_api_call_t *call,
                             const char *id)
{
    wfp_version_info_t *info;
    wfp_json_t *bindings;
    wfp_script_t *script;
    apr_status_t rv = wfp_versions_get(&script, &info, call->server->store,
                                       wfp_api_call_ns(call),
                                       wfp_api_worker_name(call), id,
                                       &call->res, call->pool);

    if (rv != APR_SUCCESS) {
        return wfp_api_versions_failed(call, rv);
    }
    rv = wfp_binding_json_write(&bindings, script->bindings, 0, &call->res,
                                call->pool);
    if (rv == APR_SUCCESS) {
        *pdoc = show(info, call->pool);
        wfp_json_set(*pdoc, "resources",
                     show_resources(script, info, bindings, call->pool));
    }
    return rv;
}

apr_status_t wfp_api_versions_get(wfp_api_call_t *call)
{
    wfp_json_t *doc;
    apr_status_t rv = describe(&doc, call, wfp_api_call_param(call, "version"));

    return rv == APR_SUCCESS ? wfp_api_answer_json(call, doc) : rv;
}

/* Nothing is published: what runs stays what it is. */
apr_status_t wfp_api_versions_add(wfp_api_call_t *call)
{
    wfp_upload_form_t *form;
    wfp_metadata_t *meta;
    wfp_json_t *doc;
    wfp_deploy_t d;
    apr_status_t rv;

    wfp_api_worker_begin(&d, call, "upload");
    d.put.no_traffic = 1;
    rv = wfp_api_worker_upload(&form, &meta, call, WFP_METADATA_VERSION);
    if (rv == APR_SUCCESS) {
        rv = wfp_deploy_code(&d, form, meta, &call->res, call->pool);
    }
    if (rv != APR_SUCCESS) {
        return wfp_api_worker_failed(call, rv);
    }
    rv = describe(&doc, call, d.put.script->version_id);
    if (rv != APR_SUCCESS) {
        return rv;
    }
    wfp_json_set_int(doc, "startup_time_ms", (d.seen.startup_us + 999) / 1000);
    wfp_api_worker_tell(call, meta);
    return wfp_api_answer_json(call, doc);
}
