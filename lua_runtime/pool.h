/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WFP_POOL_H
#define WFP_POOL_H

#include <apr_pools.h>

#include "core/result.h"
#include "lua_runtime/arena.h"
#include "lua_runtime/isolate.h"

/**
 * @file
 * The warm isolates of a child, keyed by Worker and version (stamp). Sharded;
 * CLOCK eviction by count and by bytes. An isolate that is out belongs to the
 * one who took it.
 */

typedef struct wfp_pool_t wfp_pool_t;

/** @param count_max  WfpIsolates, idle ones; @param bytes_max
 *  WfpIsolateMemory: idle and running ones together; child scope */
apr_status_t wfp_pool_create(wfp_pool_t **ppool, int count_max,
                             apr_size_t bytes_max, apr_pool_t *p) WFP_CHECK;

/**
 * An idle isolate of exactly this version, or NULL: also when it may not run, as
 * wfp_pool_admit() tells then.
 *
 * @param payer  the share of the user Worker whose call led to this one; NULL:
 *               the Worker's own
 */
wfp_isolate_t *wfp_pool_take(wfp_pool_t *pool, const char *ns, const char *name,
                             apr_int64_t stamp, wfp_arena_share_t *payer);

/** Whose share an isolate that is out counts in: the payer of what its calls
 *  lead to. NULL: the platform's, which has none. Lives as the pool does. */
wfp_arena_share_t *wfp_pool_share(const wfp_isolate_t *iso);

/** Where its isolates count their memory (wfp_runtime_t). One that grows when
 *  bytes_max is reached has idle ones destroyed; when there are none it is
 *  ended with WFP_ISOLATE_UNAVAILABLE, unless it is small. */
wfp_arena_total_t *wfp_pool_total(wfp_pool_t *pool);

/** May another isolate of this Worker be made? Evicts idle ones to make room. It
 *  counts as out until it is given, or withdrawn. payer: as above.
 *  @return 1, or 0: WFP_ISOLATE_UNAVAILABLE, since the share has as much as is
 *          free. A small share, and the platform's, may have one in any case */
int wfp_pool_admit(wfp_pool_t *pool, const char *ns, const char *name,
                   wfp_arena_share_t *payer) WFP_CHECK;

/** The isolate that was admitted could not be made. */
void wfp_pool_withdraw(wfp_pool_t *pool);

/** Destroy an isolate that is out: it will not be used again. */
void wfp_pool_drop(wfp_pool_t *pool, wfp_isolate_t *iso);

/** Give back after use; dead ones and, when full, cold ones are destroyed. */
void wfp_pool_give(wfp_pool_t *pool, wfp_isolate_t *iso);

typedef struct wfp_pool_stats_t {
    apr_uint32_t idle;
    apr_uint32_t out;
    apr_uint64_t bytes;
    apr_uint64_t warm, cold, killed, evicted;
} wfp_pool_stats_t;

void wfp_pool_stats(wfp_pool_stats_t *stats, wfp_pool_t *pool);

#endif
