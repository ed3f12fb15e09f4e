/* SPDX-License-Identifier: Apache-2.0 */
/*
 * r2_bucket bindings: the class and its methods. What may be asked is core/r2.c's
 * and services/r2.c's, where objects are is the host's; here are the Lua values
 * on both sides. What a call is given stays in the arena, held by the caller's
 * stack; what it was answered with is in a pool of the call's, which goes as soon
 * as it is Lua values, but for the body of a get.
 */
#include "lua_runtime/api/r2.h"

#include <string.h>

#include "lua_runtime/meter.h"
#include "lua_runtime/state.h"

/* Most bytes of a list's answer: of one that runs beside others, and else. */
#define LIST_BESIDE ((apr_size_t)256 * 1024)
#define LIST_MAX    ((apr_size_t)8 << 20)

void wfp_api_push_r2(lua_State *L, const wfp_binding_t *binding)
{
    wfp_api_r2_t *r2 = wfp_class_new(L, &wfp_api_r2_class, sizeof(*r2), 0);

    r2->binding = binding;
}

/* ---- calls ---------------------------------------------------------------------- */

/* [-args, +6, e] */
wfp_r2_call_t *wfp_api_r2_begin(lua_State *L, wfp_r2_verb_e verb)
{
    wfp_r2_call_t *call;

    wfp_state_need_invocation(L);
    lua_settop(L, WFP_API_R2_OPTIONS);
    luaL_checkstack(L, 20, NULL);
    call = lua_newuserdatauv(L, sizeof(*call), 0);
    memset(call, 0, sizeof(*call));
    call->verb = verb;
    lua_newtable(L);
    return call;
}

/* [-0, +n, v] to be returned */
int wfp_api_r2_start(lua_State *L, const wfp_binding_t *binding,
                     wfp_ops_finish_fn *finish)
{
    wfp_op_t op = { .kind = WFP_OP_R2, .binding = binding };

    op.r2 = lua_touserdata(L, WFP_API_R2_CALL);
    lua_settop(L, WFP_API_R2_HELD);
    return wfp_ops_call(L, &op, finish);
}

/* [-1, +0, v] */
const char *wfp_api_r2_hold(lua_State *L, const char *what)
{
    size_t n;
    const char *s = wfp_class_text(L, -1, what, &n);

    if (strlen(s) != n) {
        wfp_api_error(L, "TypeError", NULL, "%s must not have a NUL", what);
    }
    lua_rawseti(L, WFP_API_R2_HELD,
                (lua_Integer)lua_rawlen(L, WFP_API_R2_HELD) + 1);
    return s;
}

/* [-0, +0, m] */
void *wfp_api_r2_room(lua_State *L, apr_size_t bytes)
{
    void *room = lua_newuserdatauv(L, bytes + 1, 0);

    memset(room, 0, bytes + 1);
    lua_rawseti(L, WFP_API_R2_HELD,
                (lua_Integer)lua_rawlen(L, WFP_API_R2_HELD) + 1);
    return room;
}

/* [-0, +0, -] */
void wfp_api_r2_let_go(lua_State *L, wfp_r2_call_t *call)
{
    wfp_isolate_t *iso = wfp_isolate_of(L);

    if (call->pool) {
        wfp_meter_critical_begin(iso);
        apr_pool_destroy(call->pool);
        call->pool = NULL;
        wfp_meter_critical_end(iso);
    }
}

/* [-0, +0, v] */
int wfp_api_r2_fail(lua_State *L, const wfp_op_t *op)
{
    wfp_api_r2_let_go(L, op->r2);
    return wfp_api_raise(L, &op->res);
}

/* [-0, +0, v] */
void wfp_api_r2_read_value(lua_State *L, wfp_r2_call_t *call, int idx)
{
    size_t n;

    if (lua_type(L, idx) == LUA_TBOOLEAN) {
        lua_pushstring(L, lua_toboolean(L, idx) ? "true" : "false");
        lua_replace(L, idx);
    }
    if (lua_isnil(L, idx) || wfp_api_is_null(L, idx)) {
        call->data = "";
    }
    else if (lua_isstring(L, idx)) {
        call->data = lua_tolstring(L, idx, &n);
        call->size = (apr_int64_t)n;
    }
    else if (wfp_api_is_body(L, idx)) {
        call->source = wfp_api_take_body(L, idx);
    }
    else {
        wfp_api_error(L, "TypeError", NULL,
                      "%s: the value must be a string, a body or nil, got %s",
                      wfp_r2_verb_name(call->verb), luaL_typename(L, idx));
    }
}

/* [-0, +0, v] The key at its slot. */
static void read_key(lua_State *L, wfp_r2_call_t *call)
{
    lua_pushvalue(L, WFP_API_R2_KEY);
    call->key = wfp_api_r2_hold(L, "The key");
}

