/* SPDX-License-Identifier: Apache-2.0 */
/*
 * xml.encode: tables as xml.decode makes them become a text that it reads
 * again. Refuses what XML cannot say: names that are none, characters that must
 * not be there even as references, cycles. Tables are read raw.
 */
#include <string.h>

#include "core/xml.h"
#include "lua_runtime/api/classes.h"

typedef struct writer_t {
    lua_State *L;
    wfp_buffer_t out;
    int depth;
    const void *open[WFP_XML_DEPTH_MAX]; /* elements around, against cycles */
} writer_t;

static void write_element(writer_t *w, int idx);

/* [-0, +0, v] */
static void fail(writer_t *w, const char *what, const char *got)
{
    wfp_api_error(w->L, "TypeError", NULL, "xml.encode: %s, got %s", what, got);
}

/* The character of len bytes at s. */
static unsigned decode_utf8(const char *s, size_t len)
{
    const unsigned char *p = (const unsigned char *)s;
    unsigned c = len == 1 ? p[0] : p[0] & (0x7fu >> len);
    size_t i;

    for (i = 1; i < len; i++) {
        c = c << 6 | (p[i] & 0x3f);
    }
    return c;
}

/* XML 1.0 (fifth edition), NameStartChar and NameChar */
static int is_name_char(unsigned c, int first)
{
    static const unsigned short ranges[][2] = {
        { ':', ':' },       { 'A', 'Z' },       { '_', '_' },
        { 'a', 'z' },       { 0xc0, 0xd6 },     { 0xd8, 0xf6 },
        { 0xf8, 0x2ff },    { 0x370, 0x37d },   { 0x37f, 0x1fff },
        { 0x200c, 0x200d }, { 0x2070, 0x218f }, { 0x2c00, 0x2fef },
        { 0x3001, 0xd7ff }, { 0xf900, 0xfdcf }, { 0xfdf0, 0xfffd },
        { '-', '.' },       { '0', '9' },       { 0xb7, 0xb7 },
        { 0x300, 0x36f },   { 0x203f, 0x2040 },
    };
    size_t i, count = sizeof(ranges) / sizeof(ranges[0]) - (first ? 5 : 0);

    for (i = 0; i < count; i++) {
        if (c >= ranges[i][0] && c <= ranges[i][1]) {
            return 1;
        }
    }
    return c >= 0x10000 && c <= 0xeffff;
}

/* [-0, +0, v] The name at idx, checked. */
static void write_name(writer_t *w, int idx, const char *what)
{
    size_t n = 0, at = 0, len;
    const char *s = lua_type(w->L, idx) == LUA_TSTRING
                        ? lua_tolstring(w->L, idx, &n)
                        : NULL;

    if (!s) {
        fail(w, what, luaL_typename(w->L, idx));
    }
    while (at < n && n <= WFP_XML_NAME_MAX) {
        len = wfp_api_utf8(s + at, n - at);
        if (!len || !is_name_char(decode_utf8(s + at, len), at == 0)) {
            break;
        }
        at += len;
    }
    if (n == 0 || at < n) {
        fail(w, what, "a string that is no XML name");
    }
    wfp_buffer_add(&w->out, s, n);
}

/* What stands for a byte in a text or attribute; NULL: itself. */
static const char *escape_of(char c, int attribute)
{
    switch (c) {
    case '&':
        return "&amp;";
    case '<':
        return "&lt;";
    case '>':
        return "&gt;";
    case '\r':
        return "&#13;";
    case '"':
        return attribute ? "&quot;" : NULL;
    case '\n':
        return attribute ? "&#10;" : NULL;
    case '\t':
        return attribute ? "&#9;" : NULL;
    default:
        return NULL;
    }
}

/* Bytes of the character at s that may stand in XML, 0: it may not. */
static size_t text_char(const char *s, size_t n)
{
    size_t len = wfp_api_utf8(s, n);
    unsigned char c = (unsigned char)s[0];

    if (len == 1 && c < 0x20 && c != '\t' && c != '\n' && c != '\r') {
        return 0;
    }
    /* U+FFFE, U+FFFF */
    if (len == 3 && memcmp(s, "\xef\xbf", 2) == 0
        && (unsigned char)s[2] >= 0xbe) {
        return 0;
    }
    return len;
}

/* [-0, +0, v] The string or number at idx, escaped. */
static void write_text(writer_t *w, int idx, int attribute)
{
    size_t n, at, len, plain = 0;
    const char *s, *escape;

    lua_pushvalue(w->L, idx);
    s = lua_tolstring(w->L, -1, &n);
    for (at = 0; at < n; at += len) {
        len = text_char(s + at, n - at);
        if (!len) {
            fail(w, "a text must be characters of XML in UTF-8",
                 "a byte that cannot stand in XML");
        }
        escape = escape_of(s[at], attribute);
        if (escape) {
            wfp_buffer_add(&w->out, s + plain, at - plain);
            wfp_buffer_add(&w->out, escape, strlen(escape));
            plain = at + 1;
        }
    }
    wfp_buffer_add(&w->out, s + plain, n - plain);
    lua_pop(w->L, 1);
}

