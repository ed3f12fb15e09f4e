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

/** Counters of memory that each generation makes anew. */
typedef struct wfp_kept_counts_t {
    wfp_registry_counts_t *registry;
    wfp_registry_counts_t *kv_cache;
    wfp_logring_stats_t *ring, *tail_ring;
} wfp_kept_counts_t;

/**
 * Fill in server->limits, points, ledger, guard, tails, stats, tally, children,
 * latency and archive: what there is, or new.
 *
 * @param counts   set: where what the generation makes has to count
 * @param process  the process's pool
 * @note start scope
 */
apr_status_t wfp_kept_find(wfp_server_t *server, wfp_kept_counts_t *counts,
                           apr_pool_t *process, wfp_result_t *res) WFP_CHECK;

#endif
