/* SPDX-License-Identifier: Apache-2.0 */
/*
 * json.decode: a strict RFC 8259 reader by recursive descent, at most 200
 * deep. Errors are SyntaxErrors with the byte offset. It reads text that any
 * client may have sent, so it trusts nothing and allocates only in the arena.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "lua_runtime/api/classes.h"
#include "lua_runtime/meter.h"

#define DEPTH_MAX 200

typedef struct parser_t {
    lua_State *L;
    const char *text;
    size_t n;
    size_t at;
    int depth;
    int is_plain; /* null is nil */
} parser_t;

static void parse(parser_t *p);

/* [-0, +0, v] */
static void fail(parser_t *p, const char *what)
{
    lua_State *L = p->L;

    wfp_api_push_error(L, "SyntaxError", NULL, "%s in JSON at offset %d", what,
                       (int)p->at);
    lua_pushinteger(L, (lua_Integer)p->at);
    lua_setfield(L, -2, "offset");
    lua_error(L);
}

/* [-0, +0, v] Something else was expected here. */
static void fail_here(parser_t *p)
{
    fail(p, p->at < p->n ? "Unexpected character" : "Unexpected end");
}

size_t wfp_api_utf8(const char *text, size_t n)
{
    const unsigned char *s = (const unsigned char *)text;
    size_t len, i;
    unsigned low = 0x80, high = 0xbf;

    if (n == 0 || s[0] < 0x80) {
        return n ? 1 : 0;
    }
    if (s[0] >= 0xc2 && s[0] <= 0xdf) {
        len = 2;
    }
    else if ((s[0] & 0xf0) == 0xe0) {
        len = 3;
        low = s[0] == 0xe0 ? 0xa0 : 0x80;
        high = s[0] == 0xed ? 0x9f : 0xbf;
    }
    else if (s[0] >= 0xf0 && s[0] <= 0xf4) {
        len = 4;
        low = s[0] == 0xf0 ? 0x90 : 0x80;
        high = s[0] == 0xf4 ? 0x8f : 0xbf;
    }
    else {
        return 0;
    }
    if (n < len || s[1] < low || s[1] > high) {
        return 0;
    }
    for (i = 2; i < len; i++) {
        if ((s[i] & 0xc0) != 0x80) {
            return 0;
        }
    }
    return len;
}

static void skip_space(parser_t *p)
{
    while (p->at < p->n) {
        char c = p->text[p->at];

        if (c != ' ' && c != '\t' && c != '\n' && c != '\r') {
            return;
        }
        p->at++;
    }
}

/* The byte here, 0 at the end: no token begins with NUL. */
static char peek(const parser_t *p)
{
    return p->at < p->n ? p->text[p->at] : '\0';
}

static int is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* [-0, +0, v] four hex digits of \uXXXX */
static unsigned parse_hex(parser_t *p)
{
    unsigned v = 0;
    int i;

    for (i = 0; i < 4; i++) {
        char c = peek(p);

        if (is_digit(c)) {
            v = v * 16 + (unsigned)(c - '0');
        }
        else if ((c | 32) >= 'a' && (c | 32) <= 'f') {
            v = v * 16 + (unsigned)((c | 32) - 'a' + 10);
        }
        else {
            fail_here(p);
        }
        p->at++;
    }
    return v;
}

static size_t put_utf8(char *to, unsigned c)
{
    if (c < 0x80) {
        to[0] = (char)c;
        return 1;
    }
    if (c < 0x800) {
        to[0] = (char)(0xc0 | c >> 6);
        to[1] = (char)(0x80 | (c & 0x3f));
        return 2;
    }
    if (c < 0x10000) {
        to[0] = (char)(0xe0 | c >> 12);
        to[1] = (char)(0x80 | (c >> 6 & 0x3f));
        to[2] = (char)(0x80 | (c & 0x3f));
        return 3;
    }
    to[0] = (char)(0xf0 | c >> 18);
    to[1] = (char)(0x80 | (c >> 12 & 0x3f));
    to[2] = (char)(0x80 | (c >> 6 & 0x3f));
    to[3] = (char)(0x80 | (c & 0x3f));
    return 4;
}

