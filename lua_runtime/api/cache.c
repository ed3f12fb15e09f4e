/* SPDX-License-Identifier: Apache-2.0 */
/*
 * caches: open(name) and default give Cache objects with match, put and delete.
 * What HTTP says of a response is core/cache.c's, where responses are kept is the
 * host's. A call blocks the invocation's thread, for a copy in shared memory.
 */
#include <apr_strings.h>
#include <string.h>

#include "core/cache.h"
#include "lua_runtime/api/classes.h"
#include "lua_runtime/meter.h"
#include "lua_runtime/state.h"

/* What a pool takes. */
#define POOL_BYTES 8192

typedef struct cache_t {
    int is_default;
} cache_t;

/* user value of a Cache */
#define V_NAME 1

static const wfp_class_t cache_class, storage_class;

/* [-0, +0, v] The call for the Cache at 1 of the Request at idx, or that it is
 * made of. @return 0: the method is not GET */
static int begin(lua_State *L, wfp_cache_call_t *call, int idx)
{
    const cache_t *c = wfp_class_check(L, 1, &cache_class);
    int top = lua_gettop(L);

    wfp_state_need_invocation(L);
    memset(call, 0, sizeof(*call));
    call->owner = wfp_state_script(L)->id;
    lua_getiuservalue(L, 1, V_NAME);
    call->cache = c->is_default ? NULL : lua_tostring(L, -1);
    lua_pushvalue(L, idx);
    lua_pushnil(L); /* no init */
    wfp_api_make_request(L, top + 2);
    lua_replace(L, idx);
    lua_settop(L, top + 1);
    lua_getfield(L, idx, "url");
    call->url = lua_tostring(L, -1);
    if (lua_rawlen(L, -1) > WFP_CACHE_URL_MAX) {
        wfp_api_error(L, "TypeError", NULL, "The URL is longer than %d bytes",
                      WFP_CACHE_URL_MAX);
    }
    lua_getfield(L, idx, "method");
    return strcmp(lua_tostring(L, -1), "GET") == 0;
}

/* [-0, +0, v] ignoreMethod of the options at 3 */
static int ignores_method(lua_State *L)
{
    int yes = 0;

    if (lua_istable(L, 3)) {
        (void)wfp_class_raw(L, 3, "ignoreMethod");
        yes = lua_toboolean(L, -1);
        lua_pop(L, 1);
    }
    else if (!lua_isnil(L, 3)) {
        wfp_api_error(L, "TypeError", NULL, "options must be a table");
    }
    return yes;
}

/* [-0, +0, v] What it points to is held by the caller's stack. */
static void run(lua_State *L, wfp_cache_call_t *call)
{
    wfp_isolate_t *iso = wfp_isolate_of(L);
    wfp_result_t res;
    apr_status_t rv;

    wfp_meter_host_begin(iso);
    wfp_result_init(&res, wfp_state_pool(L));
    rv = wfp_state_host(L)->cache(wfp_state_host_ctx(L), call, &res);
    wfp_meter_host_end(iso);
    if (rv != APR_SUCCESS) {
        wfp_api_raise(L, &res);
    }
}

/* [-0, +1, e] cache:match(request, {ignoreMethod=}?) */
static int l_cache_match(lua_State *L)
{
    wfp_isolate_t *iso = wfp_isolate_of(L);
    wfp_cache_call_t call;
    int is_get, options;

    lua_settop(L, 3);
    options = ignores_method(L);
    is_get = begin(L, &call, 2);
    if (!is_get && !options) {
        lua_pushnil(L);
        return 1;
    }
    call.headers = wfp_api_payload_core_headers(L, 2);
    call.max = wfp_meter_free_bytes(iso);
    call.max = call.max > 4 * POOL_BYTES ? call.max - 4 * POOL_BYTES : 0;
    run(L, &call);
    if (!call.resp) {
        lua_pushnil(L);
        return 1;
    }
    wfp_meter_charge(iso, call.kept + POOL_BYTES);
    wfp_api_push_response(L, call.resp);
    return 1;
}

/* [-0, +1, e] cache:delete(request, {ignoreMethod=}?) */
static int l_cache_delete(lua_State *L)
{
    wfp_cache_call_t call;
    int is_get, options;

    lua_settop(L, 3);
    options = ignores_method(L);
    is_get = begin(L, &call, 2);
    if (is_get || options) {
        call.verb = WFP_CACHE_DELETE;
        run(L, &call);
    }
    lua_pushboolean(L, call.found);
    return 1;
}

/* ---- put ------------------------------------------------------------------------ */

/* [-0, +0, v] */
static int too_large(lua_State *L, const char *what, int max)
{
    return wfp_api_error(L, "Error", "cache_error",
                         "Cache PUT failed: 413 %s of more than %d bytes", what,
                         max);
}

