/* SPDX-License-Identifier: Apache-2.0 */
/* The scan before the parser; what it lets through is parsed. */
#include "lua_runtime/sandbox.h"
#include "tests/fuzz/fuzz.h"

#include <lauxlib.h>

const char *const fuzz_name = "scan";

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    static lua_State *L;

    if (!L) {
        L = luaL_newstate();
        FUZZ_CHECK(L != NULL);
    }
    lua_settop(L, 0);
    if (wfp_sandbox_scan((const char *)data, n, 262144) == NULL) {
        FUZZ_CHECK(n == 0 || data[0] != LUA_SIGNATURE[0]);
        (void)luaL_loadbufferx(L, (const char *)data, n, "=fuzz", "t");
    }
    return 0;
}
