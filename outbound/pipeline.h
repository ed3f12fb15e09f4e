/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WFP_PIPELINE_H
#define WFP_PIPELINE_H

#include "core/message.h"
#include "core/result.h"
#include "outbound/egress.h"

/**
 * @file
 * The only way out: runs the egress hook chain for a subrequest, and again
 * for every hop of a redirect (outbound/redirect.h says what the next hop
 * looks like).
 */

/**
 * Run a subrequest.
 *
 * @param first  request, ns, worker, deadline, invocation, server_conf, pool
 *               and result are set by the caller
 * @return APR_SUCCESS: first->response is set; else first->result says why
 *         (no filter answered: WFP_EGRESS_BLOCKED)
 */
apr_status_t wfp_pipeline_run(wfp_egress_t *first) WFP_CHECK;

#endif
