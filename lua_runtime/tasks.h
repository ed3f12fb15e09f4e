/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WFP_TASKS_H
#define WFP_TASKS_H

#include <apr_time.h>
#include <lua.h>

#include "lua_runtime/isolate.h"

/**
 * @file
 * The coroutine scheduler behind parallel(): each of its functions is a task
 * in a coroutine of its own. A task that waits for the host yields up to the
 * driver, the parallel() that runs the tasks, through whatever coroutines of
 * the tenant are in between; the driver goes on with another. For this room.
 */

typedef struct wfp_group_t wfp_group_t;

/** One function of one parallel(). In the isolate's arena. */
typedef struct wfp_task_t {
    lua_State *co;
    wfp_group_t *group;
    struct wfp_task_t *next;  /* in the driver's list that it is in */
    struct wfp_task_t *child; /* while it sleeps: see sleepers.c */
    apr_time_t wake_at;
    apr_uint64_t turn;
    wfp_code_e cut_short; /* why the sleep was */
    int slot;             /* in its parallel()'s stack */
    int started;
} wfp_task_t;

/** On the C stack of the parallel() that drives. */
typedef struct wfp_driver_t {
    struct wfp_driver_t *outer; /* which waits for this one */
    wfp_task_t *current;
    wfp_task_t *ready, **ready_end;
    wfp_task_t *sleepers;        /* the next to wake */
    apr_uint64_t sleeps;         /* so many so far */
    struct wfp_waiting_t *queue; /* host calls that are not begun, oldest
                                  * first */
    int flying;                  /* of its tasks, running beside */
} wfp_driver_t;

/** [-0, +0, m] The global parallel. */
void wfp_tasks_open(lua_State *L);

/** May this coroutine wait by yielding to a driver? Else it blocks. */
int wfp_tasks_can_yield(lua_State *L);

/** [-0, +0, v] Yield to the driver; k(L, status, ctx) goes on when the current
 *  task is ready again. */
int wfp_tasks_yield(lua_State *L, lua_KContext ctx, lua_KFunction k);

/** A task of that driver can go on. */
void wfp_tasks_make_ready(wfp_driver_t *driver, wfp_task_t *task);

/** What co is: WFP_COROUTINE_TASK, WFP_COROUTINE_WAITS. */
unsigned wfp_tasks_bits(lua_State *co);

/** Set or clear such a bit. */
void wfp_tasks_mark(lua_State *co, unsigned bit, int on);

#endif
