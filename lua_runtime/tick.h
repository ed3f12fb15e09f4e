/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WFP_TICK_H
#define WFP_TICK_H

#include <lua.h>

#include "lua_runtime/frame.h"

/**
 * @file
 * The stages of ending an isolate: what the timer's handler and the count
 * hook decide. For frame.c and meter.c; the design is told there.
 */

/** Period of the count hook: the cost does not depend on it from here up. */
#define WFP_TICK_PERIOD 100

/** A full collection comes after at least this part of what the last one left
 *  was allocated anew: that bounds what it costs. Nearer to the limit there is
 *  none; the limit ends the invocation. */
#define WFP_TICK_COLLECT_PART 16

/** CPU time from now on after which a budget must be looked at again, when cpu
 *  of its CPU time is used at wall (monotonic). Async-signal-safe. */
apr_int64_t wfp_tick_next(const wfp_budget_t *budget, apr_int64_t cpu,
                          apr_int64_t wall);

/** Look: begin to count, or expire and set the stage 1 hook.
 *  Async-signal-safe. */
void wfp_tick(wfp_frame_t *frame, apr_int64_t cpu, apr_int64_t wall);

/** Leave when stage 1 had its time; mark the leave as due when it must wait.
 *  For the handler only. */
void wfp_tick_stage2(wfp_frame_t *frame, apr_int64_t cpu);

/** A hard limit has expired: set it on the budget, unless another did. */
void wfp_tick_expire(wfp_frame_t *frame, wfp_code_e code, apr_int64_t cpu);

/** Give coroutine L the hook that its isolate's newest frame needs. */
void wfp_tick_hook(wfp_isolate_t *iso, lua_State *L);

/** Count instructions that no hook saw. May leave. */
void wfp_tick_count(wfp_isolate_t *iso, apr_int64_t instructions);

/** A full collection; sets the next soft limit. */
void wfp_tick_collect(wfp_isolate_t *iso, lua_State *L);

#endif
