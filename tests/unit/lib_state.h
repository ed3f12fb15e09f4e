/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WFP_LIB_STATE_H
#define WFP_LIB_STATE_H

/**
 * @file
 * A bare lua_State with the standard library, for tests of it: an isolate that
 * has budgets for single calls and a clock that stands still, but no limits.
 * Included by one file of a program.
 */

#include <lauxlib.h>
#include <lua.h>
#include <string.h>

#include "lua_runtime/inside.h"
#include "lua_runtime/meter.h"
#include "lua_runtime/sandbox.h"

static wfp_budget_t lib_state_budget;
static wfp_frame_t lib_state_frame = { .budget = &lib_state_budget };
static wfp_isolate_t lib_state_isolate = { .frame = &lib_state_frame };

/** Steps of one call, and the longest string it may make. */
static void lib_state_limit(apr_size_t steps, apr_size_t result)
{
    lib_state_isolate.steps_max = steps;
    lib_state_isolate.arena.limit = result * 4;
}

/** A state with the sandbox open. */
static lua_State *lib_state_new(void)
{
    lua_State *L = luaL_newstate();

    /* critical sections ask how much stack is left */
    if (!L || wfp_frame_thread_init() != APR_SUCCESS) {
        return NULL;
    }
    if (!lib_state_isolate.steps_max) {
        lib_state_limit(1000000, 16 * 1024 * 1024);
    }
    lib_state_isolate.cur = L;
    lib_state_isolate.now = apr_time_from_sec(1700000000);
    *(wfp_isolate_t **)lua_getextraspace(L) = &lib_state_isolate;
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
