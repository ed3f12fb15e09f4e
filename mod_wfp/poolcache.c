/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A few places, each holding a pool or nothing. An exchange takes, a
 * compare-and-swap gives: no lock, no list that could be torn. The compiler's
 * atomics and not APR's, which TSan does not see.
 */
#include "mod_wfp/poolcache.h"

#include <apr_allocator.h>
#include <apr_portable.h>

#define PLACES 64

/* Memory that a kept pool may hold; the rest goes back to the system. */
#define KEPT_BYTES (128 * 1024)

struct wfp_poolcache_t {
    apr_pool_t *places[PLACES];
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
    int i;

    for (i = 0; i < PLACES; i++) {
        apr_pool_t *pool = take_place(&cache->places[i]);

        if (pool) {
            apr_pool_destroy(pool);
        }
    }
    return APR_SUCCESS;
}

wfp_poolcache_t *wfp_poolcache_create(apr_pool_t *p)
{
    wfp_poolcache_t *cache = apr_pcalloc(p, sizeof(*cache));

    apr_pool_cleanup_register(p, cache, cache_cleanup, apr_pool_cleanup_null);
    return cache;
}

/* Threads begin at places of their own: they seldom meet. */
static unsigned first_place(void)
{
    apr_uintptr_t id = (apr_uintptr_t)apr_os_thread_current();

    return (unsigned)(id >> 12) * 2654435761u % PLACES;
}

static apr_pool_t *make_pool(void)
{
    apr_allocator_t *allocator;
    apr_pool_t *pool;

    if (apr_allocator_create(&allocator) != APR_SUCCESS) {
        return NULL;
    }
    apr_allocator_max_free_set(allocator, KEPT_BYTES);
    if (apr_pool_create_unmanaged_ex(&pool, NULL, allocator) != APR_SUCCESS) {
        apr_allocator_destroy(allocator);
        return NULL;
    }
    apr_allocator_owner_set(allocator, pool);
    return pool;
}

apr_pool_t *wfp_poolcache_take(wfp_poolcache_t *cache)
{
    unsigned i, at = first_place();

    for (i = 0; i < PLACES; i++) {
        apr_pool_t *pool = take_place(&cache->places[(at + i) % PLACES]);

        if (pool) {
            return pool;
        }
    }
    return make_pool();
}

void wfp_poolcache_give(wfp_poolcache_t *cache, apr_pool_t *pool)
{
    unsigned i, at = first_place();

    apr_pool_clear(pool);
    for (i = 0; i < PLACES; i++) {
        if (give_place(&cache->places[(at + i) % PLACES], pool)) {
            return;
        }
    }
    apr_pool_destroy(pool);
}
