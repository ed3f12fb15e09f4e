/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A few places, each holding a pool or nothing. An exchange takes, a
 * compare-and-swap gives: no lock, no list that could be torn.
 */
#include "mod_wfp/poolcache.h"

#include <apr_allocator.h>
#include <apr_atomic.h>
#include <apr_portable.h>

#define PLACES 64

/* Memory that a kept pool may hold; the rest goes back to the system. */
#define KEPT_BYTES (128 * 1024)

struct wfp_poolcache_t {
    volatile void *places[PLACES];
};

static apr_status_t cache_cleanup(void *data)
{
    wfp_poolcache_t *cache = data;
    int i;

    for (i = 0; i < PLACES; i++) {
        apr_pool_t *pool = apr_atomic_xchgptr(&cache->places[i], NULL);

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
        volatile void **place = &cache->places[(at + i) % PLACES];

        if (*place) {
            apr_pool_t *pool = apr_atomic_xchgptr(place, NULL);

            if (pool) {
                return pool;
            }
        }
    }
    return make_pool();
}

void wfp_poolcache_give(wfp_poolcache_t *cache, apr_pool_t *pool)
{
    unsigned i, at = first_place();

    apr_pool_clear(pool);
    for (i = 0; i < PLACES; i++) {
        volatile void **place = &cache->places[(at + i) % PLACES];

        if (!*place && !apr_atomic_casptr(place, pool, NULL)) {
            return;
        }
    }
    apr_pool_destroy(pool);
}
