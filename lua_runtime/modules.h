/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WFP_MODULES_H
#define WFP_MODULES_H

#include <lua.h>

#include "core/script.h"

/**
 * @file
 * require() over the parts of an upload. For this room only.
 */

/** [-0, +0, e] Register `require` and load the code of every part but the
 *  main module, which counts as being loaded. Nothing runs yet. */
void wfp_modules_open(lua_State *L, const wfp_script_t *script);

/** [-0, +0, m] The main module returned the value at idx. */
void wfp_modules_set_main(lua_State *L, const wfp_script_t *script, int idx);

#endif
