/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WFP_STATS_H
#define WFP_STATS_H

#include <apr_pools.h>
#include <apr_time.h>

#include "core/limits.h"
#include "core/result.h"
#include "core/wfp.h"

/**
 * @file
 * Counters of a server in shared memory that outlives generations, for status
 * pages and metrics, and the Workers that are cooling down (WfpCoolDown). No locks: any thread of
 * any child may call anything at any time.
 */

typedef struct wfp_stats_t wfp_stats_t;

/** Number of the layout: memory of another one is not used on. */
#define WFP_STATS_LAYOUT                                                       \
    ((((int)WFP_STAT_COUNT * 256 + (int)WFP_CODE_COUNT) * 256                  \
      + (int)WFP_LIMIT_COUNT)                                                  \
         * 8                                                                   \
     + 2)

typedef enum {
    WFP_STAT_REQUESTS = 0, /* requests answered, well or not */
    WFP_STAT_INVOCATIONS,  /* runs of a handler; a request may have several */
    WFP_STAT_SUBREQUESTS,
    WFP_STAT_COLD_STARTS,
    WFP_STAT_KILLS,        /* invocations ended by a hard limit */
    WFP_STAT_KILLS_STAGE2, /* those that were stuck in a library's C */
    WFP_STAT_UNWRITTEN,    /* records that a log did not take */
    WFP_STAT_TAIL_DROPPED, /* records that a `tail` handler was too slow for */
    WFP_STAT_COUNT
} wfp_stat_e;

/** All counters at (nearly) one moment. */
typedef struct wfp_stats_all_t {
    apr_uint64_t n[WFP_STAT_COUNT];
    apr_uint64_t errors[WFP_CODE_COUNT];
    apr_uint64_t limits[WFP_LIMIT_COUNT]; /* kills by which limit it was */
    apr_uint32_t cooling;                 /* Workers cooling down now */
} wfp_stats_all_t;

/** WfpCoolDown: more than this many kills within window, then a pause. */
typedef struct wfp_cool_down_t {
    int kills; /* 0: off */
    apr_interval_time_t window;
    apr_interval_time_t pause;
} wfp_cool_down_t;

/**
 * Make the counters (anonymous, shared with children forked later), all 0.
 * @note start scope (parent, alone)
 */
apr_status_t wfp_stats_create(wfp_stats_t **pstats, wfp_result_t *res,
                              apr_pool_t *p) WFP_CHECK;

/** Count one. */
void wfp_stats_count(wfp_stats_t *stats, wfp_stat_e which);

/** Count an answer with this code; WFP_OK and codes out of range: nothing. */
void wfp_stats_error(wfp_stats_t *stats, wfp_code_e code);

/** Count a kill by this limit; out of range: nothing. */
void wfp_stats_limit(wfp_stats_t *stats, wfp_limit_e limit);

/** Tell a speed; all processes of the server remember the greatest.
 *  @return that */
apr_uint64_t wfp_stats_fastest(wfp_stats_t *stats, apr_uint64_t speed);

/** Read all counters. */
void wfp_stats_read(wfp_stats_all_t *all, wfp_stats_t *stats, apr_time_t now);

/**
 * A hard limit ended an invocation of this Worker. now, here and below: as
 * core/clock.h tells it. Counts WFP_STAT_KILLS too.
 * The kills of a Worker are counted from the first of a window; of thousands
 * of Workers killed within one window some may be forgotten.
 */
void wfp_stats_kill(wfp_stats_t *stats, const wfp_cool_down_t *rule,
                    const char *ns, const char *name, apr_time_t now);

/**
 * Is this Worker cooling down? One load while none is.
 *
 * @param pretry_after_s  whole seconds until it is not, at least 1; untouched
 *                        when it is not; may be NULL
 */
int wfp_stats_is_cooling(int *pretry_after_s, wfp_stats_t *stats,
                         const char *ns, const char *name, apr_time_t now);

#endif
