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

static const char *const allowed[] = {
    "__add",      "__band",  "__bnot",      "__bor",  "__bxor",  "__call",
    "__close",    "__div",   "__eq",        "__idiv", "__index", "__le",
    "__len",      "__lt",    "__metatable", "__mod",  "__mul",   "__name",
    "__newindex", "__pairs", "__pow",       "__shl",  "__shr",   "__sub",
    "__tostring", "__unm",   NULL,
};

/* __gc runs outside every limit; __mode and __concat reach memory errors of
   liblua 5.4.4 */
static const char *const refused[] = { "__concat", "__gc", "__mode", NULL };

/* registry key of the table: event name -> true (allowed), false (refused) */
static const char events_key = 'e';
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
    int type;

    lua_rawgetp(L, LUA_REGISTRYINDEX, &events_key);
    lua_pushvalue(L, key);
    type = lua_rawget(L, -2);
    if (type == LUA_TBOOLEAN && !lua_toboolean(L, -1) && !lua_isnil(L, value)) {
        return refuse(L, lua_tostring(L, key));
    }
    type = type == LUA_TBOOLEAN && lua_toboolean(L, -1);
    lua_pop(L, 2);
    return type;
}

/* [-0, +0, e] Copy the events of the metatable at mt into the table at to. */
static void copy_events(lua_State *L, int mt, int to)
{
    const char *const *name;
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
    for (name = refused; *name; name++) {
        lua_pushstring(L, *name);
        if (lua_rawget(L, mt) != LUA_TNIL) {
            refuse(L, *name);
        }
        lua_pop(L, 1);
    }
    for (name = allowed; *name; name++) {
        lua_pushstring(L, *name);
        lua_pushvalue(L, -1);
        lua_rawget(L, mt);
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

    lua_createtable(L, USERS, 2);
    shadow = lua_gettop(L);
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
    lua_pushvalue(L, snap);
    lua_rawseti(L, shadow, SNAPSHOT);
    lua_pushliteral(L, "__newindex");
    lua_pushvalue(L, -1);
    lua_rawget(L, shadow);
    set_in_shadow(L, shadow);
    lua_setmetatable(L, t);
}

/* [-0, +1, e] Push a new snapshot of the metatable at mt. */
static void push_new_snapshot(lua_State *L, int mt)
{
    int snap, base = 0;

    luaL_checkstack(L, 12, NULL);
    lua_createtable(L, USERS, 2);
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

/* [-0, +0, e] Raise when the table at 1 is protected. @return index of the
   snapshot made of it (pushed), or 0: it is nobody's metatable */
static int look_at_old(lua_State *L)
{
    if (!lua_getmetatable(L, 1)) {
        return 0;
    }
    lua_pushliteral(L, "__metatable");
    if (lua_rawget(L, -2) != LUA_TNIL) {
        return luaL_error(L, "cannot change a protected metatable");
    }
    if (lua_rawgeti(L, -2, SNAPSHOT) == LUA_TTABLE) {
        return lua_gettop(L);
    }
    return 0;
}

/* [-0, +1, e] setmetatable(t, mt) */
static int base_setmetatable(lua_State *L)
{
    int type = lua_type(L, 2);
    int snap;

    luaL_checktype(L, 1, LUA_TTABLE);
    luaL_argexpected(L, type == LUA_TNIL || type == LUA_TTABLE, 2,
                     "nil or table");
    lua_settop(L, 2);
    snap = look_at_old(L);
    if (type == LUA_TTABLE) {
        push_snapshot(L, 2);
    }
    else {
        lua_pushnil(L);
    }
    if (snap) {
        set_shadow(L, 1, type == LUA_TTABLE ? lua_gettop(L) : 0, snap);
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

static void set_events(lua_State *L, const char *const *names, int value)
{
    for (; *names; names++) {
        lua_pushboolean(L, value);
        lua_setfield(L, -2, *names);
    }
}

void wfp_lib_metatable_open(lua_State *L)
{
    lua_newtable(L);
    set_events(L, allowed, 1);
    set_events(L, refused, 0);
    lua_rawsetp(L, LUA_REGISTRYINDEX, &events_key);
    lua_newtable(L);
    lua_pushliteral(L, "k");
    lua_setfield(L, -2, "__mode");
    lua_rawsetp(L, LUA_REGISTRYINDEX, &weak_key);
    lua_pushglobaltable(L);
    luaL_setfuncs(L, functions, 0);
    lua_pop(L, 1);
}
