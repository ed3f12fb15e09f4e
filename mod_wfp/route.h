/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WFP_ROUTE_H
#define WFP_ROUTE_H

#include "core/result.h"
#include "mod_wfp/invoke.h"

/** @file Built-in routing: which Worker a request goes to, without a script. */

/**
 * @param pns    namespace, in p
 * @param pname  Worker, in p
 * @param work   routed is filled in
 * @return APR_SUCCESS; APR_NOTFOUND with WFP_WORKER_NOT_FOUND: the request
 *         names no legal Worker, or a host that is not in the table; by table
 *         also as wfp_hosts_find()
 */
apr_status_t wfp_route_find(const char **pns, const char **pname,
                            wfp_work_t *work, wfp_result_t *res) WFP_CHECK;

#endif
