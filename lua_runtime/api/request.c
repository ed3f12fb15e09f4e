/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Request. Either a handle of the request that the host gave (immutable, its
 * fields read from it) or one that the script made, which becomes a
 * wfp_request_t in the request's pool when it is sent.
 */
#include <string.h>

#include "lua_runtime/api/classes.h"
#include "lua_runtime/meter.h"
#include "lua_runtime/state.h"

typedef struct request_t {
    wfp_payload_t payload;
    wfp_request_t *core; /* as the host gave it; NULL: made here */
    wfp_redirect_e redirect;
    apr_int64_t timeout_ms;
    int decompress; /* the answer to fetch() */
} request_t;

static const char *const redirects[] = { "follow", "manual", "error", NULL };

enum {
    FIELD_METHOD = WFP_PAYLOAD_FIELD_MORE,
    FIELD_URL,
    FIELD_REDIRECT,
    FIELD_SIGNAL,
    FIELD_CF
};
static const char *const fields[] = {
    WFP_PAYLOAD_FIELDS, "method", "url", "redirect", "signal", "cf", NULL,
};

/* [-0, +0, v] */
static request_t *check(lua_State *L, int idx)
{
    request_t *r = wfp_class_check(L, idx, &wfp_api_request_class);

    wfp_api_check_generation(L, r->payload.generation);
    return r;
}

void wfp_api_push_request(lua_State *L, wfp_request_t *req)
{
    request_t *r = wfp_api_payload_new(L, &wfp_api_request_class, sizeof(*r));

    r->payload.immutable = 1;
    r->payload.headers = req->headers;
    r->payload.body = req->body;
    r->core = req;
    r->redirect = req->redirect;
    r->timeout_ms = req->timeout_ms;
}

/* [-0, +1, m] */
static void set_member(lua_State *L, const char *key, const char *value)
{
    if (value) {
        lua_pushstring(L, value);
        lua_setfield(L, -2, key);
    }
}

#define HOST_METADATA "hostMetadata"

/* Ask the host. *ptext NULL: there is none, or (quiet) it cannot say */
static void ask_metadata(const char **ptext, lua_State *L, const wfp_cf_t *cf,
                         int quiet)
{
    wfp_isolate_t *iso = wfp_isolate_of(L);
    wfp_result_t res;
    apr_status_t rv;

    *ptext = NULL;
    if (!wfp_state_host(L)->host_metadata) {
        return;
    }
    wfp_meter_host_begin(iso);
    wfp_result_init(&res, wfp_state_pool(L));
    rv = wfp_state_host(L)->host_metadata(ptext, wfp_state_host_ctx(L), cf,
                                          &res);
    wfp_meter_host_end(iso);
    if (rv != APR_SUCCESS && !quiet) {
        wfp_api_raise(L, &res);
    }
}

/* [-0, +0, v] (cf's table, key or nil): what asks the table of hostnames comes
 * when it is asked for. Upvalues: the host's facts, generation, is it there? */
static int l_cf_later(lua_State *L)
{
    const wfp_cf_t *cf = lua_touserdata(L, lua_upvalueindex(1));
    apr_uint32_t generation = (apr_uint32_t)lua_tointeger(L,
                                                          lua_upvalueindex(2));
    int quiet = lua_isnil(L, 2);
    const char *text;

    if (lua_toboolean(L, lua_upvalueindex(3))
        || (!quiet
            && (lua_type(L, 2) != LUA_TSTRING
                || strcmp(lua_tostring(L, 2), HOST_METADATA) != 0))
        || (quiet && generation != wfp_state_generation(L))) {
        return 0;
    }
    wfp_api_check_generation(L, generation);
    ask_metadata(&text, L, cf, quiet);
    if (text) {
        wfp_meter_charge(wfp_isolate_of(L), strlen(text));
        wfp_api_json_decode(L, text, strlen(text));
        if (lua_type(L, -1) == LUA_TTABLE) {
            wfp_class_readonly(L);
            lua_setfield(L, 1, HOST_METADATA);
        }
    }
    lua_pushboolean(L, text || !quiet);
    lua_replace(L, lua_upvalueindex(3));
    return 0;
}

