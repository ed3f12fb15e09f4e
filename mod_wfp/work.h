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

/** The invocation whose call a thread makes: itself, or the one that this is a
 *  part's view of. */
wfp_host_ctx_t *wfp_work_invocation(wfp_host_ctx_t *ctx);

/**
 * So many bytes of a work's pool were taken for an invocation's calls: for their
 * messages, and by what they led to, which has ended. They stay until the work's
 * end. Any thread of the work's.
 */
void wfp_work_hold(wfp_host_ctx_t *ctx, apr_size_t bytes);

/** wfp_host_t's held: what a user Worker has to pay for since it was asked last.
 *  What an account Worker's calls took is paid by the user Worker whose call led
 *  to it, once it has ended. */
apr_size_t wfp_work_held(wfp_host_ctx_t *ctx);

#endif
