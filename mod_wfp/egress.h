/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WFP_EGRESS_FILTERS_H
#define WFP_EGRESS_FILTERS_H

#include "mod_wfp/invoke.h"

/**
 * @file
 * The module's own egress filters: count, head, outbound Worker, policy,
 * client (which asks the policy again). No way out exists beside them.
 */

/** Register the filters. start scope. */
void wfp_egress_register(void);

/** A Worker's fetch(): run the chain. */
apr_status_t wfp_egress_fetch(wfp_response_t **presp, wfp_host_ctx_t *ctx,
                              wfp_request_t *req, wfp_result_t *res) WFP_CHECK;

/** A request as it leaves a Worker: a user Worker's goes without what only the
 *  server may say. */
wfp_request_t *wfp_egress_clean(const wfp_host_ctx_t *ctx, wfp_request_t *req);

/** Count one subrequest of this invocation, a user Worker's also against those
 *  above it that led here; WFP_SUBREQUEST_LIMIT when it is one too many for any. */
apr_status_t wfp_egress_count(wfp_host_ctx_t *ctx, wfp_result_t *res) WFP_CHECK;

#endif
