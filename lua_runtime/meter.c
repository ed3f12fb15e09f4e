/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Metering, as docs/operations/limits.md promises it. Used by every C function
 * that Lua can reach; frame.c, tick.c and guard.c are its other parts.
 *
 * Leaving. Each entry into an isolate is a frame (frame.c) with a jump buffer.
 * A hard limit jumps to the newest frame; the lua_State is never touched again
 * and its arena is unmapped, so there is nothing to catch and nothing to run.
 * A frame that is inside a host call or another critical section, or inside
 * the allocator, is left at the section's end.
 *
 * Clock. Two timers a thread, SIGEV_THREAD_ID. The first is on the thread's CPU
 * clock, set a scheduler's tick before the next event: it stands still while
 * the thread waits, so that an idle or waiting thread gets no signal, but fires
 * on ticks only (up to 4 ms late at HZ=250; half of the standard instruction
 * limit lasts 5 ms). Its handler sets the second for the rest, on
 * CLOCK_MONOTONIC, which is exact; CPU time cannot outrun it, and when it fires
 * early the handler sets it again. (The second alone would expire in idle
 * threads: a signal and two timer calls for most requests of many threads.) The
 * first stays armed when an invocation ends: a warm one costs no timer call; an
 * early fire only arms it again. What is due is looked at by the handler and
 * after every host call. The signal is blocked on a thread from its start, from an
 * invocation's end while the second timer is set, and from the first fire that
 * finds no invocation, until the next one begins: so between invocations the
 * first timer may fire once, only while the thread runs, and no wait is cut
 * short by the second. (Blocking at every end costs two system calls a request,
 * 5 % of a hello.) The CPU clock (a system call) is read at most every 20 us,
 * between two readings the wall clock stands in for it.
 *
 * Stages. tick.c: at the deadline the handler sets a count-1 hook on the
 * running coroutine, again every 2 ms; the hook leaves. 25 ms later the handler
 * leaves by itself: for code stuck inside liblua's C. Instructions: exact counts
 * from the start with period 100. Lazy sets no hook before the CPU time in
 * which 1.25 times the measured VM speed could run half of the limit; then it
 * counts the other half.
 *
 * Memory. arena.c calls back at the soft limit (a hook at the next safe point
 * does a full collection) and at the limit (leave).
 */
#include "lua_runtime/meter.h"

#include <apr_strings.h>

#include "lua_runtime/inside.h"
#include "lua_runtime/tick.h"

/* The VM may be faster than measured by this factor. */
#define RATE_MARGIN 1.25

/* Counting begins this much earlier: the handler is late sometimes. */
#define COUNT_EARLY_NS 100000

/* A CPU timer that is set when an invocation begins fires within a tick. What it
 * is late for counting, in ticks, can be assumed as run at full speed, as long as
 * the limit is not reached so: else count from the start. */
#define LATE_TICKS 0.45

/* A library call may take what fits into the CPU limit at 10 ns a step. */
#define STEPS_PER_MS 100000

/* A host call, or another library's work, needs this much C stack: a hit of the
 * guard page inside one would end the child. 200 C levels of Lua take up to
 * 400 KB. */
#define HOST_STACK (128 * 1024)

/* The same for another critical section: a pool's allocation, curl's parser. */
#define CRITICAL_STACK (32 * 1024)

/* CPU time of one host call that its caller pays at most. */
#define HOST_NS_MAX 20000

/* Collections that make room for large blocks come after at least this part of
 * what the last one left was asked for. */
#define ROOM_PART 64

#define MS_NS 1000000
#define MB    (1024 * 1024)

/* Where no jump is possible the stack must not end: without room it is over
 * now, as if the guard page had been hit. */
static void need_stack(wfp_isolate_t *iso, apr_size_t bytes)
{
    wfp_frame_t *frame = iso->frame;

    if (!frame->critical && wfp_frame_stack_left() < bytes) {
        wfp_tick_expire(frame, WFP_EXCEPTION, frame->budget->cpu_ns);
        wfp_frame_leave(frame);
    }
}

void wfp_meter_critical_begin(wfp_isolate_t *iso)
{
    need_stack(iso, CRITICAL_STACK);
    iso->frame->critical++;
    __atomic_signal_fence(__ATOMIC_SEQ_CST);
}

void wfp_meter_critical_end(wfp_isolate_t *iso)
{
    wfp_frame_t *frame = iso->frame;

    __atomic_signal_fence(__ATOMIC_SEQ_CST);
    if (--frame->critical == 0 && frame->pending) {
        wfp_frame_leave(frame);
    }
}

void wfp_meter_work_begin(wfp_isolate_t *iso)
{
    need_stack(iso, HOST_STACK);
    wfp_meter_critical_begin(iso);
}

int wfp_meter_is_over(void *baton)
{
    const wfp_isolate_t *iso = baton;

    return iso->frame->budget->expired != WFP_OK;
}

