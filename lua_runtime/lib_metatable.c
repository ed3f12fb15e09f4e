/* SPDX-License-Identifier: Apache-2.0 */
/*
 * setmetatable, getmetatable, rawset. No finalizer, no weak table and no
 * __concat may be in a metatable that the VM reads, not even later.
 *
 * A table that is used as a metatable is guarded: it has a metatable of ours
 * whose __newindex lets no refused event in. It was looked at when it came under
 * guard, so a key that it has is none of them; a key that it has not is set
 * through __newindex, or through rawset, which is ours. (A __newindex of the
 * tenant's may stand in its place: then the VM sets nothing in this table.) So
 * the VM may read the tenant's own table:
 *
 *     object          metatable = mt, which is guarded
 *     guarded table   metatable = the guard, a __newindex and no more, if it has
 *                     none in its script's eyes; else its shadow: the events of
 *                     the one that it has, shadow[OWNER], copied, and our
 *                     __newindex if there is none among them
 *
 * Guard and shadows are told by their own metatable, the mark, which nothing else
 * has. A host class keeps its metatable and is not guarded: an object whose
 * metatable it is has a shadow, too. An event that is new in a guarded table
 * reaches the shadows copied from it (the users, held weakly); one that replaces
 * another does not. Tenants hold none of our tables.
 */
#include <string.h>

#include "lua_runtime/lib.h"

/* in a shadow: what it is a copy of */
#define OWNER 1

/* upvalues of setmetatable and getmetatable */
#define GUARD lua_upvalueindex(1)
#define MARK  lua_upvalueindex(2)
/* of setmetatable alone: the names of refused events, from here on */
#define FIRST_REFUSED 3
/* of getmetatable alone: the string */
#define METATABLE lua_upvalueindex(3)

/* Refused: __gc runs outside every limit; __mode and __concat reach memory errors
   of liblua 5.4.4. */
static const char *const refused[] = { "__gc", "__mode", "__concat" };

static const char *const allowed[] = {
    "__index",    "__add",   "__band",      "__bnot", "__bor",  "__bxor",
    "__call",     "__close", "__div",       "__eq",   "__idiv", "__le",
    "__len",      "__lt",    "__metatable", "__mod",  "__mul",  "__name",
    "__newindex", "__pairs", "__pow",       "__shl",  "__shr",  "__sub",
    "__tostring", "__unm",
};

#define COUNT(names) ((int)(sizeof(names) / sizeof((names)[0])))

/* registry keys: the mark; guarded table -> its users, both weak */
static const char mark_key = 'm';
static const char users_key = 'u';

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

static int is_among(const char *s, const char *const *names, int count)
{
    int i;

    for (i = 0; i < count; i++) {
        if (strcmp(names[i], s) == 0) {
            return 1;
        }
    }
    return 0;
}

/* Is the table at idx guarded? */
static int is_guarded(lua_State *L, int idx)
{
    int top = lua_gettop(L), yes = 0;

    if (lua_getmetatable(L, idx) && lua_getmetatable(L, top + 1)) {
        lua_rawgetp(L, LUA_REGISTRYINDEX, &mark_key);
        yes = lua_rawequal(L, -1, -2);
    }
    lua_settop(L, top);
    return yes;
}

/* [-0, +1, m] Push a new table that holds its keys weakly. */
static void push_weak(lua_State *L)
{
    lua_newtable(L);
    lua_createtable(L, 0, 1);
    lua_pushliteral(L, "k");
    lua_setfield(L, -2, "__mode");
    lua_setmetatable(L, -2);
}

/* [-0, +1, -] Push the set of users of the table at idx, or nil. */
static void push_users(lua_State *L, int idx)
{
    if (lua_rawgetp(L, LUA_REGISTRYINDEX, &users_key) == LUA_TTABLE) {
        lua_pushvalue(L, idx);
        lua_rawget(L, -2);
        lua_remove(L, -2);
    }
}

/* [-0, +0, m] Remember that the shadow at idx copies the table at owner. */
static void add_user(lua_State *L, int owner, int shadow)
{
    push_users(L, owner);
    if (lua_isnil(L, -1)) {
        lua_pop(L, 1);
        push_weak(L);
        if (lua_rawgetp(L, LUA_REGISTRYINDEX, &users_key) == LUA_TNIL) {
            lua_pop(L, 1);
            push_weak(L);
            lua_pushvalue(L, -1);
            lua_rawsetp(L, LUA_REGISTRYINDEX, &users_key);
        }
        lua_pushvalue(L, owner);
        lua_pushvalue(L, -3);
        lua_rawset(L, -3);
        lua_pop(L, 1);
    }
    lua_pushvalue(L, shadow);
    lua_pushboolean(L, 1);
    lua_rawset(L, -3);
    lua_pop(L, 1);
}

/* [-2, +0, m] Set event and value (on the top) in the shadow at idx, which always
   keeps a __newindex: the tenant's or the trap. */
static void set_in_shadow(lua_State *L, int shadow)
{
    if (lua_isnil(L, -1) && strcmp(lua_tostring(L, -2), "__newindex") == 0) {
        lua_pop(L, 1);
        lua_pushcfunction(L, trap);
    }
    lua_rawset(L, shadow);
}

/* [-0, +0, e] setmetatable: raise when the table at idx has a refused event. */
static void check_events(lua_State *L, int idx)
{
    int i;

    for (i = 0; i < COUNT(refused); i++) {
        lua_pushvalue(L, lua_upvalueindex(FIRST_REFUSED + i));
        if (lua_rawget(L, idx) != LUA_TNIL) {
            refuse(L, refused[i]);
        }
    }
    lua_pop(L, COUNT(refused));
}

