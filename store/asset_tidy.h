/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WFP_ASSET_TIDY_H
#define WFP_ASSET_TIDY_H

#include <apr_hash.h>
#include <apr_tables.h>

#include "store/store.h"

/** @file Files and bodies of assets that no version has (any more). */

/** Digests of the indexes of an owner that versions have: array of
 *  const char *. */
apr_status_t wfp_asset_tidy_used(apr_array_header_t **pindexes,
                                 wfp_store_t *store, const char *owner,
                                 wfp_result_t *res, apr_pool_t *p) WFP_CHECK;

/**
 * Forget files of an owner, and bodies (asset_bodies.h), that are in none of its
 * versions, unless a session of its is open.
 *
 * @param before  bodies and indexes that were put later stay: a version may be
 *                about to have them
 * @param keep    digests that are: digest -> const apr_int64_t *, the bytes of
 *                an index, which is counted if it was not, or 0
 * @param pbusy   1: a session is open, nothing was done
 */
apr_status_t wfp_asset_tidy(int *pbusy, wfp_store_t *store, const char *owner,
                            apr_time_t before, apr_hash_t *keep,
                            wfp_result_t *res, apr_pool_t *p) WFP_CHECK;

#endif
