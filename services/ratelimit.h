/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WFP_RATELIMIT_H
#define WFP_RATELIMIT_H

#include <apr_pools.h>
#include <apr_time.h>

#include "core/rate.h"
#include "core/result.h"

/**
 * @file
 * Counters of ratelimit bindings, in shared memory: one table for all processes
 * of a host. A period is ten steps; a counter knows how many calls succeeded in
 * the current step and in each of the ten before, so within no period more than
 * the limit do, and what was used comes back after a period and one step at the
 * latest. Any thread of any process; waits only for who is counting in the same
 * part of the table, and what a killed process was at stays whole.
 *
 * The table is bounded. When a key finds its set full, the counter that goes is
 * one of the owner that has most of the set, who asks included, and of those
 * the one with the least calls. So nobody's keys drive out those of an owner
 * that has fewer, and no flood of new keys one that is near its limit.
 */

typedef struct wfp_ratelimit_t wfp_ratelimit_t;

/** Of the layout in shared memory: another one is another number. */
#define WFP_RATELIMIT_LAYOUT 1

/** Keys that it can count at a time. */
#define WFP_RATELIMIT_KEYS 131072

typedef struct wfp_ratelimit_stats_t {
    apr_uint64_t allowed;
    apr_uint64_t refused;
    apr_uint64_t evicted; /* counters that went before their time */
} wfp_ratelimit_stats_t;

/**
 * Make the table (anonymous, shared with children forked later). What is in p
 * holds no pointer but into the segment.
 *
 * @note start scope (parent, alone)
 */
apr_status_t wfp_ratelimit_create(wfp_ratelimit_t **plimits, wfp_result_t *res,
                                  apr_pool_t *p) WFP_CHECK;

/**
 * Count a call.
 *
 * @param now  of core/clock
 * @return 1: it is within the limit, and counted; 0: it is not
 */
int wfp_ratelimit_take(wfp_ratelimit_t *limits, const wfp_rate_ask_t *ask,
                       apr_time_t now);

void wfp_ratelimit_stats(wfp_ratelimit_stats_t *stats,
                         const wfp_ratelimit_t *limits);

#endif
