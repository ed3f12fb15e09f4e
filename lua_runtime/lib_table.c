/* SPDX-License-Identifier: Apache-2.0 */
/* table library. */
#include <lualib.h>

#include "lua_runtime/lib.h"

static const char *const stock_names[] = {
    "concat", "insert", "move", "pack", "remove", "sort", "unpack", NULL,
};

void wfp_lib_table_open(lua_State *L)
{
    wfp_lib_push_stock(L, luaopen_table, stock_names);
    wfp_lib_set_global(L, LUA_TABLIBNAME);
}
