/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WFP_ISOLATE_H
#define WFP_ISOLATE_H

#include <apr_pools.h>

#include "core/limits.h"
#include "core/result.h"
#include "core/script.h"
#include "lua_runtime/arena_total.h"
#include "lua_runtime/host.h"

/**
 * @file
 * One lua_State with its own arena, loaded with one version of one Worker.
 * Used by one thread at a time.
 *
 * Phases: made (top level has run) -> idle <-> invoked -> destroyed; an isolate
 * that hit a hard limit is dead: only wfp_isolate_destroy() is legal.
 */

typedef struct wfp_isolate_t wfp_isolate_t;

/** What does not change between the isolates of a child. */
typedef struct wfp_runtime_t {
    const wfp_host_t *host;
    void *server;             /* passed to host->open_secret */
    int exact_metering;       /* WfpMetering exact */
    wfp_arena_total_t *total; /* that isolates are counted in; NULL:
                                      * none */
    /* atomic, see wfp_run_set_rate() */
    double vm_rate; /* instructions per second of this machine, from
                     * wfp_speed_measure(); without use in exact metering */
} wfp_runtime_t;

/**
 * Make an isolate and run the Worker's top level under startup_ms.
 *
 * @param piso     lives on its own; ended by wfp_isolate_destroy()
 * @param script   copied where needed: may go afterwards
 * @param limits   complete (wfp_limits_merge()); memory_mb holds for life
 * @param trusted  1: sees request.cf, caches.default
 * @param res      WFP_STARTUP_LIMIT, WFP_MEMORY_LIMIT, WFP_EXCEPTION (syntax
 *                 error or error at top level, message with module and line),
 *                 WFP_ISOLATE_UNAVAILABLE (no memory)
 * @param p        for texts of res and scratch
 */
apr_status_t wfp_isolate_create(wfp_isolate_t **piso,
                                const wfp_runtime_t *runtime,
                                const wfp_script_t *script,
                                const wfp_limits_t *limits, int trusted,
                                wfp_result_t *res, apr_pool_t *p) WFP_CHECK;

/** The same, for a call of the Worker in whose share it counts (pool.h); NULL:
 *  in its own. */
apr_status_t wfp_isolate_create_for(wfp_isolate_t **piso,
                                    wfp_arena_share_t *payer,
                                    const wfp_runtime_t *runtime,
                                    const wfp_script_t *script,
                                    const wfp_limits_t *limits, int trusted,
                                    wfp_result_t *res, apr_pool_t *p) WFP_CHECK;

/** Give the arena back whole. No Lua code runs, lua_close is never called. */
void wfp_isolate_destroy(wfp_isolate_t *iso);

/** The handlers that a Worker can have: names, NULL at the end. */
extern const char *const wfp_isolate_handler_names[];

/** Has it a handler of that name ("fetch", "scheduled", ...)? NULL: has its
 *  table any function, so that it can be called at all? */
int wfp_isolate_handles(const wfp_isolate_t *iso, const char *handler);

/** Bytes of its arena that are in use / that its limit allows. */
apr_size_t wfp_isolate_used(const wfp_isolate_t *iso);
apr_size_t wfp_isolate_limit(const wfp_isolate_t *iso);

/** 1: it hit a hard limit. */
int wfp_isolate_is_dead(const wfp_isolate_t *iso);

/** Version key (stamp), namespace and name it was made for. */
apr_int64_t wfp_isolate_stamp(const wfp_isolate_t *iso);
const char *wfp_isolate_ns(const wfp_isolate_t *iso);
const char *wfp_isolate_name(const wfp_isolate_t *iso);

/** What it was made of, in its own memory: without modules, settings, limits
 *  as uploaded. */
const wfp_script_t *wfp_isolate_script(const wfp_isolate_t *iso);

/**
 * Compile every Lua module of a script to bytecode for this server's registry
 * (module->bytecode, in p). Text chunks only, scanned first (limits.md, load).
 * Runs in a throw-away state under startup_ms of CPU.
 *
 * @param res  "worker.lua:3: ..." as WFP_EXCEPTION, or WFP_STARTUP_LIMIT
 */
apr_status_t wfp_isolate_compile(wfp_script_t *script,
                                 const wfp_limits_t *limits, wfp_result_t *res,
                                 apr_pool_t *p) WFP_CHECK;

#endif
