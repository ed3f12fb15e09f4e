/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fetch(), scheduler.wait() and Date.now(): the calls of the host that belong
 * to no object. The outbound pipeline, its limits and its policy are behind
 * the host's fetch; nothing of it is known here.
 */
#include "lua_runtime/api/classes.h"
#include "lua_runtime/meter.h"
#include "lua_runtime/state.h"

/* [-0, +1, e] fetch(input, init?) */
static int l_fetch(lua_State *L)
{
    wfp_isolate_t *iso = wfp_isolate_of(L);
    wfp_response_t *resp = NULL;
    wfp_request_t *req;
    wfp_result_t res;
    apr_status_t rv;

    wfp_state_need_invocation(L);
    lua_settop(L, 2);
    wfp_api_make_request(L, 1);
    req = wfp_api_core_request(L, 3);
    wfp_result_init(&res, wfp_state_pool(L));
    wfp_meter_host_begin(iso);
    rv = wfp_state_host(L)->fetch(&resp, wfp_state_host_ctx(L), req, &res);
    wfp_meter_host_end(iso);
    if (rv != APR_SUCCESS) {
        return wfp_api_raise(L, &res);
    }
    wfp_api_push_response(L, resp);
    return 1;
}

/* [-0, +0, e] scheduler.wait(ms) */
static int l_wait(lua_State *L)
{
    wfp_isolate_t *iso = wfp_isolate_of(L);
    wfp_result_t res;
    lua_Integer ms;
    apr_status_t rv;
    int ok;

    wfp_state_need_invocation(L);
    ms = lua_tointegerx(L, 1, &ok);
    if (!ok || ms < 0 || ms > 86400000) {
        return wfp_api_error(L, "TypeError", NULL,
                             "wait wants a whole number of milliseconds");
    }
    wfp_result_init(&res, wfp_state_pool(L));
    wfp_meter_host_begin(iso);
    rv = wfp_state_host(L)->wait(wfp_state_host_ctx(L), apr_time_from_msec(ms),
                                 &res);
    wfp_meter_host_end(iso);
    return rv == APR_SUCCESS ? 0 : wfp_api_raise(L, &res);
}

/* [-0, +1, -] Date.now() */
static int l_now(lua_State *L)
{
    lua_pushinteger(L, (lua_Integer)apr_time_as_msec(wfp_state_now(L)));
    return 1;
}

void wfp_api_open_fetch(lua_State *L)
{
    lua_pushcfunction(L, l_fetch);
    lua_setglobal(L, "fetch");
    lua_newtable(L);
    lua_pushcfunction(L, l_wait);
    lua_setfield(L, -2, "wait");
    lua_setglobal(L, "scheduler");
    lua_newtable(L);
    lua_pushcfunction(L, l_now);
    lua_setfield(L, -2, "now");
    lua_setglobal(L, "Date");
}
