/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WFP_ASSET_INDEXES_H
#define WFP_ASSET_INDEXES_H

#include "store/store.h"

/** @file The indexes of assets as what they take: each is a row among its
 *  owner's files, by the name of its digest, which no client can give a file. */

/**
 * An index is about to be written.
 *
 * @param size  its bytes
 * @param max   bytes that the owner may have; 0: no bound
 * @return WFP_QUOTA_EXCEEDED: it is a new one, for which there is no room
 */
apr_status_t wfp_asset_indexes_add(wfp_store_t *store, const char *owner,
                                   const char *digest, apr_int64_t size,
                                   apr_int64_t max, wfp_result_t *res,
                                   apr_pool_t *p) WFP_CHECK;

#endif
