/* SPDX-License-Identifier: Apache-2.0 */
/*
 * json.encode and the globals json and JSON. Strict RFC 8259: what JSON cannot
 * say is a TypeError. Tables are read raw, depth and cycles are bounded, the
 * text grows in the arena. The console uses the same code leniently. Reading
 * is in json_parse.c.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "lua_runtime/api/classes.h"
#include "lua_runtime/meter.h"
#include "lua_runtime/sandbox.h"

#define DEPTH_MAX 200

typedef struct encoder_t {
    lua_State *L;
    wfp_buffer_t *out;
    int lenient;
    int depth;
    const void *path[DEPTH_MAX]; /* tables being written, for cycles */
} encoder_t;

static void encode(encoder_t *e, int idx);

/* metatable of arrays: its address is the key in the registry */
static char array_key;
static char null_key;

static int l_null_tostring(lua_State *L)
{
    lua_pushliteral(L, "null");
    return 1;
}

void wfp_api_push_null(lua_State *L)
{
    lua_rawgetp(L, LUA_REGISTRYINDEX, &null_key);
}

void wfp_api_mark_array(lua_State *L)
{
    lua_rawgetp(L, LUA_REGISTRYINDEX, &array_key);
    lua_setmetatable(L, -2);
}

int wfp_api_is_null(lua_State *L, int idx)
{
    int yes;

    idx = lua_absindex(L, idx);
    wfp_api_push_null(L);
    yes = lua_rawequal(L, idx, -1);
    lua_pop(L, 1);
    return yes;
}

int wfp_api_is_array(lua_State *L, int idx)
{
    int yes;

    if (!lua_getmetatable(L, idx)) {
        return 0;
    }
    lua_rawgetp(L, LUA_REGISTRYINDEX, &array_key);
    yes = lua_rawequal(L, -1, -2);
    lua_pop(L, 2);
    return yes;
}

/* [-0, +0, v] Raise, or name what cannot be said. */
static void refuse(encoder_t *e, const char *what)
{
    if (!e->lenient) {
        wfp_api_error(e->L, "TypeError", NULL, "%s cannot be encoded as JSON",
                      what);
    }
    wfp_buffer_byte(e->out, '[');
    wfp_buffer_add(e->out, what, strlen(what));
    wfp_buffer_byte(e->out, ']');
}

/* [-0, +0, v] An object of the API by its class. */
static void refuse_value(encoder_t *e, int idx)
{
    lua_State *L = e->L;
    int is_named = lua_type(L, idx) == LUA_TUSERDATA
                   && luaL_getmetafield(L, idx, "__name") == LUA_TSTRING;

    refuse(e, is_named ? lua_tostring(L, -1) : luaL_typename(L, idx));
    if (is_named) {
        lua_pop(L, 1);
    }
}

/* [-0, +0, e] */
static void add_escape(wfp_buffer_t *out, unsigned char c)
{
    static const char hex[] = "0123456789abcdef";
    static const char from[] = "\"\\\b\f\n\r\t", to[] = "\"\\bfnrt";
    const char *at = c ? strchr(from, c) : NULL;
    char text[6] = { '\\', 'u', '0', '0', hex[c >> 4], hex[c & 15] };

    if (at) {
        text[1] = to[at - from];
        wfp_buffer_add(out, text, 2);
        return;
    }
    wfp_buffer_add(out, text, 6);
}

/* [-0, +0, v] */
static void add_string(encoder_t *e, const char *s, size_t n)
{
    size_t i = 0, start = 0;

    wfp_buffer_byte(e->out, '"');
    while (i < n) {
        unsigned char c = (unsigned char)s[i];
        size_t len = 1;

        if (c >= 0x80) {
            len = wfp_api_utf8(s + i, n - i);
            if (!len && !e->lenient) {
                wfp_api_error(e->L, "TypeError", NULL,
                              "invalid UTF-8 cannot be encoded as JSON");
            }
            i += len ? len : 1;
            continue;
        }
        if (c >= 0x20 && c != '"' && c != '\\') {
            i++;
            continue;
        }
        wfp_buffer_add(e->out, s + start, i - start);
        add_escape(e->out, c);
        start = ++i;
    }
    wfp_buffer_add(e->out, s + start, n - start);
    wfp_buffer_byte(e->out, '"');
}

/* [-0, +0, v] */
static void add_integer(wfp_buffer_t *out, lua_Integer i)
{
    char text[24], *at = text + sizeof(text);
    lua_Unsigned u = i < 0 ? 0 - (lua_Unsigned)i : (lua_Unsigned)i;

    do {
        *--at = (char)('0' + u % 10);
        u /= 10;
    } while (u);
    if (i < 0) {
        *--at = '-';
    }
    wfp_buffer_add(out, at, (size_t)(text + sizeof(text) - at));
}

