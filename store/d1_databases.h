/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WFP_D1_DATABASES_H
#define WFP_D1_DATABASES_H

#include <apr_pools.h>
#include <apr_tables.h>

#include "store/audit.h"
#include "store/list.h"
#include "store/store.h"

/** @file D1 databases: what a binding of type d1 names. Their rows are not
 *  here: services/d1.h. */

typedef struct wfp_d1_database_t {
    const char *id; /* UUID text */
    const char *name;
    apr_time_t created;
} wfp_d1_database_t;

/** Make one; d1->name, a valid name, is read, the rest filled in. WFP_CONFLICT
 *  with APR_EEXIST: there is one of that name. */
apr_status_t wfp_d1_databases_create(wfp_store_t *store, wfp_d1_database_t *d1,
                                     const wfp_actor_t *actor,
                                     wfp_result_t *res,
                                     apr_pool_t *p) WFP_CHECK;

/** The one of this id, else of this name. WFP_NOT_FOUND when there is none. */
apr_status_t wfp_d1_databases_get(wfp_d1_database_t **pd1, wfp_store_t *store,
                                  const char *id_or_name, wfp_result_t *res,
                                  apr_pool_t *p) WFP_CHECK;

/**
 * One page, by name.
 *
 * @param plist   array of wfp_d1_database_t *
 * @param ptotal  how many there are of such names
 */
apr_status_t wfp_d1_databases_list(apr_array_header_t **plist,
                                   apr_int64_t *ptotal, wfp_store_t *store,
                                   const wfp_list_t *which, wfp_result_t *res,
                                   apr_pool_t *p) WFP_CHECK;

/** Delete, whoever has a binding to it. WFP_NOT_FOUND. */
apr_status_t wfp_d1_databases_delete(wfp_store_t *store, const char *id,
                                     const wfp_actor_t *actor,
                                     wfp_result_t *res,
                                     apr_pool_t *p) WFP_CHECK;

#endif
