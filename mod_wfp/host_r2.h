/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WFP_HOST_R2_H
#define WFP_HOST_R2_H

#include "mod_wfp/invoke.h"

/** @file Calls of R2 buckets, for the host table; and who removes files that no
 *  object has. */

/** As wfp_host_t says of r2. */
apr_status_t wfp_host_r2_call(wfp_host_ctx_t *ctx, const wfp_binding_t *binding,
                              wfp_r2_call_t *call, wfp_result_t *res) WFP_CHECK;

/** A step of removing files; by one process of the host. */
void wfp_host_r2_sweep(wfp_server_t *server, apr_pool_t *p);

#endif
