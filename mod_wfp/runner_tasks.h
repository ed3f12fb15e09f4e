/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WFP_RUNNER_TASKS_H
#define WFP_RUNNER_TASKS_H

#include <apr_pools.h>
#include <apr_time.h>

#include "core/wfp.h"
#include "mod_wfp/runner.h"

/** @file Threads for what no request waits for; for runner.c and tailers.c, each of
 *  which has its own. A bounded number, made when wanted, of which a Worker and a
 *  namespace have a share. One thread hands over. */

typedef struct wfp_runner_tasks_t wfp_runner_tasks_t;

/** p: the child's, which threads may use. */
apr_status_t wfp_runner_tasks_create(wfp_runner_tasks_t **ptasks,
                                     apr_pool_t *p) WFP_CHECK;

/** As wfp_runner_hand(). */
int wfp_runner_tasks_hand(wfp_runner_tasks_t *tasks, wfp_task_t *task);

/** As wfp_runner_may(). */
int wfp_runner_tasks_may(wfp_runner_tasks_t *tasks, const char *ns,
                         const char *name);

/** How many run. */
int wfp_runner_tasks_count(wfp_runner_tasks_t *tasks);

/** How many more could. */
int wfp_runner_tasks_room(wfp_runner_tasks_t *tasks);

/** Wait until none runs, or for that long. @return how many do */
int wfp_runner_tasks_await(wfp_runner_tasks_t *tasks, apr_interval_time_t time);

/** Take no more. */
void wfp_runner_tasks_stop(wfp_runner_tasks_t *tasks);

/** Join the threads; after stop. */
void wfp_runner_tasks_join(wfp_runner_tasks_t *tasks);

#endif