static const wfp_binding_t *binding_of(lua_State *L)
{
    const wfp_api_r2_t *r2 = wfp_class_check(L, WFP_API_R2_SELF,
                                             &wfp_api_r2_class);

    return r2->binding;
}

/* [-0, +0, v] Is there an option table at idx? */
static int has_options(lua_State *L, int idx)
{
    if (!lua_isnil(L, idx) && !lua_istable(L, idx)) {
        wfp_api_error(L, "TypeError", NULL, "options must be a table");
    }
    return lua_istable(L, idx);
}

/* ---- head, get, put, delete ------------------------------------------------------- */

/* [-0, +1, v] wfp_ops_finish_fn of head, put: the object, or nil */
static int object_done(lua_State *L, const wfp_op_t *op)
{
    wfp_r2_call_t *call = op->r2;

    if (op->rv != APR_SUCCESS) {
        return wfp_api_r2_fail(L, op);
    }
    if (call->object) {
        wfp_api_r2_push_object(L, call->object, NULL, 1);
    }
    else {
        lua_pushnil(L);
    }
    wfp_api_r2_let_go(L, call);
    return 1;
}

/* [-0, +1, v] the same of get: with the body, which keeps the call's pool */
static int got(lua_State *L, const wfp_op_t *op)
{
    wfp_r2_call_t *call = op->r2;

    if (op->rv != APR_SUCCESS || !call->body) {
        return object_done(L, op);
    }
    wfp_api_r2_push_object(L, call->object, call, 1);
    return 1;
}

/* [-0, +1, e] bucket:head(key) */
static int l_r2_head(lua_State *L)
{
    const wfp_binding_t *binding = binding_of(L);

    read_key(L, wfp_api_r2_begin(L, WFP_R2_HEAD));
    return wfp_api_r2_start(L, binding, object_done);
}

/* [-0, +1, e] bucket:get(key, options?) */
static int l_r2_get(lua_State *L)
{
    const wfp_binding_t *binding = binding_of(L);
    wfp_r2_call_t *call = wfp_api_r2_begin(L, WFP_R2_GET);

    read_key(L, call);
    if (has_options(L, WFP_API_R2_VALUE)) {
        wfp_api_r2_read_condition(L, call, WFP_API_R2_VALUE);
        wfp_api_r2_read_range(L, call, WFP_API_R2_VALUE);
    }
    return wfp_api_r2_start(L, binding, got);
}

/* [-0, +1, e] bucket:put(key, value, options?) */
static int l_r2_put(lua_State *L)
{
    const wfp_binding_t *binding = binding_of(L);
    wfp_r2_call_t *call = wfp_api_r2_begin(L, WFP_R2_PUT);

    read_key(L, call);
    if (has_options(L, WFP_API_R2_OPTIONS)) {
        wfp_api_r2_read_condition(L, call, WFP_API_R2_OPTIONS);
        wfp_api_r2_read_meta(L, call, WFP_API_R2_OPTIONS);
        wfp_api_r2_read_sums(L, call, WFP_API_R2_OPTIONS);
    }
    wfp_api_r2_read_value(L, call, WFP_API_R2_VALUE);
    return wfp_api_r2_start(L, binding, object_done);
}

/* [-0, +0, v] wfp_ops_finish_fn */
static int deleted(lua_State *L, const wfp_op_t *op)
{
    if (op->rv != APR_SUCCESS) {
        return wfp_api_r2_fail(L, op);
    }
    wfp_api_r2_let_go(L, op->r2);
    return 0;
}

/* [-0, +0, e] bucket:delete(key or keys) */
static int l_r2_delete(lua_State *L)
{
    const wfp_binding_t *binding = binding_of(L);
    wfp_r2_call_t *call = wfp_api_r2_begin(L, WFP_R2_DELETE);
    int many = lua_istable(L, WFP_API_R2_KEY);
    lua_Unsigned n = many ? lua_rawlen(L, WFP_API_R2_KEY) : 1, i;
    const char **keys;

    if (n > WFP_R2_DELETE_MAX) {
        return wfp_api_error(L, "TypeError", NULL,
                             "delete: at most %d keys at a time",
                             WFP_R2_DELETE_MAX);
    }
    keys = wfp_api_r2_room(L, (apr_size_t)n * sizeof(*keys));
    for (i = 0; i < n; i++) {
        if (many) {
            lua_rawgeti(L, WFP_API_R2_KEY, (lua_Integer)i + 1);
        }
        else {
            lua_pushvalue(L, WFP_API_R2_KEY);
        }
        keys[i] = wfp_api_r2_hold(L, "A key");
    }
    call->keys = keys;
    call->count = (int)n;
    return wfp_api_r2_start(L, binding, deleted);
}

