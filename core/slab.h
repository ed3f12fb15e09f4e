/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WFP_SLAB_H
#define WFP_SLAB_H

#include <apr.h>
#include <apr_errno.h>

#include "core/wfp.h"

/**
 * @file
 * Allocator of blocks in shared memory: runs of units of 128 bytes. Free runs
 * hang in lists, one for each size class (a class = the runs of 2^k to
 * 2^(k+1)-1 units), and neighbours merge, so a block of any size up to the
 * whole area can be had when enough is given back.
 *
 * Nothing here locks: the caller holds the writers' mutex. Nothing here is
 * trusted after a writer died: the caller rebuilds (begin, mark..., end) from
 * what it knows to be in use.
 */

/** Bytes of a unit. */
#define WFP_SLAB_UNIT 128

/** Size classes. */
#define WFP_SLAB_CLASSES 32

/** One a unit, beside the area. */
typedef struct wfp_slab_cell_t {
    apr_uint32_t what;  /* first unit: the owner, or free; see slab.c */
    apr_uint32_t units; /* first unit: length of the run */
} wfp_slab_cell_t;

/** The allocator's own words, in the segment. */
typedef struct wfp_slab_state_t {
    apr_uint32_t units;      /* in the area */
    apr_uint32_t free_units; /* of them free */
    apr_uint32_t hand;       /* of the clock: always the start of a run */
    apr_uint32_t pad;
    apr_uint32_t list[WFP_SLAB_CLASSES]; /* first free run + 1, or 0 */
} wfp_slab_state_t;

/** One process's view of an allocator; never in the segment. */
typedef struct wfp_slab_t {
    wfp_slab_state_t *state;
    wfp_slab_cell_t *cells;
    char *area;
} wfp_slab_t;

/** A run of units as found on a walk. */
typedef struct wfp_slab_run_t {
    apr_uint32_t start; /* first unit, from 0 */
    apr_uint32_t units;
    apr_uint32_t owner; /* 0: free */
} wfp_slab_run_t;

/** Set an area of this many units up: all free. */
void wfp_slab_format(wfp_slab_t *slab, apr_uint32_t units);

/**
 * Take a block.
 *
 * @param units  at least 1
 * @param owner  1 to 0x7fffffff, the caller's
 * @return its first unit + 1; 0: no free run is long enough
 */
apr_uint32_t wfp_slab_take(wfp_slab_t *slab, apr_uint32_t units,
                           apr_uint32_t owner);

/**
 * Give a block back.
 * @return the unit behind the free run that it is now part of: where a walk
 *         goes on
 */
apr_uint32_t wfp_slab_give(wfp_slab_t *slab, apr_uint32_t block);

/** Write down a new owner of a block; out of range: nothing. */
void wfp_slab_set_owner(wfp_slab_t *slab, apr_uint32_t block,
                        apr_uint32_t owner);

/** The run that starts at this unit; the next starts at start + units. */
void wfp_slab_at(wfp_slab_run_t *run, const wfp_slab_t *slab,
                 apr_uint32_t start);

/** Rebuild, first step: forget everything. */
void wfp_slab_rebuild_begin(wfp_slab_t *slab);

/**
 * Rebuild, for each block in use.
 *
 * @return APR_SUCCESS; APR_EINVAL: out of range or over another block:
 *         nothing was marked
 */
apr_status_t wfp_slab_rebuild_mark(wfp_slab_t *slab, apr_uint32_t block,
                                   apr_uint32_t units,
                                   apr_uint32_t owner) WFP_CHECK;

/** Rebuild, last step: what was not marked is free. */
void wfp_slab_rebuild_end(wfp_slab_t *slab);

/**
 * Compare the allocator with itself.
 *
 * @param pwhat  what is wrong
 * @return APR_SUCCESS or APR_EGENERAL
 */
apr_status_t wfp_slab_validate(const char **pwhat,
                               const wfp_slab_t *slab) WFP_CHECK;

/** Where a block's bytes are. */
static inline char *wfp_slab_bytes(const wfp_slab_t *slab, apr_uint32_t block)
{
    return slab->area + (apr_size_t)(block - 1) * WFP_SLAB_UNIT;
}

#endif
