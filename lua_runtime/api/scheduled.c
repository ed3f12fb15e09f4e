/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The controller of `scheduled`: which schedule, and when it was due. It is
 * lent: the tick is the host's, for this invocation only.
 */
#include "lua_runtime/api/classes.h"
#include "lua_runtime/meter.h"
#include "lua_runtime/state.h"

typedef struct controller_t {
    wfp_scheduled_t *tick;
    apr_uint32_t generation;
} controller_t;

static const wfp_class_t controller_class;

/* [-0, +0, v] */
static controller_t *check(lua_State *L)
{
    controller_t *c = wfp_class_check(L, 1, &controller_class);

    wfp_api_check_generation(L, c->generation);
    wfp_state_need_invocation(L);
    return c;
}

void wfp_api_push_scheduled(lua_State *L, wfp_scheduled_t *tick)
{
    controller_t *c = wfp_class_new(L, &controller_class, sizeof(*c), 0);

    c->tick = tick;
    c->generation = wfp_state_generation(L);
}

/* [-0, +1, e] */
static int l_controller_index(lua_State *L)
{
    int field = wfp_class_field(L);
    const controller_t *c;

    if (field == 0) {
        return 1;
    }
    c = check(L);
    if (field == 1) {
        lua_pushstring(L, c->tick->cron);
    }
    else if (field == 2) {
        lua_pushinteger(L, c->tick->time_ms);
    }
    else {
        lua_pushliteral(L, "scheduled");
    }
    return 1;
}

/* [-0, +0, e] controller:noRetry() */
static int l_controller_no_retry(lua_State *L)
{
    const wfp_scheduled_t *tick = check(L)->tick;
    wfp_isolate_t *iso = wfp_isolate_of(L);

    wfp_meter_host_begin(iso);
    tick->no_retry(tick->baton);
    wfp_meter_host_end(iso);
    return 0;
}

static const char *const fields[] = { "cron", "scheduledTime", "type", NULL };
static const luaL_Reg methods[] = {
    { "noRetry", l_controller_no_retry },
    { NULL, NULL },
};
static const wfp_class_t controller_class = {
    "ScheduledController", methods, fields, l_controller_index, NULL, NULL,
};
