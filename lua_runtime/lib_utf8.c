/* SPDX-License-Identifier: Apache-2.0 */
/* utf8 library. */
#include <lualib.h>

#include "lua_runtime/lib.h"

static const char *const stock_names[] = {
    "char", "charpattern", "codepoint", "codes", "len", "offset", NULL,
};

void wfp_lib_utf8_open(lua_State *L)
{
    wfp_lib_push_stock(L, luaopen_utf8, stock_names);
    wfp_lib_set_global(L, LUA_UTF8LIBNAME);
}
