/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WFP_THREADS_H
#define WFP_THREADS_H

#include <apr_pools.h>
#include <apr_time.h>

#include "core/wfp.h"

/**
 * @file
 * Helper threads of a child: all signals blocked, joined before the child's
 * pools go.
 */

/**
 * Call fn(data) at once and then every interval until p goes; the thread is
 * joined by p's pre-cleanup.
 */
apr_status_t wfp_threads_every(apr_interval_time_t interval,
                               void (*fn)(void *data), void *data,
                               apr_pool_t *p) WFP_CHECK;

typedef struct wfp_ticker_t wfp_ticker_t;

/** The same, but fn says how long it is until the next call.
 *  @param pticker  set before the first call */
apr_status_t wfp_threads_paced(wfp_ticker_t **pticker,
                               apr_interval_time_t (*fn)(void *data),
                               void *data, apr_pool_t *p) WFP_CHECK;

/** The next call is at once. Any thread, while p is; after the thread's end it
 *  does nothing. */
void wfp_threads_poke(wfp_ticker_t *ticker);

#endif
