/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Runs a Lua file in the sandbox, with one more global: emit(text) writes a
 * line. The differential test runs the same file in a stock interpreter.
 *
 *     lib_driver FILE
 */
#include <stdio.h>

#include "tests/unit/lib_state.h"

static int emit(lua_State *L)
{
    size_t n;
    const char *s = luaL_checklstring(L, 1, &n);

    fwrite(s, 1, n, stdout);
    fputc('\n', stdout);
    return 0;
}

int main(int argc, char **argv)
{
    lua_State *L;

    if (argc != 2) {
        fprintf(stderr, "usage: lib_driver FILE\n");
        return 2;
    }
    lib_state_limit((apr_size_t)1 << 40, (apr_size_t)1 << 40);
    L = lib_state_new();
    lua_register(L, "emit", emit);
    if (luaL_loadfilex(L, argv[1], "t") != LUA_OK
        || lua_pcall(L, 0, 0, 0) != LUA_OK) {
        fprintf(stderr, "%s\n", wfp_sandbox_tostring(L, -1, NULL));
        return 1;
    }
    lua_close(L);
    return 0;
}
