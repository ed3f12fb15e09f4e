/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The utf8 library, linear in the bytes it looks at. Called by sandbox.c.
 */
#include <limits.h>
#include <lualib.h>
#include <stdint.h>
#include <string.h>

#include "lua_runtime/lib.h"

/* up to six bytes, as the original UTF-8 had */
#define CODE_MAX    0x7FFFFFFFu
#define UNICODE_MAX 0x10FFFFu

static const char invalid_code[] = "invalid UTF-8 code";

static int is_continuation(const char *s)
{
    return ((unsigned char)*s & 0xC0) == 0x80;
}

/* Decode the sequence at s (a NUL ends the text). @return behind it, or NULL:
   it is invalid */
static const char *decode(const char *s, lua_Unsigned *pcode, int is_strict)
{
    /* smallest code that needs this many continuation bytes */
    static const unsigned least[] = { 0,       0x80,     0x800,
                                      0x10000, 0x200000, 0x4000000 };
    unsigned first = (unsigned char)*s, code = 0;
    int n = 0;

    if (first < 0x80) {
        *pcode = first;
        return s + 1;
    }
    for (; first & 0x40; first <<= 1) {
        n++;
        if (!is_continuation(s + n)) {
            return NULL;
        }
        code = code << 6 | ((unsigned char)s[n] & 0x3F);
    }
    if (n == 0 || n > 5) {
        return NULL;
    }
    code |= (first & 0x7F) << (n * 5);
    if (code > CODE_MAX || code < least[n]) {
        return NULL;
    }
    if (is_strict
        && (code > UNICODE_MAX || (code >= 0xD800 && code <= 0xDFFF))) {
        return NULL;
    }
    *pcode = code;
    return s + n + 1;
}

/* A position from the end counts back; far outside is 0. */
static lua_Integer position(lua_Integer pos, size_t len)
{
    if (pos >= 0) {
        return pos;
    }
    return 0u - (size_t)pos > len ? 0 : (lua_Integer)len + pos + 1;
}

/* [-0, +n, e] len(s [, i [, j [, lax]]]) */
static int utf8_len(lua_State *L)
{
    size_t len;
    const char *s = luaL_checklstring(L, 1, &len);
    lua_Integer first = position(luaL_optinteger(L, 2, 1), len);
    lua_Integer last = position(luaL_optinteger(L, 3, -1), len);
    int is_strict = !lua_toboolean(L, 4);
    lua_Integer n = 0;

    luaL_argcheck(L, first >= 1 && first - 1 <= (lua_Integer)len, 2,
                  "initial position out of bounds");
    luaL_argcheck(L, last - 1 < (lua_Integer)len, 3,
                  "final position out of bounds");
    wfp_lib_check_pass(L, len);
    while (first <= last) {
        lua_Unsigned code;
        const char *next = decode(s + first - 1, &code, is_strict);

        if (!next) {
            luaL_pushfail(L);
            lua_pushinteger(L, first);
            return 2;
        }
        first = next - s + 1;
        n++;
    }
    lua_pushinteger(L, n);
    return 1;
}

/* [-0, +n, e] codepoint(s [, i [, j [, lax]]]) */
static int utf8_codepoint(lua_State *L)
{
    size_t len;
    const char *s = luaL_checklstring(L, 1, &len);
    lua_Integer first = position(luaL_optinteger(L, 2, 1), len);
    lua_Integer last = position(luaL_optinteger(L, 3, first), len);
    int is_strict = !lua_toboolean(L, 4);
    const char *end;
    int n;

    luaL_argcheck(L, first >= 1, 2, "out of bounds");
    luaL_argcheck(L, last <= (lua_Integer)len, 3, "out of bounds");
    if (first > last) {
        return 0;
    }
    if (last - first >= INT_MAX) {
        return luaL_error(L, "string slice too long");
    }
    luaL_checkstack(L, (int)(last - first) + 1, "string slice too long");
    end = s + last;
    s += first - 1;
    for (n = 0; s < end; n++) {
        lua_Unsigned code;

        s = decode(s, &code, is_strict);
        if (!s) {
            return luaL_error(L, invalid_code);
        }
        lua_pushinteger(L, (lua_Integer)code);
    }
    return n;
}

/* [-0, +?, v] Append the code in argument arg. */
static void add_code(lua_State *L, luaL_Buffer *b, int arg)
{
    lua_Unsigned code = (lua_Unsigned)luaL_checkinteger(L, arg);
    char bytes[8];
    int n = 0;
    unsigned room = 0x3F; /* what fits in the first byte */

    luaL_argcheck(L, code <= CODE_MAX, arg, "value out of range");
    if (code < 0x80) {
        luaL_addchar(b, (char)code);
        return;
    }
    do {
        bytes[n++] = (char)(0x80 | (code & 0x3F));
        code >>= 6;
        room >>= 1;
    } while (code > room);
    luaL_addchar(b, (char)(~room << 1 | code));
    while (n > 0) {
        luaL_addchar(b, bytes[--n]);
    }
}

