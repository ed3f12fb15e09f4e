/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WFP_CODE_H
#define WFP_CODE_H

#include <apr_pools.h>
#include <lua.h>

#include "core/script.h"

/**
 * @file
 * Source text and bytecode. For this room only.
 */

/** Bytes of source that an uploaded Lua module may have. */
#define WFP_CODE_SOURCE_MAX (1024 * 1024)

/** [-0, +1, e] Push the function of a Lua module: from the bytecode that this
 *  server made of it, else from its text. Raises what the parser says. */
void wfp_code_push(lua_State *L, const wfp_module_t *module);

/** [-1, +0, e] Pop a function and set the module's bytecode, in p. */
void wfp_code_dump(wfp_module_t *module, lua_State *L, apr_pool_t *p);

#endif
