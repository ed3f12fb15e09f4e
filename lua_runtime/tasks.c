/* SPDX-License-Identifier: Apache-2.0 */
/*
 * parallel(f1, ..., fn). A parallel() that no task called drives: it resumes
 * ready tasks, one after the other, on the invocation's thread, until its own
 * have ended. One that a task calls gives its tasks to the same driver and waits
 * as a task waits for the host - unless there is a C function in between, such
 * as a sort comparator: then it drives, and the others stand still meanwhile.
 *
 * A wait is told from a tenant's yield by iso->passing, which no script can see
 * or set; no value travels with it. lib_coroutine.c passes it on. While it waits
 * a coroutine is marked, so that nobody else resumes it.
 *
 * Stack of parallel(): slots 1..n a task's coroutine, then its result; n + 1
 * the group; n + 2 the first error. A driver calls nothing that raises between
 * its begin and its end.
 */
#include "lua_runtime/tasks.h"

#include <lauxlib.h>
#include <string.h>

#include "lua_runtime/api/api.h"
#include "lua_runtime/inside.h"
#include "lua_runtime/meter.h"
#include "lua_runtime/ops.h"

#define FUNCTIONS_MAX 1000

struct wfp_group_t {
    lua_State *L;       /* of its parallel() */
    wfp_task_t *parent; /* waits for it; NULL: it drives */
    int count;
    int left;
    int failed;
    wfp_task_t tasks[];
};

unsigned wfp_tasks_bits(lua_State *co)
{
    return (unsigned)(*(apr_uintptr_t *)lua_getextraspace(co)
                      & WFP_COROUTINE_BITS);
}

void wfp_tasks_mark(lua_State *co, unsigned bit, int on)
{
    char **address = lua_getextraspace(co);

    if (on != ((wfp_tasks_bits(co) & bit) != 0)) {
        *address += on ? (int)bit : -(int)bit;
    }
}

int wfp_tasks_can_yield(lua_State *L)
{
    const wfp_isolate_t *iso = wfp_isolate_of(L);

    return iso->can_pass && lua_isyieldable(L);
}

int wfp_tasks_yield(lua_State *L, lua_KContext ctx, lua_KFunction k)
{
    wfp_isolate_of(L)->passing = 1;
    return lua_yieldk(L, 0, ctx, k);
}

void wfp_tasks_make_ready(wfp_driver_t *driver, wfp_task_t *task)
{
    task->next = NULL;
    *driver->ready_end = task;
    driver->ready_end = &task->next;
}

/* [-0, +2, -] true and the result, or false and the error */
static int task_ended(lua_State *L, int status, lua_KContext ctx)
{
    (void)ctx;
    lua_pushboolean(L, status == LUA_OK || status == LUA_YIELD);
    lua_insert(L, -2);
    return 2;
}

/* [-0, +1, -] Message handler: the first error is the one that is raised. */
static int task_failed(lua_State *L)
{
    const wfp_driver_t *driver = wfp_isolate_of(L)->driver;

    if (driver && driver->current && driver->current->group->failed) {
        return 1;
    }
    return wfp_trace_handler(L);
}

/* [-1, +2, -] A task's coroutine: protected, so that what it leaves open is
 * closed when it fails. */
static int task_main(lua_State *L)
{
    lua_pushcfunction(L, task_failed);
    lua_insert(L, 1);
    return task_ended(L, lua_pcallk(L, 0, 1, 1, 0, task_ended), 0);
}

/* The task's coroutine has ended: (true, result), (false, error) or, when it
 * could not be resumed, an error on its top. */
static void end_task(wfp_driver_t *driver, wfp_task_t *task, int status)
{
    wfp_group_t *group = task->group;
    int ok = status == LUA_OK && lua_toboolean(task->co, -2);

    wfp_tasks_mark(task->co, WFP_COROUTINE_TASK, 0);
    lua_xmove(task->co, group->L, 1);
    if (status == LUA_OK) {
        lua_pop(task->co, 1); /* it is dead then, for whoever looks */
    }
    if (ok) {
        lua_replace(group->L, task->slot);
    }
    else {
        if (group->failed) {
            lua_pop(group->L, 1);
        }
        else {
            lua_replace(group->L, group->count + 2);
        }
        group->failed = 1;
        lua_pushnil(group->L);
        lua_replace(group->L, task->slot);
    }
    if (--group->left == 0 && group->parent) {
        wfp_tasks_make_ready(driver, group->parent);
    }
}