/* [-1, +0, v] The attributes in the table on the top, sorted by name. */
static void write_attributes(writer_t *w)
{
    lua_State *L = w->L;
    lua_Integer n = 0, i;
    int table = lua_gettop(L);

    lua_newtable(L);
    lua_pushnil(L);
    while (lua_next(L, table)) {
        if (lua_type(L, -2) != LUA_TSTRING) {
            fail(w, "an attribute's name must be a string",
                 luaL_typename(L, -2));
        }
        if (lua_type(L, -1) != LUA_TSTRING && lua_type(L, -1) != LUA_TNUMBER) {
            fail(w, "an attribute must be a string or a number",
                 luaL_typename(L, -1));
        }
        if (n == 2 * WFP_XML_ATTRIBUTES_MAX) {
            fail(w, "an element has at most 256 attributes", "more");
        }
        lua_pushvalue(L, -2);
        lua_rawseti(L, table + 1, ++n);
        lua_rawseti(L, table + 1, ++n);
    }
    wfp_api_sort_flat(L);
    for (i = 1; i < n; i += 2) {
        wfp_buffer_byte(&w->out, ' ');
        lua_rawgeti(L, table + 1, i);
        write_name(w, -1, "an attribute's name must be an XML name");
        wfp_buffer_add(&w->out, "=\"", 2);
        lua_rawgeti(L, table + 1, i + 1);
        write_text(w, -1, 1);
        wfp_buffer_byte(&w->out, '"');
        lua_pop(L, 2);
    }
    lua_settop(L, table - 1);
}

/* [-0, +0, v] The children of the element at idx; *pany: there are some. */
static void write_children(writer_t *w, int idx)
{
    lua_State *L = w->L;
    size_t n = lua_rawlen(L, idx), i;

    for (i = 1; i <= n; i++) {
        int type = lua_rawgeti(L, idx, (lua_Integer)i);

        if (type == LUA_TTABLE) {
            write_element(w, lua_gettop(L));
        }
        else if (type == LUA_TSTRING || type == LUA_TNUMBER) {
            write_text(w, -1, 0);
        }
        else {
            fail(w, "a child must be an element, a string or a number",
                 lua_typename(L, type));
        }
        lua_pop(L, 1);
    }
}

/* [-0, +0, v] Enter the element at idx, which must not be around itself. */
static void enter(writer_t *w, int idx)
{
    const void *table = lua_topointer(w->L, idx);
    int i;

    for (i = 0; i < w->depth; i++) {
        if (w->open[i] == table) {
            fail(w, "an element cannot be inside itself", "a cycle");
        }
    }
    if (w->depth == WFP_XML_DEPTH_MAX) {
        wfp_api_error(w->L, "RangeError", NULL,
                      "xml.encode: nesting deeper than 200");
    }
    w->open[w->depth++] = table;
    luaL_checkstack(w->L, 12, NULL);
}

/* [-0, +0, v] */
static void write_element(writer_t *w, int idx)
{
    lua_State *L = w->L;
    int name = lua_gettop(L) + 1, type;

    enter(w, idx);
    (void)wfp_class_raw(L, idx, "name");
    wfp_buffer_byte(&w->out, '<');
    write_name(w, name, "an element's `name` must be an XML name");
    type = wfp_class_raw(L, idx, "attrs");
    if (type == LUA_TTABLE) {
        write_attributes(w);
    }
    else if (type == LUA_TNIL) {
        lua_pop(L, 1);
    }
    else {
        fail(w, "`attrs` must be a table", lua_typename(L, type));
    }
    if (lua_rawlen(L, idx) == 0) {
        wfp_buffer_add(&w->out, "/>", 2);
    }
    else {
        wfp_buffer_byte(&w->out, '>');
        write_children(w, idx);
        wfp_buffer_add(&w->out, "</", 2);
        write_name(w, name, "an element's `name` must be an XML name");
        wfp_buffer_byte(&w->out, '>');
    }
    lua_settop(L, name - 1);
    w->depth--;
}

int wfp_api_xml_encode(lua_State *L)
{
    writer_t w;

    lua_settop(L, 1);
    w.L = L;
    w.depth = 0;
    if (lua_type(L, 1) != LUA_TTABLE) {
        fail(&w, "the element must be a table", luaL_typename(L, 1));
    }
    wfp_buffer_init(&w.out, L);
    write_element(&w, 1);
    wfp_buffer_push(&w.out);
    return 1;
}
