/* SPDX-License-Identifier: Apache-2.0 */
/*
 * kv_namespace bindings: the class, put, delete and list; get is kv_get.c's.
 * What may be asked is core/kv.c's, where values are is the host's; here are the
 * Lua values on both sides. Bytes that the host read are in a pool of the
 * call's, which goes as soon as they are Lua strings: nothing is raised before,
 * so a script cannot pile them up.
 */
#include "lua_runtime/api/kv.h"

#include <string.h>

#include "lua_runtime/meter.h"
#include "lua_runtime/state.h"

typedef struct kv_t {
    const wfp_binding_t *binding; /* lives as long as the isolate */
} kv_t;

void wfp_api_push_kv(lua_State *L, const wfp_binding_t *binding)
{
    kv_t *kv = wfp_class_new(L, &wfp_api_kv_class, sizeof(*kv), 0);

    kv->binding = binding;
}

/* [-0, +0, v] */
int wfp_api_kv_refuse(lua_State *L, const char *method,
                      const wfp_kv_fault_t *fault)
{
    if (fault->what == WFP_KV_BAD_NAME) {
        return wfp_api_error(L, "TypeError", NULL, "%s", fault->text);
    }
    return wfp_api_error(L, "Error", "kv_error", "KV %s failed: %d %s", method,
                         fault->status, fault->text);
}

/* [-0, +1, m] Push a call of n items. */
wfp_api_kv_ask_t *wfp_api_kv_push_ask(lua_State *L, wfp_kv_verb_e verb, int n)
{
    size_t size = sizeof(wfp_api_kv_ask_t) + (size_t)n * sizeof(wfp_kv_item_t);
    wfp_api_kv_ask_t *ask = lua_newuserdatauv(L, size, 0);

    memset(ask, 0, size);
    ask->call.verb = verb;
    ask->call.items = ask->items;
    ask->call.count = n;
    return ask;
}

/* [-0, +0, v] The key at idx, a string from then on. */
void wfp_api_kv_read_key(lua_State *L, wfp_api_kv_ask_t *ask, int idx)
{
    const char *method = wfp_kv_method(ask->call.verb);
    wfp_kv_item_t *item = ask->items;
    wfp_kv_fault_t fault;
    size_t n;

    item->key = wfp_class_text(L, idx, "The key", &n);
    item->key_size = n;
    if (!wfp_kv_check_key(&fault, item->key, n)) {
        wfp_api_kv_refuse(L, method, &fault);
    }
}

/* [-0, +n, v] to be returned */
int wfp_api_kv_start(lua_State *L, wfp_api_kv_ask_t *ask,
                     wfp_ops_finish_fn *finish)
{
    const kv_t *kv = wfp_class_check(L, 1, &wfp_api_kv_class);
    wfp_op_t op = { .kind = WFP_OP_KV, .binding = kv->binding };

    op.kv = &ask->call;
    return wfp_ops_call(L, &op, finish);
}

/* [-0, +0, -] The call's bytes are Lua strings, or not wanted. */
void wfp_api_kv_let_go(lua_State *L, wfp_kv_call_t *call)
{
    wfp_isolate_t *iso = wfp_isolate_of(L);

    if (call->pool) {
        wfp_meter_critical_begin(iso);
        apr_pool_destroy(call->pool);
        call->pool = NULL;
        wfp_meter_critical_end(iso);
    }
}

/* [-0, +0, v] It went wrong. */
int wfp_api_kv_fail(lua_State *L, const wfp_op_t *op)
{
    wfp_kv_call_t *call = op->kv;

    wfp_api_kv_let_go(L, call);
    if (op->res.code == WFP_BODY_TOO_LARGE && call->verb == WFP_KV_GET
        && call->max == WFP_KV_VALUE_MAX) {
        return wfp_api_error(L, "Error", "kv_error",
                             "KV GET_BULK failed: 413 Total size of request "
                             "exceeds the limit of 25MB");
    }
    if (op->res.code == WFP_BODY_TOO_LARGE && call->verb == WFP_KV_GET) {
        wfp_result_t res = op->res;

        wfp_meter_tell_room(&res, wfp_isolate_of(L), 1);
        return wfp_api_raise(L, &res);
    }
    return wfp_api_raise(L, &op->res);
}

/* [-0, +n, v] wfp_ops_finish_fn of calls that give nothing */
static int done(lua_State *L, const wfp_op_t *op)
{
    if (op->rv != APR_SUCCESS) {
        return wfp_api_kv_fail(L, op);
    }
    wfp_api_kv_let_go(L, op->kv);
    return 0;
}

/* ---- put, delete ------------------------------------------------------------------ */

