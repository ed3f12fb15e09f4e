/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Opens the Worker API: which classes there are, in which order. A new class
 * is one row here.
 */
#include "lua_runtime/api/classes.h"
#include "lua_runtime/state.h"

void wfp_api_check_generation(lua_State *L, apr_uint32_t generation)
{
    if (generation && generation != wfp_state_generation(L)) {
        wfp_api_error(L, "Error", NULL,
                      "Cannot perform I/O on behalf of a different request");
    }
}

void wfp_api_open(lua_State *L)
{
    static void (*const classes[])(lua_State * L) = {
        wfp_api_open_error,    wfp_class_open,     wfp_api_open_json,
        wfp_api_open_headers,  wfp_api_open_body,  wfp_api_open_request,
        wfp_api_open_response, wfp_api_open_url,   wfp_api_open_params,
        wfp_api_open_console,  wfp_api_open_text,  wfp_api_open_crypto,
        wfp_api_open_ctx,      wfp_api_open_fetch, wfp_api_open_dispatch,
        wfp_api_open_service,
    };
    size_t i;

    luaL_checkstack(L, 20, NULL);
    for (i = 0; i < sizeof(classes) / sizeof(classes[0]); i++) {
        classes[i](L);
    }
}
