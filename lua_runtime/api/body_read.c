/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reading a Body: chunk by chunk or as a whole, from its string, its function
 * or the lent stream. In a task of parallel() the bytes of a stream are waited
 * for beside. What a Body is and who gets it is body.c's.
 */
#include "lua_runtime/api/body.h"

#include "lua_runtime/meter.h"
#include "lua_runtime/ops.h"
#include "lua_runtime/state.h"

void wfp_api_need_room(lua_State *L, apr_uint64_t bytes)
{
    wfp_isolate_t *iso = wfp_isolate_of(L);

    if (bytes < wfp_meter_free_bytes(iso)) {
        return;
    }
    wfp_meter_make_room(iso, L, (apr_size_t)bytes);
    if (bytes >= wfp_meter_free_bytes(iso)) {
        wfp_result_t res = { .code = WFP_BODY_TOO_LARGE };

        wfp_meter_tell_room(&res, iso, bytes - wfp_meter_free_bytes(iso));
        wfp_api_raise(L, &res);
    }
}

/* While critical: up to *pn bytes of the lent body, 0 at its end. */
static apr_status_t pull(char *to, apr_size_t *pn, wfp_api_body_t *b,
                         apr_pool_t *p, wfp_result_t *res)
{
    apr_size_t max = *pn;
    apr_bucket *after;
    apr_status_t rv;

    *pn = 0;
    if (!b->bb) {
        b->bb = apr_brigade_create(p, apr_bucket_alloc_create(p));
    }
    if (APR_BRIGADE_EMPTY(b->bb)) {
        rv = wfp_body_read(b->lent, b->bb, max, res);
        if (rv != APR_SUCCESS) {
            b->ended = 1;
            return rv == APR_EOF ? APR_SUCCESS : rv;
        }
    }
    rv = apr_brigade_partition(b->bb, (apr_off_t)max, &after);
    if (rv != APR_SUCCESS && rv != APR_INCOMPLETE) {
        return rv;
    }
    *pn = max;
    rv = apr_brigade_flatten(b->bb, to, pn);
    if (rv == APR_SUCCESS) {
        while (APR_BRIGADE_FIRST(b->bb) != after && !APR_BRIGADE_EMPTY(b->bb)) {
            apr_bucket_delete(APR_BRIGADE_FIRST(b->bb));
        }
    }
    return rv;
}

/* [-0, +0, v] The next bytes of the lent body, at least one; 0: its end. */
static size_t read_lent(lua_State *L, wfp_api_body_t *b, char *to, size_t max)
{
    wfp_isolate_t *iso = wfp_isolate_of(L);
    apr_pool_t *p = wfp_state_pool(L);
    wfp_result_t res;
    apr_size_t n = 0;
    apr_status_t rv = APR_SUCCESS;

    if (!b->bb) {
        wfp_meter_charge(iso, 8192);
    }
    /* garbage must not take the room of what a tee keeps */
    wfp_meter_make_room(iso, L, 2 * WFP_BODY_CHUNK);
    wfp_result_init(&res, p);
    b->awaited = 1; /* its source may run code that knows it */
    while (n == 0 && rv == APR_SUCCESS && !b->ended) {
        n = max;
        wfp_meter_host_begin(iso);
        rv = pull(to, &n, b, p, &res);
        wfp_meter_body_end(iso);
    }
    b->awaited = 0;
    if (rv != APR_SUCCESS) {
        b->ended = 1;
        if (res.code == WFP_OK) {
            res.code = WFP_NETWORK_ERROR;
        }
        wfp_api_raise(L, &res);
    }
    return n;
}

/* [-0, +0, v] Call the function for the next chunk; it becomes user value 2.
 * Sets ended at its end. */
static void next_chunk(lua_State *L, wfp_api_body_t *b, int idx)
{
    idx = lua_absindex(L, idx);
    luaL_checkstack(L, 4, NULL);
    while (!b->ended) {
        b->ended = 1; /* also when the call fails */
        lua_getiuservalue(L, idx, 1);
        lua_call(L, 0, 1);
        if (lua_isnil(L, -1)) {
            lua_pop(L, 1);
            return;
        }
        if (!lua_isstring(L, -1)) {
            wfp_api_error(L, "TypeError", NULL,
                          "a body function must return strings, got %s",
                          luaL_typename(L, -1));
        }
        b->ended = 0;
        b->pos = 0;
        (void)lua_tostring(L, -1);
        if (lua_rawlen(L, -1) > 0) {
            lua_setiuservalue(L, idx, 2);
            return;
        }
        lua_pop(L, 1);
    }
}

/* [-0, +1, v] Push up to max bytes of the string, or nil when none is left. */
static void push_part(lua_State *L, wfp_api_body_t *b, int idx, size_t max)
{
    size_t n = 0;
    const char *s;

    lua_getiuservalue(L, idx, 2);
    s = lua_tolstring(L, -1, &n);
    if (!s || b->pos >= n) {
        lua_pop(L, 1);
        lua_pushnil(L);
        return;
    }
    if (b->pos > 0 || n > max) {
        n -= b->pos;
        n = n < max ? n : max;
        lua_pushlstring(L, s + b->pos, n);
        lua_remove(L, -2);
    }
    b->pos += n;
}

