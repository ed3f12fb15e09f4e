/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WFP_METER_H
#define WFP_METER_H

#include <apr.h>
#include <lua.h>

#include "core/limits.h"
#include "core/result.h"
#include "lua_runtime/isolate.h"

/**
 * @file
 * Timers, stages and leaving, as docs/operations/limits.md designs them; for
 * this room only. A hard limit is left by a jump to the frame in run.c that
 * entered Lua, never by a Lua error: so whatever must not be torn is critical.
 *
 * Rules for every C function reachable from Lua:
 *  - it may be left at any instruction (stage 2) unless it is critical; so a
 *    pool allocation, a lock, I/O or a call of the host is critical;
 *  - while critical no Lua API call that may raise or allocate is made (a Lua
 *    error would leave the section open);
 *  - critical sections are short, or are host calls (wfp_meter_host_begin());
 *  - nothing that must be given back hangs on a Lua finalizer.
 */

/** What a coroutine is, in the low bits of its isolate's address. */
#define WFP_COROUTINE_TASK  1u /* a function of parallel() runs in it */
#define WFP_COROUTINE_WAITS 2u /* something in it waits for the host */
#define WFP_COROUTINE_BITS  3u

/** The isolate of a state or coroutine (kept in Lua's extra space). */
static inline wfp_isolate_t *wfp_isolate_of(lua_State *L)
{
    char *address = *(char **)lua_getextraspace(L);

    return (wfp_isolate_t *)(address
                             - ((apr_uintptr_t)address & WFP_COROUTINE_BITS));
}

/** Enter / leave a critical section; they nest. End leaves the isolate when a
 *  limit expired meanwhile. */
void wfp_meter_critical_begin(wfp_isolate_t *iso);
void wfp_meter_critical_end(wfp_isolate_t *iso);

/** Around work of another library that may take milliseconds: critical, with
 *  room on the C stack. The work asks wfp_meter_is_over() (baton: the isolate)
 *  at least every few milliseconds and gives up when it says 1; end leaves at
 *  once then. */
void wfp_meter_work_begin(wfp_isolate_t *iso);
int wfp_meter_is_over(void *baton);
void wfp_meter_work_end(wfp_isolate_t *iso);

/** Around a call of the host: critical, and the CPU clock stands still, but up
 *  to 20 us of CPU time that the call took are charged; not those of reading a
 *  body, which ends with body_end. End checks the wall clock and leaves when a
 *  limit expired. */
void wfp_meter_host_begin(wfp_isolate_t *iso);
void wfp_meter_host_end(wfp_isolate_t *iso);
void wfp_meter_body_end(wfp_isolate_t *iso);

/**
 * Charge bytes that live outside the arena (request pool, buffered bodies)
 * until the invocation ends; leaves with memory_limit when they do not fit.
 * Not while critical.
 */
void wfp_meter_charge(wfp_isolate_t *iso, apr_size_t bytes);

/** Bytes that may still be charged or allocated. */
apr_size_t wfp_meter_free_bytes(const wfp_isolate_t *iso);

/** Add to an error that so many bytes more are over memory_mb. */
void wfp_meter_tell_room(wfp_result_t *res, const wfp_isolate_t *iso,
                         apr_uint64_t bytes);

/** [-0, +0, m] So many bytes are about to be allocated or charged: collect
 *  garbage first when that is half of what is free, or more, unless it was done
 *  just before. */
void wfp_meter_make_room(wfp_isolate_t *iso, lua_State *L, apr_size_t bytes);

/** Steps that one library call may take before it raises "too much work". */
apr_size_t wfp_meter_steps_max(const wfp_isolate_t *iso);

/** Largest string that a library call may make before it raises "result too
 *  large". */
apr_size_t wfp_meter_result_max(const wfp_isolate_t *iso);

/** Copy n bytes into the invocation's pool (NUL added), charged; critical
 *  inside. Only while an invocation runs. */
char *wfp_meter_copy(wfp_isolate_t *iso, const char *s, apr_size_t n);

/** The coroutine that runs now; resume and wrap set it around lua_resume()
 *  and charge what a resume costs. */
lua_State *wfp_meter_enter_coroutine(wfp_isolate_t *iso, lua_State *co);
void wfp_meter_leave_coroutine(wfp_isolate_t *iso, lua_State *before);

#endif
