/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Classes for Lua: every file of this folder describes its class with a
 * wfp_class_t, the rest is here. An object's class is told by the identity of
 * its metatable, which is kept in the registry under the address of the
 * description: neither a name nor bytes of the object can be forged. This file
 * knows no class of the Worker API.
 */
#include "lua_runtime/api/class.h"

#include <string.h>

#include "lua_runtime/api/api.h"

/* [-0, +0, v] __newindex of classes without settable fields */
static int l_refuse(lua_State *L)
{
    const char *key = lua_type(L, 2) == LUA_TSTRING ? lua_tostring(L, 2) : "?";

    return wfp_api_error(L, "TypeError", NULL,
                         "Cannot assign to read only property '%s'", key);
}

static int count_functions(const luaL_Reg *rows)
{
    int n = 0;

    while (rows && rows[n].name) {
        n++;
    }
    return n;
}

/* Members of its __index: a table that grows costs more than the rest. */
static int members(const wfp_class_t *cls)
{
    int n = 0;

    while (cls->index && cls->fields && cls->fields[n]) {
        n++;
    }
    return n + count_functions(cls->methods);
}

/* [-0, +1, m] Make the metatable and keep it: not before the first object, so
   that an isolate pays for the classes that it uses only. */
static void make_metatable(lua_State *L, const wfp_class_t *cls)
{
    int i;

    luaL_checkstack(L, 8, NULL);
    lua_createtable(L, 0, 8);
    lua_pushboolean(L, 0);
    lua_setfield(L, -2, "__metatable");
    lua_pushstring(L, cls->name);
    lua_setfield(L, -2, "__name");
    lua_createtable(L, 0, members(cls));
    luaL_setfuncs(L, cls->methods, 0);
    if (cls->index) {
        for (i = 0; cls->fields && cls->fields[i]; i++) {
            lua_pushinteger(L, i + 1);
            lua_setfield(L, -2, cls->fields[i]);
        }
        lua_pushcclosure(L, cls->index, 1);
    }
    lua_setfield(L, -2, "__index");
    lua_pushcfunction(L, cls->newindex ? cls->newindex : l_refuse);
    lua_setfield(L, -2, "__newindex");
    if (cls->meta) {
        luaL_setfuncs(L, cls->meta, 0);
    }
    lua_pushvalue(L, -1);
    lua_rawsetp(L, LUA_REGISTRYINDEX, cls);
}

/* [-n, +1, e] X(...) is X.new(...): drop X itself */
static int l_construct(lua_State *L)
{
    lua_CFunction make = lua_tocfunction(L, lua_upvalueindex(1));

    lua_remove(L, 1);
    return make(L);
}

void wfp_class_global(lua_State *L, const char *name, lua_CFunction make,
                      const luaL_Reg *statics)
{
    lua_createtable(L, 0, count_functions(statics) + 1);
    lua_pushcfunction(L, make);
    lua_setfield(L, -2, "new");
    if (statics) {
        luaL_setfuncs(L, statics, 0);
    }
    lua_createtable(L, 0, 2);
    lua_pushboolean(L, 0);
    lua_setfield(L, -2, "__metatable");
    lua_pushcfunction(L, make);
    lua_pushcclosure(L, l_construct, 1);
    lua_setfield(L, -2, "__call");
    lua_setmetatable(L, -2);
    lua_setglobal(L, name);
}

void *wfp_class_new(lua_State *L, const wfp_class_t *cls, size_t size, int n)
{
    void *obj = lua_newuserdatauv(L, size, n);

    memset(obj, 0, size);
    if (lua_rawgetp(L, LUA_REGISTRYINDEX, cls) == LUA_TNIL) {
        lua_pop(L, 1);
        make_metatable(L, cls);
    }
    lua_setmetatable(L, -2);
    return obj;
}

void *wfp_class_test(lua_State *L, int idx, const wfp_class_t *cls)
{
    void *obj;
    int same;

    if (lua_type(L, idx) != LUA_TUSERDATA) {
        return NULL;
    }
    obj = lua_touserdata(L, idx);
    if (!obj || !lua_getmetatable(L, idx)) {
        return NULL;
    }
    lua_rawgetp(L, LUA_REGISTRYINDEX, cls);
    same = lua_rawequal(L, -1, -2);
    lua_pop(L, 2);
    return same ? obj : NULL;
}

