/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What Request and Response have in common: headers and a body that are lent
 * or made here, each turned into an object only when a script asks for it, so
 * that a message that passes through costs nothing.
 */
#include "lua_runtime/api/classes.h"
#include "lua_runtime/meter.h"
#include "lua_runtime/state.h"

/* [-0, +0, v] */
static wfp_payload_t *check(lua_State *L, int idx)
{
    wfp_payload_t *p = wfp_class_test(L, idx, &wfp_api_response_class);

    if (!p) {
        p = wfp_class_test(L, idx, &wfp_api_request_class);
    }
    if (!p) {
        wfp_api_error(L, "TypeError", NULL,
                      "Request or Response expected, got %s (call methods "
                      "with a colon)",
                      luaL_typename(L, idx));
    }
    wfp_api_check_generation(L, p->generation);
    return p;
}

void wfp_api_set_body(lua_State *L, int obj, wfp_payload_t *payload, int idx)
{
    switch (lua_type(L, idx)) {
    case LUA_TNIL:
    case LUA_TNONE:
        return;
    case LUA_TNUMBER:
    case LUA_TSTRING:
        lua_pushvalue(L, idx);
        (void)lua_tostring(L, -1);
        payload->type = "text/plain;charset=UTF-8";
        break;
    case LUA_TFUNCTION:
        lua_pushvalue(L, idx);
        wfp_api_make_body(L);
        break;
    default:
        if (wfp_api_is_body(L, idx)) {
            if (wfp_api_body_used(L, idx)) {
                wfp_api_error(L, "TypeError", NULL,
                              "Body has already been used");
            }
            lua_pushvalue(L, idx);
        }
        else if (wfp_api_params_text(L, idx)) {
            payload->type = "application/x-www-form-urlencoded;charset=UTF-8";
        }
        else if (!wfp_api_form_text(L, idx, &payload->type)) {
            wfp_api_error(L, "TypeError", NULL,
                          "body must be nil, a string, a body, a function, "
                          "FormData or URLSearchParams, got %s%s",
                          luaL_typename(L, idx),
                          lua_istable(L, idx)
                              ? " (Response.json and json.encode make JSON)"
                              : "");
        }
    }
    lua_setiuservalue(L, obj, WFP_PAYLOAD_BODY);
}

void wfp_api_set_headers(lua_State *L, int obj, int idx)
{
    wfp_payload_t *p = lua_touserdata(L, obj);

    if (lua_isnoneornil(L, idx)) {
        return;
    }
    p->headers = wfp_api_push_header_list(L, idx, p->type);
    p->listed = p->headers != NULL;
    if (!p->listed) {
        wfp_api_make_headers(L, idx);
        if (p->type) {
            wfp_api_default_header(L, -1, "content-type", p->type);
        }
    }
    p->type = NULL;
    lua_setiuservalue(L, obj, WFP_PAYLOAD_HEADERS);
}

/* [-0, +0, m] Somebody asks for the Headers object of what has but a list. */
static void make_listed(lua_State *L, int obj)
{
    wfp_payload_t *p = lua_touserdata(L, obj);

    lua_getiuservalue(L, obj, WFP_PAYLOAD_HEADERS);
    wfp_api_push_listed_headers(L, p->headers);
    p->headers = NULL;
    p->listed = 0;
    lua_setiuservalue(L, obj, WFP_PAYLOAD_HEADERS);
}

void wfp_api_share_headers(lua_State *L, int obj, int from)
{
    wfp_payload_t *p = lua_touserdata(L, obj);
    const wfp_payload_t *other = check(L, from);

    if (other->listed) {
        make_listed(L, from);
    }
    if (lua_getiuservalue(L, from, WFP_PAYLOAD_HEADERS) == LUA_TNIL) {
        lua_pop(L, 1);
        p->headers = other->headers;
        if (!p->headers && !p->type) {
            p->type = other->type;
        }
        else if (p->headers && wfp_headers_get(p->headers, "content-type")) {
            p->type = NULL;
        }
        return;
    }
    wfp_api_set_headers(L, obj, lua_gettop(L));
    lua_pop(L, 1);
}

