/* SPDX-License-Identifier: Apache-2.0 */
/* Where Lua's functions come from. Called by mod_wfp/dump.c. It calls none: they
 * may be another version's. */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "lua_runtime/linked.h"

#include <dlfcn.h>
#include <lauxlib.h>
#include <lua.h>
#include <stdint.h>
#include <string.h>

static const char *file_of(uintptr_t function)
{
    Dl_info info;

    return function && dladdr((void *)function, &info) && info.dli_fname
               ? info.dli_fname
               : "?";
}

void wfp_linked_look(const char **pfile, const char **pother)
{
    uintptr_t all[] = { (uintptr_t)&lua_pcallk, (uintptr_t)&luaL_loadbufferx,
                        (uintptr_t)&lua_gc, (uintptr_t)&lua_setwarnf };
    unsigned i;

    *pfile = file_of((uintptr_t)&lua_newstate);
    *pother = NULL;
    for (i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
        const char *file = file_of(all[i]);

        if (strcmp(file, *pfile) != 0) {
            *pother = file;
        }
    }
}
