/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WFP_LIMIT_HIT_H
#define WFP_LIMIT_HIT_H

#include "core/json_out.h"
#include "mod_wfp/invoke.h"

/**
 * @file
 * Which limit an invocation met: what was allowed, what was used, whose it was,
 * where, and where it can be raised. For its record and the error log; what a
 * client sees never has any of it.
 */

/** An error ended the invocation: keep which limit it was, if it was one. Of
 *  several the first stays. The request's thread. */
void wfp_limit_hit_note(wfp_host_ctx_t *ctx, const wfp_result_t *res);

/** Have a response end at response_mb: at once where its length is known, else
 *  while it is read.
 *  @return APR_ENOSPC: it is longer */
apr_status_t wfp_limit_hit_cap(wfp_response_t *resp, const wfp_host_ctx_t *ctx,
                               wfp_result_t *res) WFP_CHECK;

/** Subrequests so far that count against its limit: its own, and those of user
 *  Workers that it led to. */
apr_int64_t wfp_limit_hit_subrequests(const wfp_host_ctx_t *ctx);

/** Was any met? */
int wfp_limit_hit_is_any(const wfp_host_ctx_t *ctx, const wfp_usage_t *usage);

/** Member "limits" of its record, where there are any: what ended it, and what
 *  only cut or refused something. */
void wfp_limit_hit_tell(wfp_json_out_t *out, const wfp_host_ctx_t *ctx,
                        const wfp_usage_t *usage);

/** The same in the error log, a line each, at level info. */
void wfp_limit_hit_log(const wfp_host_ctx_t *ctx, const wfp_usage_t *usage);

#endif
