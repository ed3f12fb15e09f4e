/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WFP_SCHEDULES_H
#define WFP_SCHEDULES_H

#include <apr_pools.h>
#include <apr_tables.h>

#include "core/etag.h"
#include "store/audit.h"
#include "store/store.h"

/** @file When Workers run without a request, and what became of it. Times are
 *  milliseconds since the epoch, by the database's clock. */

/** Of a Worker. */
#define WFP_SCHEDULES_MAX 250

typedef struct wfp_schedule_t {
    const char *cron;
    apr_int64_t created;
    apr_int64_t modified;
} wfp_schedule_t;

/** Of a list as wfp_schedules_list() gives it; NULL: no memory. */
const char *wfp_schedules_etag(const apr_array_header_t *list, apr_pool_t *p);

/** Replace a Worker's schedules; those that stay go on as they were.
 *  @param crons array of const char *, valid (core/cron.h), each once
 *  @return WFP_WORKER_NOT_FOUND, WFP_NOT_FOUND (its namespace); as
 *          wfp_etag_check() says */
apr_status_t wfp_schedules_put(wfp_store_t *store, const char *ns,
                               const char *name,
                               const apr_array_header_t *crons,
                               const wfp_match_t *match,
                               const wfp_actor_t *actor, wfp_result_t *res,
                               apr_pool_t *p) WFP_CHECK;

/** They, by text: array of wfp_schedule_t *. */
apr_status_t wfp_schedules_list(apr_array_header_t **plist, wfp_store_t *store,
                                const char *ns, const char *name,
                                wfp_result_t *res, apr_pool_t *p) WFP_CHECK;

/** A run of a tick. */
typedef struct wfp_schedule_run_t {
    apr_int64_t seq; /* grows */
    const char *ns;
    const char *name;
    const char *cron;
    apr_int64_t due;
    const char *state; /* "waiting", "running", "done" */
    apr_int64_t attempts;
    apr_int64_t began; /* 0: not yet */
    apr_int64_t ended;
    const char *outcome; /* code of an error, "ok", "skipped", "interrupted" */
    const char *error;   /* "": none */
} wfp_schedule_run_t;

/** How many are kept of a Worker. */
#define WFP_SCHEDULE_RUNS_KEPT 100

/** The latest first, those that were pruned excepted: array of
 *  wfp_schedule_run_t *. */
apr_status_t wfp_schedules_runs(apr_array_header_t **plist, wfp_store_t *store,
                                const char *ns, const char *name,
                                wfp_result_t *res, apr_pool_t *p) WFP_CHECK;

#endif
