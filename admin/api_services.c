/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Account Workers as wrangler looks at them: services, who refers to them, and
 * their address on workers.dev, which there is none of here. docs/api/scripts.md
 */
#include "admin/api_services.h"

#include <apr_strings.h>
#include <string.h>

#include "admin/api_scripts.h"
#include "admin/api_worker.h"
#include "admin/show.h"
#include "store/references.h"

static apr_status_t find(wfp_script_info_t **pinfo, wfp_api_call_t *call)
{
    wfp_script_t *script;
    apr_status_t rv = wfp_scripts_head(&script, pinfo, call->server->store,
                                       wfp_api_call_ns(call),
                                       wfp_api_worker_name(call), &call->res,
                                       call->pool);

    if (rv != APR_SUCCESS && call->res.code == WFP_WORKER_NOT_FOUND) {
        return wfp_api_answer_error(call, WFP_API_NO_SERVICE, NULL);
    }
    return rv == APR_SUCCESS ? rv : wfp_api_worker_failed(call, rv);
}

apr_status_t wfp_api_services_get(wfp_api_call_t *call)
{
    apr_pool_t *p = call->pool;
    wfp_json_t *doc = wfp_json_object(p), *env = wfp_json_object(p);
    wfp_json_t *script = wfp_json_object(p), *tags = wfp_json_array(p);
    wfp_script_info_t *info;
    int i;
    apr_status_t rv = find(&info, call);

    if (rv != APR_SUCCESS) {
        return rv;
    }
    for (i = 0; i < info->tags->nelts; i++) {
        wfp_json_add_str(tags, APR_ARRAY_IDX(info->tags, i, const char *));
    }
    wfp_json_set_str(script, "id", info->name);
    wfp_json_set_str(script, "tag", info->id);
    wfp_json_set(script, "tags", tags);
    wfp_json_set_str(script, "etag", info->etag);
    wfp_json_set_str(script, "last_deployed_from", info->source);
    wfp_json_set_str(env, "environment", "production");
    wfp_json_set(env, "script", script);
    wfp_json_set_str(doc, "id", info->name);
    wfp_json_set_str(doc, "created_on", wfp_show_time(info->created, p));
    wfp_json_set_str(doc, "modified_on", wfp_show_time(info->modified, p));
    wfp_json_set(doc, "default_environment", env);
    return wfp_api_answer_json(call, doc);
}

apr_status_t wfp_api_services_delete(wfp_api_call_t *call)
{
    wfp_script_info_t *info;
    apr_status_t rv = find(&info, call);

    return rv == APR_SUCCESS ? wfp_api_scripts_delete(call) : rv;
}

/* A Worker as wrangler shows it; a namespace goes by its name alone. */
static const char *worker_name(const char *ns, const char *name, apr_pool_t *p)
{
    return !*name ? ns : !*ns ? name : apr_pstrcat(p, ns, "/", name, NULL);
}

static void show_reference(wfp_json_t *doc, const wfp_reference_t *ref,
                           apr_pool_t *p)
{
    wfp_json_set_str(doc, "service", worker_name(ref->ns, ref->name, p));
    if (ref->binding) {
        wfp_json_set_str(doc, "environment", "production");
        wfp_json_set_str(doc, "name", ref->binding);
    }
    else {
        wfp_json_set_str(doc, "namespace", ref->target);
    }
}

/* Asked before a deletion. */
apr_status_t wfp_api_services_references(wfp_api_call_t *call)
{
    apr_pool_t *p = call->pool;
    wfp_json_t *doc = wfp_json_object(p), *services = wfp_json_object(p);
    wfp_json_t *incoming = wfp_json_array(p), *outbounds = wfp_json_array(p);
    apr_array_header_t *list;
    int i;
    apr_status_t rv = wfp_references_list(&list, call->server->store,
                                          wfp_api_worker_name(call), &call->res,
                                          p);

    if (rv != APR_SUCCESS) {
        return wfp_api_worker_failed(call, rv);
    }
    for (i = 0; i < list->nelts; i++) {
        const wfp_reference_t *ref = &APR_ARRAY_IDX(list, i, wfp_reference_t);
        wfp_json_t *one = wfp_json_object(p);

        show_reference(one, ref, p);
        wfp_json_add(ref->binding ? incoming : outbounds, one);
    }
    wfp_json_set(services, "incoming", incoming);
    wfp_json_set_bool(services, "pages_function", 0);
    wfp_json_set(doc, "services", services);
    wfp_json_set(doc, "durable_objects", wfp_json_array(p));
    wfp_json_set(doc, "dispatch_outbounds", outbounds);
    return wfp_api_answer_json(call, doc);
}

