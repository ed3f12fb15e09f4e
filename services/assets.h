/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WFP_ASSETS_H
#define WFP_ASSETS_H

#include <apr_pools.h>
#include <apr_tables.h>

#include "core/message.h"
#include "core/result.h"
#include "core/wfp.h"
#include "services/asset_config.h"
#include "services/asset_index.h"
#include "store/store.h"

/**
 * @file
 * Static assets of Workers. Files lie below WfpDataDir/assets/OWNER/ under the
 * digest that this server made of their bytes (services/blobs.h), and so does
 * the index of each version (asset_index.h); a version keeps OWNER/DIGEST of
 * its index, its *reference*. With PostgreSQL the bytes are rows of the store
 * too, and a host takes what it has not from there. Any thread.
 */

typedef struct wfp_assets_t wfp_assets_t;

/** An open index: used between take and give. */
typedef struct wfp_asset_set_t wfp_asset_set_t;

/** Most bytes of a file. */
#define WFP_ASSET_BYTES_MAX ((apr_int64_t)25 << 20)

/** Most files of a version. */
#define WFP_ASSETS_MAX 20000

/** Most bytes of a path, and of a Content-Type. */
#define WFP_ASSET_PATH_MAX 1024
#define WFP_ASSET_TYPE_MAX 200

/**
 * child scope.
 *
 * @param in_store  1: bytes are rows of store, too
 * @param p         with an allocator for several threads
 */
apr_status_t wfp_assets_create(wfp_assets_t **passets, wfp_store_t *store,
                               int in_store, const char *data_dir,
                               apr_pool_t *p) WFP_CHECK;

/* ---- a version's assets -------------------------------------------------------- */

/** The open index of a version, by the version's id; NULL: it is not open
 *  here. No store, no file. */
wfp_asset_set_t *wfp_assets_take(wfp_assets_t *assets, const char *version_id);

/**
 * Open it.
 *
 * @param reference  the version's
 * @return APR_ENOENT and others: it cannot be read; res tells, for the
 *         operator
 */
apr_status_t wfp_assets_open(wfp_asset_set_t **pset, wfp_assets_t *assets,
                             const char *version_id, const char *reference,
                             wfp_result_t *res) WFP_CHECK;

/** Both are over with it. */
void wfp_assets_give(wfp_assets_t *assets, wfp_asset_set_t *set);

/** Open one of a set's files. @param pfile in p @param flags as
 *  wfp_blobs_open() */
apr_status_t wfp_assets_file(apr_file_t **pfile, wfp_assets_t *assets,
                             const wfp_asset_set_t *set,
                             const wfp_asset_t *asset, apr_int32_t flags,
                             apr_pool_t *p) WFP_CHECK;

const wfp_asset_index_t *wfp_assets_index(const wfp_asset_set_t *set);
const wfp_asset_config_t *wfp_assets_config(const wfp_asset_set_t *set);

/* ---- making one ---------------------------------------------------------------- */

/** Keep the bytes of a file. @param pdigest of them, as hex digits, in p */
apr_status_t wfp_assets_keep(const char **pdigest, wfp_assets_t *assets,
                             const char *owner, const char *data, apr_size_t n,
                             wfp_result_t *res, apr_pool_t *p) WFP_CHECK;

/**
 * Make the index of a version of files that were kept.
 *
 * @param preference  in p
 * @param list        wfp_asset_t
 * @param config      JSON text, as wfp_asset_config_read() took it
 * @param max         bytes that the owner may have, with the index; 0: no bound
 * @return APR_ENOENT with WFP_NOT_FOUND: one of the files has gone;
 *         WFP_QUOTA_EXCEEDED, nothing was written
 */
apr_status_t wfp_assets_seal(const char **preference, wfp_assets_t *assets,
                             const char *owner, apr_array_header_t *list,
                             const char *config, apr_int64_t max,
                             wfp_result_t *res, apr_pool_t *p) WFP_CHECK;

/** A reference anew with another config. */
apr_status_t wfp_assets_reconfigure(const char **preference,
                                    wfp_assets_t *assets, const char *reference,
                                    const char *config, apr_int64_t max,
                                    wfp_result_t *res, apr_pool_t *p) WFP_CHECK;

/** A bounded step of removing files that no version has; to be called now and
 *  then by one process of the host. */
apr_status_t wfp_assets_sweep(wfp_assets_t *assets, wfp_result_t *res,
                              apr_pool_t *p) WFP_CHECK;

#endif
