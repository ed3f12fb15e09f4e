/* SPDX-License-Identifier: Apache-2.0 */
/*
 * debug.traceback, all that is there of the debug library. Called by
 * sandbox.c.
 */
#include <lualib.h>

#include "lua_runtime/lib.h"

/* slots that luaL_traceback() may use without asking for them */
#define TRACEBACK_SLOTS 20

/* [-0, +1, e] traceback([thread,] [message [, level]]) */
static int debug_traceback(lua_State *L)
{
    int arg = lua_isthread(L, 1);
    lua_State *of = arg ? lua_tothread(L, 1) : L;
    const char *message = lua_tostring(L, arg + 1);
    int level;

    if (!message && !lua_isnoneornil(L, arg + 1)) {
        lua_pushvalue(L, arg + 1); /* no text: given back untouched */
        return 1;
    }
    level = (int)luaL_optinteger(L, arg + 2, of == L ? 1 : 0);
    luaL_checkstack(L, TRACEBACK_SLOTS, NULL);
    luaL_traceback(L, of, message, level);
    return 1;
}

static const luaL_Reg functions[] = {
    { "traceback", debug_traceback },
    { NULL, NULL },
};

void wfp_lib_debug_open(lua_State *L)
{
    luaL_newlib(L, functions);
    wfp_lib_set_global(L, LUA_DBLIBNAME);
}