/* [-0, +0, v] A number of seconds of the options at 4. @return 1: it is given */
static int read_seconds(lua_State *L, apr_int64_t *pn, const char *name)
{
    int type = wfp_class_raw(L, 4, name), ok;
    lua_Number n;

    if (type == LUA_TNIL) {
        lua_pop(L, 1);
        return 0;
    }
    n = lua_tonumberx(L, -1, &ok);
    if (!ok || !(n > -9e15 && n < 9e15)) {
        wfp_api_error(L, "TypeError", NULL, "%s must be a number of seconds",
                      name);
    }
    *pn = (apr_int64_t)n;
    lua_pop(L, 1);
    return 1;
}

/* [-0, +1, v] Read the options at 4: the text of the metadata, or nil. */
static void read_put_options(lua_State *L, wfp_kv_item_t *item)
{
    wfp_kv_fault_t fault;
    apr_int64_t ttl, at;
    int has_ttl = 0, has_at = 0;
    size_t n;

    if (lua_isnoneornil(L, 4)) {
        lua_pushnil(L);
        return;
    }
    if (!lua_istable(L, 4)) {
        wfp_api_error(L, "TypeError", NULL, "options must be a table");
    }
    has_ttl = read_seconds(L, &ttl, "expirationTtl");
    has_at = read_seconds(L, &at, "expiration");
    if (!wfp_kv_check_time(&fault, &item->expiration, has_ttl ? &ttl : NULL,
                           has_at ? &at : NULL)) {
        wfp_api_kv_refuse(L, "PUT", &fault);
    }
    if (wfp_class_raw(L, 4, "metadata") == LUA_TNIL || wfp_api_is_null(L, -1)) {
        return;
    }
    item->metadata = wfp_api_json_encode(L, -1, &n);
    item->metadata_size = n;
    lua_remove(L, -2);
}

/* [-0, +n, v] The value at 3 is a string, the ask at 5. */
static int put_value(lua_State *L)
{
    wfp_api_kv_ask_t *ask = lua_touserdata(L, 5);
    wfp_kv_item_t *item = ask->items;
    wfp_kv_fault_t fault;
    size_t n;

    item->value = lua_tolstring(L, 3, &n);
    item->value_size = n;
    if (!wfp_kv_check_sizes(&fault, n, item->metadata_size)) {
        wfp_api_kv_refuse(L, "PUT", &fault);
    }
    return wfp_api_kv_start(L, ask, done);
}

/* [-0, +n, v] wfp_ops_finish_fn: the Body at 3 can be read */
static int body_is_there(lua_State *L, const wfp_op_t *op)
{
    (void)op;
    wfp_api_slurp_awaited(L, 3);
    lua_replace(L, 3);
    return put_value(L);
}

/* [-0, +0, e] kv:put(key, value, options?) */
static int l_kv_put(lua_State *L)
{
    wfp_api_kv_ask_t *ask;

    (void)wfp_class_check(L, 1, &wfp_api_kv_class);
    wfp_state_need_invocation(L);
    lua_settop(L, 4);
    ask = wfp_api_kv_push_ask(L, WFP_KV_PUT, 1);
    wfp_api_kv_read_key(L, ask, 2);
    read_put_options(L, ask->items);
    if (lua_type(L, 3) == LUA_TBOOLEAN) {
        lua_pushstring(L, lua_toboolean(L, 3) ? "true" : "false");
        lua_replace(L, 3);
    }
    if (lua_isstring(L, 3)) {
        return put_value(L);
    }
    if (wfp_api_is_body(L, 3)) {
        return wfp_api_await_body(L, 3, body_is_there);
    }
    return wfp_api_error(L, "TypeError", NULL,
                         "KV put() accepts only strings, ArrayBuffers, "
                         "ArrayBufferViews, and ReadableStreams as values.");
}

/* [-0, +0, e] kv:delete(key) */
static int l_kv_delete(lua_State *L)
{
    wfp_api_kv_ask_t *ask;

    (void)wfp_class_check(L, 1, &wfp_api_kv_class);
    wfp_state_need_invocation(L);
    lua_settop(L, 2);
    ask = wfp_api_kv_push_ask(L, WFP_KV_DELETE, 1);
    wfp_api_kv_read_key(L, ask, 2);
    return wfp_api_kv_start(L, ask, done);
}

/* ---- list ---------------------------------------------------------------------------- */

/* [-1, +1, v] Text becomes a value. */
void wfp_api_kv_decode(lua_State *L)
{
    const char *s;
    size_t n;

    if (lua_type(L, -1) == LUA_TSTRING) {
        s = lua_tolstring(L, -1, &n);
        wfp_api_json_decode(L, s, n);
        lua_remove(L, -2);
    }
}

/* [-0, +1, m] Push {name, expiration, metadata}; metadata as text. */
static void push_key(lua_State *L, const wfp_kv_item_t *item)
{
    lua_createtable(L, 0, 3);
    lua_pushlstring(L, item->key, item->key_size);
    lua_setfield(L, -2, "name");
    if (item->expiration) {
        lua_pushinteger(L, (lua_Integer)item->expiration);
        lua_setfield(L, -2, "expiration");
    }
    if (item->metadata) {
        lua_pushlstring(L, item->metadata, item->metadata_size);
        lua_setfield(L, -2, "metadata");
    }
}

