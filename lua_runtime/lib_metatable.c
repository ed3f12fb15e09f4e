/* SPDX-License-Identifier: Apache-2.0 */
/*
 * setmetatable, getmetatable, rawset. The VM never sees a tenant's metatable:
 * it gets a host-owned snapshot of the allowed events, so that no finalizer,
 * no weak table and no __concat can appear behind our back.
 *
 * For an object:              metatable = snapshot, whose metatable is mt, its
 *                             owner. The VM and we read snapshots raw,
 *                             so that is a reference and no more; as the collector looks
 *                             for __mode there, only a table whose new events
 *                             pass through here is referred to that way, any
 *                             other is snapshot[OWNER]
 * For a table used as one:    metatable = its shadow: shadow[mt] = the snapshot
 *                             made of it, and a __newindex that adds new
 *                             events to that snapshot
 *
 * A table without a metatable in its script's eyes shares its shadow with
 * GROUP others, as programs make a metatable for each object: there the
 * snapshots are held weakly by their key (an ephemeron). (A script can chain
 * these so that the collector's work grows with the square of their number: the
 * CPU limit leaves the collector like any loop.) Any other has a shadow
 * of its own, which is also a copy of the snapshot that it had.
 * A snapshot knows the shadows copied from it (USERS, weak), so that a late
 * event reaches them too. Tenants hold none of these tables.
 */
#include <string.h>

#include "lua_runtime/lib.h"

/* in a snapshot: the set of shadows copied from it, and a host class that it was
   made of */
enum {
    USERS = 1,
    OWNER = 2
};

/* upvalues of setmetatable and getmetatable: the metatable of what holds its keys
   weakly; of setmetatable alone: the shared shadow that is being filled, and an
   int, how many may still join it */
#define WEAK   lua_upvalueindex(1)
#define SHARED lua_upvalueindex(2)
#define ROOM   lua_upvalueindex(3)
/* of getmetatable alone: the string */
#define METATABLE lua_upvalueindex(2)

/* tables that share a shadow: with __newindex, all nodes of its hash part */
#define GROUP 15

/* events that are kept on the stack before the snapshot is made (the 20 slots
   that every C function has do for them); with more, all are looked up */
#define FEW_EVENTS 6

/* entries of a metatable that are looked at one by one; in a larger one the
   events are looked up by name */
#define SMALL_METATABLE 24

/* Events by name, the commonest first. Refused: __gc runs outside every limit;
   __mode and __concat reach memory errors of liblua 5.4.4. */
static const struct {
    const char *name;
    int is_allowed;
} events[] = {
    { "__index", 1 },    { "__add", 1 },       { "__band", 1 },
    { "__bnot", 1 },     { "__bor", 1 },       { "__bxor", 1 },
    { "__call", 1 },     { "__close", 1 },     { "__concat", 0 },
    { "__div", 1 },      { "__eq", 1 },        { "__gc", 0 },
    { "__idiv", 1 },     { "__le", 1 },        { "__len", 1 },
    { "__lt", 1 },       { "__metatable", 1 }, { "__mod", 1 },
    { "__mode", 0 },     { "__mul", 1 },       { "__name", 1 },
    { "__newindex", 1 }, { "__pairs", 1 },     { "__pow", 1 },
    { "__shl", 1 },      { "__shr", 1 },       { "__sub", 1 },
    { "__tostring", 1 }, { "__unm", 1 },
};

#define EVENTS (sizeof(events) / sizeof(events[0]))

/* registry key of the metatable of what holds its keys weakly: USERS sets and
   shared shadows */
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

/* [-0, +1, e] Push a new table with the events of the metatable at mt, each
   looked up. */
static void push_events_by_name(lua_State *L, int mt)
{
    int to;
    size_t i;

    lua_newtable(L);
    to = lua_gettop(L);
    for (i = 0; i < EVENTS; i++) {
        lua_pushstring(L, events[i].name);
        lua_pushvalue(L, -1);
        if (lua_rawget(L, mt) != LUA_TNIL && !events[i].is_allowed) {
            refuse(L, events[i].name);
        }
        lua_rawset(L, to);
    }
}

/* [-0, +1, e] Push a new table with the events of the metatable at mt.
   Few are gathered first: a table that grows costs more than the rest. */
