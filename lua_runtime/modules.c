/* SPDX-License-Identifier: Apache-2.0 */
/*
 * require("name"): the parts of one upload, each loaded once an isolate. Opened
 * by isolate.c. Parts live as Lua values of the isolate from the start (the
 * script may be evicted from the registry later); nothing outside the upload
 * can be named.
 */
#include "lua_runtime/modules.h"

#include <lauxlib.h>
#include <string.h>

#include "lua_runtime/api/api.h"
#include "lua_runtime/code.h"
#include "lua_runtime/trace.h"

/* Upvalues of require. */
enum {
    UP_LOADED = 1, /* name -> value; a light userdata while it is loaded */
    UP_LOADERS     /* name -> function that gives the value */
};

/* Registry key of the table of loaded parts; its address also marks a part
 * that is being loaded. */
static const char loaded_key;

static void push_mark(lua_State *L)
{
    lua_pushlightuserdata(L, (void *)&loaded_key);
}

/* [-0, +1, e] The value of the JSON text at 1. */
static int l_decode(lua_State *L)
{
    size_t n;
    const char *text = lua_tolstring(L, 1, &n);

    wfp_api_json_decode(L, text, n);
    return 1;
}

/* [-0, +1, e] The loader of the JSON part named at 1; upvalue 1 is its text. An
 * error says which part it is. */
static int l_json_part(lua_State *L)
{
    lua_pushcfunction(L, l_decode);
    lua_pushvalue(L, lua_upvalueindex(1));
    if (lua_pcall(L, 1, 1, 0) == LUA_OK) {
        return 1;
    }
    if (lua_type(L, -1) == LUA_TTABLE) {
        lua_getfield(L, -1, "message");
        lua_pushfstring(L, "module '%s': %s", lua_tostring(L, 1),
                        lua_tostring(L, -1));
        lua_setfield(L, -3, "message");
        lua_pop(L, 1);
    }
    return lua_error(L);
}

/* [-0, +1, m] Push the name of the part that a script means by name, or nil:
 * as it stands, then with ".lua". */
static void push_part_name(lua_State *L, const char *name)
{
    int suffix;

    while (name[0] == '.' && name[1] == '/') {
        name += 2;
    }
    for (suffix = 0; suffix < 2; suffix++) {
        (void)lua_pushfstring(L, suffix ? "%s.lua" : "%s", name);
        lua_pushvalue(L, -1);
        if (lua_rawget(L, lua_upvalueindex(UP_LOADED)) != LUA_TNIL) {
            lua_pop(L, 1);
            return;
        }
        lua_pop(L, 1);
        lua_pushvalue(L, -1);
        if (lua_rawget(L, lua_upvalueindex(UP_LOADERS)) != LUA_TNIL) {
            lua_pop(L, 1);
            return;
        }
        lua_pop(L, 2);
    }
    lua_pushnil(L);
}

/* [-0, +1, e] require(name) */
static int l_require(lua_State *L)
{
    size_t n;
    const char *name = luaL_checklstring(L, 1, &n);

    lua_settop(L, 1);
    if (strlen(name) == n) {
        push_part_name(L, name);
    }
    else {
        lua_pushnil(L);
    }
    if (lua_isnil(L, 2)) {
        return luaL_error(L, "module '%s' not found", name);
    }
    lua_pushvalue(L, 2);
    (void)lua_rawget(L, lua_upvalueindex(UP_LOADED));
    if (lua_touserdata(L, 3) == &loaded_key) {
        return luaL_error(L,
                          "module '%s' requires itself: its loading has "
                          "not ended",
                          lua_tostring(L, 2));
    }
    if (!lua_isnil(L, 3)) {
        return 1;
    }
    lua_pushvalue(L, 2);
    push_mark(L);
    lua_rawset(L, lua_upvalueindex(UP_LOADED));
    lua_pushcfunction(L, wfp_trace_handler);
    lua_replace(L, 3);
    lua_pushvalue(L, 2);
    (void)lua_rawget(L, lua_upvalueindex(UP_LOADERS));
    lua_pushvalue(L, 2);
    if (lua_pcall(L, 1, 1, 3) != LUA_OK) {
        lua_pushvalue(L, 2);
        lua_pushnil(L);
        lua_rawset(L, lua_upvalueindex(UP_LOADED));
        wfp_trace_again(L);
        return lua_error(L);
    }
    if (lua_isnil(L, -1)) {
        lua_pop(L, 1);
        lua_pushboolean(L, 1);
    }
    lua_pushvalue(L, 2);
    lua_pushvalue(L, -2);
    lua_rawset(L, lua_upvalueindex(UP_LOADED));
    return 1;
}

void wfp_modules_open(lua_State *L, const wfp_script_t *script)
{
    int i, loaded, loaders;

    lua_newtable(L);
    loaded = lua_gettop(L);
    lua_newtable(L);
    loaders = lua_gettop(L);
    lua_pushvalue(L, loaded);
    lua_rawsetp(L, LUA_REGISTRYINDEX, &loaded_key);
    lua_pushstring(L, script->main_module);
    push_mark(L);
    lua_rawset(L, loaded);
    for (i = 0; i < script->modules->nelts; i++) {
        const wfp_module_t *m = &APR_ARRAY_IDX(script->modules, i,
                                               const wfp_module_t);

        if (!strcmp(m->name, script->main_module)) {
            continue;
        }
        lua_pushstring(L, m->name);
        if (m->kind == WFP_MODULE_LUA) {
            wfp_code_push(L, m);
        }
        else {
            lua_pushlstring(L, m->data, m->size);
        }
        if (m->kind == WFP_MODULE_JSON) {
            lua_pushcclosure(L, l_json_part, 1);
        }
        lua_rawset(L, m->kind == WFP_MODULE_LUA || m->kind == WFP_MODULE_JSON
                          ? loaders
                          : loaded);
    }
    lua_pushcclosure(L, l_require, 2);
    lua_setglobal(L, "require");
}

void wfp_modules_set_main(lua_State *L, const wfp_script_t *script, int idx)
{
    idx = lua_absindex(L, idx);
    (void)lua_rawgetp(L, LUA_REGISTRYINDEX, &loaded_key);
    lua_pushstring(L, script->main_module);
    lua_pushvalue(L, idx);
    lua_rawset(L, -3);
    lua_pop(L, 1);
}
