/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The coroutine library. resume and wrap are ours: they tell the meter which
 * coroutine runs, and never reset a failed one (lua_resetthread of 5.4.4 has
 * memory errors); close does not exist. Called by sandbox.c.
 */
#include <lualib.h>

#include "lua_runtime/lib.h"
#include "lua_runtime/meter.h"

static const char *const stock_names[] = {
    "create", "isyieldable", "running", "status", "yield", NULL,
};

/* [-n, +results | +1, m] Resume co with the n values on the top of L.
   @return number of results, or -1: an error value is on the top */
static int resume(lua_State *L, lua_State *co, int n)
{
    wfp_isolate_t *iso = wfp_isolate_of(L);
    lua_State *before;
    int status, results;

    if (!lua_checkstack(co, n)) {
        lua_pushliteral(L, "too many arguments to resume");
        return -1;
    }
    lua_xmove(L, co, n);
    before = wfp_meter_enter_coroutine(iso, co);
    status = lua_resume(co, L, n, &results);
    wfp_meter_leave_coroutine(iso, before);
    if (status != LUA_OK && status != LUA_YIELD) {
        lua_xmove(co, L, 1);
        return -1;
    }
    if (!lua_checkstack(L, results + 1)) {
        lua_pop(co, results);
        lua_pushliteral(L, "too many results to resume");
        return -1;
    }
    lua_xmove(co, L, results);
    return results;
}

/* [-0, +n, e] coroutine.resume(co, ...) */
static int coroutine_resume(lua_State *L)
{
    lua_State *co = lua_tothread(L, 1);
    int results;

    luaL_argexpected(L, co, 1, "thread");
    results = resume(L, co, lua_gettop(L) - 1);
    lua_pushboolean(L, results >= 0);
    if (results < 0) {
        lua_insert(L, -2);
        return 2;
    }
    lua_insert(L, -(results + 1));
    return results + 1;
}

/* [-0, +n, e] What coroutine.wrap() gives; upvalue: the coroutine */
static int wrapped(lua_State *L)
{
    lua_State *co = lua_tothread(L, lua_upvalueindex(1));
    int results = resume(L, co, lua_gettop(L));

    if (results >= 0) {
        return results;
    }
    if (lua_type(L, -1) == LUA_TSTRING) {
        luaL_where(L, 1);
        lua_insert(L, -2);
        lua_concat(L, 2);
    }
    return lua_error(L);
}

/* [-0, +1, e] coroutine.wrap(f) */
static int coroutine_wrap(lua_State *L)
{
    lua_State *co;

    luaL_checktype(L, 1, LUA_TFUNCTION);
    co = lua_newthread(L);
    lua_pushvalue(L, 1);
    lua_xmove(L, co, 1);
    lua_pushcclosure(L, wrapped, 1);
    return 1;
}

static const luaL_Reg functions[] = {
    { "resume", coroutine_resume },
    { "wrap", coroutine_wrap },
    { NULL, NULL },
};

void wfp_lib_coroutine_open(lua_State *L)
{
    wfp_lib_push_stock(L, luaopen_coroutine, stock_names);
    luaL_setfuncs(L, functions, 0);
    wfp_lib_set_global(L, LUA_COLIBNAME);
}
