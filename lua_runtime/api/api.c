/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Opens the Worker API: what makes globals, in which order. A new global is
 * one row here; a class without one needs none.
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
    static void (*const globals[])(lua_State * L) = {
        wfp_api_open_json,     wfp_api_open_headers,       wfp_api_open_request,
        wfp_api_open_response, wfp_api_open_url,           wfp_api_open_params,
        wfp_api_open_form,     wfp_api_open_console,       wfp_api_open_text,
        wfp_api_open_crypto,   wfp_api_open_xml,           wfp_api_open_fetch,
        wfp_api_open_abort,    wfp_api_open_html_rewriter, wfp_api_open_caches,
    };
    size_t i;

    luaL_checkstack(L, 20, NULL);
    for (i = 0; i < sizeof(globals) / sizeof(globals[0]); i++) {
        globals[i](L);
    }
}
