/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WFP_POINTS_H
#define WFP_POINTS_H

#include "core/logring.h"
#include "store/data_points.h"

/**
 * @file
 * Data points on their way to the store: in shared memory until one process
 * takes them. Putting never waits: what finds no room, or would be more than an
 * eighth of it for one Worker, is dropped and counted. A point is stored once,
 * whoever is killed when.
 */

typedef struct wfp_points_t wfp_points_t;

/** Of the layout in shared memory. */
#define WFP_POINTS_LAYOUT 2

/** @note start scope; what is in p points only into the segments */
apr_status_t wfp_points_create(wfp_points_t **ppoints, wfp_result_t *res,
                               apr_pool_t *p) WFP_CHECK;

/**
 * Put a point.
 *
 * @param owner  id of the Worker: whose share it takes
 * @return 0: it was dropped
 */
int wfp_points_put(wfp_points_t *points, const char *owner,
                   const wfp_data_point_t *point, apr_pool_t *p);

/** Store all that are there. A failure leaves them where they are. */
apr_status_t wfp_points_drain(wfp_points_t *points, wfp_store_t *store,
                              wfp_result_t *res, apr_pool_t *p) WFP_CHECK;

typedef struct wfp_points_stats_t {
    apr_uint64_t put;
    apr_uint64_t dropped;
} wfp_points_stats_t;

void wfp_points_stats(wfp_points_stats_t *stats, wfp_points_t *points);

#endif
