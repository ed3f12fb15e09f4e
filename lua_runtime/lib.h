/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WFP_LIB_H
#define WFP_LIB_H

#include <lauxlib.h>
#include <lua.h>
#include <stddef.h>

/**
 * @file
 * What the files of the metered standard library share; for this room only.
 *
 * Every function of the library may be left at any instruction by a jump: no
 * malloc, no locks, no stdio, no locale. Memory is the isolate's arena.
 */

/** What one call may still spend: counts down. A plain size_t, so that inner
 *  loops keep it in a register. */
typedef size_t wfp_steps_t;

/** Steps of one call / largest string it may make. */
wfp_steps_t wfp_lib_steps(lua_State *L);
size_t wfp_lib_result_max(lua_State *L);

/** [-0, +0, v] Raise "too much work" / "result too large". */
int wfp_lib_too_much(lua_State *L);
int wfp_lib_too_large(lua_State *L);

/** [-0, +0, v] Raise when a linear pass over n bytes is over the budget. */
void wfp_lib_check_pass(lua_State *L, size_t n);

/** [-0, +0, m] A call is about to make n bytes: raise when they are too many,
 *  collect garbage first when memory is short. */
void wfp_lib_reserve(lua_State *L, size_t n);

/** In the C locale. */
static inline int wfp_lib_is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/** A start position as the string functions read it: 1..len + something. */
static inline size_t wfp_lib_start(lua_Integer pos, size_t len)
{
    if (pos > 0) {
        return (size_t)pos;
    }
    if (pos == 0 || pos < -(lua_Integer)len) {
        return 1;
    }
    return len + (size_t)pos + 1;
}

/** An end position: 0..len. */
static inline size_t wfp_lib_end(lua_Integer pos, size_t len)
{
    if (pos > (lua_Integer)len) {
        return len;
    }
    if (pos >= 0) {
        return (size_t)pos;
    }
    return pos < -(lua_Integer)len ? 0 : len + (size_t)pos + 1;
}

/** [-0, +0, -] Take all but the named members (NULL-terminated) out of the table
 *  on the top; its keys are strings. */
void wfp_lib_keep(lua_State *L, const char *const *names);

/** [-0, +1, m] Push a stock library's table with the named functions, those
 *  that are safe as they are, and nothing else. */
void wfp_lib_push_stock(lua_State *L, lua_CFunction open,
                        const char *const *names);

/** [-1, +0, m] Pop a library's table: it becomes a global, and known by that
 *  name to error messages. */
void wfp_lib_set_global(lua_State *L, const char *name);

/** [-0, +0, m] Open one part; called once by wfp_sandbox_open(). */
void wfp_lib_base_open(lua_State *L);
void wfp_lib_metatable_open(lua_State *L);
void wfp_lib_string_open(lua_State *L);
void wfp_lib_match_open(lua_State *L);
void wfp_lib_format_open(lua_State *L);
void wfp_lib_pack_open(lua_State *L);
void wfp_lib_table_open(lua_State *L);
void wfp_lib_math_open(lua_State *L);
void wfp_lib_utf8_open(lua_State *L);
void wfp_lib_coroutine_open(lua_State *L);
void wfp_lib_os_open(lua_State *L);
void wfp_lib_debug_open(lua_State *L);

#endif
