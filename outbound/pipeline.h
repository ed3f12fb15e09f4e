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
 * @param first  all is set by the caller but response and what is of a hop;
 *               note, unless it is NULL, is called at the end of each hop
 * @return APR_SUCCESS: first->response is set; else first->result says why
 *         (no filter answered: WFP_EGRESS_BLOCKED)
 */
apr_status_t wfp_pipeline_run(wfp_egress_t *first) WFP_CHECK;

/** The rest of the chain, from within a filter of it: what the first one says
 *  that does not decline. The chain does not go on after it. */
int wfp_pipeline_next(wfp_egress_t *egress);

#endif
