/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WFP_TAIL_HEARD_H
#define WFP_TAIL_HEARD_H

#include <apr_time.h>

#include "core/lane.h"
#include "core/shared_memory.h"

/**
 * @file
 * To which Workers somebody listens, for the hot path: whoever runs one asks
 * here, without a lock, whether readers of its tails want the record of what it
 * begins. They want so many a second; more than that are never made, and
 * counted. In shared memory. Any thread of any process, but for publish().
 */

#define WFP_TAIL_HEARD_MAX 128 /* Workers */

/** Records a second of a Worker that its readers are told, and how many of them
 *  may come at once. Nobody reads more as they happen; WfpLog has them all. */
#define WFP_TAIL_HEARD_RATE  1000
#define WFP_TAIL_HEARD_BURST 2000

/** A count of records that were left out; a line of the cache for each lane. */
typedef struct wfp_tail_missed_t {
    apr_uint64_t n; /* atomic */
    char pad[WFP_SHARED_LINE - sizeof(apr_uint64_t)];
} wfp_tail_missed_t;

/** What a Worker may tell yet. */
typedef struct wfp_tail_allowance_t {
    apr_int32_t left;    /* atomic; below 0: as 0 */
    apr_time_t refilled; /* atomic; as core/clock.h tells it */
    char pad[WFP_SHARED_LINE - 2 * sizeof(apr_time_t)];
    wfp_tail_missed_t missed[WFP_LANES];
} wfp_tail_allowance_t;

/** At a line's beginning. */
typedef struct wfp_tail_heard_t {
    wfp_tail_allowance_t allowances[WFP_TAIL_HEARD_MAX];
    apr_uint64_t seed;  /* of numbers: who names Workers cannot aim at others */
    apr_uint32_t count; /* atomic: tails that are connected */
    apr_uint32_t used;  /* atomic: places to look at */
    apr_uint32_t numbers[WFP_TAIL_HEARD_MAX]; /* atomic; 0: a free place */
} wfp_tail_heard_t;

/** A number for a Worker, never 0; another one may have the same. */
apr_uint32_t wfp_tail_heard_number(const wfp_tail_heard_t *heard,
                                   const char *ns, const char *name);

/**
 * These are heard from now on, and no others. Under the lock of whoever has
 * them; who is killed in the middle leaves nothing that the next call does not
 * mend.
 *
 * @param numbers  of n Workers, n <= WFP_TAIL_HEARD_MAX; any may be there twice
 */
void wfp_tail_heard_publish(wfp_tail_heard_t *heard,
                            const apr_uint32_t *numbers, int n);

/** What becomes of a record. */
typedef enum {
    WFP_TAIL_NOBODY = 0, /* listens */
    WFP_TAIL_TOO_MANY,   /* it was counted as left out */
    WFP_TAIL_TAKES       /* whoever asked tells it */
} wfp_tail_claim_e;

/** Does anybody listen to the Worker of that number? May say so in vain. */
wfp_tail_claim_e wfp_tail_heard_claim(wfp_tail_heard_t *heard,
                                      apr_uint32_t number);

/** A record that was claimed could not be told. */
void wfp_tail_heard_miss(wfp_tail_heard_t *heard, apr_uint32_t number);

/** What time has brought; by those who serve readers, a few times a second. */
void wfp_tail_heard_refill(wfp_tail_heard_t *heard, apr_uint32_t number,
                           apr_time_t now);

/** Records of a Worker that were left out so far; only its growth between two
 *  looks means something. */
apr_uint64_t wfp_tail_heard_missed(const wfp_tail_heard_t *heard,
                                   apr_uint32_t number);

#endif
