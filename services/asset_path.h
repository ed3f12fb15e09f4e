/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WFP_ASSET_PATH_H
#define WFP_ASSET_PATH_H

#include <apr_pools.h>

#include "core/wfp.h"
#include "services/asset_config.h"
#include "services/asset_index.h"

/** @file Which file a path means, as html_handling and not_found_handling
 *  have it. */

/** What a path leads to. */
typedef struct wfp_asset_way_t {
    int status;           /* 200; 404: a page that says so; 307; 0: nothing */
    wfp_asset_t asset;    /* of 200 and 404 */
    const char *location; /* of 307: a path, encoded */
} wfp_asset_way_t;

/**
 * Find the way of a path.
 *
 * @param path  as the client sent it, without query
 * @param miss  what is done when there is no such file
 */
void wfp_asset_path_find(wfp_asset_way_t *way, const wfp_asset_index_t *index,
                         const char *path, wfp_html_e html, wfp_miss_e miss,
                         apr_pool_t *p);

/** A path decoded, segment by segment: what is badly encoded stays; no slash
 *  follows another. NULL: it has a NUL. */
const char *wfp_asset_path_decode(const char *path, apr_pool_t *p);

/** The same, encoded in the one way that assets are served under. */
const char *wfp_asset_path_encode(const char *path, apr_pool_t *p);

#endif
