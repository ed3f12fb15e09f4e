/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The allow-list of what a tenant sees of the standard library, and what the
 * parts of the library share with the Worker API: text of a value, protection
 * of host classes. Called by isolate.c when an isolate is made.
 */
#include <lauxlib.h>
#include <lualib.h>

#include "lua_runtime/lib.h"
#include "lua_runtime/sandbox.h"

/* registry key: object -> its serial number (weak keys); [0]: the last one */
static const char serials_key = 's';

static const char *const global_names[] = {
    "_G",
    "_VERSION",
    "assert",
    "collectgarbage",
    "coroutine.create",
    "coroutine.isyieldable",
    "coroutine.resume",
    "coroutine.running",
    "coroutine.status",
    "coroutine.wrap",
    "coroutine.yield",
    "debug.traceback",
    "error",
    "getmetatable",
    "ipairs",
    "load",
    "math.abs",
    "math.acos",
    "math.asin",
    "math.atan",
    "math.ceil",
    "math.cos",
    "math.deg",
    "math.exp",
    "math.floor",
    "math.fmod",
    "math.huge",
    "math.log",
    "math.max",
    "math.maxinteger",
    "math.min",
    "math.mininteger",
    "math.modf",
    "math.pi",
    "math.rad",
    "math.random",
    "math.randomseed",
    "math.sin",
    "math.sqrt",
    "math.tan",
    "math.tointeger",
    "math.type",
    "math.ult",
    "next",
    "os.date",
    "os.difftime",
    "os.time",
    "pairs",
    "pcall",
    "rawequal",
    "rawget",
    "rawlen",
    "rawset",
    "select",
    "setmetatable",
    "string.byte",
    "string.char",
    "string.find",
    "string.format",
    "string.gmatch",
    "string.gsub",
    "string.len",
    "string.lower",
    "string.match",
    "string.pack",
    "string.packsize",
    "string.rep",
    "string.reverse",
    "string.sub",
    "string.unpack",
    "string.upper",
    "table.concat",
    "table.insert",
    "table.move",
    "table.pack",
    "table.remove",
    "table.sort",
    "table.unpack",
    "tonumber",
    "tostring",
    "type",
    "utf8.char",
    "utf8.charpattern",
    "utf8.codepoint",
    "utf8.codes",
    "utf8.len",
    "utf8.offset",
    "xpcall",
    NULL,
};

const char *const *wfp_sandbox_globals(void)
{
    return global_names;
}

/* Is there a value at idx, not an object with an address? (Strings have one,
   and no identity.) */
static int is_value(lua_State *L, int idx)
{
    int type = lua_type(L, idx);

    return type <= LUA_TSTRING && type != LUA_TLIGHTUSERDATA;
}

lua_Integer wfp_sandbox_serial(lua_State *L, int idx)
{
    lua_Integer n;

    if (lua_type(L, idx) <= LUA_TSTRING
        && lua_type(L, idx) != LUA_TLIGHTUSERDATA) {
        return 0; /* a value, no object */
    }
    luaL_checkstack(L, 4, NULL);
    idx = lua_absindex(L, idx);
    lua_rawgetp(L, LUA_REGISTRYINDEX, &serials_key);
    lua_pushvalue(L, idx);
    if (lua_rawget(L, -2) == LUA_TNUMBER) {
        n = lua_tointeger(L, -1);
        lua_pop(L, 2);
        return n;
    }
    lua_pop(L, 1);
    lua_rawgeti(L, -1, 0);
    n = lua_tointeger(L, -1) + 1;
    lua_pop(L, 1);
    lua_pushinteger(L, n);
    lua_rawseti(L, -2, 0);
    lua_pushvalue(L, idx);
    lua_pushinteger(L, n);
    lua_rawset(L, -3);
    lua_pop(L, 1);
    return n;
}

/* [-0, +1, e] Push the value of __tostring for the object at idx, which has a
   metatable, or its __name (or nil). @return 1: it is the text */
static int push_meta(lua_State *L, int idx)
{
    if (luaL_callmeta(L, idx, "__tostring")) {
        if (!lua_isstring(L, -1)) {
            luaL_error(L, "'__tostring' must return a string");
        }
        return 1;
    }
    if (luaL_getmetafield(L, idx, "__name") == LUA_TNIL) {
        lua_pushnil(L);
    }
    return 0;
}

const char *wfp_sandbox_tostring(lua_State *L, int idx, size_t *n)
{
    const char *kind = luaL_typename(L, idx);

    luaL_checkstack(L, 6, NULL);
    idx = lua_absindex(L, idx);
    if (is_value(L, idx)) {
        return luaL_tolstring(L, idx, n); /* no address in these */
    }
    if (!lua_getmetatable(L, idx)) {
        lua_pushfstring(L, "%s: #%I", kind,
                        (LUAI_UACINT)wfp_sandbox_serial(L, idx));
        return lua_tolstring(L, -1, n);
    }
    lua_pop(L, 1);
    if (!push_meta(L, idx)) {
        if (lua_type(L, -1) == LUA_TSTRING) {
            kind = lua_tostring(L, -1);
        }
        lua_pushfstring(L, "%s: #%I", kind,
                        (LUAI_UACINT)wfp_sandbox_serial(L, idx));
        lua_remove(L, -2);
    }
    return lua_tolstring(L, -1, n);
}

void wfp_sandbox_protect(lua_State *L, int idx)
{
    idx = lua_absindex(L, idx);
    lua_pushliteral(L, "__metatable");
    lua_pushboolean(L, 0);
    lua_rawset(L, -3);
    lua_setmetatable(L, idx);
}

void wfp_sandbox_open(lua_State *L)
{
    lua_newtable(L);
    lua_createtable(L, 0, 1);
    lua_pushliteral(L, "k");
    lua_setfield(L, -2, "__mode");
    lua_setmetatable(L, -2);
    lua_rawsetp(L, LUA_REGISTRYINDEX, &serials_key);
    wfp_lib_base_open(L);
    wfp_lib_metatable_open(L);
    wfp_lib_string_open(L);
    wfp_lib_table_open(L);
    wfp_lib_math_open(L);
    wfp_lib_utf8_open(L);
    wfp_lib_coroutine_open(L);
    wfp_lib_os_open(L);
    wfp_lib_debug_open(L);
}
