/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WFP_RUNS_H
#define WFP_RUNS_H

#include <apr_pools.h>

#include "core/result.h"
#include "core/wfp.h"

/**
 * @file
 * Runs of handlers that are under way, and whose they are, in shared memory that
 * outlives generations: so what a process was at is known when it was killed. Who
 * runs one writes a place of its own, without a lock or a system call; the parent
 * takes the places of a process back that has ended.
 */

typedef struct wfp_runs_t wfp_runs_t;

/** Number of the layout: memory of another one is not used on. */
#define WFP_RUNS_LAYOUT 1

/** Places. What finds none is counted, but not told by Worker. */
#define WFP_RUNS_MAX 8192

/** Make it (anonymous, shared with children forked later), empty.
 *  @note start scope (parent, alone) */
apr_status_t wfp_runs_create(wfp_runs_t **pruns, wfp_result_t *res,
                             apr_pool_t *p) WFP_CHECK;

/**
 * One begins; whose it is, is not known yet. Any thread of the process.
 *
 * @param owner  the process: of wfp_children_join(); -1: it is not told of
 * @return for the calls below
 */
int wfp_runs_begin(wfp_runs_t *runs, int owner);

/** It is known now which Worker runs. Once. @param ns  as script: all of an array of
 *  WFP_NAME_MAX + 1 bytes, which is copied faster than a text */
void wfp_runs_name(wfp_runs_t *runs, int run, int owner, const char *ns,
                   const char *script);

/** It was counted, so it cannot be lost any more. */
void wfp_runs_end(wfp_runs_t *runs, int run, int owner);

/** What was lost. @param script  NULL, as ns is: it is not known whose */
typedef void wfp_runs_lost_fn(void *data, const char *ns, const char *script,
                              apr_uint64_t count);

/** That process has ended: tell of each run that it was at, once. The place that
 *  it has in wfp_children_t is not given to another one before.
 *  @note the parent, one at a time */
void wfp_runs_left(wfp_runs_t *runs, int owner, wfp_runs_lost_fn *fn,
                   void *data);

/** How many runs were lost so far. */
apr_uint64_t wfp_runs_lost(const wfp_runs_t *runs);

#endif
