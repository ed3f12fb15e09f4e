/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WFP_QUEUE_ROW_H
#define WFP_QUEUE_ROW_H

#include "store/queues.h"
#include "store/tx.h"

/** @file What queues.c, queue_consumers.c and queue_messages.c share, inside a
 *  transaction. */

/** A queue with its consumer: what read of queues.c takes. */
#define WFP_QUEUE_COLUMNS                                                      \
    "SELECT q.id, q.name, q.created, q.modified, q.delivery_delay, q.paused, " \
    "q.retention, q.backlog_count, q.backlog_bytes, COALESCE(c.id, ''), "      \
    "COALESCE(c.script_id, ''), COALESCE(n.name, ''), COALESCE(s.name, ''), "  \
    "COALESCE(c.created, 0), COALESCE(c.batch_size, 0), "                      \
    "COALESCE(c.max_wait_ms, 0), COALESCE(c.max_retries, 0), "                 \
    "COALESCE(c.retry_delay, 0), COALESCE(c.max_concurrency, 0), "             \
    "COALESCE(c.visibility_ms, 0), COALESCE(c.dead_letter, '') "               \
    "FROM queues q LEFT JOIN queue_consumers c ON c.queue_id = q.id "          \
    "LEFT JOIN scripts s ON s.id = c.script_id "                               \
    "LEFT JOIN namespaces n ON n.id = s.ns_id "
#define WFP_QUEUE_COLUMN_COUNT 21

/** A new id. */
apr_status_t wfp_queue_row_id(const char **pid, wfp_result_t *res,
                              apr_pool_t *p) WFP_CHECK;

/** The queue of a row of WFP_QUEUE_COLUMNS, a wfp_page_row_fn. */
apr_status_t wfp_queue_row_read(void **pobject, wfp_dbd_t *db,
                                const char **row) WFP_CHECK;

/** The queue of this id. WFP_NOT_FOUND. */
apr_status_t wfp_queue_row_find(wfp_queue_t **pqueue, wfp_dbd_t *db,
                                const char *id) WFP_CHECK;

/** The queue of this name. WFP_NOT_FOUND. */
apr_status_t wfp_queue_row_named(wfp_queue_t **pqueue, wfp_dbd_t *db,
                                 const char *name) WFP_CHECK;

/** The row of the audit of a mutation, and of the changes.
 *  @param stamp  taken before anything was read: writers queue on it */
apr_status_t wfp_queue_row_record(wfp_dbd_t *db, apr_int64_t stamp,
                                  const char *id, const char *action,
                                  const char *details,
                                  const wfp_actor_t *actor) WFP_CHECK;

#endif