void wfp_meter_work_end(wfp_isolate_t *iso)
{
    if (wfp_meter_is_over(iso)) {
        iso->frame->pending = 1;
    }
    wfp_meter_critical_end(iso);
}

void wfp_meter_host_begin(wfp_isolate_t *iso)
{
    need_stack(iso, HOST_STACK);
    wfp_meter_critical_begin(iso);
    wfp_frame_pause(iso->frame);
}

/* A loop of host calls is work, too. What one of them takes beyond that is not
 * its caller's: a callee's time, or that of loading it. */
static void charge_host(wfp_frame_t *frame)
{
    wfp_budget_t *budget = frame->budget;
    apr_int64_t took = frame->resumed_ns - frame->paused_ns;

    budget->host_ns += took < HOST_NS_MAX ? took : HOST_NS_MAX;
    if (budget->cpu_ns + budget->host_ns >= budget->cpu_max_ns) {
        wfp_tick_expire(frame, budget->cpu_code, budget->cpu_ns);
    }
}

static void resume_clock(wfp_isolate_t *iso)
{
    apr_int64_t wall = wfp_frame_resume(iso->frame);

    iso->now = apr_time_now();
    iso->clock = wall / 1000;
}

static void leave_host(wfp_isolate_t *iso)
{
    /* what ran for it meanwhile, such as a body's function, may have ended it */
    if (iso->frame->budget->expired || iso->dead) {
        iso->frame->pending = 1;
    }
    wfp_meter_critical_end(iso);
}

void wfp_meter_body_end(wfp_isolate_t *iso)
{
    resume_clock(iso);
    leave_host(iso);
}

void wfp_meter_host_end(wfp_isolate_t *iso)
{
    resume_clock(iso);
    charge_host(iso->frame);
    leave_host(iso);
}

apr_size_t wfp_meter_free_bytes(const wfp_isolate_t *iso)
{
    return iso->arena.used < iso->arena.limit
               ? iso->arena.limit - iso->arena.used
               : 0;
}

/* The child's isolates hold all they may: have idle ones destroyed. Or those
 * of its Worker run and hold their share: nothing helps. */
static int on_crowded(void *baton)
{
    wfp_isolate_t *iso = baton;
    wfp_arena_t *arena = &iso->arena;
    wfp_arena_total_t *total = arena->total;
    int has_room;

    if (!wfp_arena_has_share(total, arena->share, arena->told,
                             arena->crowded)) {
        return 0;
    }
    wfp_meter_critical_begin(iso);
    do {
        has_room = wfp_arena_has_room(total, arena->crowded);
    } while (!has_room && total->make_room(total->baton));
    wfp_meter_critical_end(iso);
    return has_room;
}

/* At the limit, its own or that of all. */
static void on_full(void *baton)
{
    wfp_isolate_t *iso = baton;
    wfp_frame_t *frame = iso->frame;

    wfp_tick_expire(frame,
                    iso->arena.crowded ? WFP_ISOLATE_UNAVAILABLE
                                       : WFP_MEMORY_LIMIT,
                    frame->budget->cpu_ns);
    wfp_frame_leave(frame);
}

static int try_charge(wfp_isolate_t *iso, apr_size_t bytes)
{
    int fits = wfp_arena_charge(&iso->arena, bytes);

    while (!fits && iso->arena.crowded && on_crowded(iso)) {
        fits = wfp_arena_charge(&iso->arena, bytes);
    }
    return fits;
}

void wfp_meter_charge(wfp_isolate_t *iso, apr_size_t bytes)
{
    if (!try_charge(iso, bytes)) {
        wfp_tick_collect(iso, iso->cur);
        if (!try_charge(iso, bytes)) {
            on_full(iso);
        }
    }
    iso->frame->budget->charged += bytes;
}

void wfp_meter_make_room(wfp_isolate_t *iso, lua_State *L, apr_size_t bytes)
{
    iso->asked += bytes;
    if (bytes >= wfp_meter_free_bytes(iso) / 2
        && iso->asked >= iso->base_used / ROOM_PART) {
        wfp_tick_collect(iso, L);
    }
}

apr_size_t wfp_meter_steps_max(const wfp_isolate_t *iso)
{
    return iso->steps_max;
}

apr_size_t wfp_meter_steps_for(const wfp_limits_t *limits)
{
    return (apr_size_t)limits->v[WFP_LIMIT_CPU_MS] * STEPS_PER_MS;
}

apr_size_t wfp_meter_result_max(const wfp_isolate_t *iso)
{
    return iso->arena.limit / 4;
}

char *wfp_meter_copy(wfp_isolate_t *iso, const char *s, apr_size_t n)
{
    char *copy;

    wfp_meter_charge(iso, n + 1);
    wfp_meter_critical_begin(iso);
    copy = apr_pstrmemdup(iso->inv->pool, s, n);
    wfp_meter_critical_end(iso);
    return copy;
}

