/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ctx: what a handler may ask of its invocation.
 */
#include <string.h>

#include "lua_runtime/api/classes.h"
#include "lua_runtime/meter.h"
#include "lua_runtime/state.h"

typedef struct ctx_t {
    apr_uint32_t generation;
} ctx_t;

static const wfp_class_t ctx_class;

/* [-0, +0, v] */
static void check(lua_State *L)
{
    const ctx_t *ctx = wfp_class_check(L, 1, &ctx_class);

    wfp_api_check_generation(L, ctx->generation);
    wfp_state_need_invocation(L);
}

void wfp_api_push_ctx(lua_State *L)
{
    ctx_t *ctx = wfp_class_new(L, &ctx_class, sizeof(*ctx), 1);

    ctx->generation = wfp_state_generation(L);
}

/* [-0, +1, e] ctx.props: decoded when asked for. A binding's are JSON, a
 * dispatcher's packed values, which begin with a digit. */
static int l_ctx_index(lua_State *L)
{
    const char *props;

    if (wfp_class_field(L) == 0) {
        return 1;
    }
    check(L);
    if (lua_getiuservalue(L, 1, 1) != LUA_TNIL) {
        return 1;
    }
    props = wfp_state_props(L);
    if (props && *props == '{') {
        wfp_api_json_decode(L, props, strlen(props));
    }
    else if (props) {
        (void)wfp_api_push_values(L, props);
    }
    else {
        lua_newtable(L);
    }
    wfp_class_readonly(L);
    lua_pushvalue(L, -1);
    lua_setiuservalue(L, 1, 1);
    return 1;
}

/* [-0, +0, e] ctx:waitUntil(fn, ...) */
static int l_ctx_wait_until(lua_State *L)
{
    check(L);
    if (lua_type(L, 2) != LUA_TFUNCTION) {
        return wfp_api_error(L, "TypeError", NULL,
                             "waitUntil wants a function and its arguments, "
                             "got %s (a call waits where it stands)",
                             luaL_typename(L, 2));
    }
    wfp_state_queue_wait_until(L, lua_gettop(L) - 2);
    return 0;
}

/* [-0, +0, e] ctx:passThroughOnException() */
static int l_ctx_pass_through(lua_State *L)
{
    wfp_isolate_t *iso = wfp_isolate_of(L);

    check(L);
    wfp_meter_host_begin(iso);
    wfp_state_host(L)->pass_through(wfp_state_host_ctx(L));
    wfp_meter_host_end(iso);
    return 0;
}

static const char *const fields[] = { "props", NULL };
static const luaL_Reg methods[] = {
    { "waitUntil", l_ctx_wait_until },
    { "passThroughOnException", l_ctx_pass_through },
    { NULL, NULL },
};
static const wfp_class_t ctx_class = {
    "Ctx", methods, fields, l_ctx_index, NULL, NULL,
};
