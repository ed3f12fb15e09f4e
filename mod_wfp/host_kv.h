/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WFP_HOST_KV_H
#define WFP_HOST_KV_H

#include "mod_wfp/invoke.h"

/** @file Calls of KV namespaces, for the host table; and who removes what has
 *  expired. */

/** As wfp_host_t says of kv. */
apr_status_t wfp_host_kv_call(wfp_host_ctx_t *ctx, const wfp_binding_t *binding,
                              wfp_kv_call_t *call, int is_counted,
                              wfp_result_t *res) WFP_CHECK;

/** A part (part.h) made the call: what it was answered with goes into a pool of
 *  p's. */
void wfp_host_kv_join(wfp_kv_call_t *call, apr_status_t rv, apr_pool_t *p);

/** Log what the operator should know of a call that failed; text may be NULL. */
void wfp_host_kv_log(wfp_server_t *server, const char *ns, apr_status_t rv,
                     const char *text);

/** What the store's changes say: as wfp_kv_changed(). */
apr_status_t wfp_host_kv_changed(wfp_server_t *server, const char *name,
                                 wfp_result_t *res) WFP_CHECK;

/** A step of removing what has expired; by one process of the host. */
void wfp_host_kv_sweep(wfp_server_t *server, apr_pool_t *p);

#endif
