/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Files and indexes of assets, written and read. Called by the API, which makes
 * them, and by assets_cache.c and asset_serve.c, which show them.
 */
#include "services/assets.h"

#include <apr_mmap.h>
#include <apr_strings.h>
#include <string.h>

#include "core/crypto.h"
#include "core/crypto_digest.h"
#include "services/assets_cache.h"
#include "services/assets_inside.h"
#include "store/asset_bodies.h"
#include "store/asset_indexes.h"

apr_status_t wfp_assets_create(wfp_assets_t **passets, wfp_store_t *store,
                               int in_store, const char *data_dir,
                               apr_pool_t *p)
{
    wfp_assets_t *assets = apr_pcalloc(p, sizeof(*assets));
    apr_status_t rv = wfp_blobs_create(&assets->blobs, data_dir, "assets", p);

    assets->store = store;
    assets->in_store = in_store;
    *passets = assets;
    return rv == APR_SUCCESS ? wfp_assets_cache_make(&assets->cache, p) : rv;
}

apr_status_t wfp_assets_split(const char **powner, const char **pdigest,
                              const char *reference, apr_pool_t *p)
{
    const char *slash = strchr(reference, '/');

    if (!slash || strlen(reference) >= WFP_ASSETS_REFERENCE_SIZE) {
        return APR_EINVAL;
    }
    *powner = apr_pstrmemdup(p, reference, (apr_size_t)(slash - reference));
    *pdigest = slash + 1;
    return APR_SUCCESS;
}

/* ---- bytes ------------------------------------------------------------------- */

/* What another host was given. */
static apr_status_t fetch(wfp_assets_t *assets, const char *owner,
                          const char *digest, apr_pool_t *p)
{
    wfp_result_t res;
    apr_pool_t *scratch;
    const char *data;
    apr_size_t n;
    apr_status_t rv;

    apr_pool_create(&scratch, p);
    wfp_result_init(&res, scratch);
    rv = wfp_asset_bodies_get(&data, &n, assets->store, owner, digest, &res,
                              scratch);
    if (rv == APR_SUCCESS) {
        rv = wfp_blobs_put(assets->blobs, owner, digest, data, n, scratch);
    }
    apr_pool_destroy(scratch);
    return rv == APR_NOTFOUND ? APR_ENOENT : rv;
}

apr_status_t wfp_assets_blob(apr_file_t **pfile, wfp_assets_t *assets,
                             const char *owner, const char *digest,
                             apr_int32_t flags, apr_pool_t *p)
{
    apr_status_t rv = wfp_blobs_open(pfile, assets->blobs, owner, digest, flags,
                                     p);

    if (!APR_STATUS_IS_ENOENT(rv) || !assets->in_store) {
        return rv;
    }
    rv = fetch(assets, owner, digest, p);
    return rv == APR_SUCCESS
               ? wfp_blobs_open(pfile, assets->blobs, owner, digest, flags, p)
               : rv;
}

apr_status_t wfp_assets_read(wfp_asset_index_t *index, wfp_assets_t *assets,
                             const char *owner, const char *digest,
                             apr_pool_t *p)
{
    apr_file_t *file;
    apr_finfo_t info;
    apr_mmap_t *map;
    apr_status_t rv, rv2;

    rv = wfp_assets_blob(&file, assets, owner, digest, 0, p);
    if (rv != APR_SUCCESS) {
        return rv;
    }
    rv = apr_file_info_get(&info, APR_FINFO_SIZE, file);
    if (rv == APR_SUCCESS) {
        rv = apr_mmap_create(&map, file, 0, (apr_size_t)info.size,
                             APR_MMAP_READ, p);
    }
    rv2 = apr_file_close(file); /* the mapping stays */
    if (rv == APR_SUCCESS) {
        rv = rv2;
    }
    return rv == APR_SUCCESS
               ? wfp_asset_index_read(index, map->mm, (apr_size_t)info.size)
               : rv;
}

/* ---- making ------------------------------------------------------------------ */

static apr_status_t cannot_keep(wfp_result_t *res, apr_status_t rv)
{
    return wfp_result_set(res, WFP_INTERNAL, rv, "assets cannot be written");
}

static apr_status_t keep(wfp_assets_t *assets, const char *owner,
                         const char *digest, const wfp_bytes_t *bytes,
                         wfp_result_t *res, apr_pool_t *p)
{
    apr_status_t rv;

    if (assets->in_store) {
        rv = wfp_asset_bodies_put(assets->store, owner, digest,
                                  (const char *)bytes->data, bytes->n, res, p);
        if (rv != APR_SUCCESS) {
            return rv;
        }
    }
    rv = wfp_blobs_put(assets->blobs, owner, digest, bytes->data, bytes->n, p);
    return rv == APR_SUCCESS ? rv : cannot_keep(res, rv);
}

apr_status_t wfp_assets_keep(const char **pdigest, wfp_assets_t *assets,
                             const char *owner, const char *data, apr_size_t n,
                             wfp_result_t *res, apr_pool_t *p)
{
    const wfp_bytes_t bytes = { (const unsigned char *)data, n };

    *pdigest = wfp_crypto_sha256_hex(data, n, p);
    return *pdigest ? keep(assets, owner, *pdigest, &bytes, res, p)
                    : cannot_keep(res, APR_ENOMEM);
}

