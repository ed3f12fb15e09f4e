/* SPDX-License-Identifier: Apache-2.0 */
/*
 * KV values in a registry of their own, whose entries are namespaces and the
 * hashes of keys; the key itself is in the body and compared in full. Called by
 * kv.c. It must not know who writes: an entry of another number is none.
 */
#include "services/kv_cache.h"

#include <apr_strings.h>
#include <string.h>

#include "core/block.h"
#include "core/clock.h"
#include "core/shared_memory.h"

#define MAGIC 0x4b56424cu

/* How old may be what is known of other hosts' writes? */
#define FOLLOWED_MAX apr_time_from_sec(1)

/* A body is no larger than this part of the whole. */
#define PART 32

typedef struct shared_t {
    apr_int64_t followed; /* us of wfp_clock_now() */
} shared_t;

struct wfp_kv_cache_t {
    wfp_registry_t *values;
    shared_t *shared;
    apr_size_t value_max;
    int is_following;
};

apr_status_t wfp_kv_cache_create(wfp_kv_cache_t **pcache, apr_size_t size_bytes,
                                 wfp_result_t *res, apr_pool_t *p)
{
    wfp_kv_cache_t *cache = apr_pcalloc(p, sizeof(*cache));
    void *memory = NULL;
    apr_status_t rv = wfp_registry_create(&cache->values, size_bytes, res, p);

    if (rv != APR_SUCCESS) {
        return rv;
    }
    rv = wfp_shared_memory(&memory, sizeof(shared_t), "the KV cache", res, p);
    if (rv != APR_SUCCESS) {
        return rv;
    }
    wfp_registry_be_fair(cache->values);
    cache->shared = memory;
    cache->value_max = size_bytes / PART;
    if (cache->value_max > WFP_KV_CACHE_VALUE_MAX) {
        cache->value_max = WFP_KV_CACHE_VALUE_MAX;
    }
    *pcache = cache;
    return APR_SUCCESS;
}

void wfp_kv_cache_follow(wfp_kv_cache_t *cache)
{
    cache->is_following = 1;
}

void wfp_kv_cache_followed(wfp_kv_cache_t *cache, apr_time_t when)
{
    __atomic_store_n(&cache->shared->followed, when, __ATOMIC_SEQ_CST);
}

static int is_current(const wfp_kv_cache_t *cache)
{
    return !cache->is_following
           || wfp_clock_now()
                      - __atomic_load_n(&cache->shared->followed,
                                        __ATOMIC_SEQ_CST)
                  <= FOLLOWED_MAX;
}

/* What a key is called in the registry. @param name 17 bytes */
static void name_of(char *name, apr_uint64_t hash)
{
    int i;

    for (i = 15; i >= 0; i--, hash >>= 4) {
        name[i] = "0123456789abcdef"[hash & 15];
    }
    name[16] = '\0';
}

/* ---- bodies --------------------------------------------------------------------- */

static void write_body(wfp_block_out_t *to, const void *what)
{
    const wfp_kv_item_t *item = what;

    wfp_block_put_data(to, item->key, item->key_size);
    wfp_block_put_i64(to, item->expiration);
    wfp_block_put_data(to, item->value ? item->metadata : NULL,
                       item->metadata_size);
    wfp_block_put_data(to, item->value, item->value_size);
}

static int read_body(wfp_kv_item_t *item, const char *blob, apr_size_t size)
{
    wfp_kv_item_t found = { 0 };
    wfp_block_in_t in;

    wfp_block_begin(&in, MAGIC, blob, size);
    found.key = wfp_block_take_data(&in, &found.key_size);
    found.expiration = wfp_block_take_i64(&in);
    found.metadata = wfp_block_take_data(&in, &found.metadata_size);
    found.value = wfp_block_take_data(&in, &found.value_size);
    if (!wfp_block_is_whole(&in) || !found.key
        || found.key_size != item->key_size
        || memcmp(found.key, item->key, item->key_size) != 0) {
        return 0;
    }
    found.key = item->key;
    if (found.expiration && found.expiration <= apr_time_sec(apr_time_now())) {
        memset(&found, 0, sizeof(found));
        found.key = item->key;
        found.key_size = item->key_size;
    }
    *item = found;
    return 1;
}

int wfp_kv_cache_get(wfp_kv_item_t *item, wfp_kv_cache_t *cache, const char *ns,
                     const wfp_kv_place_t *place, apr_int64_t number,
                     apr_pool_t *p)
{
    wfp_entry_t entry;
    const char *blob;
    char name[17];

    name_of(name, place->hash);
    return wfp_registry_get(&entry, cache->values, ns, name) == APR_SUCCESS
           && entry.stamp == number && is_current(cache)
           && wfp_registry_body(&blob, cache->values, &entry, p) == APR_SUCCESS
           && read_body(item, blob, entry.body_size);
}

int wfp_kv_cache_put(wfp_kv_cache_t *cache, const char *ns,
                     const wfp_kv_place_t *place, apr_int64_t number,
                     const wfp_kv_item_t *item, apr_pool_t *p)
{
    wfp_entry_t entry = { 0 };
    apr_pool_t *scratch;
    const char *blob;
    apr_size_t size;
    wfp_result_t res;
    apr_status_t rv;

    if (item->value && item->value_size > cache->value_max) {
        return 0;
    }
    apr_pool_create(&scratch, p);
    wfp_result_init(&res, scratch);
    wfp_block_make(&blob, &size, MAGIC, write_body, item, scratch);
    apr_cpystrn(entry.ns, ns, sizeof(entry.ns));
    name_of(entry.name, place->hash);
    entry.stamp = number;
    wfp_limits_clear(&entry.limits);
    rv = wfp_registry_put(cache->values, &entry, blob, size, &res);
    apr_pool_destroy(scratch);
    return rv == APR_SUCCESS; /* else it is read again */
}

void wfp_kv_cache_count_in(wfp_kv_cache_t *cache, wfp_registry_counts_t *counts)
{
    wfp_registry_count_in(cache->values, counts);
}

void wfp_kv_cache_stats(wfp_registry_stats_t *stats, wfp_kv_cache_t *cache)
{
    wfp_registry_stats(stats, cache->values);
}

apr_status_t wfp_kv_cache_validate(wfp_kv_cache_t *cache, wfp_result_t *res)
{
    return wfp_registry_validate(cache->values, res);
}