/* [-0, +1, e] char(...) */
static int utf8_char(lua_State *L)
{
    int i, n = lua_gettop(L);
    luaL_Buffer b;

    luaL_buffinit(L, &b);
    for (i = 1; i <= n; i++) {
        add_code(L, &b, i);
    }
    luaL_pushresult(&b);
    return 1;
}

/* How many of the eight bytes at s begin a character? */
static int count_starts(const char *s)
{
    uint64_t word, inside;

    memcpy(&word, s, sizeof(word));
    /* the first bit is set, the second is not */
    inside = word & ~(word << 1) & UINT64_C(0x8080808080808080);
    return 8 - (int)((inside >> 7) * UINT64_C(0x0101010101010101) >> 56);
}

/* Move at by n characters. @return 1, or 0: there are not so many */
static int move(lua_Integer *pat, const char *s, size_t len, lua_Integer n)
{
    lua_Integer at = *pat;

    for (; n < 0 && at > 0; n++) {
        do {
            at--;
        } while (at > 0 && is_continuation(s + at));
    }
    while (n > 8 && at + 8 < (lua_Integer)len) {
        n -= count_starts(s + at + 1);
        at += 8;
    }
    for (; n > 0 && at < (lua_Integer)len; n--) {
        do {
            at++;
        } while (is_continuation(s + at));
    }
    *pat = at;
    return n == 0;
}

/* [-0, +1, e] offset(s, n [, i]) */
static int utf8_offset(lua_State *L)
{
    size_t len;
    const char *s = luaL_checklstring(L, 1, &len);
    lua_Integer n = luaL_checkinteger(L, 2);
    lua_Integer at = n >= 0 ? 1 : (lua_Integer)len + 1;

    at = position(luaL_optinteger(L, 3, at), len);
    luaL_argcheck(L, at >= 1 && at - 1 <= (lua_Integer)len, 3,
                  "position out of bounds");
    at--;
    wfp_lib_check_pass(L, len);
    if (n == 0) {
        while (at > 0 && is_continuation(s + at)) {
            at--;
        }
    }
    else if (is_continuation(s + at)) {
        return luaL_error(L, "initial position is a continuation byte");
    }
    else if (!move(&at, s, len, n > 0 ? n - 1 : n)) {
        luaL_pushfail(L);
        return 1;
    }
    lua_pushinteger(L, at + 1);
    return 1;
}

/* [-0, +n, e] The next character behind position (argument 2). */
static int next_code(lua_State *L, int is_strict)
{
    size_t len;
    const char *s = luaL_checklstring(L, 1, &len);
    lua_Integer at = lua_tointeger(L, 2);
    lua_Unsigned code;
    const char *next;

    if (at < 0) {
        at = 0;
    }
    if (at > 0 && at < (lua_Integer)len) {
        while (is_continuation(s + at)) {
            at++;
        }
    }
    if (at >= (lua_Integer)len) {
        return 0;
    }
    next = decode(s + at, &code, is_strict);
    if (!next || is_continuation(next)) {
        return luaL_error(L, invalid_code);
    }
    lua_pushinteger(L, at + 1);
    lua_pushinteger(L, (lua_Integer)code);
    return 2;
}

static int next_strict(lua_State *L)
{
    return next_code(L, 1);
}

static int next_lax(lua_State *L)
{
    return next_code(L, 0);
}

/* [-0, +3, e] codes(s [, lax]) */
static int utf8_codes(lua_State *L)
{
    int is_lax = lua_toboolean(L, 2);

    luaL_checkstring(L, 1);
    lua_pushcfunction(L, is_lax ? next_lax : next_strict);
    lua_pushvalue(L, 1);
    lua_pushinteger(L, 0);
    return 3;
}

static const luaL_Reg functions[] = {
    { "char", utf8_char },     { "codepoint", utf8_codepoint },
    { "codes", utf8_codes },   { "len", utf8_len },
    { "offset", utf8_offset }, { NULL, NULL },
};

void wfp_lib_utf8_open(lua_State *L)
{
    static const char charpattern[] = "[\0-\x7F\xC2-\xFD][\x80-\xBF]*";

    luaL_newlib(L, functions);
    lua_pushlstring(L, charpattern, sizeof(charpattern) - 1);
    lua_setfield(L, -2, "charpattern");
    wfp_lib_set_global(L, LUA_UTF8LIBNAME);
}
