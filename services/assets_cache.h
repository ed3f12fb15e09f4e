/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WFP_ASSETS_CACHE_H
#define WFP_ASSETS_CACHE_H

#include <apr_pools.h>

#include "services/assets.h"

/**
 * @file
 * Open indexes of a child, by the id of their version; the least used go first
 * when there are too many, or they are too large. For services/assets.c.
 */

typedef struct wfp_assets_cache_t wfp_assets_cache_t;

/** Most open indexes, and most bytes of them, while none is in use. */
#define WFP_ASSETS_CACHE_MAX   512
#define WFP_ASSETS_CACHE_BYTES ((apr_size_t)64 << 20)

apr_status_t wfp_assets_cache_make(wfp_assets_cache_t **pcache,
                                   apr_pool_t *p) WFP_CHECK;

/** Whose files a set's are. */
const char *wfp_assets_cache_owner(const wfp_asset_set_t *set);

#endif
