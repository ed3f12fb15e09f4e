/* SPDX-License-Identifier: Apache-2.0 */
/* find, match, gmatch, gsub: byte 1 which and where, then the pattern up to a
 * NUL, then the subject. */
#include "tests/fuzz/fuzz.h"
#include "tests/unit/lib_state.h"

const char *const fuzz_name = "pattern";

static const char chunk[] = "local data = ...\n"
                            "local how = data:byte() or 0\n"
                            "local p, s = data:sub(2):match('^(.-)\\0(.*)$')\n"
                            "if not p then return end\n"
                            "local at = how >> 3\n"
                            "if how & 7 == 0 then s:find(p, at)\n"
                            "elseif how & 7 == 1 then s:find(p, at, true)\n"
                            "elseif how & 7 == 2 then s:match(p, -at)\n"
                            "elseif how & 7 == 3 then for _ in s:gmatch(p, at) "
                            "do end\n"
                            "elseif how & 7 == 4 then s:gsub(p, '<%0%1>')\n"
                            "elseif how & 7 == 5 then s:gsub(p, s, at)\n"
                            "elseif how & 7 == 6 then s:gsub(p, { a = 1 })\n"
                            "else s:gsub(p, string.upper) end";

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    static lua_State *L;

    if (!L) {
        lib_state_limit(20000, 1 << 20);
        L = lib_state_new();
        FUZZ_CHECK(L && luaL_loadstring(L, chunk) == LUA_OK);
    }
    lua_settop(L, 1);
    lua_pushvalue(L, 1);
    lua_pushlstring(L, (const char *)data, n);
    (void)lua_pcall(L, 1, 0, 0); /* errors are answers */
    return 0;
}
