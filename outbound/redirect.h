/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WFP_REDIRECT_H
#define WFP_REDIRECT_H

#include "core/message.h"
#include "core/result.h"

/**
 * @file
 * Which request follows a redirect response (docs/worker-api: fetch).
 */

/** Hops that a fetch follows. */
#define WFP_REDIRECTS_MAX 20

/**
 * The next hop.
 *
 * @param pnext  NULL when the response is final (no redirect status, no
 *               Location, or mode manual)
 * @param hop    hops made so far
 * @return APR_SUCCESS; else res: WFP_TOO_MANY_REDIRECTS, WFP_NETWORK_ERROR
 *         (mode error, a streamed body that cannot be sent again, a Location
 *         that is no http(s) URL)
 */
apr_status_t wfp_redirect_next(wfp_request_t **pnext, const wfp_request_t *req,
                               const wfp_response_t *resp, int hop,
                               wfp_result_t *res) WFP_CHECK;

#endif
