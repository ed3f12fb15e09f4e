/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Plain values as text, for what travels from one isolate to another: arguments
 * and results of service calls, ctx.props. JSON would lose bytes that are no
 * UTF-8, NaN, keys that are no strings and nil. The text is ours on both sides,
 * begins with what its values cost the reader, and has no NUL:
 *
 *     COST; then values: n  t  f  z (json.null)  i12;  d0.5;  s3:abc
 *     T key value ... E   a table; M ... E one that is marked as an array
 *
 * In strings, bytes 0 and 1 stand as 1 1 and 1 2.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "lua_runtime/api/classes.h"
#include "lua_runtime/meter.h"

#define DEPTH_MAX 200

/* What values of one text may cost: a callee must not die of its arguments. */
#define COST_MAX (4 * 1024 * 1024)

/* Bytes of Lua's that a value takes at most, beside a string's own. */
#define COST_VALUE 48
#define COST_TABLE 96

/* digits of COST */
#define HEAD_DIGITS 8

typedef struct packer_t {
    lua_State *L;
    wfp_buffer_t *out;
    const char *what; /* begins every error */
    int arg;          /* behind it, 0: none */
    size_t cost;
    int depth;
    const void *path[DEPTH_MAX]; /* tables being written, for cycles */
} packer_t;

static void pack(packer_t *p, int idx);

/* [-0, +0, v] */
static void complain(const packer_t *p, const char *name, const char *text)
{
    if (p->arg) {
        wfp_api_error(p->L, name, NULL,
                      "%s: argument %d: %s be passed to another Worker",
                      p->what, p->arg, text);
    }
    wfp_api_error(p->L, name, NULL, "%s: %s be passed to another Worker",
                  p->what, text);
}

/* [-0, +0, v] */
static void refuse(const packer_t *p, const char *text)
{
    complain(p, "TypeError", text);
}

/* [-0, +0, v] */
static void pay(packer_t *p, size_t cost)
{
    if (cost > COST_MAX - p->cost) {
        complain(p, "RangeError", "values of more than 4 MB cannot");
    }
    p->cost += cost;
}

/* [-0, +0, v] */
static void add_number(packer_t *p, int idx)
{
    char text[48];
    lua_Number d;
    int n;

    if (lua_isinteger(p->L, idx)) {
        n = snprintf(text, sizeof(text), "i" LUA_INTEGER_FMT ";",
                     lua_tointeger(p->L, idx));
    }
    else {
        d = lua_tonumber(p->L, idx);
        n = isnan(d) ? snprintf(text, sizeof(text), "dnan;")
                     : snprintf(text, sizeof(text), "d%.17g;", d);
    }
    wfp_buffer_add(p->out, text, (size_t)n);
}

/* [-0, +0, v] */
static void add_string(packer_t *p, int idx)
{
    size_t n, i, start = 0;
    const char *s = lua_tolstring(p->L, idx, &n);
    char text[32];

    pay(p, n);
    i = (size_t)snprintf(text, sizeof(text), "s%zu:", n);
    wfp_buffer_add(p->out, text, i);
    for (i = 0; i < n; i++) {
        if ((unsigned char)s[i] < 2) {
            wfp_buffer_add(p->out, s + start, i - start);
            wfp_buffer_byte(p->out, 1);
            wfp_buffer_byte(p->out, (char)(s[i] + 1));
            start = i + 1;
        }
    }
    wfp_buffer_add(p->out, s + start, n - start);
}

/* [-0, +0, v] Write the table at idx, which is on the top. */
static void add_table(packer_t *p, int idx)
{
    lua_State *L = p->L;
    const void *self = lua_topointer(L, idx);
    int i;

    for (i = 0; i < p->depth; i++) {
        if (p->path[i] == self) {
            refuse(p, "a cycle cannot");
        }
    }
    if (p->depth == DEPTH_MAX) {
        refuse(p, "a table nested deeper than 200 cannot");
    }
    luaL_checkstack(L, 8, NULL);
    pay(p, COST_TABLE);
    p->path[p->depth++] = self;
    wfp_buffer_byte(p->out, wfp_api_is_array(L, idx) ? 'M' : 'T');
    for (lua_pushnil(L); lua_next(L, idx); lua_settop(L, idx + 1)) {
        pack(p, idx + 2);
        lua_settop(L, idx + 1);
        lua_pushvalue(L, idx + 1);
        pack(p, idx + 2);
    }
    wfp_buffer_byte(p->out, 'E');
    p->depth--;
}

/* [-0, +0, v] What is no plain value, unless it stands for one. */
static void add_other(packer_t *p, int idx)
{
    lua_State *L = p->L;

    if (wfp_api_is_null(L, idx)) {
        wfp_buffer_byte(p->out, 'z');
    }
    else if (wfp_class_unwrap(L, idx)) {
        add_table(p, lua_gettop(L));
        lua_settop(L, idx);
    }
    else {
        refuse(p, lua_type(L, idx) == LUA_TTHREAD ? "a coroutine cannot"
                  : lua_isfunction(L, idx)        ? "a function cannot"
                                                  : "userdata cannot");
    }
}

