/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The global crypto: random values and a comparison in constant time. Random
 * values are refused at top level, where they would be the same for every
 * request of the isolate.
 */
#include "core/crypto.h"

#include <string.h>

#include "lua_runtime/api/subtle.h"
#include "lua_runtime/meter.h"
#include "lua_runtime/state.h"

#define RANDOM_MAX 65536

/* [-0, +0, v] */
static void need_random(lua_State *L, apr_status_t rv)
{
    if (rv != APR_SUCCESS) {
        wfp_api_error(L, "Error", NULL, "No random values available");
    }
}

/* [-0, +1, e] crypto.randomUUID() */
static int l_random_uuid(lua_State *L)
{
    wfp_isolate_t *iso = wfp_isolate_of(L);
    char text[WFP_UUID_SIZE];
    apr_status_t rv;

    wfp_state_need_invocation(L);
    wfp_meter_critical_begin(iso);
    rv = wfp_crypto_uuid(text);
    wfp_meter_critical_end(iso);
    need_random(L, rv);
    lua_pushstring(L, text);
    return 1;
}

/* [-0, +1, e] crypto.getRandomValues(n) */
static int l_random_values(lua_State *L)
{
    wfp_isolate_t *iso = wfp_isolate_of(L);
    lua_Integer n;
    apr_status_t rv;
    void *data;
    int ok;

    wfp_state_need_invocation(L);
    n = lua_tointegerx(L, 1, &ok);
    if (!ok || n < 0) {
        return wfp_api_error(L, "TypeError", NULL,
                             "crypto.getRandomValues: argument 1 must be a "
                             "number of bytes, got %s",
                             luaL_typename(L, 1));
    }
    if (n > RANDOM_MAX) {
        return wfp_api_error(L, "QuotaExceededError", NULL,
                             "getRandomValues gives at most 65536 bytes");
    }
    data = lua_newuserdatauv(L, (size_t)n, 0);
    wfp_meter_critical_begin(iso);
    rv = wfp_crypto_random(data, (apr_size_t)n);
    wfp_meter_critical_end(iso);
    need_random(L, rv);
    lua_pushlstring(L, data, (size_t)n);
    return 1;
}

/* [-0, +1, e] crypto.timingSafeEqual(a, b) */
static int l_timing_safe_equal(lua_State *L)
{
    size_t na, nb;
    const char *a = wfp_class_text(L, 1, "crypto.timingSafeEqual: argument 1",
                                   &na);
    const char *b = wfp_class_text(L, 2, "crypto.timingSafeEqual: argument 2",
                                   &nb);

    if (na != nb) {
        return wfp_api_error(L, "TypeError", NULL,
                             "Input buffers must have the same byte length");
    }
    lua_pushboolean(L, wfp_crypto_equal(a, b, na));
    return 1;
}

/* [-0, +1, m] crypto.subtle is made when it is asked for first. */
static int l_crypto_index(lua_State *L)
{
    if (lua_type(L, 2) != LUA_TSTRING
        || strcmp(lua_tostring(L, 2), "subtle") != 0) {
        return 0;
    }
    wfp_api_subtle_push(L);
    lua_pushvalue(L, 2);
    lua_pushvalue(L, -2);
    lua_rawset(L, 1);
    return 1;
}

void wfp_api_open_crypto(lua_State *L)
{
    static const luaL_Reg rows[] = {
        { "randomUUID", l_random_uuid },
        { "getRandomValues", l_random_values },
        { "timingSafeEqual", l_timing_safe_equal },
        { NULL, NULL },
    };

    luaL_newlib(L, rows);
    lua_createtable(L, 0, 2);
    lua_pushboolean(L, 0);
    lua_setfield(L, -2, "__metatable");
    lua_pushcfunction(L, l_crypto_index);
    lua_setfield(L, -2, "__index");
    lua_setmetatable(L, -2);
    lua_setglobal(L, "crypto");
}
