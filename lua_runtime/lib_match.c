/* SPDX-License-Identifier: Apache-2.0 */
/*
 * string.find, match, gmatch and gsub on the metered matcher. Called by
 * lib_string.c.
 */

#include <string.h>

#include "lua_runtime/lib.h"
#include "lua_runtime/pattern.h"

/* A gmatch under way; lives in a userdata beside subject and pattern. */
typedef struct wfp_gmatch_t {
    size_t next; /* where the next search starts */
    size_t last; /* end of the last match; SIZE_MAX: none */
} wfp_gmatch_t;

/* The replacing of one gsub. */
typedef struct wfp_gsub_t {
    wfp_pattern_t m;
    luaL_Buffer result;
    size_t result_max;
    const char *copied; /* the subject up to here is in the result */
    const char *text;   /* replacement text without a '%', or NULL */
    size_t text_len;
    int type; /* of the replacement, which is argument 3 */
} wfp_gsub_t;

/* Where does the text p occur in s? Its first character is looked for; when
   that finds much else, an algorithm takes over whose time is linear. */
static const char *find_text(const char *s, size_t len, const char *p, size_t n)
{
    const char *end = s + len;
    int tries;

    if (n == 0) {
        return s;
    }
    for (tries = 0; tries < 16; tries++) {
        if ((size_t)(end - s) < n) {
            return NULL;
        }
        s = memchr(s, *p, (size_t)(end - s) - n + 1);
        if (!s || memcmp(s, p, n) == 0) {
            return s;
        }
        s++;
    }
    return memmem(s, (size_t)(end - s), p, n);
}

/* [-0, +n, e] find a text as it is */
static int find_plain(lua_State *L, const char *s, size_t len, size_t init,
                      const char *p, size_t n)
{
    const char *found;

    wfp_lib_check_pass(L, len - init);
    found = find_text(s + init, len - init, p, n);
    if (!found) {
        luaL_pushfail(L);
        return 1;
    }
    lua_pushinteger(L, found - s + 1);
    lua_pushinteger(L, (lua_Integer)((size_t)(found - s) + n));
    return 2;
}

/* [-0, +n, e] find and match: they differ in what they push */
static int find_or_match(lua_State *L, int is_find)
{
    size_t len, n;
    const char *s = luaL_checklstring(L, 1, &len);
    const char *p = luaL_checklstring(L, 2, &n);
    size_t init = wfp_lib_start(luaL_optinteger(L, 3, 1), len) - 1;
    const char *start, *end;
    wfp_pattern_t m;
    int is_anchored;

    if (init > len) {
        luaL_pushfail(L);
        return 1;
    }
    if (is_find && (lua_toboolean(L, 4) || wfp_pattern_is_plain(p, n))) {
        return find_plain(L, s, len, init, p, n);
    }
    wfp_pattern_init(&m, L, s, len, p, n);
    is_anchored = *p == '^';
    p += is_anchored;
    for (start = s + init; start <= m.subject_end; start++) {
        end = wfp_pattern_match(&m, start, p);
        if (end && is_find) {
            lua_pushinteger(L, start - s + 1);
            lua_pushinteger(L, end - s);
            return wfp_pattern_push_captures(&m, NULL, NULL) + 2;
        }
        if (end) {
            return wfp_pattern_push_captures(&m, start, end);
        }
        if (is_anchored) {
            break;
        }
    }
    luaL_pushfail(L);
    return 1;
}

static int string_find(lua_State *L)
{
    return find_or_match(L, 1);
}

static int string_match(lua_State *L)
{
    return find_or_match(L, 0);
}

/* [-0, +n, e] Iterator; upvalues: subject, pattern, wfp_gmatch_t */
static int gmatch_next(lua_State *L)
{
    size_t len, n;
    const char *s = lua_tolstring(L, lua_upvalueindex(1), &len);
    const char *p = lua_tolstring(L, lua_upvalueindex(2), &n);
    wfp_gmatch_t *g = lua_touserdata(L, lua_upvalueindex(3));
    wfp_pattern_t m;
    size_t at;

    wfp_pattern_init(&m, L, s, len, p, n);
    for (at = g->next; at <= len; at++) {
        const char *end = wfp_pattern_match(&m, s + at, p);

        if (end && (size_t)(end - s) != g->last) {
            g->next = g->last = (size_t)(end - s);
            return wfp_pattern_push_captures(&m, s + at, end);
        }
    }
    return 0;
}

/* [-0, +1, e] gmatch(s, pattern [, init]) */
static int string_gmatch(lua_State *L)
{
    size_t len;
    size_t init;
    wfp_gmatch_t *g;

    luaL_checklstring(L, 1, &len);
    luaL_checkstring(L, 2);
    init = wfp_lib_start(luaL_optinteger(L, 3, 1), len) - 1;
    lua_settop(L, 2);
    g = lua_newuserdatauv(L, sizeof(*g), 0);
    g->next = init > len ? len + 1 : init;
    g->last = SIZE_MAX;
    lua_pushcclosure(L, gmatch_next, 3);
    return 1;
}

/* [-0, +?, v] Append to the result, within its limit. */
static inline void append(wfp_gsub_t *g, const char *s, size_t n)
{
    if (g->result.size - g->result.n >= n) {
        memcpy(g->result.b + g->result.n, s, n);
        luaL_addsize(&g->result, n);
        return;
    }
    if (luaL_bufflen(&g->result) + n > g->result_max) {
        wfp_lib_too_large(g->m.L);
    }
    luaL_addlstring(&g->result, s, n);
}

