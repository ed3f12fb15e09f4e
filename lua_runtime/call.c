/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Frame and lua_pcall together, and what came of it as a result. Used by run.c
 * and isolate.c, who know what is called and why. Everything that may raise,
 * allocate or run tenant code happens inside.
 */
#include "lua_runtime/call.h"

#include <apr_strings.h>

#include "lua_runtime/api/api.h"
#include "lua_runtime/inside.h"
#include "lua_runtime/ops.h"
#include "lua_runtime/tick.h"

/* Slots for the handler, the function, its argument and the error. */
#define STACK_SLOTS 8

typedef struct wfp_call_t {
    lua_CFunction fn;
    void *arg;
    wfp_result_t *res;
    int failed;
    wfp_trace_t trace;
} wfp_call_t;

/* [-2, +0, e] (error value, light userdata of the result) */
static int l_read_error(lua_State *L)
{
    wfp_result_t *res = lua_touserdata(L, 2);

    wfp_api_read_error(res, L, 1);
    return 0;
}

static void read_error(lua_State *L, wfp_result_t *res,
                       const wfp_trace_t *trace)
{
    const char *stack = wfp_trace_text(L, trace);

    lua_pushcfunction(L, l_read_error);
    lua_insert(L, -2);
    lua_pushlightuserdata(L, res);
    if (lua_pcall(L, 2, 0, 0) != LUA_OK) {
        (void)wfp_result_set(res, WFP_EXCEPTION, APR_EGENERAL,
                             "error while an error was read");
    }
    if (!res->stack) {
        res->stack = stack;
    }
}

static void protected_call(wfp_isolate_t *iso, void *arg)
{
    wfp_call_t *call = arg;
    lua_State *L = iso->cur;
    int top = lua_gettop(L);

    if (iso->frame->budget->counting) {
        /* the count starts full: what an earlier run left of it is charged */
        lua_sethook(L, NULL, 0, 0);
        if (iso->frame->budget->instructions > 0) {
            wfp_tick_count(iso, WFP_TICK_PERIOD);
        }
    }
    wfp_tick_hook(iso, L);
    if (!lua_checkstack(L, STACK_SLOTS)) {
        call->failed = 1;
        (void)wfp_result_set(call->res, WFP_EXCEPTION, APR_EGENERAL,
                             "stack overflow");
        return;
    }
    iso->trace = call->res ? &call->trace : NULL;
    lua_pushcfunction(L, wfp_trace_handler);
    lua_pushcfunction(L, call->fn);
    lua_pushlightuserdata(L, call->arg);
    if (lua_pcall(L, 1, 0, top + 1) != LUA_OK) {
        call->failed = 1;
        if (call->res) {
            read_error(L, call->res, &call->trace);
        }
    }
    lua_settop(L, top);
}

void wfp_call_sign(wfp_result_t *res, const wfp_isolate_t *iso)
{
    if (res && !res->worker) {
        res->worker = apr_pstrdup(res->pool, iso->script.name);
        res->ns = apr_pstrdup(res->pool, iso->script.ns);
        res->version = apr_pstrdup(res->pool, iso->script.version_id);
    }
}

apr_status_t wfp_call(wfp_isolate_t *iso, wfp_budget_t *budget,
                      lua_CFunction fn, void *arg, wfp_result_t *res)
{
    wfp_call_t call = { fn, arg, res, 0, { res ? res->pool : NULL } };
    wfp_trace_t *outer = iso->trace;
    apr_status_t rv = wfp_frame_enter(iso, budget, protected_call, &call);

    iso->trace = outer; /* also of one that is killed: call goes with us */
    if (rv == APR_EINTR) {
        if (iso->inv) {
            wfp_ops_end(iso->inv);
        }
        if (res) {
            wfp_result_init(res, res->pool);
        }
        wfp_meter_tell(res, iso, budget);
    }
    else if (rv != APR_SUCCESS) {
        return wfp_result_set(res, WFP_ISOLATE_UNAVAILABLE, rv, NULL);
    }
    else if (call.failed) {
        rv = res && res->status ? res->status : APR_EGENERAL;
        rv = rv == APR_EINTR ? APR_EGENERAL : rv;
    }
    if (rv != APR_SUCCESS) {
        wfp_call_sign(res, iso);
    }
    return rv;
}
