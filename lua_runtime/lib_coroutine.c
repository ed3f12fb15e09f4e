/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The coroutine library. resume and wrap are ours: they tell the meter which
 * coroutine runs, never reset a failed one (lua_resetthread of 5.4.4 has memory
 * errors), and pass a wait for the host on to the driver of parallel(), see
 * tasks.c: their own coroutine yields, too, and resumes the inner one again when
 * it is resumed. status, yield and the like are ours since a task of parallel()
 * looks like the main coroutine to its code, and one that waits like one that
 * runs another. close does not exist. Called by sandbox.c.
 */
#include <lualib.h>

#include "lua_runtime/inside.h"
#include "lua_runtime/lib.h"
#include "lua_runtime/meter.h"
#include "lua_runtime/tasks.h"

/* resume(): nothing came, a wait must be passed on */
#define PASSING (-2)

static const char *const stock_names[] = { "create", NULL };

static int is_task(lua_State *L)
{
    return (wfp_tasks_bits(L) & WFP_COROUTINE_TASK) != 0;
}

/* lua_resume() with the meter told. @return its status */
static int run(lua_State *L, lua_State *co, int n, int *results)
{
    wfp_isolate_t *iso = wfp_isolate_of(L);
    int could_pass = iso->can_pass, status;
    lua_State *before = wfp_meter_enter_coroutine(iso, co);

    iso->can_pass = could_pass && lua_isyieldable(L);
    wfp_tasks_mark(co, WFP_COROUTINE_WAITS, 0);
    status = lua_resume(co, L, n, results);
    iso->can_pass = could_pass;
    wfp_meter_leave_coroutine(iso, before);
    return status;
}

/* [-n, +results | +1, m] Resume co with the n values on the top of L.
   @return number of results, PASSING, or -1: an error value is on the top */
static int resume(lua_State *L, lua_State *co, int n)
{
    int status, results;

    if (!lua_checkstack(co, n)) {
        lua_pushliteral(L, "too many arguments to resume");
        return -1;
    }
    lua_xmove(L, co, n);
    status = run(L, co, n, &results);
    if (status != LUA_OK && status != LUA_YIELD) {
        lua_xmove(co, L, 1);
        return -1;
    }
    if (status == LUA_YIELD && wfp_isolate_of(L)->passing) {
        wfp_tasks_mark(co, WFP_COROUTINE_WAITS, 1);
        return PASSING;
    }
    if (!lua_checkstack(L, results + 1)) {
        lua_pop(co, results);
        lua_pushliteral(L, "too many results to resume");
        return -1;
    }
    lua_xmove(co, L, results);
    return results;
}

/* [-n, +results | +1, m] The same for a coroutine that somebody else may have
 * begun: one that waits cannot be resumed from here. */
static int resume_first(lua_State *L, lua_State *co, int n)
{
    if (wfp_tasks_bits(co) & WFP_COROUTINE_WAITS) {
        lua_pop(L, n);
        lua_pushliteral(L, "cannot resume non-suspended coroutine");
        return -1;
    }
    return resume(L, co, n);
}

static int resume_again(lua_State *L, int status, lua_KContext ctx);

/* [-0, +n, -] What resume() gave, for coroutine.resume */
static int resumed(lua_State *L, int results)
{
    if (results == PASSING) {
        return wfp_tasks_yield(L, 0, resume_again);
    }
    lua_pushboolean(L, results >= 0);
    if (results < 0) {
        lua_insert(L, -2);
        return 2;
    }
    lua_insert(L, -(results + 1));
    return results + 1;
}

/* [-0, +n, -] Continuation: what was waited for is there */
static int resume_again(lua_State *L, int status, lua_KContext ctx)
{
    (void)status;
    (void)ctx;
    return resumed(L, resume(L, lua_tothread(L, 1), 0));
}

/* [-0, +n, e] coroutine.resume(co, ...) */
static int coroutine_resume(lua_State *L)
{
    lua_State *co = lua_tothread(L, 1);

    luaL_argexpected(L, co, 1, "thread");
    return resumed(L, resume_first(L, co, lua_gettop(L) - 1));
}

