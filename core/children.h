/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WFP_CHILDREN_H
#define WFP_CHILDREN_H

#include <apr_pools.h>

#include "core/result.h"
#include "core/wfp.h"

/**
 * @file
 * Figures that each process has of its own, put side by side in shared memory
 * that outlives generations, so that whoever is asked tells those of all. A
 * process writes its own place only; the parent takes the place back when it has
 * seen the process end, however it ended, and keeps what was counted. No locks.
 */

typedef struct wfp_children_t wfp_children_t;

/** Number of the layout: memory of another one is not used on. */
#define WFP_CHILDREN_LAYOUT (300 + WFP_CHILD_COUNT)

/** Places. A process that finds none is not told of. */
#define WFP_CHILDREN_MAX 4096

/** What is told. */
typedef enum {
    /* as it is now: gone with the process */
    WFP_CHILD_IDLE = 0,
    WFP_CHILD_RUNNING,
    WFP_CHILD_BYTES,
    WFP_CHILD_TRANSFERS_ACTIVE,
    /* counted: stays */
    WFP_CHILD_COUNTERS,
    WFP_CHILD_TRANSFERS = WFP_CHILD_COUNTERS,
    WFP_CHILD_EVICTED,
    WFP_CHILD_COUNT
} wfp_child_e;

typedef struct wfp_child_figures_t {
    apr_uint64_t n[WFP_CHILD_COUNT];
} wfp_child_figures_t;

/** Make it (anonymous, shared with children forked later), empty.
 *  @note start scope (parent, alone) */
apr_status_t wfp_children_create(wfp_children_t **pchildren, wfp_result_t *res,
                                 apr_pool_t *p) WFP_CHECK;

/** Take a place. @return it; -1: there is none @note child scope */
int wfp_children_join(wfp_children_t *children, apr_int64_t pid);

/** Write one's place. @param place  of wfp_children_join(); -1: nothing */
void wfp_children_tell(wfp_children_t *children, int place,
                       const wfp_child_figures_t *figures);

/** The place that a process has. @return it; -1: none @note the parent */
int wfp_children_place(const wfp_children_t *children, apr_int64_t pid);

/** That process has ended. @note the parent, one at a time */
void wfp_children_left(wfp_children_t *children, apr_int64_t pid);

/** Sum up all, and what is left of those that ended. Counters never step back,
 *  unless the parent died at its work: for that it waits some tenths of a second.
 *  @return how many processes have a place */
int wfp_children_sum(wfp_child_figures_t *sum, wfp_children_t *children);

#endif