static void push_events(lua_State *L, int mt)
{
    int to, n, few = 0;

    lua_pushnil(L);
    to = lua_gettop(L);
    lua_pushnil(L);
    for (n = 0; lua_next(L, mt); n++) {
        int key = lua_gettop(L) - 1;

        if (n == SMALL_METATABLE || few == FEW_EVENTS) {
            lua_settop(L, to - 1);
            push_events_by_name(L, mt);
            return;
        }
        if (is_event_like(L, key) && is_event(L, key, key + 1)) {
            few++;
            lua_pushvalue(L, key);
        }
        else {
            lua_pop(L, 1);
        }
    }
    lua_createtable(L, 0, few);
    lua_replace(L, to);
    while (few-- > 0) {
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
 * [-0, +0, m] Give the table at t a shadow of its own.
 *
 * base  index of the snapshot that is its metatable in the tenant's eyes, or 0
 * snap  index of the snapshot made of it
 */
static void set_shadow(lua_State *L, int t, int base, int snap)
{
    int shadow;

    lua_createtable(L, 0, 4);
    shadow = lua_gettop(L);
    lua_pushvalue(L, t);
    lua_pushvalue(L, snap);
    lua_rawset(L, shadow);
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
        add_user(L, base, shadow);
        lua_rawgeti(L, base, OWNER);
        lua_rawseti(L, shadow, OWNER);
        if (lua_getmetatable(L, base)) {
            lua_setmetatable(L, shadow);
        }
    }
    lua_pushliteral(L, "__newindex");
    lua_pushvalue(L, -1);
    if (lua_rawget(L, shadow) == LUA_TNIL) {
        set_in_shadow(L, shadow);
    }
    lua_settop(L, shadow);
    lua_setmetatable(L, t);
}

/* [-0, +0, m] Begin a new shared shadow. */
static void renew_shared(lua_State *L)
{
    lua_createtable(L, 0, GROUP + 1);
    lua_pushcfunction(L, trap);
    lua_setfield(L, -2, "__newindex");
    lua_pushvalue(L, WEAK);
    lua_setmetatable(L, -2);
    lua_replace(L, SHARED);
}

/* [-0, +0, m] Let the table at t, which has no metatable, join the shared
   shadow; snap is the index of the snapshot made of it. */
static void join_shared(lua_State *L, int t, int snap)
{
    int *room = lua_touserdata(L, ROOM);

    if (*room == 0) {
        renew_shared(L);
        *room = GROUP;
    }
    --*room;
    lua_pushvalue(L, t);
    lua_pushvalue(L, snap);
    lua_rawset(L, SHARED);
    lua_pushvalue(L, SHARED);
    lua_setmetatable(L, t);
}

/* [-0, +1|0, -] Push the owner of the snapshot or shadow at idx.
   @return 0: it has none, or is a class's own metatable; nothing is pushed */
static int push_owner(lua_State *L, int idx)
{
    if (lua_getmetatable(L, idx)) {
        if (lua_topointer(L, -1) != lua_topointer(L, WEAK)) {
            return 1;
        }
        lua_pop(L, 1);
    }
    if (lua_rawgeti(L, idx, OWNER) == LUA_TTABLE) {
        return 1;
    }
    lua_pop(L, 1);
    return 0;
}

/* [-0, +1, e] Push a new snapshot of the metatable at mt. */
static void push_new_snapshot(lua_State *L, int mt)
{
    int snap;

    push_events(L, mt);
    snap = lua_gettop(L);
    if (!lua_getmetatable(L, mt)) {
        join_shared(L, mt, snap);
    }
    else if (push_owner(L, snap + 1)) {
        set_shadow(L, mt, snap + 1, snap);
    }
    else { /* a host class: it keeps its metatable */
        lua_pushvalue(L, mt);
        lua_rawseti(L, snap, OWNER);
        lua_settop(L, snap);
        return;
    }
    lua_settop(L, snap);
    lua_pushvalue(L, mt);
    lua_setmetatable(L, snap);
}

/* [-0, +2|0, -] Push the shadow of the table at t and the snapshot that was made
   of it. @return 0: there is none, nothing is pushed */
static int push_known(lua_State *L, int t)
{
    if (!lua_getmetatable(L, t)) {
        return 0;
    }
    lua_pushvalue(L, t);
    if (lua_rawget(L, -2) == LUA_TTABLE) {
        return 1;
    }
    lua_pop(L, 2);
    return 0;
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

    if (push_known(L, 1)) {
        set_shadow(L, 1, lua_isnil(L, new) ? 0 : new, new + 2);
        return;
    }
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
    if (type == LUA_TNIL) {
        lua_pushnil(L);
    }
    else if (!push_known(L, 2)) {
        push_new_snapshot(L, 2);
        has_old = has_old || lua_topointer(L, 1) == lua_topointer(L, 2);
    }
    if (has_old) {
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
    lua_pushvalue(L, METATABLE);
    if (lua_rawget(L, -2) == LUA_TNIL) {
        (void)push_owner(L, -2);
    }
    return 1;
}

/* [-0, +0, e] Key (2) and value (3) go into the table at 1, which may be a
   metatable: if the key is an event, its snapshot and that one's users learn
   it. */
static void sync_event(lua_State *L)
{
    int snap;

    if (!push_known(L, 1)) {
        return;
    }
    if (!is_event(L, 2, 3)) {
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

void wfp_lib_metatable_open(lua_State *L)
{
    lua_newtable(L);
    lua_pushliteral(L, "k");
    lua_setfield(L, -2, "__mode");
    lua_pushvalue(L, -1);
    lua_rawsetp(L, LUA_REGISTRYINDEX, &weak_key);
    lua_pushglobaltable(L);
    lua_pushvalue(L, -2);
    lua_pushliteral(L, "__metatable");
    lua_pushcclosure(L, base_getmetatable, 2);
    lua_setfield(L, -2, "getmetatable");
    lua_pushvalue(L, -2);
    lua_pushnil(L);
    *(int *)lua_newuserdatauv(L, sizeof(int), 0) = 0;
    lua_pushcclosure(L, base_setmetatable, 3);
    lua_setfield(L, -2, "setmetatable");
    lua_pushcfunction(L, base_rawset);
    lua_setfield(L, -2, "rawset");
    lua_pop(L, 2);
}