void wfp_api_push_payload_headers(lua_State *L, int obj)
{
    wfp_payload_t *p = lua_touserdata(L, obj);

    if (p->listed) {
        make_listed(L, obj);
    }
    if (lua_getiuservalue(L, obj, WFP_PAYLOAD_HEADERS) != LUA_TNIL) {
        return;
    }
    lua_pop(L, 1);
    wfp_api_push_headers(L, p->headers, p->immutable);
    if (p->type) {
        wfp_api_default_header(L, -1, "content-type", p->type);
        p->type = NULL;
    }
    lua_pushvalue(L, -1);
    lua_setiuservalue(L, obj, WFP_PAYLOAD_HEADERS);
}

void wfp_api_push_payload_body(lua_State *L, int obj)
{
    wfp_payload_t *p = lua_touserdata(L, obj);

    lua_getiuservalue(L, obj, WFP_PAYLOAD_BODY);
    if (lua_type(L, -1) == LUA_TSTRING) {
        wfp_api_make_body(L);
    }
    else if (lua_isnil(L, -1) && p->body) {
        lua_pop(L, 1);
        wfp_api_push_body(L, p->body);
        if (wfp_class_test(L, obj, &wfp_api_response_class)) {
            lua_getiuservalue(L, obj, WFP_PAYLOAD_SIGNAL);
            wfp_api_set_body_signal(L, lua_gettop(L) - 1);
        }
    }
    else {
        return;
    }
    if (p->used) {
        /* handed on before: the new object must know */
        wfp_api_mark_taken(L, -1);
    }
    lua_pushvalue(L, -1);
    lua_setiuservalue(L, obj, WFP_PAYLOAD_BODY);
}

void wfp_api_share_body(lua_State *L, int obj, int from)
{
    wfp_api_push_payload_body(L, from);
    if (!lua_isnil(L, -1) && wfp_api_body_used(L, -1)) {
        wfp_api_error(L, "TypeError", NULL, "Body has already been used");
    }
    lua_setiuservalue(L, obj, WFP_PAYLOAD_BODY);
}

/* [-0, +0, -] */
static int is_used(lua_State *L, int obj)
{
    const wfp_payload_t *p = lua_touserdata(L, obj);
    int used = p->used || (p->body && p->body->used);

    lua_getiuservalue(L, obj, WFP_PAYLOAD_BODY);
    if (lua_type(L, -1) == LUA_TUSERDATA) {
        used = wfp_api_body_used(L, -1);
    }
    lua_pop(L, 1);
    return used;
}

wfp_headers_t *wfp_api_payload_core_headers(lua_State *L, int obj)
{
    wfp_payload_t *p = lua_touserdata(L, obj);
    wfp_isolate_t *iso = wfp_isolate_of(L);
    wfp_headers_t *h;

    if (p->listed) {
        return wfp_api_header_list_to_core(L, p->headers);
    }
    if (lua_getiuservalue(L, obj, WFP_PAYLOAD_HEADERS) != LUA_TNIL) {
        h = wfp_api_core_headers(L, lua_gettop(L));
        lua_pop(L, 1);
        return h;
    }
    lua_pop(L, 1);
    if (p->headers && !p->type) {
        return (wfp_headers_t *)p->headers;
    }
    if (p->headers) {
        wfp_api_push_payload_headers(L, obj);
        h = wfp_api_core_headers(L, lua_gettop(L));
        lua_pop(L, 1);
        return h;
    }
    wfp_meter_charge(iso, 256);
    wfp_meter_critical_begin(iso);
    h = wfp_headers_make(wfp_state_pool(L));
    if (p->type) {
        wfp_headers_addn(h, "content-type", p->type);
    }
    wfp_meter_critical_end(iso);
    return h;
}

wfp_body_t *wfp_api_payload_core_body(lua_State *L, int obj)
{
    wfp_payload_t *p = lua_touserdata(L, obj);
    wfp_body_t *body = p->body;

    switch (lua_getiuservalue(L, obj, WFP_PAYLOAD_BODY)) {
    case LUA_TUSERDATA:
        body = wfp_api_take_body(L, -1);
        break;
    case LUA_TSTRING:
        if (p->used) {
            wfp_api_error(L, "TypeError", NULL, "Body has already been used");
        }
        p->used = 1;
        body = wfp_api_string_body(L, lua_gettop(L));
        break;
    default:
        if (body && (p->used || body->used)) {
            wfp_api_error(L, "TypeError", NULL, "Body has already been used");
        }
        p->used = body != NULL;
        if (body) {
            body->handed_on = 1;
        }
    }
    lua_pop(L, 1);
    return body;
}