static wfp_json_t *show_service(const char *ns, const char *name, apr_pool_t *p)
{
    wfp_json_t *doc = wfp_json_object(p);

    wfp_json_set_str(doc, "service", worker_name(ns, name, p));
    wfp_json_set_str(doc, "environment", "production");
    return doc;
}

/* Whose records it is given: asked before a deletion, too. */
apr_status_t wfp_api_services_tail_consumers(wfp_api_call_t *call)
{
    apr_pool_t *p = call->pool;
    wfp_json_t *doc = wfp_json_array(p);
    apr_array_header_t *list;
    int i;
    apr_status_t rv = wfp_references_tails(&list, call->server->store,
                                           wfp_api_worker_name(call),
                                           &call->res, p);

    if (rv != APR_SUCCESS) {
        return wfp_api_worker_failed(call, rv);
    }
    for (i = 0; i < list->nelts; i++) {
        const wfp_reference_t *ref = &APR_ARRAY_IDX(list, i, wfp_reference_t);
        wfp_json_t *one = wfp_json_object(p);

        wfp_json_set(one, "producer", show_service(ref->ns, ref->name, p));
        wfp_json_set(one, "consumer",
                     show_service("", wfp_api_worker_name(call), p));
        wfp_json_add(doc, one);
    }
    return wfp_api_answer_json(call, doc);
}

static wfp_json_t *no_subdomain(apr_pool_t *p)
{
    wfp_json_t *doc = wfp_json_object(p);

    wfp_json_set_bool(doc, "enabled", 0);
    wfp_json_set_bool(doc, "previews_enabled", 0);
    return doc;
}

apr_status_t wfp_api_services_subdomain(wfp_api_call_t *call)
{
    wfp_script_info_t *info;
    apr_status_t rv = find(&info, call);

    return rv == APR_SUCCESS
               ? wfp_api_answer_json(call, no_subdomain(call->pool))
               : rv;
}

apr_status_t wfp_api_services_account_subdomain(wfp_api_call_t *call)
{
    return wfp_api_answer_error(call, WFP_API_NO_SUBDOMAIN, NULL);
}

/* To switch it off is what it is; on is not supported. */
apr_status_t wfp_api_services_set_subdomain(wfp_api_call_t *call)
{
    const wfp_json_t *enabled, *previews;
    wfp_json_t *doc;
    apr_status_t rv = wfp_api_call_object(&doc, call);

    if (rv != APR_SUCCESS) {
        return rv;
    }
    enabled = wfp_json_get(doc, "enabled", call->pool);
    previews = wfp_json_get(doc, "previews_enabled", call->pool);
    if ((enabled && !wfp_json_is_bool(enabled))
        || (previews && !wfp_json_is_bool(previews))) {
        return wfp_api_answer_error(call, WFP_API_BAD_REQUEST,
                                    "enabled and previews_enabled: true or "
                                    "false");
    }
    if (wfp_json_is_true(enabled) || wfp_json_is_true(previews)) {
        return wfp_api_answer_error(call, WFP_API_UNSUPPORTED,
                                    "workers.dev subdomains are not supported: "
                                    "set workers_dev = false");
    }
    return wfp_api_services_subdomain(call);
}

apr_status_t wfp_api_services_beta(wfp_api_call_t *call)
{
    wfp_json_t *doc = wfp_json_object(call->pool);
    wfp_script_info_t *info;
    apr_status_t rv = find(&info, call);

    if (rv != APR_SUCCESS) {
        return rv;
    }
    wfp_json_set_str(doc, "id", info->id);
    wfp_json_set_str(doc, "name", info->name);
    wfp_json_set_str(doc, "created_on",
                     wfp_show_time(info->created, call->pool));
    wfp_json_set_str(doc, "updated_on",
                     wfp_show_time(info->modified, call->pool));
    wfp_json_set(doc, "subdomain", no_subdomain(call->pool));
    return wfp_api_answer_json(call, doc);
}