/* [-0, +1, m] what only trusted Workers see of the client */
static void push_cf(lua_State *L, const request_t *r)
{
    const wfp_cf_t *cf = r->core ? r->core->cf : NULL;

    if (!cf || !wfp_state_is_trusted(L)) {
        lua_pushnil(L);
        return;
    }
    if (lua_getiuservalue(L, 1, WFP_PAYLOAD_CF) != LUA_TNIL) {
        return;
    }
    lua_createtable(L, 0, 5);
    set_member(L, "clientIp", cf->client_ip);
    set_member(L, "httpProtocol", cf->http_protocol);
    set_member(L, "tlsVersion", cf->tls_version);
    set_member(L, "tlsCipher", cf->tls_cipher);
    lua_pushlightuserdata(L, (void *)cf);
    lua_pushinteger(L, (lua_Integer)r->payload.generation);
    lua_pushboolean(L, 0);
    lua_pushcclosure(L, l_cf_later, 3);
    wfp_class_readonly_later(L);
    lua_pushvalue(L, -1);
    lua_setiuservalue(L, 1, WFP_PAYLOAD_CF);
}

/* [-0, +1, m] Push url or method: the script's own, else the host's. */
static void push_own(lua_State *L, int idx, int value, const char *given)
{
    if (lua_getiuservalue(L, idx, value) == LUA_TNIL && given) {
        lua_pop(L, 1);
        lua_pushstring(L, given);
        lua_pushvalue(L, -1);
        lua_setiuservalue(L, idx, value);
    }
}

/* [-0, +1, e] */
static int l_request_index(lua_State *L)
{
    int id = wfp_class_field(L);
    const request_t *r;

    if (id == 0) {
        return 1;
    }
    r = check(L, 1);
    if (wfp_api_payload_field(L, 1, id)) {
        return 1;
    }
    switch (id) {
    case FIELD_METHOD:
        push_own(L, 1, WFP_PAYLOAD_MORE, r->core ? r->core->method : "GET");
        break;
    case FIELD_URL:
        push_own(L, 1, WFP_PAYLOAD_TEXT, r->core ? r->core->url : NULL);
        break;
    case FIELD_REDIRECT:
        lua_pushstring(L, redirects[r->redirect]);
        break;
    case FIELD_SIGNAL:
        if (lua_getiuservalue(L, 1, WFP_PAYLOAD_SIGNAL) == LUA_TNIL) {
            wfp_api_push_signal(L);
            lua_pushvalue(L, -1);
            lua_setiuservalue(L, 1, WFP_PAYLOAD_SIGNAL);
        }
        break;
    default:
        push_cf(L, r);
    }
    return 1;
}

/* [-0, +0, -] Are these the same bytes without case? */
static int is_word(const char *s, size_t n, const char *word)
{
    return n == strlen(word) && strncasecmp(s, word, n) == 0;
}

/* [-0, +1, v] Push the method at idx as it is sent. */
static void push_method(lua_State *L, int idx)
{
    static const char *const upper[] = { "DELETE", "GET", "HEAD", "OPTIONS",
                                         "POST",   "PUT", NULL };
    static const char *const refused[] = { "CONNECT", "TRACE", "TRACK", NULL };
    size_t n;
    const char *s = wfp_class_text(L, idx, "method", &n);
    int i;

    if (!wfp_headers_is_name(s, n)) {
        wfp_api_error(L, "TypeError", NULL, "Invalid method");
    }
    for (i = 0; refused[i]; i++) {
        if (is_word(s, n, refused[i])) {
            wfp_api_error(L, "TypeError", NULL, "Method %s is not allowed",
                          refused[i]);
        }
    }
    for (i = 0; upper[i]; i++) {
        if (is_word(s, n, upper[i])) {
            lua_pushstring(L, upper[i]);
            return;
        }
    }
    lua_pushvalue(L, idx);
}

/* [-0, +0, v] init.decompress and init.signal */
static void init_answer(lua_State *L, int obj, int init)
{
    request_t *r = lua_touserdata(L, obj);

    if (wfp_class_raw(L, init, "decompress") != LUA_TNIL) {
        if (!lua_isboolean(L, -1)) {
            wfp_api_error(L, "TypeError", NULL,
                          "decompress must be a boolean, got %s",
                          luaL_typename(L, -1));
        }
        r->decompress = lua_toboolean(L, -1);
    }
    if (wfp_class_raw(L, init, "signal") != LUA_TNIL) {
        if (!wfp_api_is_signal(L, -1)) {
            wfp_api_error(L, "TypeError", NULL,
                          "signal must be an AbortSignal, got %s",
                          luaL_typename(L, -1));
        }
        lua_pushvalue(L, -1);
        lua_setiuservalue(L, obj, WFP_PAYLOAD_SIGNAL);
    }
    lua_pop(L, 2);
}

