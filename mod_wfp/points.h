/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WFP_POINTS_TURN_H
#define WFP_POINTS_TURN_H

#include "core/point.h"
#include "mod_wfp/invoke.h"

/** @file Data points of Workers: from an invocation to the store. */

/** Of an invocation; never waits. */
void wfp_points_here(wfp_host_ctx_t *ctx, const char *dataset,
                     const char *owner, const wfp_point_t *point);

/** A turn of the follower: store what is there, and now and then delete what is
 *  too old. */
void wfp_points_turn(wfp_server_t *server, apr_pool_t *p);

#endif
