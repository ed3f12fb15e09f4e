/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WFP_HOSTNAMES_H
#define WFP_HOSTNAMES_H

#include <apr_pools.h>
#include <apr_tables.h>

#include "core/etag.h"
#include "core/json.h"
#include "store/audit.h"
#include "store/store.h"

/**
 * @file
 * Which Worker serves a host: the table of `WfpRouteBy table`. A hostname is
 * exact ("shop.example.com") or stands for every name below a domain
 * ("*.example.com", at any depth); the most specific one wins.
 */

typedef struct wfp_hostname_t {
    const char *hostname; /* as core/hostname.h has entries */
    const char *ns;       /* WFP_ACCOUNT_NS: an account Worker */
    const char *script;
    const char *metadata; /* JSON */
    apr_int64_t stamp;
    apr_time_t created;
    apr_time_t modified;
} wfp_hostname_t;

/** Most bytes of an entry's metadata. */
#define WFP_HOSTNAMES_METADATA_MAX 4096

/** What a request says of an entry's metadata, as *ptext in p. @param metadata
 *  NULL: nothing, which is {}. WFP_INVALID: no object (or null), too large */
apr_status_t wfp_hostnames_read_metadata(const char **ptext,
                                         const wfp_json_t *metadata,
                                         wfp_result_t *res,
                                         apr_pool_t *p) WFP_CHECK;

/** Where it leads and what its metadata are; NULL: no memory. */
const char *wfp_hostnames_etag(const wfp_hostname_t *host, apr_pool_t *p);

/** Set one; hostname is brought into its one form, stamp and times are filled in.
 *  WFP_INVALID: no hostname; WFP_NOT_FOUND: there is no such namespace;
 *  WFP_WORKER_NOT_FOUND: no such Worker; as wfp_etag_check() says. */
apr_status_t wfp_hostnames_put(wfp_store_t *store, wfp_hostname_t *host,
                               const wfp_match_t *match,
                               const wfp_actor_t *actor, wfp_result_t *res,
                               apr_pool_t *p) WFP_CHECK;

/** That very entry, not what serves it. WFP_NOT_FOUND. */
apr_status_t wfp_hostnames_get(wfp_hostname_t **phost, wfp_store_t *store,
                               const char *hostname, wfp_result_t *res,
                               apr_pool_t *p) WFP_CHECK;

/**
 * The entry that serves a host.
 *
 * @param phost  NULL: none does
 * @param pseen  number of the last change that could be seen
 * @param name   as wfp_hostname_of_request() gave it
 */
apr_status_t wfp_hostnames_find(wfp_hostname_t **phost, apr_int64_t *pseen,
                                wfp_store_t *store, const char *name,
                                wfp_result_t *res, apr_pool_t *p) WFP_CHECK;

/** @param pstamp the change's number @return WFP_NOT_FOUND; as
 *  wfp_etag_check() says */
apr_status_t wfp_hostnames_delete(apr_int64_t *pstamp, wfp_store_t *store,
                                  const char *hostname,
                                  const wfp_match_t *match,
                                  const wfp_actor_t *actor, wfp_result_t *res,
                                  apr_pool_t *p) WFP_CHECK;

/** One page, by hostname: array of wfp_hostname_t *. @param ptotal how many
 *  there are @param skip those before the page @param limit  most of a page */
apr_status_t wfp_hostnames_list(apr_array_header_t **plist, apr_int64_t *ptotal,
                                wfp_store_t *store, apr_int64_t skip, int limit,
                                wfp_result_t *res, apr_pool_t *p) WFP_CHECK;

#endif
