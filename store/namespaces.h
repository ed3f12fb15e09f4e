/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WFP_NAMESPACES_H
#define WFP_NAMESPACES_H

#include <apr_pools.h>
#include <apr_tables.h>

#include "core/etag.h"
#include "core/script.h"
#include "store/audit.h"
#include "store/list.h"
#include "store/secrets.h"
#include "store/store.h"

/** @file Dispatch namespaces in the store. */

/** Create; ns->name must be valid, id/stamp/created are filled in.
 *  APR_EEXIST with WFP_CONFLICT when there is one of that name; WFP_NOT_FOUND:
 *  no account Worker is named like the outbound Worker. */
apr_status_t wfp_namespaces_create(wfp_store_t *store, wfp_namespace_t *ns,
                                   const wfp_actor_t *actor, wfp_result_t *res,
                                   apr_pool_t *p) WFP_CHECK;

/** All, by name, with script_count: array of wfp_namespace_t *. */
apr_status_t wfp_namespaces_list(apr_array_header_t **plist, wfp_store_t *store,
                                 wfp_result_t *res, apr_pool_t *p) WFP_CHECK;

/** Which of them, in which order. */
typedef struct wfp_namespaces_ask_t {
    wfp_list_t which;
    int by_modified; /* else by name */
    int is_down;
} wfp_namespaces_ask_t;

/** One page. @param plist array of wfp_namespace_t * @param ptotal how many there
 *  are of such names */
apr_status_t wfp_namespaces_page(apr_array_header_t **plist,
                                 apr_int64_t *ptotal, wfp_store_t *store,
                                 const wfp_namespaces_ask_t *ask,
                                 wfp_result_t *res, apr_pool_t *p) WFP_CHECK;

/** Those of these names that there are, in the order of the names. @param names
 *  const char * @param plist array of wfp_namespace_t * */
apr_status_t wfp_namespaces_some(apr_array_header_t **plist, wfp_store_t *store,
                                 const apr_array_header_t *names,
                                 wfp_result_t *res, apr_pool_t *p) WFP_CHECK;

/** How many Workers are in all of them. */
apr_status_t wfp_namespaces_workers(apr_int64_t *pcount, wfp_store_t *store,
                                    wfp_result_t *res, apr_pool_t *p) WFP_CHECK;

/** APR_NOTFOUND with WFP_NOT_FOUND when missing. */
apr_status_t wfp_namespaces_get(wfp_namespace_t **pns, wfp_store_t *store,
                                const char *name, wfp_result_t *res,
                                apr_pool_t *p) WFP_CHECK;

/** Its name and settings; NULL: no memory. */
const char *wfp_namespaces_etag(const wfp_namespace_t *ns, apr_pool_t *p);

/** Replace the settings (egress and its lists, limits, outbound,
 *  trusted_workers, tail_consumers) of ns->name; stamp and modified are filled
 *  in. @return WFP_NOT_FOUND; as wfp_etag_check() says */
apr_status_t wfp_namespaces_update(wfp_store_t *store, wfp_namespace_t *ns,
                                   const wfp_match_t *match,
                                   const wfp_actor_t *actor, wfp_result_t *res,
                                   apr_pool_t *p) WFP_CHECK;

/** A new name for a namespace. */
typedef struct wfp_rename_t {
    wfp_namespace_t *ns; /* by its old name, with its settings: written, too;
                          * name, stamp and modified are filled in */
    const char *to;
    const wfp_match_t *match; /* what it is now */
    wfp_reseal_t reseal; /* secrets are sealed for the name of a namespace */
    const wfp_actor_t *actor;
    apr_array_header_t *changes; /* filled in: wfp_change_t, oldest first, for
                                  * who shall know before the next poll */
} wfp_rename_t;

/**
 * Rename, in one transaction: secrets, dispatch_namespace bindings that name
 * it, tokens limited to it and hostnames follow. Its Workers, and those with
 * such bindings, get a deployment of what they run, so that nothing that knows
 * the old name stays in use.
 *
 * @return WFP_INVALID: no name; APR_NOTFOUND with WFP_NOT_FOUND; APR_EEXIST
 *         with WFP_CONFLICT: the name is taken; as wfp_etag_check() says; what
 *         reseal returned. Nothing has changed then
 */
apr_status_t wfp_namespaces_rename(wfp_store_t *store, wfp_rename_t *rename,
                                   wfp_result_t *res, apr_pool_t *p) WFP_CHECK;

/** Delete with all its scripts. @param pstamp the change's number
 *  @return WFP_NOT_FOUND; as wfp_etag_check() says */
apr_status_t wfp_namespaces_delete(apr_int64_t *pstamp, wfp_store_t *store,
                                   const char *name, const wfp_match_t *match,
                                   const wfp_actor_t *actor, wfp_result_t *res,
                                   apr_pool_t *p) WFP_CHECK;

#endif
