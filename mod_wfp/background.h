/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WFP_BACKGROUND_H
#define WFP_BACKGROUND_H

#include <apr_pools.h>

#include "mod_wfp/invoke.h"
#include "mod_wfp/server.h"

/**
 * @file
 * waitUntil: when a response was made to its end, a request's work whose
 * invocations have functions left comes here with its isolates, however long
 * the client takes to read; its pool is shared with the request. A bounded
 * number of threads and of waiting works a child; joined with a deadline at
 * child exit.
 */

/** Longest run of a waitUntil function (docs/worker-api: ctx). */
#define WFP_BACKGROUND_TIME apr_time_from_sec(30)

apr_status_t wfp_background_start(wfp_background_t **pbg, wfp_server_t *server,
                                  apr_pool_t *p) WFP_CHECK;

/**
 * Hand a work over; nobody else looks at it from now on. The background ends its
 * invocations and lets go of its pool.
 *
 * @return 1; 0: too much is waiting (in all, or of this Worker): the work is
 *         still the caller's alone
 */
int wfp_background_take(wfp_background_t *bg, wfp_work_t *work);

#endif
