/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WFP_SERVICE_USAGE_H
#define WFP_SERVICE_USAGE_H

#include <apr_pools.h>
#include <apr_tables.h>

#include "core/usage.h"
#include "store/store.h"

/** @file What Workers used of services, by day, of all servers. */

/** Days that are kept. */
#define WFP_SERVICE_USAGE_DAYS 92

/**
 * Put what a server counted, and fill in what the others did.
 *
 * @param source  its name
 * @param items   array of wfp_usage_item_t, sorted
 */
apr_status_t wfp_service_usage_put(wfp_store_t *store, const char *source,
                                   const apr_array_header_t *items,
                                   wfp_result_t *res, apr_pool_t *p) WFP_CHECK;

/** Forget days before that. */
apr_status_t wfp_service_usage_prune(wfp_store_t *store, apr_int64_t before,
                                     wfp_result_t *res,
                                     apr_pool_t *p) WFP_CHECK;

/** Used on one day. */
typedef struct wfp_service_usage_t {
    apr_int64_t day; /* since the epoch */
    const char *kind;
    apr_int64_t amount;
} wfp_service_usage_t;

/**
 * What a Worker, or with script "" its whole namespace, used.
 *
 * @param plist  array of wfp_service_usage_t, newest day first
 * @param since  first day
 */
apr_status_t wfp_service_usage_list(apr_array_header_t **plist,
                                    wfp_store_t *store, const char *ns,
                                    const char *script, apr_int64_t since,
                                    wfp_result_t *res, apr_pool_t *p) WFP_CHECK;

#endif
