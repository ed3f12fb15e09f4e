/* SPDX-License-Identifier: Apache-2.0 */
/*
 * get and getWithMetadata of a KV namespace, of one key or of several: the types
 * of values, and how many bytes of them the isolate has room for.
 */
#include "lua_runtime/api/kv.h"

#include <string.h>

#include "lua_runtime/meter.h"
#include "lua_runtime/state.h"

/* Beside others, values are read up to this size; larger ones are read again on
 * the invocation's thread. */
#define BESIDE_MAX ((apr_size_t)64 * 1024)

/* What a pool takes. */
#define POOL_BYTES 8192

/* [-0, +0, v] The type at idx, or the table with it. */
static void read_get_options(lua_State *L, wfp_api_kv_ask_t *ask, int idx)
{
    static const char *const names[] = { "text", "arrayBuffer", "json",
                                         "stream" };
    static const wfp_api_kv_as_e kinds[] = { WFP_API_KV_TEXT, WFP_API_KV_TEXT,
                                             WFP_API_KV_JSON,
                                             WFP_API_KV_STREAM };
    const char *method = ask->many ? "GET_BULK" : "GET", *type;
    wfp_kv_fault_t fault;
    int top = lua_gettop(L), i, ok;

    if (lua_istable(L, idx)) {
        if (wfp_class_raw(L, idx, "cacheTtl") != LUA_TNIL) {
            lua_Integer ttl = lua_tointegerx(L, -1, &ok);

            if (!wfp_kv_check_cache_ttl(&fault, ok ? ttl : 0)) {
                wfp_api_kv_refuse(L, method, &fault);
            }
        }
        (void)wfp_class_raw(L, idx, "type");
        idx = lua_gettop(L);
    }
    if (!lua_isnoneornil(L, idx)) {
        type = lua_type(L, idx) == LUA_TSTRING ? lua_tostring(L, idx) : "";
        for (i = 0; i < 4 && strcmp(type, names[i]) != 0; i++) {
        }
        if (ask->many && i != 0 && i != 2) {
            wfp_api_error(L, "Error", "kv_error",
                          "KV GET_BULK failed: 400 \"%s\" is not a valid type. "
                          "Use \"json\" or \"text\"",
                          type);
        }
        if (i == 4) {
            wfp_api_error(L, "TypeError", NULL,
                          "Unknown response type. Possible types are \"text\", "
                          "\"arrayBuffer\", \"json\", and \"stream\".");
        }
        ask->as = kinds[i];
    }
    lua_settop(L, top);
}

/* Is there room for n bytes more in the isolate? */
static int has_room(lua_State *L, apr_size_t n)
{
    wfp_isolate_t *iso = wfp_isolate_of(L);

    if (n >= wfp_meter_free_bytes(iso)) {
        wfp_meter_make_room(iso, L, n);
    }
    return n < wfp_meter_free_bytes(iso);
}

/* [-0, +1, m] The value, or nil: text, or a Body. */
static void push_value(lua_State *L, const wfp_api_kv_ask_t *ask,
                       const wfp_kv_item_t *item)
{
    wfp_isolate_t *iso = wfp_isolate_of(L);
    wfp_body_t *body;

    if (!item->value) {
        lua_pushnil(L);
    }
    else if (ask->as == WFP_API_KV_STREAM) {
        wfp_meter_charge(iso, item->value_size + POOL_BYTES);
        wfp_meter_critical_begin(iso);
        body = wfp_body_mem(item->value, item->value_size, ask->call.pool);
        wfp_meter_critical_end(iso);
        wfp_api_push_body(L, body);
    }
    else {
        lua_pushlstring(L, item->value, item->value_size);
    }
}

/* [-0, +1, m] Push {value, metadata} of an item, both as text. */
static void push_raw(lua_State *L, const wfp_api_kv_ask_t *ask,
                     const wfp_kv_item_t *item)
{
    lua_createtable(L, 2, 0);
    push_value(L, ask, item);
    lua_rawseti(L, -2, 1);
    if (item->value && item->metadata && ask->with_metadata) {
        lua_pushlstring(L, item->metadata, item->metadata_size);
        lua_rawseti(L, -2, 2);
    }
}

/* [-1, +1, v] {value, metadata} as text become what the Worker gets. */
static void shape(lua_State *L, const wfp_api_kv_ask_t *ask)
{
    lua_rawgeti(L, -1, 1);
    if (ask->as == WFP_API_KV_JSON) {
        wfp_api_kv_decode(L);
    }
    if (ask->with_metadata) {
        lua_createtable(L, 0, 2);
        lua_insert(L, -2);
        lua_setfield(L, -2, "value");
        lua_rawgeti(L, -2, 2);
        wfp_api_kv_decode(L);
        lua_setfield(L, -2, "metadata");
    }
    lua_remove(L, -2);
}

/* [-1, +1, e] The table of raw results on the top as one by key. */
static void shape_all(lua_State *L, const wfp_api_kv_ask_t *ask)
{
    int raw = lua_gettop(L), i;

    lua_createtable(L, 0, ask->call.count);
    for (i = 0; i < ask->call.count; i++) {
        const wfp_kv_item_t *item = &ask->items[i];

        lua_pushlstring(L, item->key, item->key_size);
        lua_rawgeti(L, raw, i + 1);
        shape(L, ask);
        lua_rawset(L, raw + 1);
    }
    lua_remove(L, raw);
}

