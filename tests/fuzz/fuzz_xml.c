/* SPDX-License-Identifier: Apache-2.0 */
/* xml.decode: what it takes can be written, and is then read as the same. */
#include "tests/fuzz/fuzz.h"
#include "tests/unit/wfp_test.h"

#include "tests/unit/api_state.h"

const char *const fuzz_name = "xml";

static const char chunk[] =
    "local ok, value = pcall(xml.decode, (...))\n"
    "if not ok then return value.line and value.column end\n"
    "local text = xml.encode(value)\n"
    "return text == xml.encode(xml.decode(text))";

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    static lua_State *L;

    if (!L) {
        apr_pool_t *pool;

        apr_initialize();
        apr_pool_create(&pool, NULL);
        L = api_state_new(pool);
        lua_settop(L, 0);
        FUZZ_CHECK(luaL_loadstring(L, chunk) == LUA_OK);
    }
    lua_settop(L, 1);
    lua_pushvalue(L, 1);
    lua_pushlstring(L, (const char *)data, n);
    FUZZ_CHECK(lua_pcall(L, 1, 1, 0) == LUA_OK && lua_toboolean(L, -1));
    FUZZ_CHECK(api_state.critical == 0);
    return 0;
}
