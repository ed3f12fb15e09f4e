/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WFP_ROLLOUT_H
#define WFP_ROLLOUT_H

#include "core/headers.h"
#include "core/registry.h"
#include "core/result.h"
#include "mod_wfp/server.h"

/** @file Which version of a Worker a request gets, while its traffic is
 *  split. */

/**
 * Make of the entry of a Worker with WFP_ENTRY_SPLIT that of one version.
 *
 * @param headers  of the request: `Cloudflare-Workers-Version-Overrides` names
 *                 one, else `Cloudflare-Workers-Version-Key` always gets the
 *                 same. NULL: none
 * @return as wfp_sync_find()
 * @note request scope
 */
apr_status_t wfp_rollout_pick(wfp_entry_t *entry, wfp_server_t *server,
                              const wfp_headers_t *headers, wfp_result_t *res,
                              apr_pool_t *p) WFP_CHECK;

/**
 * The key of isolates of an entry in a namespace: it changes with the version
 * and with the namespace's settings, which hold for an isolate's life.
 */
apr_int64_t wfp_rollout_key(const wfp_entry_t *entry, apr_int64_t ns_stamp);

#endif
