/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A body that a Lua function makes, chunk by chunk: each read that finds no
 * rest of the last chunk enters the isolate again, on the invocation's
 * remaining budget, under whoever reads (httpd's output, another isolate). Made
 * by state.c for api/, ended by run.c.
 */
#include "lua_runtime/function_body.h"

#include <lauxlib.h>

#include "lua_runtime/call.h"
#include "lua_runtime/inside.h"

/* What a read hands to the Lua side. */
typedef struct reading_t {
    wfp_function_body_t *fb;
    int ended;
} reading_t;

/* [-0, +0, e] Get the next chunk that has bytes. */
static int l_next_chunk(lua_State *L)
{
    reading_t *reading = lua_touserdata(L, 1);
    wfp_function_body_t *fb = reading->fb;
    size_t n = 0;

    luaL_unref(L, LUA_REGISTRYINDEX, fb->chunk_ref);
    fb->chunk_ref = LUA_NOREF;
    do {
        lua_settop(L, 1);
        (void)lua_rawgeti(L, LUA_REGISTRYINDEX, fb->fn_ref);
        lua_call(L, 0, 1);
        if (lua_isnil(L, -1)) {
            reading->ended = 1;
            return 0;
        }
        if (lua_type(L, -1) != LUA_TSTRING) {
            return luaL_error(L,
                              "a body function must return a string or nil,"
                              " not a %s",
                              luaL_typename(L, -1));
        }
        fb->data = lua_tolstring(L, -1, &n);
    } while (n == 0);
    fb->chunk_ref = luaL_ref(L, LUA_REGISTRYINDEX);
    fb->left = n;
    return 0;
}

static apr_status_t read_body(wfp_body_t *body, apr_bucket_brigade *bb,
                              apr_size_t max, wfp_result_t *res)
{
    wfp_function_body_t *fb = body->baton;
    wfp_invocation_t *inv = fb->inv;
    apr_status_t rv;

    if (!inv || inv->iso->dead) {
        return wfp_result_set(res, WFP_EXCEPTION, APR_ECONNABORTED,
                              "the Worker that makes this body has ended");
    }
    if (fb->left == 0) {
        reading_t reading = { fb, 0 };

        rv = wfp_call(inv->iso, &inv->budget, l_next_chunk, &reading, res);
        if (rv != APR_SUCCESS) {
            return rv;
        }
        if (reading.ended) {
            return APR_EOF;
        }
    }
    if (max > fb->left) {
        max = fb->left;
    }
    rv = apr_brigade_write(bb, NULL, NULL, fb->data, max);
    if (rv != APR_SUCCESS) {
        return wfp_result_set(res, WFP_INTERNAL, rv, NULL);
    }
    fb->data += max;
    fb->left -= max;
    return APR_SUCCESS;
}

static void close_body(wfp_body_t *body)
{
    wfp_function_body_t *fb = body->baton;

    fb->closed = 1;
    fb->left = 0;
}

static const wfp_body_kind_t function_kind = { "function", read_body,
                                               close_body };

wfp_body_t *wfp_function_body_make(wfp_invocation_t *inv, int ref)
{
    wfp_function_body_t *fb = apr_pcalloc(inv->pool, sizeof(*fb));

    fb->inv = inv;
    fb->fn_ref = ref;
    fb->chunk_ref = LUA_NOREF;
    fb->next = inv->bodies;
    inv->bodies = fb;
    return wfp_body_make(&function_kind, fb, -1, inv->pool);
}

int wfp_function_body_is_open(const wfp_invocation_t *inv)
{
    const wfp_function_body_t *fb;

    for (fb = inv->bodies; fb; fb = fb->next) {
        if (!fb->closed) {
            return 1;
        }
    }
    return 0;
}

void wfp_function_body_end_all(wfp_invocation_t *inv)
{
    wfp_function_body_t *fb;

    for (fb = inv->bodies; fb; fb = fb->next) {
        if (!inv->iso->dead) {
            /* sets slots that are there: allocates and raises nothing */
            luaL_unref(inv->iso->L, LUA_REGISTRYINDEX, fb->fn_ref);
            luaL_unref(inv->iso->L, LUA_REGISTRYINDEX, fb->chunk_ref);
        }
        fb->inv = NULL;
        fb->left = 0;
    }
    inv->bodies = NULL;
}
