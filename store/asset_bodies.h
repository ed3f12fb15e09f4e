/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WFP_ASSET_BODIES_H
#define WFP_ASSET_BODIES_H

#include <apr_hash.h>
#include <apr_pools.h>

#include "store/store.h"

/**
 * @file
 * Bytes of assets as rows of the store: where it is PostgreSQL, so that all its
 * hosts have them. With a SQLite store they are files only.
 */

/** Put bytes; what is there already is the same, and wanted from now on. */
apr_status_t wfp_asset_bodies_put(wfp_store_t *store, const char *owner,
                                  const char *digest, const char *data,
                                  apr_size_t n, wfp_result_t *res,
                                  apr_pool_t *p) WFP_CHECK;

/** @param pdata in p. WFP_NOT_FOUND. */
apr_status_t wfp_asset_bodies_get(const char **pdata, apr_size_t *pn,
                                  wfp_store_t *store, const char *owner,
                                  const char *digest, wfp_result_t *res,
                                  apr_pool_t *p) WFP_CHECK;

/** Which there are: digest -> anything. */
apr_status_t wfp_asset_bodies_list(apr_hash_t **pdigests, wfp_store_t *store,
                                   const char *owner, wfp_result_t *res,
                                   apr_pool_t *p) WFP_CHECK;

/** The next owner of bodies, "" for the first; *powner NULL: there is none. */
apr_status_t wfp_asset_bodies_next(const char **powner, wfp_store_t *store,
                                   const char *after, wfp_result_t *res,
                                   apr_pool_t *p) WFP_CHECK;

#endif