/* [-0, +1, v] */
static int shape_one(lua_State *L)
{
    shape_all(L, lua_touserdata(L, 1));
    return 1;
}

/* [-1, +1, v] The same; what is no JSON is told as Cloudflare tells it. */
static void shape_many(lua_State *L, wfp_api_kv_ask_t *ask)
{
    if (ask->as == WFP_API_KV_JSON) {
        int raw = lua_gettop(L);

        lua_pushcfunction(L, shape_one);
        lua_pushlightuserdata(L, ask);
        lua_pushvalue(L, raw);
        if (lua_pcall(L, 2, 1, 0) != LUA_OK) {
            wfp_api_error(L, "Error", "kv_error",
                          "KV GET_BULK failed: 400 At least one of the "
                          "requested keys corresponds to a non-json value");
        }
        lua_remove(L, raw);
    }
    else {
        shape_all(L, ask);
    }
}

/* [-0, +1, v] wfp_ops_finish_fn */
static int got(lua_State *L, const wfp_op_t *first)
{
    wfp_api_kv_ask_t *ask = (wfp_api_kv_ask_t *)first->kv;
    wfp_op_t op = *first;
    apr_size_t bytes = 0;
    int i;

    if (op.rv != APR_SUCCESS && op.res.code == WFP_BODY_TOO_LARGE
        && ask->call.max < ask->room) {
        wfp_api_kv_let_go(L, &ask->call);
        ask->call.max = ask->room;
        op.is_counted = 1;
        wfp_ops_here(L, &op);
    }
    if (op.rv != APR_SUCCESS) {
        return wfp_api_kv_fail(L, &op);
    }
    for (i = 0; i < ask->call.count; i++) {
        bytes += ask->items[i].value ? ask->items[i].value_size + 2048 : 256;
    }
    if (!has_room(L, bytes)) {
        wfp_api_kv_let_go(L, &ask->call);
        wfp_api_need_room(L, bytes);
    }
    luaL_checkstack(L, 10, NULL);
    lua_createtable(L, ask->call.count, 0);
    for (i = 0; i < ask->call.count; i++) {
        push_raw(L, ask, &ask->items[i]);
        lua_rawseti(L, -2, i + 1);
    }
    if (ask->as == WFP_API_KV_STREAM && ask->items[0].value) {
        ask->call.pool = NULL; /* the Body's, until the work ends */
    }
    wfp_api_kv_let_go(L, &ask->call);
    if (ask->many) {
        shape_many(L, ask);
    }
    else {
        lua_rawgeti(L, -1, 1);
        shape(L, ask);
    }
    return 1;
}

/* [-0, +1, v] Push a call for the keys of the table at 2, which a table of its
 * own keeps: the Worker's may change meanwhile. */
static wfp_api_kv_ask_t *push_many(lua_State *L)
{
    lua_Unsigned count = lua_rawlen(L, 2);
    wfp_kv_fault_t fault;
    wfp_api_kv_ask_t *ask;
    int i;

    if (!wfp_kv_check_count(&fault, (apr_size_t)count)) {
        wfp_api_kv_refuse(L, "GET_BULK", &fault);
    }
    ask = wfp_api_kv_push_ask(L, WFP_KV_GET, (int)count);
    ask->many = 1;
    lua_createtable(L, (int)count, 0);
    for (i = 0; i < (int)count; i++) {
        size_t n;

        lua_rawgeti(L, 2, i + 1);
        ask->items[i].key = wfp_class_text(L, -1, "A key", &n);
        ask->items[i].key_size = n;
        if (!wfp_kv_check_key(&fault, ask->items[i].key, n)) {
            wfp_api_kv_refuse(L, "GET_BULK", &fault);
        }
        lua_rawseti(L, -2, i + 1);
    }
    lua_replace(L, 2);
    return ask;
}

/* [-0, +1, e] */
static int get(lua_State *L, int with_metadata)
{
    wfp_isolate_t *iso = wfp_isolate_of(L);
    wfp_api_kv_ask_t *ask;

    (void)wfp_class_check(L, 1, &wfp_api_kv_class);
    wfp_state_need_invocation(L);
    lua_settop(L, 3);
    if (lua_istable(L, 2)) {
        ask = push_many(L);
    }
    else {
        ask = wfp_api_kv_push_ask(L, WFP_KV_GET, 1);
        wfp_api_kv_read_key(L, ask, 2);
    }
    ask->with_metadata = with_metadata;
    read_get_options(L, ask, 3);
    /* the bytes are there twice while they become strings */
    ask->room = wfp_meter_free_bytes(iso)
                / (ask->as == WFP_API_KV_STREAM ? 1 : 2);
    if (ask->room > WFP_KV_VALUE_MAX) {
        ask->room = WFP_KV_VALUE_MAX;
    }
    ask->call.max = wfp_ops_run_beside(L) && ask->room > BESIDE_MAX ? BESIDE_MAX
                                                                    : ask->room;
    return wfp_api_kv_start(L, ask, got);
}

/* [-0, +1, e] kv:get(key or keys, type or options?) */
int wfp_api_kv_get(lua_State *L)
{
    return get(L, 0);
}

/* [-0, +1, e] kv:getWithMetadata(key or keys, type or options?) */
int wfp_api_kv_get_with_metadata(lua_State *L)
{
    return get(L, 1);
}
