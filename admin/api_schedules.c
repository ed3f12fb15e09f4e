/* SPDX-License-Identifier: Apache-2.0 */
/* Schedules of a Worker and their last runs. docs/api/scripts.md */
#include "admin/api_schedules.h"

#include <string.h>

#include "admin/api_worker.h"
#include "admin/show_schedule.h"
#include "core/cron.h"
#include "store/schedules.h"


static apr_status_t answer_list(wfp_api_call_t *call)
{
    apr_array_header_t *list;
    apr_status_t rv = wfp_schedules_list(&list, call->server->store,
                                         wfp_api_call_ns(call),
                                         wfp_api_worker_name(call), &call->res,
                                         call->pool);

    if (rv != APR_SUCCESS) {
        return wfp_api_worker_failed(call, rv);
    }
    wfp_api_answer_etag(call, wfp_schedules_etag(list, call->pool));
    return wfp_api_answer_json(call, wfp_show_schedule_list(list, call->pool));
}

apr_status_t wfp_api_schedules_list(wfp_api_call_t *call)
{
    return answer_list(call);
}

static int is_in(const apr_array_header_t *crons, const char *cron)
{
    int i;

    for (i = 0; i < crons->nelts; i++) {
        if (!strcmp(APR_ARRAY_IDX(crons, i, const char *), cron)) {
            return 1;
        }
    }
    return 0;
}

static apr_status_t add_one(apr_array_header_t *crons, wfp_api_call_t *call,
                            const wfp_json_t *item)
{
    static const char *const known[] = { "cron", "created_on", "modified_on",
                                         NULL };
    const char *text = wfp_json_is_object(item) ? wfp_json_str(
                           wfp_json_get(item, "cron", call->pool))
                                                : NULL;
    wfp_result_t why;
    wfp_cron_t cron;

    if (!text) {
        return wfp_api_answer_error(call, WFP_API_BAD_REQUEST,
                                    "a schedule is an object with the text "
                                    "\"cron\"");
    }
    if (wfp_api_call_known(call, item, known, 1) != APR_SUCCESS) {
        return APR_EGENERAL;
    }
    wfp_result_init(&why, call->pool);
    if (wfp_cron_parse(&cron, text, &why) != APR_SUCCESS) {
        return wfp_api_answer_error(call, WFP_API_CRON,
                                    "invalid cron string '%.100s': %s", text,
                                    why.message);
    }
    if (is_in(crons, text)) {
        return wfp_api_answer_error(call, WFP_API_CRON,
                                    "the schedule '%s' is there twice", text);
    }
    APR_ARRAY_PUSH(crons, const char *) = text;
    return APR_SUCCESS;
}

apr_status_t wfp_api_schedules_put(wfp_api_call_t *call)
{
    apr_array_header_t *crons = apr_array_make(call->pool, 8,
                                               sizeof(const char *));
    wfp_json_t *doc;
    apr_status_t rv = wfp_api_call_json(&doc, call);
    apr_size_t i, n;

    if (rv != APR_SUCCESS) {
        return rv;
    }
    if (!doc || !wfp_json_is_array(doc)) {
        return wfp_api_answer_error(call, WFP_API_BAD_REQUEST,
                                    "the body must be a JSON array of "
                                    "schedules");
    }
    n = wfp_json_size(doc);
    if (n > WFP_SCHEDULES_MAX) {
        return wfp_api_answer_error(call, WFP_API_CRON,
                                    "a Worker has at most %d schedules",
                                    WFP_SCHEDULES_MAX);
    }
    for (i = 0; i < n && rv == APR_SUCCESS; i++) {
        rv = add_one(crons, call, wfp_json_at(doc, i, call->pool));
    }
    if (rv != APR_SUCCESS) {
        return rv;
    }
    rv = wfp_schedules_put(call->server->store, wfp_api_call_ns(call),
                           wfp_api_worker_name(call), crons,
                           wfp_api_call_match(call), wfp_api_call_actor(call),
                           &call->res, call->pool);
    return rv == APR_SUCCESS ? answer_list(call)
                             : wfp_api_worker_failed(call, rv);
}

apr_status_t wfp_api_schedules_runs(wfp_api_call_t *call)
{
    apr_array_header_t *list;
    apr_status_t rv = wfp_schedules_runs(&list, call->server->store,
                                         wfp_api_call_ns(call),
                                         wfp_api_worker_name(call), &call->res,
                                         call->pool);

    return rv == APR_SUCCESS
               ? wfp_api_answer_json(call,
                                     wfp_show_schedule_runs(list, call->pool))
               : wfp_api_worker_failed(call, rv);
}
