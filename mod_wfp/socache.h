/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WFP_SOCACHE_H
#define WFP_SOCACHE_H

#include "core/cache.h"
#include "mod_wfp/server.h"

/** @file Caches of Workers in one of httpd's socache providers (WfpSocache). */

/** Of shmcb, when WfpSocache does not say otherwise. */
#define WFP_SOCACHE_BYTES (64 * 1024 * 1024)

/** hook pre_config: the mutex of providers that need one ("wfp-cache"). */
int wfp_socache_pre_config(apr_pool_t *pconf, apr_pool_t *plog,
                           apr_pool_t *ptemp);

/** What is wrong with "NAME[:ARGS]", as its provider says: NULL is nothing. Any
 *  time after modules are loaded. */
const char *wfp_socache_wrong(const char *what, apr_pool_t *p);

/**
 * Find and set up the provider. One that nobody asked for may be missing: then
 * caches keep nothing.
 *
 * @return OK, or an HTTP status: httpd does not start
 * @note start scope
 */
int wfp_socache_open(wfp_server_t *server, apr_pool_t *pconf,
                     apr_pool_t *ptemp);

/** hook child_init's share. */
void wfp_socache_child_init(wfp_server_t *server);

/** A call of a Worker; call->pool owns what is filled in. */
apr_status_t wfp_socache_run(wfp_server_t *server, wfp_cache_call_t *call,
                             wfp_result_t *res) WFP_CHECK;

#endif
