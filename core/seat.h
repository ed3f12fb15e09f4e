/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WFP_SEAT_H
#define WFP_SEAT_H

#include <apr_pools.h>
#include <apr_time.h>

#include "core/result.h"
#include "core/wfp.h"

/**
 * @file
 * A seat in shared memory that one process at a time has, as long as it goes on
 * asking for it. Who dies or hangs loses it when its time is over. No locks. In
 * rare moments two may both think that they have it until one asks again: what
 * must be done by one alone needs a fence besides (store/leases.h).
 */

typedef struct wfp_seat_t wfp_seat_t;

/** @note start scope (parent, alone); shared with children forked later */
apr_status_t wfp_seat_create(wfp_seat_t **pseat, wfp_result_t *res,
                             apr_pool_t *p) WFP_CHECK;

/** Take the seat if it is free, keep it if it is one's own: for that long.
 *  @param me not 0 @return 1: it is mine */
int wfp_seat_take(wfp_seat_t *seat, apr_uint64_t me, apr_interval_time_t time);

/** Free it at once, if it is mine. */
void wfp_seat_leave(wfp_seat_t *seat, apr_uint64_t me);

#endif
