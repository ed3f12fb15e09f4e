/* SPDX-License-Identifier: Apache-2.0 */
/* Tags of a Worker, all and one by one. docs/api/scripts.md */
#include "admin/api_tags.h"

#include <string.h>

#include "admin/api_worker.h"

static wfp_json_t *show(const wfp_script_t *script, apr_pool_t *p)
{
    wfp_json_t *arr = wfp_json_array(p);
    int i;

    for (i = 0; i < script->tags->nelts; i++) {
        wfp_json_add_str(arr, APR_ARRAY_IDX(script->tags, i, const char *));
    }
    return arr;
}

apr_status_t wfp_api_tags_list(wfp_api_call_t *call)
{
    wfp_script_t *script;
    apr_status_t rv = wfp_api_worker_head(&script, NULL, call);

    return rv == APR_SUCCESS
               ? wfp_api_answer_json(call, show(script, call->pool))
               : rv;
}

apr_status_t wfp_api_tags_put_all(wfp_api_call_t *call)
{
    wfp_json_t *arr, *obj = wfp_json_object(call->pool);
    wfp_script_t *script;
    apr_status_t rv = wfp_api_call_json(&arr, call);

    if (rv == APR_SUCCESS && !wfp_json_is_array(arr)) {
        return wfp_api_answer_error(call, WFP_API_VALIDATION,
                                    "the body must be a JSON array of tags");
    }
    if (rv == APR_SUCCESS) {
        wfp_json_set(obj, "tags", arr);
        rv = wfp_api_worker_patch(call, obj, "tags", &script);
    }
    return rv == APR_SUCCESS
               ? wfp_api_answer_json(call, show(script, call->pool))
               : rv;
}

/* ---- one tag, inside the transaction that makes the version -------------- */

typedef struct change_t {
    const char *tag;
    int add;
} change_t;

static apr_status_t change_tag(wfp_script_t *next, const wfp_script_t *base,
                               void *baton, wfp_result_t *res, apr_pool_t *p)
{
    const change_t *change = baton;
    apr_array_header_t *tags = apr_array_make(p, 8, sizeof(const char *));
    int i, found = 0;

    for (i = 0; i < next->tags->nelts; i++) {
        const char *tag = APR_ARRAY_IDX(next->tags, i, const char *);
        int same = !strcmp(tag, change->tag);

        found |= same;
        if (!same || change->add) {
            APR_ARRAY_PUSH(tags, const char *) = tag;
        }
    }
    if (change->add && !found) {
        APR_ARRAY_PUSH(tags, const char *) = change->tag;
    }
    next->tags = tags;
    return APR_SUCCESS;
}

static apr_status_t change(wfp_api_call_t *call, int add)
{
    change_t what = { wfp_api_call_param(call, "tag"), add };
    wfp_deploy_t d;
    apr_status_t rv;

    wfp_api_worker_begin(&d, call, "tags");
    rv = wfp_deploy_bindings(&d, change_tag, &what, &call->res, call->pool);
    if (rv != APR_SUCCESS) {
        return wfp_api_worker_failed(call, rv);
    }
    wfp_api_worker_done(call, &d);
    return wfp_api_answer_json(call, NULL);
}

apr_status_t wfp_api_tags_put(wfp_api_call_t *call)
{
    return change(call, 1);
}

apr_status_t wfp_api_tags_delete(wfp_api_call_t *call)
{
    return change(call, 0);
}