/* [-0, +0, v] The response's status and fields, as rules want them. */
static void check_response(lua_State *L, wfp_cache_call_t *call)
{
    const char *why;
    apr_size_t bytes = 0;
    int i;

    lua_getfield(L, 3, "status");
    call->status = (int)lua_tointeger(L, -1);
    if (call->status == 206) {
        wfp_api_error(L, "TypeError", NULL,
                      "Cannot cache response to a range request (206 Partial "
                      "Content).");
    }
    call->headers = wfp_api_payload_core_headers(L, 3);
    if (wfp_cache_varies_always(call->headers)) {
        wfp_api_error(L, "TypeError", NULL,
                      "Cannot cache response with 'Vary: *' header.");
    }
    why = call->status ? wfp_cache_may_keep(&call->ttl, call->status,
                                            call->headers, wfp_state_now(L))
                       : "it is an error";
    if (why) {
        wfp_api_error(L, "Error", "cache_error",
                      "Cache PUT failed: 413 the response may not be kept: %s",
                      why);
    }
    for (i = 0; i < call->headers->count; i++) {
        bytes += strlen(call->headers->list[i].name)
                 + strlen(call->headers->list[i].value);
    }
    if (bytes > WFP_CACHE_HEADERS_MAX) {
        too_large(L, "header fields", WFP_CACHE_HEADERS_MAX);
    }
    lua_getfield(L, 3, "statusText");
    call->status_text = lua_tostring(L, -1);
}

/* [-0, +0, v] The body, a string, is at 4; the request at 2. */
static int store(lua_State *L)
{
    wfp_cache_call_t call;
    size_t n;

    (void)begin(L, &call, 2);
    call.verb = WFP_CACHE_PUT;
    check_response(L, &call);
    call.body = lua_tolstring(L, 4, &n);
    call.body_size = n;
    if (n > WFP_CACHE_BODY_MAX) {
        return too_large(L, "a body", WFP_CACHE_BODY_MAX);
    }
    run(L, &call);
    return 0;
}

/* [-0, +0, v] wfp_ops_finish_fn: the Body at 4 can be read */
static int body_is_there(lua_State *L, const wfp_op_t *op)
{
    (void)op;
    wfp_api_slurp_awaited(L, 4);
    lua_replace(L, 4);
    lua_settop(L, 4);
    return store(L);
}

/* [-0, +0, v] Says the response that it is too large? */
static void check_length(lua_State *L, const wfp_headers_t *headers)
{
    const char *length = wfp_headers_get(headers, "content-length");

    if (length && strspn(length, "0123456789") == strlen(length)
        && (strlen(length) > 12
            || apr_atoi64(length) > (apr_int64_t)WFP_CACHE_BODY_MAX)) {
        too_large(L, "a body", WFP_CACHE_BODY_MAX);
    }
}

/* [-0, +0, e] cache:put(request, response) */
static int l_cache_put(lua_State *L)
{
    wfp_cache_call_t call;

    lua_settop(L, 3);
    if (!wfp_class_test(L, 3, &wfp_api_response_class)) {
        return wfp_api_error(L, "TypeError", NULL,
                             "put: the second argument must be a Response");
    }
    if (!begin(L, &call, 2)) {
        return wfp_api_error(L, "TypeError", NULL,
                             "Cannot cache response to non-GET request.");
    }
    check_response(L, &call);
    check_length(L, call.headers);
    lua_settop(L, 3);
    wfp_api_push_payload_body(L, 3);
    if (lua_isnil(L, 4)) {
        lua_pushliteral(L, "");
        lua_replace(L, 4);
        return store(L);
    }
    return wfp_api_await_body(L, 4, body_is_there);
}

static const luaL_Reg cache_methods[] = {
    { "match", l_cache_match },
    { "put", l_cache_put },
    { "delete", l_cache_delete },
    { NULL, NULL },
};
static const wfp_class_t cache_class = {
    "Cache", cache_methods, NULL, NULL, NULL, NULL,
};

/* ---- caches --------------------------------------------------------------------- */

/* [-0, +1, e] caches.open(name), or caches:open(name) */
static int l_storage_open(lua_State *L)
{
    int idx = wfp_class_test(L, 1, &storage_class) ? 2 : 1;
    cache_t *c;
    size_t n;
    const char *name = wfp_class_text(L, idx, "caches.open: the name", &n);

    if (n > WFP_CACHE_NAME_MAX || strlen(name) != n) {
        return wfp_api_error(L, "TypeError", NULL,
                             "caches.open: the name is longer than %d bytes, "
                             "or has a NUL",
                             WFP_CACHE_NAME_MAX);
    }
    c = wfp_class_new(L, &cache_class, sizeof(*c), 1);
    lua_pushvalue(L, idx);
    lua_tostring(L, -1);
    lua_setiuservalue(L, -2, V_NAME);
    c->is_default = 0;
    return 1;
}

/* [-0, +1, e] */
static int l_storage_index(lua_State *L)
{
    cache_t *c;

    if (wfp_class_field(L) == 0) {
        return 1;
    }
    if (!wfp_state_is_trusted(L)) {
        return wfp_api_error(L, "Error", NULL,
                             "caches.default is not available in untrusted "
                             "namespaces: use caches.open(name)");
    }
    c = wfp_class_new(L, &cache_class, sizeof(*c), 1);
    c->is_default = 1;
    return 1;
}

static const luaL_Reg storage_methods[] = {
    { "open", l_storage_open },
    { NULL, NULL },
};
static const char *const storage_fields[] = { "default", NULL };
static const wfp_class_t storage_class = {
    "CacheStorage", storage_methods, storage_fields, l_storage_index, NULL,
    NULL,
};

void wfp_api_open_caches(lua_State *L)
{
    (void)wfp_class_new(L, &storage_class, 0, 0);
    lua_setglobal(L, "caches");
}
