/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WFP_PENDING_H
#define WFP_PENDING_H

#include <apr_pools.h>

#include "store/dbd.h"

/**
 * @file
 * Statements of one transaction on PostgreSQL that wait for the next one whose
 * answer somebody wants: together they are one trip to the server. For dbd.c
 * and slot.c.
 */

typedef struct wfp_pending_t wfp_pending_t;

/** Of one connection. */
wfp_pending_t *wfp_pending_make(apr_pool_t *p);

/** A transaction begins with this text; nothing of another waits. */
void wfp_pending_begin(wfp_pending_t *pending, const char *text);

/** Add a statement without parameters. */
void wfp_pending_text(wfp_pending_t *pending, const char *text);

/** Add the call of a prepared statement.
 *  @return 0 when its values are too large for that; nothing was added then */
int wfp_pending_call(wfp_pending_t *pending, const wfp_sql_t *sql,
                     const char **args);

/** Does anything wait? */
int wfp_pending_waits(const wfp_pending_t *pending);

/** Has so much come together that it should be sent? */
int wfp_pending_is_long(const wfp_pending_t *pending);

/** Was anything sent since the transaction began? */
int wfp_pending_was_sent(const wfp_pending_t *pending);

/** All that waits, to be sent now; nothing waits from then on.
 *  @return valid until the next is added */
const char *wfp_pending_take(wfp_pending_t *pending);

#endif
