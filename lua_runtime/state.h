/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WFP_STATE_H
#define WFP_STATE_H

#include <apr_pools.h>
#include <lua.h>

#include "core/message.h"
#include "lua_runtime/host.h"
#include "lua_runtime/isolate.h"
#include "lua_runtime/run.h"

/**
 * @file
 * What isolate.c and run.c show to the classes of the Worker API (api/): for
 * this room only.
 */

/** The invocation that this state runs for, or NULL at top level. */
wfp_invocation_t *wfp_state_invocation(lua_State *L);

/** Number of the current invocation of the isolate: objects that belong to a
 *  request keep it and compare. 0 at top level. */
apr_uint32_t wfp_state_generation(lua_State *L);

/** Pool of the current invocation (the top request's). NULL at top level. */
apr_pool_t *wfp_state_pool(lua_State *L);

/** What to give to the host's functions. */
wfp_host_ctx_t *wfp_state_host_ctx(lua_State *L);
const wfp_host_t *wfp_state_host(lua_State *L);

/** What the last error that a limit led to was: whoever reads one out of a script
 *  believes this, not its fields. */
typedef struct wfp_raised_t {
    const void *error; /* which table; NULL: there was none */
    wfp_result_t what; /* limit, allowed, used, worker, ns, version, line */
} wfp_raised_t;

/** [-0, +0, -] That of this invocation; NULL: there is none. */
wfp_raised_t *wfp_state_raised(lua_State *L);

/** The script the isolate was made for; its texts live as long as the
 *  isolate: identity and bindings, modules only while it is being made. */
const wfp_script_t *wfp_state_script(lua_State *L);

/** 1: trusted (sees request.cf). */
int wfp_state_is_trusted(lua_State *L);

/** ctx.props as packed values (api.h) or a JSON object, and the outbound
 *  parameters of the invocation. */
const char *wfp_state_props(lua_State *L);
const apr_array_header_t *wfp_state_params(lua_State *L);

/** [-0, +0, e] Raise the documented error unless an invocation runs:
 *  "Disallowed operation called within global scope". */
void wfp_state_need_invocation(lua_State *L);

/** [-(n + 1), +0, e] Queue function and n arguments (on the stack) for
 *  waitUntil of the current invocation. */
void wfp_state_queue_wait_until(lua_State *L, int n);

/** Bytes of console text still allowed, reduced by n; and lines. @return how
 *  many of the n bytes may be logged; 0 from the moment "[truncated]" was
 *  due, *first is 1 exactly once then */
apr_size_t wfp_state_take_log(lua_State *L, apr_size_t n, int *first);

/**
 * A body whose chunks a Lua function gives: called until it returns nil.
 * Makes the invocation own a body (wfp_run_owns_body()).
 *
 * @param ref  luaL_ref of the function in the registry
 */
wfp_body_t *wfp_state_function_body(lua_State *L, int ref);

/** [-0, +0, e] Two bodies that give the bytes of one; what is kept for the one
 *  that is behind is charged. */
void wfp_state_split_body(lua_State *L, wfp_body_t **pa, wfp_body_t **pb,
                          wfp_body_t *source);

/** [-0, +0, e] The response with its content codings undone as its body is
 *  read, on the invocation's budget; resp itself where there are none that can
 *  be. Makes the invocation own a body, once that is handed on. */
wfp_response_t *wfp_state_unpack(lua_State *L, wfp_response_t *resp);

/** The time that Date.now() shows: frozen while code runs, advanced by
 *  wfp_meter_host_end(). Microseconds since the epoch. */
apr_time_t wfp_state_now(lua_State *L);

/** The same as core/clock.h tells it, for what ends at a time. */
apr_time_t wfp_state_clock(lua_State *L);

/** It is that time now, for both. */
void wfp_state_stop_time(wfp_isolate_t *iso);

#endif
