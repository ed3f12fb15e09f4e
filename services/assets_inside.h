/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WFP_ASSETS_INSIDE_H
#define WFP_ASSETS_INSIDE_H

#include "services/assets.h"
#include "services/blobs.h"

/** @file What the files of assets share. */

/** Bytes of a reference, and its NUL. */
#define WFP_ASSETS_REFERENCE_SIZE (36 + 1 + 64 + 1)

struct wfp_assets_t {
    wfp_blobs_t *blobs;
    wfp_store_t *store;
    int in_store;
    struct wfp_assets_cache_t *cache;
    apr_time_t next; /* sweep, as core/clock.h tells it */
    char swept[64];  /* the last owner that was; "" none */
    char stored[64]; /* the same of the store's bodies */
};

/** Open a file of an owner, from the store where it is not here. */
apr_status_t wfp_assets_blob(apr_file_t **pfile, wfp_assets_t *assets,
                             const char *owner, const char *digest,
                             apr_int32_t flags, apr_pool_t *p) WFP_CHECK;

/** Split OWNER/DIGEST. @return APR_EINVAL: it is none */
apr_status_t wfp_assets_split(const char **powner, const char **pdigest,
                              const char *reference, apr_pool_t *p) WFP_CHECK;

/** Read an index. @param p keeps its bytes */
apr_status_t wfp_assets_read(wfp_asset_index_t *index, wfp_assets_t *assets,
                             const char *owner, const char *digest,
                             apr_pool_t *p) WFP_CHECK;

#endif
