/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The table library but for sort (lib_sort.c). Metamethods are obeyed, as in
 * the manual; every element touched is a step, since a table with a C function
 * as __index or a lying __len could make a loop endless. Called by sandbox.c.
 */
#include <limits.h>
#include <lualib.h>

#include "lua_runtime/lib.h"
#include "lua_runtime/lib_table.h"

/* Has the metatable on the top a field of that name? */
static int has_event(lua_State *L, const char *event)
{
    int found;

    lua_pushstring(L, event);
    found = lua_rawget(L, -2) != LUA_TNIL;
    lua_pop(L, 1);
    return found;
}

void wfp_lib_table_check(lua_State *L, int arg, int use)
{
    if (lua_type(L, arg) == LUA_TTABLE) {
        return;
    }
    if (lua_getmetatable(L, arg)) {
        if ((!(use & WFP_TABLE_READ) || has_event(L, "__index"))
            && (!(use & WFP_TABLE_WRITE) || has_event(L, "__newindex"))
            && (!(use & WFP_TABLE_LENGTH) || has_event(L, "__len"))) {
            lua_pop(L, 1);
            return;
        }
    }
    luaL_checktype(L, arg, LUA_TTABLE); /* raises */
}

lua_Integer wfp_lib_table_length(lua_State *L, int arg, int use)
{
    wfp_lib_table_check(L, arg, use | WFP_TABLE_LENGTH);
    return luaL_len(L, arg);
}

/* [-0, +0, v] Raise when n elements are more than one call may touch. */
static void check_range(lua_State *L, lua_Unsigned n)
{
    if (n > 256 && n > wfp_lib_steps(L)) {
        wfp_lib_too_much(L);
    }
}

/* [-0, +0, e] t[to] = t[from] for the table at 1 */
static void copy(lua_State *L, lua_Integer from, lua_Integer to)
{
    lua_geti(L, 1, from);
    lua_seti(L, 1, to);
}

/* [-0, +0, e] insert(t, [pos,] value) */
static int table_insert(lua_State *L)
{
    lua_Unsigned end = (lua_Unsigned)wfp_lib_table_length(L, 1,
                                                          WFP_TABLE_READ
                                                              | WFP_TABLE_WRITE)
                       + 1;
    lua_Integer pos, i;

    switch (lua_gettop(L)) {
    case 2:
        pos = (lua_Integer)end;
        break;
    case 3:
        pos = luaL_checkinteger(L, 2);
        luaL_argcheck(L, (lua_Unsigned)pos - 1u < end, 2,
                      "position out of bounds");
        check_range(L, end - (lua_Unsigned)pos);
        for (i = (lua_Integer)end; i > pos; i--) {
            copy(L, i - 1, i);
        }
        break;
    default:
        return luaL_error(L, "wrong number of arguments to 'insert'");
    }
    lua_seti(L, 1, pos);
    return 0;
}

/* [-0, +1, e] remove(t [, pos]) */
static int table_remove(lua_State *L)
{
    lua_Integer size = wfp_lib_table_length(L, 1,
                                            WFP_TABLE_READ | WFP_TABLE_WRITE);
    lua_Integer pos = luaL_optinteger(L, 2, size);

    if (pos != size) {
        luaL_argcheck(L, (lua_Unsigned)pos - 1u <= (lua_Unsigned)size, 1,
                      "position out of bounds");
    }
    if (pos < size) {
        check_range(L, (lua_Unsigned)size - (lua_Unsigned)pos);
    }
    lua_geti(L, 1, pos);
    for (; pos < size; pos++) {
        copy(L, pos + 1, pos);
    }
    lua_pushnil(L);
    lua_seti(L, 1, pos);
    return 1;
}

