/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WFP_API_FORM_H
#define WFP_API_FORM_H

#include "lua_runtime/api/classes.h"

/**
 * @file
 * What form.c, form_read.c and form_write.c know of each other.
 */

/* user values of a File, all strings */
enum {
    WFP_FILE_NAME = 1,
    WFP_FILE_TYPE,
    WFP_FILE_DATA
};

/** [-3, +1, m] Replace the strings name, type and data by a File. */
void wfp_api_make_file(lua_State *L);

/** [-0, +0, -] Is the value at idx a File? */
int wfp_api_is_file(lua_State *L, int idx);

/** [-1, +1, m] Replace the flat array on the top by a FormData of it. */
void wfp_api_make_form(lua_State *L);

/** [-0, +(0|1), -] Push the flat array of the FormData at idx; 0: it is
 *  none. */
int wfp_api_form_list(lua_State *L, int idx);

#endif
