/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WFP_KEPT_H
#define WFP_KEPT_H

#include "core/result.h"
#include "mod_wfp/server.h"

/**
 * @file
 * Shared memory that outlives generations: children of before and after a
 * graceful restart count in the same place. It ends with the parent process.
 */

/**
 * Fill in server->limits, points, ledger, guard and tails: what there is, or
 * new.
 *
 * @param process  the process's pool
 * @note start scope
 */
apr_status_t wfp_kept_find(wfp_server_t *server, apr_pool_t *process,
                           wfp_result_t *res) WFP_CHECK;

#endif
