/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WFP_ROUTE_H
#define WFP_ROUTE_H

#include <httpd.h>

#include "mod_wfp/config.h"
#include "core/result.h"

/** @file Built-in routing: which Worker a request names, without a script. */

/**
 * @param pns    namespace, in p
 * @param pname  Worker, in p
 * @return APR_SUCCESS; APR_NOTFOUND with WFP_WORKER_NOT_FOUND: the request
 *         names no legal Worker
 */
apr_status_t wfp_route_find(const char **pns, const char **pname,
                            request_rec *r, const wfp_scope_conf_t *scope,
                            wfp_result_t *res, apr_pool_t *p) WFP_CHECK;

#endif
