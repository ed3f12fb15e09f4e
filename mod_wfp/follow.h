/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WFP_FOLLOW_H
#define WFP_FOLLOW_H

#include <apr_pools.h>

#include "core/result.h"
#include "mod_wfp/server.h"
#include "store/changes.h"

/**
 * @file
 * Follows the store's changes, one process of the host at a time: what they make
 * wrong in the registry is forgotten, and loaded by who wants it next (sync.h).
 */

/**
 * Take in what changed since the registry's number. Called by the parent at a
 * restart and by the children's follower thread.
 */
apr_status_t wfp_follow_catch_up(wfp_server_t *server, wfp_store_t *store,
                                 wfp_result_t *res, apr_pool_t *p) WFP_CHECK;

/** Take in one change. */
apr_status_t wfp_follow_take_in(wfp_server_t *server,
                                const wfp_change_t *change,
                                wfp_result_t *res) WFP_CHECK;

/** Start the follower thread of a child. */
apr_status_t wfp_follow_start(wfp_server_t *server, apr_pool_t *p) WFP_CHECK;

#endif
