/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WFP_SANDBOX_H
#define WFP_SANDBOX_H

#include <lua.h>

#include "core/result.h"

/**
 * @file
 * The globals of a tenant, from an allow-list that is data: the metered
 * standard library (lib_*.c). luaL_openlibs is never called, no stock library
 * is left reachable. _LOADED of the registry holds nothing but the tenant's
 * own tables of these globals (error messages take names from there).
 */

/** [-0, +0, m] Open everything; called once while an isolate is made. */
void wfp_sandbox_open(lua_State *L);

/**
 * Look at source text before the parser sees it: text only, field chains of
 * at most 4000, at most max bytes.
 *
 * @return NULL: fine; else the reason (static text)
 */
const char *wfp_sandbox_scan(const char *source, size_t n, size_t max);

/** [-0, +1, e] Push what tostring(value at idx) gives: no address in it,
 *  metamethods __tostring and __name obeyed. */
const char *wfp_sandbox_tostring(lua_State *L, int idx, size_t *n);

/** [-0, +0, m] The number that stands for the address of the object at idx,
 *  stable within the isolate. @return from 1; 0: it is no object */
lua_Integer wfp_sandbox_serial(lua_State *L, int idx);

/** [-1, +0, m] Pops a table and makes it the metatable of the value at idx
 *  which is a host class: no way for a tenant to read or change it. */
void wfp_sandbox_protect(lua_State *L, int idx);

/** Names of all globals of the standard library, NULL-terminated: for the
 *  guard that compares them with docs/worker-api. */
const char *const *wfp_sandbox_globals(void);

#endif
