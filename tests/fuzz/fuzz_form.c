/* SPDX-License-Identifier: Apache-2.0 */
/* A Content-Type, a newline, a body: the form that formData() makes of it comes
 * back as it was when it is sent again. */
#include "tests/fuzz/fuzz.h"
#include "tests/unit/wfp_test.h"

#include "tests/unit/api_state.h"

const char *const fuzz_name = "form";

static const char chunk[] =
    "local kind, body = ...\n"
    "local at, step = 1, 1 + #body % 97\n"
    "local function pieces()\n"
    "  if at <= #body then\n"
    "    at = at + step\n"
    "    return body:sub(at - step, at - 1)\n"
    "  end\n"
    "end\n"
    "local function list(form)\n"
    "  local out = {}\n"
    "  for name, value in pairs(form) do\n"
    "    out[#out + 1] = name\n"
    "    if type(value) == 'string' then\n"
    "      out[#out + 1] = value\n"
    "    else\n"
    "      local kind = value.type\n"
    "      if kind == '' then kind = 'application/octet-stream' end\n"
    "      out[#out + 1] = {value.name, kind, value:text()}\n"
    "    end\n"
    "  end\n"
    "  return out\n"
    "end\n"
    "local ok, form = pcall(function()\n"
    "  return Response.new(pieces, {headers = {['content-type'] = kind}})\n"
    "    :formData()\n"
    "end)\n"
    "if not ok then\n"
    "  return form.name == 'TypeError'\n"
    "end\n"
    "local ok, sent = pcall(Response.new, form)\n"
    "if not ok then\n"
    "  return sent.message == 'FormData: a name with a NUL cannot be sent'\n"
    "end\n"
    "local a, b = list(form), list(sent:formData())\n"
    "for i = 1, math.max(#a, #b) do\n"
    "  local x, y = a[i], b[i]\n"
    "  if type(x) == 'table' then\n"
    "    x, y = table.concat(x, '\\0'), table.concat(y, '\\0')\n"
    "  end\n"
    "  if x ~= y then return false end\n"
    "end\n"
    "return true";

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    static lua_State *L;
    static apr_pool_t *invocation;
    char *text = fuzz_text(data, n), *body = strchr(text, '\n');

    if (!L) {
        apr_pool_t *pool;

        apr_initialize();
        apr_pool_create(&pool, NULL);
        L = api_state_new(pool);
        apr_pool_create(&invocation, pool);
        api_state.pool = invocation;
        lua_settop(L, 0);
        FUZZ_CHECK(luaL_loadstring(L, chunk) == LUA_OK);
    }
    if (body) {
        apr_pool_clear(invocation);
        *body++ = '\0';
        lua_settop(L, 1);
        lua_pushvalue(L, 1);
        lua_pushstring(L, text);
        lua_pushlstring(L, body, n - (size_t)(body - text));
        FUZZ_CHECK(lua_pcall(L, 2, 1, 0) == LUA_OK && lua_toboolean(L, -1));
    }
    free(text);
    return 0;
}
