/* SPDX-License-Identifier: Apache-2.0 */
/*
 * dispatch_namespace bindings: env.X:get(name, args?, options?) gives a
 * Fetcher, its fetch() runs the user Worker through the host. get() only keeps
 * what it was given: whatever is wrong with it is an error of fetch().
 */
#include <string.h>

#include "lua_runtime/api/classes.h"
#include "lua_runtime/meter.h"
#include "lua_runtime/ops.h"
#include "lua_runtime/state.h"

typedef struct dispatcher_t {
    const wfp_binding_t *binding; /* lives as long as the isolate */
} dispatcher_t;

/* user values of a Fetcher */
enum {
    V_NAME = 1,
    V_ARGS,
    V_OPTIONS,
    V_COUNT = V_OPTIONS
};

static const wfp_class_t dispatcher_class, fetcher_class;

void wfp_api_push_dispatcher(lua_State *L, const wfp_binding_t *binding)
{
    dispatcher_t *d = wfp_class_new(L, &dispatcher_class, sizeof(*d), 0);

    d->binding = binding;
}

/* [-0, +1, e] dispatcher:get(name, args?, options?) */
static int l_dispatcher_get(lua_State *L)
{
    const dispatcher_t *d = wfp_class_check(L, 1, &dispatcher_class);
    dispatcher_t *f;

    lua_settop(L, 4);
    f = wfp_class_new(L, &fetcher_class, sizeof(*f), V_COUNT);
    f->binding = d->binding;
    lua_insert(L, 2);
    lua_setiuservalue(L, 2, V_OPTIONS);
    lua_setiuservalue(L, 2, V_ARGS);
    lua_setiuservalue(L, 2, V_NAME);
    return 1;
}

/* [-0, +0, v] One row of options.limits: key and value on the top. */
static void read_limit(lua_State *L, wfp_limits_t *limits)
{
    const wfp_limit_row_t *row;
    wfp_limit_e limit = WFP_LIMIT_COUNT;
    lua_Integer v;
    int whole;

    if (lua_type(L, -2) == LUA_TSTRING) {
        limit = wfp_limit_by_camel(lua_tostring(L, -2));
    }
    if (limit == WFP_LIMIT_COUNT) {
        wfp_api_error(L, "TypeError", NULL, "Unknown limit '%s'",
                      lua_type(L, -2) == LUA_TSTRING ? lua_tostring(L, -2)
                                                     : luaL_typename(L, -2));
    }
    row = wfp_limit_row(limit);
    v = lua_type(L, -1) == LUA_TNUMBER ? lua_tointegerx(L, -1, &whole)
                                       : (whole = 0);
    if (!whole || v < row->floor) {
        if (row->ceiling) {
            wfp_api_error(L, "TypeError", NULL,
                          "limit %s must be a whole number from %I to %I",
                          row->camel, (LUAI_UACINT)row->floor,
                          (LUAI_UACINT)row->ceiling);
        }
        wfp_api_error(L, "TypeError", NULL,
                      "limit %s must be a whole number of at least %I",
                      row->camel, (LUAI_UACINT)row->floor);
    }
    limits->v[limit] = v;
}

/* [-0, +0, v] options.limits of the table at idx */
static void read_limits(lua_State *L, wfp_limits_t *limits, int idx)
{
    int top = lua_gettop(L);

    switch (wfp_class_raw(L, idx, "limits")) {
    case LUA_TNIL:
        break;
    case LUA_TTABLE:
        for (lua_pushnil(L); lua_next(L, top + 1); lua_pop(L, 1)) {
            read_limit(L, limits);
        }
        break;
    default:
        wfp_api_error(L, "TypeError", NULL, "options.limits must be a table");
    }
    lua_settop(L, top);
}

/* [-0, +0, v] A parameter's value, key and value on the top: strings as they
 * are, numbers and booleans as text, tables as JSON. */
static const char *param_text(lua_State *L, size_t *n)
{
    switch (lua_type(L, -1)) {
    case LUA_TSTRING:
        return lua_tolstring(L, -1, n);
    case LUA_TNUMBER:
    case LUA_TBOOLEAN:
    case LUA_TTABLE:
        return wfp_api_json_encode(L, -1, n);
    default:
        wfp_api_error(L, "TypeError", NULL,
                      "options.outbound: a parameter must be a string");
        return NULL;
    }
}

