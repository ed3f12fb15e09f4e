/* SPDX-License-Identifier: Apache-2.0 */
/* string library. */
#include <lualib.h>

#include "lua_runtime/lib.h"

static const char *const stock_names[] = {
    "byte",    "char",  "find",   "format", "gmatch",   "gsub",
    "len",     "lower", "match",  "pack",   "packsize", "rep",
    "reverse", "sub",   "unpack", "upper",  NULL,
};

void wfp_lib_string_open(lua_State *L)
{
    wfp_lib_push_stock(L, luaopen_string, stock_names);
    lua_pushliteral(L, "");
    lua_getmetatable(L, -1);
    lua_pushvalue(L, -3);
    lua_setfield(L, -2, "__index");
    lua_pop(L, 2);
    wfp_lib_set_global(L, LUA_STRLIBNAME);
}
