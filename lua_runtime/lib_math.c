/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The mathematical library: the stock functions, all of them bounded. Only the
 * seed is ours: from the system's CSPRNG, since the stock one is made of the
 * time and an address, and randomseed() tells it. Called by sandbox.c.
 */
#include <lualib.h>

#include "core/crypto.h"
#include "lua_runtime/lib.h"
#include "lua_runtime/meter.h"

static const char *const stock_names[] = {
    "abs", "acos",       "asin", "atan",      "ceil", "cos",    "deg",
    "exp", "floor",      "fmod", "huge",      "log",  "max",    "maxinteger",
    "min", "mininteger", "modf", "pi",        "rad",  "random", "randomseed",
    "sin", "sqrt",       "tan",  "tointeger", "type", "ult",    NULL,
};

/* [-0, +2, e] Push two random integers. */
static void push_seed(lua_State *L)
{
    wfp_isolate_t *iso = wfp_isolate_of(L);
    lua_Integer seed[2];
    apr_status_t rv;

    wfp_meter_critical_begin(iso); /* the CSPRNG takes a lock */
    rv = wfp_crypto_random(seed, sizeof(seed));
    wfp_meter_critical_end(iso);
    if (rv != APR_SUCCESS) {
        luaL_error(L, "no random bytes");
    }
    lua_pushinteger(L, seed[0]);
    lua_pushinteger(L, seed[1]);
}

/* [-0, +0, e] randomseed([x [, y]]); upvalue: the stock function */
static int math_randomseed(lua_State *L)
{
    lua_settop(L, lua_isnone(L, 1) ? 0 : 2);
    if (lua_gettop(L) == 0) {
        push_seed(L);
    }
    else {
        luaL_checkinteger(L, 1);
        luaL_optinteger(L, 2, 0);
    }
    lua_pushvalue(L, lua_upvalueindex(1));
    lua_insert(L, 1);
    lua_call(L, 2, 0);
    return 0;
}

void wfp_lib_math_open(lua_State *L)
{
    wfp_lib_push_stock(L, luaopen_math, stock_names);
    lua_getfield(L, -1, "randomseed");
    lua_pushcclosure(L, math_randomseed, 1);
    lua_pushvalue(L, -1);
    lua_call(L, 0, 0);
    lua_setfield(L, -2, "randomseed");
    wfp_lib_set_global(L, LUA_MATHLIBNAME);
}
