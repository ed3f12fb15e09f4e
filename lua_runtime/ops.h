/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WFP_OPS_H
#define WFP_OPS_H

#include <apr_time.h>
#include <lua.h>

#include "lua_runtime/host.h"
#include "lua_runtime/run.h"

/**
 * @file
 * Calls of the host that may take their time: a task's run beside it, all
 * others block the invocation's thread. For this room.
 */

/** [-0, +n, v] What came of op: push the n results, or raise. */
typedef int wfp_ops_finish_fn(lua_State *L, const wfp_op_t *op);

/**
 * [-0, +n, v] Make the host call and finish; to be returned by a C function.
 * The function's stack is still there in finish. op may be on the C stack. Only
 * while an invocation runs.
 */
int wfp_ops_call(lua_State *L, wfp_op_t *op, wfp_ops_finish_fn *finish);

/** Make the host call on the invocation's thread; op->rv and res tell how it
 *  went. May leave. */
void wfp_ops_here(lua_State *L, wfp_op_t *op);

/** [-0, +0, -] What a database answered was taken: it goes. */
void wfp_ops_drop_answer(lua_State *L, const wfp_op_t *op);

/** Would such a call let other tasks go on, or block? */
int wfp_ops_run_beside(lua_State *L);

/** [-0, +0, v] The same for sleeping. */
int wfp_ops_sleep(lua_State *L, apr_interval_time_t time);

/**
 * [-0, +0, v] A signal was aborted: end the calls that were given one that
 * is_for(theirs, signal) says it is for.
 */
void wfp_ops_abort(lua_State *L,
                   int (*is_for)(const void *given, const void *signal),
                   const void *signal);

/** The isolate was left: end the invocation's calls that still run and wait
 *  for their end. Outside of frames. */
void wfp_ops_end(wfp_invocation_t *inv);

/* ---- for tasks.c ---- */

struct wfp_driver_t;

/** No task is ready: wait until one is. May leave. */
void wfp_ops_wait(wfp_isolate_t *iso, struct wfp_driver_t *driver);

#endif