/* [-0, +0, v] after the "u" of an escape; pairs of surrogates are joined */
static void parse_unicode(parser_t *p, wfp_buffer_t *out)
{
    size_t start = p->at - 2;
    unsigned c = parse_hex(p), low;
    char text[4];

    if (c >= 0xd800 && c <= 0xdfff) {
        if (c <= 0xdbff && p->n - p->at >= 2 && p->text[p->at] == '\\'
            && p->text[p->at + 1] == 'u') {
            p->at += 2;
            low = parse_hex(p);
            if (low >= 0xdc00 && low <= 0xdfff) {
                c = 0x10000 + ((c - 0xd800) << 10) + (low - 0xdc00);
            }
        }
        if (c <= 0xdfff) {
            p->at = start;
            fail(p, "Lone surrogate");
        }
    }
    wfp_buffer_add(out, text, put_utf8(text, c));
}

/* [-0, +0, v] after the backslash */
static void parse_escape(parser_t *p, wfp_buffer_t *out)
{
    static const char from[] = "\"\\/bfnrt", to[] = "\"\\/\b\f\n\r\t";
    char c = peek(p);
    const char *at = c ? strchr(from, c) : NULL;

    if (at) {
        p->at++;
        wfp_buffer_byte(out, to[at - from]);
    }
    else if (c == 'u') {
        p->at++;
        parse_unicode(p, out);
    }
    else {
        fail_here(p);
    }
}

/* [-0, +0, v] Go on to the next byte that is no plain character. */
static char skip_plain(parser_t *p)
{
    for (;;) {
        unsigned char c = (unsigned char)peek(p);
        size_t len;

        if (c == '"' || c == '\\') {
            return (char)c;
        }
        if (p->at >= p->n) {
            fail(p, "Unterminated string");
        }
        if (c < 0x20) {
            fail(p, "Control character in a string");
        }
        len = c < 0x80 ? 1 : wfp_api_utf8(p->text + p->at, p->n - p->at);
        if (!len) {
            fail(p, "Invalid UTF-8");
        }
        p->at += len;
    }
}

/* [-0, +1, v] at the opening quote */
static void parse_string(parser_t *p)
{
    size_t start = ++p->at;
    wfp_buffer_t b;

    if (skip_plain(p) == '"') {
        lua_pushlstring(p->L, p->text + start, p->at - start);
        p->at++;
        return;
    }
    wfp_buffer_init(&b, p->L);
    for (;;) {
        wfp_buffer_add(&b, p->text + start, p->at - start);
        if (p->text[p->at++] == '"') {
            break;
        }
        parse_escape(p, &b);
        start = p->at;
        (void)skip_plain(p);
    }
    wfp_buffer_push(&b);
    lua_replace(p->L, b.idx);
}

/* [-0, +0, v] at least one digit */
static void skip_digits(parser_t *p)
{
    if (!is_digit(peek(p))) {
        fail_here(p);
    }
    while (is_digit(peek(p))) {
        p->at++;
    }
}

/* [-0, +1, v] Push the integer of those bytes; 0: it does not fit. */
static int push_integer(lua_State *L, const char *s, size_t n)
{
    int minus = *s == '-';
    lua_Unsigned v = 0, max = (lua_Unsigned)LUA_MAXINTEGER + (unsigned)minus;
    size_t i;

    for (i = (size_t)minus; i < n; i++) {
        unsigned d = (unsigned)(s[i] - '0');

        if (v > (max - d) / 10) {
            return 0;
        }
        v = v * 10 + d;
    }
    lua_pushinteger(L, (lua_Integer)(minus ? 0 - v : v));
    return 1;
}