/* [-0, +0, v] init.redirect and init.timeout */
static void init_options(lua_State *L, int obj, int init)
{
    request_t *r = lua_touserdata(L, obj);
    int ok, i;

    if (wfp_class_raw(L, init, "redirect") != LUA_TNIL) {
        const char *s = wfp_class_text(L, -1, "redirect", NULL);

        for (i = 0; redirects[i] && strcmp(redirects[i], s) != 0; i++) {
        }
        if (!redirects[i]) {
            wfp_api_error(L, "TypeError", NULL,
                          "redirect must be follow, manual or error");
        }
        r->redirect = (wfp_redirect_e)i;
    }
    if (wfp_class_raw(L, init, "timeout") != LUA_TNIL) {
        r->timeout_ms = lua_tointegerx(L, -1, &ok);
        if (!ok || r->timeout_ms < 1) {
            wfp_api_error(L, "TypeError", NULL,
                          "timeout must be a positive whole number of ms");
        }
    }
    lua_pop(L, 2);
}

/* [-0, +0, v] */
static void refuse_body(lua_State *L)
{
    wfp_api_error(L, "TypeError", NULL,
                  "Request with a GET or HEAD method cannot have a body.");
}

/* [-0, +0, v] Apply the table init to the new object at obj. */
static void apply_init(lua_State *L, int obj, int init)
{
    request_t *r = lua_touserdata(L, obj);
    const char *method;

    init_options(L, obj, init);
    init_answer(L, obj, init);
    if (wfp_class_raw(L, init, "method") != LUA_TNIL) {
        push_method(L, lua_gettop(L));
        lua_setiuservalue(L, obj, WFP_PAYLOAD_MORE);
    }
    if (wfp_class_raw(L, init, "body") != LUA_TNIL) {
        lua_getiuservalue(L, obj, WFP_PAYLOAD_MORE);
        method = lua_tostring(L, -1);
        if (!method || !strcmp(method, "GET") || !strcmp(method, "HEAD")) {
            refuse_body(L);
        }
        lua_pop(L, 1);
        wfp_api_set_body(L, obj, &r->payload, lua_gettop(L));
    }
    lua_pop(L, 2);
}

/* [-0, +0, v] Take over what the Request at from is. */
static void copy_from(lua_State *L, request_t *r, int obj, int from)
{
    const request_t *other = check(L, from);

    r->redirect = other->redirect;
    r->timeout_ms = other->timeout_ms;
    r->decompress = other->decompress;
    lua_getiuservalue(L, from, WFP_PAYLOAD_SIGNAL);
    lua_setiuservalue(L, obj, WFP_PAYLOAD_SIGNAL);
    push_own(L, from, WFP_PAYLOAD_TEXT, other->core ? other->core->url : NULL);
    lua_setiuservalue(L, obj, WFP_PAYLOAD_TEXT);
    push_own(L, from, WFP_PAYLOAD_MORE,
             other->core ? other->core->method : "GET");
    lua_setiuservalue(L, obj, WFP_PAYLOAD_MORE);
}

/* [-0, +1, m] */
static request_t *push_new(lua_State *L)
{
    request_t *r = wfp_api_payload_new(L, &wfp_api_request_class, sizeof(*r));

    return r;
}

void wfp_api_clone_request(lua_State *L, int idx)
{
    request_t *r = push_new(L);
    int obj = lua_gettop(L);

    copy_from(L, r, obj, idx);
    wfp_api_share_headers(L, obj, idx);
}

/* [-0, +0, v] The object at obj gets the URL of the input at idx. */
static void set_url(lua_State *L, int obj, int idx)
{
    const request_t *r = wfp_class_test(L, idx, &wfp_api_request_class);
    size_t n;
    const char *s;

    if (r) {
        push_own(L, idx, WFP_PAYLOAD_TEXT, r->core ? r->core->url : NULL);
    }
    else if (!wfp_api_url_href(L, idx)) {
        s = wfp_class_text(L, idx, "The URL", &n);
        wfp_api_push_href(L, s, n, NULL);
    }
    lua_setiuservalue(L, obj, WFP_PAYLOAD_TEXT);
}

/* [-0, +0, v] The object at obj shares the body of the Request at from. */
static void take_body(lua_State *L, int obj, int from, int method_given)
{
    const char *method;

    wfp_api_share_body(L, obj, from);
    lua_getiuservalue(L, obj, WFP_PAYLOAD_MORE);
    method = lua_tostring(L, -1);
    if (lua_getiuservalue(L, obj, WFP_PAYLOAD_BODY) != LUA_TNIL && method_given
        && method && (!strcmp(method, "GET") || !strcmp(method, "HEAD"))) {
        refuse_body(L);
    }
    lua_pop(L, 2);
}

/* [-0, +0, v] Fill the new object at obj: what init (a table, or 0) does not
 * say comes from the Request at from (or 0). */
