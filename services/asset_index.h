/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WFP_ASSET_INDEX_H
#define WFP_ASSET_INDEX_H

#include <apr_pools.h>
#include <apr_tables.h>

#include "core/result.h"
#include "core/wfp.h"

/**
 * @file
 * The index of a version's assets: which path is which file. One block of
 * bytes, made once and never changed, searched where it lies:
 *
 *     head     magic, layout, size of all, count, where config is
 *     rows     count of 64 bytes, by path
 *     texts    paths, types, config (JSON), each with a NUL
 *
 * All numbers in the machine's byte order.
 */

#define WFP_ASSET_DIGEST_SIZE 32

/** One file. */
typedef struct wfp_asset_t {
    const char *path; /* "/a/b.html", decoded */
    const char *type; /* Content-Type; NULL: none */
    apr_int64_t size;
    unsigned char digest[WFP_ASSET_DIGEST_SIZE]; /* SHA-256, by the server */
} wfp_asset_t;

typedef struct wfp_asset_index_t {
    const char *block;
    apr_size_t size;
    apr_uint32_t count;
    const char *config; /* JSON text */
    apr_size_t config_size;
} wfp_asset_index_t;

/**
 * Make the block of these files.
 *
 * @param assets  wfp_asset_t, no path twice; gets sorted
 * @return APR_ENOSPC: more than 1 GB
 */
apr_status_t wfp_asset_index_make(const char **pblock, apr_size_t *psize,
                                  apr_array_header_t *assets,
                                  const char *config, apr_pool_t *p) WFP_CHECK;

/** Look at a block, which stays where it is. @return APR_EINVAL: it is none;
 *  nothing of it is used */
apr_status_t wfp_asset_index_read(wfp_asset_index_t *index, const char *block,
                                  apr_size_t size) WFP_CHECK;

/** The file of a path of n bytes. @return 1: there is one, *asset points into
 *  the block */
int wfp_asset_index_find(wfp_asset_t *asset, const wfp_asset_index_t *index,
                         const char *path, apr_size_t n);

/** The i-th file by path. */
void wfp_asset_index_at(wfp_asset_t *asset, const wfp_asset_index_t *index,
                        apr_uint32_t i);

#endif
