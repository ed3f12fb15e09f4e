/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Places, each holding a pool or nothing. An exchange takes, a compare-and-swap
 * gives: no lock, no list that could be torn. The compiler's atomics and not
 * APR's, which TSan does not see. There is a place for each thread: where many
 * requests wait at a time, the pools beyond them would be mapped and unmapped
 * for each request, which all other threads notice.
 */
#include "mod_wfp/poolcache.h"

#include <apr_allocator.h>
#include <sched.h>

#define PLACES_MIN 64
#define PLACES_MAX 4096

/* Places that are looked at. */
#define TRIES 64

/* Places in a cache line. */
#define LINE_PLACES 8

/* Memory that a kept pool may hold; the rest goes back to the system. All
 * together hold no more than PLACES_MIN of the first kind, or a little each. */
#define KEPT_BYTES     (128 * 1024)
#define KEPT_BYTES_MIN (16 * 1024)

struct wfp_poolcache_t {
    unsigned count;
    apr_uint32_t kept_bytes;
    apr_pool_t **places;
};

/* What is there, if anything; nobody else gets it. */
static apr_pool_t *take_place(apr_pool_t **place)
{
    return __atomic_load_n(place, __ATOMIC_RELAXED)
               ? __atomic_exchange_n(place, NULL, __ATOMIC_ACQUIRE)
               : NULL;
}

static int give_place(apr_pool_t **place, apr_pool_t *pool)
{
    apr_pool_t *empty = NULL;

    return !__atomic_load_n(place, __ATOMIC_RELAXED)
           && __atomic_compare_exchange_n(place, &empty, pool, 0,
                                          __ATOMIC_RELEASE, __ATOMIC_RELAXED);
}

static apr_status_t cache_cleanup(void *data)
{
    wfp_poolcache_t *cache = data;
    unsigned i;

    for (i = 0; i < cache->count; i++) {
        apr_pool_t *pool = take_place(&cache->places[i]);

        if (pool) {
            apr_pool_destroy(pool);
        }
    }
    return APR_SUCCESS;
}

wfp_poolcache_t *wfp_poolcache_create(int threads, apr_pool_t *p)
{
    wfp_poolcache_t *cache = apr_pcalloc(p, sizeof(*cache));

    cache->count = threads < PLACES_MIN   ? PLACES_MIN
                   : threads > PLACES_MAX ? PLACES_MAX
                                          : (unsigned)threads;
    cache->kept_bytes = KEPT_BYTES / cache->count * PLACES_MIN;
    if (cache->kept_bytes < KEPT_BYTES_MIN) {
        cache->kept_bytes = KEPT_BYTES_MIN;
    }
    cache->places = apr_pcalloc(p, cache->count * sizeof(*cache->places));
    apr_pool_cleanup_register(p, cache, cache_cleanup, apr_pool_cleanup_null);
    return cache;
}

/* Processors begin at places of their own, a cache line of them apart: they
 * seldom meet, and what one gave last, still in its cache, it takes first. */
static unsigned first_place(const wfp_poolcache_t *cache)
{
    int cpu = sched_getcpu();

    return (cpu > 0 ? (unsigned)cpu : 0) * LINE_PLACES % cache->count;
}

static apr_pool_t *make_pool(apr_uint32_t kept_bytes)
{
    apr_allocator_t *allocator;
    apr_pool_t *pool;

    if (apr_allocator_create(&allocator) != APR_SUCCESS) {
        return NULL;
    }
    apr_allocator_max_free_set(allocator, kept_bytes);
    if (apr_pool_create_unmanaged_ex(&pool, NULL, allocator) != APR_SUCCESS) {
        apr_allocator_destroy(allocator);
        return NULL;
    }
    apr_allocator_owner_set(allocator, pool);
    return pool;
}

apr_pool_t *wfp_poolcache_take(wfp_poolcache_t *cache)
{
    unsigned i, at = first_place(cache);

    for (i = 0; i < TRIES; i++) {
        apr_pool_t *pool = take_place(&cache->places[(at + i) % cache->count]);

        if (pool) {
            return pool;
        }
    }
    return make_pool(cache->kept_bytes);
}

void wfp_poolcache_give(wfp_poolcache_t *cache, apr_pool_t *pool)
{
    unsigned i, at = first_place(cache);

    apr_pool_clear(pool);
    for (i = 0; i < TRIES; i++) {
        if (give_place(&cache->places[(at + i) % cache->count], pool)) {
            return;
        }
    }
    apr_pool_destroy(pool);
}
