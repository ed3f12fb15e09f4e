/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Budgets and registration, shared by the files of the standard library
 * (lib_*.c). Knows nothing of what the functions do.
 */
#include "lua_runtime/lib.h"

#include <string.h>

#include "lua_runtime/meter.h"

wfp_steps_t wfp_lib_steps(lua_State *L)
{
    return wfp_meter_steps_max(wfp_isolate_of(L));
}

size_t wfp_lib_result_max(lua_State *L)
{
    return wfp_meter_result_max(wfp_isolate_of(L));
}

int wfp_lib_too_much(lua_State *L)
{
    return luaL_error(L, "too much work");
}

int wfp_lib_too_large(lua_State *L)
{
    return luaL_error(L, "result too large");
}

/* bytes of a linear pass that take as long as one step */
#define BYTES_PER_STEP 8

void wfp_lib_check_pass(lua_State *L, size_t n)
{
    /* most strings are short: ask for the budget only when it can matter */
    if (n > 4096 && n / BYTES_PER_STEP > wfp_lib_steps(L)) {
        wfp_lib_too_much(L);
    }
}

void wfp_lib_reserve(lua_State *L, size_t n)
{
    if (n <= 4096) {
        return;
    }
    if (n > wfp_lib_result_max(L)) {
        wfp_lib_too_large(L);
    }
    /* a string is made in a buffer and copied: half of what is free */
    wfp_meter_make_room(wfp_isolate_of(L), L, n);
}

static int is_named(const char *const *names, const char *name)
{
    for (; *names; names++) {
        if (**names == *name && strcmp(*names, name) == 0) {
            return 1;
        }
    }
    return 0;
}

void wfp_lib_keep(lua_State *L, const char *const *names)
{
    lua_pushnil(L);
    while (lua_next(L, -2)) {
        lua_pop(L, 1);
        if (!is_named(names, lua_tostring(L, -1))) {
            lua_pushvalue(L, -1);
            lua_pushnil(L);
            lua_rawset(L, -4);
        }
    }
}

void wfp_lib_push_stock(lua_State *L, lua_CFunction open,
                        const char *const *names)
{
    lua_pushcfunction(L, open);
    lua_call(L, 0, 1);
    wfp_lib_keep(L, names);
}

void wfp_lib_set_global(lua_State *L, const char *name)
{
    /* the auxiliary library looks here for a function's name when it words
       an error; nothing a tenant has reaches this table */
    luaL_getsubtable(L, LUA_REGISTRYINDEX, LUA_LOADED_TABLE);
    lua_pushvalue(L, -2);
    lua_setfield(L, -2, name);
    lua_pop(L, 1);
    lua_setglobal(L, name);
}
