/* SPDX-License-Identifier: Apache-2.0 */
/*
 * From a module's text to a Lua function and to bytecode, and back from
 * bytecode. Called by isolate.c and modules.c inside a frame. Bytecode comes
 * from wfp_code_dump() of this server only, by way of its registry; liblua
 * trusts it, so nothing that was uploaded may reach lua_load as binary.
 */
#include "lua_runtime/code.h"

#include <lauxlib.h>
#include <string.h>

#include "lua_runtime/meter.h"
#include "lua_runtime/sandbox.h"

typedef struct dump_t {
    char *data; /* NULL: only count */
    apr_size_t size;
} dump_t;

void wfp_code_push(lua_State *L, const wfp_module_t *module)
{
    const char *name = lua_pushfstring(L, "=%s", module->name);
    const char *fault;
    int status;

    if (module->bytecode) {
        status = luaL_loadbufferx(L, module->bytecode, module->bytecode_size,
                                  name, "b");
    }
    else {
        fault = wfp_sandbox_scan(module->data, module->size,
                                 WFP_CODE_SOURCE_MAX);
        if (fault) {
            (void)lua_pushfstring(L, "%s: %s", module->name, fault);
            (void)lua_error(L);
        }
        status = luaL_loadbufferx(L, module->data, module->size, name, "t");
    }
    if (status != LUA_OK) {
        (void)lua_error(L);
    }
    lua_remove(L, -2);
}

static int write_dump(lua_State *L, const void *data, size_t n, void *baton)
{
    dump_t *dump = baton;

    if (dump->data) {
        memcpy(dump->data + dump->size, data, n);
    }
    dump->size += n;
    return 0;
}

void wfp_code_dump(wfp_module_t *module, lua_State *L, apr_pool_t *p)
{
    wfp_isolate_t *iso = wfp_isolate_of(L);
    dump_t dump = { NULL, 0 };

    /* with debug information: errors tell lines */
    (void)lua_dump(L, write_dump, &dump, 0); /* our writer never fails */
    wfp_meter_critical_begin(iso);
    dump.data = apr_palloc(p, dump.size);
    wfp_meter_critical_end(iso);
    dump.size = 0;
    (void)lua_dump(L, write_dump, &dump, 0);
    module->bytecode = dump.data;
    module->bytecode_size = dump.size;
    lua_pop(L, 1);
}
