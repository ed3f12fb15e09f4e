/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Response. Either a handle of a response that the host gave (headers and body
 * lent) or one that the script made, which becomes a wfp_response_t in the
 * request's pool when a handler returns it.
 */
#include "lua_runtime/api/classes.h"
#include "lua_runtime/meter.h"
#include "lua_runtime/state.h"

typedef struct response_t {
    wfp_payload_t payload;
    wfp_response_t *core; /* as the host gave it; NULL: made here */
    int status;
    int error; /* Response.error() */
} response_t;

enum {
    FIELD_STATUS = WFP_PAYLOAD_FIELD_MORE,
    FIELD_STATUS_TEXT,
    FIELD_OK,
    FIELD_REDIRECTED,
    FIELD_URL
};
static const char *const fields[] = {
    WFP_PAYLOAD_FIELDS, "status", "statusText", "ok", "redirected", "url", NULL,
};

/* [-0, +0, v] */
static response_t *check(lua_State *L, int idx)
{
    response_t *r = wfp_class_check(L, idx, &wfp_api_response_class);

    wfp_api_check_generation(L, r->payload.generation);
    return r;
}

void wfp_api_push_response(lua_State *L, wfp_response_t *resp)
{
    response_t *r = wfp_api_payload_new(L, &wfp_api_response_class, sizeof(*r));

    r->payload.headers = resp->headers;
    r->payload.body = resp->body;
    r->core = resp;
    r->status = resp->status;
}

/* [-0, +1, m] */
static void push_status_text(lua_State *L, int idx, const response_t *r)
{
    if (lua_getiuservalue(L, idx, WFP_PAYLOAD_TEXT) == LUA_TNIL) {
        lua_pop(L, 1);
        lua_pushstring(L, r->core ? r->core->status_text : "");
    }
}

/* [-0, +1, e] */
static int l_response_index(lua_State *L)
{
    int id = wfp_class_field(L);
    const response_t *r;

    if (id == 0) {
        return 1;
    }
    r = check(L, 1);
    if (wfp_api_payload_field(L, 1, id)) {
        return 1;
    }
    switch (id) {
    case FIELD_STATUS:
        lua_pushinteger(L, r->status);
        break;
    case FIELD_STATUS_TEXT:
        push_status_text(L, 1, r);
        break;
    case FIELD_OK:
        lua_pushboolean(L, r->status >= 200 && r->status <= 299);
        break;
    case FIELD_REDIRECTED:
        lua_pushboolean(L, r->core && r->core->redirected);
        break;
    default:
        lua_pushstring(L, r->core && r->core->url ? r->core->url : "");
    }
    return 1;
}

/* [-0, +0, v] init.status of the value on the top */
static int check_status(lua_State *L)
{
    int ok;
    lua_Integer status = lua_tointegerx(L, -1, &ok);

    if (!ok) {
        wfp_api_error(L, "TypeError", NULL, "status must be a whole number");
    }
    if (status == 101) {
        wfp_api_error(L, "RangeError", NULL,
                      "Responses with status 101 need an upgraded connection");
    }
    if (status < 200 || status > 599) {
        wfp_api_error(L, "RangeError", NULL,
                      "Responses must have a status from 200 to 599");
    }
    return (int)status;
}

/* [-0, +0, v] statusText: what may stand in a status line */
static void check_status_text(lua_State *L)
{
    size_t n, i;
    const char *s = wfp_class_text(L, -1, "statusText", &n);

    for (i = 0; i < n; i++) {
        unsigned char c = (unsigned char)s[i];

        if ((c < 0x20 && c != '\t') || c == 0x7f) {
            wfp_api_error(L, "TypeError", NULL, "Invalid statusText");
        }
    }
}

/* [-0, +0, v] init is a table or a Response */
static void apply_init(lua_State *L, response_t *r, int obj, int init)
{
    if (wfp_class_test(L, init, &wfp_api_response_class)) {
        const response_t *other = check(L, init);

        r->status = other->status;
        push_status_text(L, init, other);
        lua_setiuservalue(L, obj, WFP_PAYLOAD_TEXT);
        wfp_api_share_headers(L, obj, init);
        return;
    }
    if (lua_type(L, init) != LUA_TTABLE) {
        wfp_api_error(L, "TypeError", NULL,
                      "init must be a table or a Response, got %s",
                      luaL_typename(L, init));
    }
    if (wfp_class_raw(L, init, "status") != LUA_TNIL) {
        r->status = check_status(L);
    }
    if (wfp_class_raw(L, init, "statusText") != LUA_TNIL) {
        check_status_text(L);
        lua_pushvalue(L, -1);
        lua_setiuservalue(L, obj, WFP_PAYLOAD_TEXT);
    }
    if (wfp_class_raw(L, init, "headers") != LUA_TNIL) {
        wfp_api_set_headers(L, obj, lua_gettop(L));
    }
    lua_pop(L, 3);
}

/* [-0, +1, m] */
static response_t *push_new(lua_State *L)
{
    response_t *r = wfp_api_payload_new(L, &wfp_api_response_class, sizeof(*r));

    r->status = 200;
    return r;
}

/* [-0, +1, e] Push a Response of body and init in slots 1 and 2; type: its
 * default content type, NULL: by the kind of body. */
static void push_made(lua_State *L, const char *type)
{
    response_t *r = push_new(L);
    int obj = lua_gettop(L);

    wfp_api_set_body(L, obj, &r->payload, 1);
    if (type) {
        r->payload.type = type;
    }
    if (!lua_isnoneornil(L, 2)) {
        apply_init(L, r, obj, 2);
    }
    if (!lua_isnil(L, 1) && !wfp_response_may_have_body(r->status)) {
        wfp_api_error(L, "TypeError", NULL,
                      "Response with null body status cannot have body");
    }
}