/* [-0, +1, v] */
static void parse_number(parser_t *p)
{
    size_t start = p->at, n;
    int whole = 1;
    char small[64], *text = small;
    double d;

    if (peek(p) == '-') {
        p->at++;
    }
    if (peek(p) == '0') {
        p->at++;
    }
    else {
        skip_digits(p);
    }
    if (peek(p) == '.') {
        p->at++;
        skip_digits(p);
        whole = 0;
    }
    if (peek(p) == 'e' || peek(p) == 'E') {
        p->at++;
        if (peek(p) == '+' || peek(p) == '-') {
            p->at++;
        }
        skip_digits(p);
        whole = 0;
    }
    n = p->at - start;
    if (whole && push_integer(p->L, p->text + start, n)) {
        return;
    }
    if (n >= sizeof(small)) {
        text = lua_newuserdatauv(p->L, n + 1, 0);
    }
    memcpy(text, p->text + start, n);
    text[n] = '\0';
    d = strtod(text, NULL);
    if (text != small) {
        lua_pop(p->L, 1);
    }
    if (!isfinite(d)) {
        p->at = start;
        fail(p, "Number out of range");
    }
    lua_pushnumber(p->L, d);
}

/* [-0, +0, v] */
static void parse_word(parser_t *p, const char *word)
{
    for (; *word; word++, p->at++) {
        if (peek(p) != *word) {
            fail_here(p);
        }
    }
}

/* [-0, +0, v] Enter an array or object: is it empty? */
static int enter(parser_t *p, char end)
{
    if (p->depth == DEPTH_MAX) {
        fail(p, "Nesting deeper than 200");
    }
    p->depth++;
    p->at++;
    luaL_checkstack(p->L, 8, NULL);
    skip_space(p);
    if (peek(p) == end) {
        p->at++;
        p->depth--;
        return 1;
    }
    return 0;
}

/* [-0, +0, v] After an element: 1, one more comes; 0, that was the last. */
static int more(parser_t *p, char end)
{
    skip_space(p);
    if (peek(p) == end) {
        p->at++;
        p->depth--;
        return 0;
    }
    if (peek(p) != ',') {
        fail_here(p);
    }
    p->at++;
    skip_space(p);
    return 1;
}

/* [-0, +1, v] */
static void parse_array(parser_t *p)
{
    lua_Integer i = 0;

    lua_newtable(p->L);
    wfp_api_mark_array(p->L);
    if (enter(p, ']')) {
        return;
    }
    do {
        parse(p);
        lua_rawseti(p->L, -2, ++i);
    } while (more(p, ']'));
}

/* [-0, +1, v] */
static void parse_object(parser_t *p)
{
    lua_newtable(p->L);
    if (enter(p, '}')) {
        return;
    }
    do {
        if (peek(p) != '"') {
            fail_here(p);
        }
        parse_string(p);
        skip_space(p);
        if (peek(p) != ':') {
            fail_here(p);
        }
        p->at++;
        skip_space(p);
        parse(p);
        lua_rawset(p->L, -3);
    } while (more(p, '}'));
}

/* [-0, +1, v] at the first byte of a value */
static void parse(parser_t *p)
{
    switch (peek(p)) {
    case '{':
        parse_object(p);
        break;
    case '[':
        parse_array(p);
        break;
    case '"':
        parse_string(p);
        break;
    case 't':
        parse_word(p, "true");
        lua_pushboolean(p->L, 1);
        break;
    case 'f':
        parse_word(p, "false");
        lua_pushboolean(p->L, 0);
        break;
    case 'n':
        parse_word(p, "null");
        if (p->is_plain) {
            lua_pushnil(p->L);
        }
        else {
            wfp_api_push_null(p->L);
        }
        break;
    case '-':
    case '0' ... '9':
        parse_number(p);
        break;
    default:
        fail_here(p);
    }
}

static void decode(lua_State *L, const char *text, size_t n, int is_plain)
{
    parser_t p = { L, text, n, 0, 0, is_plain };

    luaL_checkstack(L, 16, NULL);
    if (n > wfp_meter_steps_max(wfp_isolate_of(L))) {
        wfp_api_error(L, "RangeError", NULL, "too much work");
    }
    skip_space(&p);
    parse(&p);
    skip_space(&p);
    if (p.at < n) {
        fail_here(&p);
    }
}

void wfp_api_json_decode(lua_State *L, const char *text, size_t n)
{
    decode(L, text, n, 0);
}

void wfp_api_push_plain_json(lua_State *L, const char *text, size_t n)
{
    decode(L, text, n, 1);
}
