/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WFP_WORK_H
#define WFP_WORK_H

#include "mod_wfp/invoke.h"

/**
 * @file
 * The life of a wfp_work_t: what all invocations that a request, or an event, led
 * to share.
 */

/** Begin the work of a top request. Its end is tied to r's pool.
 *  @param known  set to it until then */
wfp_work_t *wfp_work_begin(request_rec *r, const wfp_scope_conf_t *scope,
                           const wfp_work_t **known);

/** Begin a work that no request asked for, under the main server's settings;
 *  NULL: no memory. Ended by wfp_work_finish(). */
wfp_work_t *wfp_work_begin_alone(wfp_server_t *server);

/**
 * The response was made to its end, or will not be: nothing more is read of a
 * body, and however long the client takes concerns no isolate. What has
 * waitUntil functions left goes to the background, the rest ends. The pool and
 * what is in it stay until the request is over. Twice is harmless.
 */
void wfp_work_release(wfp_work_t *work);

/** End all invocations of a work and let go of its pool: the background's end. */
void wfp_work_finish(wfp_work_t *work);

#endif
