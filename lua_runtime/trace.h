/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WFP_TRACE_H
#define WFP_TRACE_H

#include <apr_pools.h>
#include <lua.h>

/**
 * @file
 * Where an error that nobody caught was raised, as the text that Lua users know
 * from debug.traceback. For this room only.
 */

/** What a call notes of its error; made by call.c, found by its isolate. */
typedef struct wfp_trace_t {
    apr_pool_t *pool;    /* the text's */
    const void *value;   /* of which error it tells, as lua_topointer() */
    const lua_State *of; /* whose stack came last */
    lua_CFunction again; /* who raised it once more, as it was */
    char *text;          /* NULL: there was none yet */
    apr_size_t n;        /* its bytes */
} wfp_trace_t;

/**
 * Message handler of lua_pcall() for host functions: notes where the error was
 * raised and leaves it as it is. Runs no Lua, takes no memory of the isolate's
 * and raises nothing, so it may run where a stack has overflowed. [-0, +1, -]
 */
int wfp_trace_handler(lua_State *L);

/**
 * Note where `co` was when an error ended it. The C function that runs raises
 * that error next, as it is on the top of L. [-0, +0, -]
 *
 * @param before  what it was in co, as lua_topointer()
 */
void wfp_trace_coroutine(lua_State *L, lua_State *co, const void *before);

/**
 * The C function that runs raises next what it caught, as it was. [-0, +0, -]
 */
void wfp_trace_again(lua_State *L);

/**
 * What was noted of the error on the top of L.
 * @return a text in the trace's pool, or NULL: nothing is known [-0, +0, -]
 */
const char *wfp_trace_text(lua_State *L, const wfp_trace_t *trace);

#endif
