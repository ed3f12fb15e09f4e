/* SPDX-License-Identifier: Apache-2.0 */
/* json.decode: what it takes can be encoded, and then means the same. */
#include "tests/fuzz/fuzz.h"
#include "tests/unit/wfp_test.h"

#include "tests/unit/api_state.h"

const char *const fuzz_name = "json";

static const char chunk[] = "local value = json.decode(...)\n"
                            "local text = json.encode(value)\n"
                            "return text, json.encode(json.decode(text))";

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
    if (lua_pcall(L, 1, 2, 0) == LUA_OK) {
        /* the order of keys is the table's: only lengths must agree */
        FUZZ_CHECK(lua_rawlen(L, -1) == lua_rawlen(L, -2));
    }
    return 0;
}
