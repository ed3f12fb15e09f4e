/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WFP_API_RATE_H
#define WFP_API_RATE_H

#include <apr_pools.h>
#include <apr_time.h>

#include "core/result.h"
#include "core/wfp.h"

/**
 * @file
 * How often a token or an address has asked lately (WfpApiRate), in memory that
 * all children share. No locks: any thread of any child may ask at any time.
 */

typedef struct wfp_api_rate_t wfp_api_rate_t;

/** Make the counts (anonymous, shared with children forked later), all 0.
 *  @note start scope (parent, alone) */
apr_status_t wfp_api_rate_create(wfp_api_rate_t **prate, wfp_result_t *res,
                                 apr_pool_t *p) WFP_CHECK;

/**
 * Count a request.
 *
 * @param who     whose; any bytes
 * @param n       of who
 * @param most    requests that a window may have, at least 1
 * @param window  its length, us; windows of all begin together
 * @return 0: it may; else it is one too many: whole seconds until the next
 *         window. Of thousands that ask within one window some may be
 *         forgotten
 */
int wfp_api_rate_count(wfp_api_rate_t *rate, const void *who, apr_size_t n,
                       apr_uint32_t most, apr_interval_time_t window,
                       apr_time_t now);

#endif
