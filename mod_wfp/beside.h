/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WFP_BESIDE_H
#define WFP_BESIDE_H

#include <apr_pools.h>

#include "lua_runtime/host.h"
#include "mod_wfp/invoke.h"
#include "mod_wfp/server.h"

/**
 * @file
 * Host calls that run beside their invocation (parallel()): a bounded number of
 * threads a child, made when they are needed, ended when they are not. The three
 * calls of wfp_host_t; each on the thread that does the invocation's work.
 */

/** child scope; joins its threads before p goes. */
apr_status_t wfp_beside_create(wfp_beside_t **pbeside, wfp_server_t *server,
                               apr_pool_t *p) WFP_CHECK;

/** As wfp_host_t says: start_op, wait_op, cancel_op. */
apr_status_t wfp_beside_start(wfp_host_ctx_t *ctx, wfp_op_t *op) WFP_CHECK;
wfp_op_t *wfp_beside_wait(wfp_host_ctx_t *ctx, apr_time_t until);
void wfp_beside_cancel(wfp_host_ctx_t *ctx, wfp_op_t *op, wfp_code_e why);

#endif
