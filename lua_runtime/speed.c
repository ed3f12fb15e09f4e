/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The speed of this machine's Lua VM, for lazy counting: in which CPU time can
 * a tenant not have run N instructions? Called once a start by the module, whose
 * children inherit it, and by its follower. Runs code of ours only, in a state
 * of its own that is closed as usual.
 */
#include "lua_runtime/speed.h"

#include <lauxlib.h>
#include <string.h>
#include <time.h>

#include "lua_runtime/arena.h"

/* Instructions of one measurement, and how often it is made: the best counts,
 * others were disturbed. */
#define LENGTH 100000
#define ROUNDS 50

/* A machine of today is at least so fast; less means that every round was
 * disturbed. Too high a rate only begins counting early. */
#define RATE_LEAST 1e9

/* Bytes of the state. */
#define MEMORY (4 * 1024 * 1024)

/* The cheapest instructions there are: tests (the fastest of those tried),
 * additions, constants. */
static const char *const programs[] = {
    "local a = 1 for i = 1, ... do if a then end if a then end if a then end "
    "if a then end if a then end if a then end if a then end if a then end "
    "if a then end if a then end if a then end if a then end end",
    "local a, b, c = 1, 2, 3 for i = 1, ... do a = b + c b = c + i c = i + a "
    "a = b + c b = c + i c = i + a a = b + c b = c + i c = i + a end",
    "local a, b, c for i = 1, ... do a = 1 b = 2 c = 3 a = 1 b = 2 c = 3 "
    "a = 1 b = 2 c = 3 a = 1 b = 2 c = 3 end",
    NULL,
};

/* What the arena calls at its limit: never, for these programs. */
static void no_call(void *baton)
{
}

static const wfp_arena_calls_t no_calls = { no_call, no_call, no_call, NULL };

/* The counter is where L's extra space points to. */
static void on_count(lua_State *L, lua_Debug *ar)
{
    (**(lua_Integer **)lua_getextraspace(L))++;
}

static double seconds(void)
{
    struct timespec now;

    (void)clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

/* [-0, +0, e] Run the program at index 1 with a bound of n. */
static int run(lua_State *L, lua_Integer n)
{
    lua_pushvalue(L, -1);
    lua_pushinteger(L, n);
    return lua_pcall(L, 1, 0, 0);
}

/* Instructions a second of one program, 0: it could not run. */
static double measure(lua_State *L, const char *program)
{
    lua_Integer probe = 100, counted = 0;
    double each, best = 0;
    int i;

    if (luaL_loadbufferx(L, program, strlen(program), "=speed", "t")
        != LUA_OK) {
        return 0;
    }
    *(lua_Integer **)lua_getextraspace(L) = &counted;
    lua_sethook(L, on_count, LUA_MASKCOUNT, 1);
    if (run(L, probe) != LUA_OK) {
        return 0;
    }
    lua_sethook(L, NULL, 0, 0);
    each = (double)counted / (double)probe;
    for (i = 0; i < ROUNDS; i++) {
        lua_Integer n = (lua_Integer)(LENGTH / each);
        double before = seconds(), rate;

        if (run(L, n) != LUA_OK) {
            return 0;
        }
        rate = (double)n * each / (seconds() - before);
        if (rate > best) {
            best = rate;
        }
    }
    lua_settop(L, 0);
    return best;
}

apr_status_t wfp_speed_measure(double *prate)
{
    void *owner;
    wfp_arena_t *arena;
    lua_State *L;
    apr_status_t rv;
    int i;

    rv = wfp_arena_create(&owner, sizeof(*arena), 0, MEMORY, &no_calls);
    if (rv != APR_SUCCESS) {
        return rv;
    }
    arena = owner;
    L = lua_newstate(wfp_arena_alloc, arena);
    *prate = RATE_LEAST;
    for (i = 0; L && programs[i]; i++) {
        double rate = measure(L, programs[i]);

        if (rate > *prate) {
            *prate = rate;
        }
    }
    wfp_arena_destroy(arena);
    return L ? APR_SUCCESS : APR_ENOMEM;
}
