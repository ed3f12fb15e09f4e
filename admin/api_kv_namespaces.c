/* SPDX-License-Identifier: Apache-2.0 */
/* KV namespaces; what is in them is api_kv_values.c's and api_kv_bulk.c's. */
#include "admin/api_kv_namespaces.h"

#include <string.h>

#include "admin/api_call.h"
#include "admin/show.h"
#include "store/kv_namespaces.h"

#define PER_PAGE_MAX 1000

static wfp_json_t *show(const wfp_kv_namespace_t *kv, apr_pool_t *p)
{
    wfp_json_t *doc = wfp_json_object(p);

    wfp_json_set_str(doc, "id", kv->id);
    wfp_json_set_str(doc, "title", kv->title);
    wfp_json_set_bool(doc, "supports_url_encoding", 1);
    wfp_json_set_str(doc, "created_on", wfp_show_time(kv->created, p));
    wfp_json_set_str(doc, "modified_on", wfp_show_time(kv->modified, p));
    return doc;
}

static apr_status_t failed(wfp_api_call_t *call, apr_status_t rv)
{
    return wfp_api_answer_result(call, rv, WFP_API_KV_MISSING,
                                 WFP_API_KV_EXISTS);
}

static apr_status_t read_order(wfp_kv_order_t *order, wfp_api_call_t *call)
{
    const char *by = wfp_api_call_query(call, "order");

    if (by && strcmp(by, "id") && strcmp(by, "title")) {
        return wfp_api_answer_error(call, WFP_API_BAD_REQUEST,
                                    "order: id or title");
    }
    order->by_id = by && !strcmp(by, "id");
    return wfp_api_call_direction(&order->descending, call);
}

apr_status_t wfp_api_kv_namespaces_list(wfp_api_call_t *call)
{
    wfp_json_t *doc = wfp_json_array(call->pool);
    apr_array_header_t *list;
    wfp_kv_order_t order;
    wfp_api_page_t page;
    wfp_list_t which;
    apr_int64_t total;
    int i;
    apr_status_t rv = wfp_api_call_list(&which, &page, call, PER_PAGE_MAX);

    if (rv == APR_SUCCESS) {
        rv = read_order(&order, call);
    }
    if (rv == APR_SUCCESS) {
        rv = wfp_kv_namespaces_list(&list, &total, call->server->store, order,
                                    &which, &call->res, call->pool);
    }
    for (i = 0; rv == APR_SUCCESS && i < list->nelts; i++) {
        wfp_json_add(doc, show(APR_ARRAY_IDX(list, i, wfp_kv_namespace_t *),
                               call->pool));
    }
    return rv == APR_SUCCESS ? wfp_api_answer_page(call, doc, &page, total)
                             : rv;
}

/* The title of the body. */
static apr_status_t read_title(wfp_kv_namespace_t *kv, wfp_api_call_t *call)
{
    static const char *const members[] = { "title", NULL };
    wfp_json_t *doc;
    apr_status_t rv = wfp_api_call_object(&doc, call);

    if (rv != APR_SUCCESS) {
        return rv;
    }
    kv->title = wfp_json_str(wfp_json_get(doc, "title", call->pool));
    if (!kv->title || !*kv->title || strlen(kv->title) > WFP_KV_TITLE_MAX) {
        return wfp_api_answer_error(call, WFP_API_KV_TITLE, NULL);
    }
    return wfp_api_call_known(call, doc, members, 0);
}

apr_status_t wfp_api_kv_namespaces_create(wfp_api_call_t *call)
{
    wfp_kv_namespace_t kv = { 0 };
    apr_status_t rv = read_title(&kv, call);

    if (rv != APR_SUCCESS) {
        return rv;
    }
    rv = wfp_kv_namespaces_create(call->server->store, &kv,
                                  wfp_api_call_actor(call), &call->res,
                                  call->pool);
    return rv == APR_SUCCESS ? wfp_api_answer_json(call, show(&kv, call->pool))
                             : failed(call, rv);
}

apr_status_t wfp_api_kv_namespaces_rename(wfp_api_call_t *call)
{
    wfp_kv_namespace_t kv = { .id = wfp_api_call_param(call, "kv") };
    apr_status_t rv = read_title(&kv, call);

    if (rv != APR_SUCCESS) {
        return rv;
    }
    rv = wfp_kv_namespaces_rename(call->server->store, &kv,
                                  wfp_api_call_actor(call), &call->res,
                                  call->pool);
    return rv == APR_SUCCESS ? wfp_api_kv_namespaces_get(call)
                             : failed(call, rv);
}

apr_status_t wfp_api_kv_namespaces_get(wfp_api_call_t *call)
{
    wfp_kv_namespace_t *kv;
    wfp_json_t *doc;
    apr_status_t rv = wfp_kv_namespaces_get(&kv, call->server->store,
                                            wfp_api_call_param(call, "kv"),
                                            &call->res, call->pool);

    if (rv != APR_SUCCESS) {
        return failed(call, rv);
    }
    doc = show(kv, call->pool);
    if (call->server->kv) {
        wfp_json_set_int(doc, "size_bytes",
                         wfp_kv_size(call->server->kv, kv->id, &call->res,
                                     call->pool));
    }
    return wfp_api_answer_json(call, doc);
}

apr_status_t wfp_api_kv_namespaces_delete(wfp_api_call_t *call)
{
    apr_status_t rv = wfp_kv_namespaces_delete(call->server->store,
                                               wfp_api_call_param(call, "kv"),
                                               wfp_api_call_actor(call),
                                               &call->res, call->pool);

    if (rv != APR_SUCCESS) {
        return failed(call, rv);
    }
    if (call->server->kv) {
        wfp_kv_forget(call->server->kv, wfp_api_call_param(call, "kv"),
                      call->pool);
    }
    return wfp_api_answer_json(call, wfp_json_object(call->pool));
}
