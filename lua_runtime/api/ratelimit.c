/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ratelimit bindings: env.X:limit{key=}. What has been used is the host's to
 * know. It never waits, so it is no op, and no subrequest.
 */
#include "core/rate.h"
#include "lua_runtime/api/classes.h"
#include "lua_runtime/meter.h"
#include "lua_runtime/state.h"

typedef struct ratelimit_t {
    const wfp_binding_t *binding; /* lives as long as the isolate */
    wfp_rate_rule_t rule;
} ratelimit_t;

static const wfp_class_t ratelimit_class;

void wfp_api_push_ratelimit(lua_State *L, const wfp_binding_t *binding)
{
    ratelimit_t *r = wfp_class_new(L, &ratelimit_class, sizeof(*r), 0);

    r->binding = binding;
    if (!wfp_rate_read(&r->rule, binding->text)) {
        lua_pop(L, 1); /* none that was ever deployed */
        lua_pushnil(L);
    }
}

/* The account's Workers share what their namespace_id names; what a user Worker
 * uses is its own. */
static const char *owner_of(const wfp_script_t *script)
{
    return *script->ns ? script->id : "";
}

/* [-0, +1, e] ratelimit:limit{key=} */
static int l_ratelimit_limit(lua_State *L)
{
    const ratelimit_t *r = wfp_class_check(L, 1, &ratelimit_class);
    wfp_isolate_t *iso = wfp_isolate_of(L);
    wfp_rate_ask_t ask = { 0 };
    size_t n;
    int ok;

    wfp_state_need_invocation(L);
    lua_settop(L, 2);
    if (!lua_istable(L, 2)) {
        return wfp_api_error(L, "TypeError", NULL,
                             "limit: the options must be a table");
    }
    (void)wfp_class_raw(L, 2, "key");
    ask.key = wfp_class_text(L, 3, "limit: key", &n);
    if (n > WFP_RATE_KEY_MAX) {
        return wfp_api_error(L, "TypeError", NULL,
                             "limit: key is longer than %d bytes",
                             WFP_RATE_KEY_MAX);
    }
    ask.key_size = n;
    ask.owner = owner_of(wfp_state_script(L));
    ask.id = r->binding->target;
    ask.rule = r->rule;
    wfp_meter_host_begin(iso);
    ok = wfp_state_host(L)->limit(wfp_state_host_ctx(L), &ask);
    wfp_meter_host_end(iso);
    lua_createtable(L, 0, 1);
    lua_pushboolean(L, ok);
    lua_setfield(L, -2, "success");
    return 1;
}

static const luaL_Reg methods[] = {
    { "limit", l_ratelimit_limit },
    { NULL, NULL },
};
static const wfp_class_t ratelimit_class = {
    "RateLimit", methods, NULL, NULL, NULL, NULL,
};
