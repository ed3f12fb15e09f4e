/* SPDX-License-Identifier: Apache-2.0 */
/*
 * service bindings: env.SVC:fetch(request), and env.SVC:name(args...) for any
 * other name, whose arguments and result travel as JSON text.
 */
#include <string.h>

#include "lua_runtime/api/classes.h"
#include "lua_runtime/meter.h"
#include "lua_runtime/state.h"

typedef struct service_t {
    const wfp_binding_t *binding; /* lives as long as the isolate */
} service_t;

static const wfp_class_t service_class;

void wfp_api_push_service(lua_State *L, const wfp_binding_t *binding)
{
    service_t *s = wfp_class_new(L, &service_class, sizeof(*s), 0);

    s->binding = binding;
}

/* [-0, +1, e] service:fetch(input, init?) */
static int l_service_fetch(lua_State *L)
{
    const service_t *s = wfp_class_check(L, 1, &service_class);
    wfp_isolate_t *iso = wfp_isolate_of(L);
    wfp_response_t *resp = NULL;
    wfp_request_t *req;
    wfp_result_t res;
    apr_status_t rv;

    wfp_state_need_invocation(L);
    lua_settop(L, 3);
    wfp_api_make_request(L, 2);
    req = wfp_api_core_request(L, 4);
    wfp_result_init(&res, wfp_state_pool(L));
    wfp_meter_host_begin(iso);
    rv = wfp_state_host(L)->service(&resp, wfp_state_host_ctx(L), s->binding,
                                    req, &res);
    wfp_meter_host_end(iso);
    if (rv != APR_SUCCESS) {
        return wfp_api_raise(L, &res);
    }
    wfp_api_push_response(L, resp);
    return 1;
}

/* [-0, +0, v] The arguments from slot 2 on, as JSON array text in the pool. */
static const char *copy_args(lua_State *L)
{
    int n = lua_gettop(L), i;
    wfp_buffer_t b;

    luaL_checkstack(L, 16, NULL);
    wfp_buffer_init(&b, L);
    wfp_buffer_byte(&b, '[');
    for (i = 2; i <= n; i++) {
        if (i > 2) {
            wfp_buffer_byte(&b, ',');
        }
        wfp_api_json_append(&b, i, 0);
    }
    wfp_buffer_byte(&b, ']');
    return wfp_meter_copy(wfp_isolate_of(L), b.data, b.n);
}

/* [-0, +1, e] upvalue 1: the method's name */
static int l_service_call(lua_State *L)
{
    const service_t *s = wfp_class_check(L, 1, &service_class);
    wfp_isolate_t *iso = wfp_isolate_of(L);
    const char *result = NULL, *args, *method;
    wfp_result_t res;
    apr_status_t rv;

    wfp_state_need_invocation(L);
    args = copy_args(L);
    method = lua_tostring(L, lua_upvalueindex(1));
    wfp_result_init(&res, wfp_state_pool(L));
    wfp_meter_host_begin(iso);
    rv = wfp_state_host(L)->service_call(&result, wfp_state_host_ctx(L),
                                         s->binding, method, args, &res);
    wfp_meter_host_end(iso);
    if (rv != APR_SUCCESS) {
        return wfp_api_raise(L, &res);
    }
    if (!result) {
        return 0;
    }
    wfp_api_json_decode(L, result, strlen(result));
    return 1;
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
static const wfp_class_t service_class = {
    "Service", methods, NULL, l_service_index, NULL, NULL,
};
