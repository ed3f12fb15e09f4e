/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WFP_NAMESPACES_H
#define WFP_NAMESPACES_H

#include <apr_pools.h>
#include <apr_tables.h>

#include "core/script.h"
#include "store/audit.h"
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

/** APR_NOTFOUND with WFP_NOT_FOUND when missing. */
apr_status_t wfp_namespaces_get(wfp_namespace_t **pns, wfp_store_t *store,
                                const char *name, wfp_result_t *res,
                                apr_pool_t *p) WFP_CHECK;

/** Replace the settings (egress and its lists, limits, outbound,
 *  trusted_workers, tail_consumers) of ns->name; stamp and modified are filled
 *  in. */
apr_status_t wfp_namespaces_update(wfp_store_t *store, wfp_namespace_t *ns,
                                   const wfp_actor_t *actor, wfp_result_t *res,
                                   apr_pool_t *p) WFP_CHECK;

/** Delete with all its scripts. @param pstamp the change's number */
apr_status_t wfp_namespaces_delete(apr_int64_t *pstamp, wfp_store_t *store,
                                   const char *name, const wfp_actor_t *actor,
                                   wfp_result_t *res, apr_pool_t *p) WFP_CHECK;

#endif
