/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WFP_POOLCACHE_H
#define WFP_POOLCACHE_H

#include <apr_pools.h>

/**
 * @file
 * Pools for the work of a top request, used again. A new pool means an mmap,
 * page faults and a munmap: a third of what a small request costs. Taking and
 * giving are wait-free; any thread of a child.
 */

typedef struct wfp_poolcache_t wfp_poolcache_t;

/** An empty cache for so many threads; what it holds at the end goes with p. */
wfp_poolcache_t *wfp_poolcache_create(int threads, apr_pool_t *p);

/** A pool without a parent, empty; NULL when there is no memory. The taker
 *  gives or destroys it. */
apr_pool_t *wfp_poolcache_take(wfp_poolcache_t *cache);

/** Clear it and keep it, or destroy it when enough are kept. */
void wfp_poolcache_give(wfp_poolcache_t *cache, apr_pool_t *pool);

#endif