/* [-0, +0, v] A short text that reads back as the same number. */
static void add_number(encoder_t *e, int idx)
{
    char text[40];
    lua_Number d;
    int digits;

    if (lua_isinteger(e->L, idx)) {
        add_integer(e->out, lua_tointeger(e->L, idx));
        return;
    }
    d = lua_tonumber(e->L, idx);
    if (!isfinite(d)) {
        refuse(e, isnan(d) ? "NaN" : "Infinity");
        return;
    }
    for (digits = 15; digits <= 17; digits++) {
        (void)snprintf(text, sizeof(text), "%.*g", digits, d);
        if (strtod(text, NULL) == d) {
            break;
        }
    }
    if (!strpbrk(text, ".e")) {
        size_t n = strlen(text);

        memcpy(text + n, ".0", 3);
    }
    wfp_buffer_add(e->out, text, strlen(text));
}

/* [-0, +0, v] A key that is a number, of the table at t: its text must not be a
 * key, too. */
static void add_number_key(encoder_t *e, int t, int idx)
{
    lua_State *L = e->L;
    size_t start = e->out->n + 1;

    wfp_buffer_byte(e->out, '"');
    add_number(e, idx);
    lua_pushlstring(L, e->out->data + start, e->out->n - start);
    if (lua_rawget(L, t) != LUA_TNIL) {
        refuse(e, "a key that stands twice");
    }
    lua_pop(L, 1);
    wfp_buffer_byte(e->out, '"');
}

/* [-0, +0, v] The key at idx of the table at t. */
static void add_key(encoder_t *e, int t, int idx)
{
    size_t n;
    const char *s;

    if (lua_type(e->L, idx) == LUA_TSTRING) {
        s = lua_tolstring(e->L, idx, &n);
        add_string(e, s, n);
    }
    else if (lua_type(e->L, idx) == LUA_TNUMBER) {
        add_number_key(e, t, idx);
    }
    else {
        refuse(e, "a key that is no string");
    }
}

/* [-0, +0, v] Is the table at t a sequence (or marked as one)? Then *pn is its
 * length. */
static int is_array(encoder_t *e, int t, lua_Integer *pn)
{
    lua_State *L = e->L;
    lua_Integer n = (lua_Integer)lua_rawlen(L, t), seen = 0;
    int marked = wfp_api_is_array(L, t);

    *pn = n;
    if (n == 0 && !marked) {
        return 0;
    }
    for (lua_pushnil(L); lua_next(L, t); lua_pop(L, 1)) {
        if (!lua_isinteger(L, -2) || lua_tointeger(L, -2) < 1
            || lua_tointeger(L, -2) > n) {
            lua_pop(L, 2);
            if (marked && !e->lenient) {
                wfp_api_error(L, "TypeError", NULL,
                              "an array with other keys cannot be encoded as "
                              "JSON");
            }
            return 0;
        }
        seen++;
    }
    return marked || seen == n;
}

/* [-0, +0, v] */
static void add_table(encoder_t *e, int t)
{
    lua_State *L = e->L;
    lua_Integer i, n;
    int first = 1;

    if (is_array(e, t, &n)) {
        wfp_buffer_byte(e->out, '[');
        for (i = 1; i <= n; i++) {
            if (i > 1) {
                wfp_buffer_byte(e->out, ',');
            }
            lua_rawgeti(L, t, i);
            encode(e, t + 1);
            lua_settop(L, t);
        }
        wfp_buffer_byte(e->out, ']');
        return;
    }
    wfp_buffer_byte(e->out, '{');
    for (lua_pushnil(L); lua_next(L, t); lua_settop(L, t + 1)) {
        if (!first) {
            wfp_buffer_byte(e->out, ',');
        }
        first = 0;
        add_key(e, t, t + 1);
        wfp_buffer_byte(e->out, ':');
        encode(e, t + 2);
    }
    wfp_buffer_byte(e->out, '}');
}

/* [-0, +0, v] Write the table at idx, which is on the top. */
static void encode_table(encoder_t *e, int idx)
{
    const void *self = lua_topointer(e->L, idx);
    int i;

    for (i = 0; i < e->depth; i++) {
        if (e->path[i] == self) {
            refuse(e, "a cycle");
            return;
        }
    }
    if (e->depth == DEPTH_MAX) {
        refuse(e, "a table nested deeper than 200");
        return;
    }
    luaL_checkstack(e->L, 8, NULL);
    e->path[e->depth++] = self;
    add_table(e, idx);
    e->depth--;
}

/* [-0, +0, v] Write the value at idx, which is on the top: whatever is pushed
 * above is popped again. */
