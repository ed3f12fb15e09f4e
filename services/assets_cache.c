/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Open indexes of assets. An index is a mapping of its file, so what children
 * have open of one is in memory once; its config is read when it is opened. The
 * lock is held over links only: files are opened and closed outside.
 */
#include "services/assets_cache.h"

#include <apr_hash.h>
#include <apr_ring.h>
#include <apr_strings.h>
#include <string.h>

#include "core/json.h"
#include "core/lock.h"
#include "services/assets_inside.h"

struct wfp_asset_set_t {
    APR_RING_ENTRY(wfp_asset_set_t) link; /* least used first */
    apr_pool_t *pool;
    char version_id[WFP_UUID_SIZE];
    const char *owner;
    wfp_asset_index_t index;
    wfp_asset_config_t *config;
    int users;
    int is_known; /* it is in the table */
};

APR_RING_HEAD(sets_t, wfp_asset_set_t);

struct wfp_assets_cache_t {
    apr_pool_t *pool;
    wfp_lock_t *lock;
    apr_hash_t *table; /* version_id -> set */
    struct sets_t sets;
    int count;
    apr_size_t bytes;
};

apr_status_t wfp_assets_cache_make(wfp_assets_cache_t **pcache, apr_pool_t *p)
{
    wfp_assets_cache_t *cache = apr_pcalloc(p, sizeof(*cache));

    cache->pool = p;
    cache->table = apr_hash_make(p);
    APR_RING_INIT(&cache->sets, wfp_asset_set_t, link);
    *pcache = cache;
    return wfp_lock_make(&cache->lock, p);
}

const char *wfp_assets_cache_owner(const wfp_asset_set_t *set)
{
    return set->owner;
}

const wfp_asset_index_t *wfp_assets_index(const wfp_asset_set_t *set)
{
    return &set->index;
}

const wfp_asset_config_t *wfp_assets_config(const wfp_asset_set_t *set)
{
    return set->config;
}

static wfp_asset_set_t *take_locked(wfp_assets_cache_t *cache,
                                    const char *version_id)
{
    wfp_asset_set_t *set = apr_hash_get(cache->table, version_id,
                                        APR_HASH_KEY_STRING);

    if (set) {
        set->users++;
        APR_RING_REMOVE(set, link);
        APR_RING_INSERT_TAIL(&cache->sets, set, wfp_asset_set_t, link);
    }
    return set;
}

wfp_asset_set_t *wfp_assets_take(wfp_assets_t *assets, const char *version_id)
{
    wfp_assets_cache_t *cache = assets->cache;
    wfp_asset_set_t *set;

    wfp_lock_take(cache->lock);
    set = take_locked(cache, version_id);
    wfp_lock_leave(cache->lock);
    return set;
}

/* Out of the table; whoever uses it last ends it. */
static void forget_locked(wfp_assets_cache_t *cache, wfp_asset_set_t *set)
{
    apr_hash_set(cache->table, set->version_id, APR_HASH_KEY_STRING, NULL);
    APR_RING_REMOVE(set, link);
    cache->count--;
    cache->bytes -= set->index.size;
    set->is_known = 0;
}

/* One that nobody uses, where there are too many; NULL: there are not. */
static wfp_asset_set_t *evict_locked(wfp_assets_cache_t *cache)
{
    wfp_asset_set_t *set;

    if (cache->count <= WFP_ASSETS_CACHE_MAX
        && cache->bytes <= WFP_ASSETS_CACHE_BYTES) {
        return NULL;
    }
    for (set = APR_RING_FIRST(&cache->sets);
         set != APR_RING_SENTINEL(&cache->sets, wfp_asset_set_t, link);
         set = APR_RING_NEXT(set, link)) {
        if (set->users == 0) {
            forget_locked(cache, set);
            return set;
        }
    }
    return NULL;
}

static void evict(wfp_assets_cache_t *cache)
{
    wfp_asset_set_t *old;

    do {
        wfp_lock_take(cache->lock);
        old = evict_locked(cache);
        wfp_lock_leave(cache->lock);
        if (old) {
            apr_pool_destroy(old->pool);
        }
    } while (old);
}

void wfp_assets_give(wfp_assets_t *assets, wfp_asset_set_t *set)
{
    wfp_assets_cache_t *cache = assets->cache;
    int over;

    wfp_lock_take(cache->lock);
    set->users--;
    over = set->users == 0 && !set->is_known;
    wfp_lock_leave(cache->lock);
    if (over) {
        apr_pool_destroy(set->pool);
    }
}

static apr_status_t read_set(wfp_asset_set_t *set, wfp_assets_t *assets,
                             const char *reference, wfp_result_t *res)
{
    const char *digest;
    wfp_json_t *config = NULL;
    apr_status_t rv = wfp_assets_split(&set->owner, &digest, reference,
                                       set->pool);

    if (rv == APR_SUCCESS) {
        rv = wfp_assets_read(&set->index, assets, set->owner, digest,
                             set->pool);
    }
    if (rv != APR_SUCCESS) {
        return wfp_result_set(res, WFP_INTERNAL, rv,
                              "the index %.110s of assets cannot be read",
                              reference);
    }
    rv = wfp_json_parse(&config, set->index.config, set->index.config_size, res,
                        set->pool);
    return rv == APR_SUCCESS ? wfp_asset_config_read(&set->config, config, NULL,
                                                     res, set->pool)
                             : rv;
}

apr_status_t wfp_assets_open(wfp_asset_set_t **pset, wfp_assets_t *assets,
                             const char *version_id, const char *reference,
                             wfp_result_t *res)
{
    wfp_assets_cache_t *cache = assets->cache;
    wfp_asset_set_t *set, *other;
    apr_pool_t *pool;
    apr_status_t rv;

    apr_pool_create(&pool, cache->pool);
    set = apr_pcalloc(pool, sizeof(*set));
    set->pool = pool;
    apr_cpystrn(set->version_id, version_id, sizeof(set->version_id));
    rv = read_set(set, assets, reference, res);
    if (rv != APR_SUCCESS) {
        apr_pool_destroy(pool);
        return rv;
    }
    wfp_lock_take(cache->lock);
    other = take_locked(cache, version_id);
    if (!other) {
        set->users = 1;
        set->is_known = 1;
        apr_hash_set(cache->table, set->version_id, APR_HASH_KEY_STRING, set);
        APR_RING_INSERT_TAIL(&cache->sets, set, wfp_asset_set_t, link);
        cache->count++;
        cache->bytes += set->index.size;
    }
    wfp_lock_leave(cache->lock);
    *pset = other ? other : set;
    if (other) {
        apr_pool_destroy(pool); /* somebody was faster */
    }
    evict(cache);
    return APR_SUCCESS;
}
