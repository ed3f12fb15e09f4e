/* SPDX-License-Identifier: Apache-2.0 */
/*
 * URLSearchParams: a flat array name, value, name, value in the order given.
 * One that belongs to a URL writes its text back there at each change.
 */
#include <string.h>

#include "lua_runtime/api/classes.h"

typedef struct params_t {
    char unused; /* user value 1: the array; 2: the URL it belongs to */
} params_t;

static const wfp_class_t params_class;

/* [-0, +1, v] Push a decoded name or value of a form. */
static void push_decoded(lua_State *L, const char *s, size_t n)
{
    wfp_buffer_t b;
    size_t i;

    wfp_buffer_init(&b, L);
    for (i = 0; i < n; i++) {
        if (s[i] == '%' && n - i > 2 && wfp_api_hex_value(s[i + 1]) >= 0
            && wfp_api_hex_value(s[i + 2]) >= 0) {
            wfp_buffer_byte(&b, (char)(wfp_api_hex_value(s[i + 1]) << 4
                                       | wfp_api_hex_value(s[i + 2])));
            i += 2;
        }
        else {
            wfp_buffer_byte(&b, s[i] == '+' ? ' ' : s[i]);
        }
    }
    wfp_buffer_push(&b);
    lua_replace(L, b.idx);
}

void wfp_api_push_urlencoded(lua_State *L, const char *s, size_t n)
{
    lua_Integer at = 0;
    const char *end = s + n;

    luaL_checkstack(L, 16, NULL);
    lua_newtable(L);
    while (s < end) {
        const char *stop = memchr(s, '&', (size_t)(end - s)), *eq;

        stop = stop ? stop : end;
        eq = memchr(s, '=', (size_t)(stop - s));
        if (stop > s) {
            push_decoded(L, s, (size_t)((eq ? eq : stop) - s));
            lua_rawseti(L, -2, ++at);
            push_decoded(L, eq ? eq + 1 : stop,
                         eq ? (size_t)(stop - eq - 1) : 0);
            lua_rawseti(L, -2, ++at);
        }
        s = stop + 1;
    }
}

/* [-0, +1, v] Push the array of a query's text, with or without "?". */
static void push_read(lua_State *L, const char *s, size_t n)
{
    int mark = n && *s == '?';

    wfp_api_push_urlencoded(L, s + mark, n - (size_t)mark);
}

/* [-0, +0, v] */
static void add_encoded(wfp_buffer_t *b, const char *s, size_t n)
{
    static const char hex[] = "0123456789ABCDEF";
    size_t i;

    for (i = 0; i < n; i++) {
        unsigned char c = (unsigned char)s[i];

        if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z')
            || (c >= '0' && c <= '9') || (c && strchr("*-._", c))) {
            wfp_buffer_byte(b, s[i]);
        }
        else if (c == ' ') {
            wfp_buffer_byte(b, '+');
        }
        else {
            wfp_buffer_byte(b, '%');
            wfp_buffer_byte(b, hex[c >> 4]);
            wfp_buffer_byte(b, hex[c & 15]);
        }
    }
}

/* [-0, +1, v] Push the text of the array on the top of the stack. */
static void push_encoded(lua_State *L)
{
    int t = lua_gettop(L);
    lua_Integer i, n = (lua_Integer)lua_rawlen(L, t);
    wfp_buffer_t b;

    wfp_buffer_init(&b, L);
    for (i = 1; i <= n; i++) {
        size_t len;
        const char *s;

        if (i > 1) {
            wfp_buffer_byte(&b, i % 2 ? '&' : '=');
        }
        lua_rawgeti(L, t, i);
        s = lua_tolstring(L, -1, &len);
        add_encoded(&b, s, len);
        lua_pop(L, 1);
    }
    wfp_buffer_push(&b);
    lua_replace(L, b.idx);
}

/* [-1, +0, v] The array on the top is the new one of the object at 1; its URL
 * is told. */
static void store(lua_State *L)
{
    lua_pushvalue(L, -1);
    lua_setiuservalue(L, 1, 1);
    if (lua_getiuservalue(L, 1, 2) != LUA_TNIL) {
        lua_insert(L, -2);
        push_encoded(L);
        wfp_api_url_set_search(L, lua_gettop(L) - 2);
    }
    lua_pop(L, 2);
}

int wfp_api_params_text(lua_State *L, int idx)
{
    if (!wfp_class_test(L, idx, &params_class)) {
        return 0;
    }
    lua_getiuservalue(L, idx, 1);
    push_encoded(L);
    lua_remove(L, -2);
    return 1;
}

void wfp_api_push_params(lua_State *L, const char *text, size_t n, int owner)
{
    (void)wfp_class_new(L, &params_class, sizeof(params_t), 2);
    push_read(L, text, n);
    lua_setiuservalue(L, -2, 1);
    lua_pushvalue(L, owner);
    lua_setiuservalue(L, -2, 2);
}

void wfp_api_reset_params(lua_State *L, int idx, const char *text, size_t n)
{
    push_read(L, text, n);
    lua_setiuservalue(L, idx, 1);
}

/* [-0, +0, v] Append name and value of the constructor's table to the array
 * at t. */
static void add_pair(lua_State *L, int t, int name, int value)
{
    wfp_api_list_need(L, &params_class, "new", name, "name");
    wfp_api_list_need(L, &params_class, "new", value, "value");
    wfp_api_list_append(L, t, name, value);
}