void wfp_api_set_body_signal(lua_State *L, int idx)
{
    lua_setiuservalue(L, idx, WFP_API_BODY_SIGNAL);
}

/* [-0, +0, v] The fetch that the lent body came from may be aborted by now. */
static void refuse_aborted(lua_State *L, wfp_api_body_t *b, int idx)
{
    wfp_isolate_t *iso = wfp_isolate_of(L);

    if (lua_getiuservalue(L, idx, WFP_API_BODY_SIGNAL) != LUA_TNIL
        && wfp_api_signal_aborted(L, lua_gettop(L))) {
        b->ended = 1;
        wfp_meter_host_begin(iso);
        wfp_body_cancel(b->lent);
        wfp_meter_host_end(iso);
        wfp_api_signal_raise(L, lua_gettop(L));
    }
    lua_pop(L, 1);
}

/* [-0, +0, v] */
static void refuse_awaited(lua_State *L, const wfp_api_body_t *b)
{
    if (b->awaited) {
        wfp_api_error(L, "TypeError", NULL, "Body is being read");
    }
}

/* [-0, +n, v] Finish at once, or once the bytes of the lent body are there,
 * while other tasks go on. */
static int await(lua_State *L, int idx, int whole, wfp_ops_finish_fn *finish)
{
    const wfp_api_body_t *b = lua_touserdata(L, idx);
    wfp_op_t op = { .kind = WFP_OP_BODY, .body = b->lent, .whole = whole };

    lua_getiuservalue(L, idx, WFP_API_BODY_SIGNAL);
    op.signal = lua_touserdata(L, -1);
    lua_pop(L, 1);
    if (b->lent && b->lent->kind->is_there && !b->ended && !b->lent->ended
        && (!b->bb || APR_BRIGADE_EMPTY(b->bb)) && wfp_ops_run_beside(L)
        && !b->lent->kind->is_there(b->lent, whole, 0, NULL)) {
        return wfp_ops_call(L, &op, finish);
    }
    return finish(L, &op);
}

int wfp_api_await_body(lua_State *L, int idx, wfp_ops_finish_fn *finish)
{
    wfp_api_body_t *b = wfp_api_check_body(L, idx);

    wfp_api_need_fresh_body(L, idx);
    b->state =
        WFP_API_BODY_TAKEN; /* by this task; wfp_api_slurp_awaited() reads it */
    return await(L, idx, 1, finish);
}

void wfp_api_slurp_awaited(lua_State *L, int idx)
{
    wfp_api_body_t *b = lua_touserdata(L, idx);

    b->state = WFP_API_BODY_FRESH;
    wfp_api_slurp_body(L, idx);
}

/* [-0, +1, v] Push the next chunk of the body at idx, nil at its end. */
static void push_chunk(lua_State *L, int idx, size_t max)
{
    wfp_api_body_t *b = wfp_api_check_body(L, idx);
    size_t n;
    char *to;

    idx = lua_absindex(L, idx);
    if (b->state == WFP_API_BODY_FRESH) {
        wfp_api_need_fresh_body(L, idx);
        b->state = WFP_API_BODY_READING;
    }
    else if (b->state == WFP_API_BODY_TAKEN) {
        wfp_api_error(L, "TypeError", NULL, "Body has already been used");
    }
    if (!b->lent) {
        push_part(L, b, idx, max);
        if (lua_isnil(L, -1) && lua_getiuservalue(L, idx, 1) != LUA_TNIL) {
            lua_pop(L, 2);
            next_chunk(L, b, idx);
            push_part(L, b, idx, max);
        }
        return;
    }
    max = max < 4 * WFP_BODY_CHUNK ? max : 4 * WFP_BODY_CHUNK;
    lua_getiuservalue(L, idx, 3);
    if (lua_type(L, -1) != LUA_TUSERDATA || lua_rawlen(L, -1) < max) {
        lua_pop(L, 1);
        (void)lua_newuserdatauv(L, max, 0);
        lua_pushvalue(L, -1);
        lua_setiuservalue(L, idx, 3);
    }
    to = lua_touserdata(L, -1);
    refuse_aborted(L, b, idx);
    n = b->ended ? 0 : read_lent(L, b, to, max);
    if (n) {
        lua_pushlstring(L, to, n);
    }
    else {
        lua_pushnil(L);
    }
    lua_remove(L, -2);
}

void wfp_api_read_body(lua_State *L, int idx)
{
    push_chunk(L, idx, WFP_BODY_CHUNK);
}

/* [-0, +1, v] wfp_ops_finish_fn */
static int part_is_there(lua_State *L, const wfp_op_t *op)
{
    wfp_api_body_t *b = lua_touserdata(L, 1);

    (void)op;
    b->awaited = 0;
    push_chunk(L, 1, (size_t)lua_tointeger(L, 2));
    return 1;
}

