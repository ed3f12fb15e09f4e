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

#endif
