/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What URLSearchParams and FormData have in common: user value 1 of their
 * objects is a flat array name, value, name, value in the order given. Names
 * are strings; what values are is the class's own affair. The object is at
 * slot 1, a name at 2.
 */
#include "lua_runtime/api/classes.h"

void wfp_api_list_need(lua_State *L, const wfp_class_t *cls, const char *method,
                       int arg, const char *what)
{
    if (!lua_isstring(L, arg)) {
        wfp_api_error(L, "TypeError", NULL,
                      "%s.%s: the %s must be a string, got %s", cls->name,
                      method, what, luaL_typename(L, arg));
    }
    /* a number becomes its text, where it stands */
    (void)lua_tolstring(L, arg, NULL);
}

void wfp_api_list_push(lua_State *L, const wfp_class_t *cls)
{
    (void)wfp_class_check(L, 1, cls);
    lua_getiuservalue(L, 1, 1);
}

/* [-0, +0, -] Is element i of the array at t the value at slot idx? */
static int is_at(lua_State *L, int t, lua_Integer i, int idx)
{
    int same;

    lua_rawgeti(L, t, i);
    same = lua_rawequal(L, -1, idx);
    lua_pop(L, 1);
    return same;
}

/* [-0, +0, -] Where the name at 2 (and the value at 3, unless nil) is next from
 * position i on in the array at 4, 0: nowhere. */
static lua_Integer find(lua_State *L, lua_Integer i)
{
    lua_Integer n = (lua_Integer)lua_rawlen(L, 4);

    for (; i < n; i += 2) {
        if (is_at(L, 4, i, 2) && (lua_isnil(L, 3) || is_at(L, 4, i + 1, 3))) {
            return i;
        }
    }
    return 0;
}

/* [-0, +1, v] Check the name at 2 and push the array as slot 4; slot 3, a value
 * to look for, stays when asked so. */
static void begin(lua_State *L, const wfp_class_t *cls, const char *method,
                  int by_value)
{
    lua_settop(L, by_value ? 3 : 2);
    lua_settop(L, 3);
    wfp_api_list_push(L, cls);
    wfp_api_list_need(L, cls, method, 2, "name");
    if (!lua_isnil(L, 3)) {
        wfp_api_list_need(L, cls, method, 3, "value");
    }
}

int wfp_api_list_get(lua_State *L, const wfp_class_t *cls)
{
    lua_Integer i;

    begin(L, cls, "get", 0);
    i = find(L, 1);
    if (i) {
        lua_rawgeti(L, 4, i + 1);
    }
    else {
        lua_pushnil(L);
    }
    return 1;
}

int wfp_api_list_get_all(lua_State *L, const wfp_class_t *cls)
{
    lua_Integer i, n = 0;

    begin(L, cls, "getAll", 0);
    lua_newtable(L);
    wfp_api_mark_array(L);
    for (i = find(L, 1); i; i = find(L, i + 2)) {
        lua_rawgeti(L, 4, i + 1);
        lua_rawseti(L, 5, ++n);
    }
    return 1;
}

int wfp_api_list_has(lua_State *L, const wfp_class_t *cls, int by_value)
{
    begin(L, cls, "has", by_value);
    lua_pushboolean(L, find(L, 1) != 0);
    return 1;
}

/* [-0, +1, m] Push a copy of the array at 4 without the pairs that match; with
 * keep, the first of them stays with the value at that slot. @return how many
 * matched */
static int push_without(lua_State *L, int keep)
{
    lua_Integer i, out = 0, n = (lua_Integer)lua_rawlen(L, 4);
    lua_Integer match = find(L, 1);
    int copy, matched = 0;

    lua_createtable(L, (int)n, 0);
    copy = lua_gettop(L);
    for (i = 1; i < n; i += 2) {
        if (i == match) {
            match = find(L, i + 2);
            if (matched++ || !keep) {
                continue;
            }
            lua_pushvalue(L, keep);
        }
        else {
            lua_rawgeti(L, 4, i + 1);
        }
        lua_rawgeti(L, 4, i);
        lua_rawseti(L, copy, ++out);
        lua_rawseti(L, copy, ++out);
    }
    return matched;
}

void wfp_api_list_delete(lua_State *L, const wfp_class_t *cls, int by_value)
{
    begin(L, cls, "delete", by_value);
    (void)push_without(L, 0);
}

void wfp_api_list_append(lua_State *L, int t, int name, int value)
{
    lua_Integer n = (lua_Integer)lua_rawlen(L, t);

    lua_pushvalue(L, name);
    lua_rawseti(L, t, n + 1);
    lua_pushvalue(L, value);
    lua_rawseti(L, t, n + 2);
}

void wfp_api_list_set(lua_State *L, const wfp_class_t *cls)
{
    int value;

    lua_settop(L, 3);
    wfp_api_list_push(L, cls);
    lua_pushvalue(L, 3);
    value = lua_gettop(L);
    /* find() shall match any value */
    lua_pushnil(L);
    lua_replace(L, 3);
    if (!push_without(L, value)) {
        wfp_api_list_append(L, value + 1, 2, value);
    }
}

int wfp_api_list_iterate(lua_State *L, const wfp_class_t *cls, int first,
                         int count)
{
    lua_Integer i, n;

    lua_settop(L, 1);
    wfp_api_list_push(L, cls);
    n = (lua_Integer)lua_rawlen(L, 2);
    lua_createtable(L, (int)n, 0);
    for (i = 1; i <= n; i++) {
        lua_rawgeti(L, 2, i);
        lua_rawseti(L, 3, i);
    }
    wfp_api_iterate(L, first, count);
    return 1;
}
