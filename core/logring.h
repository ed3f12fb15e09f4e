/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WFP_LOGRING_H
#define WFP_LOGRING_H

#include <apr_pools.h>

#include "core/result.h"
#include "core/wfp.h"

/**
 * @file
 * Records on their way from those who make them to those who write them down:
 * a ring of bytes in shared memory. Putting takes no lock and no system call
 * and never waits: a full ring drops the record and counts it. A process that
 * is killed while it puts loses that one record; one that is killed while it
 * takes loses none: the few it had come again. Any thread of any process that
 * has the segment.
 */

typedef struct wfp_logring_t wfp_logring_t;

/** The longest record, in bytes. */
#define WFP_LOGRING_RECORD_MAX (512 * 1024)

/** Kinds of records are below this. */
#define WFP_LOGRING_KINDS 0xffff

/** What is taken at a time, in records. */
#define WFP_LOGRING_BATCH_MAX 192

/** What became of all records. */
typedef struct wfp_logring_stats_t {
    apr_uint64_t taken;   /* that were taken out */
    apr_uint64_t dropped; /* that found no room, or were too long */
    apr_uint64_t lost;    /* of processes that were killed while they put */
} wfp_logring_stats_t;

/** A record as it is taken out; valid until the function returns. */
typedef struct wfp_logring_record_t {
    const char *data;
    apr_size_t n;
    apr_uint32_t kind;  /* the putter's, below WFP_LOGRING_KINDS */
    apr_uint32_t whose; /* the putter's: what followers know it by */
} wfp_logring_record_t;

/**
 * Make a ring (anonymous, shared with children forked later).
 *
 * @param bytes  at least 2 * WFP_LOGRING_RECORD_MAX; rounded up
 * @note start scope (parent, alone)
 */
apr_status_t wfp_logring_create(wfp_logring_t **pring, apr_size_t bytes,
                                wfp_result_t *res, apr_pool_t *p) WFP_CHECK;

/** Number of the counters' layout: memory of another one is not used on. */
#define WFP_LOGRING_STATS_LAYOUT 2

/** Make counters that outlive rings, all 0. @note start scope */
apr_status_t wfp_logring_stats_create(wfp_logring_stats_t **pstats,
                                      wfp_result_t *res,
                                      apr_pool_t *p) WFP_CHECK;

/** Count there from now on; several rings may. @note start scope, before children
 *  are forked */
void wfp_logring_count_in(wfp_logring_t *ring, wfp_logring_stats_t *stats);

/** One is put soon: let the processor fetch what it would wait for then, as the
 *  last put was mostly another processor's. */
void wfp_logring_expect(const wfp_logring_t *ring);

/** Put a record. @return 0: it was dropped, and counted */
int wfp_logring_put(wfp_logring_t *ring, apr_uint32_t kind, apr_uint32_t whose,
                    const char *data, apr_size_t n);

/** A record that is made where it will lie. */
typedef struct wfp_logring_run_t {
    apr_uint64_t place;
} wfp_logring_run_t;

/**
 * Room for a record in the ring itself. Whoever takes waits for it, so it has to be
 * closed soon.
 *
 * @param room  bytes, WFP_LOGRING_RECORD_MAX or less
 * @return NULL: the ring is half full, or there is none in one piece;
 *         wfp_logring_put() may still find some, and counts what it drops
 */
char *wfp_logring_open(wfp_logring_run_t *run, wfp_logring_t *ring,
                       apr_size_t room);

/** It is made, of n bytes. */
void wfp_logring_close(wfp_logring_t *ring, const wfp_logring_run_t *run,
                       apr_uint32_t kind, apr_uint32_t whose, apr_size_t n);

/** A few records. @return 1: they are gone from the ring from then on; 0: they
 *  stay, and nothing more is taken */
typedef int wfp_logring_fn(void *baton, const wfp_logring_record_t *records,
                           int n);

/**
 * Take all records that are there now, in the order of their puts, a few at a time.
 * One process does so at a time; a second one returns at once.
 *
 * @param scratch  for the records, WFP_LOGRING_RECORD_MAX bytes or more
 * @param most  records at a time, WFP_LOGRING_BATCH_MAX or less
 * @return how many were taken; -1: another one is at it
 */
apr_int64_t wfp_logring_take(wfp_logring_t *ring, wfp_logring_fn *fn,
                             void *baton, char *scratch,
                             apr_size_t scratch_bytes, int most);

/** Where a follower is that sees records without taking them. */
typedef struct wfp_logring_place_t {
    apr_uint64_t at;
    apr_uint32_t number; /* of the next record, as puts are counted */
    int is_gap;          /* some went by since */
} wfp_logring_place_t;

/** @return 1: a record of that one is wanted; 0: it is passed over */
typedef int wfp_logring_wants_fn(void *baton, apr_uint32_t whose);

/** Begin at the next record that is put. */
void wfp_logring_follow(wfp_logring_place_t *place, wfp_logring_t *ring);

/**
 * The next record for a follower that it wants, copied to scratch.
 *
 * @param pmissed  increased by how many went by unseen, of all the ring's, when it
 *                 went round before they were seen
 * @param wants  NULL: all
 * @return 1; 0: none yet
 */
int wfp_logring_next(wfp_logring_record_t *record, wfp_logring_place_t *place,
                     apr_uint64_t *pmissed, wfp_logring_t *ring,
                     wfp_logring_wants_fn *wants, void *baton, char *scratch,
                     apr_size_t scratch_bytes);

/** A number that grows with each record. */
apr_uint64_t wfp_logring_end(const wfp_logring_t *ring);

/** Was all taken that was put? */
int wfp_logring_is_empty(const wfp_logring_t *ring);

/** Read the counters. */
void wfp_logring_stats(wfp_logring_stats_t *stats, wfp_logring_t *ring);

#endif
