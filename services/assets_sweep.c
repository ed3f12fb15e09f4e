/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Removes files of assets that no version has: one owner a step. An owner with
 * an open upload session waits; a file that was written or wanted within the
 * last hour stays, since a version may be about to have it.
 */
#include <apr_hash.h>
#include <apr_strings.h>
#include <string.h>

#include "core/clock.h"
#include "core/crypto.h"
#include "services/assets_inside.h"
#include "store/asset_bodies.h"
#include "store/asset_tidy.h"

#define AGE_MIN apr_time_from_sec(3600)

/* Between two steps, and between two walks over all owners. */
#define STEP_EVERY apr_time_from_sec(1)
#define WALK_EVERY apr_time_from_sec(3600)

/* Everything that the versions of an owner have, as wfp_asset_tidy()
 * wants it. A file that they share is in it once. */
static apr_status_t collect(apr_hash_t **pkeep, wfp_assets_t *assets,
                            const char *owner, wfp_result_t *res, apr_pool_t *p)
{
    static const apr_int64_t none = 0;
    apr_array_header_t *indexes;
    apr_uint32_t at;
    int i;
    apr_status_t rv = wfp_asset_tidy_used(&indexes, assets->store, owner, res,
                                          p);

    *pkeep = apr_hash_make(p);
    for (i = 0; rv == APR_SUCCESS && i < indexes->nelts; i++) {
        const char *digest = APR_ARRAY_IDX(indexes, i, const char *);
        wfp_asset_index_t index;
        apr_int64_t *size = apr_palloc(p, sizeof(*size));

        rv = wfp_assets_read(&index, assets, owner, digest, p);
        if (rv == APR_SUCCESS) {
            *size = (apr_int64_t)index.size;
            apr_hash_set(*pkeep, digest, APR_HASH_KEY_STRING, size);
        }
        for (at = 0; rv == APR_SUCCESS && at < index.count; at++) {
            wfp_asset_t asset;

            wfp_asset_index_at(&asset, &index, at);
            apr_hash_set(*pkeep,
                         wfp_crypto_hex(asset.digest, WFP_ASSET_DIGEST_SIZE, p),
                         APR_HASH_KEY_STRING, &none);
        }
    }
    return rv;
}

static int is_kept(void *baton, const char *name)
{
    return apr_hash_get(baton, name, APR_HASH_KEY_STRING) != NULL;
}

/* An index that cannot be read leaves all as it is. */
static apr_status_t sweep_owner(wfp_assets_t *assets, const char *owner,
                                wfp_result_t *res, apr_pool_t *p)
{
    apr_time_t before = apr_time_now() - AGE_MIN;
    apr_hash_t *keep;
    int busy = 1;
    apr_status_t rv = collect(&keep, assets, owner, res, p);

    if (rv == APR_SUCCESS) {
        rv = wfp_asset_tidy(&busy, assets->store, owner, before, keep, res, p);
    }
    if (rv != APR_SUCCESS || busy) {
        return rv;
    }
    rv = wfp_blobs_sweep(NULL, assets->blobs, owner, before, is_kept, keep, p);
    return APR_STATUS_IS_ENOENT(rv) ? APR_SUCCESS : rv;
}

static void remember(char *to, apr_size_t size, const char *owner)
{
    apr_cpystrn(to, owner ? owner : "", size);
}

apr_status_t wfp_assets_sweep(wfp_assets_t *assets, wfp_result_t *res,
                              apr_pool_t *p)
{
    const char *owner = NULL;
    apr_time_t now = wfp_clock_now();
    apr_status_t rv = APR_SUCCESS;

    if (now < assets->next) {
        return rv;
    }
    assets->next = now + STEP_EVERY;
    if (!*assets->stored) {
        rv = wfp_blobs_next(&owner, assets->blobs, assets->swept, p);
    }

    remember(assets->swept, sizeof(assets->swept), owner);
    if (rv == APR_SUCCESS && owner) {
        return sweep_owner(assets, owner, res, p);
    }
    if (rv == APR_SUCCESS && assets->in_store) {
        rv = wfp_asset_bodies_next(&owner, assets->store, assets->stored, res,
                                   p);
    }
    remember(assets->stored, sizeof(assets->stored), owner);
    if (rv == APR_SUCCESS && owner) {
        return sweep_owner(assets, owner, res, p);
    }
    assets->next = now + WALK_EVERY;
    return rv;
}
