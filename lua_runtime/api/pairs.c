/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Names with values: what Headers and URLSearchParams share when a script
 * walks through them. A snapshot is made first, a flat array of name, value,
 * name, value; so changes during the walk harm nobody.
 */
#include <string.h>

#include "lua_runtime/api/classes.h"
#include "lua_runtime/meter.h"
#include "lua_runtime/state.h"

void wfp_api_join(lua_State *L)
{
    wfp_buffer_t b;
    lua_Integer i, n;
    int t = lua_gettop(L);

    if (lua_type(L, t) != LUA_TTABLE) {
        return;
    }
    wfp_buffer_init(&b, L);
    n = (lua_Integer)lua_rawlen(L, t);
    for (i = 1; i <= n; i++) {
        size_t len;
        const char *s;

        lua_rawgeti(L, t, i);
        s = lua_tolstring(L, -1, &len);
        if (i > 1) {
            wfp_buffer_add(&b, ", ", 2);
        }
        wfp_buffer_add(&b, s, len);
        lua_pop(L, 1);
    }
    wfp_buffer_push(&b);
    lua_replace(L, t);
    lua_settop(L, t);
}

typedef struct name_t {
    const char *s;
    size_t n;
    size_t order; /* among equal names */
} name_t;

/* [-0, +0, -] */
static int is_less(const name_t *a, const name_t *b)
{
    int c = memcmp(a->s, b->s, a->n < b->n ? a->n : b->n);

    if (c == 0 && a->n == b->n) {
        return a->order < b->order;
    }
    return c < 0 || (c == 0 && a->n < b->n);
}

/* [-0, +0, -] Heap sort's step: libc's qsort may allocate, and the isolate may
 * be left in the middle of it. */
static void sift(name_t *v, size_t root, size_t n)
{
    size_t child;

    while ((child = 2 * root + 1) < n) {
        name_t tmp;

        if (child + 1 < n && is_less(&v[child], &v[child + 1])) {
            child++;
        }
        if (!is_less(&v[root], &v[child])) {
            return;
        }
        tmp = v[root];
        v[root] = v[child];
        v[child] = tmp;
        root = child;
    }
}

/* [-0, +0, -] */
static void sort(name_t *v, size_t n)
{
    size_t i;

    for (i = n / 2; i-- > 0;) {
        sift(v, i, n);
    }
    for (i = n; i-- > 1;) {
        name_t tmp = v[0];

        v[0] = v[i];
        v[i] = tmp;
        sift(v, 0, i);
    }
}

/* [-0, +2, e] Push the names of the table at t, sorted, with their number:
 * pointers into strings that the table holds. */
static size_t push_names(lua_State *L, name_t **pnames, int t)
{
    size_t n = 0;

    for (lua_pushnil(L); lua_next(L, t); lua_pop(L, 1)) {
        n++;
    }
    *pnames = lua_newuserdatauv(L, (n + 1) * sizeof(name_t), 0);
    n = 0;
    for (lua_pushnil(L); lua_next(L, t); lua_pop(L, 1)) {
        (*pnames)[n].s = lua_tolstring(L, -2, &(*pnames)[n].n);
        (*pnames)[n].order = n;
        n++;
    }
    sort(*pnames, n);
    return n;
}

void wfp_api_sort_pairs(lua_State *L)
{
    name_t *names;
    size_t n, i;
    lua_Integer out = 0, k;
    int t = lua_gettop(L);

    n = push_names(L, &names, t);
    lua_createtable(L, (int)n * 2, 0);
    for (i = 0; i < n; i++) {
        int cookie = names[i].n == 10
                     && memcmp(names[i].s, "set-cookie", 10) == 0;

        lua_pushlstring(L, names[i].s, names[i].n);
        lua_pushvalue(L, -1);
        lua_rawget(L, t);
        if (!cookie) {
            wfp_api_join(L);
        }
        if (lua_type(L, -1) != LUA_TTABLE) {
            lua_rawseti(L, t + 2, out + 2);
            lua_rawseti(L, t + 2, ++out);
            out++;
            continue;
        }
        for (k = 1; lua_rawgeti(L, -1, k) != LUA_TNIL; k++) {
            lua_rawseti(L, t + 2, out + 2);
            lua_pushvalue(L, -2);
            lua_rawseti(L, t + 2, ++out);
            out++;
        }
        lua_settop(L, t + 2);
    }
    lua_replace(L, t);
    lua_settop(L, t);
}

