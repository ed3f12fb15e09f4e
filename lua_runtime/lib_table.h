/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WFP_LIB_TABLE_H
#define WFP_LIB_TABLE_H

#include <lua.h>

/**
 * @file
 * What lib_table.c and lib_sort.c share.
 */

/** What a function does with an argument that stands for a table. */
enum {
    WFP_TABLE_READ = 1,
    WFP_TABLE_WRITE = 2,
    WFP_TABLE_LENGTH = 4
};

/** [-0, +0, v] Raise unless the argument is a table, or has the metamethods to
 *  be used as one. */
void wfp_lib_table_check(lua_State *L, int arg, int use);

/** [-0, +0, e] The same, and its length. */
lua_Integer wfp_lib_table_length(lua_State *L, int arg, int use);

/** [-0, +0, e] table.sort(t [, less]) */
int wfp_lib_sort(lua_State *L);

#endif
