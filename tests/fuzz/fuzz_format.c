/* SPDX-License-Identifier: Apache-2.0 */
/* string.format, pack, packsize and unpack: byte 1 which, then the format up to
 * a NUL, then data that is unpacked and makes arguments. */
#include "tests/fuzz/fuzz.h"
#include "tests/unit/lib_state.h"

const char *const fuzz_name = "format";

static const char chunk[] =
    "local data = ...\n"
    "local how = data:byte() or 0\n"
    "local f, s = data:sub(2):match('^(.-)\\0(.*)$')\n"
    "if not f then return end\n"
    "local i = #s >= 8 and string.unpack('<i8', s) or #s\n"
    "local d = #s >= 8 and string.unpack('<d', s) or 0.5\n"
    "if how & 3 == 0 then\n"
    "  pcall(string.format, f, i, d, s, i, d, s)\n"
    "  pcall(string.format, f, s, d, i, s, d, i)\n"
    "  pcall(string.format, f, d, d, d, true, nil, {})\n"
    "elseif how & 3 == 1 then\n"
    "  local ok, r = pcall(string.pack, f, i, i, i, i)\n"
    "  if ok then string.unpack(f, r) end\n"
    "  pcall(string.pack, f, s, s, s)\n"
    "  pcall(string.pack, f, d, s, i)\n"
    "elseif how & 3 == 2 then string.unpack(f, s, how >> 2)\n"
    "else string.packsize(f) end";

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