lua_State *wfp_meter_enter_coroutine(wfp_isolate_t *iso, lua_State *co)
{
    lua_State *before = iso->cur;

    iso->cur = co;
    if (iso->frame->budget->counting) {
        /* a coroutine's own count starts full */
        wfp_tick_count(iso, WFP_TICK_PERIOD);
    }
    wfp_tick_hook(iso, co);
    return before;
}

void wfp_meter_leave_coroutine(wfp_isolate_t *iso, lua_State *before)
{
    iso->cur = before;
    if (iso->frame->budget->expired) {
        wfp_frame_leave(iso->frame);
    }
    wfp_tick_hook(iso, before);
}

void wfp_meter_set_budget(wfp_budget_t *budget, const wfp_runtime_t *runtime,
                          const wfp_limits_t *limits)
{
    apr_int64_t max = limits->v[WFP_LIMIT_INSTRUCTIONS];

    budget->cpu_code = WFP_CPU_LIMIT;
    budget->cpu_max_ns = limits->v[WFP_LIMIT_CPU_MS] * MS_NS;
    budget->wall_max_ns = limits->v[WFP_LIMIT_WALL_MS] * MS_NS;
    budget->wall_end_ns = wfp_frame_wall_ns() + budget->wall_max_ns;
    budget->instructions_max = max;
    budget->count_at_ns = -1;
    if (max > 0) {
        double tick = (double)wfp_frame_tick_ns(), rate;

        __atomic_load(&runtime->vm_rate, &rate, __ATOMIC_RELAXED);
        budget->rate = rate * RATE_MARGIN / 1e9;
        budget->late_ns = (apr_int64_t)(tick * LATE_TICKS);
        budget->count_at_ns = 0;
        if (!runtime->exact_metering) {
            budget->count_at_ns = (apr_int64_t)((double)max / 2 / budget->rate)
                                  - COUNT_EARLY_NS;
        }
        if ((double)budget->count_at_ns < tick * (1.05 - LATE_TICKS)) {
            budget->count_at_ns = 0;
            budget->counting = 1;
        }
    }
}

static void on_soft(void *baton)
{
    wfp_isolate_t *iso = baton;

    if (!iso->collect) {
        iso->collect = 1;
        if (iso->cur) {
            wfp_tick_hook(iso, iso->cur);
        }
    }
}

static void on_left(void *baton)
{
    wfp_isolate_t *iso = baton;

    if (!iso->frame->critical) {
        wfp_frame_leave(iso->frame);
    }
}

const wfp_arena_calls_t wfp_meter_arena_calls = { on_full, on_soft, on_left,
                                                  on_crowded };

void wfp_meter_tell_room(wfp_result_t *res, const wfp_isolate_t *iso,
                         apr_uint64_t bytes)
{
    apr_int64_t mb = (apr_int64_t)(iso->arena.limit / MB);

    wfp_limit_tell(res, WFP_LIMIT_MEMORY_MB, mb,
                   mb + (apr_int64_t)((bytes + MB - 1) / MB));
}

void wfp_meter_tell(wfp_result_t *res, const wfp_isolate_t *iso,
                    const wfp_budget_t *budget)
{
    apr_int64_t cpu_ms = (budget->cpu_ns + budget->host_ns + MS_NS - 1) / MS_NS;
    apr_int64_t late = wfp_frame_wall_ns() - budget->wall_end_ns;
    apr_int64_t mb = (apr_int64_t)(iso->arena.limit / MB);

    if (!res) {
        return;
    }
    (void)wfp_result_set(res, budget->expired, APR_EGENERAL,
                         budget->expired == WFP_EXCEPTION ? "C stack overflow"
                                                          : NULL);
    switch (budget->expired) {
    case WFP_CPU_LIMIT:
        wfp_limit_tell(res, WFP_LIMIT_CPU_MS, budget->cpu_max_ns / MS_NS,
                       cpu_ms);
        break;
    case WFP_STARTUP_LIMIT:
        wfp_limit_tell(res, WFP_LIMIT_STARTUP_MS, budget->cpu_max_ns / MS_NS,
                       cpu_ms);
        break;
    case WFP_INSTRUCTION_LIMIT:
        wfp_limit_tell(res, WFP_LIMIT_INSTRUCTIONS, budget->instructions_max,
                       budget->instructions);
        break;
    case WFP_WALL_LIMIT:
        wfp_limit_tell(res, WFP_LIMIT_WALL_MS, budget->wall_max_ns / MS_NS,
                       (budget->wall_max_ns + late) / MS_NS);
        break;
    case WFP_MEMORY_LIMIT:
        wfp_limit_tell(res, WFP_LIMIT_MEMORY_MB, mb, mb);
        break;
    case WFP_ISOLATE_UNAVAILABLE:
        res->retry_after_s = 1;
        break;
    default:
        break;
    }
    res->line = budget->line;
    res->stage = budget->stage2 ? 2 : 1;
}