/* Append capture number i of the match s..e. */
static void append_capture(wfp_gsub_t *g, int i, const char *s, const char *e)
{
    wfp_capture_t capture = wfp_pattern_capture(&g->m, i, s, e);

    if (capture.len == WFP_CAPTURE_POSITION) {
        lua_pushinteger(g->m.L, capture.start - g->m.subject + 1);
        luaL_addvalue(&g->result);
    }
    else {
        append(g, capture.start, (size_t)capture.len);
    }
}

/* Append the replacement text for the match s..e. */
static void append_text(wfp_gsub_t *g, const char *s, const char *e)
{
    size_t n;
    const char *text = lua_tolstring(g->m.L, 3, &n);
    const char *end = text + n, *escape;

    while ((escape = memchr(text, '%', (size_t)(end - text)))) {
        append(g, text, (size_t)(escape - text));
        text = escape + 2;
        if (escape[1] == '%') {
            append(g, "%", 1);
        }
        else if (escape[1] == '0') {
            append(g, s, (size_t)(e - s));
        }
        else if (escape[1] >= '1' && escape[1] <= '9') {
            append_capture(g, escape[1] - '1', s, e);
        }
        else {
            luaL_error(g->m.L, "invalid use of '%%' in replacement string");
        }
    }
    append(g, text, (size_t)(end - text));
}

/* Append what a function or table gives for the match s..e. @return 0: it
   gives nothing, the match stays */
static int append_value(wfp_gsub_t *g, const char *s, const char *e)
{
    lua_State *L = g->m.L;
    size_t n;

    if (g->type == LUA_TFUNCTION) {
        lua_pushvalue(L, 3);
        lua_call(L, wfp_pattern_push_captures(&g->m, s, e), 1);
    }
    else {
        wfp_pattern_push_capture(&g->m, 0, s, e);
        lua_gettable(L, 3);
    }
    if (!lua_toboolean(L, -1)) {
        lua_pop(L, 1);
        append(g, s, (size_t)(e - s));
        return 0;
    }
    if (!lua_isstring(L, -1)) {
        return luaL_error(L, "invalid replacement value (a %s)",
                          luaL_typename(L, -1));
    }
    lua_tolstring(L, -1, &n);
    if (luaL_bufflen(&g->result) + n > g->result_max) {
        wfp_lib_too_large(L);
    }
    luaL_addvalue(&g->result);
    return 1;
}

/* Replace the match s..e. @return 1: the result differs from the subject */
static int replace(wfp_gsub_t *g, const char *s, const char *e)
{
    append(g, g->copied, (size_t)(s - g->copied));
    g->copied = e;
    if (g->type == LUA_TFUNCTION || g->type == LUA_TTABLE) {
        return append_value(g, s, e);
    }
    if (g->text) {
        append(g, g->text, g->text_len);
    }
    else {
        append_text(g, s, e);
    }
    return 1;
}

/* Note the kind of replacement, argument 3. */
static void read_replacement(wfp_gsub_t *g, lua_State *L)
{
    g->type = lua_type(L, 3);
    g->text = NULL;
    luaL_argexpected(L,
                     g->type == LUA_TNUMBER || g->type == LUA_TSTRING
                         || g->type == LUA_TFUNCTION || g->type == LUA_TTABLE,
                     3, "string/function/table");
    if (g->type == LUA_TNUMBER || g->type == LUA_TSTRING) {
        g->text = lua_tolstring(L, 3, &g->text_len);
        if (memchr(g->text, '%', g->text_len)) {
            g->text = NULL;
        }
    }
}

/* [-0, +2, e] gsub(s, pattern, replacement [, n]) */
static int string_gsub(lua_State *L)
{
    size_t len, n;
    const char *s = luaL_checklstring(L, 1, &len);
    const char *p = luaL_checklstring(L, 2, &n);
    const char *last = NULL;
    int is_anchored = *p == '^';
    int is_changed = 0;
    lua_Integer max = luaL_optinteger(L, 4, (lua_Integer)len + 1), count = 0;
    wfp_gsub_t g;

    read_replacement(&g, L);
    luaL_buffinit(L, &g.result);
    wfp_pattern_init(&g.m, L, s, len, p, n);
    g.result_max = wfp_lib_result_max(L);
    g.copied = s;
    p += is_anchored;
    while (count < max) {
        const char *end = wfp_pattern_match(&g.m, s, p);

        if (end && end != last) {
            count++;
            is_changed |= replace(&g, s, end);
            s = last = end;
        }
        else if (s < g.m.subject_end) {
            s++;
        }
        else {
            break;
        }
        if (is_anchored) {
            break;
        }
    }
    if (is_changed) {
        append(&g, g.copied, (size_t)(g.m.subject_end - g.copied));
        luaL_pushresult(&g.result);
    }
    else {
        lua_pushvalue(L, 1);
    }
    lua_pushinteger(L, count);
    return 2;
}

static const luaL_Reg functions[] = {
    { "find", string_find }, { "gmatch", string_gmatch },
    { "gsub", string_gsub }, { "match", string_match },
    { NULL, NULL },
};

void wfp_lib_match_open(lua_State *L)
{
    luaL_setfuncs(L, functions, 0);
}
