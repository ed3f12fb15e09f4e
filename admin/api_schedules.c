/* SPDX-License-Identifier: Apache-2.0 */
/* Schedules of a Worker and their last runs. docs/api/scripts.md */
#include "admin/api_schedules.h"

#include <string.h>

#include "admin/api_worker.h"
#include "admin/show.h"
#include "core/cron.h"
#include "store/schedules.h"

/* Of a Worker. */
#define SCHEDULES_MAX 250

static const char *time_of(apr_int64_t ms, apr_pool_t *p)
{
    return wfp_show_time(apr_time_from_msec(ms), p);
}

static apr_status_t answer_list(wfp_api_call_t *call)
{
    wfp_json_t *result = wfp_json_object(call->pool);
    wfp_json_t *arr = wfp_json_array(call->pool);
    apr_array_header_t *list;
    apr_status_t rv = wfp_schedules_list(&list, call->server->store,
                                         wfp_api_call_ns(call),
                                         wfp_api_worker_name(call), &call->res,
                                         call->pool);
    int i;

    if (rv != APR_SUCCESS) {
        return wfp_api_worker_failed(call, rv);
    }
    for (i = 0; i < list->nelts; i++) {
        const wfp_schedule_t *one = APR_ARRAY_IDX(list, i, wfp_schedule_t *);
        wfp_json_t *obj = wfp_json_object(call->pool);

        wfp_json_set_str(obj, "cron", one->cron);
        wfp_json_set_str(obj, "created_on", time_of(one->created, call->pool));
        wfp_json_set_str(obj, "modified_on",
                         time_of(one->modified, call->pool));
        wfp_json_add(arr, obj);
    }
    wfp_json_set(result, "schedules", arr);
    return wfp_api_answer_json(call, result);
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
    if (n > SCHEDULES_MAX) {
        return wfp_api_answer_error(call, WFP_API_CRON,
                                    "a Worker has at most %d schedules",
                                    SCHEDULES_MAX);
    }
    for (i = 0; i < n && rv == APR_SUCCESS; i++) {
        rv = add_one(crons, call, wfp_json_at(doc, i, call->pool));
    }
    if (rv != APR_SUCCESS) {
        return rv;
    }
    rv = wfp_schedules_put(call->server->store, wfp_api_call_ns(call),
                           wfp_api_worker_name(call), crons,
                           wfp_api_call_actor(call), &call->res, call->pool);
    return rv == APR_SUCCESS ? answer_list(call)
                             : wfp_api_worker_failed(call, rv);
}

static wfp_json_t *show_run(const wfp_schedule_run_t *run, apr_pool_t *p)
{
    wfp_json_t *obj = wfp_json_object(p);

    wfp_json_set_int(obj, "id", run->seq);
    wfp_json_set_str(obj, "cron", run->cron);
    wfp_json_set_str(obj, "scheduled_on", time_of(run->due, p));
    wfp_json_set_str(obj, "state", run->state);
    wfp_json_set_int(obj, "attempts", run->attempts);
    wfp_json_set_str(obj, "started_on",
                     run->began ? time_of(run->began, p) : NULL);
    wfp_json_set_str(obj, "ended_on",
                     run->ended ? time_of(run->ended, p) : NULL);
    wfp_json_set_str(obj, "outcome", *run->outcome ? run->outcome : NULL);
    wfp_json_set_str(obj, "error", *run->error ? run->error : NULL);
    return obj;
}

apr_status_t wfp_api_schedules_runs(wfp_api_call_t *call)
{
    wfp_json_t *arr = wfp_json_array(call->pool);
    apr_array_header_t *list;
    apr_status_t rv = wfp_schedules_runs(&list, call->server->store,
                                         wfp_api_call_ns(call),
                                         wfp_api_worker_name(call), &call->res,
                                         call->pool);
    int i;

    if (rv != APR_SUCCESS) {
        return wfp_api_worker_failed(call, rv);
    }
    for (i = 0; i < list->nelts; i++) {
        wfp_json_add(arr, show_run(APR_ARRAY_IDX(list, i, wfp_schedule_run_t *),
                                   call->pool));
    }
    return wfp_api_answer_json(call, arr);
}
