/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WFP_ARENA_TOTAL_H
#define WFP_ARENA_TOTAL_H

#include <apr.h>

/**
 * @file
 * What the arenas of a child hold together, and those that one Worker pays for:
 * each tells its part in steps, so that it seldom writes where others do. For
 * this room only.
 *
 * A share is what running arenas hold that one Worker pays for: its own, and
 * those that its calls led to. It grows while it has no more than is left free:
 * one has half of all at most, the next one half of the rest. However many have
 * it all, who comes has the little that WFP_ARENA_KEEP says.
 */

typedef struct wfp_arena_t wfp_arena_t;

/** Bytes of one share; atomic. */
typedef apr_int64_t wfp_arena_share_t;

/** What the arenas of a child hold together, in extents. They add to it and
 *  take away; whoever owns it makes room. */
typedef struct wfp_arena_total_t {
    apr_int64_t bytes;   /* atomic */
    apr_int64_t running; /* atomic: those that do not rest */
    apr_int64_t max;
    int (*make_room)(void *baton); /* give something back; 0: cannot */
    void *baton;
    /** The share of one Worker, NULL: it has none; may be NULL. */
    wfp_arena_share_t *(*share_of)(void *baton, const char *ns,
                                   const char *name);
} wfp_arena_total_t;

/** In which steps an arena asks for its share of the total, the first when it
 *  joins. Larger ones than what a small Worker has would count for it what it
 *  never takes, where many run at a time. */
#define WFP_ARENA_EXTENT (64 * 1024)

/** What an arena may hold however much the others do, and what a share may:
 *  nobody's hunger keeps a small one from running. Not an arena that another
 *  Worker pays for: of these a thread may have many. */
#define WFP_ARENA_KEEP (1024 * 1024)

/** Count it in a total from now on, and in the payer's share; NULL: in its own,
 *  where it has one. */
void wfp_arena_join(wfp_arena_t *arena, wfp_arena_total_t *total,
                    wfp_arena_share_t *own, wfp_arena_share_t *payer);

/** Give the total back what it does not hold, the share everything: it will
 *  rest. Wake: it runs again, in the payer's share as above. */
void wfp_arena_settle(wfp_arena_t *arena);
void wfp_arena_wake(wfp_arena_t *arena, wfp_arena_share_t *payer);

/** Say that it holds so many bytes, or wants to; it has a total. @return 0: that,
 *  or the share, has no room: `crowded` says for how much */
int wfp_arena_tell(wfp_arena_t *arena, apr_size_t bytes);

/** Count it nowhere any more. */
void wfp_arena_part(wfp_arena_t *arena);

/** Is there room for so many bytes? */
int wfp_arena_has_room(const wfp_arena_total_t *total, apr_int64_t bytes);

/** May a share, of which the asker holds `own`, grow by so much? A small one may
 *  in any case, and whoever is alone in it while an eighth of all stays free.
 *  share NULL: yes. */
int wfp_arena_has_share(const wfp_arena_total_t *total,
                        const wfp_arena_share_t *share, apr_int64_t own,
                        apr_int64_t bytes);

#endif
