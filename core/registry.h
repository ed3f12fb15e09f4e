/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WFP_REGISTRY_H
#define WFP_REGISTRY_H

#include <apr_pools.h>

#include "core/limits.h"
#include "core/result.h"
#include "core/wfp.h"

/**
 * @file
 * The shared-memory table of all Workers (and namespaces) that this server
 * knows. One segment a server generation, inherited by the children; readers
 * take no lock. The layout is drawn in registry.c, decisions and their
 * reasons in docs/architecture.md (Registry).
 *
 * A key is (namespace, name). Account scripts have namespace WFP_ACCOUNT_NS;
 * the settings of a namespace are the entry (namespace, "").
 *
 * Phases of a segment: made (parent, post_config) -> filled from the old
 * generation (parent) -> serving (children, any thread) -> unmapped with its
 * pool.
 */

typedef struct wfp_registry_t wfp_registry_t;

/** What is copied out for every request; no pool needed. */
typedef struct wfp_entry_t {
    char ns[WFP_NAME_MAX + 1];
    char name[WFP_NAME_MAX + 1];
    char version_id[WFP_UUID_SIZE];
    apr_int64_t stamp; /* also the version's key: every change of a
                               * Worker has a stamp of its own */
    wfp_limits_t limits;
    apr_uint32_t flags;     /* free for the caller: mod_wfp's WFP_ENTRY_* */
    apr_uint32_t body_size; /* bytes of the packed script */
    apr_uint32_t slot;      /* where it was: for wfp_registry_body() */
} wfp_entry_t;

typedef struct wfp_registry_stats_t {
    apr_uint64_t slots;  /* room in the index */
    apr_uint64_t known;  /* live entries */
    apr_uint64_t bodies; /* entries whose body is in memory */
    apr_uint64_t body_bytes_used;
    apr_uint64_t body_bytes_free;
    apr_uint64_t hits, misses, loads, evicted_bodies, evicted_entries, repairs;
} wfp_registry_stats_t;

/** Counters, the hits to the repairs of wfp_registry_stats_t. */
typedef struct wfp_registry_counts_t wfp_registry_counts_t;

/** Number of their layout: memory of another one is not used on. */
#define WFP_REGISTRY_COUNTS_LAYOUT 1

/**
 * Make a segment (anonymous, shared with children forked later).
 *
 * @param size_bytes  whole segment; at least 1 MB. A quarter becomes the
 *                    index (128 bytes a slot), the rest bodies
 * @param res         told the reason
 * @return APR_SUCCESS; APR_EINVAL: size too small; APR_ENOMEM and other
 *         values of the system
 * @note start scope (parent, alone)
 */
apr_status_t wfp_registry_create(wfp_registry_t **preg, apr_size_t size_bytes,
                                 wfp_result_t *res, apr_pool_t *p) WFP_CHECK;

/** Make counters that outlive segments, all 0. @note start scope */
apr_status_t wfp_registry_counts_create(wfp_registry_counts_t **pcounts,
                                        wfp_result_t *res,
                                        apr_pool_t *p) WFP_CHECK;

/** Count there from now on; several segments may. @note start scope, before
 *  children are forked */
void wfp_registry_count_in(wfp_registry_t *reg, wfp_registry_counts_t *counts);


/**
 * From now on namespaces share the room: one that has more than the average
 * gives way to the others, and evicts nothing but its own and what others have
 * above the average. A put that finds no room so is refused with APR_ENOSPC.
 *
 * @note start scope, before the first put
 */
void wfp_registry_be_fair(wfp_registry_t *reg);

/**
 * Look a Worker up. The hot path: no lock, no system call, no allocation.
 *
 * @return APR_SUCCESS: *out is filled in; APR_NOTFOUND: known not to exist
 *         (a miss cached within the last second); APR_EAGAIN: not known, or
 *         its body was evicted: load it (wfp_registry_claim())
 * @note any thread of a child
 */
apr_status_t wfp_registry_get(wfp_entry_t *out, wfp_registry_t *reg,
                              const char *ns, const char *name) WFP_CHECK;

/**
 * Copy the packed body of an entry that wfp_registry_get() gave.
 *
 * @param pblob  in p
 * @return APR_SUCCESS; APR_EAGAIN: the entry has changed or its body has gone
 *         since: get it again
 */
apr_status_t wfp_registry_body(const char **pblob, wfp_registry_t *reg,
                               const wfp_entry_t *entry,
                               apr_pool_t *p) WFP_CHECK;

/**
 * After APR_EAGAIN of get: shall I load it?
 *
 * @return APR_SUCCESS: you do, and must end with put, put_absent or unclaim;
 *         APR_EBUSY: it is there by now, or another thread or process is
 *         loading it: wait a little and get again (a loader that died, or
 *         needs more than 10 s, is taken over); other: the writers' mutex
 *         failed
 */
