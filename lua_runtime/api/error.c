/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Error values: tables with name, message, code and, for limits, the figures.
 * Raised here for every class, read back here when one reaches the host. Which
 * code an error has is told by its metatable (one a code, out of a script's
 * reach), never by its fields, which a script may write.
 */
#include <apr_strings.h>
#include <stdarg.h>
#include <string.h>

#include "lua_runtime/api/classes.h"
#include "lua_runtime/meter.h"
#include "lua_runtime/sandbox.h"
#include "lua_runtime/state.h"

/* bytes of an error's text and of its traceback that leave the isolate */
#define TEXT_MAX 4096

/* keys of the metatables in the registry: [0] is that of errors without code */
static char keys[WFP_CODE_COUNT];

/* [-0, +1, m] "name: message", raw */
static int l_error_tostring(lua_State *L)
{
    if (lua_type(L, 1) != LUA_TTABLE) {
        lua_pushliteral(L, "Error");
        return 1;
    }
    lua_settop(L, 1);
    if (wfp_class_raw(L, 1, "name") != LUA_TSTRING) {
        lua_pushliteral(L, "Error");
        lua_replace(L, 2);
    }
    if (wfp_class_raw(L, 1, "message") != LUA_TSTRING) {
        lua_settop(L, 2);
        return 1;
    }
    lua_pushfstring(L, "%s: ", lua_tostring(L, 2));
    lua_insert(L, 3);
    lua_concat(L, 2);
    return 1;
}

/* [-0, +1, m] Push the metatable of a code's errors: made with the first of
   them. */
static void push_metatable(lua_State *L, wfp_code_e code)
{
    if (lua_rawgetp(L, LUA_REGISTRYINDEX, &keys[code]) != LUA_TNIL) {
        return;
    }
    lua_pop(L, 1);
    lua_createtable(L, 1, 2);
    lua_pushboolean(L, 0);
    lua_setfield(L, -2, "__metatable");
    lua_pushcfunction(L, l_error_tostring);
    lua_setfield(L, -2, "__tostring");
    lua_pushinteger(L, code);
    lua_rawseti(L, -2, 1);
    lua_pushvalue(L, -1);
    lua_rawsetp(L, LUA_REGISTRYINDEX, &keys[code]);
}

/* [-1, +1, m] make an error of the message on the top */
static void finish(lua_State *L, const char *name, const char *code_name,
                   wfp_code_e code)
{
    luaL_checkstack(L, 20, NULL);
    lua_createtable(L, 0, 4);
    lua_insert(L, -2);
    lua_setfield(L, -2, "message");
    lua_pushstring(L, name);
    lua_setfield(L, -2, "name");
    if (code_name) {
        lua_pushstring(L, code_name);
        lua_setfield(L, -2, "code");
    }
    push_metatable(L, code);
    lua_setmetatable(L, -2);
    luaL_traceback(L, L, NULL, 1);
    lua_setfield(L, -2, "stack");
}

void wfp_api_push_error(lua_State *L, const char *name, const char *code,
                        const char *fmt, ...)
{
    wfp_code_e number = code ? wfp_code_by_name(code) : WFP_OK;
    va_list ap;

    luaL_checkstack(L, 20, NULL);
    va_start(ap, fmt);
    lua_pushvfstring(L, fmt, ap);
    va_end(ap);
    finish(L, name, code, number == WFP_CODE_COUNT ? WFP_OK : number);
}

int wfp_api_error(lua_State *L, const char *name, const char *code,
                  const char *fmt, ...)
{
    wfp_code_e number = code ? wfp_code_by_name(code) : WFP_OK;
    va_list ap;

    luaL_checkstack(L, 20, NULL);
    va_start(ap, fmt);
    lua_pushvfstring(L, fmt, ap);
    va_end(ap);
    finish(L, name, code, number == WFP_CODE_COUNT ? WFP_OK : number);
    return lua_error(L);
}

/* [-0, +0, m] */
static void set_text(lua_State *L, const char *key, const char *text)
{
    if (text) {
        lua_pushstring(L, text);
        lua_setfield(L, -2, key);
    }
}

