/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WFP_SERVICES_QUEUES_H
#define WFP_SERVICES_QUEUES_H

#include <apr_pools.h>

#include "core/queue.h"
#include "core/result.h"
#include "store/queue_messages.h"
#include "store/queues.h"

/**
 * @file
 * Queues: sending, and delivering at least once. What was sent is on disk when
 * the send returns; who takes a batch has it for a while by the database's clock,
 * goes on having it while he says so, and says in the end what became of each
 * message. It must not know what runs a consumer. Any thread.
 */

typedef struct wfp_queues_t wfp_queues_t;

/** How long a delivery is somebody's without a word from him. */
#define WFP_QUEUES_LEASE_MS 15000

/** What a backlog may have for each message, at least. */
#define WFP_QUEUES_MESSAGE_ROOM 256

/** child scope. @param backlog bytes that a queue holds at most; messages as
 *  many as have WFP_QUEUES_MESSAGE_ROOM each */
wfp_queues_t *wfp_queues_make(wfp_store_t *store, apr_int64_t backlog,
                              apr_pool_t *p);

/**
 * Send.
 *
 * @param queue  name: the caller knows that it may
 * @param plog   a text for the operator when it is his business, else NULL
 * @param res    what the asker may be told: WFP_QUEUE_ERROR with a text like
 *               Cloudflare's, WFP_STORE_UNAVAILABLE
 * @return APR_NOTFOUND: there is no such queue; APR_ENOSPC: it is full;
 *         APR_EINVAL: too large; any other: it failed, or that is not known
 */
apr_status_t wfp_queues_send(wfp_queues_t *queues, const char *queue,
                             const wfp_queue_send_t *send, const char **plog,
                             wfp_result_t *res, apr_pool_t *p) WFP_CHECK;

/** Should a batch be delivered to its Worker now? Enough messages are there, or
 *  the first has waited for max_wait_ms. @param queue has a consumer */
apr_status_t wfp_queues_is_due(int *pdue, wfp_queues_t *queues,
                               const wfp_queue_t *queue, wfp_result_t *res,
                               apr_pool_t *p) WFP_CHECK;

/**
 * Take the next batch for a Worker. What was taken too often by those who said
 * nothing (its Worker ends the process, perhaps) goes to the dead letters.
 *
 * @param fence  of who delivers; NULL: none
 * @param batch  count 0: there is nothing
 * @return APR_EMISMATCH with WFP_CONFLICT: the fence does not hold any more
 */
apr_status_t wfp_queues_take(wfp_queue_batch_t *batch, wfp_queues_t *queues,
                             const wfp_queue_t *queue,
                             const wfp_queue_fence_t *fence, wfp_result_t *res,
                             apr_pool_t *p) WFP_CHECK;

/** Who took it is still at it. */
apr_status_t wfp_queues_hold(wfp_queues_t *queues, const char *lease,
                             wfp_result_t *res, apr_pool_t *p) WFP_CHECK;

/** How a delivery ended. */
typedef enum {
    WFP_QUEUES_WELL = 0, /* what is open is acknowledged */
    WFP_QUEUES_FAILED,   /* what is open is tried again */
    WFP_QUEUES_UNSEEN    /* the Worker could not be run: all is as before, for
                          * a while later */
} wfp_queues_end_e;

/** Give a batch back. fate and retry_s of its messages say what its consumer
 *  said. */
apr_status_t wfp_queues_done(wfp_queues_t *queues, const wfp_queue_t *queue,
                             wfp_queue_batch_t *batch, wfp_queues_end_e end,
                             wfp_result_t *res, apr_pool_t *p) WFP_CHECK;

/**
 * Take messages for who pulls.
 *
 * @param count          of messages
 * @param visibility_ms  how long they are his
 * @param is_peek        1: only look
 */
apr_status_t wfp_queues_pull(wfp_queue_batch_t *batch, wfp_queues_t *queues,
                             const wfp_queue_t *queue, int count,
                             apr_int64_t visibility_ms, int is_peek,
                             wfp_result_t *res, apr_pool_t *p) WFP_CHECK;

/** Say what became of pulled messages. @param packs, pretries how many still
 *  were his */
apr_status_t wfp_queues_settle(int *packs, int *pretries, wfp_queues_t *queues,
                               const wfp_queue_t *queue,
                               const wfp_queue_batch_t *batch,
                               wfp_result_t *res, apr_pool_t *p) WFP_CHECK;

/** Remove all messages. */
apr_status_t wfp_queues_purge(wfp_queues_t *queues, const char *id,
                              wfp_result_t *res, apr_pool_t *p) WFP_CHECK;

/** A bounded step of removing messages that are too old; one process of all
 *  hosts is enough. Nobody is given them anyway. */
apr_status_t wfp_queues_sweep(wfp_queues_t *queues, wfp_result_t *res,
                              apr_pool_t *p) WFP_CHECK;

#endif
