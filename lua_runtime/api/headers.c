/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Headers. An object is either a view of a lent list (an incoming request's, a
 * fetched response's, that of header_list.c) or has its own form: a Lua table from lower-case name to
 * a value or, where a name came more than once, an array of values. A view
 * turns into its own form at the first change, so that messages which only
 * pass through are never copied.
 */
#include <string.h>

#include "lua_runtime/api/classes.h"
#include "lua_runtime/state.h"

typedef struct headers_t {
    const wfp_headers_t *lent; /* NULL: own form, in user value 1 */
    apr_uint32_t generation;   /* of lent */
    unsigned immutable : 1;
    unsigned listed : 1; /* lent is in the block that is user value 1 */
} headers_t;

static const wfp_class_t headers_class;

/* [-0, +0, v] */
static headers_t *check(lua_State *L, int idx)
{
    headers_t *h = wfp_class_check(L, idx, &headers_class);

    if (h->lent && !h->listed) {
        wfp_api_check_generation(L, h->generation);
    }
    return h;
}

void wfp_api_push_headers(lua_State *L, const wfp_headers_t *lent,
                          int immutable)
{
    headers_t *h = wfp_class_new(L, &headers_class, sizeof(*h), 1);

    h->immutable = immutable != 0;
    if (lent) {
        h->lent = lent;
        h->generation = wfp_state_generation(L);
    }
    else {
        lua_newtable(L);
        lua_setiuservalue(L, -2, 1);
    }
}

void wfp_api_push_listed_headers(lua_State *L, const wfp_headers_t *list)
{
    headers_t *h = wfp_class_new(L, &headers_class, sizeof(*h), 1);

    h->lent = list;
    h->listed = 1;
    lua_insert(L, -2);
    lua_setiuservalue(L, -2, 1);
}

/* [-0, +1, v] Push a name in lower case; TypeError when it is no token. */
static void push_name(lua_State *L, int idx)
{
    char small[64], *low = small;
    size_t n;
    const char *name;

    name = wfp_class_text(L, idx, "A header name", &n);
    if (!wfp_headers_is_name(name, n)) {
        wfp_api_error(L, "TypeError", NULL, "Invalid header name");
    }
    if (n > sizeof(small)) {
        low = lua_newuserdatauv(L, n, 0);
    }
    wfp_headers_lower(low, name, n);
    lua_pushlstring(L, low, n);
    if (low != small) {
        lua_remove(L, -2);
    }
}

/* [-0, +1, v] Push a value without outer blanks. */
static void push_value(lua_State *L, int idx)
{
    size_t n;
    const char *s;

    s = wfp_class_text(L, idx, "A header value", &n);
    s = wfp_headers_trim(s, &n);
    if (!wfp_headers_is_value(s, n)) {
        wfp_api_error(L, "TypeError", NULL, "Invalid header value");
    }
    lua_pushlstring(L, s, n);
}

/* [-2, +0, m] Append value (top) under name (below) in the table at idx. */
static void append(lua_State *L, int idx)
{
    idx = lua_absindex(L, idx);
    lua_pushvalue(L, -2);
    switch (lua_rawget(L, idx)) {
    case LUA_TNIL:
        lua_pop(L, 1);
        lua_rawset(L, idx);
        return;
    case LUA_TTABLE:
        lua_insert(L, -2);
        lua_rawseti(L, -2, (lua_Integer)lua_rawlen(L, -2) + 1);
        lua_pop(L, 2);
        return;
    default:
        lua_createtable(L, 2, 0);
        lua_insert(L, -2);
        lua_rawseti(L, -2, 1);
        lua_insert(L, -2);
        lua_rawseti(L, -2, 2);
        lua_rawset(L, idx);
    }
}

/* [-0, +1, m] Push the own form of a lent list as a table. */
static void push_own(lua_State *L, const wfp_headers_t *lent)
{
    int i, t;

    lua_createtable(L, 0, lent->count);
    t = lua_gettop(L);
    for (i = 0; i < lent->count; i++) {
        lua_pushstring(L, lent->list[i].name);
        push_name(L, -1);
        lua_remove(L, -2);
        lua_pushstring(L, lent->list[i].value);
        append(L, t);
    }
}

/* [-0, +1, m] Push the table of an object that is going to be changed. */
static void push_writable(lua_State *L, headers_t *h, int idx)
{
    if (h->immutable) {
        wfp_api_error(L, "TypeError", NULL, "Can't modify immutable headers");
    }
    if (h->lent) {
        push_own(L, h->lent);
        lua_pushvalue(L, -1);
        lua_setiuservalue(L, idx, 1);
        h->lent = NULL;
        h->listed = 0;
    }
    else {
        lua_getiuservalue(L, idx, 1);
    }
}

/* [-0, +0, v] Append a pair at stack slots name and value to the table t. */
static void init_pair(lua_State *L, int t, int name, int value)
{
    lua_Integer i, n;

    if (lua_type(L, value) != LUA_TTABLE) {
        push_name(L, name);
        push_value(L, value);
        append(L, t);
        return;
    }
    n = (lua_Integer)lua_rawlen(L, value);
    for (i = 1; i <= n; i++) {
        push_name(L, name);
        lua_rawgeti(L, value, i);
        push_value(L, -1);
        lua_remove(L, -2);
        append(L, t);
    }
}

/* [-0, +0, v] An array of pairs, from slot idx into the table t. */
static void init_pairs(lua_State *L, int t, int idx)
{
    lua_Integer i, n = (lua_Integer)lua_rawlen(L, idx);
    int top = lua_gettop(L);

    for (i = 1; i <= n; i++) {
        if (lua_rawgeti(L, idx, i) != LUA_TTABLE || lua_rawlen(L, -1) != 2) {
            wfp_api_error(L, "TypeError", NULL,
                          "Each header must be a pair of name and value");
        }
        lua_rawgeti(L, top + 1, 1);
        lua_rawgeti(L, top + 1, 2);
        init_pair(L, t, top + 2, top + 3);
        lua_settop(L, top);
    }
}

void wfp_api_copy_headers(lua_State *L, int idx)
{
    headers_t *from = check(L, idx);
    int top;

    idx = lua_absindex(L, idx);
    if (from->listed) {
        lua_getiuservalue(L, idx, 1);
        wfp_api_push_listed_headers(L, from->lent);
        return;
    }
    if (from->lent) {
        wfp_api_push_headers(L, from->lent, 0);
        return;
    }
    wfp_api_push_headers(L, NULL, 0);
    top = lua_gettop(L);
    lua_getiuservalue(L, top, 1);
    lua_getiuservalue(L, idx, 1);
    for (lua_pushnil(L); lua_next(L, top + 2);) {
        init_pair(L, top + 1, top + 3, top + 4);
        lua_settop(L, top + 3);
    }
    lua_settop(L, top);
}

void wfp_api_make_headers(lua_State *L, int idx)
{
    int top;

    luaL_checkstack(L, 16, NULL);
    idx = lua_absindex(L, idx);
    if (wfp_class_test(L, idx, &headers_class)) {
        wfp_api_copy_headers(L, idx);
        return;
    }
    wfp_api_push_headers(L, NULL, 0);
    if (lua_isnoneornil(L, idx)) {
        return;
    }
    if (lua_type(L, idx) != LUA_TTABLE) {
        wfp_api_error(L, "TypeError", NULL,
                      "headers must be a table or Headers, got %s",
                      luaL_typename(L, idx));
    }
    top = lua_gettop(L);
    lua_getiuservalue(L, top, 1);
    if (lua_rawgeti(L, idx, 1) != LUA_TNIL) {
        lua_pop(L, 1);
        init_pairs(L, top + 1, idx);
    }
    else {
        /* lua_next must not see a key that was converted: names are read
         * from a copy */
        for (lua_pop(L, 1), lua_pushnil(L); lua_next(L, idx);) {
            lua_pushvalue(L, -2);
            lua_insert(L, -2);
            init_pair(L, top + 1, top + 3, top + 4);
            lua_settop(L, top + 2);
        }
    }
    lua_settop(L, top);
}

/* [-0, +1, e] Push the value of a lent list's name, joined, or nil. */
static void push_lent(lua_State *L, const wfp_headers_t *lent, const char *name)
{
    wfp_buffer_t b;
    int i, found = 0;

    wfp_buffer_init(&b, L);
    for (i = 0; i < lent->count; i++) {
        if (strcasecmp(lent->list[i].name, name) == 0) {
            if (found++) {
                wfp_buffer_add(&b, ", ", 2);
            }
            wfp_buffer_add(&b, lent->list[i].value,
                           strlen(lent->list[i].value));
        }
    }
    if (found) {
        wfp_buffer_push(&b);
    }
    else {
        lua_pushnil(L);
    }
    lua_remove(L, b.idx);
}

/* [-0, +1, e] Push the joined value of the name at slot 2, or nil. */
static void push_joined(lua_State *L, const headers_t *h)
{
    push_name(L, 2);
    if (h->lent) {
        push_lent(L, h->lent, lua_tostring(L, -1));
        return;
    }
    lua_getiuservalue(L, 1, 1);
    lua_insert(L, -2);
    lua_rawget(L, -2);
    wfp_api_join(L);
}

void wfp_api_push_header(lua_State *L, int idx, const char *name)
{
    const headers_t *h = check(L, idx);

    if (h->lent) {
        push_lent(L, h->lent, name);
        return;
    }
    lua_getiuservalue(L, idx, 1);
    (void)wfp_class_raw(L, -1, name);
    lua_remove(L, -2);
    wfp_api_join(L);
}

void wfp_api_drop_header(lua_State *L, int idx, const char *name)
{
    push_writable(L, check(L, idx), idx);
    lua_pushnil(L);
    lua_setfield(L, -2, name);
    lua_pop(L, 1);
}

/* [-0, +1, e] headers:get(name) */
static int l_headers_get(lua_State *L)
{
    push_joined(L, check(L, 1));
    return 1;
}

/* [-0, +1, e] headers:has(name) */
static int l_headers_has(lua_State *L)
{
    push_joined(L, check(L, 1));
    lua_pushboolean(L, !lua_isnil(L, -1));
    return 1;
}

/* [-0, +0, e] headers:set(name, value) */
static int l_headers_set(lua_State *L)
{
    headers_t *h = check(L, 1);

    lua_settop(L, 3);
    push_name(L, 2);
    push_value(L, 3);
    push_writable(L, h, 1);
    lua_insert(L, -3);
    lua_rawset(L, -3);
    return 0;
}

/* [-0, +0, e] headers:append(name, value) */
static int l_headers_append(lua_State *L)
{
    headers_t *h = check(L, 1);

    lua_settop(L, 3);
    push_writable(L, h, 1);
    push_name(L, 2);
    push_value(L, 3);
    append(L, 4);
    return 0;
}

/* [-0, +0, e] headers:delete(name) */
static int l_headers_delete(lua_State *L)
{
    headers_t *h = check(L, 1);

    lua_settop(L, 2);
    push_writable(L, h, 1);
    push_name(L, 2);
    lua_pushnil(L);
    lua_rawset(L, 3);
    return 0;
}

/* [-0, +1, e] Push the table to read from. */
static void push_readable(lua_State *L, const headers_t *h, int idx)
{
    if (h->lent) {
        push_own(L, h->lent);
    }
    else {
        lua_getiuservalue(L, idx, 1);
    }
}

/* [-0, +1, e] headers:getSetCookie() */
static int l_headers_get_set_cookie(lua_State *L)
{
    lua_Integer i, n;

    push_readable(L, check(L, 1), 1);
    lua_newtable(L);
    wfp_api_mark_array(L);
    switch (wfp_class_raw(L, -2, "set-cookie")) {
    case LUA_TTABLE:
        n = (lua_Integer)lua_rawlen(L, -1);
        for (i = 1; i <= n; i++) {
            lua_rawgeti(L, -1, i);
            lua_rawseti(L, -3, i);
        }
        lua_pop(L, 1);
        break;
    case LUA_TSTRING:
        lua_rawseti(L, -2, 1);
        break;
    default:
        lua_pop(L, 1);
    }
    return 1;
}

/* [-0, +1, e] */
static int iterate(lua_State *L, int first, int count)
{
    push_readable(L, check(L, 1), 1);
    wfp_api_sort_pairs(L);
    wfp_api_iterate(L, first, count);
    return 1;
}

/* [-0, +1, e] headers:entries(), pairs(headers) */
static int l_headers_entries(lua_State *L)
{
    return iterate(L, 1, 2);
}

/* [-0, +1, e] headers:keys() */
static int l_headers_keys(lua_State *L)
{
    return iterate(L, 1, 1);
}

/* [-0, +1, e] headers:values() */
static int l_headers_values(lua_State *L)
{
    return iterate(L, 2, 1);
}

void wfp_api_default_header(lua_State *L, int idx, const char *name,
                            const char *value)
{
    headers_t *h = check(L, idx);

    idx = lua_absindex(L, idx);
    if (h->lent && wfp_headers_get(h->lent, name)) {
        return;
    }
    push_writable(L, h, idx);
    if (wfp_class_raw(L, -1, name) == LUA_TNIL) {
        lua_pushstring(L, name);
        lua_pushstring(L, value);
        lua_rawset(L, -4);
    }
    lua_pop(L, 2);
}

wfp_headers_t *wfp_api_core_headers(lua_State *L, int idx)
{
    headers_t *h = check(L, idx);

    if (h->listed) {
        return wfp_api_header_list_to_core(L, h->lent);
    }
    if (h->lent) {
        return (wfp_headers_t *)h->lent;
    }
    lua_getiuservalue(L, idx, 1);
    return wfp_api_pairs_to_core(L);
}

/* [-0, +1, e] Headers.new(init?) */
static int l_headers_new(lua_State *L)
{
    lua_settop(L, 1);
    wfp_api_make_headers(L, 1);
    return 1;
}

static const luaL_Reg methods[] = {
    { "get", l_headers_get },
    { "getSetCookie", l_headers_get_set_cookie },
    { "has", l_headers_has },
    { "set", l_headers_set },
    { "append", l_headers_append },
    { "delete", l_headers_delete },
    { "entries", l_headers_entries },
    { "keys", l_headers_keys },
    { "values", l_headers_values },
    { NULL, NULL },
};
static const luaL_Reg meta[] = {
    { "__pairs", l_headers_entries },
    { NULL, NULL },
};
static const wfp_class_t headers_class = {
    "Headers", methods, NULL, NULL, NULL, meta,
};

void wfp_api_open_headers(lua_State *L)
{
    wfp_class_global(L, "Headers", l_headers_new, NULL);
}