/* [-0, +0, e] setmetatable: give the table at t a shadow of the one at owner. */
static void set_shadow(lua_State *L, int t, int owner)
{
    int i, shadow;

    check_events(L, owner);
    lua_createtable(L, 1, 4);
    shadow = lua_gettop(L);
    for (i = 0; i < COUNT(allowed); i++) {
        lua_pushstring(L, allowed[i]);
        lua_pushvalue(L, -1);
        (void)lua_rawget(L, owner);
        set_in_shadow(L, shadow);
    }
    lua_pushvalue(L, owner);
    lua_rawseti(L, shadow, OWNER);
    add_user(L, owner, shadow);
    lua_pushvalue(L, MARK);
    lua_setmetatable(L, shadow);
    lua_setmetatable(L, t);
}

/* [-0, +0, e] setmetatable: see to it that the table at 2 is guarded.
   @return 0: it is a host class */
static int guard(lua_State *L)
{
    int is_ours;

    if (!lua_getmetatable(L, 2)) {
        check_events(L, 2);
        lua_pushvalue(L, GUARD);
        lua_setmetatable(L, 2);
        return 1;
    }
    is_ours = lua_topointer(L, 3) == lua_topointer(L, GUARD)
              || is_guarded(L, 2);
    if (!is_ours && is_guarded(L, 3)) { /* what the tenant set: it is copied */
        check_events(L, 2);
        set_shadow(L, 2, 3);
        is_ours = 1;
    }
    lua_settop(L, 2);
    return is_ours;
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

/* [-0, +0, -] setmetatable(t, nil); a guarded table stays so. */
static void unset(lua_State *L)
{
    if (is_guarded(L, 1)) {
        lua_pushvalue(L, GUARD);
    }
    else {
        lua_pushnil(L);
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
        if (has_old) {
            unset(L);
        }
        lua_settop(L, 1);
        return 1;
    }
    if (!guard(L)) {
        set_shadow(L, 1, 2);
    }
    else if ((has_old || lua_topointer(L, 1) == lua_topointer(L, 2))
             && is_guarded(L, 1)) {
        set_shadow(L, 1, 2);
    }
    else {
        lua_setmetatable(L, 1);
        return 1;
    }
    lua_settop(L, 1);
    return 1;
}

/* [-0, +1, e] getmetatable(v): tables only */
static int base_getmetatable(lua_State *L)
{
    const void *mark;

    luaL_checkany(L, 1);
    if (lua_type(L, 1) != LUA_TTABLE || !lua_getmetatable(L, 1)) {
        lua_pushnil(L);
        return 1;
    }
    lua_pushvalue(L, METATABLE);
    /* without a metatable it is a host class's own, and nobody's business */
    if (lua_rawget(L, -2) != LUA_TNIL || !lua_getmetatable(L, -2)) {
        return 1;
    }
    mark = lua_topointer(L, -1);
    if (mark == lua_topointer(L, GUARD)) {
        lua_pop(L, 2);
    }
    else if (mark == lua_topointer(L, MARK)) {
        lua_rawgeti(L, -3, OWNER);
    }
    else {
        int mt = lua_gettop(L) - 2;

        if (is_guarded(L, mt)) {
            lua_pushvalue(L, mt);
        }
        else {
            lua_pushnil(L);
        }
    }
    return 1;
}

/* [-0, +0, e] Key (2), which looks like an event, and value (3) go into the
   guarded table at 1: its users learn it. */
static void tell_users(lua_State *L)
{
    const char *event = lua_tostring(L, 2);

    if (is_among(event, refused, COUNT(refused)) && !lua_isnil(L, 3)) {
        refuse(L, event);
    }
    if (!is_among(event, allowed, COUNT(allowed))) {
        return;
    }
    push_users(L, 1);
    if (lua_istable(L, 4)) {
        for (lua_pushnil(L); lua_next(L, 4);) {
            lua_pop(L, 1);
            lua_pushvalue(L, 2);
            lua_pushvalue(L, 3);
            set_in_shadow(L, 5);
        }
    }
    lua_settop(L, 3);
}

/* [-0, +0, e] __newindex of a guarded table */
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
        tell_users(L);
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
    if (is_event_like(L, 2) && is_guarded(L, 1)) {
        tell_users(L);
    }
    lua_rawset(L, 1);
    return 1;
}

void wfp_lib_metatable_open(lua_State *L)
{
    int guard_at, i;

    lua_pushglobaltable(L);
    lua_createtable(L, 0, 1);
    guard_at = lua_gettop(L);
    lua_pushcfunction(L, trap);
    lua_setfield(L, guard_at, "__newindex");
    lua_newtable(L);
    lua_pushvalue(L, -1);
    lua_rawsetp(L, LUA_REGISTRYINDEX, &mark_key);
    lua_pushvalue(L, -1);
    lua_setmetatable(L, guard_at);

    lua_pushvalue(L, guard_at);
    lua_pushvalue(L, guard_at + 1);
    lua_pushliteral(L, "__metatable");
    lua_pushcclosure(L, base_getmetatable, 3);
    lua_setfield(L, guard_at - 1, "getmetatable");
    for (i = 0; i < COUNT(refused); i++) {
        lua_pushstring(L, refused[i]);
    }
    lua_pushcclosure(L, base_setmetatable, 2 + COUNT(refused));
    lua_setfield(L, guard_at - 1, "setmetatable");
    lua_pushcfunction(L, base_rawset);
    lua_setfield(L, guard_at - 1, "rawset");
    lua_pop(L, 1);
}