/* [-0, +0, v] Write the value at idx, which is on the top. */
static void pack(packer_t *p, int idx)
{
    lua_State *L = p->L;

    pay(p, COST_VALUE);
    switch (lua_type(L, idx)) {
    case LUA_TNIL:
        wfp_buffer_byte(p->out, 'n');
        break;
    case LUA_TBOOLEAN:
        wfp_buffer_byte(p->out, lua_toboolean(L, idx) ? 't' : 'f');
        break;
    case LUA_TNUMBER:
        add_number(p, idx);
        break;
    case LUA_TSTRING:
        add_string(p, idx);
        break;
    case LUA_TTABLE:
        add_table(p, idx);
        break;
    default:
        add_other(p, idx);
    }
}

const char *wfp_api_pack_values(lua_State *L, int first, int n,
                                const char *what, int are_args)
{
    char head[HEAD_DIGITS + 2];
    wfp_buffer_t b;
    packer_t p;
    int i, top;

    luaL_checkstack(L, 16, NULL);
    memset(&p, 0, sizeof(p));
    p.L = L;
    p.out = &b;
    p.what = what;
    wfp_buffer_init(&b, L);
    top = lua_gettop(L);
    (void)wfp_buffer_reserve(&b, HEAD_DIGITS + 1);
    b.n = HEAD_DIGITS + 1;
    for (i = 0; i < n; i++) {
        p.arg = are_args ? i + 1 : 0;
        lua_pushvalue(L, first + i);
        pack(&p, top + 1);
        lua_settop(L, top);
    }
    (void)snprintf(head, sizeof(head), "%0*zu;", HEAD_DIGITS, p.cost);
    memcpy(b.data, head, HEAD_DIGITS + 1);
    return wfp_meter_copy(wfp_isolate_of(L), b.data, b.n);
}

/* ---- reading ------------------------------------------------------------------- */

static void unpack(lua_State *L, const char **pat);

/* [-0, +1, m] */
static void read_string(lua_State *L, const char **pat)
{
    char *end;
    size_t n = (size_t)strtoull(*pat, &end, 10), i;
    const char *at = end + 1;
    char *to = lua_newuserdatauv(L, n + 1, 0);

    for (i = 0; i < n && *at; i++) {
        to[i] = *at == 1 ? (char)(*++at - 1) : *at;
        at++;
    }
    lua_pushlstring(L, to, i);
    lua_remove(L, -2);
    *pat = at;
}

/* [-0, +1, v] */
static void read_table(lua_State *L, const char **pat, int is_array)
{
    luaL_checkstack(L, 8, NULL);
    lua_newtable(L);
    while (**pat && **pat != 'E') {
        unpack(L, pat); /* the value comes first: nil is none */
        unpack(L, pat);
        lua_insert(L, -2);
        lua_rawset(L, -3);
    }
    *pat += **pat == 'E';
    if (is_array) {
        wfp_api_mark_array(L);
    }
}

/* [-0, +1, v] Push the value at *pat and go behind it. */
static void unpack(lua_State *L, const char **pat)
{
    char kind = *(*pat)++, *end;

    switch (kind) {
    case 't':
    case 'f':
        lua_pushboolean(L, kind == 't');
        break;
    case 'z':
        wfp_api_push_null(L);
        break;
    case 'i':
        lua_pushinteger(L, (lua_Integer)strtoll(*pat, &end, 10));
        *pat = end + 1;
        break;
    case 'd':
        lua_pushnumber(L, (lua_Number)strtod(*pat, &end));
        *pat = end + 1;
        break;
    case 's':
        read_string(L, pat);
        break;
    case 'T':
    case 'M':
        read_table(L, pat, kind == 'M');
        break;
    default:
        lua_pushnil(L);
    }
}

int wfp_api_push_values(lua_State *L, const char *text)
{
    wfp_isolate_t *iso = wfp_isolate_of(L);
    apr_size_t cost = (apr_size_t)strtoull(text, NULL, 10);
    const char *at = text + HEAD_DIGITS + 1;
    int n = 0;

    if (2 * cost >= wfp_meter_free_bytes(iso)) {
        lua_gc(L, LUA_GCCOLLECT);
        if (2 * cost >= wfp_meter_free_bytes(iso)) {
            return wfp_api_error(L, "RangeError", NULL,
                                 "the values do not fit into the Worker's "
                                 "memory");
        }
    }
    while (*at) {
        luaL_checkstack(L, 8, "too many arguments");
        unpack(L, &at);
        n++;
    }
    return n;
}