/* [-0, +1, v] wfp_ops_finish_fn */
static int listed(lua_State *L, const wfp_op_t *op)
{
    wfp_kv_call_t *call = op->kv;
    char cursor[WFP_KV_CURSOR_SIZE] = "";
    int i, keys;

    if (op->rv != APR_SUCCESS) {
        return wfp_api_kv_fail(L, op);
    }
    luaL_checkstack(L, 10, NULL);
    if (!call->complete && call->count) {
        const wfp_kv_item_t *last = &call->items[call->count - 1];

        wfp_kv_cursor_write(cursor, last->key, last->key_size);
    }
    lua_createtable(L, 0, 3);
    lua_pushboolean(L, call->complete);
    lua_setfield(L, -2, "list_complete");
    if (*cursor) {
        lua_pushstring(L, cursor);
        lua_setfield(L, -2, "cursor");
    }
    lua_createtable(L, call->count, 0);
    wfp_api_mark_array(L);
    keys = lua_gettop(L);
    for (i = 0; i < call->count; i++) {
        push_key(L, &call->items[i]);
        lua_rawseti(L, keys, i + 1);
    }
    wfp_api_kv_let_go(L, call);
    for (i = 0; i < call->count; i++) {
        lua_rawgeti(L, keys, i + 1);
        lua_getfield(L, -1, "metadata");
        wfp_api_kv_decode(L);
        lua_setfield(L, -2, "metadata");
        lua_pop(L, 1);
    }
    lua_setfield(L, -2, "keys");
    return 1;
}

/* [-0, +0, v] The cursor on the top; the key goes into the call's userdata. */
static void read_cursor(lua_State *L, wfp_api_kv_ask_t *ask)
{
    wfp_kv_fault_t fault;
    size_t n;
    const char *cursor = wfp_class_text(L, -1, "cursor", &n);
    char *key = (char *)(ask + 1);

    if (n == 0) {
        return;
    }
    if (!wfp_kv_cursor_read(&fault, key, &ask->call.after_size, cursor, n)) {
        wfp_api_kv_refuse(L, "GET", &fault);
    }
    ask->call.after = key;
}

/* [-0, +1, v] The options at 2; the prefix stays on the stack. */
static void read_list_options(lua_State *L, wfp_api_kv_ask_t *ask)
{
    wfp_kv_fault_t fault;
    lua_Integer limit;
    size_t n = 0;
    int ok;

    if (!lua_istable(L, 2)) {
        wfp_api_error(L, "TypeError", NULL, "options must be a table");
    }
    if (wfp_class_raw(L, 2, "limit") != LUA_TNIL) {
        limit = lua_tointegerx(L, -1, &ok);
        if (!ok) {
            wfp_api_error(L, "TypeError", NULL, "limit must be a whole number");
        }
        /* Cloudflare's list takes what is not positive for no limit */
        if (limit > 0 && !wfp_kv_check_limit(&fault, limit)) {
            wfp_api_kv_refuse(L, "GET", &fault);
        }
        ask->call.limit = limit > 0 ? (int)limit : WFP_KV_LIST_MAX;
    }
    lua_pop(L, 1);
    if (wfp_class_raw(L, 2, "cursor") != LUA_TNIL && !wfp_api_is_null(L, -1)) {
        read_cursor(L, ask);
    }
    lua_pop(L, 1);
    if (wfp_class_raw(L, 2, "prefix") != LUA_TNIL && !wfp_api_is_null(L, -1)) {
        ask->call.prefix = wfp_class_text(L, -1, "prefix", &n);
        ask->call.prefix_size = n;
        if (!wfp_kv_check_prefix(&fault, n)) {
            wfp_api_kv_refuse(L, "GET", &fault);
        }
    }
}

/* [-0, +1, e] kv:list(options?) */
static int l_kv_list(lua_State *L)
{
    /* items that hold a cursor's key */
    int room = (int)(WFP_KV_KEY_MAX / sizeof(wfp_kv_item_t)) + 1;
    wfp_api_kv_ask_t *ask;

    (void)wfp_class_check(L, 1, &wfp_api_kv_class);
    wfp_state_need_invocation(L);
    lua_settop(L, 2);
    ask = wfp_api_kv_push_ask(L, WFP_KV_LIST, room);
    ask->call.count = 0;
    ask->call.limit = WFP_KV_LIST_MAX;
    ask->call.prefix = "";
    if (!lua_isnil(L, 2)) {
        read_list_options(L, ask);
    }
    return wfp_api_kv_start(L, ask, listed);
}

static const luaL_Reg methods[] = {
    { "get", wfp_api_kv_get },
    { "getWithMetadata", wfp_api_kv_get_with_metadata },
    { "put", l_kv_put },
    { "delete", l_kv_delete },
    { "list", l_kv_list },
    { NULL, NULL },
};
const wfp_class_t wfp_api_kv_class = {
    "KVNamespace", methods, NULL, NULL, NULL, NULL,
};
