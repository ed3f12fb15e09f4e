/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Schedules: from a tick that is due to `scheduled` of its Worker. The step finds,
 * the thread claims: what two threads have found one of them runs.
 */
#include "mod_wfp/cron.h"

#include <apr_strings.h>

#include "mod_wfp/log.h"
#include "mod_wfp/work.h"
#include "store/schedule_runs.h"

#define PAGES_MAX 10

/* In the work's pool. */
typedef struct tick_t {
    wfp_task_t task;
    wfp_fence_t fence;
    apr_int64_t seq;
    int is_last; /* noRetry() was called */
    wfp_scheduled_t scheduled;
} tick_t;

static void tell(const wfp_server_t *server, const tick_t *tick,
                 apr_status_t rv, const wfp_result_t *res)
{
    if (rv != APR_SUCCESS && res->code != WFP_CONFLICT) {
        ap_log_error(APLOG_MARK, APLOG_ERR, rv, server->main,
                     WFPLOGNO(3401) "schedule %s of %s/%s: %s",
                     tick->scheduled.cron, tick->task.ns, tick->task.name,
                     res->message);
    }
}

static void run_tick(wfp_task_t *task)
{
    tick_t *tick = task->baton;
    wfp_work_t *work = task->work;
    wfp_server_t *server = work->server;
    const char *process = wfp_runner_process(server->runner);
    wfp_event_t event = { WFP_EVENT_SCHEDULED, &tick->scheduled };
    wfp_call_t call = { 0 };
    wfp_result_t res;
    wfp_code_e code;
    const char *error;
    int taken;
    apr_status_t rv;

    wfp_result_init(&res, work->pool);
    rv = wfp_schedule_runs_claim(&taken, server->store, &tick->fence, tick->seq,
                                 process, &res, work->pool);
    tell(server, tick, rv, &res);
    if (!taken) {
        return;
    }
    call.ns = task->ns;
    call.name = task->name;
    code = wfp_invoke_event(&error, work, &call, &event);
    rv = wfp_schedule_runs_done(server->store, tick->seq, process,
                                code == WFP_OK ? "ok"
                                               : wfp_code_row(code)->code,
                                error, &res, work->pool);
    tell(server, tick, rv, &res);
}

/* Asked for by controller:noRetry(), in a loop if a tenant likes: the store is
 * told once. */
static void on_no_retry(void *baton)
{
    tick_t *tick = baton;
    wfp_server_t *server = tick->task.work->server;
    wfp_result_t res;
    apr_status_t rv;

    if (tick->is_last) {
        return;
    }
    tick->is_last = 1;
    wfp_result_init(&res, tick->task.work->pool);
    rv = wfp_schedule_runs_no_retry(server->store, tick->seq, &res,
                                    tick->task.work->pool);
    tell(server, tick, rv, &res);
}

static void hand(wfp_server_t *server, const wfp_schedule_run_t *run,
                 apr_int64_t fence)
{
    wfp_work_t *work = wfp_work_begin_alone(server);
    tick_t *tick;

    if (!work) {
        return;
    }
    tick = apr_pcalloc(work->pool, sizeof(*tick));
    tick->task.work = work;
    tick->task.ns = apr_pstrdup(work->pool, run->ns);
    tick->task.name = apr_pstrdup(work->pool, run->name);
    tick->task.run = run_tick;
    tick->task.baton = tick;
    tick->fence.lease = WFP_RUNNER_LEASE;
    tick->fence.number = fence;
    tick->seq = run->seq;
    tick->scheduled.cron = apr_pstrdup(work->pool, run->cron);
    tick->scheduled.time_ms = run->due;
    tick->scheduled.no_retry = on_no_retry;
    tick->scheduled.baton = tick;
    if (!wfp_runner_hand(server->runner, &tick->task)) {
        wfp_work_finish(work); /* at a later step */
    }
}

apr_status_t wfp_cron_step(wfp_server_t *server, apr_int64_t fence,
                           wfp_result_t *res, apr_pool_t *p)
{
    wfp_fence_t the_fence = { WFP_RUNNER_LEASE, fence };
    apr_array_header_t *list = NULL;
    apr_int64_t seq = 0;
    apr_status_t rv = wfp_schedule_runs_make(server->store, &the_fence, res, p);
    int i, page;

    for (page = 0; rv == APR_SUCCESS && page < PAGES_MAX
                   && wfp_runner_room(server->runner) > 0;
         page++) {
        rv = wfp_schedule_runs_waiting(&list, server->store, seq, res, p);
        for (i = 0; rv == APR_SUCCESS && i < list->nelts; i++) {
            const wfp_schedule_run_t *run = APR_ARRAY_IDX(list, i,
                                                          wfp_schedule_run_t *);

            seq = run->seq;
            hand(server, run, fence);
        }
        if (rv != APR_SUCCESS || list->nelts == 0) {
            break;
        }
    }
    return rv;
}

apr_status_t wfp_cron_tend(wfp_server_t *server, wfp_result_t *res,
                           apr_pool_t *p)
{
    return wfp_schedule_runs_tend(server->store,
                                  wfp_runner_process(server->runner), res, p);
}
