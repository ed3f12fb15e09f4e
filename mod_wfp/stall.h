/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WFP_STALL_H
#define WFP_STALL_H

#include <apr_buckets.h>

#include "mod_wfp/invoke.h"

/**
 * @file
 * A client that neither sends nor reads must not keep an isolate for httpd's
 * Timeout: what waits for it waits at most for what is left of the invocation's
 * wall time. While it takes no output, isolates that reach their limit are
 * taken from it once a second. Where they make what is sent, an HTTP/1
 * connection's timeout is shortened, too; input of a stream of HTTP/2, which has
 * no such thing, is asked for again and again.
 */

/** Start looking after streams. child scope, once. */
apr_status_t wfp_stall_start(wfp_stalls_t **pstalls, apr_pool_t *p) WFP_CHECK;

/** Read some of the client's body, as ap_get_brigade() does. */
apr_status_t wfp_stall_read(wfp_work_t *work, apr_bucket_brigade *bb,
                            apr_size_t max) WFP_CHECK;

/** The same for a request that no Worker answers: at most httpd's Timeout. Ends
 *  with APR_ECONNABORTED when httpd is told to stop at once. */
apr_status_t wfp_stall_read_request(const wfp_server_t *server, request_rec *r,
                                    apr_bucket_brigade *bb,
                                    apr_size_t max) WFP_CHECK;

/**
 * Pass a part of a response on, as ap_pass_brigade() does. No isolate of the
 * work may run; each may be gone when it returns.
 */
apr_status_t wfp_stall_write(wfp_work_t *work,
                             apr_bucket_brigade *bb) WFP_CHECK;

#endif
