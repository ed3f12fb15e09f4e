/* SPDX-License-Identifier: Apache-2.0 */
/* Dispatch namespaces and their settings. */
#include "admin/api_namespaces.h"

#include "admin/api_call.h"
#include "admin/show.h"
#include "store/namespaces.h"

static apr_status_t failed(wfp_api_call_t *call, apr_status_t rv)
{
    return wfp_api_answer_result(call, rv, WFP_API_NO_NAMESPACE,
                                 WFP_API_NAMESPACE_EXISTS);
}

apr_status_t wfp_api_namespaces_list(wfp_api_call_t *call)
{
    wfp_json_t *doc = wfp_json_array(call->pool);
    apr_array_header_t *list;
    int i;
    apr_status_t rv = wfp_namespaces_list(&list, call->server->store,
                                          &call->res, call->pool);

    if (rv != APR_SUCCESS) {
        return failed(call, rv);
    }
    for (i = 0; i < list->nelts; i++) {
        const wfp_namespace_t *ns = APR_ARRAY_IDX(list, i, wfp_namespace_t *);

        if (!call->token->namespaces->nelts
            || wfp_api_call_sees(call, ns->name)) {
            wfp_json_add(doc, wfp_show_namespace(ns, call->pool));
        }
    }
    return wfp_api_answer_json(call, doc);
}

apr_status_t wfp_api_namespaces_get(wfp_api_call_t *call)
{
    wfp_namespace_t *ns;
    apr_status_t rv = wfp_namespaces_get(&ns, call->server->store,
                                         wfp_api_call_ns(call), &call->res,
                                         call->pool);

    return rv == APR_SUCCESS
               ? wfp_api_answer_json(call, wfp_show_namespace(ns, call->pool))
               : failed(call, rv);
}

apr_status_t wfp_api_namespaces_create(wfp_api_call_t *call)
{
    wfp_namespace_t ns = { 0 };
    wfp_json_t *doc;
    apr_status_t rv = wfp_api_call_object(&doc, call);

    if (rv != APR_SUCCESS) {
        return rv;
    }
    ns.name = wfp_json_str(wfp_json_get(doc, "name", call->pool));
    if (!ns.name) {
        return wfp_api_answer_error(call, WFP_API_BAD_REQUEST,
                                    "name: a text is needed");
    }
    wfp_limits_clear(&ns.limits);
    rv = wfp_namespaces_create(call->server->store, &ns, &call->res,
                               call->pool);
    if (rv != APR_SUCCESS) {
        return failed(call, rv);
    }
    wfp_api_call_publish(call, ns.stamp, ns.name, "", 0);
    return wfp_api_answer_json(call, wfp_show_namespace(&ns, call->pool));
}