/* ---- list ------------------------------------------------------------------------- */

/* [-0, +1, v] wfp_ops_finish_fn */
static int listed(lua_State *L, const wfp_op_t *op)
{
    wfp_r2_call_t *call = op->r2;
    int i;

    if (op->rv != APR_SUCCESS) {
        return wfp_api_r2_fail(L, op);
    }
    luaL_checkstack(L, 20, NULL);
    lua_createtable(L, 0, 4);
    lua_pushboolean(L, call->next != NULL);
    lua_setfield(L, -2, "truncated");
    lua_pushstring(L, call->next);
    lua_setfield(L, -2, "cursor");
    lua_createtable(L, call->count, 0);
    wfp_api_mark_array(L);
    for (i = 0; i < call->count; i++) {
        wfp_api_r2_push_object(L, &call->objects[i], NULL, call->with_meta);
        lua_rawseti(L, -2, i + 1);
    }
    lua_setfield(L, -2, "objects");
    lua_createtable(L, call->prefix_count, 0);
    wfp_api_mark_array(L);
    for (i = 0; i < call->prefix_count; i++) {
        lua_pushstring(L, call->prefixes[i]);
        lua_rawseti(L, -2, i + 1);
    }
    lua_setfield(L, -2, "delimitedPrefixes");
    wfp_api_r2_let_go(L, call);
    return 1;
}

/* [-0, +0, v] A text of the options; NULL: not given. */
static const char *read_text(lua_State *L, int idx, const char *name)
{
    if (wfp_class_raw(L, idx, name) == LUA_TNIL || wfp_api_is_null(L, -1)) {
        lua_pop(L, 1);
        return NULL;
    }
    return wfp_api_r2_hold(L, name);
}

/* [-0, +0, v] */
static void read_limit(lua_State *L, wfp_r2_call_t *call, int idx)
{
    lua_Integer limit;
    int ok;

    if (wfp_class_raw(L, idx, "limit") != LUA_TNIL) {
        limit = lua_tointegerx(L, -1, &ok);
        if (!ok) {
            wfp_api_error(L, "TypeError", NULL, "limit must be a whole number");
        }
        /* 0 is no limit at all: refused with the others */
        call->limit = limit >= 1 && limit <= WFP_R2_LIST_MAX ? (int)limit : -1;
    }
    lua_pop(L, 1);
}

/* [-0, +0, v] */
static void read_include(lua_State *L, wfp_r2_call_t *call, int idx)
{
    lua_Unsigned i;

    if (wfp_class_raw(L, idx, "include") == LUA_TTABLE) {
        for (i = 1; i <= lua_rawlen(L, -1) && i <= 2; i++) {
            const char *what;

            lua_rawgeti(L, -1, (lua_Integer)i);
            what = lua_tostring(L, -1);
            if (!what
                || (strcmp(what, "httpMetadata") != 0
                    && strcmp(what, "customMetadata") != 0)) {
                wfp_api_error(L, "RangeError", NULL,
                              "Unsupported include value %s",
                              what ? what : luaL_typename(L, -1));
            }
            call->with_meta = 1;
            lua_pop(L, 1);
        }
    }
    lua_pop(L, 1);
}

/* [-0, +1, e] bucket:list(options?) */
static int l_r2_list(lua_State *L)
{
    const wfp_binding_t *binding = binding_of(L);
    wfp_r2_call_t *call = wfp_api_r2_begin(L, WFP_R2_LIST);
    int idx = WFP_API_R2_KEY;

    if (has_options(L, idx)) {
        call->prefix = read_text(L, idx, "prefix");
        call->delimiter = read_text(L, idx, "delimiter");
        call->cursor = read_text(L, idx, "cursor");
        call->start_after = read_text(L, idx, "startAfter");
        read_limit(L, call, idx);
        read_include(L, call, idx);
    }
    call->max = wfp_meter_free_bytes(wfp_isolate_of(L)) / 8;
    if (wfp_ops_run_beside(L) && call->max > LIST_BESIDE) {
        call->max = LIST_BESIDE;
    }
    if (call->max > LIST_MAX) {
        call->max = LIST_MAX;
    }
    return wfp_api_r2_start(L, binding, listed);
}

static const luaL_Reg methods[] = {
    { "head", l_r2_head },
    { "get", l_r2_get },
    { "put", l_r2_put },
    { "delete", l_r2_delete },
    { "list", l_r2_list },
    { "createMultipartUpload", wfp_api_r2_create_upload },
    { "resumeMultipartUpload", wfp_api_r2_resume_upload },
    { NULL, NULL },
};
const wfp_class_t wfp_api_r2_class = {
    "R2Bucket", methods, NULL, NULL, NULL, NULL,
};