/* It is counted first: what there is no room for is not written. */
static apr_status_t keep_index(const char **pdigest, wfp_assets_t *assets,
                               const char *owner, const wfp_bytes_t *bytes,
                               apr_int64_t max, wfp_result_t *res,
                               apr_pool_t *p)
{
    const char *digest = wfp_crypto_sha256_hex((const char *)bytes->data,
                                               bytes->n, p);
    apr_status_t rv = digest
                          ? wfp_asset_indexes_add(assets->store, owner, digest,
                                                  (apr_int64_t)bytes->n, max,
                                                  res, p)
                          : cannot_keep(res, APR_ENOMEM);

    *pdigest = digest;
    return rv == APR_SUCCESS ? keep(assets, owner, digest, bytes, res, p) : rv;
}

static const char *hex_of(const wfp_asset_t *asset, apr_pool_t *p)
{
    return wfp_crypto_hex(asset->digest, WFP_ASSET_DIGEST_SIZE, p);
}

/* The store was SQLite before: it has no bytes, this host's folder has. */
static apr_status_t take_in(wfp_assets_t *assets, const char *owner,
                            const char *digest, wfp_result_t *res,
                            apr_pool_t *p)
{
    apr_file_t *file;
    apr_finfo_t info;
    apr_size_t n = 0;
    char *data = NULL;
    apr_status_t rv = wfp_blobs_open(&file, assets->blobs, owner, digest, 0, p);

    if (rv == APR_SUCCESS) {
        rv = apr_file_info_get(&info, APR_FINFO_SIZE, file);
    }
    if (rv == APR_SUCCESS) {
        data = apr_palloc(p, (apr_size_t)info.size + 1);
        rv = info.size
                 ? apr_file_read_full(file, data, (apr_size_t)info.size, &n)
                 : APR_SUCCESS;
    }
    return rv == APR_SUCCESS ? wfp_asset_bodies_put(assets->store, owner,
                                                    digest, data, n, res, p)
                             : rv;
}

/* All are still there, and no sweep takes one before the version has it. */
static apr_status_t check_files(wfp_assets_t *assets, const char *owner,
                                const apr_array_header_t *list,
                                wfp_result_t *res, apr_pool_t *p)
{
    apr_hash_t *stored = NULL;
    apr_pool_t *turn;
    int i;
    apr_status_t rv = APR_SUCCESS;

    if (assets->in_store) {
        rv = wfp_asset_bodies_list(&stored, assets->store, owner, res, p);
    }
    if (rv != APR_SUCCESS) {
        return rv;
    }
    apr_pool_create(&turn, p);
    for (i = 0; rv == APR_SUCCESS && i < list->nelts; i++) {
        const char *digest = hex_of(&APR_ARRAY_IDX(list, i, wfp_asset_t), turn);

        rv = wfp_blobs_touch(assets->blobs, owner, digest, turn);
        if (stored && apr_hash_get(stored, digest, APR_HASH_KEY_STRING)) {
            rv = APR_SUCCESS; /* whether or not this host has it */
        }
        else if (stored && rv == APR_SUCCESS) {
            rv = take_in(assets, owner, digest, res, turn);
        }
        apr_pool_clear(turn);
    }
    apr_pool_destroy(turn);
    return rv == APR_SUCCESS
               ? rv
               : wfp_result_set(res, WFP_NOT_FOUND, rv,
                                "an asset is not there any more: begin another "
                                "upload session");
}

apr_status_t wfp_assets_seal(const char **preference, wfp_assets_t *assets,
                             const char *owner, apr_array_header_t *list,
                             const char *config, apr_int64_t max,
                             wfp_result_t *res, apr_pool_t *p)
{
    const char *block, *digest;
    wfp_bytes_t bytes;
    apr_status_t rv = check_files(assets, owner, list, res, p);

    if (rv != APR_SUCCESS) {
        return rv;
    }
    rv = wfp_asset_index_make(&block, &bytes.n, list, config, p);
    if (rv != APR_SUCCESS) {
        return wfp_result_set(res, WFP_INVALID, rv, "too many assets");
    }
    bytes.data = (const unsigned char *)block;
    rv = keep_index(&digest, assets, owner, &bytes, max, res, p);
    if (rv == APR_SUCCESS) {
        *preference = apr_pstrcat(p, owner, "/", digest, NULL);
    }
    return rv;
}

apr_status_t wfp_assets_reconfigure(const char **preference,
                                    wfp_assets_t *assets, const char *reference,
                                    const char *config, apr_int64_t max,
                                    wfp_result_t *res, apr_pool_t *p)
{
    wfp_asset_index_t index;
    apr_array_header_t *list;
    const char *owner, *digest;
    apr_uint32_t i;
    apr_status_t rv = wfp_assets_split(&owner, &digest, reference, p);

    if (rv == APR_SUCCESS) {
        rv = wfp_assets_read(&index, assets, owner, digest, p);
    }
    if (rv != APR_SUCCESS) {
        return wfp_result_set(res, WFP_INTERNAL, rv,
                              "the assets of the version before cannot be "
                              "read");
    }
    list = apr_array_make(p, (int)index.count + 1, sizeof(wfp_asset_t));
    for (i = 0; i < index.count; i++) {
        wfp_asset_index_at(apr_array_push(list), &index, i);
    }
    return wfp_assets_seal(preference, assets, owner, list, config, max, res,
                           p);
}

apr_status_t wfp_assets_file(apr_file_t **pfile, wfp_assets_t *assets,
                             const wfp_asset_set_t *set,
                             const wfp_asset_t *asset, apr_int32_t flags,
                             apr_pool_t *p)
{
    return wfp_assets_blob(pfile, assets, wfp_assets_cache_owner(set),
                           hex_of(asset, p), flags, p);
}
