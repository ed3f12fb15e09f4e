/* SPDX-License-Identifier: Apache-2.0 */
/*
 * env: the bindings of a Worker. A view that cannot be assigned to, over a
 * table made once an isolate; an outbound Worker's parameters are laid over it
 * for one invocation.
 */
#include <apr_strings.h>
#include <apr_time.h>
#include <string.h>

#include "lua_runtime/api/classes.h"
#include "lua_runtime/state.h"

/* [-0, +1, m] {id=, tag=, timestamp=} */
static void push_version_of(lua_State *L, const wfp_script_t *script)
{
    apr_time_exp_t t;
    char text[40];

    (void)apr_time_exp_gmt(&t, script->created);
    apr_snprintf(text, sizeof(text), "%04d-%02d-%02dT%02d:%02d:%02d.%03dZ",
                 t.tm_year + 1900, t.tm_mon + 1, t.tm_mday, t.tm_hour, t.tm_min,
                 t.tm_sec, t.tm_usec / 1000);
    lua_createtable(L, 0, 3);
    lua_pushstring(L, script->version_id);
    lua_setfield(L, -2, "id");
    lua_pushstring(L, script->version_tag);
    lua_setfield(L, -2, "tag");
    lua_pushstring(L, text);
    lua_setfield(L, -2, "timestamp");
    wfp_class_readonly(L);
}

/* [-0, +1, m] */
static void push_text(lua_State *L, const wfp_binding_t *b)
{
    lua_pushlstring(L, b->text ? b->text : "", b->text_size);
}

/* [-0, +1, e] */
static void push_json(lua_State *L, const wfp_binding_t *b)
{
    wfp_api_json_decode(L, b->text, b->text_size);
}

/* [-0, +1, m] */
static void push_version(lua_State *L, const wfp_binding_t *b)
{
    push_version_of(L, wfp_state_script(L));
}

/* [-0, +1, e] Each makes what a kind is in `env`. */
static void (*const push[WFP_BINDING_KIND_COUNT])(lua_State *L,
                                                  const wfp_binding_t *b) = {
    [WFP_BINDING_PLAIN_TEXT] = push_text,
    [WFP_BINDING_SECRET_TEXT] = push_text,
    [WFP_BINDING_JSON] = push_json,
    [WFP_BINDING_SERVICE] = wfp_api_push_service,
    [WFP_BINDING_DISPATCH_NAMESPACE] = wfp_api_push_dispatcher,
    [WFP_BINDING_VERSION_METADATA] = push_version,
    [WFP_BINDING_KV_NAMESPACE] = wfp_api_push_kv,
    [WFP_BINDING_D1] = wfp_api_push_d1,
    [WFP_BINDING_QUEUE] = wfp_api_push_queue,
    [WFP_BINDING_R2_BUCKET] = wfp_api_push_r2,
    [WFP_BINDING_RATELIMIT] = wfp_api_push_ratelimit,
    [WFP_BINDING_ANALYTICS] = wfp_api_push_analytics,
    [WFP_BINDING_ASSETS] = wfp_api_push_assets,
};

void wfp_api_push_env(lua_State *L)
{
    const wfp_script_t *script = wfp_state_script(L);
    int i;

    luaL_checkstack(L, 20, NULL);
    lua_createtable(L, 0, script->bindings->nelts);
    for (i = 0; i < script->bindings->nelts; i++) {
        const wfp_binding_t *b = &APR_ARRAY_IDX(script->bindings, i,
                                                wfp_binding_t);

        if ((unsigned)b->kind < WFP_BINDING_KIND_COUNT) {
            push[b->kind](L, b);
        }
        else {
            lua_pushnil(L);
        }
        lua_setfield(L, -2, b->name);
    }
    wfp_class_readonly(L);
}

void wfp_api_push_env_with_params(lua_State *L, int idx)
{
    const apr_array_header_t *params = wfp_state_params(L);
    int i, t;

    luaL_checkstack(L, 20, NULL);
    idx = lua_absindex(L, idx);
    lua_newtable(L);
    t = lua_gettop(L);
    if (wfp_class_unwrap(L, idx)) {
        for (lua_pushnil(L); lua_next(L, t + 1);) {
            lua_pushvalue(L, -2);
            lua_insert(L, -2);
            lua_rawset(L, t);
        }
        lua_settop(L, t);
    }
    for (i = 0; params && i < params->nelts; i++) {
        const wfp_param_t *p = &APR_ARRAY_IDX(params, i, wfp_param_t);

        if (p->value) {
            lua_pushstring(L, p->value);
            lua_setfield(L, t, p->name);
        }
    }
    wfp_class_readonly(L);
}
