/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WFP_TAILS_H
#define WFP_TAILS_H

#include <apr_pools.h>
#include <apr_time.h>

#include "core/result.h"
#include "core/tail_heard.h"
#include "core/wfp.h"

/**
 * @file
 * Who follows the records of which Worker: a table in shared memory of the live
 * tails of a host. Whoever runs Workers asks core/tail_heard.h whether anybody
 * listens; what is here takes a robust lock. One that is connected is
 * kept alive by its child, so those of a killed child go by themselves. Any
 * thread of any process that has the segment.
 */

typedef struct wfp_tails_t wfp_tails_t;

#define WFP_TAILS_MAX        WFP_TAIL_HEARD_MAX /* of a host */
#define WFP_TAILS_OF_WORKER  10
#define WFP_TAILS_ID_SIZE    33 /* 32 hex digits */
#define WFP_TAILS_NAME_SIZE  64
#define WFP_TAILS_FILTERS    2048
#define WFP_TAILS_LAYOUT     4
#define WFP_TAILS_KEEP_EVERY apr_time_from_sec(1)

/** A tail. */
typedef struct wfp_tails_entry_t {
    int slot; /* the table's */
    char id[WFP_TAILS_ID_SIZE];
    char secret[WFP_TAILS_ID_SIZE]; /* whoever knows it may connect */
    char ns[WFP_TAILS_NAME_SIZE];   /* WFP_ACCOUNT_NS: an account Worker */
    char name[WFP_TAILS_NAME_SIZE];
    char token[WFP_TAILS_ID_SIZE];   /* by whose right: its id; "": nobody's */
    char filters[WFP_TAILS_FILTERS]; /* as core/tail_filter.h reads them */
    apr_time_t end;                  /* core/clock.h */
    apr_time_t expires;              /* the same by the wall clock, to tell */
} wfp_tails_entry_t;

/** @note start scope */
apr_status_t wfp_tails_create(wfp_tails_t **ptails, wfp_result_t *res,
                              apr_pool_t *p) WFP_CHECK;

/**
 * Make one, not connected yet.
 *
 * @param tail  in: ns, name, token, filters; the rest is filled in
 * @param life  how long it may live
 * @return APR_ENOSPC: the Worker, or the host, has as many as it may; other: the
 *         lock, or no random numbers
 */
apr_status_t wfp_tails_add(wfp_tails_entry_t *tail, apr_interval_time_t life,
                           wfp_tails_t *tails) WFP_CHECK;

/** The one whose secret this is. @return APR_NOTFOUND: none, or it is over */
apr_status_t wfp_tails_find(wfp_tails_entry_t *tail, wfp_tails_t *tails,
                            const char *secret) WFP_CHECK;

/** Those of a Worker, in a list of WFP_TAILS_OF_WORKER. @return how many */
int wfp_tails_list(wfp_tails_entry_t *list, wfp_tails_t *tails, const char *ns,
                   const char *name);

/** End one of a Worker's; whoever serves it hears within a second.
 *  @return APR_NOTFOUND: it has none of this id */
apr_status_t wfp_tails_end(wfp_tails_t *tails, const char *ns, const char *name,
                           const char *id) WFP_CHECK;

/** A token is no more, and neither are its tails. @param token  NULL: any
 *  @return 0: the lock is not to be had, they go on */
int wfp_tails_end_token(wfp_tails_t *tails, const char *token);

/** A number that grows whenever some are ended before their time: who serves any
 *  asks then, not a second later. */
apr_uint32_t wfp_tails_ended(const wfp_tails_t *tails);

/**
 * Somebody listens from now on.
 *
 * @param held_max  0, or: it keeps a thread of httpd's, and so many may
 * @return APR_NOTFOUND: it is over; APR_EBUSY: it is connected; APR_ENOSPC: too
 *         many keep threads
 */
apr_status_t wfp_tails_connect(wfp_tails_t *tails,
                               const wfp_tails_entry_t *tail,
                               int held_max) WFP_CHECK;

/** Who is connected says so every WFP_TAILS_KEEP_EVERY. @return 0: it is over */
int wfp_tails_keep(wfp_tails_t *tails, const wfp_tails_entry_t *tail);

/** Nobody listens any more. @param over 0: it may connect again */
void wfp_tails_leave(wfp_tails_t *tails, const wfp_tails_entry_t *tail,
                     int over);

/** Take those out that are over, or whose child is gone. */
void wfp_tails_sweep(wfp_tails_t *tails);

/** Whose records they want. */
wfp_tail_heard_t *wfp_tails_heard(const wfp_tails_t *tails);

/** How many are connected. */
int wfp_tails_count(const wfp_tails_t *tails);

#endif
