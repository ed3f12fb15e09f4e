/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WFP_ASSET_MANIFEST_H
#define WFP_ASSET_MANIFEST_H

#include <apr_hash.h>
#include <apr_pools.h>
#include <apr_tables.h>

#include "core/json.h"
#include "core/result.h"
#include "core/wfp.h"
#include "services/assets.h"

/** @file The manifest of an upload session: {"/path": {"hash", "size"}}. */

typedef struct wfp_asset_entry_t {
    const char *path;
    const char *hash; /* the client's name of the bytes: 32 hex digits */
    apr_int64_t size;
} wfp_asset_entry_t;

/**
 * Read one.
 *
 * @param plist  wfp_asset_entry_t, in order
 * @return APR_EINVAL with WFP_INVALID and a text that names the path
 */
apr_status_t wfp_asset_manifest_read(apr_array_header_t **plist,
                                     const wfp_json_t *obj, wfp_result_t *res,
                                     apr_pool_t *p) WFP_CHECK;

/** The same of a session's text. */
apr_status_t wfp_asset_manifest_parse(apr_array_header_t **plist,
                                      const char *text, wfp_result_t *res,
                                      apr_pool_t *p) WFP_CHECK;

/**
 * What is still to be uploaded, in buckets: arrays of hashes, each once, that
 * go well in one request.
 *
 * @param files  hash -> wfp_asset_file_t * of what there is
 * @return how many hashes
 */
int wfp_asset_manifest_missing(wfp_json_t **pbuckets,
                               const apr_array_header_t *list,
                               apr_hash_t *files, apr_pool_t *p);

/** The files of a version: wfp_asset_t. Nothing may be missing. */
apr_array_header_t *wfp_asset_manifest_assets(const apr_array_header_t *list,
                                              apr_hash_t *files, apr_pool_t *p);

#endif
