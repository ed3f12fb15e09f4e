/* SPDX-License-Identifier: Apache-2.0 */
/*
 * setmetatable, getmetatable, rawset. The VM never sees a tenant's metatable:
 * it gets a host-owned snapshot of the allowed events, so that no finalizer,
 * no weak table and no __concat can appear behind our back.
 *
 * For an object:              metatable = snapshot, snapshot[OWNER] = mt
 * For a table used as one:    metatable = its shadow: a private copy of the
 *                             snapshot it had, shadow[SNAPSHOT] = the snapshot
 *                             made of it, and a __newindex that adds new
 *                             events to that snapshot
 * A snapshot knows the shadows copied from it (USERS, weak), so that a late
 * event reaches them too. Tenants hold none of these tables.
 */
#include <string.h>

#include "lua_runtime/lib.h"

enum {
    OWNER = 1,
    SNAPSHOT = 2,
    USERS = 3
};

/* entries of a metatable that are looked at one by one; in a larger one the
   events are looked up by name */
#define SMALL_METATABLE 24

/* Events by name. Refused: __gc runs outside every limit; __mode and __concat
   reach memory errors of liblua 5.4.4. */
static const struct {
    const char *name;
    int is_allowed;
} events[] = {
    { "__add", 1 },      { "__band", 1 },      { "__bnot", 1 },
    { "__bor", 1 },      { "__bxor", 1 },      { "__call", 1 },
    { "__close", 1 },    { "__concat", 0 },    { "__div", 1 },
    { "__eq", 1 },       { "__gc", 0 },        { "__idiv", 1 },
    { "__index", 1 },    { "__le", 1 },        { "__len", 1 },
    { "__lt", 1 },       { "__metatable", 1 }, { "__mod", 1 },
    { "__mode", 0 },     { "__mul", 1 },       { "__name", 1 },
    { "__newindex", 1 }, { "__pairs", 1 },     { "__pow", 1 },
    { "__shl", 1 },      { "__shr", 1 },       { "__sub", 1 },
    { "__tostring", 1 }, { "__unm", 1 },
};

#define EVENTS (sizeof(events) / sizeof(events[0]))

/* registry key of the metatable of USERS sets */
static const char weak_key = 'w';

static int trap(lua_State *L);

/* [-0, +0, v] */
static int refuse(lua_State *L, const char *event)
{
    return luaL_error(L, "metamethod '%s' is not available", event);
}

/* Does the key at idx look like an event's name? */
static int is_event_like(lua_State *L, int idx)
{
    const char *s;

    if (lua_type(L, idx) != LUA_TSTRING) {
        return 0;
    }
    s = lua_tostring(L, idx);
    return s[0] == '_' && s[1] == '_';
}

/* Is the key at idx an event? Raises for a refused one with a value. */
static int is_event(lua_State *L, int key, int value)
{
    const char *s = lua_tostring(L, key);
    size_t i;

    for (i = 0; i < EVENTS; i++) {
        if (events[i].name[2] == s[2] && strcmp(events[i].name, s) == 0) {
            if (!events[i].is_allowed && !lua_isnil(L, value)) {
                refuse(L, s);
            }
            return events[i].is_allowed;
        }
    }
    return 0;
}

/* [-0, +0, e] Copy the events of the metatable at mt into the table at to. */
static void copy_events(lua_State *L, int mt, int to)
{
    size_t i;
    int n;

    lua_pushnil(L);
    for (n = 0; n < SMALL_METATABLE && lua_next(L, mt); n++) {
        int key = lua_gettop(L) - 1;

        if (is_event_like(L, key) && is_event(L, key, key + 1)) {
            lua_pushvalue(L, key);
            lua_insert(L, key + 1);
            lua_rawset(L, to);
        }
        else {
            lua_pop(L, 1);
        }
    }
    if (n < SMALL_METATABLE) {
        return;
    }
    lua_pop(L, 1);
    for (i = 0; i < EVENTS; i++) {
        lua_pushstring(L, events[i].name);
        lua_pushvalue(L, -1);
        if (lua_rawget(L, mt) != LUA_TNIL && !events[i].is_allowed) {
            refuse(L, events[i].name);
        }
        lua_rawset(L, to);
    }
}

