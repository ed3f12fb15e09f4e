/* SPDX-License-Identifier: Apache-2.0 */
/* What a Worker, or a namespace, used of services by day, and what it may. */
#include "admin/api_quota.h"

#include <apr_time.h>

#include "admin/api_call.h"
#include "admin/show.h"
#include "store/asset_uploads.h"
#include "store/service_usage.h"

#define DAY_S 86400

static wfp_json_t *show_quotas(const apr_int64_t *bounds, apr_pool_t *p)
{
    wfp_json_t *doc = wfp_json_object(p);
    int i;

    for (i = 0; i < WFP_USAGE_COUNT; i++) {
        if (bounds && bounds[i]) {
            wfp_json_set_int(doc, wfp_usage_name((wfp_usage_e)i), bounds[i]);
        }
    }
    return doc;
}

static apr_status_t answer(wfp_api_call_t *call, const char *script,
                           const apr_int64_t *bounds)
{
    apr_int64_t today = apr_time_sec(apr_time_now()) / DAY_S, days = 1;
    wfp_json_t *doc = wfp_json_object(call->pool);
    wfp_json_t *stored = wfp_json_object(call->pool);
    apr_int64_t bytes;
    apr_array_header_t *list;
    apr_status_t rv = wfp_api_call_number(&days, call, "days", 1,
                                          WFP_SERVICE_USAGE_DAYS);

    if (rv != APR_SUCCESS) {
        return rv;
    }
    rv = wfp_service_usage_list(&list, call->server->store,
                                wfp_api_call_ns(call), script, today - days + 1,
                                &call->res, call->pool);
    if (rv != APR_SUCCESS) {
        return wfp_api_answer_result(call, rv, WFP_API_NO_WORKER,
                                     WFP_API_CONFLICT);
    }
    rv = wfp_asset_uploads_bytes(&bytes, call->server->store,
                                 wfp_api_call_ns(call), script, &call->res,
                                 call->pool);
    if (rv != APR_SUCCESS) {
        return rv;
    }
    wfp_json_set_int(stored, "asset_bytes", bytes);
    wfp_json_set(doc, "stored", stored);
    wfp_json_set(doc, "quotas", show_quotas(bounds, call->pool));
    wfp_json_set(doc, "usage", wfp_show_usage(list, call->pool));
    return wfp_api_answer_json(call, doc);
}

apr_status_t wfp_api_quota_script(wfp_api_call_t *call)
{
    const wfp_usage_quota_t *quota = call->server->quota;

    return answer(call, wfp_api_call_param(call, "script"),
                  quota ? quota->script : NULL);
}

apr_status_t wfp_api_quota_namespace(wfp_api_call_t *call)
{
    const wfp_usage_quota_t *quota = call->server->quota;

    return answer(call, "", quota ? quota->ns : NULL);
}