/* [-0, +1, e] Response.new(body?, init?) */
static int l_response_new(lua_State *L)
{
    lua_settop(L, 2);
    push_made(L, NULL);
    return 1;
}

/* [-0, +1, e] Response.json(value, init?) */
static int l_response_json(lua_State *L)
{
    luaL_checkany(L, 1);
    lua_settop(L, 2);
    (void)wfp_api_json_encode(L, 1, NULL);
    lua_replace(L, 1);
    push_made(L, "application/json");
    return 1;
}

/* [-0, +1, e] Response.redirect(url, status?) */
static int l_response_redirect(lua_State *L)
{
    response_t *r;
    lua_Integer status = 302;
    size_t n;
    const char *s;
    int ok = 1;

    lua_settop(L, 2);
    if (!lua_isnil(L, 2)) {
        status = lua_tointegerx(L, 2, &ok);
    }
    if (!ok
        || (status != 301 && status != 302 && status != 303 && status != 307
            && status != 308)) {
        return wfp_api_error(L, "RangeError", NULL,
                             "Invalid redirect status: 301, 302, 303, 307 or "
                             "308");
    }
    if (!wfp_api_url_href(L, 1)) {
        s = wfp_class_text(L, 1, "Response.redirect: the URL", &n);
        wfp_api_push_href(L, s, n, NULL);
    }
    r = push_new(L);
    r->status = (int)status;
    wfp_api_push_headers(L, NULL, 0);
    lua_pushvalue(L, -3);
    wfp_api_default_header(L, -2, "location", lua_tostring(L, -1));
    lua_pop(L, 1);
    lua_setiuservalue(L, -2, WFP_PAYLOAD_HEADERS);
    return 1;
}

/* [-0, +1, m] Response.error() */
static int l_response_error(lua_State *L)
{
    response_t *r = push_new(L);

    r->status = 0;
    r->error = 1;
    return 1;
}

void wfp_api_clone_response(lua_State *L, int idx)
{
    const response_t *other = check(L, idx);
    response_t *r = push_new(L);
    int obj = lua_gettop(L);

    r->core = other->core;
    r->status = other->status;
    r->error = other->error;
    push_status_text(L, idx, other);
    lua_setiuservalue(L, obj, WFP_PAYLOAD_TEXT);
    wfp_api_share_headers(L, obj, idx);
}

/* [-0, +1, m] The status text in the invocation's pool. */
static const char *core_status_text(lua_State *L, int idx, const response_t *r)
{
    const char *text = NULL, *s;
    size_t n;

    if (lua_getiuservalue(L, idx, WFP_PAYLOAD_TEXT) == LUA_TSTRING
        && lua_rawlen(L, -1) > 0) {
        s = lua_tolstring(L, -1, &n);
        text = wfp_meter_copy(wfp_isolate_of(L), s, n);
    }
    else if (r->core) {
        text = r->core->status_text;
    }
    lua_pop(L, 1);
    return text;
}

/* [-0, +0, e] A plain table whose body is text becomes what Response.new() makes
   of it; anything else stays. */
static void make_of_table(lua_State *L, int idx)
{
    int top = lua_gettop(L);

    if (lua_type(L, idx) == LUA_TTABLE && !lua_getmetatable(L, idx)) {
        lua_pushcfunction(L, l_response_new);
        if (wfp_class_raw(L, idx, "body") == LUA_TSTRING) {
            lua_pushvalue(L, idx);
            lua_call(L, 2, 1);
            lua_replace(L, idx);
        }
    }
    lua_settop(L, top);
}

int wfp_api_to_response(wfp_response_t **presp, lua_State *L, int idx)
{
    response_t *r;
    wfp_isolate_t *iso = wfp_isolate_of(L);
    wfp_response_t *out;
    wfp_headers_t *headers;
    wfp_body_t *body;
    const char *text;

    idx = lua_absindex(L, idx);
    make_of_table(L, idx);
    r = wfp_class_test(L, idx, &wfp_api_response_class);
    if (!r || r->error) {
        return 0;
    }
    wfp_api_check_generation(L, r->payload.generation);
    luaL_checkstack(L, 20, NULL);
    body = wfp_api_payload_core_body(L, idx);
    headers = wfp_api_payload_core_headers(L, idx);
    if (r->core && r->core->headers == headers && r->core->body == body) {
        *presp = r->core;
        return 1;
    }
    text = core_status_text(L, idx, r);
    wfp_meter_charge(iso, sizeof(*out) + 128);
    wfp_meter_critical_begin(iso);
    out = wfp_response_make(r->status, wfp_state_pool(L));
    if (text && *text) {
        out->status_text = text;
    }
    out->headers = headers;
    out->body = body;
    if (r->core) {
        out->url = r->core->url;
        out->redirected = r->core->redirected;
    }
    wfp_meter_critical_end(iso);
    *presp = out;
    return 1;
}

static const luaL_Reg statics[] = {
    { "json", l_response_json },
    { "redirect", l_response_redirect },
    { "error", l_response_error },
    { NULL, NULL },
};
const wfp_class_t wfp_api_response_class = {
    "Response", wfp_api_payload_methods, fields, l_response_index, NULL, NULL,
};

void wfp_api_open_response(lua_State *L)
{
    wfp_class_global(L, "Response", l_response_new, statics);
}
