/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WFP_LEDGER_H
#define WFP_LEDGER_H

#include <apr_pools.h>
#include <apr_tables.h>
#include <apr_time.h>

#include "core/limits.h"
#include "core/result.h"
#include "core/wfp.h"

/**
 * @file
 * What Workers did, in shared memory that outlives generations: requests, how
 * they ended, time, instructions, bytes. For metrics (wfp_ledger_read()) and, by
 * the minute, for the store (wfp_ledger_collect()).
 *
 * A Worker has a row of its own from its first run until it did nothing for ten
 * minutes. Rows are bounded, and a namespace has at most half of them: what finds
 * none counts for "*" of its namespace. Counting takes no lock and makes no
 * system call: any thread of any child may do it at any time.
 */

typedef struct wfp_ledger_t wfp_ledger_t;

/** Number of the layout: memory of another one is not used on. */
#define WFP_LEDGER_LAYOUT 4

/** Places for Workers, and for namespaces ("*" of each). */
#define WFP_LEDGER_ROWS       8192
#define WFP_LEDGER_NAMESPACES 512

/** Steps of a histogram; the last one has no upper bound. */
#define WFP_LEDGER_STEPS 14

/** Name of what has no row of its own, of a namespace or of all. */
#define WFP_LEDGER_OTHER "*"

/** What is counted. */
typedef enum {
    WFP_LEDGER_REQUESTS =
        0,           /* runs of a handler, and answers that needed none */
    WFP_LEDGER_ENDS, /* one each wfp_outcome_e that is not ok */
    WFP_LEDGER_CPU_US = WFP_LEDGER_ENDS + WFP_OUTCOME_COUNT - 1,
    WFP_LEDGER_WALL_US,
    WFP_LEDGER_INSTRUCTIONS,
    WFP_LEDGER_SUBREQUESTS,
    WFP_LEDGER_BYTES_IN, /* of requests' bodies, from clients */
    WFP_LEDGER_BYTES_OUT,
    WFP_LEDGER_COLD_STARTS,
    WFP_LEDGER_CPU_STEPS, /* how many had that much CPU time */
    WFP_LEDGER_LOST = WFP_LEDGER_CPU_STEPS + WFP_LEDGER_STEPS, /* with their
                        * process: in no other number */
    WFP_LEDGER_KILLS, /* one each wfp_limit_e */
    WFP_LEDGER_TOLD = WFP_LEDGER_KILLS + WFP_LIMIT_COUNT,
    /* not told to the store: */
    WFP_LEDGER_WALL_STEPS = WFP_LEDGER_TOLD,
    WFP_LEDGER_COUNT = WFP_LEDGER_WALL_STEPS + WFP_LEDGER_STEPS
} wfp_ledger_e;

/** One run that is over. */
typedef struct wfp_ledger_run_t {
    wfp_outcome_e outcome;
    apr_uint64_t cpu_us;
    apr_uint64_t wall_us;
    apr_uint64_t instructions;
    apr_uint64_t subrequests;
    int cold;
    int killed_by; /* 1 and the hard limit that ended it; 0: none did */
} wfp_ledger_run_t;

/** Make it (anonymous, shared with children forked later), all 0.
 *  @note start scope (parent, alone) */
apr_status_t wfp_ledger_create(wfp_ledger_t **pledger, wfp_result_t *res,
                               apr_pool_t *p) WFP_CHECK;

/** Count a run. What names no Worker (WFP_OUTCOME_NOT_FOUND) counts for "*".
 *  @param script  NULL: it is not known whether there is one of its name
 *  @param now     core/clock.h */
void wfp_ledger_count(wfp_ledger_t *ledger, const char *ns, const char *script,
                      const wfp_ledger_run_t *run, apr_time_t now);

/** Count runs that their process did not live to the end of.
 *  @param ns  NULL, as script is: it is not known whose they were */
