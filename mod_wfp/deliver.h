/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WFP_DELIVER_H
#define WFP_DELIVER_H

#include "mod_wfp/server.h"

/**
 * @file
 * Queues' messages to the Workers that consume them: the job "queues" of the
 * runner (runner.h).
 */

/** child scope. */
apr_status_t wfp_deliver_create(wfp_deliver_t **pdeliver,
                                apr_pool_t *p) WFP_CHECK;

/** As wfp_job_t says of step: a batch of each queue that is due, as far as there
 *  are threads; the next step begins behind the last one. */
apr_status_t wfp_deliver_step(wfp_server_t *server, apr_int64_t fence,
                              wfp_result_t *res, apr_pool_t *p) WFP_CHECK;

/** As wfp_job_t says of tend: the batches that Workers are at stay theirs. */
apr_status_t wfp_deliver_tend(wfp_server_t *server, wfp_result_t *res,
                              apr_pool_t *p) WFP_CHECK;

#endif
