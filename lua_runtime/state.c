/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the classes of the Worker API may see of the isolate and invocation
 * they run in. Called by api/ with the state that called them; the waitUntil
 * queue and function bodies are made here and run by run.c.
 */
#include "lua_runtime/state.h"

#include <lauxlib.h>

#include "core/clock.h"
#include "lua_runtime/api/api.h"
#include "lua_runtime/function_body.h"
#include "lua_runtime/inside.h"
#include "lua_runtime/meter.h"
#include "lua_runtime/split.h"
#include "lua_runtime/unpacked.h"

wfp_invocation_t *wfp_state_invocation(lua_State *L)
{
    return wfp_isolate_of(L)->inv;
}

apr_uint32_t wfp_state_generation(lua_State *L)
{
    const wfp_isolate_t *iso = wfp_isolate_of(L);

    return iso->inv ? iso->generation : 0;
}

apr_pool_t *wfp_state_pool(lua_State *L)
{
    wfp_invocation_t *inv = wfp_state_invocation(L);

    return inv ? inv->pool : NULL;
}

wfp_host_ctx_t *wfp_state_host_ctx(lua_State *L)
{
    wfp_invocation_t *inv = wfp_state_invocation(L);

    return inv ? inv->host_ctx : NULL;
}

const wfp_host_t *wfp_state_host(lua_State *L)
{
    return wfp_isolate_of(L)->runtime->host;
}

const wfp_script_t *wfp_state_script(lua_State *L)
{
    return &wfp_isolate_of(L)->script;
}

int wfp_state_is_trusted(lua_State *L)
{
    return wfp_isolate_of(L)->trusted;
}

const char *wfp_state_props(lua_State *L)
{
    wfp_invocation_t *inv = wfp_state_invocation(L);

    return inv ? inv->props : NULL;
}

const apr_array_header_t *wfp_state_params(lua_State *L)
{
    wfp_invocation_t *inv = wfp_state_invocation(L);

    return inv ? inv->params : NULL;
}

void wfp_state_need_invocation(lua_State *L)
{
    if (!wfp_state_invocation(L)) {
        (void)wfp_api_error(L, "Error", NULL,
                            "Disallowed operation called within global scope");
    }
}

void wfp_state_queue_wait_until(lua_State *L, int n)
{
    wfp_invocation_t *inv;
    int i, first = lua_gettop(L) - n;

    wfp_state_need_invocation(L);
    inv = wfp_state_invocation(L);
    if (inv->queue_ref == LUA_NOREF) {
        lua_newtable(L);
        inv->queue_ref = luaL_ref(L, LUA_REGISTRYINDEX);
    }
    lua_createtable(L, n + 1, 0);
    for (i = 0; i <= n; i++) {
        lua_pushvalue(L, first + i);
        lua_rawseti(L, -2, i + 1);
    }
    lua_pushinteger(L, n + 1);
    lua_setfield(L, -2, "n");
    (void)lua_rawgeti(L, LUA_REGISTRYINDEX, inv->queue_ref);
    lua_insert(L, -2);
    lua_rawseti(L, -2, inv->queue_length + 1);
    inv->queue_length++;
    lua_settop(L, first - 1);
}

wfp_raised_t *wfp_state_raised(lua_State *L)
{
    wfp_invocation_t *inv = wfp_state_invocation(L);

    return inv ? &inv->raised : NULL;
}

apr_size_t wfp_state_take_log(lua_State *L, apr_size_t n, int *first)
{
    wfp_invocation_t *inv = wfp_state_invocation(L);
    apr_int64_t take = (apr_int64_t)n;

    *first = 0;
    if (!inv || inv->log_cut) {
        return 0;
    }
    inv->log_lines++;
    if (inv->log_lines > WFP_LOG_LINES_MAX || take > inv->log_left) {
        inv->log_cut = inv->log_lines > WFP_LOG_LINES_MAX ? WFP_LOG_CUT_LINES
                                                          : WFP_LOG_CUT_BYTES;
        take = inv->log_cut == WFP_LOG_CUT_LINES ? 0 : inv->log_left;
        *first = 1;
    }
    inv->log_left -= take;
    inv->log_bytes += take;
    return (apr_size_t)take;
}

wfp_body_t *wfp_state_function_body(lua_State *L, int ref)
{
    wfp_isolate_t *iso = wfp_isolate_of(L);
    wfp_body_t *body;

    wfp_state_need_invocation(L);
    wfp_meter_charge(iso, WFP_FUNCTION_BODY_COST);
    wfp_meter_critical_begin(iso);
    body = wfp_function_body_make(iso->inv, ref);
    wfp_meter_critical_end(iso);
    return body;
}

void wfp_state_split_body(lua_State *L, wfp_body_t **pa, wfp_body_t **pb,
                          wfp_body_t *source)
{
    wfp_isolate_t *iso = wfp_isolate_of(L);
    apr_status_t rv;

    wfp_state_need_invocation(L);
    wfp_meter_charge(iso, WFP_SPLIT_COST);
    wfp_meter_critical_begin(iso);
    rv = wfp_split_make(pa, pb, iso->inv, source);
    wfp_meter_critical_end(iso);
    if (rv == APR_ENOSPC) {
        (void)wfp_api_error(L, "RangeError", NULL,
                            "a copy of a copy, too many times over");
    }
    else if (rv != APR_SUCCESS) {
        (void)wfp_api_error(L, "Error", "internal_error", "Internal error");
    }
}

wfp_response_t *wfp_state_unpack(lua_State *L, wfp_response_t *resp)
{
    wfp_isolate_t *iso = wfp_isolate_of(L);
    wfp_response_t *unpacked = NULL;
    apr_status_t rv;

    if (wfp_unpack_depth(resp) == 0) {
        return resp;
    }
    wfp_meter_charge(iso, wfp_unpacked_cost(resp));
    wfp_meter_critical_begin(iso);
    rv = wfp_unpacked_make(&unpacked, iso->inv, resp);
    wfp_meter_critical_end(iso);
    if (rv != APR_SUCCESS) {
        (void)wfp_api_error(L, "Error", "internal_error", "Internal error");
    }
    return unpacked;
}

void wfp_state_stop_time(wfp_isolate_t *iso)
{
    iso->now = apr_time_now();
    iso->clock = wfp_clock_now();
}

apr_time_t wfp_state_now(lua_State *L)
{
    return wfp_isolate_of(L)->now;
}

apr_time_t wfp_state_clock(lua_State *L)
{
    return wfp_isolate_of(L)->clock;
}