void *wfp_class_check(lua_State *L, int idx, const wfp_class_t *cls)
{
    void *obj = wfp_class_test(L, idx, cls);

    if (!obj) {
        wfp_api_error(L, "TypeError", NULL,
                      "%s expected, got %s (call methods "
                      "with a colon)",
                      cls->name, luaL_typename(L, idx));
    }
    return obj;
}

int wfp_class_field(lua_State *L)
{
    int id = 0;

    lua_settop(L, 2);
    lua_pushvalue(L, 2);
    if (lua_rawget(L, lua_upvalueindex(1)) == LUA_TNUMBER) {
        id = (int)lua_tointeger(L, -1);
        lua_pop(L, 1);
    }
    return id;
}

int wfp_class_raw(lua_State *L, int idx, const char *key)
{
    idx = lua_absindex(L, idx);
    lua_pushstring(L, key);
    return lua_rawget(L, idx);
}

const char *wfp_class_text(lua_State *L, int idx, const char *what, size_t *n)
{
    if (!lua_isstring(L, idx)) {
        wfp_api_error(L, "TypeError", NULL, "%s must be a string, got %s", what,
                      luaL_typename(L, idx));
    }
    return lua_tolstring(L, idx, n);
}

/* [-0, +0, e] Let the view at idx make what its table, on the top, lacks; the
 * key at key, 0: everything. */
static void make_members(lua_State *L, int idx, int key)
{
    int table = lua_gettop(L);

    if (lua_getiuservalue(L, idx, 2) == LUA_TFUNCTION) {
        luaL_checkstack(L, 4, NULL);
        lua_pushvalue(L, table);
        if (key) {
            lua_pushvalue(L, key);
        }
        else {
            lua_pushnil(L);
        }
        lua_call(L, 2, 0);
    }
    lua_settop(L, table);
}

/* [-0, +1, e] */
static int l_view_index(lua_State *L)
{
    lua_settop(L, 2);
    lua_getiuservalue(L, 1, 1);
    lua_pushvalue(L, 2);
    if (lua_rawget(L, 3) == LUA_TNIL) {
        lua_settop(L, 3);
        make_members(L, 1, 2);
        lua_pushvalue(L, 2);
        lua_rawget(L, 3);
    }
    return 1;
}

/* [-0, +1, -] */
static int l_view_len(lua_State *L)
{
    lua_getiuservalue(L, 1, 1);
    lua_pushinteger(L, (lua_Integer)lua_rawlen(L, -1));
    return 1;
}

/* [-0, +(1|2), e] the iterator of pairs(view): (view, key) */
static int l_view_next(lua_State *L)
{
    lua_settop(L, 2);
    if (!wfp_class_unwrap(L, 1)) {
        return wfp_api_error(L, "TypeError", NULL, "bad iterator state");
    }
    lua_insert(L, 2);
    return lua_next(L, 2) ? 2 : (lua_pushnil(L), 1);
}

/* [-0, +3, m] */
static int l_view_pairs(lua_State *L)
{
    lua_pushcfunction(L, l_view_next);
    lua_pushvalue(L, 1);
    lua_pushnil(L);
    return 3;
}

static const luaL_Reg view_methods[] = { { NULL, NULL } };
static const luaL_Reg view_meta[] = {
    { "__len", l_view_len },
    { "__pairs", l_view_pairs },
    { NULL, NULL },
};
static const wfp_class_t view_class = {
    "table", view_methods, NULL, l_view_index, NULL, view_meta,
};

void wfp_class_readonly(lua_State *L)
{
    if (lua_type(L, -1) == LUA_TTABLE) {
        wfp_class_new(L, &view_class, 0, 1);
        lua_insert(L, -2);
        lua_setiuservalue(L, -2, 1);
    }
}

void wfp_class_readonly_later(lua_State *L)
{
    wfp_class_new(L, &view_class, 0, 2);
    lua_insert(L, -3);
    lua_setiuservalue(L, -3, 2);
    lua_setiuservalue(L, -2, 1);
}

int wfp_class_unwrap(lua_State *L, int idx)
{
    if (!wfp_class_test(L, idx, &view_class)) {
        return 0;
    }
    idx = lua_absindex(L, idx);
    lua_getiuservalue(L, idx, 1);
    make_members(L, idx, 0);
    return 1;
}
