/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The string library but for patterns (lib_match.c), format (lib_format.c) and
 * pack (lib_pack.c). Bytes, not letters of a locale. Called by sandbox.c.
 */
#include <limits.h>
#include <lualib.h>
#include <string.h>

#include "lua_runtime/lib.h"
#include "lua_runtime/pattern.h"

/* of the whole library, other files' included */
#define FUNCTIONS 16

/* [-0, +n, e] byte(s [, i [, j]]) */
static int string_byte(lua_State *L)
{
    size_t len;
    const char *s = luaL_checklstring(L, 1, &len);
    lua_Integer i = luaL_optinteger(L, 2, 1);
    size_t first = wfp_lib_start(i, len);
    size_t last = wfp_lib_end(luaL_optinteger(L, 3, i), len);
    int n, k;

    if (first > last) {
        return 0;
    }
    if (last - first >= (size_t)INT_MAX) {
        return luaL_error(L, "string slice too long");
    }
    n = (int)(last - first) + 1;
    luaL_checkstack(L, n, "string slice too long");
    for (k = 0; k < n; k++) {
        lua_pushinteger(L, (unsigned char)s[first + (size_t)k - 1]);
    }
    return n;
}

/* [-0, +1, e] char(...) */
static int string_char(lua_State *L)
{
    int n = lua_gettop(L);
    int i;
    luaL_Buffer b;
    char *to = luaL_buffinitsize(L, &b, (size_t)n);

    for (i = 1; i <= n; i++) {
        lua_Unsigned c = (lua_Unsigned)luaL_checkinteger(L, i);

        luaL_argcheck(L, c <= UCHAR_MAX, i, "value out of range");
        to[i - 1] = (char)c;
    }
    luaL_pushresultsize(&b, (size_t)n);
    return 1;
}

/* [-0, +1, e] len(s) */
static int string_len(lua_State *L)
{
    size_t len;

    luaL_checklstring(L, 1, &len);
    lua_pushinteger(L, (lua_Integer)len);
    return 1;
}

/* [-0, +1, e] sub(s, i [, j]) */
static int string_sub(lua_State *L)
{
    size_t len;
    const char *s = luaL_checklstring(L, 1, &len);
    size_t first = wfp_lib_start(luaL_checkinteger(L, 2), len);
    size_t last = wfp_lib_end(luaL_optinteger(L, 3, -1), len);

    if (first > last) {
        lua_pushliteral(L, "");
        return 1;
    }
    wfp_lib_reserve(L, last - first + 1);
    lua_pushlstring(L, s + first - 1, last - first + 1);
    return 1;
}

/* Bytes that compilers turn into vector instructions at once. */
#define CASE_BLOCK 64

/* The 26 letters from first on get their other case. */
static void flip_bytes(char *restrict to, const char *restrict from, size_t n,
                       unsigned char first)
{
    size_t i;

    for (i = 0; i < n; i++) {
        unsigned char c = (unsigned char)from[i];

        to[i] = (char)(c ^ (((unsigned char)(c - first) < 26) << 5));
    }
}

/* [-0, +1, e] A string of the same length in the other case. */
static int flip_case(lua_State *L, unsigned char first)
{
    size_t len, i;
    const char *s = luaL_checklstring(L, 1, &len);
    luaL_Buffer b;
    char *to;

    wfp_lib_check_pass(L, len);
    wfp_lib_reserve(L, len);
    to = luaL_buffinitsize(L, &b, len);
    for (i = 0; i + CASE_BLOCK <= len; i += CASE_BLOCK) {
        flip_bytes(to + i, s + i, CASE_BLOCK, first);
    }
    flip_bytes(to + i, s + i, len - i, first);
    luaL_pushresultsize(&b, len);
    return 1;
}

static int string_lower(lua_State *L)
{
    return flip_case(L, 'A');
}

static int string_upper(lua_State *L)
{
    return flip_case(L, 'a');
}

