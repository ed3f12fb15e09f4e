/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WFP_INSIDE_H
#define WFP_INSIDE_H

#include <apr_pools.h>
#include <apr_time.h>
#include <lua.h>

#include "core/limits.h"
#include "core/script.h"
#include "lua_runtime/arena.h"
#include "lua_runtime/frame.h"
#include "lua_runtime/host.h"
#include "lua_runtime/isolate.h"
#include "lua_runtime/run.h"
#include "lua_runtime/state.h"
#include "lua_runtime/trace.h"

/**
 * @file
 * The inside of an isolate and of an invocation, for the files of this folder
 * (not for api/): isolate.c and run.c change them, pool.c uses the links.
 */

struct wfp_isolate_t {
    lua_State *L;            /* the main state */
    lua_State *volatile cur; /* the coroutine that runs */
    wfp_frame_t *frame;      /* the newest, NULL: idle */
    wfp_trace_t *trace;      /* of the newest call, NULL: nobody asks */
    const wfp_runtime_t *runtime;
    wfp_invocation_t *inv;       /* NULL at top level and when idle */
    apr_time_t now;              /* the frozen time */
    apr_time_t clock;            /* the same as core/clock.h tells it */
    apr_uint32_t generation;     /* invocations so far */
    volatile int collect;        /* a full collection is wanted */
    struct wfp_driver_t *driver; /* the newest parallel() that runs tasks */
    int can_pass; /* all coroutines between it and cur may yield */
    int passing;  /* a wait is on its way up to it */
    int dead;
    int trusted;
    unsigned handlers; /* bit n: isolate.c's handler n is there */
    int table_ref;     /* the handlers' table */
    int fetch_ref;     /* its fetch */
    int env_ref;
    apr_size_t steps_max;
    apr_size_t base_used; /* after the last full collection */
    apr_size_t asked;     /* large blocks wanted since then */
    wfp_script_t script;  /* identity and bindings, in the arena */
    struct {
        apr_uint64_t hash;
        wfp_isolate_t *same;        /* next of its bucket */
        wfp_isolate_t *next, *prev; /* ring */
        int seen;                   /* used since the clock's hand passed */
    } pool;
    wfp_arena_t arena;
};

/** A response or request body that a Lua function makes. */
typedef struct wfp_function_body_t {
    wfp_invocation_t *inv;
    struct wfp_function_body_t *next;
    int fn_ref;
    int chunk_ref;    /* anchors data */
    const char *data; /* rest of the last chunk */
    apr_size_t left;
    int closed;
} wfp_function_body_t;

/** A body that was split (split.c), or comes unpacked (unpacked.c). */
typedef struct wfp_split_t wfp_split_t;
typedef struct wfp_unpacked_t wfp_unpacked_t;

struct wfp_invocation_t {
    wfp_isolate_t *iso;
    wfp_host_ctx_t *host_ctx;
    wfp_limits_t limits;
    wfp_budget_t budget;
    const char *props;
    const apr_array_header_t *params;
    apr_pool_t *pool;
    wfp_function_body_t *bodies;
    wfp_split_t *splits;
    wfp_unpacked_t *unpacked;
    struct wfp_waiting_t *flying; /* host calls that run beside it (ops.h) */
    wfp_sql_share_t sql;          /* of its databases, and buckets */
    apr_int64_t sql_charged_ns;   /* of sql.cpu_ns, on the budget */
    int fetches;                  /* how many of them are fetches */
    int points;                   /* data points that it wrote */
    int queue_ref; /* table of waitUntil calls, LUA_NOREF: none */
    int queue_length;
    int queue_done;
    apr_int64_t log_left; /* bytes */
    apr_int64_t log_bytes;
    int log_lines;
    wfp_log_cut_e log_cut;
    wfp_raised_t raised;
};

/** The budget of an invocation or of a top level. */
void wfp_meter_set_budget(wfp_budget_t *budget, const wfp_runtime_t *runtime,
                          const wfp_limits_t *limits);

/** wfp_meter_steps_max() under these limits. */
apr_size_t wfp_meter_steps_for(const wfp_limits_t *limits);

/** What the arena of an isolate calls. */
extern const wfp_arena_calls_t wfp_meter_arena_calls;

/** Tell what limit ended a budget. */
void wfp_meter_tell(wfp_result_t *res, const wfp_isolate_t *iso,
                    const wfp_budget_t *budget);

#endif