/* [-0, +1, v] Push the array of the table at 1: pairs, or names to values. */
static void push_table(lua_State *L)
{
    lua_Integer i, n = (lua_Integer)lua_rawlen(L, 1);
    int t;

    lua_newtable(L);
    t = lua_gettop(L);
    for (i = 1; i <= n; i++) {
        if (lua_rawgeti(L, 1, i) != LUA_TTABLE || lua_rawlen(L, -1) != 2) {
            wfp_api_error(L, "TypeError", NULL,
                          "URLSearchParams.new: each parameter must be a pair "
                          "of name and value");
        }
        lua_rawgeti(L, t + 1, 1);
        lua_rawgeti(L, t + 1, 2);
        add_pair(L, t, t + 2, t + 3);
        lua_settop(L, t);
    }
    for (lua_pushnil(L); n == 0 && lua_next(L, 1);) {
        lua_pushvalue(L, -2);
        lua_insert(L, -2);
        add_pair(L, t, t + 2, t + 3);
        lua_settop(L, t + 1);
    }
    lua_settop(L, t);
}

/* [-0, +1, e] URLSearchParams.new(init?) */
static int l_params_new(lua_State *L)
{
    size_t n;
    const char *s;

    lua_settop(L, 1);
    if (lua_isnil(L, 1)) {
        lua_newtable(L);
    }
    else if (wfp_api_params_text(L, 1)) {
        s = lua_tolstring(L, -1, &n);
        push_read(L, s, n);
    }
    else if (lua_type(L, 1) == LUA_TTABLE) {
        push_table(L);
    }
    else {
        s = wfp_class_text(L, 1, "URLSearchParams.new: init", &n);
        push_read(L, s, n);
    }
    (void)wfp_class_new(L, &params_class, sizeof(params_t), 2);
    lua_insert(L, -2);
    lua_setiuservalue(L, -2, 1);
    return 1;
}

/* [-0, +1, e] params:get(name) */
static int l_params_get(lua_State *L)
{
    return wfp_api_list_get(L, &params_class);
}

/* [-0, +1, e] params:getAll(name) */
static int l_params_get_all(lua_State *L)
{
    return wfp_api_list_get_all(L, &params_class);
}

/* [-0, +1, e] params:has(name, value?) */
static int l_params_has(lua_State *L)
{
    return wfp_api_list_has(L, &params_class, 1);
}

/* [-0, +0, e] params:append(name, value) */
static int l_params_append(lua_State *L)
{
    lua_settop(L, 3);
    wfp_api_list_push(L, &params_class);
    wfp_api_list_need(L, &params_class, "append", 2, "name");
    wfp_api_list_need(L, &params_class, "append", 3, "value");
    wfp_api_list_append(L, 4, 2, 3);
    store(L);
    return 0;
}

/* [-0, +0, e] params:delete(name, value?) */
static int l_params_delete(lua_State *L)
{
    wfp_api_list_delete(L, &params_class, 1);
    store(L);
    return 0;
}

/* [-0, +0, e] params:set(name, value) */
static int l_params_set(lua_State *L)
{
    (void)wfp_class_check(L, 1, &params_class);
    lua_settop(L, 3);
    wfp_api_list_need(L, &params_class, "set", 2, "name");
    wfp_api_list_need(L, &params_class, "set", 3, "value");
    wfp_api_list_set(L, &params_class);
    store(L);
    return 0;
}

/* [-0, +0, e] params:sort() */
static int l_params_sort(lua_State *L)
{
    lua_settop(L, 1);
    wfp_api_list_push(L, &params_class);
    wfp_api_sort_flat(L);
    store(L);
    return 0;
}

/* [-0, +1, e] params:toString(), tostring(params) */
static int l_params_to_string(lua_State *L)
{
    wfp_api_list_push(L, &params_class);
    push_encoded(L);
    return 1;
}

/* [-0, +1, e] params:entries(), pairs(params) */
static int l_params_entries(lua_State *L)
{
    return wfp_api_list_iterate(L, &params_class, 1, 2);
}

/* [-0, +1, e] params:keys() */
static int l_params_keys(lua_State *L)
{
    return wfp_api_list_iterate(L, &params_class, 1, 1);
}

/* [-0, +1, e] params:values() */
static int l_params_values(lua_State *L)
{
    return wfp_api_list_iterate(L, &params_class, 2, 1);
}

/* [-0, +1, e] params.size */
static int l_params_index(lua_State *L)
{
    if (wfp_class_field(L)) {
        wfp_api_list_push(L, &params_class);
        lua_pushinteger(L, (lua_Integer)lua_rawlen(L, -1) / 2);
    }
    return 1;
}

static const char *const fields[] = { "size", NULL };
static const luaL_Reg methods[] = {
    { "append", l_params_append },   { "delete", l_params_delete },
    { "get", l_params_get },         { "getAll", l_params_get_all },
    { "has", l_params_has },         { "set", l_params_set },
    { "sort", l_params_sort },       { "toString", l_params_to_string },
    { "entries", l_params_entries }, { "keys", l_params_keys },
    { "values", l_params_values },   { NULL, NULL },
};
static const luaL_Reg meta[] = {
    { "__pairs", l_params_entries },
    { "__tostring", l_params_to_string },
    { NULL, NULL },
};
static const wfp_class_t params_class = {
    "URLSearchParams", methods, fields, l_params_index, NULL, meta,
};

void wfp_api_open_params(lua_State *L)
{
    wfp_class_global(L, "URLSearchParams", l_params_new, NULL);
}