/* [-2, +0, m] Set key and value (on the top) in a shadow, which always keeps
   a __newindex: the tenant's or the trap. */
static void set_in_shadow(lua_State *L, int shadow)
{
    if (lua_isnil(L, -1) && strcmp(lua_tostring(L, -2), "__newindex") == 0) {
        lua_pop(L, 1);
        lua_pushcfunction(L, trap);
    }
    lua_rawset(L, shadow);
}

/* [-0, +0, m] Remember in the snapshot at idx that the shadow copies it. */
static void add_user(lua_State *L, int snapshot, int shadow)
{
    if (lua_rawgeti(L, snapshot, USERS) != LUA_TTABLE) {
        lua_pop(L, 1);
        lua_newtable(L);
        lua_rawgetp(L, LUA_REGISTRYINDEX, &weak_key);
        lua_setmetatable(L, -2);
        lua_pushvalue(L, -1);
        lua_rawseti(L, snapshot, USERS);
    }
    lua_pushvalue(L, shadow);
    lua_pushboolean(L, 1);
    lua_rawset(L, -3);
    lua_pop(L, 1);
}

/*
 * [-0, +0, m] Give the table at t a shadow.
 *
 * base  index of the snapshot that is its metatable in the tenant's eyes, or 0
 * snap  index of the snapshot made of it
 */
static void set_shadow(lua_State *L, int t, int base, int snap)
{
    int shadow;

    lua_createtable(L, SNAPSHOT, 1);
    shadow = lua_gettop(L);
    lua_pushvalue(L, snap);
    lua_rawseti(L, shadow, SNAPSHOT);
    if (base) {
        lua_pushnil(L);
        while (lua_next(L, base)) {
            if (lua_type(L, -2) == LUA_TSTRING) {
                lua_pushvalue(L, -2);
                lua_insert(L, -2);
                lua_rawset(L, shadow);
            }
            else {
                lua_pop(L, 1);
            }
        }
        lua_rawgeti(L, base, OWNER);
        lua_rawseti(L, shadow, OWNER);
        add_user(L, base, shadow);
    }
    if (lua_getfield(L, shadow, "__newindex") == LUA_TNIL) {
        lua_pushcfunction(L, trap);
        lua_setfield(L, shadow, "__newindex");
    }
    lua_settop(L, shadow);
    lua_setmetatable(L, t);
}

/* [-0, +1, e] Push a new snapshot of the metatable at mt. */
static void push_new_snapshot(lua_State *L, int mt)
{
    int snap, base = 0;

    luaL_checkstack(L, 12, NULL);
    lua_createtable(L, OWNER, 1);
    snap = lua_gettop(L);
    lua_pushvalue(L, mt);
    lua_rawseti(L, snap, OWNER);
    copy_events(L, mt, snap);
    if (lua_getmetatable(L, mt)) {
        base = snap + 1;
        if (lua_rawgeti(L, base, OWNER) != LUA_TTABLE) {
            lua_settop(L, snap); /* a host class: it keeps its metatable */
            return;
        }
    }
    set_shadow(L, mt, base, snap);
    lua_settop(L, snap);
}

/* [-0, +1, e] Push the snapshot of the metatable at mt. */
static void push_snapshot(lua_State *L, int mt)
{
    if (lua_getmetatable(L, mt)) {
        if (lua_rawgeti(L, -1, SNAPSHOT) == LUA_TTABLE) {
            return;
        }
        lua_pop(L, 2);
    }
    push_new_snapshot(L, mt);
}

/* [-0, +0, v] Raise when the table at 1 is protected. @return 1: it has a
   metatable */
static int check_old(lua_State *L)
{
    if (!lua_getmetatable(L, 1)) {
        return 0;
    }
    lua_pushliteral(L, "__metatable");
    if (lua_rawget(L, -2) != LUA_TNIL) {
        return luaL_error(L, "cannot change a protected metatable");
    }
    lua_pop(L, 2);
    return 1;
}

/* [-1, +0, m] Pop the snapshot of the metatable, or nil, and give it to the
   table at 1; if that one is itself somebody's metatable, as a new shadow. */