static void run_task(lua_State *L, wfp_driver_t *driver, wfp_task_t *task)
{
    wfp_isolate_t *iso = wfp_isolate_of(L);
    int results, args = !task->started, status;
    lua_State *before = wfp_meter_enter_coroutine(iso, task->co);

    task->started = 1;
    driver->current = task;
    iso->can_pass = 1;
    wfp_tasks_mark(task->co, WFP_COROUTINE_WAITS, 0);
    status = lua_resume(task->co, L, args, &results);
    iso->can_pass = 0;
    driver->current = NULL;
    wfp_meter_leave_coroutine(iso, before);
    if (status == LUA_YIELD) {
        /* only a wait does: lib_coroutine.c lets no task yield */
        iso->passing = 0;
        wfp_tasks_mark(task->co, WFP_COROUTINE_WAITS, 1);
        return;
    }
    end_task(driver, task, status);
}

static void add_tasks(wfp_driver_t *driver, wfp_group_t *group)
{
    int i;

    for (i = 0; i < group->count; i++) {
        wfp_tasks_make_ready(driver, &group->tasks[i]);
    }
}

/* Run tasks until those of the group have ended. */
static void drive(lua_State *L, wfp_group_t *group)
{
    wfp_isolate_t *iso = wfp_isolate_of(L);
    wfp_driver_t driver = { 0 };
    int could_pass = iso->can_pass;

    driver.outer = iso->driver;
    driver.ready_end = &driver.ready;
    iso->driver = &driver;
    iso->can_pass = 0;
    add_tasks(&driver, group);
    while (group->left > 0) {
        wfp_task_t *task = driver.ready;

        if (!task) {
            wfp_ops_wait(iso, &driver);
            continue;
        }
        driver.ready = task->next;
        if (!driver.ready) {
            driver.ready_end = &driver.ready;
        }
        run_task(L, &driver, task);
    }
    iso->can_pass = could_pass;
    iso->driver = driver.outer;
}

/* [-0, +n, e] Continuation: what the group's functions gave. */
static int parallel_ended(lua_State *L, int status, lua_KContext ctx)
{
    const wfp_group_t *group = (const wfp_group_t *)ctx;
    int count = group->count;

    (void)status;
    if (group->failed) {
        lua_settop(L, count + 2);
        wfp_trace_again(L);
        return lua_error(L);
    }
    lua_settop(L, count);
    return count;
}

/* [-0, +2, e] Make tasks of the n functions on the stack. */
static wfp_group_t *push_group(lua_State *L, int n)
{
    wfp_group_t *group;
    int i;

    group = lua_newuserdatauv(L,
                              sizeof(*group) + (size_t)n * sizeof(wfp_task_t),
                              0);
    memset(group, 0, sizeof(*group) + (size_t)n * sizeof(wfp_task_t));
    lua_pushnil(L);
    group->L = L;
    group->count = n;
    group->left = n;
    for (i = 1; i <= n; i++) {
        wfp_task_t *task = &group->tasks[i - 1];

        task->co = lua_newthread(L);
        task->group = group;
        task->slot = i;
        lua_pushcfunction(task->co, task_main);
        lua_pushvalue(L, i);
        lua_xmove(L, task->co, 1);
        lua_replace(L, i);
        wfp_tasks_mark(task->co, WFP_COROUTINE_TASK, 1);
    }
    return group;
}

/* [-0, +n, e] parallel(f1, ..., fn) */
static int l_parallel(lua_State *L)
{
    wfp_isolate_t *iso = wfp_isolate_of(L);
    int n = lua_gettop(L), i;
    wfp_group_t *group;

    if (n > FUNCTIONS_MAX) {
        return wfp_api_error(L, "RangeError", NULL,
                             "parallel takes %d functions at most, got %d",
                             FUNCTIONS_MAX, n);
    }
    for (i = 1; i <= n; i++) {
        if (lua_type(L, i) != LUA_TFUNCTION) {
            return wfp_api_error(L, "TypeError", NULL,
                                 "bad argument #%d to 'parallel' (function "
                                 "expected, got %s)",
                                 i, luaL_typename(L, i));
        }
    }
    luaL_checkstack(L, 20, NULL);
    group = push_group(L, n);
    if (n > 0 && wfp_tasks_can_yield(L)) {
        group->parent = iso->driver->current;
        add_tasks(iso->driver, group);
        return wfp_tasks_yield(L, (lua_KContext)group, parallel_ended);
    }
    drive(L, group);
    return parallel_ended(L, LUA_OK, (lua_KContext)group);
}

void wfp_tasks_open(lua_State *L)
{
    lua_pushcfunction(L, l_parallel);
    lua_setglobal(L, "parallel");
}
