/* SPDX-License-Identifier: Apache-2.0 */
/*
 * service bindings: env.SVC:fetch(request), and env.SVC:name(args...) for any
 * other name, whose arguments and result travel as text (value.c); and
 * env.ASSETS:fetch(request), which asks the Worker's own files.
 */
#include <string.h>

#include "lua_runtime/api/classes.h"
#include "lua_runtime/meter.h"
#include "lua_runtime/ops.h"
#include "lua_runtime/state.h"

typedef struct service_t {
    const wfp_binding_t *binding; /* lives as long as the isolate */
} service_t;

static const wfp_class_t service_class, assets_class;

void wfp_api_push_service(lua_State *L, const wfp_binding_t *binding)
{
    service_t *s = wfp_class_new(L, &service_class, sizeof(*s), 0);

    s->binding = binding;
}

void wfp_api_push_assets(lua_State *L, const wfp_binding_t *binding)
{
    service_t *s = wfp_class_new(L, &assets_class, sizeof(*s), 0);

    s->binding = binding;
}

/* [-0, +0, v] The host keeps a copy of the props for the callee, which may live
 * longer than this isolate. */
static void pay_props(lua_State *L, const service_t *s)
{
    if (s->binding->text_size) {
        wfp_meter_charge(wfp_isolate_of(L), s->binding->text_size + 1);
    }
}

/* [-0, +1, e] Ask what stands behind the binding. */
static int ask(lua_State *L, const service_t *s)
{
    wfp_op_t op = { .kind = WFP_OP_SERVICE, .binding = s->binding };

    wfp_state_need_invocation(L);
    pay_props(L, s);
    lua_settop(L, 3);
    wfp_api_make_request(L, 2);
    return wfp_api_send(L, &op, 4);
}

/* [-0, +1, e] service:fetch(input, init?) */
static int l_service_fetch(lua_State *L)
{
    return ask(L, wfp_class_check(L, 1, &service_class));
}

/* [-0, +1, e] assets:fetch(input, init?) */
static int l_assets_fetch(lua_State *L)
{
    return ask(L, wfp_class_check(L, 1, &assets_class));
}

/* [-0, +n, e] */
static int called(lua_State *L, const wfp_op_t *op)
{
    if (op->rv != APR_SUCCESS) {
        return wfp_api_raise(L, &op->res);
    }
    if (!op->text) {
        return 0;
    }
    return wfp_api_push_values(L, op->text);
}

/* [-0, +n, e] upvalue 1: the method's name */
static int l_service_call(lua_State *L)
{
    const service_t *s = wfp_class_check(L, 1, &service_class);
    wfp_op_t op = { .kind = WFP_OP_SERVICE_CALL, .binding = s->binding };
    const char *method;
    size_t n;

    wfp_state_need_invocation(L);
    pay_props(L, s);
    method = lua_tolstring(L, lua_upvalueindex(1), &n);
    op.args = wfp_api_pack_values(L, 2, lua_gettop(L) - 1, method, 1);
    op.method = wfp_meter_copy(wfp_isolate_of(L), method, n);
    return wfp_ops_call(L, &op, called);
}

/* [-0, +1, e] */
static int l_service_index(lua_State *L)
{
    (void)wfp_class_field(L);
    if (lua_isnil(L, -1) && lua_type(L, 2) == LUA_TSTRING) {
        lua_pushvalue(L, 2);
        lua_pushcclosure(L, l_service_call, 1);
    }
    return 1;
}

static const luaL_Reg methods[] = {
    { "fetch", l_service_fetch },
    { NULL, NULL },
};
static const luaL_Reg assets_methods[] = {
    { "fetch", l_assets_fetch },
    { NULL, NULL },
};
static const wfp_class_t service_class = {
    "Service", methods, NULL, l_service_index, NULL, NULL,
};
static const wfp_class_t assets_class = {
    "Assets", assets_methods, NULL, NULL, NULL, NULL,
};
