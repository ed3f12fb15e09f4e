/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WFP_RUNNER_H
#define WFP_RUNNER_H

#include <apr_pools.h>
#include <apr_time.h>
#include <httpd.h>

#include "mod_wfp/invoke.h"
#include "mod_wfp/server.h"

/**
 * @file
 * What runs without a request: of all children of all hosts on one store one at a
 * time is the runner. mod_watchdog drives it; a seat in shared memory
 * (core/seat.h) says which child of the server, a lease in the store
 * (store/leases.h) which server. A child that ends gives both back, one that dies
 * is replaced by another child of its server within RUNNER_SEAT, by another server
 * when the lease is over (WFP_RUNNER_LEASE_MS).
 *
 * A job is a row of the table in runner_jobs.c: its step looks for work, takes it
 * in a transaction that calls wfp_leases_check() (store/lease_check.h) with the
 * runner's fence, and hands it to a thread with wfp_runner_hand(). A step runs
 * no Lua and does not wait: what waits is the threads'.
 *
 *     work = wfp_work_begin_alone(server); // all of it in work->pool
 *     task->work = work; ...
 *     if (!wfp_runner_hand(server->runner, task)) {
 *         wfp_work_finish(work);           // no thread now: leave it for later
 *     }
 *     // and in task->run, on a thread of the runner:
 *     code = wfp_invoke_event(&error, task->work, &call, &event);
 */

/** Name of the lease in the store. */
#define WFP_RUNNER_LEASE "runner"

/** For how long it is had; renewed three times as often. */
#define WFP_RUNNER_LEASE_MS 6000

/** Something that is done every so often by the runner. */
typedef struct wfp_job_t {
    const char *name;
    apr_interval_time_t interval; /* 200 ms at least */
    /**
     * Look for work. Failures are logged once, until it goes well again.
     *
     * @param fence  the lease's number
     * @param p      of this step
     */
    apr_status_t (*step)(wfp_server_t *server, apr_int64_t fence,
                         wfp_result_t *res, apr_pool_t *p);
    /** Called every two seconds while tasks of this process run, also when it is
     *  the runner no longer: to keep what they hold. NULL: nothing */
    apr_status_t (*tend)(wfp_server_t *server, wfp_result_t *res,
                         apr_pool_t *p);
} wfp_job_t;

/** The jobs; the last one's name is NULL (runner_jobs.c). */
extern const wfp_job_t wfp_runner_jobs[];

/** What a thread of the runner does; in work's pool. */
typedef struct wfp_task_t {
    wfp_work_t *work;
    const char *ns; /* whose share of the threads it is */
    const char *name;
    /** Runs Lua and waits as it likes; work is finished when it returns. */
    void (*run)(struct wfp_task_t *task);
    void *baton;
} wfp_task_t;

/** hook post_config, in the parent, alone: seat, watchdog. Without mod_watchdog it
 *  says so in the log, and nothing ever runs without a request. */
apr_status_t wfp_runner_create(wfp_runner_t **prunner, wfp_server_t *server,
                               wfp_result_t *res, apr_pool_t *pconf,
                               apr_pool_t *generation) WFP_CHECK;

/** child scope: from now on this child may become the runner. Joined by p's
 *  pre-cleanup, when tasks that run have ended. */
apr_status_t wfp_runner_start(wfp_runner_t *runner, apr_pool_t *p) WFP_CHECK;

/**
 * Give a task to a thread.
 *
 * @return 1; 0: none is free, or its Worker has its share, or the child ends: it
 *         is still the caller's
 * @note steps
 */
int wfp_runner_hand(wfp_runner_t *runner, wfp_task_t *task);

/** Could one of this Worker be handed over now? */
int wfp_runner_may(wfp_runner_t *runner, const char *ns, const char *name);

/** How many tasks could be handed over now. */
int wfp_runner_room(wfp_runner_t *runner);

/** A random name of this process, the same as long as it lives. */
const char *wfp_runner_process(const wfp_runner_t *runner);

#endif
