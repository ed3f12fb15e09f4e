/* SPDX-License-Identifier: Apache-2.0 */
/*
 * xml.decode: core/xml.c reads the text in one critical piece of work, into a
 * row of events in the arena; then tables are made of those, which may be left
 * at any point. xml.encode is in xml_encode.c.
 */
#include <string.h>

#include "core/xml.h"
#include "lua_runtime/api/classes.h"
#include "lua_runtime/meter.h"

/* [-0, +0, v] */
static void fail(lua_State *L, const wfp_xml_fault_t *fault)
{
    lua_Integer line = (lua_Integer)fault->line;
    lua_Integer column = (lua_Integer)fault->column;

    wfp_api_push_error(L, "SyntaxError", NULL,
                       "%s in XML at line %I, column %I", fault->message,
                       (LUAI_UACINT)line, (LUAI_UACINT)column);
    lua_pushinteger(L, line);
    lua_setfield(L, -2, "line");
    lua_pushinteger(L, column);
    lua_setfield(L, -2, "column");
    lua_error(L);
}

/* [-0, +1, v] Push a buffer with the events of the text at 1. */
static const char *push_events(lua_State *L, apr_size_t *pn)
{
    wfp_isolate_t *iso = wfp_isolate_of(L);
    wfp_stop_t stop = { wfp_meter_is_over, iso };
    wfp_xml_fault_t fault;
    apr_size_t n;
    const char *text = wfp_class_text(L, 1, "xml.decode: the text", &n);
    apr_status_t rv;
    char *events;

    if (n > wfp_meter_result_max(iso)
        || wfp_xml_room(n) + wfp_xml_memory(n) > wfp_meter_free_bytes(iso)) {
        wfp_api_error(L, "RangeError", NULL,
                      "xml.decode: the text is too large for the free memory");
    }
    events = lua_newuserdatauv(L, wfp_xml_room(n), 0);
    wfp_meter_work_begin(iso);
    rv = wfp_xml_read(events, pn, text, n, &fault, &stop);
    wfp_meter_work_end(iso);
    if (rv == APR_EINVAL) {
        fail(L, &fault);
    }
    else if (rv != APR_SUCCESS) {
        wfp_api_error(L, "Error", NULL, "xml.decode: out of memory");
    }
    return events;
}

/* [-0, +1, m] Push the text at *at, and go on to the next. */
static void push_text(lua_State *L, const char **at)
{
    size_t n = strlen(*at);

    lua_pushlstring(L, *at, n);
    *at += n + 1;
}

/* [-0, +1, v] Push a new element; `attrs` stays above it. */
static void start(lua_State *L, const char **at)
{
    lua_createtable(L, 1, 2);
    push_text(L, at);
    lua_setfield(L, -2, "name");
    lua_newtable(L);
    lua_pushvalue(L, -1);
    lua_setfield(L, -3, "attrs");
}

/* [-0, +1, m] xml.decode(text): the elements that are open stand on the stack */
static int l_decode(lua_State *L)
{
    lua_Integer children[WFP_XML_DEPTH_MAX + 1];
    const char *at, *end;
    int depth = 0, attributes = 0; /* are attrs on the top? */
    apr_size_t n = 0;

    lua_settop(L, 1);
    at = push_events(L, &n);
    end = at + n;
    luaL_checkstack(L, WFP_XML_DEPTH_MAX + 10, NULL);
    while (at < end) {
        char event = *at++;

        if (event == WFP_XML_ATTRIBUTE) {
            push_text(L, &at);
            push_text(L, &at);
            lua_rawset(L, -3);
            continue;
        }
        lua_pop(L, attributes);
        attributes = event == WFP_XML_START;
        if (event == WFP_XML_START) {
            children[++depth] = 0;
            start(L, &at);
        }
        else if (event == WFP_XML_TEXT) {
            push_text(L, &at);
            lua_rawseti(L, -2, ++children[depth]);
        }
        else if (--depth > 0) {
            lua_rawseti(L, -2, ++children[depth]);
        }
    }
    return 1;
}

void wfp_api_open_xml(lua_State *L)
{
    static const luaL_Reg rows[] = {
        { "decode", l_decode },
        { "encode", wfp_api_xml_encode },
        { NULL, NULL },
    };

    luaL_newlib(L, rows);
    lua_setglobal(L, "xml");
}
