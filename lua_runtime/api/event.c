/* SPDX-License-Identifier: Apache-2.0 */
/* Which handler an event is for, and what it gets. */
#include "lua_runtime/api/classes.h"

const char *wfp_api_handler_name(const wfp_event_t *event)
{
    switch (event->kind) {
    case WFP_EVENT_QUEUE:
        return "queue";
    case WFP_EVENT_TAIL:
        return "tail";
    case WFP_EVENT_SCHEDULED:
    default:
        return "scheduled";
    }
}

/* [-0, +1, -] request:getUnredacted(); upvalue: what it gives */
static int l_unredacted(lua_State *L)
{
    lua_pushvalue(L, lua_upvalueindex(1));
    return 1;
}

/* [-1, +0, m] Give the request at idx its method; the table on the top is what it
 * gives. In a metatable, so that JSON of it, or a copy, has data only. */
static void set_unredacted(lua_State *L, int idx)
{
    lua_createtable(L, 0, 2);
    lua_pushboolean(L, 0);
    lua_setfield(L, -2, "__metatable");
    lua_createtable(L, 0, 1);
    lua_rotate(L, -3, -1);
    lua_pushcclosure(L, l_unredacted, 1);
    lua_setfield(L, -2, "getUnredacted");
    lua_setfield(L, -2, "__index");
    lua_setmetatable(L, idx);
}

/* [-0, +0, m] One event, at idx. */
static void finish_tail(lua_State *L, int idx)
{
    int request = idx + 2;

    if (wfp_class_raw(L, idx, "event") == LUA_TTABLE
        && wfp_class_raw(L, idx + 1, "request") == LUA_TTABLE) {
        if (wfp_class_raw(L, idx, WFP_TAIL_OPEN) != LUA_TTABLE) {
            lua_pop(L, 1);
            lua_pushvalue(L, request);
        }
        set_unredacted(L, request);
        lua_pushnil(L);
        lua_setfield(L, idx, WFP_TAIL_OPEN);
    }
    lua_settop(L, idx);
}

/* [-0, +1, m] */
static void push_tail(lua_State *L, const wfp_tail_batch_t *batch)
{
    int events, i;

    luaL_checkstack(L, 20, NULL);
    wfp_api_push_plain_json(L, batch->text, batch->n);
    events = lua_gettop(L);
    for (i = 1; lua_rawgeti(L, events, i) == LUA_TTABLE; i++) {
        finish_tail(L, events + 1);
        lua_pop(L, 1);
    }
    lua_settop(L, events);
}

void wfp_api_push_event(lua_State *L, const wfp_event_t *event)
{
    switch (event->kind) {
    case WFP_EVENT_QUEUE:
        wfp_api_push_queue_batch(L, event->batch);
        break;
    case WFP_EVENT_TAIL:
        push_tail(L, event->tail);
        break;
    case WFP_EVENT_SCHEDULED:
    default:
        wfp_api_push_scheduled(L, event->scheduled);
    }
}
