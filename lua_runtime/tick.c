/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What happens when the timer or the count hook looks at an invocation:
 * counting begins, a limit expires, stage 1 (a hook on the running coroutine)
 * or stage 2 (the handler itself) leaves. Called by frame.c's handler, by Lua
 * as a hook, and by meter.c. The design is told in meter.c.
 */
#include "lua_runtime/tick.h"

#include "lua_runtime/inside.h"
#include "lua_runtime/meter.h"

/* Stage 2 comes this much CPU time after stage 1. */
#define STAGE2_NS 25000000

/* How often stage 1's hook is set again: a frame with a stale trap may lose
 * it once (5.4.4, luaG_traceexec). */
#define REARM_NS 2000000

static void on_hook(lua_State *L, lua_Debug *ar);

apr_int64_t wfp_tick_next(const wfp_budget_t *budget, apr_int64_t cpu,
                          apr_int64_t wall)
{
    apr_int64_t target = budget->cpu_max_ns - budget->host_ns, wall_left;

    if (budget->expired) {
        return REARM_NS;
    }
    if (!budget->counting && budget->count_at_ns >= 0
        && budget->count_at_ns < target) {
        target = budget->count_at_ns;
    }
    if (budget->again_ns && budget->again_ns < target) {
        target = budget->again_ns;
    }
    wall_left = budget->wall_end_ns - wall;
    return target - cpu < wall_left ? target - cpu : wall_left;
}

void wfp_tick_expire(wfp_frame_t *frame, wfp_code_e code, apr_int64_t cpu)
{
    wfp_budget_t *budget = frame->budget;

    if (budget->expired == WFP_OK) {
        budget->expired_ns = cpu;
        budget->expired = code;
    }
}

/* No machine of this speed can have run more than half of the limit by now, or,
 * where the tick came late, more than cpu allows. */
static void begin_counting(wfp_frame_t *frame, apr_int64_t cpu)
{
    wfp_budget_t *budget = frame->budget;
    lua_State *L = frame->iso->cur;
    apr_int64_t half = budget->instructions_max / 2;
    apr_int64_t most = (apr_int64_t)((double)cpu * budget->rate);

    budget->instructions = most > half ? most : half;
    budget->counting = 1;
    budget->again_ns = cpu + REARM_NS;
    if (L) {
        lua_sethook(L, on_hook, LUA_MASKCOUNT, WFP_TICK_PERIOD);
    }
}

/* The hook may have been lost, as stage 1's; what it had counted is charged. */
static void count_again(wfp_frame_t *frame)
{
    wfp_budget_t *budget = frame->budget;
    lua_State *L = frame->iso->cur;

    budget->again_ns = 0;
    if (L) {
        budget->instructions += WFP_TICK_PERIOD;
        lua_sethook(L, on_hook, LUA_MASKCOUNT, WFP_TICK_PERIOD);
    }
}

void wfp_tick(wfp_frame_t *frame, apr_int64_t cpu, apr_int64_t wall)
{
    wfp_budget_t *budget = frame->budget;
    wfp_isolate_t *iso = frame->iso;

    if (cpu + budget->host_ns >= budget->cpu_max_ns) {
        wfp_tick_expire(frame, budget->cpu_code, cpu);
    }
    else if (wall >= budget->wall_end_ns) {
        wfp_tick_expire(frame, WFP_WALL_LIMIT, cpu);
    }
    else if (!budget->counting && budget->count_at_ns >= 0
             && cpu >= budget->count_at_ns) {
        begin_counting(frame, cpu);
    }
    else if (budget->again_ns && cpu >= budget->again_ns) {
        count_again(frame);
    }
    if (budget->expired && iso->cur) {
        lua_sethook(iso->cur, on_hook, LUA_MASKCOUNT, 1);
    }
}

void wfp_tick_stage2(wfp_frame_t *frame, apr_int64_t cpu)
{
    wfp_budget_t *budget = frame->budget;
    wfp_isolate_t *iso = frame->iso;

    if (!budget->expired || cpu - budget->expired_ns < STAGE2_NS) {
        return;
    }
    budget->stage2 = 1;
    if (frame->critical || iso->arena.busy) {
        frame->pending = 1;
        iso->arena.pending = 1;
        return;
    }
    wfp_frame_leave(frame);
}

void wfp_tick_hook(wfp_isolate_t *iso, lua_State *L)
{
    const wfp_budget_t *budget = iso->frame->budget;
    int have = lua_gethookmask(L) ? lua_gethookcount(L) : 0, want = 0;

    if (budget->expired || iso->collect) {
        want = 1;
    }
    else if (budget->counting) {
        want = WFP_TICK_PERIOD;
    }
    if (want != have) {
        lua_sethook(L, want ? on_hook : NULL, want ? LUA_MASKCOUNT : 0, want);
    }
}

void wfp_tick_count(wfp_isolate_t *iso, apr_int64_t instructions)
{
    wfp_frame_t *frame = iso->frame;
    wfp_budget_t *budget = frame->budget;

    budget->instructions += instructions;
    /* now or a period later, when it would be too late */
    if (budget->instructions + WFP_TICK_PERIOD > budget->instructions_max) {
        wfp_tick_expire(frame, WFP_INSTRUCTION_LIMIT, wfp_frame_cpu_ns(frame));
        wfp_frame_leave(frame);
    }
}

void wfp_tick_collect(wfp_isolate_t *iso, lua_State *L)
{
    wfp_arena_t *arena = &iso->arena;
    apr_size_t least = arena->limit / 4 * 3, part, half;

    (void)lua_gc(L, LUA_GCCOLLECT, 0); /* always 0 */
    iso->collect = 0;
    iso->asked = 0;
    iso->base_used = arena->used;
    part = arena->used / WFP_TICK_COLLECT_PART;
    half = (arena->limit - arena->used) / 2;
    arena->soft = arena->used + (half > part ? half : part);
    if (arena->soft < least) {
        arena->soft = least;
    }
}

static void on_hook(lua_State *L, lua_Debug *ar)
{
    wfp_isolate_t *iso = wfp_isolate_of(L);
    wfp_frame_t *frame = iso->frame;
    wfp_budget_t *budget = frame->budget;

    if (iso->collect && !budget->expired) {
        wfp_tick_collect(iso, L);
    }
    if (lua_getinfo(L, "l", ar) && ar->currentline > 0) {
        budget->line = ar->currentline;
    }
    if (budget->counting && !budget->expired) {
        wfp_tick_count(iso, WFP_TICK_PERIOD);
    }
    wfp_tick_hook(iso, L);
    /* after the hook was set: a tick may have come before */
    if (budget->expired) {
        wfp_frame_leave(frame);
    }
}
