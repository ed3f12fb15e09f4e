/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Body: the bytes of a Request or Response. Their source is a Lua string, a
 * Lua function that gives chunks, or a lent wfp_body_t, which streams. A body
 * that is passed on unread is handed over as it is; read here, its bytes come
 * into the arena and count against the isolate's memory (body_read.c).
 */
#include "lua_runtime/api/body.h"

#include "lua_runtime/meter.h"
#include "lua_runtime/ops.h"
#include "lua_runtime/state.h"

static const wfp_class_t body_class;

wfp_api_body_t *wfp_api_check_body(lua_State *L, int idx)
{
    wfp_api_body_t *b = wfp_class_check(L, idx, &body_class);

    wfp_api_check_generation(L, b->generation);
    return b;
}

int wfp_api_is_body(lua_State *L, int idx)
{
    return wfp_class_test(L, idx, &body_class) != NULL;
}

int wfp_api_body_used(lua_State *L, int idx)
{
    const wfp_api_body_t *b = wfp_api_check_body(L, idx);

    return b->state != WFP_API_BODY_FRESH || (b->lent && b->lent->used);
}

void wfp_api_mark_taken(lua_State *L, int idx)
{
    wfp_api_body_t *b = lua_touserdata(L, idx);

    b->state = WFP_API_BODY_TAKEN;
}

void wfp_api_need_fresh_body(lua_State *L, int idx)
{
    if (wfp_api_body_used(L, idx)) {
        wfp_api_error(L, "TypeError", NULL, "Body has already been used");
    }
}

void wfp_api_push_body(lua_State *L, wfp_body_t *lent)
{
    wfp_api_body_t *b = wfp_class_new(L, &body_class, sizeof(*b),
                                      WFP_API_BODY_VALUES);

    b->lent = lent;
    b->generation = wfp_state_generation(L);
}

void wfp_api_make_body(lua_State *L)
{
    wfp_api_body_t *b = wfp_class_new(L, &body_class, sizeof(*b),
                                      WFP_API_BODY_VALUES);

    b->generation = wfp_state_generation(L);
    lua_insert(L, -2);
    lua_setiuservalue(L, -2, lua_type(L, -1) == LUA_TFUNCTION ? 1 : 2);
}

/* [-0, +0, -] The value i of the Body at idx becomes one of that on the top. */
static void copy_value(lua_State *L, int idx, int i)
{
    lua_getiuservalue(L, idx, i);
    lua_setiuservalue(L, -2, i);
}

void wfp_api_move_body(lua_State *L, int idx)
{
    wfp_api_body_t *from = wfp_api_check_body(L, idx), *to;

    wfp_api_need_fresh_body(L, idx);
    idx = lua_absindex(L, idx);
    to = wfp_class_new(L, &body_class, sizeof(*to), WFP_API_BODY_VALUES);
    *to = *from;
    from->state = WFP_API_BODY_TAKEN;
    copy_value(L, idx, 1);
    copy_value(L, idx, 2);
    copy_value(L, idx, WFP_API_BODY_SIGNAL);
}

/* [-0, +2, m] two Bodies of the string at user value 2 */
static void share_string(lua_State *L, int idx)
{
    lua_getiuservalue(L, idx, 2);
    wfp_api_make_body(L);
    lua_getiuservalue(L, idx, 2);
    wfp_api_make_body(L);
}

void wfp_api_tee_body(lua_State *L, int idx)
{
    wfp_api_body_t *b = wfp_api_check_body(L, idx);
    wfp_body_t *one, *two;
    int is_function;

    wfp_api_need_fresh_body(L, idx);
    idx = lua_absindex(L, idx);
    is_function = lua_getiuservalue(L, idx, 1) != LUA_TNIL;
    lua_pop(L, 1);
    if (!b->lent && !is_function) {
        b->state = WFP_API_BODY_TAKEN;
        share_string(L, idx);
        return;
    }
    wfp_state_split_body(L, &one, &two, wfp_api_take_body(L, idx));
    wfp_api_push_body(L, one);
    copy_value(L, idx, WFP_API_BODY_SIGNAL);
    wfp_api_push_body(L, two);
    copy_value(L, idx, WFP_API_BODY_SIGNAL);
}

/* [-0, +2, e] body:tee() */
static int l_body_tee(lua_State *L)
{
    wfp_api_tee_body(L, 1);
    return 2;
}

/* [-0, +1, -] upvalue 1: the string, given once */
static int l_give_once(lua_State *L)
{
    lua_settop(L, 0);
    lua_pushvalue(L, lua_upvalueindex(1));
    lua_pushnil(L);
    lua_replace(L, lua_upvalueindex(1));
    return 1;
}

wfp_body_t *wfp_api_string_body(lua_State *L, int idx)
{
    wfp_isolate_t *iso = wfp_isolate_of(L);
    wfp_body_t *body;
    size_t n;
    const char *s = lua_tolstring(L, idx, &n);
    char *copy;

    if (n > 16 * WFP_BODY_CHUNK
        && !(wfp_ops_run_beside(L) && n < wfp_meter_free_bytes(iso) / 2)) {
        /* a second copy might not fit: send it from where it is, which only
         * this thread can */
        lua_pushvalue(L, idx);
        lua_pushcclosure(L, l_give_once, 1);
        body = wfp_state_function_body(L, luaL_ref(L, LUA_REGISTRYINDEX));
        body->length = (apr_off_t)n;
        return body;
    }
    copy = wfp_meter_copy(iso, s, n);
    wfp_meter_charge(iso, sizeof(*body) + 64);
    wfp_meter_critical_begin(iso);
    body = wfp_body_mem(copy, n, wfp_state_pool(L));
    wfp_meter_critical_end(iso);
    return body;
}

wfp_body_t *wfp_api_take_body(lua_State *L, int idx)
{
    wfp_api_body_t *b = wfp_api_check_body(L, idx);
    wfp_body_t *body;

    wfp_api_need_fresh_body(L, idx);
    b->state = WFP_API_BODY_TAKEN;
    if (b->lent) {
        b->lent->handed_on = 1;
        return b->lent;
    }
    if (lua_getiuservalue(L, idx, 1) != LUA_TNIL) {
        return wfp_state_function_body(L, luaL_ref(L, LUA_REGISTRYINDEX));
    }
    lua_pop(L, 1);
    lua_getiuservalue(L, idx, 2);
    body = wfp_api_string_body(L, lua_gettop(L));
    lua_pop(L, 1);
    return body;
}

static const luaL_Reg methods[] = {
    { "read", wfp_api_body_read },
    { "chunks", wfp_api_body_chunks },
    { "tee", l_body_tee },
    { "cancel", wfp_api_body_cancel },
    { NULL, NULL },
};
static const wfp_class_t body_class = {
    "Body", methods, NULL, NULL, NULL, NULL,
};