static void fill(lua_State *L, int obj, int from, int init)
{
    int headers = 0, body = 0, method = 0;

    if (from) {
        copy_from(L, lua_touserdata(L, obj), obj, from);
    }
    if (init) {
        apply_init(L, obj, init);
        headers = wfp_class_raw(L, init, "headers") != LUA_TNIL;
        wfp_api_set_headers(L, obj, lua_gettop(L));
        body = wfp_class_raw(L, init, "body") != LUA_TNIL;
        method = wfp_class_raw(L, init, "method") != LUA_TNIL;
        lua_pop(L, 3);
    }
    if (from && !headers) {
        wfp_api_share_headers(L, obj, from);
    }
    if (from && !body) {
        take_body(L, obj, from, method);
    }
}

void wfp_api_make_request(lua_State *L, int idx)
{
    int init = lua_isnoneornil(L, idx + 1) ? 0 : idx + 1, obj, from;

    luaL_checkstack(L, 20, NULL);
    from = wfp_class_test(L, idx, &wfp_api_request_class) ? idx : 0;
    if (from && !init) {
        lua_pushvalue(L, idx);
        return;
    }
    if (init && wfp_class_test(L, init, &wfp_api_request_class)) {
        /* all but the URL comes from it */
        from = init;
        init = 0;
    }
    else if (init && lua_type(L, init) != LUA_TTABLE) {
        wfp_api_error(L, "TypeError", NULL, "init must be a table, got %s",
                      luaL_typename(L, init));
    }
    (void)push_new(L);
    obj = lua_gettop(L);
    fill(L, obj, from, init);
    if (from != idx) {
        set_url(L, obj, idx);
    }
}

/* [-0, +1, e] Request.new(input, init?) */
static int l_request_new(lua_State *L)
{
    lua_settop(L, 2);
    wfp_api_make_request(L, 1);
    if (lua_rawequal(L, 1, -1)) {
        /* a new object, even without changes */
        wfp_api_clone_request(L, 1);
        wfp_api_share_body(L, lua_gettop(L), 1);
    }
    return 1;
}

int wfp_api_wants_decompress(lua_State *L, int idx)
{
    const request_t *r = lua_touserdata(L, idx);

    return r->decompress;
}

void wfp_api_push_request_signal(lua_State *L, int idx)
{
    lua_getiuservalue(L, idx, WFP_PAYLOAD_SIGNAL);
}

/* When the Request at idx is aborted by time; 0: never. */
static apr_time_t abort_time(lua_State *L, int idx)
{
    apr_time_t at = 0;

    if (lua_getiuservalue(L, idx, WFP_PAYLOAD_SIGNAL) != LUA_TNIL) {
        at = wfp_api_signal_until(L, lua_gettop(L));
    }
    lua_pop(L, 1);
    return at;
}

wfp_request_t *wfp_api_core_request(lua_State *L, int idx)
{
    request_t *r = check(L, idx);
    wfp_isolate_t *iso = wfp_isolate_of(L);
    wfp_request_t *out;
    wfp_headers_t *headers;
    wfp_body_t *body = wfp_api_payload_core_body(L, idx);
    apr_time_t abort_at = abort_time(L, idx);
    const char *url, *method, *s;
    size_t n;

    if (r->core && r->core->body == body) {
        return r->core;
    }
    if (r->core) {
        /* clone() put another body in its place */
        wfp_meter_charge(iso, sizeof(*out));
        wfp_meter_critical_begin(iso);
        out = apr_palloc(wfp_state_pool(L), sizeof(*out));
        *out = *r->core;
        out->body = body;
        wfp_meter_critical_end(iso);
        return out;
    }
    headers = wfp_api_payload_core_headers(L, idx);
    lua_getiuservalue(L, idx, WFP_PAYLOAD_TEXT);
    s = lua_tolstring(L, -1, &n);
    url = wfp_meter_copy(iso, s, n);
    method = "GET";
    if (lua_getiuservalue(L, idx, WFP_PAYLOAD_MORE) == LUA_TSTRING) {
        s = lua_tolstring(L, -1, &n);
        method = wfp_meter_copy(iso, s, n);
    }
    lua_pop(L, 2);
    wfp_meter_charge(iso, sizeof(*out) + 256);
    wfp_meter_critical_begin(iso);
    out = wfp_request_make(method, url, wfp_state_pool(L));
    out->headers = headers;
    out->body = body;
    out->redirect = r->redirect;
    out->timeout_ms = r->timeout_ms;
    out->abort_at = abort_at;
    wfp_meter_critical_end(iso);
    return out;
}

const wfp_class_t wfp_api_request_class = {
    "Request", wfp_api_payload_methods, fields, l_request_index, NULL, NULL,
};

void wfp_api_open_request(lua_State *L)
{
    wfp_class_global(L, "Request", l_request_new, NULL);
}