void wfp_ledger_lost(wfp_ledger_t *ledger, const char *ns, const char *script,
                     apr_uint64_t count, apr_time_t now);

/** Count bytes of a client's request and its answer. */
void wfp_ledger_bytes(wfp_ledger_t *ledger, const char *ns, const char *script,
                      apr_uint64_t in, apr_uint64_t out, apr_time_t now);

/** Upper bounds of the steps, in microseconds; the last one is 0: none. */
const apr_uint64_t *wfp_ledger_cpu_bounds(void);
const apr_uint64_t *wfp_ledger_wall_bounds(void);

/**
 * The time that a part of all runs did not exceed, by the steps of a histogram.
 *
 * @param steps  WFP_LEDGER_STEPS numbers
 * @param part   0 to 1
 * @return microseconds, between the bounds of its step; 0: there are no runs
 */
apr_uint64_t wfp_ledger_percentile(const apr_uint64_t *steps,
                                   const apr_uint64_t *bounds, double part);

/* ---- metrics --------------------------------------------------------------- */

/** All that one Worker did since the server was started. */
typedef struct wfp_ledger_sum_t {
    char ns[WFP_NAME_MAX + 1];
    char script[WFP_NAME_MAX + 1]; /* "*": all without a row of their own */
    apr_uint64_t n[WFP_LEDGER_COUNT];
    int is_shown; /* as wfp_ledger_choose() says */
    int row;
} wfp_ledger_sum_t;

/** List all. @param plist  wfp_ledger_sum_t, sorted by ns, script */
void wfp_ledger_read(apr_array_header_t **plist, wfp_ledger_t *ledger,
                     apr_pool_t *p);

/**
 * Choose those that are shown by name: those with the most requests. One that
 * was chosen before stays until twice as many have more, so that a scrape does
 * not find it gone without need.
 */
void wfp_ledger_choose(apr_array_header_t *list, wfp_ledger_t *ledger, int max);

/* ---- the store --------------------------------------------------------------- */

/** A row's name in the store and its NUL: unlike those of all other servers and
 *  times. */
#define WFP_LEDGER_SOURCE_SIZE 40

/** What a Worker did in a minute; told again and again, the numbers only grow. */
typedef struct wfp_ledger_item_t {
    char ns[WFP_NAME_MAX + 1];
    char script[WFP_NAME_MAX + 1];
    char source[WFP_LEDGER_SOURCE_SIZE];
    apr_int64_t time; /* when the minute began, seconds since the epoch */
    apr_uint64_t n[WFP_LEDGER_TOLD];
    apr_uint64_t seen[WFP_LEDGER_TOLD]; /* for wfp_ledger_stored() */
    int row;
} wfp_ledger_item_t;

/** Begin to tell: one process at a time does. @return 0: another one is */
int wfp_ledger_begin(wfp_ledger_t *ledger, apr_time_t now);

/** The end of it. */
void wfp_ledger_end(wfp_ledger_t *ledger);

/**
 * List what the store does not have, some of it when it is much.
 *
 * @param plist  wfp_ledger_item_t, sorted by ns, script, source
 * @param wall   wall clock
 * @return 1: there is more
 */
int wfp_ledger_collect(apr_array_header_t **plist, wfp_ledger_t *ledger,
                       apr_time_t wall, int max, apr_pool_t *p);

/** The store has that. Without it the same is told again, and what comes later
 *  is told with it, of the same minute. */
void wfp_ledger_stored(wfp_ledger_t *ledger, const wfp_ledger_item_t *item);

/** Give rows free whose Workers did nothing for ten minutes, once the store has
 *  them; their sums go to "*". @param now  core/clock.h */
void wfp_ledger_tidy(wfp_ledger_t *ledger, apr_time_t now);

/** May I, for all processes, do that now? Once in so long. @param which  0 or 1 */
int wfp_ledger_turn(wfp_ledger_t *ledger, int which, apr_interval_time_t every);

#endif
