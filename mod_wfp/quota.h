/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WFP_QUOTA_H
#define WFP_QUOTA_H

#include "core/usage.h"
#include "mod_wfp/invoke.h"

/**
 * @file
 * What an invocation uses of services: counted, and refused when its Worker or
 * its namespace has used up what WfpQuota gives for a day.
 */

/**
 * Use n, if there is so much left; n 0: only ask whether anything is.
 *
 * @return APR_ENOSPC with WFP_QUOTA_EXCEEDED: there is not; nothing was counted
 */
apr_status_t wfp_quota_take(wfp_host_ctx_t *ctx, wfp_usage_e kind,
                            apr_uint64_t n, wfp_result_t *res) WFP_CHECK;

/** A call failed: when it was for a bound on bytes, res says which. */
void wfp_quota_tell_bytes(wfp_result_t *res, const char *name,
                          apr_int64_t allowed);

/** n were used: it is known only afterwards. */
void wfp_quota_add(wfp_host_ctx_t *ctx, wfp_usage_e kind, apr_uint64_t n);

/** Tell the store what was counted, once a second; by who follows it. When that
 *  fails it is told the next time. */
void wfp_quota_follow(wfp_server_t *server, apr_pool_t *p);

/** The same, now. */
void wfp_quota_tell(wfp_server_t *server, apr_pool_t *p);

#endif