static int wrapped_again(lua_State *L, int status, lua_KContext ctx);

/* [-0, +n, e] What resume() gave, for a wrapped coroutine */
static int called(lua_State *L, int results)
{
    lua_State *co = lua_tothread(L, lua_upvalueindex(1));
    const void *before;

    if (results == PASSING) {
        return wfp_tasks_yield(L, 0, wrapped_again);
    }
    if (results >= 0) {
        return results;
    }
    before = lua_topointer(L, -1);
    if (lua_type(L, -1) == LUA_TSTRING) {
        luaL_where(L, 1);
        lua_insert(L, -2);
        lua_concat(L, 2);
    }
    if (lua_status(co) > LUA_YIELD) {
        wfp_trace_coroutine(L, co, before);
    }
    return lua_error(L);
}

/* [-0, +n, e] Continuation: what was waited for is there */
static int wrapped_again(lua_State *L, int status, lua_KContext ctx)
{
    (void)status;
    (void)ctx;
    return called(L, resume(L, lua_tothread(L, lua_upvalueindex(1)), 0));
}

/* [-0, +n, e] What coroutine.wrap() gives; upvalue: the coroutine */
static int wrapped(lua_State *L)
{
    lua_State *co = lua_tothread(L, lua_upvalueindex(1));

    return called(L, resume_first(L, co, lua_gettop(L)));
}

/* [-0, +1, e] coroutine.wrap(f) */
static int coroutine_wrap(lua_State *L)
{
    lua_State *co;

    luaL_checktype(L, 1, LUA_TFUNCTION);
    co = lua_newthread(L);
    lua_pushvalue(L, 1);
    lua_xmove(L, co, 1);
    lua_pushcclosure(L, wrapped, 1);
    return 1;
}

/* [-n, +0, e] coroutine.yield(...) */
static int coroutine_yield(lua_State *L)
{
    if (is_task(L)) {
        lua_pushliteral(L, "attempt to yield from outside a coroutine");
        return lua_error(L);
    }
    return lua_yield(L, lua_gettop(L));
}

/* [-0, +2, m] coroutine.running() */
static int coroutine_running(lua_State *L)
{
    int is_main = lua_pushthread(L);

    lua_pushboolean(L, is_main || is_task(L));
    return 2;
}

/* [-0, +1, e] coroutine.isyieldable(co?) */
static int coroutine_isyieldable(lua_State *L)
{
    lua_State *co = lua_isnone(L, 1) ? L : lua_tothread(L, 1);

    luaL_argexpected(L, co, 1, "thread");
    lua_pushboolean(L, !is_task(co) && lua_isyieldable(co));
    return 1;
}

static const char *status_of(lua_State *L, lua_State *co)
{
    lua_Debug ar;

    if (L == co) {
        return "running";
    }
    if (wfp_tasks_bits(co) & WFP_COROUTINE_WAITS) {
        return "normal";
    }
    switch (lua_status(co)) {
    case LUA_YIELD:
        return "suspended";
    case LUA_OK:
        if (lua_getstack(co, 0, &ar)) {
            return "normal";
        }
        return lua_gettop(co) == 0 ? "dead" : "suspended";
    default:
        return "dead";
    }
}

/* [-0, +1, e] coroutine.status(co) */
static int coroutine_status(lua_State *L)
{
    lua_State *co = lua_tothread(L, 1);

    luaL_argexpected(L, co, 1, "thread");
    lua_pushstring(L, status_of(L, co));
    return 1;
}

static const luaL_Reg functions[] = {
    { "isyieldable", coroutine_isyieldable },
    { "resume", coroutine_resume },
    { "running", coroutine_running },
    { "status", coroutine_status },
    { "wrap", coroutine_wrap },
    { "yield", coroutine_yield },
    { NULL, NULL },
};

void wfp_lib_coroutine_open(lua_State *L)
{
    wfp_lib_push_stock(L, luaopen_coroutine, stock_names);
    luaL_setfuncs(L, functions, 0);
    wfp_lib_set_global(L, LUA_COLIBNAME);
}