/* [-0, +1, e] reverse(s) */
static int string_reverse(lua_State *L)
{
    size_t len, i;
    const char *s = luaL_checklstring(L, 1, &len);
    luaL_Buffer b;
    char *to;

    wfp_lib_check_pass(L, len);
    wfp_lib_reserve(L, len);
    to = luaL_buffinitsize(L, &b, len);
    for (i = 0; i < len; i++) {
        to[i] = s[len - 1 - i];
    }
    luaL_pushresultsize(&b, len);
    return 1;
}

/* Repetitions of what to begins with, which are done bytes: double them. */
static void fill(char *to, size_t done, size_t total)
{
    for (; done < total; done *= 2) {
        memcpy(to + done, to, done < total - done ? done : total - done);
    }
}

/* Results from this size on are made in pieces: one string, copied to once,
   where a buffer would be as large again. */
#define REP_LARGE  (64 * 1024)
#define REP_PIECES 128

/* [-0, +1, e] The stack's first value n times, with sep between; unit: both
   their lengths. */
static void rep_large(lua_State *L, size_t n, const char *sep, size_t sep_len,
                      size_t unit)
{
    size_t each = (n - 1) / REP_PIECES + 1;
    int pieces = (int)((n - 1) / each);
    luaL_Buffer b;
    char *to = luaL_buffinitsize(L, &b, each * unit);
    int i;

    memcpy(to, lua_tostring(L, 1), unit - sep_len);
    memcpy(to + unit - sep_len, sep, sep_len);
    fill(to, unit, each * unit);
    luaL_pushresultsize(&b, each * unit);
    luaL_checkstack(L, pieces + 1, NULL);
    for (i = 1; i < pieces; i++) {
        lua_pushvalue(L, -1);
    }
    (void)lua_pushlstring(L, lua_tostring(L, -1), (n - 1) % each * unit);
    lua_pushvalue(L, 1);
    lua_concat(L, pieces + 2);
}

/* [-0, +1, e] rep(s, n [, sep]) */
static int string_rep(lua_State *L)
{
    size_t len, sep_len, total;
    const char *s = luaL_checklstring(L, 1, &len);
    lua_Integer n = luaL_checkinteger(L, 2);
    const char *sep = luaL_optlstring(L, 3, "", &sep_len);
    luaL_Buffer b;
    char *to;

    if (n <= 0 || len + sep_len == 0) {
        lua_pushliteral(L, "");
        return 1;
    }
    if (len + sep_len > (size_t)INT_MAX / (size_t)n) {
        return luaL_error(L, "resulting string too large");
    }
    total = (size_t)n * len + (size_t)(n - 1) * sep_len;
    wfp_lib_reserve(L, total);
    if (total >= REP_LARGE && n > 1) {
        rep_large(L, (size_t)n, sep, sep_len, len + sep_len);
        return 1;
    }
    to = luaL_buffinitsize(L, &b, total);
    memcpy(to, s, len);
    if (total > len) {
        memcpy(to + len, sep, sep_len);
    }
    fill(to, len + sep_len, total);
    luaL_pushresultsize(&b, total);
    return 1;
}

static const luaL_Reg functions[] = {
    { "byte", string_byte }, { "char", string_char },
    { "len", string_len },   { "lower", string_lower },
    { "rep", string_rep },   { "reverse", string_reverse },
    { "sub", string_sub },   { "upper", string_upper },
    { NULL, NULL },
};

/* [-0, +0, m] The strings' metatable: the stock arithmetic on numerals, and
   our functions. getmetatable() does not give it to anybody. */
static void set_string_metatable(lua_State *L)
{
    lua_pushcfunction(L, luaopen_string);
    lua_call(L, 0, 0);
    lua_pushliteral(L, "");
    lua_getmetatable(L, -1);
    lua_pushvalue(L, -3);
    lua_setfield(L, -2, "__index");
    lua_pop(L, 2);
}

void wfp_lib_string_open(lua_State *L)
{
    lua_createtable(L, 0, FUNCTIONS);
    luaL_setfuncs(L, functions, 0);
    wfp_lib_match_open(L);
    wfp_lib_format_open(L);
    wfp_lib_pack_open(L);
    set_string_metatable(L);
    wfp_lib_set_global(L, LUA_STRLIBNAME);
}