static void set_snapshot(lua_State *L)
{
    int new = lua_gettop(L);

    if (lua_getmetatable(L, 1) && lua_rawgeti(L, -1, SNAPSHOT) == LUA_TTABLE) {
        set_shadow(L, 1, lua_isnil(L, new) ? 0 : new, lua_gettop(L));
        return;
    }
    lua_settop(L, new);
    lua_setmetatable(L, 1);
}

/* [-0, +1, e] setmetatable(t, mt) */
static int base_setmetatable(lua_State *L)
{
    int type = lua_type(L, 2);
    int has_old;

    luaL_checktype(L, 1, LUA_TTABLE);
    luaL_argexpected(L, type == LUA_TNIL || type == LUA_TTABLE, 2,
                     "nil or table");
    lua_settop(L, 2);
    has_old = check_old(L);
    if (type == LUA_TTABLE) {
        push_snapshot(L, 2);
    }
    else {
        lua_pushnil(L);
    }
    if (has_old || lua_rawequal(L, 1, 2)) {
        set_snapshot(L);
    }
    else {
        lua_setmetatable(L, 1);
    }
    lua_settop(L, 1);
    return 1;
}

/* [-0, +1, e] getmetatable(v): tables only */
static int base_getmetatable(lua_State *L)
{
    luaL_checkany(L, 1);
    if (lua_type(L, 1) != LUA_TTABLE || !lua_getmetatable(L, 1)) {
        lua_pushnil(L);
        return 1;
    }
    lua_pushliteral(L, "__metatable");
    if (lua_rawget(L, -2) == LUA_TNIL) {
        lua_rawgeti(L, -2, OWNER);
    }
    return 1;
}

/* [-0, +0, e] Key (2) and value (3) go into the table at 1, which may be a
   metatable: if the key is an event, its snapshot and that one's users learn
   it. */
static void sync_event(lua_State *L)
{
    int snap;

    if (!lua_getmetatable(L, 1)) {
        return;
    }
    if (lua_rawgeti(L, -1, SNAPSHOT) != LUA_TTABLE || !is_event(L, 2, 3)) {
        lua_settop(L, 3);
        return;
    }
    snap = lua_gettop(L);
    lua_pushvalue(L, 2);
    lua_pushvalue(L, 3);
    lua_rawset(L, snap);
    if (lua_rawgeti(L, snap, USERS) == LUA_TTABLE) {
        lua_pushnil(L);
        while (lua_next(L, snap + 1)) {
            lua_pop(L, 1);
            lua_pushvalue(L, 2);
            lua_pushvalue(L, 3);
            set_in_shadow(L, snap + 2);
        }
    }
    lua_settop(L, 3);
}

/* [-0, +0, e] __newindex of a table that is used as a metatable */
static int trap(lua_State *L)
{
    lua_settop(L, 3);
    if (lua_isnil(L, 2)) {
        return luaL_error(L, "table index is nil");
    }
    if (lua_type(L, 2) == LUA_TNUMBER && !lua_rawequal(L, 2, 2)) {
        return luaL_error(L, "table index is NaN");
    }
    if (is_event_like(L, 2)) {
        sync_event(L);
    }
    lua_rawset(L, 1);
    return 0;
}

/* [-0, +1, e] rawset(t, k, v) */
static int base_rawset(lua_State *L)
{
    luaL_checktype(L, 1, LUA_TTABLE);
    luaL_checkany(L, 2);
    luaL_checkany(L, 3);
    lua_settop(L, 3);
    if (is_event_like(L, 2)) {
        sync_event(L);
    }
    lua_rawset(L, 1);
    return 1;
}

static const luaL_Reg functions[] = {
    { "getmetatable", base_getmetatable },
    { "rawset", base_rawset },
    { "setmetatable", base_setmetatable },
    { NULL, NULL },
};

void wfp_lib_metatable_open(lua_State *L)
{
    lua_newtable(L);
    lua_pushliteral(L, "k");
    lua_setfield(L, -2, "__mode");
    lua_rawsetp(L, LUA_REGISTRYINDEX, &weak_key);
    lua_pushglobaltable(L);
    luaL_setfuncs(L, functions, 0);
    lua_pop(L, 1);
}