/* [-0, +1, e] move(a1, f, e, t [, a2]) */
static int table_move(lua_State *L)
{
    lua_Integer first = luaL_checkinteger(L, 2);
    lua_Integer last = luaL_checkinteger(L, 3);
    lua_Integer to = luaL_checkinteger(L, 4);
    int dest = lua_isnoneornil(L, 5) ? 1 : 5;
    lua_Integer n, i;

    wfp_lib_table_check(L, 1, WFP_TABLE_READ);
    wfp_lib_table_check(L, dest, WFP_TABLE_WRITE);
    if (last >= first) {
        luaL_argcheck(L, first > 0 || last < LUA_MAXINTEGER + first, 3,
                      "too many elements to move");
        n = last - first + 1;
        luaL_argcheck(L, to <= LUA_MAXINTEGER - n + 1, 4,
                      "destination wrap around");
        check_range(L, (lua_Unsigned)n);
        if (to > last || to <= first
            || (dest != 1 && !lua_compare(L, 1, dest, LUA_OPEQ))) {
            for (i = 0; i < n; i++) {
                lua_geti(L, 1, first + i);
                lua_seti(L, dest, to + i);
            }
        }
        else {
            for (i = n - 1; i >= 0; i--) {
                lua_geti(L, 1, first + i);
                lua_seti(L, dest, to + i);
            }
        }
    }
    lua_pushvalue(L, dest);
    return 1;
}

/* [-0, +?, e] Append element i of the table at 1. */
static void add_element(lua_State *L, luaL_Buffer *b, lua_Integer i)
{
    lua_geti(L, 1, i);
    if (!lua_isstring(L, -1)) {
        luaL_error(L, "invalid value (%s) at index %I in table for 'concat'",
                   luaL_typename(L, -1), (LUAI_UACINT)i);
    }
    luaL_addvalue(b);
}

/* [-0, +1, e] concat(t [, sep [, i [, j]]]) */
static int table_concat(lua_State *L)
{
    lua_Integer last = wfp_lib_table_length(L, 1, WFP_TABLE_READ);
    size_t sep_len, max = wfp_lib_result_max(L);
    const char *sep = luaL_optlstring(L, 2, "", &sep_len);
    lua_Integer i = luaL_optinteger(L, 3, 1);
    wfp_steps_t steps = wfp_lib_steps(L);
    luaL_Buffer b;

    last = luaL_optinteger(L, 4, last);
    luaL_buffinit(L, &b);
    for (; i < last; i++) {
        add_element(L, &b, i);
        if (luaL_bufflen(&b) + sep_len > max) {
            return wfp_lib_too_large(L);
        }
        luaL_addlstring(&b, sep, sep_len);
        if (steps-- == 0) {
            return wfp_lib_too_much(L);
        }
    }
    if (i == last) {
        add_element(L, &b, i);
    }
    if (luaL_bufflen(&b) > max) {
        return wfp_lib_too_large(L);
    }
    luaL_pushresult(&b);
    return 1;
}

/* [-n, +1, m] pack(...) */
static int table_pack(lua_State *L)
{
    int n = lua_gettop(L);
    int i;

    lua_createtable(L, n, 1);
    lua_insert(L, 1);
    for (i = n; i >= 1; i--) {
        lua_rawseti(L, 1, i);
    }
    lua_pushinteger(L, n);
    lua_setfield(L, 1, "n");
    return 1;
}

/* [-0, +n, e] unpack(t [, i [, j]]) */
static int table_unpack(lua_State *L)
{
    lua_Integer i = luaL_optinteger(L, 2, 1);
    lua_Integer last = lua_isnoneornil(L, 3) ? luaL_len(L, 1)
                                             : luaL_checkinteger(L, 3);
    lua_Unsigned n;

    if (i > last) {
        return 0;
    }
    n = (lua_Unsigned)last - (lua_Unsigned)i;
    if (n >= (lua_Unsigned)INT_MAX || !lua_checkstack(L, (int)(n + 1))) {
        return luaL_error(L, "too many results to unpack");
    }
    for (; i < last; i++) {
        lua_geti(L, 1, i);
    }
    lua_geti(L, 1, last);
    return (int)(n + 1);
}

static const luaL_Reg functions[] = {
    { "concat", table_concat }, { "insert", table_insert },
    { "move", table_move },     { "pack", table_pack },
    { "remove", table_remove }, { "sort", wfp_lib_sort },
    { "unpack", table_unpack }, { NULL, NULL },
};

void wfp_lib_table_open(lua_State *L)
{
    luaL_newlib(L, functions);
    wfp_lib_set_global(L, LUA_TABLIBNAME);
}
