/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WFP_CACHE_SERVICE_H
#define WFP_CACHE_SERVICE_H

#include "core/cache.h"
#include "core/result.h"

/**
 * @file
 * Caches of Workers, in a store of small objects that others share and that may
 * forget anything at any time. A response is a head, with what else is short,
 * and pieces; the head names the pieces by a random number, so a body is never
 * of two puts. What the store gives is checked as if it came from anywhere.
 */

/** The longest object, and the longest id, that the store is given. */
#define WFP_CACHE_OBJECT_MAX 65536
#define WFP_CACHE_ID_SIZE    32

/** Where objects are. Any thread calls them; how they are locked is theirs. */
typedef struct wfp_cache_backend_t {
    void *baton;
    apr_status_t (*store)(void *baton, const unsigned char *id,
                          apr_time_t expires, unsigned char *data,
                          unsigned size, apr_pool_t *p);
    /** *psize: room of data, then bytes read. Any failure is a miss. */
    apr_status_t (*retrieve)(void *baton, const unsigned char *id,
                             unsigned char *data, unsigned *psize,
                             apr_pool_t *p);
    apr_status_t (*remove)(void *baton, const unsigned char *id, apr_pool_t *p);
} wfp_cache_backend_t;

/**
 * Make a call. A put that the store does not take is lost, and no error: so is
 * what it forgets.
 *
 * @param now  wall clock
 * @return APR_SUCCESS; APR_ENOSPC with WFP_BODY_TOO_LARGE: a MATCH would bring
 *         more than call->max; others: of the system
 */
apr_status_t wfp_cache_run(const wfp_cache_backend_t *to,
                           wfp_cache_call_t *call, apr_time_t now,
                           wfp_result_t *res, apr_pool_t *p) WFP_CHECK;

#endif
