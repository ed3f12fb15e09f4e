/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WFP_HOST_ASSETS_H
#define WFP_HOST_ASSETS_H

#include "mod_wfp/invoke.h"

/** @file Static assets of Workers: in front of the Worker, and for the host
 *  table. */

/** Answer a request from the assets of ctx's version, which has some.
 *  @param presp  NULL: the Worker is to be run */
apr_status_t wfp_host_assets_before(wfp_response_t **presp, wfp_host_ctx_t *ctx,
                                    const wfp_request_t *req,
                                    wfp_result_t *res) WFP_CHECK;

/** env.ASSETS:fetch(req), as wfp_host_t says of service. */
apr_status_t wfp_host_assets_fetch(wfp_response_t **presp, wfp_host_ctx_t *ctx,
                                   const wfp_binding_t *binding,
                                   const wfp_request_t *req,
                                   wfp_result_t *res) WFP_CHECK;

/** A step of removing files that no version has; by one process of the host. */
void wfp_host_assets_sweep(wfp_server_t *server, apr_pool_t *p);

#endif