/* [-0, +1, v] The Body at 1, at most the bytes at 2. */
static int read_part(lua_State *L)
{
    wfp_api_body_t *b = wfp_api_check_body(L, 1);

    refuse_awaited(L, b);
    if (b->state == WFP_API_BODY_FRESH) {
        wfp_api_need_fresh_body(L, 1);
        b->state = WFP_API_BODY_READING;
    }
    if (b->state != WFP_API_BODY_READING) {
        return part_is_there(L, NULL); /* raises */
    }
    b->awaited = 1;
    return await(L, 1, 0, part_is_there);
}

/* [-0, +1, e] body:read(n?) */
int wfp_api_body_read(lua_State *L)
{
    lua_Integer max = WFP_BODY_CHUNK;

    if (!lua_isnoneornil(L, 2)) {
        int ok;

        max = lua_tointegerx(L, 2, &ok);
        if (!ok || max < 1) {
            return wfp_api_error(L, "RangeError", NULL,
                                 "read wants a positive number of bytes");
        }
    }
    lua_settop(L, 1);
    lua_pushinteger(L, max);
    return read_part(L);
}

/* [-0, +1, e] */
static int l_chunks_next(lua_State *L)
{
    lua_settop(L, 0);
    lua_pushvalue(L, lua_upvalueindex(1));
    lua_pushinteger(L, WFP_BODY_CHUNK);
    return read_part(L);
}

/* [-0, +1, e] body:chunks() */
int wfp_api_body_chunks(lua_State *L)
{
    (void)wfp_api_check_body(L, 1);
    lua_settop(L, 1);
    lua_pushcclosure(L, l_chunks_next, 1);
    return 1;
}

/* [-0, +0, e] body:cancel() */
int wfp_api_body_cancel(lua_State *L)
{
    wfp_api_body_t *b = wfp_api_check_body(L, 1);
    wfp_isolate_t *iso = wfp_isolate_of(L);

    if (b->state == WFP_API_BODY_TAKEN) {
        return 0;
    }
    refuse_awaited(L, b);
    b->state = WFP_API_BODY_READING;
    b->ended = 1;
    lua_pushnil(L);
    lua_setiuservalue(L, 1, 1);
    lua_pushnil(L);
    lua_setiuservalue(L, 1, 2);
    if (b->lent) {
        wfp_meter_host_begin(iso);
        if (b->bb) {
            (void)apr_brigade_cleanup(b->bb);
        }
        wfp_body_cancel(b->lent);
        wfp_meter_host_end(iso);
    }
    return 0;
}

/* [-0, +1, v] all bytes of a lent body */
static void slurp_lent(lua_State *L, wfp_api_body_t *b)
{
    wfp_isolate_t *iso = wfp_isolate_of(L);
    wfp_buffer_t buf;
    apr_size_t n;
    const char *s = wfp_body_peek(b->lent, &n);

    if (s) {
        wfp_api_need_room(L, n);
        lua_pushlstring(L, s, n);
        wfp_meter_critical_begin(iso);
        wfp_body_cancel(b->lent);
        wfp_meter_critical_end(iso);
        return;
    }
    wfp_buffer_init(&buf, L);
    buf.max = (size_t)-1; /* wfp_api_need_room() says what fits */
    if (b->lent->length > 0) {
        wfp_api_need_room(L, 2 * (apr_uint64_t)b->lent->length);
        (void)wfp_buffer_reserve(&buf, (size_t)b->lent->length + 1);
    }
    while (!b->ended) {
        if (buf.n == buf.room) {
            wfp_api_need_room(L, 3 * (apr_uint64_t)buf.room);
            (void)wfp_buffer_reserve(&buf, WFP_BODY_CHUNK);
        }
        buf.n += read_lent(L, b, buf.data + buf.n, buf.room - buf.n);
    }
    wfp_api_need_room(L, buf.n);
    wfp_buffer_push(&buf);
    lua_remove(L, buf.idx);
}

void wfp_api_slurp_body(lua_State *L, int idx)
{
    wfp_api_body_t *b = wfp_api_check_body(L, idx);
    wfp_buffer_t buf;

    wfp_api_need_fresh_body(L, idx);
    idx = lua_absindex(L, idx);
    b->state = WFP_API_BODY_TAKEN;
    if (b->lent) {
        refuse_aborted(L, b, idx);
        slurp_lent(L, b);
        return;
    }
    if (lua_getiuservalue(L, idx, 1) == LUA_TNIL) {
        lua_pop(L, 1);
        lua_getiuservalue(L, idx, 2);
        return;
    }
    lua_pop(L, 1);
    wfp_buffer_init(&buf, L);
    for (next_chunk(L, b, idx); !b->ended; next_chunk(L, b, idx)) {
        size_t n;
        const char *s;

        lua_getiuservalue(L, idx, 2);
        s = lua_tolstring(L, -1, &n);
        wfp_api_need_room(L, 3 * (apr_uint64_t)n);
        wfp_buffer_add(&buf, s, n);
        lua_pop(L, 1);
    }
    wfp_buffer_push(&buf);
    lua_remove(L, buf.idx);
}
