/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WFP_LIB_STATE_H
#define WFP_LIB_STATE_H

/**
 * @file
 * A bare lua_State for tests of the standard library, with a meter that only
 * has budgets. Included by one file of a program.
 */

#include <lauxlib.h>
#include <lua.h>
#include <stdlib.h>

#include "lua_runtime/meter.h"
#include "lua_runtime/sandbox.h"
#include "lua_runtime/state.h"

static size_t lib_state_steps = 1000000;
static size_t lib_state_result = 16 * 1024 * 1024;

size_t wfp_meter_steps_max(const wfp_isolate_t *iso)
{
    return lib_state_steps;
}

size_t wfp_meter_result_max(const wfp_isolate_t *iso)
{
    return lib_state_result;
}

size_t wfp_meter_free_bytes(const wfp_isolate_t *iso)
{
    return (size_t)1 << 40;
}

void wfp_meter_critical_begin(wfp_isolate_t *iso)
{
}

void wfp_meter_critical_end(wfp_isolate_t *iso)
{
}

lua_State *wfp_meter_enter_coroutine(wfp_isolate_t *iso, lua_State *co)
{
    return NULL;
}

void wfp_meter_leave_coroutine(wfp_isolate_t *iso, lua_State *before)
{
}

apr_time_t wfp_state_now(lua_State *L)
{
    return apr_time_from_sec(1700000000);
}

/** A state with the sandbox open. */
static lua_State *lib_state_new(void)
{
    lua_State *L = luaL_newstate();

    *(wfp_isolate_t **)lua_getextraspace(L) = NULL;
    wfp_sandbox_open(L);
    return L;
}

/** Run a chunk that returns one value; its text, or the error's, valid until
 *  the state ends. */
static inline const char *lib_state_run(lua_State *L, const char *chunk)
{
    if (luaL_loadbufferx(L, chunk, strlen(chunk), "=t", "t") == LUA_OK) {
        (void)lua_pcall(L, 0, 1, 0);
    }
    return wfp_sandbox_tostring(L, -1, NULL);
}

#endif
