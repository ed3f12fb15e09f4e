/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WFP_ARENA_H
#define WFP_ARENA_H

#include <apr.h>
#include <apr_errno.h>
#include <stddef.h>

#include "core/wfp.h"
#include "lua_runtime/arena_total.h"

/**
 * @file
 * The memory of one isolate: one private mapping, given back whole. For this
 * room only.
 *
 * Layout of the mapping (units are numbered from 1, so that 0 is "none"):
 *
 *     +-----------+------------------+---------------------+-------------+
 *     | owner     | one wfp_unit_t   | units of 1 KB       | never       |
 *     | (isolate) | a unit           | 1 .. top - 1        | touched     |
 *     +-----------+------------------+---------------------+-------------+
 *
 * A unit is a slab of equal small blocks, or part of a span: one block of more
 * than 1 KB, or free. Blocks have no header (Lua tells their size); what they
 * really cost is charged.
 */

/** Bytes of a unit. */
#define WFP_ARENA_UNIT 1024

/** Small block sizes. */
#define WFP_ARENA_CLASSES 15

/** Free spans by the logarithm of their length. */
#define WFP_ARENA_BINS 24

/** What is known of a unit. */
typedef struct wfp_unit_t {
    apr_byte_t kind;    /* arena.c */
    apr_byte_t class;   /* of a slab */
    apr_uint16_t used;  /* blocks of a slab in use */
    apr_uint32_t value; /* slab: first free block; span: its units */
    apr_uint32_t next;  /* in the list of its class or bin */
    apr_uint32_t prev;
} wfp_unit_t;

/** Called by the allocator; baton is the arena's owner. full and left do not
 *  return while Lua runs. */
typedef struct wfp_arena_calls_t {
    void (*full)(void *baton);   /* the limit is reached, or the total's */
    void (*soft)(void *baton);   /* the soft limit is passed: collect soon */
    void (*left)(void *baton);   /* a leave that had to wait is due */
    int (*crowded)(void *baton); /* the total's limit: 1: some of it is free */
} wfp_arena_calls_t;

struct wfp_arena_t {
    volatile int busy;    /* the allocator's data is being changed */
    volatile int pending; /* a leave waits for it */
    apr_size_t used;      /* cost of all blocks, and of what was charged */
    apr_size_t peak;      /* largest used since wfp_arena_mark() */
    apr_size_t limit;
    apr_size_t soft;
    apr_size_t outside;       /* of used: charged, lives elsewhere */
    apr_int64_t told;         /* its part of the total */
    apr_int64_t crowded;      /* bytes that the total, or the share, had no
                               * room for, when what was asked for last failed
                               * for that */
    wfp_arena_share_t *own;   /* its Worker's share; NULL: none */
    wfp_arena_share_t *share; /* that it counts in while it runs, its
                               * own or who pays for it; NULL: none */
    int led;                  /* another one pays */
    int runs;                 /* told is in share, too */
    wfp_arena_total_t *total; /* NULL: not counted */
    const wfp_arena_calls_t *calls;
    void *baton;
    char *mapping;
    apr_size_t mapped;
    char *zero; /* where unit 0 would be */
    wfp_unit_t *units;
    apr_uint32_t top;       /* units below were handed out once */
    apr_uint32_t units_max; /* top's end */
    apr_uint32_t clean;     /* units below top without memory behind them */
    apr_uint32_t bins_used; /* bit n: bins[n] is not empty */
    apr_uint32_t bins[WFP_ARENA_BINS];
    apr_uint32_t slabs[WFP_ARENA_CLASSES]; /* with free blocks */
};

/**
 * Map an arena.
 *
 * @param powner  owner_size zeroed bytes at its start, where the caller keeps
 *                the wfp_arena_t itself and what else belongs to it
 * @param offset  of the wfp_arena_t in the owner
 * @param limit   bytes
 * @return APR_ENOMEM: no address space
 */
apr_status_t wfp_arena_create(void **powner, apr_size_t owner_size,
                              apr_size_t offset, apr_size_t limit,
                              const wfp_arena_calls_t *calls) WFP_CHECK;

/** Unmap it, owner included. */
void wfp_arena_destroy(wfp_arena_t *arena);

/** A lua_Alloc; ud is the arena. NULL only where `full` returns. */
void *wfp_arena_alloc(void *ud, void *block, size_t osize, size_t nsize);

/** Count bytes that live elsewhere. @return 0: they do not fit, or, when
 *  `crowded` is set, not into the total */
int wfp_arena_charge(wfp_arena_t *arena, apr_size_t bytes);
void wfp_arena_discharge(wfp_arena_t *arena, apr_size_t bytes);

/** Give the memory of free spans back to the system. */
void wfp_arena_trim(wfp_arena_t *arena);

/** Bytes of memory that may stand behind it. */
apr_size_t wfp_arena_resident(const wfp_arena_t *arena);

#endif