void wfp_api_sort_flat(lua_State *L)
{
    int t = lua_gettop(L);
    size_t i, n = lua_rawlen(L, t) / 2;
    name_t *names = lua_newuserdatauv(L, (n + 1) * sizeof(name_t), 0);

    for (i = 0; i < n; i++) {
        lua_rawgeti(L, t, (lua_Integer)(2 * i + 1));
        names[i].s = lua_tolstring(L, -1, &names[i].n);
        names[i].order = i;
        lua_pop(L, 1);
    }
    sort(names, n);
    lua_createtable(L, (int)n * 2, 0);
    for (i = 0; i < n; i++) {
        lua_rawgeti(L, t, (lua_Integer)(2 * names[i].order + 1));
        lua_rawseti(L, -2, (lua_Integer)(2 * i + 1));
        lua_rawgeti(L, t, (lua_Integer)(2 * names[i].order + 2));
        lua_rawseti(L, -2, (lua_Integer)(2 * i + 2));
    }
    lua_replace(L, t);
    lua_settop(L, t);
}

/* [-0, +(1|2), -] upvalues: array, position, first field, number of fields */
static int l_next(lua_State *L)
{
    lua_Integer at = lua_tointeger(L, lua_upvalueindex(2));
    int first = (int)lua_tointeger(L, lua_upvalueindex(3));
    int count = (int)lua_tointeger(L, lua_upvalueindex(4)), i;

    lua_pushinteger(L, at + 2);
    lua_replace(L, lua_upvalueindex(2));
    for (i = 0; i < count; i++) {
        lua_rawgeti(L, lua_upvalueindex(1), at + first + i);
    }
    return count;
}

void wfp_api_iterate(lua_State *L, int first, int count)
{
    lua_pushinteger(L, 0);
    lua_pushinteger(L, first);
    lua_pushinteger(L, count);
    lua_pushcclosure(L, l_next, 4);
}

/* [-0, +0, -] How many bytes of a pool the table at t takes. */
static size_t measure(lua_State *L, int t)
{
    size_t bytes = sizeof(wfp_headers_t) + 64;
    int n = 0, i, k;

    for (lua_pushnil(L); lua_next(L, t); lua_pop(L, 1)) {
        k = lua_type(L, -1) == LUA_TTABLE ? (int)lua_rawlen(L, -1) : 1;
        n += k;
        bytes += (size_t)k * (lua_rawlen(L, -2) + 16);
        if (lua_type(L, -1) == LUA_TSTRING) {
            bytes += lua_rawlen(L, -1) + 16;
            continue;
        }
        for (i = 1; i <= k; i++) {
            lua_rawgeti(L, -1, i);
            bytes += lua_rawlen(L, -1) + 16;
            lua_pop(L, 1);
        }
    }
    return bytes + (size_t)n * 2 * sizeof(wfp_header_t);
}

/* [-0, +0, -] While critical: nothing here may raise or allocate in Lua. */
static void fill(wfp_headers_t *out, lua_State *L, int t)
{
    lua_Integer i;

    for (lua_pushnil(L); lua_next(L, t); lua_pop(L, 1)) {
        if (lua_type(L, -1) == LUA_TSTRING) {
            wfp_headers_add(out, lua_tostring(L, -2), lua_tostring(L, -1));
            continue;
        }
        for (i = 1; lua_rawgeti(L, -1, i) != LUA_TNIL; i++) {
            wfp_headers_add(out, lua_tostring(L, -3), lua_tostring(L, -1));
            lua_pop(L, 1);
        }
        lua_pop(L, 1);
    }
}

wfp_headers_t *wfp_api_pairs_to_core(lua_State *L)
{
    wfp_isolate_t *iso = wfp_isolate_of(L);
    wfp_headers_t *out;

    luaL_checkstack(L, 8, NULL);
    wfp_meter_charge(iso, measure(L, lua_gettop(L)));
    wfp_meter_critical_begin(iso);
    out = wfp_headers_make(wfp_state_pool(L));
    fill(out, L, lua_gettop(L));
    wfp_meter_critical_end(iso);
    lua_pop(L, 1);
    return out;
}
