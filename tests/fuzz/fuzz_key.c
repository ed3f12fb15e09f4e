/* SPDX-License-Identifier: Apache-2.0 */
/* crypto.subtle.importKey: what is a key can be used, and written and read
 * again in every form. The first byte of the input says which algorithm and
 * format. */
#include "tests/fuzz/fuzz.h"
#include "tests/unit/wfp_test.h"

#include "tests/unit/api_state.h"

const char *const fuzz_name = "key";

static const char chunk[] =
    "local input = ...\n"
    "local s, which = crypto.subtle, input:byte()\n"
    "local forms = {'raw', 'spki', 'pkcs8', 'jwk'}\n"
    "local algs = {{name='ECDSA', namedCurve='P-256', hash='SHA-256'},\n"
    "  {name='ECDSA', namedCurve='P-384', hash='SHA-256'},\n"
    "  {name='ECDSA', namedCurve='P-521', hash='SHA-256'},\n"
    "  {name='Ed25519'}, {name='RSASSA-PKCS1-v1_5', hash='SHA-256'},\n"
    "  {name='HMAC', hash='SHA-256'}, {name='AES-GCM', iv='i'}}\n"
    "local form = forms[which % 4 + 1]\n"
    "local alg = algs[which // 4 % #algs + 1]\n"
    "local data = input:sub(2)\n"
    "if form == 'jwk' then data = json.decode(data) end\n"
    "for _, use in ipairs{'sign', 'verify', 'encrypt'} do\n"
    "  local ok, key = pcall(s.importKey, form, data, alg, true, {use})\n"
    "  if not ok then\n"
    "    local n = key.name\n"
    "    assert(n == 'DataError' or n == 'SyntaxError' or n == 'TypeError'\n"
    "      or n == 'NotSupportedError', tostring(key))\n"
    "  else\n"
    "    for _, f in ipairs(forms) do\n"
    "      local done, out = pcall(s.exportKey, f, key)\n"
    "      if done then\n"
    "        local again = s.importKey(f, out, alg, true, {use})\n"
    "        local twice = s.exportKey(f, again)\n"
    "        assert(f == 'jwk' and twice.kty == out.kty or twice == out)\n"
    "      end\n"
    "    end\n"
    "    if use == 'sign' then\n"
    "      local signed, sig = pcall(s.sign, alg, key, 'x')\n"
    "      assert(signed or sig.name == 'OperationError')\n"
    "    elseif use == 'verify' then\n"
    "      assert(s.verify(alg, key, data and 'x' or '', 'y') == false)\n"
    "    else\n"
    "      assert(#s.encrypt(alg, key, 'x') == 17)\n"
    "    end\n"
    "  end\n"
    "end\n"
    "return true";

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    static lua_State *L;

    if (n == 0) {
        return 0;
    }
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
    if (lua_pcall(L, 1, 1, 0) != LUA_OK) {
        /* json.decode's errors are fine, a failed assertion is a text */
        FUZZ_CHECK(lua_type(L, -1) == LUA_TTABLE);
    }
    FUZZ_CHECK(api_state.critical == 0);
    return 0;
}