/* [-0, +0, m] */
static void set_int(lua_State *L, const char *key, apr_int64_t n)
{
    lua_pushinteger(L, (lua_Integer)n);
    lua_setfield(L, -2, key);
}

/* [-0, +0, m] The line that the Worker's own code is at, 0: none. */
static int line_of(lua_State *L)
{
    lua_Debug ar;
    int level;

    for (level = 1; lua_getstack(L, level, &ar); level++) {
        if (lua_getinfo(L, "l", &ar) && ar.currentline > 0) {
            return ar.currentline;
        }
    }
    return 0;
}

/* [-0, +0, m] Whose limit it was and which, where the error is no LimitError,
 * too: for who reads it. */
static void keep(lua_State *L, const wfp_result_t *res, int line)
{
    wfp_raised_t *raised = wfp_state_raised(L);

    if (raised && res->limit) {
        raised->error = lua_topointer(L, -1);
        raised->what = *res;
        raised->what.line = line;
    }
}

/* [-0, +0, m] Whose it is, and of which line; a LimitError says so of itself. */
static int set_origin(lua_State *L, const wfp_result_t *res, int is_limit)
{
    const wfp_script_t *script = wfp_state_script(L);
    int is_own = res->limit && !res->worker;
    int line = is_own ? line_of(L) : res->line;
    int own = is_own && is_limit;

    set_text(L, "worker", own ? script->name : res->worker);
    set_text(L, "namespace", own ? script->ns : res->ns);
    set_text(L, "version", own ? script->version_id : res->version);
    if (line && (!is_own || is_limit)) {
        set_int(L, "line", line);
    }
    return line;
}

int wfp_api_raise(lua_State *L, const wfp_result_t *res)
{
    const wfp_code_row_t *row = wfp_code_row(res->code);
    int is_limit = !strcmp(row->name, "LimitError");

    luaL_checkstack(L, 20, NULL);
    lua_pushstring(L, res->message ? res->message : row->message);
    finish(L, res->name ? res->name : row->name, row->code, res->code);
    if (res->stack) {
        set_text(L, "stack", res->stack);
    }
    keep(L, res, set_origin(L, res, is_limit));
    if (res->limit && is_limit) {
        set_text(L, "limit", res->limit);
        set_int(L, "allowed", res->allowed);
        set_int(L, "used", res->used);
    }
    return lua_error(L);
}

/* [-0, +0, -] The code of one of our errors, WFP_CODE_COUNT for any other
 * value. */
static wfp_code_e code_of(lua_State *L, int idx)
{
    wfp_code_e code = WFP_CODE_COUNT;

    if (lua_type(L, idx) != LUA_TTABLE || !lua_getmetatable(L, idx)) {
        return code;
    }
    if (lua_rawgeti(L, -1, 1) == LUA_TNUMBER && lua_isinteger(L, -1)) {
        lua_Integer n = lua_tointeger(L, -1);

        if (n >= 0 && n < WFP_CODE_COUNT) {
            lua_rawgetp(L, LUA_REGISTRYINDEX, &keys[n]);
            code = lua_rawequal(L, -1, -3) ? (wfp_code_e)n : WFP_CODE_COUNT;
            lua_pop(L, 1);
        }
    }
    lua_pop(L, 2);
    return code;
}

int wfp_api_is_error(lua_State *L, int idx)
{
    return code_of(L, idx) != WFP_CODE_COUNT;
}

/* [-1, +0, -] The text on the top, copied into the result's pool and cut;
 * NULL when it is no string. */
static const char *take_text(lua_State *L, wfp_result_t *res)
{
    wfp_isolate_t *iso = wfp_isolate_of(L);
    const char *text = NULL, *s;
    size_t n;

    if (lua_type(L, -1) == LUA_TSTRING) {
        s = lua_tolstring(L, -1, &n);
        wfp_meter_critical_begin(iso);
        text = apr_pstrmemdup(res->pool, s, n < TEXT_MAX ? n : TEXT_MAX);
        wfp_meter_critical_end(iso);
    }
    lua_pop(L, 1);
    return text;
}

