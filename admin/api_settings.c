/* SPDX-License-Identifier: Apache-2.0 */
/* Settings of a Worker: all of a version's, those that belong to the Worker
 * ("script-settings"), and its bindings. docs/api/scripts.md */
#include "admin/api_settings.h"

#include "admin/api_worker.h"

static const char *const lasting[] = { "logpush", "observability", "tags",
                                       "tail_consumers" };
#define LASTING (sizeof(lasting) / sizeof(lasting[0]))

static apr_status_t answer_settings(wfp_api_call_t *call,
                                    const wfp_script_t *script, int is_lasting)
{
    wfp_json_t *all, *some = wfp_json_object(call->pool);
    apr_size_t i;
    apr_status_t rv = wfp_metadata_write(&all, script, &call->res, call->pool);

    if (rv != APR_SUCCESS) {
        return wfp_api_answer_error(call, WFP_API_INTERNAL, NULL);
    }
    for (i = 0; i < LASTING; i++) {
        wfp_json_set(some, lasting[i],
                     wfp_json_get(all, lasting[i], call->pool));
    }
    return wfp_api_answer_json(call, is_lasting ? some : all);
}

static apr_status_t get(wfp_api_call_t *call, int is_lasting)
{
    wfp_script_t *script;
    apr_status_t rv = wfp_api_worker_head(&script, NULL, call);

    return rv == APR_SUCCESS ? answer_settings(call, script, is_lasting) : rv;
}

static apr_status_t patch(wfp_api_call_t *call, int is_lasting)
{
    wfp_upload_form_t *form;
    wfp_script_t *script;
    apr_status_t rv = wfp_api_worker_form(&form, call, "settings", 0);

    if (rv == APR_SUCCESS) {
        rv = wfp_api_worker_patch(call, form->field, "settings", &script);
    }
    return rv == APR_SUCCESS ? answer_settings(call, script, is_lasting) : rv;
}

apr_status_t wfp_api_settings_get(wfp_api_call_t *call)
{
    return get(call, 0);
}

apr_status_t wfp_api_settings_patch(wfp_api_call_t *call)
{
    return patch(call, 0);
}

apr_status_t wfp_api_settings_get_lasting(wfp_api_call_t *call)
{
    return get(call, 1);
}

apr_status_t wfp_api_settings_patch_lasting(wfp_api_call_t *call)
{
    return patch(call, 1);
}

apr_status_t wfp_api_settings_bindings(wfp_api_call_t *call)
{
    wfp_script_t *script;
    wfp_json_t *all;
    apr_status_t rv = wfp_api_worker_head(&script, NULL, call);

    if (rv == APR_SUCCESS) {
        rv = wfp_metadata_write(&all, script, &call->res, call->pool);
    }
    return rv == APR_SUCCESS
               ? wfp_api_answer_json(call,
                                     wfp_json_get(all, "bindings", call->pool))
               : rv;
}
