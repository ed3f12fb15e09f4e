/* SPDX-License-Identifier: Apache-2.0 */
/* Schedules as JSON. Called by api_schedules.c and wfpctl. */
#include "admin/show_schedule.h"

#include "admin/show.h"

static const char *time_of(apr_int64_t ms, apr_pool_t *p)
{
    return wfp_show_time(apr_time_from_msec(ms), p);
}

wfp_json_t *wfp_show_schedule_list(const apr_array_header_t *list,
                                   apr_pool_t *p)
{
    wfp_json_t *result = wfp_json_object(p), *arr = wfp_json_array(p);
    int i;

    for (i = 0; i < list->nelts; i++) {
        const wfp_schedule_t *one = APR_ARRAY_IDX(list, i, wfp_schedule_t *);
        wfp_json_t *obj = wfp_json_object(p);

        wfp_json_set_str(obj, "cron", one->cron);
        wfp_json_set_str(obj, "created_on", time_of(one->created, p));
        wfp_json_set_str(obj, "modified_on", time_of(one->modified, p));
        wfp_json_add(arr, obj);
    }
    wfp_json_set(result, "schedules", arr);
    return result;
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

wfp_json_t *wfp_show_schedule_runs(const apr_array_header_t *list,
                                   apr_pool_t *p)
{
    wfp_json_t *arr = wfp_json_array(p);
    int i;

    for (i = 0; i < list->nelts; i++) {
        wfp_json_add(arr,
                     show_run(APR_ARRAY_IDX(list, i, wfp_schedule_run_t *), p));
    }
    return arr;
}
