/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The base library: what of the stock one is safe is taken as it is, the rest
 * is ours. Called by sandbox.c. Metatables are lib_metatable.c's; print and
 * require are not made here.
 */
#include <lualib.h>
#include <string.h>

#include "lua_runtime/lib.h"
#include "lua_runtime/sandbox.h"

/* room for the globals of an isolate, the Worker API's included */
#define GLOBALS 64

/* largest text that load() takes */
#define LOAD_MAX (256 * 1024)

/* Bounded, no address, no host state. pcall catches errors only: a hard limit
   is none. */
static const char *const stock_names[] = {
    "_VERSION", "assert", "error",  "ipairs", "next", "pairs", "pcall",
    "rawequal", "rawget", "rawlen", "select", "type", NULL,
};

/* Value of a digit in bases up to 36; 99: none. */
static unsigned digit_value(unsigned char c)
{
    if (c >= '0' && c <= '9') {
        return c - '0';
    }
    c |= 0x20;
    return c >= 'a' && c <= 'z' ? c - 'a' + 10u : 99;
}

/* @return 1 and *pn, or 0: no integer in that base */
static int to_integer(lua_Integer *pn, const char *s, size_t len, unsigned base)
{
    static const char blanks[] = " \f\n\r\t\v";
    const char *end = s + len;
    lua_Unsigned n = 0;
    int negative;

    s += strspn(s, blanks);
    negative = *s == '-';
    if (*s == '-' || *s == '+') {
        s++;
    }
    if (digit_value((unsigned char)*s) == 99) {
        return 0;
    }
    for (; digit_value((unsigned char)*s) != 99; s++) {
        unsigned digit = digit_value((unsigned char)*s);

        if (digit >= base) {
            return 0;
        }
        n = n * base + digit;
    }
    s += strspn(s, blanks);
    *pn = (lua_Integer)(negative ? 0u - n : n);
    return s == end;
}

/* [-0, +1, e] */
static int base_tonumber(lua_State *L)
{
    lua_Integer base, n;
    const char *s;
    size_t len;

    if (lua_isnoneornil(L, 2)) {
        if (lua_type(L, 1) == LUA_TNUMBER) {
            lua_settop(L, 1);
            return 1;
        }
        s = lua_type(L, 1) == LUA_TSTRING ? lua_tolstring(L, 1, &len) : NULL;
        if (s) {
            wfp_lib_check_pass(L, len);
            if (lua_stringtonumber(L, s) == len + 1) {
                return 1;
            }
        }
        luaL_checkany(L, 1);
        luaL_pushfail(L);
        return 1;
    }
    base = luaL_checkinteger(L, 2);
    luaL_checktype(L, 1, LUA_TSTRING);
    s = lua_tolstring(L, 1, &len);
    luaL_argcheck(L, base >= 2 && base <= 36, 2, "base out of range");
    wfp_lib_check_pass(L, len);
    if (to_integer(&n, s, len, (unsigned)base)) {
        lua_pushinteger(L, n);
    }
    else {
        luaL_pushfail(L);
    }
    return 1;
}

/* [-0, +1, e] */
static int base_tostring(lua_State *L)
{
    luaL_checkany(L, 1);
    wfp_sandbox_tostring(L, 1, NULL);
    return 1;
}

/* [-0, +1, e] */
static int base_collectgarbage(lua_State *L)
{
    const char *option = luaL_optstring(L, 1, "collect");

    if (strcmp(option, "count") != 0) {
        return luaL_argerror(L, 1, "only \"count\" is available");
    }
    lua_pushnumber(L, (lua_Number)lua_gc(L, LUA_GCCOUNT)
                          + (lua_Number)lua_gc(L, LUA_GCCOUNTB) / 1024);
    return 1;
}

/* [-1, +2, m] fail and the message on the top */
static int load_failed(lua_State *L)
{
    luaL_pushfail(L);
    lua_insert(L, -2);
    return 2;
}

/* [-0, +1|2, e] load(text, name, mode, env): the parser sees text only, and
   only after a look at it */
static int base_load(lua_State *L)
{
    size_t n;
    const char *source = luaL_checklstring(L, 1, &n);
    const char *name = luaL_optstring(L, 2, source);
    const char *mode = luaL_optstring(L, 3, "bt");
    const char *refused = wfp_sandbox_scan(source, n, LOAD_MAX);

    if (refused) {
        lua_pushstring(L, refused);
        return load_failed(L);
    }
    if (!strchr(mode, 't')) {
        lua_pushfstring(L, "attempt to load a text chunk (mode is '%s')", mode);
        return load_failed(L);
    }
    wfp_lib_reserve(L, n); /* the chunk keeps its name: the text, if no other */
    if (luaL_loadbufferx(L, source, n, name, "t") != LUA_OK) {
        return load_failed(L);
    }
    if (!lua_isnone(L, 4)) {
        lua_pushvalue(L, 4);
        if (!lua_setupvalue(L, -2, 1)) {
            lua_pop(L, 1);
        }
    }
    return 1;
}

/* Continuation of xpcall. Stack: handler, true, results - or, after an error:
   handler, true, error. The handler runs after unwinding, never inside the
   VM's error path, where no hook would reach it. */
static int xpcall_finish(lua_State *L, int status, lua_KContext ctx)
{
    if (status == LUA_OK || status == LUA_YIELD) {
        return lua_gettop(L) - (int)ctx;
    }
    lua_pushboolean(L, 0);
    lua_pushvalue(L, 1);
    lua_pushvalue(L, -3);
    if (lua_pcall(L, 1, 1, 0) != LUA_OK) {
        /* what the stock library gives when a handler fails again and again */
        lua_pop(L, 1);
        lua_pushliteral(L, "error in error handling");
    }
    return 2;
}

/* [-0, +n, e] xpcall(f, handler, ...) */
static int base_xpcall(lua_State *L)
{
    int n = lua_gettop(L);

    luaL_checktype(L, 2, LUA_TFUNCTION);
    lua_pushvalue(L, 1);
    lua_pushvalue(L, 2);
    lua_replace(L, 1);
    lua_pushboolean(L, 1);
    lua_replace(L, 2);
    lua_insert(L, 3);
    return xpcall_finish(L,
                         lua_pcallk(L, n - 2, LUA_MULTRET, 0, 1, xpcall_finish),
                         1);
}

static const luaL_Reg functions[] = {
    { "collectgarbage", base_collectgarbage },
    { "load", base_load },
    { "tonumber", base_tonumber },
    { "tostring", base_tostring },
    { "xpcall", base_xpcall },
    { NULL, NULL },
};

void wfp_lib_base_open(lua_State *L)
{
    /* presized: growing costs more than all else in it */
    lua_createtable(L, 0, GLOBALS);
    lua_rawseti(L, LUA_REGISTRYINDEX, LUA_RIDX_GLOBALS);
    wfp_lib_push_stock(L, luaopen_base, stock_names);
    luaL_setfuncs(L, functions, 0);
    wfp_lib_set_global(L, "_G");
}
