/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WFP_LATENCY_H
#define WFP_LATENCY_H

#include <apr_pools.h>

#include "core/result.h"
#include "core/wfp.h"

/**
 * @file
 * How long the database took: histograms in shared memory that outlives
 * generations. No locks; any thread of any child.
 */

typedef struct wfp_latency_t wfp_latency_t;

/** Number of the layout: memory of another one is not used on. */
#define WFP_LATENCY_LAYOUT 2

/** Steps of a histogram; the last one has no upper bound. */
#define WFP_LATENCY_STEPS 14

typedef enum {
    WFP_LATENCY_READ = 0,
    WFP_LATENCY_WRITE, /* waiting for other writers included */
    WFP_LATENCY_KINDS
} wfp_latency_e;

typedef struct wfp_latency_row_t {
    apr_uint64_t steps[WFP_LATENCY_STEPS];
    apr_uint64_t sum_us;
    apr_uint64_t failed; /* of them: the database did not answer, or failed */
} wfp_latency_row_t;

/** Make it (anonymous, shared with children forked later), all 0.
 *  @note start scope (parent, alone) */
apr_status_t wfp_latency_create(wfp_latency_t **platency, wfp_result_t *res,
                                apr_pool_t *p) WFP_CHECK;

/** Count a call that is over. */
void wfp_latency_count(wfp_latency_t *latency, wfp_latency_e kind,
                       apr_uint64_t us, int failed);

/** Read one. */
void wfp_latency_read(wfp_latency_row_t *row, wfp_latency_t *latency,
                      wfp_latency_e kind);

/** Did the last call of that kind go well? 1 when there was none; and when the last
 *  one is long over that failed to write, since nobody may have tried since. */
int wfp_latency_is_up(wfp_latency_t *latency, wfp_latency_e kind);

/** Upper bounds of the steps, in microseconds; the last one is 0: none. */
const apr_uint64_t *wfp_latency_bounds(void);

/** "read", "write" */
const char *wfp_latency_name(wfp_latency_e kind);

#endif