/* [-0, +0, v] options.outbound of the table at idx */
static apr_array_header_t *read_params(lua_State *L, int idx)
{
    wfp_isolate_t *iso = wfp_isolate_of(L);
    apr_array_header_t *params = NULL;
    int top = lua_gettop(L), type = wfp_class_raw(L, idx, "outbound");

    if (type != LUA_TNIL && type != LUA_TTABLE) {
        wfp_api_error(L, "TypeError", NULL, "options.outbound must be a table");
    }
    if (type == LUA_TTABLE) {
        wfp_meter_charge(iso, 512);
        wfp_meter_critical_begin(iso);
        params = apr_array_make(wfp_state_pool(L), 8, sizeof(wfp_param_t));
        wfp_meter_critical_end(iso);
        for (lua_pushnil(L); lua_next(L, top + 1); lua_settop(L, top + 2)) {
            wfp_param_t param;
            size_t n;
            const char *s;

            if (lua_type(L, -2) != LUA_TSTRING) {
                wfp_api_error(L, "TypeError", NULL,
                              "options.outbound: a name must be a string");
            }
            s = param_text(L, &n);
            param.value = wfp_meter_copy(iso, s, n);
            s = lua_tolstring(L, top + 2, &n);
            param.name = wfp_meter_copy(iso, s, n);
            wfp_meter_charge(iso, 2 * sizeof(param));
            wfp_meter_critical_begin(iso);
            APR_ARRAY_PUSH(params, wfp_param_t) = param;
            wfp_meter_critical_end(iso);
        }
    }
    lua_settop(L, top);
    return params;
}

/* [-0, +0, v] The Fetcher at 1 as the host wants it. */
static void read_dispatch(lua_State *L, wfp_dispatch_t *what)
{
    wfp_isolate_t *iso = wfp_isolate_of(L);
    size_t n;
    const char *s;
    int top = lua_gettop(L);

    if (lua_getiuservalue(L, 1, V_NAME) != LUA_TSTRING) {
        wfp_api_error(L, "TypeError", NULL,
                      "The Worker's name must be a string, got %s",
                      luaL_typename(L, -1));
    }
    s = lua_tolstring(L, -1, &n);
    if (n == 0 || n > WFP_NAME_MAX || memchr(s, '\0', n)) {
        wfp_api_error(L, "Error", "worker_not_found", "Worker not found");
    }
    what->name = wfp_meter_copy(iso, s, n);
    wfp_limits_clear(&what->limits);
    switch (lua_getiuservalue(L, 1, V_OPTIONS)) {
    case LUA_TNIL:
        break;
    case LUA_TTABLE:
        read_limits(L, &what->limits, top + 2);
        what->params = read_params(L, top + 2);
        break;
    default:
        wfp_api_error(L, "TypeError", NULL, "options must be a table");
    }
    if (lua_getiuservalue(L, 1, V_ARGS) != LUA_TNIL) {
        what->props = wfp_api_pack_values(L, lua_gettop(L), 1, "args", 0);
    }
    lua_settop(L, top);
}

/* [-0, +1, e] fetcher:fetch(input, init?) */
static int l_fetcher_fetch(lua_State *L)
{
    const dispatcher_t *f = wfp_class_check(L, 1, &fetcher_class);
    wfp_op_t op = { .kind = WFP_OP_DISPATCH };

    wfp_state_need_invocation(L);
    lua_settop(L, 3);
    op.what.binding = f->binding;
    read_dispatch(L, &op.what);
    wfp_api_make_request(L, 2);
    return wfp_api_send(L, &op, 4);
}

static const luaL_Reg dispatcher_methods[] = {
    { "get", l_dispatcher_get },
    { NULL, NULL },
};
static const luaL_Reg fetcher_methods[] = {
    { "fetch", l_fetcher_fetch },
    { NULL, NULL },
};
static const wfp_class_t dispatcher_class = {
    "DispatchNamespace", dispatcher_methods, NULL, NULL, NULL, NULL,
};
static const wfp_class_t fetcher_class = {
    "Fetcher", fetcher_methods, NULL, NULL, NULL, NULL,
};
