/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WFP_API_CLASS_H
#define WFP_API_CLASS_H

#include <apr.h>
#include <lauxlib.h>
#include <lua.h>

/**
 * @file
 * How a class of the Worker API is made: a userdata with a metatable that no
 * script can read or change, a global table that constructs. The metatable is
 * made with the first object of its class in an isolate. For the files of
 * this folder only.
 */

typedef struct wfp_class_t {
    const char *name;
    const luaL_Reg *methods;   /* NULL-terminated */
    const char *const *fields; /* NULL-terminated; NULL: methods only */
    lua_CFunction index;       /* gives the fields; NULL: methods only */
    lua_CFunction newindex;    /* NULL: every assignment is a TypeError */
    const luaL_Reg *meta;      /* further events, or NULL */
} wfp_class_t;

/** [-0, +0, m] Make the global table NAME with `new`, callable itself, and
 *  the static functions (NULL: none). */
void wfp_class_global(lua_State *L, const char *name, lua_CFunction make,
                      const luaL_Reg *statics);

/** [-0, +1, m] Push a zeroed object with n user values. */
void *wfp_class_new(lua_State *L, const wfp_class_t *cls, size_t size, int n);

/** [-0, +0, -] The object at idx, or NULL when it is none of this class. */
void *wfp_class_test(lua_State *L, int idx, const wfp_class_t *cls);

/** [-0, +0, v] The same, but a TypeError instead of NULL. */
void *wfp_class_check(lua_State *L, int idx, const wfp_class_t *cls);

/**
 * [-0, +(0|1), -] In an index function: which field is asked for? Counted from
 * 1 in the order of `fields`. 0: a method, or nil, was pushed.
 */
int wfp_class_field(lua_State *L);

/** [-0, +1, m] Push the raw member of the table at idx. @return its type */
int wfp_class_raw(lua_State *L, int idx, const char *key);

/** [-0, +0, v] A string (numbers count); else a TypeError "WHAT must be a
 *  string, got TYPE". what names function and argument. */
const char *wfp_class_text(lua_State *L, int idx, const char *what, size_t *n);

/** [-1, +1, m] Replace the table on the top by a view of it that cannot be
 *  assigned to. Other values are left as they are. */
void wfp_class_readonly(lua_State *L);

/**
 * [-2, +1, m] The same for the table below the top, of which the function on
 * the top makes members when they are asked for: it is called with the table
 * and a key that is missing, or nil when all shall be there, in which case it
 * does not raise.
 */
void wfp_class_readonly_later(lua_State *L);

/** [-0, +(0|1), -] 1, and the table is pushed: the value at idx is such a
 *  view. */
int wfp_class_unwrap(lua_State *L, int idx);

#endif
