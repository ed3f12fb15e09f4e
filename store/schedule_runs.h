/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WFP_SCHEDULE_RUNS_H
#define WFP_SCHEDULE_RUNS_H

#include "store/schedules.h"

/**
 * @file
 * The life of a run. A tick that is due becomes a row that waits; who is the runner
 * claims it, durably, before it runs, so nobody else does; while it runs its
 * process says that it is alive. One whose process has died begins again, once, unless
 * its Worker asked for none. A tick that nobody ran within WINDOW is skipped.
 */

/** For how long after its time a tick may still begin, ms. */
#define WFP_SCHEDULE_WINDOW_MS (APR_INT64_C(15) * 60 * 1000)

/** A run whose process has not said for that long that it lives is over, ms. */
#define WFP_SCHEDULE_ALIVE_MS 10000

/** The lease's name, and its number: functions that have one return WFP_CONFLICT
 *  when it does not hold any more. */
typedef struct wfp_fence_t {
    const char *lease;
    apr_int64_t number;
} wfp_fence_t;

/** Make rows of the ticks that are due, at most 100; of a schedule that missed
 *  several the latest, and none while its last one waits. Then see to rows whose
 *  process died, or that waited for too long. */
apr_status_t wfp_schedule_runs_make(wfp_store_t *store,
                                    const wfp_fence_t *fence, wfp_result_t *res,
                                    apr_pool_t *p) WFP_CHECK;

/** Those that wait, the oldest first, behind seq: array of
 *  wfp_schedule_run_t *, at most 100. */
apr_status_t wfp_schedule_runs_waiting(apr_array_header_t **plist,
                                       wfp_store_t *store, apr_int64_t seq,
                                       wfp_result_t *res,
                                       apr_pool_t *p) WFP_CHECK;

/** Begin it. @param ptaken 0: it does not wait any more */
apr_status_t wfp_schedule_runs_claim(int *ptaken, wfp_store_t *store,
                                     const wfp_fence_t *fence, apr_int64_t seq,
                                     const char *process, wfp_result_t *res,
                                     apr_pool_t *p) WFP_CHECK;

/** What that process runs is alive. */
apr_status_t wfp_schedule_runs_tend(wfp_store_t *store, const char *process,
                                    wfp_result_t *res, apr_pool_t *p) WFP_CHECK;

/** It must not begin again. */
apr_status_t wfp_schedule_runs_no_retry(wfp_store_t *store, apr_int64_t seq,
                                        wfp_result_t *res,
                                        apr_pool_t *p) WFP_CHECK;

/** It has ended; old ones of its Worker go. */
apr_status_t wfp_schedule_runs_done(wfp_store_t *store, apr_int64_t seq,
                                    const char *process, const char *outcome,
                                    const char *error, wfp_result_t *res,
                                    apr_pool_t *p) WFP_CHECK;

#endif
