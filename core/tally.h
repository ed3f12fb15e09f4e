/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WFP_TALLY_H
#define WFP_TALLY_H

#include <apr_pools.h>

#include "core/result.h"
#include "core/wfp.h"

/**
 * @file
 * What goes out, by namespace: counters in shared memory. A namespace gets a
 * row when it makes its first call; when all rows are taken the rest share
 * one. No locks: any thread of any child may call anything at any time.
 */

typedef struct wfp_tally_t wfp_tally_t;

/** Rows, the shared one included. */
#define WFP_TALLY_ROWS 1024

/** How a call ended. */
typedef enum {
    WFP_TALLY_SENT = 0, /* an origin answered */
    WFP_TALLY_ANSWERED, /* an outbound Worker or a filter did */
    WFP_TALLY_BLOCKED,
    WFP_TALLY_FAILED,
    WFP_TALLY_ENDS
} wfp_tally_e;

/** Why it ended so. */
typedef enum {
    WFP_TALLY_ORIGIN = 0,  /* sent: an origin answered */
    WFP_TALLY_OUTBOUND,    /* the outbound Worker answered, or failed */
    WFP_TALLY_FILTER,      /* a filter of another module did, or refused */
    WFP_TALLY_POLICY,      /* refused: where one may go */
    WFP_TALLY_EGRESS,      /* refused: this Worker may not go out */
    WFP_TALLY_HEAD,        /* refused: the request's head */
    WFP_TALLY_SUBREQUESTS, /* refused: too many of them */
    WFP_TALLY_NETWORK,     /* failed: no connection, no answer, a broken one */
    WFP_TALLY_TIMEOUT,
    WFP_TALLY_ABORTED,
    WFP_TALLY_REDIRECTS,
    WFP_TALLY_TOO_LARGE,
    WFP_TALLY_OTHER,
    WFP_TALLY_REASONS
} wfp_tally_reason_e;

/** Number of the layout: memory of another one is not used on. */
#define WFP_TALLY_LAYOUT (100 * WFP_TALLY_ENDS + WFP_TALLY_REASONS)

/** One namespace's figures. */
typedef struct wfp_tally_row_t {
    char ns[WFP_NAME_MAX + 1]; /* "": account scripts; "*": all others */
    apr_uint64_t calls[WFP_TALLY_ENDS];
    apr_uint64_t why[WFP_TALLY_ENDS][WFP_TALLY_REASONS];
    apr_uint64_t bytes_out; /* of requests' bodies */
    apr_uint64_t bytes_in;  /* of responses' bodies */
} wfp_tally_row_t;

/**
 * Make the counters (anonymous, shared with children forked later), all 0.
 * @note start scope (parent, alone)
 */
apr_status_t wfp_tally_create(wfp_tally_t **ptally, wfp_result_t *res,
                              apr_pool_t *p) WFP_CHECK;

/** Count a call of a Worker of this namespace. */
void wfp_tally_add(wfp_tally_t *tally, const char *ns, wfp_tally_e end,
                   wfp_tally_reason_e why, apr_uint64_t bytes_out,
                   apr_uint64_t bytes_in);

/** Copy the next row: *pat is 0 at first, then left alone. The last one is "*".
 *  @return 0: there is none */
int wfp_tally_read(wfp_tally_row_t *row, wfp_tally_t *tally, int *pat);

/** "sent" etc. */
const char *wfp_tally_name(wfp_tally_e end);

/** "policy" etc. */
const char *wfp_tally_reason(wfp_tally_reason_e why);

#endif