/* [-0, +1, v] wfp_ops_finish_fn: the Body, or nil, is at 2 */
static int give_text(lua_State *L, const wfp_op_t *op)
{
    (void)op;
    if (lua_isnil(L, 2)) {
        lua_pushliteral(L, "");
    }
    else {
        wfp_api_slurp_awaited(L, 2);
    }
    return 1;
}

/* [-0, +1, v] the same */
static int give_json(lua_State *L, const wfp_op_t *op)
{
    size_t n;
    const char *s;

    (void)give_text(L, op);
    s = lua_tolstring(L, -1, &n);
    wfp_api_json_decode(L, s, n);
    return 1;
}

/* [-0, +1, v] What finish makes of all bytes of the object at 1. */
static int take_bytes(lua_State *L, wfp_ops_finish_fn *finish)
{
    (void)check(L, 1);
    lua_settop(L, 1);
    wfp_api_push_payload_body(L, 1);
    return lua_isnil(L, 2) ? finish(L, NULL) : wfp_api_await_body(L, 2, finish);
}

/* [-0, +1, e] :text(), :bytes(), :arrayBuffer() */
static int l_payload_text(lua_State *L)
{
    return take_bytes(L, give_text);
}

/* [-0, +1, e] :json() */
static int l_payload_json(lua_State *L)
{
    return take_bytes(L, give_json);
}

/* [-0, +1, e] :formData() */
static int l_payload_form(lua_State *L)
{
    (void)check(L, 1);
    lua_settop(L, 1);
    wfp_api_push_payload_headers(L, 1);
    wfp_api_push_header(L, 2, "content-type");
    wfp_api_push_payload_body(L, 1);
    if (!lua_isnil(L, 4) && wfp_api_body_used(L, 4)) {
        wfp_api_error(L, "TypeError", NULL, "Body has already been used");
    }
    wfp_api_read_form(L, 3, 4);
    return 1;
}

/* [-0, +1, e] :clone() */
static int l_payload_clone(lua_State *L)
{
    (void)check(L, 1);
    lua_settop(L, 1);
    wfp_api_push_payload_body(L, 1);
    if (!lua_isnil(L, 2)) {
        wfp_api_tee_body(L, 2);
        lua_setiuservalue(L, 1, WFP_PAYLOAD_BODY);
        lua_replace(L, 2);
    }
    if (wfp_class_test(L, 1, &wfp_api_request_class)) {
        wfp_api_clone_request(L, 1);
    }
    else {
        wfp_api_clone_response(L, 1);
    }
    lua_pushvalue(L, 2);
    lua_setiuservalue(L, 3, WFP_PAYLOAD_BODY);
    return 1;
}

const luaL_Reg wfp_api_payload_methods[] = {
    { "text", l_payload_text },
    { "json", l_payload_json },
    { "bytes", l_payload_text },
    { "arrayBuffer", l_payload_text },
    { "formData", l_payload_form },
    { "clone", l_payload_clone },
    { NULL, NULL },
};

void *wfp_api_payload_new(lua_State *L, const wfp_class_t *cls, size_t size)
{
    wfp_payload_t *p = wfp_class_new(L, cls, size, WFP_PAYLOAD_VALUES);

    p->generation = wfp_state_generation(L);
    return p;
}

int wfp_api_payload_field(lua_State *L, int obj, int field)
{
    switch (field) {
    case WFP_PAYLOAD_FIELD_HEADERS:
        wfp_api_push_payload_headers(L, obj);
        return 1;
    case WFP_PAYLOAD_FIELD_BODY:
        wfp_api_push_payload_body(L, obj);
        return 1;
    case WFP_PAYLOAD_FIELD_BODY_USED:
        lua_pushboolean(L, is_used(L, obj));
        return 1;
    default:
        return 0;
    }
}
