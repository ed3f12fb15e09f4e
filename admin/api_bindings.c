/* SPDX-License-Identifier: Apache-2.0 */
/* Who is bound to a namespace of KV, a database, a bucket, a queue: asked before
 * one is deleted. */
#include "admin/api_bindings.h"

#include "store/references.h"

static wfp_json_t *show(const wfp_reference_t *ref, apr_pool_t *p)
{
    wfp_json_t *doc = wfp_json_object(p);

    wfp_json_set_str(doc, "script", ref->name);
    if (*ref->ns) {
        wfp_json_set_str(doc, "dispatch_namespace", ref->ns);
    }
    wfp_json_set_str(doc, "name", ref->binding);
    return doc;
}

apr_status_t wfp_api_bindings_users(wfp_api_call_t *call)
{
    const char *type = wfp_api_call_query(call, "type");
    const char *target = wfp_api_call_query(call, "target");
    wfp_binding_e kind = wfp_binding_kind_by_name(type ? type : "");
    wfp_json_t *doc = wfp_json_array(call->pool);
    apr_array_header_t *list;
    int i;
    apr_status_t rv;

    if (!target || wfp_binding_kind_target(kind) == WFP_TARGET_NONE) {
        return wfp_api_answer_error(call, WFP_API_BAD_REQUEST,
                                    "type: a kind of binding to something, and "
                                    "target: its id or name");
    }
    rv = wfp_references_users(&list, call->server->store, kind, target,
                              &call->res, call->pool);
    for (i = 0; rv == APR_SUCCESS && i < list->nelts; i++) {
        wfp_json_add(doc, show(&APR_ARRAY_IDX(list, i, wfp_reference_t),
                               call->pool));
    }
    return rv == APR_SUCCESS ? wfp_api_answer_json(call, doc) : rv;
}