/* [-0, +0, m] */
static const char *raw_text(lua_State *L, int idx, const char *key,
                            wfp_result_t *res)
{
    wfp_class_raw(L, idx, key);
    return take_text(L, res);
}

/* [-0, +0, m] */
static apr_int64_t raw_int(lua_State *L, int idx, const char *key)
{
    apr_int64_t n = 0;

    if (wfp_class_raw(L, idx, key) == LUA_TNUMBER) {
        n = (apr_int64_t)lua_tointeger(L, -1);
    }
    lua_pop(L, 1);
    return n;
}

/* [-1, +1, e] */
static int l_text_of(lua_State *L)
{
    wfp_sandbox_tostring(L, 1, NULL);
    return 1;
}

/* [-0, +0, m] Set code and message; the rest stays as it is. */
static void set_message(wfp_result_t *res, lua_State *L, wfp_code_e code,
                        const char *message)
{
    wfp_isolate_t *iso = wfp_isolate_of(L);

    wfp_meter_critical_begin(iso);
    (void)wfp_result_set(res, code, APR_EGENERAL, "%s", message);
    wfp_meter_critical_end(iso);
}

/* [-0, +0, m] What its fields say, which a script may have written. */
static void read_fields(wfp_result_t *res, lua_State *L, int idx)
{
    const char *limit = raw_text(L, idx, "limit", res);

    res->worker = raw_text(L, idx, "worker", res);
    res->ns = raw_text(L, idx, "namespace", res);
    res->version = raw_text(L, idx, "version", res);
    res->line = (int)raw_int(L, idx, "line");
    if (limit) {
        res->limit = limit;
        res->allowed = raw_int(L, idx, "allowed");
        res->used = raw_int(L, idx, "used");
    }
}

/* What was kept when it was raised. */
static void read_kept(wfp_result_t *res, const wfp_result_t *kept)
{
    res->limit = kept->limit;
    res->allowed = kept->allowed;
    res->used = kept->used;
    res->worker = kept->worker;
    res->ns = kept->ns;
    res->version = kept->version;
    res->line = kept->line;
}

/* [-0, +0, m] one of ours */
static void read_own(wfp_result_t *res, lua_State *L, int idx, wfp_code_e code)
{
    const wfp_raised_t *raised = wfp_state_raised(L);
    const char *name = raw_text(L, idx, "name", res);
    const char *message = raw_text(L, idx, "message", res);

    set_message(res, L, code == WFP_OK ? WFP_EXCEPTION : code,
                message ? message : "");
    if (name) {
        res->name = name;
    }
    res->stack = raw_text(L, idx, "stack", res);
    if (raised && raised->error == lua_topointer(L, idx)
        && raised->what.code == code) {
        read_kept(res, &raised->what);
    }
    else {
        read_fields(res, L, idx);
    }
}

void wfp_api_read_error(wfp_result_t *res, lua_State *L, int idx)
{
    wfp_code_e code = code_of(L, idx);
    const char *text;

    idx = lua_absindex(L, idx);
    luaL_checkstack(L, 20, NULL);
    if (code != WFP_CODE_COUNT) {
        read_own(res, L, idx, code);
        return;
    }
    if (lua_type(L, idx) == LUA_TSTRING) {
        lua_pushvalue(L, idx);
    }
    else {
        lua_pushcfunction(L, l_text_of);
        lua_pushvalue(L, idx);
        if (lua_pcall(L, 1, 1, 0) != LUA_OK) {
            lua_pop(L, 1);
            lua_pushstring(L, luaL_typename(L, idx));
        }
    }
    text = take_text(L, res);
    set_message(res, L, WFP_EXCEPTION, text ? text : luaL_typename(L, idx));
    res->name = "Error";
    if (lua_type(L, idx) == LUA_TTABLE) {
        res->stack = raw_text(L, idx, "stack", res);
    }
}
