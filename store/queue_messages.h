/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WFP_QUEUE_MESSAGES_H
#define WFP_QUEUE_MESSAGES_H

#include <apr_pools.h>

#include "core/queue.h"
#include "store/store.h"

/**
 * @file
 * What is in queues. A message is there until it is acknowledged, taken out by
 * its dead letter rule, purged or older than its queue keeps it. Who consumes it
 * gets a lease: until that ends by the database's clock nobody else gets the
 * message, and then anybody. So who dies with a lease loses nothing. Messages are
 * no mutations that a server follows.
 */

/** Most that a queue holds. */
typedef struct wfp_queue_room_t {
    apr_int64_t count;
    apr_int64_t bytes;
} wfp_queue_room_t;

/**
 * Put messages in; on disk when it returns.
 *
 * @param queue  name
 * @return WFP_NOT_FOUND: no such queue; APR_ENOSPC with WFP_BODY_TOO_LARGE: it
 *         is full
 */
apr_status_t wfp_queue_messages_send(wfp_store_t *store, const char *queue,
                                     const wfp_queue_send_t *send,
                                     const wfp_queue_room_t *room,
                                     wfp_result_t *res,
                                     apr_pool_t *p) WFP_CHECK;

/** What of a queue could be delivered now. */
typedef struct wfp_queue_ready_t {
    int count;           /* at most what was asked for */
    apr_int64_t wait_ms; /* for how long the first could */
} wfp_queue_ready_t;

/** Look, without taking. @param id the queue's @param max count no further */
apr_status_t wfp_queue_messages_ready(wfp_queue_ready_t *ready,
                                      wfp_store_t *store, const char *id,
                                      int max, wfp_result_t *res,
                                      apr_pool_t *p) WFP_CHECK;

/** The lease (leases.h) under which somebody may take messages. */
typedef struct wfp_queue_fence_t {
    const char *name;
    apr_int64_t number;
} wfp_queue_fence_t;

/** How to take a batch. */
typedef struct wfp_queue_claim_t {
    const char *queue_id;
    int count; /* most messages */
    apr_int64_t lease_ms;
    int is_peek;                    /* only look: no lease, no attempt */
    const wfp_queue_fence_t *fence; /* NULL: none is asked for */
} wfp_queue_claim_t;

/**
 * Take the next messages, oldest first; of bytes as many as a batch may have
 * when it is sent, but at least one message.
 *
 * @param batch  filled in, in p; count 0: there is nothing. queue is not set
 * @return APR_EMISMATCH with WFP_CONFLICT: the fence does not hold any more
 */
apr_status_t wfp_queue_messages_claim(wfp_queue_batch_t *batch,
                                      wfp_store_t *store,
                                      const wfp_queue_claim_t *claim,
                                      wfp_result_t *res,
                                      apr_pool_t *p) WFP_CHECK;

/** How to give it back. */
typedef struct wfp_queue_settle_t {
    const char *queue_id;
    apr_int64_t max_retries;
    apr_int64_t retry_delay_s; /* where a message's is -1 */
    const char *dead_letter;   /* name, "" none: what fails for good is gone */
    wfp_queue_room_t room;     /* of that queue */
    int is_unseen; /* those that are retried were not delivered after all: as
                    * if they had not been taken */
    int acks;      /* filled in: how many it were */
    int retries;   /* the same, those that were not tried again included */
} wfp_queue_settle_t;

/**
 * Say what became of messages: fate and, for WFP_QUEUE_RETRY, retry_s of each;
 * those that are open are left alone. WFP_QUEUE_DEAD, and who has failed max_retries times after the
 * first goes to the dead letter queue; while that one is full or missing it stays
 * and comes again later. Those whose lease is another's by now are passed over.
 *
 * @param batch  lease, and of its messages seq, fate, retry_s
 */
apr_status_t wfp_queue_messages_settle(wfp_store_t *store,
                                       wfp_queue_settle_t *settle,
                                       const wfp_queue_batch_t *batch,
                                       wfp_result_t *res,
                                       apr_pool_t *p) WFP_CHECK;

/** Whoever has a batch goes on having it, for that long from now. */
apr_status_t wfp_queue_messages_renew(wfp_store_t *store, const char *lease,
                                      apr_int64_t lease_ms, wfp_result_t *res,
                                      apr_pool_t *p) WFP_CHECK;

/** Remove at most max messages of a queue. @param only_old 1: of those that are
 *  older than it keeps them @param pcount how many it were */
apr_status_t wfp_queue_messages_purge(int *pcount, wfp_store_t *store,
                                      const char *id, int max, int only_old,
                                      wfp_result_t *res,
                                      apr_pool_t *p) WFP_CHECK;

/** Ids of queues with messages that are too old: array of const char *, at most
 *  max. */
apr_status_t wfp_queue_messages_old(apr_array_header_t **pids,
                                    wfp_store_t *store, int max,
                                    wfp_result_t *res, apr_pool_t *p) WFP_CHECK;

/** Since when the oldest message is there, ms since the epoch; 0: none is. */
apr_status_t wfp_queue_messages_oldest(apr_int64_t *psent_ms,
                                       wfp_store_t *store, const char *id,
                                       wfp_result_t *res,
                                       apr_pool_t *p) WFP_CHECK;

#endif
