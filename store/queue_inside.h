/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WFP_QUEUE_INSIDE_H
#define WFP_QUEUE_INSIDE_H

#include "store/dbclock.h"
#include "store/queue_messages.h"
#include "store/queue_row.h"

/** @file What queue_messages.c and queue_leases.c share. */

/** Run fn in a transaction that may lock queues. */
apr_status_t wfp_queue_inside_run(wfp_store_t *store, wfp_dbd_fn *fn,
                                  void *baton, wfp_result_t *res,
                                  apr_pool_t *p) WFP_CHECK;

/** Lock a queue, add to its backlog. @param pfits 0: there is no room, nothing was
 *  added; or no such queue */
apr_status_t wfp_queue_inside_fill(int *pfits, wfp_dbd_t *db, const char *id,
                                   const wfp_queue_room_t *more,
                                   const wfp_queue_room_t *room) WFP_CHECK;

/** Lock a queue, take from its backlog. */
apr_status_t wfp_queue_inside_drain(wfp_dbd_t *db, const char *id,
                                    const wfp_queue_room_t *less) WFP_CHECK;

#endif
