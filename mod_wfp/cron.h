/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WFP_CRON_JOB_H
#define WFP_CRON_JOB_H

#include "mod_wfp/runner.h"

/** @file The runner's job for schedules. */

/** Make rows of ticks that are due, hand those that wait to threads. */
apr_status_t wfp_cron_step(wfp_server_t *server, apr_int64_t fence,
                           wfp_result_t *res, apr_pool_t *p) WFP_CHECK;

/** Say that what this process runs is alive. */
apr_status_t wfp_cron_tend(wfp_server_t *server, wfp_result_t *res,
                           apr_pool_t *p) WFP_CHECK;

#endif