apr_status_t wfp_registry_claim(wfp_registry_t *reg, const char *ns,
                                const char *name) WFP_CHECK;

/** The load failed (store down): nothing is remembered. */
void wfp_registry_unclaim(wfp_registry_t *reg, const char *ns,
                          const char *name);

/**
 * Put a version in, visible to every child when this returns. A stamp that is
 * older than what is there is ignored (APR_SUCCESS).
 *
 * @param entry  ns, name, version_id, stamp, limits, flags are taken; slot and
 *               body_size are not read
 * @param blob   the packed body, size bytes, copied
 * @return APR_SUCCESS; APR_ENOSPC: larger than the whole room for bodies;
 *         other: the writers' mutex failed
 */
apr_status_t wfp_registry_put(wfp_registry_t *reg, const wfp_entry_t *entry,
                              const char *blob, apr_size_t size,
                              wfp_result_t *res) WFP_CHECK;

/**
 * It does not exist (any more).
 *
 * @param stamp  of the deletion: older than the entry's: ignored; 0: a miss
 *               found by a loader, remembered for one second
 */
apr_status_t wfp_registry_put_absent(wfp_registry_t *reg, const char *ns,
                                     const char *name,
                                     apr_int64_t stamp) WFP_CHECK;

/**
 * Forget what is known of a name: the next get loads it. For a change by
 * another host of which only the name is known.
 *
 * @param stamp  of that change: an entry at least as new stays; afterwards a
 *               put with an older stamp is ignored, also from a load begun
 *               before this
 */
apr_status_t wfp_registry_invalidate(wfp_registry_t *reg, const char *ns,
                                     const char *name,
                                     apr_int64_t stamp) WFP_CHECK;

/**
 * Forget every entry of a namespace, its settings included, and refuse what a
 * load begun before this brings.
 *
 * @param stamp  of the deletion: newer entries stay
 */
apr_status_t wfp_registry_drop_namespace(wfp_registry_t *reg, const char *ns,
                                         apr_int64_t stamp) WFP_CHECK;

/** Forget every entry not newer than stamp: what happened up to it can no
 *  longer be followed change by change. */
apr_status_t wfp_registry_drop_all(wfp_registry_t *reg,
                                   apr_int64_t stamp) WFP_CHECK;

/**
 * Forget everything, also what is newer than stamp, and go on from there: it
 * cannot be followed change by change, and the numbers of an older copy of the
 * database have yet to come to those that were seen.
 */
apr_status_t wfp_registry_start_over(wfp_registry_t *reg,
                                     apr_int64_t stamp) WFP_CHECK;

/** The change number up to which this segment has followed the store. */
apr_int64_t wfp_registry_synced(wfp_registry_t *reg);

/** Set it; never backwards, which start_over() alone does. */
void wfp_registry_set_synced(wfp_registry_t *reg, apr_int64_t stamp);

/** When (core/clock.h) the store was asked last and all that it said was taken
 *  in; at first when the segment was made. */
apr_time_t wfp_registry_followed(wfp_registry_t *reg);

/** Set it. @param when  just before the store was asked */
void wfp_registry_set_followed(wfp_registry_t *reg, apr_time_t when);

/**
 * Say how the last turn of whoever follows the store ended.
 * @param failing  1: the store did not answer, 0: it did
 * @return 1 when the turn before, of whichever child, ended otherwise: of all
 *         children one is to log it
 */
int wfp_registry_tell_failing(wfp_registry_t *reg, int failing);

/** Become the one process that follows the store for the next ms
 *  milliseconds (several children, one poller). @return 1: you are */
int wfp_registry_take_sync_turn(wfp_registry_t *reg, apr_int64_t ms);

/**
 * Copy all entries of the old generation's segment, newest used first, until
 * the new one is full; and its synced number.
 * @note start scope; children of the old generation may still be writing
 */
apr_status_t wfp_registry_copy(wfp_registry_t *to,
                               wfp_registry_t *from) WFP_CHECK;

/** Numbers for status pages. */
void wfp_registry_stats(wfp_registry_stats_t *stats, wfp_registry_t *reg);

/**
 * Walk everything and compare it with itself; repairs nothing itself (but
 * takes the writers' mutex, and whoever gets that from a dead writer repairs).
 *
 * @param res  told the first thing found wrong
 * @return APR_SUCCESS or APR_EGENERAL
 */
apr_status_t wfp_registry_validate(wfp_registry_t *reg,
                                   wfp_result_t *res) WFP_CHECK;

#endif
