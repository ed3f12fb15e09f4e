/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WFP_STALL_H
#define WFP_STALL_H

#include <apr_buckets.h>

#include "mod_wfp/invoke.h"

/**
 * @file
 * A client that neither sends nor reads must not keep an isolate for httpd's
 * Timeout: what waits for it waits at most for what is left of the invocation's
 * wall time. Over HTTP/1 the connection's timeout is shortened meanwhile. A
 * stream of HTTP/2 has no such thing: it is asked again and again for input,
 * and while it takes no output the isolates are taken from it once a second.
 */

/** Start looking after streams. child scope, once. */
apr_status_t wfp_stall_start(wfp_stalls_t **pstalls, apr_pool_t *p) WFP_CHECK;

/** Read some of the client's body, as ap_get_brigade() does. */
apr_status_t wfp_stall_read(wfp_work_t *work, apr_bucket_brigade *bb,
                            apr_size_t max) WFP_CHECK;

/**
 * Pass a part of a response on, as ap_pass_brigade() does. No isolate of the
 * work may run; those that make the body may be gone when it returns.
 */
apr_status_t wfp_stall_write(wfp_work_t *work,
                             apr_bucket_brigade *bb) WFP_CHECK;

#endif
