/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What is kept for the branch of a split body that is behind counts against the
 * isolate that split it, like all bytes that are held for it outside Lua. Made
 * by state.c for api/, ended by run.c; the branches may outlive the invocation
 * in other hands.
 */
#include "lua_runtime/split.h"

#include "lua_runtime/inside.h"

struct wfp_split_t {
    wfp_invocation_t *inv; /* NULL: it has ended */
    wfp_split_t *next;
    wfp_body_t *branches[2];
    wfp_tee_room_t room;
};

/* A quarter of the memory stays for the script: it must not die of what is kept
 * where the branch that is behind can be given up. */
static int take_room(void *baton, apr_size_t n)
{
    const wfp_split_t *split = baton;
    wfp_arena_t *arena;

    if (!split->inv || split->inv->iso->dead) {
        return 0;
    }
    arena = &split->inv->iso->arena;
    if (arena->used + n > arena->limit / 4 * 3 || !wfp_arena_charge(arena, n)) {
        return 0;
    }
    split->inv->budget.charged += n;
    return 1;
}

static void give_room(void *baton, apr_size_t n)
{
    const wfp_split_t *split = baton;

    if (split->inv) {
        wfp_arena_discharge(&split->inv->iso->arena, n);
        split->inv->budget.charged -= n;
    }
}

apr_status_t wfp_split_make(wfp_body_t **pa, wfp_body_t **pb,
                            wfp_invocation_t *inv, wfp_body_t *source)
{
    wfp_split_t *split = apr_pcalloc(inv->pool, sizeof(*split));
    apr_status_t rv;

    split->inv = inv;
    split->room.take = take_room;
    split->room.give = give_room;
    split->room.baton = split;
    rv = wfp_tee_make(&split->branches[0], &split->branches[1], source,
                      &split->room, inv->pool);
    if (rv != APR_SUCCESS) {
        return rv;
    }
    split->next = inv->splits;
    inv->splits = split;
    *pa = split->branches[0];
    *pb = split->branches[1];
    return APR_SUCCESS;
}

void wfp_split_end_all(wfp_invocation_t *inv)
{
    wfp_split_t *split;

    for (split = inv->splits; split; split = split->next) {
        wfp_tee_forget(split->branches[0]);
        wfp_tee_forget(split->branches[1]);
        split->inv = NULL;
    }
    inv->splits = NULL;
}
