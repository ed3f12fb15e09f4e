/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WFP_KV_CACHE_H
#define WFP_KV_CACHE_H

#include <apr_pools.h>
#include <apr_time.h>

#include "core/kv.h"
#include "core/registry.h"
#include "core/result.h"
#include "services/kv_clock.h"

/**
 * @file
 * Values of KV namespaces in shared memory, and which keys have none, each with
 * the number (services/kv_clock.h) that it had when it was read. Namespaces share
 * the room fairly. Any thread of any child.
 */

typedef struct wfp_kv_cache_t wfp_kv_cache_t;

/** Larger values are not kept. */
#define WFP_KV_CACHE_VALUE_MAX ((apr_size_t)256 << 10)

/**
 * Make it, empty; shared with children forked later.
 *
 * @param size_bytes  1 MB at least
 * @note start scope (parent, alone)
 */
apr_status_t wfp_kv_cache_create(wfp_kv_cache_t **pcache, apr_size_t size_bytes,
                                 wfp_result_t *res, apr_pool_t *p) WFP_CHECK;

/** Count there from now on. @note start scope, before children are forked */
void wfp_kv_cache_count_in(wfp_kv_cache_t *cache,
                           wfp_registry_counts_t *counts);

/** Other hosts write too: it serves nothing unless they were asked lately. */
void wfp_kv_cache_follow(wfp_kv_cache_t *cache);

/** All that other hosts had written at that moment, of wfp_clock_now(), has been
 *  told to the clock. */
void wfp_kv_cache_followed(wfp_kv_cache_t *cache, apr_time_t when);

/**
 * Look up item->key.
 *
 * @param number  of it now
 * @param p       what is filled in is in it
 * @return 1: *item is filled in, item->value NULL: there is no value; 0: ask
 *         where the values are
 */
int wfp_kv_cache_get(wfp_kv_item_t *item, wfp_kv_cache_t *cache, const char *ns,
                     const wfp_kv_place_t *place, apr_int64_t number,
                     apr_pool_t *p);

/** Keep what was read, if there is room. @param number  it had before it was
 *  read, when it was still @param p  for scratch @return 1: it is kept */
int wfp_kv_cache_put(wfp_kv_cache_t *cache, const char *ns,
                     const wfp_kv_place_t *place, apr_int64_t number,
                     const wfp_kv_item_t *item, apr_pool_t *p);

/** Figures; of entries, "known" ones are values or their absence. */
void wfp_kv_cache_stats(wfp_registry_stats_t *stats, wfp_kv_cache_t *cache);

/** As wfp_registry_validate(). */
apr_status_t wfp_kv_cache_validate(wfp_kv_cache_t *cache,
                                   wfp_result_t *res) WFP_CHECK;

#endif
