/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WFP_REACH_H
#define WFP_REACH_H

#include "mod_wfp/invoke.h"
#include "outbound/policy.h"

/**
 * @file
 * Where the calls of an invocation may go: `egress`, the outbound Worker they
 * pass, the policy.
 */

/**
 * Fill in ctx's egress, policy and outbound Worker.
 *
 * @param ns  the entry of the Worker's namespace
 * @return APR_SUCCESS; else res: the namespace's settings cannot be had
 */
apr_status_t wfp_reach_choose(wfp_host_ctx_t *ctx, const wfp_call_t *call,
                              const wfp_entry_t *ns,
                              wfp_result_t *res) WFP_CHECK;

/** The user Worker for whom ctx runs: itself, or the nearest caller; NULL when
 *  no user Worker is involved. */
const wfp_host_ctx_t *wfp_reach_user(const wfp_host_ctx_t *ctx);

/** The outermost of those, who pays for what all of them take; NULL likewise. */
const wfp_host_ctx_t *wfp_reach_payer(const wfp_host_ctx_t *ctx);

/** The rules for what ctx sends. Whoever sends it for a user Worker does so
 *  under the rules of that one's namespace. conf: of the virtual host. */
const wfp_policy_t *wfp_reach_policy(const wfp_host_ctx_t *ctx,
                                     const wfp_server_conf_t *conf);

#endif