static void encode(encoder_t *e, int idx)
{
    lua_State *L = e->L;
    size_t n;
    const char *s;

    switch (lua_type(L, idx)) {
    case LUA_TNIL:
        wfp_buffer_add(e->out, "null", 4);
        break;
    case LUA_TBOOLEAN:
        s = lua_toboolean(L, idx) ? "true" : "false";
        wfp_buffer_add(e->out, s, strlen(s));
        break;
    case LUA_TNUMBER:
        add_number(e, idx);
        break;
    case LUA_TSTRING:
        s = lua_tolstring(L, idx, &n);
        add_string(e, s, n);
        break;
    case LUA_TTABLE:
        encode_table(e, idx);
        break;
    default:
        if (wfp_api_is_null(L, idx)) {
            wfp_buffer_add(e->out, "null", 4);
        }
        else if (wfp_class_unwrap(L, idx)) {
            encode_table(e, lua_gettop(L));
            lua_settop(L, idx);
        }
        else if (wfp_api_url_href(L, idx)) {
            s = lua_tolstring(L, -1, &n);
            add_string(e, s, n);
            lua_settop(L, idx);
        }
        else {
            refuse_value(e, idx);
        }
    }
}

void wfp_api_json_append(wfp_buffer_t *b, int idx, int lenient)
{
    encoder_t e;
    int top;

    e.L = b->L;
    e.out = b;
    e.lenient = lenient;
    e.depth = 0;
    luaL_checkstack(b->L, 8, NULL);
    lua_pushvalue(b->L, idx);
    top = lua_gettop(b->L);
    encode(&e, top);
    lua_settop(b->L, top - 1);
}

const char *wfp_api_json_encode(lua_State *L, int idx, size_t *n)
{
    wfp_buffer_t b;

    idx = lua_absindex(L, idx);
    luaL_checkstack(L, 8, NULL);
    wfp_buffer_init(&b, L);
    wfp_api_json_append(&b, idx, 0);
    wfp_buffer_push(&b);
    lua_replace(L, b.idx);
    return lua_tolstring(L, -1, n);
}

/* [-0, +1, e] json.encode(v) */
static int l_json_encode(lua_State *L)
{
    lua_settop(L, 1);
    (void)wfp_api_json_encode(L, 1, NULL);
    return 1;
}

/* [-0, +1, e] json.decode(s) */
static int l_json_decode(lua_State *L)
{
    size_t n;
    const char *s = wfp_class_text(L, 1, "json.decode: the text", &n);

    wfp_api_json_decode(L, s, n);
    return 1;
}

/* [-0, +1, e] json.array(t?) */
static int l_json_array(lua_State *L)
{
    lua_settop(L, 1);
    if (lua_isnil(L, 1)) {
        lua_newtable(L);
        lua_replace(L, 1);
    }
    if (lua_type(L, 1) != LUA_TTABLE) {
        return wfp_api_error(L, "TypeError", NULL,
                             "json.array: the argument must be a table, got %s",
                             luaL_typename(L, 1));
    }
    if (!wfp_api_is_array(L, 1)) {
        if (lua_getmetatable(L, 1)) {
            return wfp_api_error(L, "TypeError", NULL,
                                 "json.array: the table has a metatable");
        }
        wfp_api_mark_array(L);
    }
    return 1;
}

/* [-0, +0, m] */
static void set_global(lua_State *L, const char *name, const luaL_Reg *rows)
{
    lua_newtable(L);
    luaL_setfuncs(L, rows, 0);
    wfp_api_push_null(L);
    lua_setfield(L, -2, "null");
    lua_setglobal(L, name);
}

void wfp_api_open_json(lua_State *L)
{
    static const luaL_Reg lower[] = {
        { "encode", l_json_encode },
        { "decode", l_json_decode },
        { "array", l_json_array },
        { NULL, NULL },
    };
    static const luaL_Reg upper[] = {
        { "stringify", l_json_encode },
        { "parse", l_json_decode },
        { "array", l_json_array },
        { NULL, NULL },
    };

    lua_createtable(L, 0, 1);
    lua_pushboolean(L, 0);
    lua_setfield(L, -2, "__metatable");
    lua_rawsetp(L, LUA_REGISTRYINDEX, &array_key);
    (void)lua_newuserdatauv(L, 0, 0);
    lua_createtable(L, 0, 2);
    lua_pushboolean(L, 0);
    lua_setfield(L, -2, "__metatable");
    lua_pushcfunction(L, l_null_tostring);
    lua_setfield(L, -2, "__tostring");
    lua_setmetatable(L, -2);
    lua_rawsetp(L, LUA_REGISTRYINDEX, &null_key);
    set_global(L, "json", lower);
    set_global(L, "JSON", upper);
}
