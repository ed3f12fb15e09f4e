/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WFP_KV_NAMESPACES_H
#define WFP_KV_NAMESPACES_H

#include <apr_pools.h>
#include <apr_tables.h>

#include "store/audit.h"
#include "store/list.h"
#include "store/store.h"

/** @file KV namespaces: what a binding of type kv_namespace names. */

/** Longest title, in bytes. */
#define WFP_KV_TITLE_MAX 512

typedef struct wfp_kv_namespace_t {
    const char *id; /* 32 hex digits */
    const char *title;
    apr_time_t created;
    apr_time_t modified;
    apr_int64_t bytes; /* of values that are rows of the store, about */
} wfp_kv_namespace_t;

/** Make one; kv->title is read, the rest filled in. WFP_INVALID: no title, or
 *  too long; WFP_CONFLICT with APR_EEXIST: there is one of that title. */
apr_status_t wfp_kv_namespaces_create(wfp_store_t *store,
                                      wfp_kv_namespace_t *kv,
                                      const wfp_actor_t *actor,
                                      wfp_result_t *res,
                                      apr_pool_t *p) WFP_CHECK;

/** Give kv->id the title kv->title. The same refusals, and WFP_NOT_FOUND. */
apr_status_t wfp_kv_namespaces_rename(wfp_store_t *store,
                                      wfp_kv_namespace_t *kv,
                                      const wfp_actor_t *actor,
                                      wfp_result_t *res,
                                      apr_pool_t *p) WFP_CHECK;

/** WFP_NOT_FOUND when there is none. */
apr_status_t wfp_kv_namespaces_get(wfp_kv_namespace_t **pkv, wfp_store_t *store,
                                   const char *id, wfp_result_t *res,
                                   apr_pool_t *p) WFP_CHECK;

/** A page in which order: by title, else by id. */
typedef struct wfp_kv_order_t {
    int by_id;
    int descending;
} wfp_kv_order_t;

/**
 * One page.
 *
 * @param plist   array of wfp_kv_namespace_t *
 * @param ptotal  how many there are of such titles
 */
apr_status_t wfp_kv_namespaces_list(apr_array_header_t **plist,
                                    apr_int64_t *ptotal, wfp_store_t *store,
                                    wfp_kv_order_t order,
                                    const wfp_list_t *which, wfp_result_t *res,
                                    apr_pool_t *p) WFP_CHECK;

/** Delete. WFP_NOT_FOUND; WFP_CONFLICT with APR_EBUSY: the current deployment
 *  of a Worker (the text names it) has a binding to it. */
apr_status_t wfp_kv_namespaces_delete(wfp_store_t *store, const char *id,
                                      const wfp_actor_t *actor,
                                      wfp_result_t *res,
                                      apr_pool_t *p) WFP_CHECK;

#endif
