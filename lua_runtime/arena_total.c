/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Sums that the arenas of all threads add to. Called by arena.c. It must not know
 * what an arena is made of.
 */
#include "lua_runtime/arena_total.h"

#include "lua_runtime/arena.h"

/* Of what runs, and of its share. */
static void run_more(const wfp_arena_t *arena, apr_int64_t by)
{
    (void)__atomic_add_fetch(&arena->total->running, by, __ATOMIC_RELAXED);
    if (arena->share) {
        (void)__atomic_add_fetch(arena->share, by, __ATOMIC_RELAXED);
    }
}

/* Add to total and share: first, and then asked whether it may be, as threads that
 * ask at once would all hear of the same room. @return 0: one of them has none */
static int take_part(wfp_arena_t *arena, apr_int64_t by)
{
    wfp_arena_total_t *total = arena->total;
    int keeps = !arena->led && arena->told + by <= WFP_ARENA_KEEP;

    run_more(arena, by);
    if (__atomic_add_fetch(&total->bytes, by, __ATOMIC_RELAXED) <= total->max
        && wfp_arena_has_share(total, arena->share, arena->told + by, 0)) {
        return 1;
    }
    if (keeps) {
        return 1;
    }
    (void)__atomic_sub_fetch(&total->bytes, by, __ATOMIC_RELAXED);
    run_more(arena, -by);
    return 0;
}

int wfp_arena_tell(wfp_arena_t *arena, apr_size_t bytes)
{
    apr_int64_t need = (apr_int64_t)bytes, by;

    if (need <= arena->told) {
        return 1;
    }
    need = (need + WFP_ARENA_EXTENT - 1) / WFP_ARENA_EXTENT * WFP_ARENA_EXTENT;
    by = need - arena->told;
    if (!take_part(arena, by)) {
        arena->crowded = by;
        return 0;
    }
    arena->told = need;
    return 1;
}

void wfp_arena_wake(wfp_arena_t *arena, wfp_arena_share_t *payer)
{
    if (!arena->total) {
        return;
    }
    arena->led = payer != NULL;
    arena->share = payer ? payer : arena->own;
    arena->runs = 1;
    run_more(arena, arena->told);
}

static void stop_running(wfp_arena_t *arena)
{
    if (arena->runs) {
        run_more(arena, -arena->told);
        arena->runs = 0;
    }
}

void wfp_arena_join(wfp_arena_t *arena, wfp_arena_total_t *total,
                    wfp_arena_share_t *own, wfp_arena_share_t *payer)
{
    arena->total = total;
    if (total) {
        arena->own = own;
        arena->told = WFP_ARENA_EXTENT;
        (void)__atomic_add_fetch(&total->bytes, arena->told, __ATOMIC_RELAXED);
        wfp_arena_wake(arena, payer);
    }
}

void wfp_arena_part(wfp_arena_t *arena)
{
    stop_running(arena);
    if (arena->total) {
        (void)__atomic_sub_fetch(&arena->total->bytes, arena->told,
                                 __ATOMIC_RELAXED);
    }
}

void wfp_arena_settle(wfp_arena_t *arena)
{
    apr_int64_t now = (apr_int64_t)(wfp_arena_resident(arena) + arena->outside);

    stop_running(arena);
    if (arena->total) {
        (void)__atomic_add_fetch(&arena->total->bytes, now - arena->told,
                                 __ATOMIC_RELAXED);
        arena->told = now;
    }
}

int wfp_arena_has_room(const wfp_arena_total_t *total, apr_int64_t bytes)
{
    return __atomic_load_n(&total->bytes, __ATOMIC_RELAXED) + bytes
           <= total->max;
}

int wfp_arena_has_share(const wfp_arena_total_t *total,
                        const wfp_arena_share_t *share, apr_int64_t own,
                        apr_int64_t bytes)
{
    apr_int64_t all, room;

    all = share ? __atomic_load_n(share, __ATOMIC_RELAXED) + bytes : 0;
    if (all <= WFP_ARENA_KEEP) {
        return 1;
    }
    room = total->max - bytes
           - __atomic_load_n(&total->running, __ATOMIC_RELAXED);
    return all <= room || (all <= own + bytes && room >= total->max / 8);
}
