/* SPDX-License-Identifier: Apache-2.0 */
/*
 * console and print: lines for the Worker's log. Tables are shown as JSON,
 * leniently, since a log line must not fail; the host escapes what could break
 * its lines, the meter counts them.
 */
#include "lua_runtime/api/classes.h"
#include "lua_runtime/meter.h"
#include "lua_runtime/sandbox.h"
#include "lua_runtime/state.h"

/* [-0, +0, e] Append the value at idx as it is shown. */
static void show(wfp_buffer_t *b, int idx)
{
    lua_State *L = b->L;
    size_t n;
    const char *s;

    if (wfp_class_unwrap(L, idx)) {
        wfp_api_json_append(b, lua_gettop(L), 1);
        lua_pop(L, 1);
        return;
    }
    if (lua_type(L, idx) == LUA_TTABLE && !wfp_api_is_error(L, idx)) {
        wfp_api_json_append(b, idx, 1);
        return;
    }
    s = wfp_sandbox_tostring(L, idx, &n);
    wfp_buffer_add(b, s, n);
    lua_pop(L, 1);
}

/* [-0, +0, e] */
static int write_line(lua_State *L, wfp_log_e level)
{
    static const char cut[] = "[truncated]";
    wfp_isolate_t *iso = wfp_isolate_of(L);
    int args = lua_gettop(L), i, first = 0;
    const wfp_host_t *host;
    wfp_host_ctx_t *ctx;
    wfp_buffer_t b;
    size_t n;

    if (!wfp_state_invocation(L)) {
        return 0; /* at top level nobody listens */
    }
    luaL_checkstack(L, 16, NULL);
    wfp_buffer_init(&b, L);
    for (i = 1; i <= args; i++) {
        if (i > 1) {
            wfp_buffer_byte(&b, ' ');
        }
        show(&b, i);
    }
    host = wfp_state_host(L);
    ctx = wfp_state_host_ctx(L);
    n = wfp_state_take_log(L, b.n, &first);
    wfp_meter_host_begin(iso);
    if (n || (b.n == 0 && !first)) {
        host->log(ctx, level, b.data, n);
    }
    if (first) {
        host->log(ctx, level, cut, sizeof(cut) - 1);
    }
    wfp_meter_host_end(iso);
    return 0;
}

/* [-0, +0, e] console.debug(...) */
static int l_console_debug(lua_State *L)
{
    return write_line(L, WFP_LOG_DEBUG);
}

/* [-0, +0, e] console.info(...) */
static int l_console_info(lua_State *L)
{
    return write_line(L, WFP_LOG_INFO);
}

/* [-0, +0, e] console.log(...), print(...) */
static int l_console_log(lua_State *L)
{
    return write_line(L, WFP_LOG_LOG);
}

/* [-0, +0, e] console.warn(...) */
static int l_console_warn(lua_State *L)
{
    return write_line(L, WFP_LOG_WARN);
}

/* [-0, +0, e] console.error(...) */
static int l_console_error(lua_State *L)
{
    return write_line(L, WFP_LOG_ERROR);
}

void wfp_api_open_console(lua_State *L)
{
    static const luaL_Reg rows[] = {
        { "debug", l_console_debug }, { "info", l_console_info },
        { "log", l_console_log },     { "warn", l_console_warn },
        { "error", l_console_error }, { NULL, NULL },
    };

    luaL_newlib(L, rows);
    lua_setglobal(L, "console");
    lua_pushcfunction(L, l_console_log);
    lua_setglobal(L, "print");
}
