/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Queues: what is due, who has it, what is tried again, and what an asker is
 * told. Called by mod_wfp for Workers and deliveries, and by the REST API.
 */
#include "services/queues.h"

#include <string.h>

/* After these leases that nobody gave back a message is a dead letter: twice
 * what its consumer may fail, and some that fell to stops of the server. */
#define LOST_MAX 10

/* A Worker that could not be run is asked again after that time. */
#define UNSEEN_DELAY_S 5

/* A step of a purge and of a sweep. */
#define PURGE_ROWS   500
#define SWEEP_QUEUES 10

struct wfp_queues_t {
    wfp_store_t *store;
    wfp_queue_room_t room;
};

wfp_queues_t *wfp_queues_make(wfp_store_t *store, apr_int64_t backlog,
                              apr_pool_t *p)
{
    wfp_queues_t *queues = apr_pcalloc(p, sizeof(*queues));

    queues->store = store;
    queues->room.bytes = backlog;
    queues->room.count = backlog / WFP_QUEUES_MESSAGE_ROOM;
    return queues;
}

static apr_status_t need_store(const wfp_queues_t *queues, wfp_result_t *res)
{
    return queues->store
               ? APR_SUCCESS
               : wfp_result_set(res, WFP_STORE_UNAVAILABLE, APR_EGENERAL, NULL);
}

/* ---- sending ---------------------------------------------------------------- */

/* What the asker is told of a failure; the rest is for the log. */
static apr_status_t tell(const char **plog, const char *method, apr_status_t rv,
                         wfp_result_t *res)
{
    if (APR_STATUS_IS_ENOSPC(rv)) {
        return wfp_result_set(res, WFP_QUEUE_ERROR, rv,
                              "Queue %s failed: Storage Limit Exceeded",
                              method);
    }
    if (APR_STATUS_IS_NOTFOUND(rv)) {
        return wfp_result_set(res, WFP_QUEUE_ERROR, rv,
                              "Queue %s failed: The queue does not exist",
                              method);
    }
    *plog = res->message;
    if (res->code == WFP_STORE_UNAVAILABLE) {
        return wfp_result_set(res, WFP_STORE_UNAVAILABLE, rv, NULL);
    }
    return wfp_result_set(res, WFP_QUEUE_ERROR, rv,
                          "Queue %s failed: Internal Server Error", method);
}

apr_status_t wfp_queues_send(wfp_queues_t *queues, const char *queue,
                             const wfp_queue_send_t *send, const char **plog,
                             wfp_result_t *res, apr_pool_t *p)
{
    const char *method = send->is_batch ? "sendBatch" : "send";
    char why[WFP_QUEUE_FAULT_SIZE];
    apr_status_t rv = need_store(queues, res);

    *plog = NULL;
    if (rv != APR_SUCCESS) {
        return rv;
    }
    if (!wfp_queue_check(why, send)) {
        return wfp_result_set(res, WFP_QUEUE_ERROR, APR_EINVAL,
                              "Queue %s failed: %s", method, why);
    }
    rv = wfp_queue_messages_send(queues->store, queue, send, &queues->room, res,
                                 p);
    return rv == APR_SUCCESS ? rv : tell(plog, method, rv, res);
}

/* ---- delivering ------------------------------------------------------------- */

apr_status_t wfp_queues_is_due(int *pdue, wfp_queues_t *queues,
                               const wfp_queue_t *queue, wfp_result_t *res,
                               apr_pool_t *p)
{
    const wfp_queue_consumer_t *consumer = queue->consumer;
    wfp_queue_ready_t ready = { 0, 0 };
    apr_status_t rv = wfp_queue_messages_ready(&ready, queues->store, queue->id,
                                               (int)consumer->batch_size, res,
                                               p);

    *pdue = ready.count > 0
            && (ready.count >= consumer->batch_size
                || ready.wait_ms >= consumer->max_wait_ms);
    return rv;
}

static void fill_settle(wfp_queue_settle_t *settle, const wfp_queues_t *queues,
                        const wfp_queue_t *queue)
{
    memset(settle, 0, sizeof(*settle));
    settle->queue_id = queue->id;
    settle->max_retries = queue->consumer->max_retries;
    settle->retry_delay_s = queue->consumer->retry_delay_s;
    settle->dead_letter = queue->consumer->dead_letter;
    settle->room = queues->room;
}

/* Take those out of the batch that were taken in vain too often. */
static apr_status_t drop_hopeless(wfp_queue_batch_t *batch,
                                  wfp_queues_t *queues,
                                  const wfp_queue_t *queue, int attempts_max,
                                  wfp_result_t *res, apr_pool_t *p)
{
    wfp_queue_settle_t settle;
    int i, kept = 0, hopeless = 0;
    apr_status_t rv = APR_SUCCESS;

    for (i = 0; i < batch->count; i++) {
        wfp_queue_message_t *m = &batch->messages[i];

        if (m->attempts > attempts_max) {
            m->fate = WFP_QUEUE_DEAD;
            hopeless = 1;
        }
    }
    if (hopeless) {
        fill_settle(&settle, queues, queue);
        rv = wfp_queue_messages_settle(queues->store, &settle, batch, res, p);
    }
    for (i = 0; i < batch->count; i++) {
        if (batch->messages[i].fate == WFP_QUEUE_OPEN) {
            batch->messages[kept++] = batch->messages[i];
        }
    }
    batch->count = kept;
    return rv;
}

apr_status_t wfp_queues_take(wfp_queue_batch_t *batch, wfp_queues_t *queues,
                             const wfp_queue_t *queue,
                             const wfp_queue_fence_t *fence, wfp_result_t *res,
                             apr_pool_t *p)
{
    const wfp_queue_consumer_t *consumer = queue->consumer;
    wfp_queue_claim_t claim = { .queue_id = queue->id,
                                .count = (int)consumer->batch_size,
                                .lease_ms = WFP_QUEUES_LEASE_MS,
                                .fence = fence };
    apr_status_t rv;

    memset(batch, 0, sizeof(*batch));
    rv = wfp_queue_messages_claim(batch, queues->store, &claim, res, p);
    batch->queue = queue->name;
    return rv == APR_SUCCESS
               ? drop_hopeless(batch, queues, queue,
                               2 * (int)consumer->max_retries + 1 + LOST_MAX,
                               res, p)
               : rv;
}

apr_status_t wfp_queues_hold(wfp_queues_t *queues, const char *lease,
                             wfp_result_t *res, apr_pool_t *p)
{
    return wfp_queue_messages_renew(queues->store, lease, WFP_QUEUES_LEASE_MS,
                                    res, p);
}

apr_status_t wfp_queues_done(wfp_queues_t *queues, const wfp_queue_t *queue,
                             wfp_queue_batch_t *batch, wfp_queues_end_e end,
                             wfp_result_t *res, apr_pool_t *p)
{
    wfp_queue_settle_t settle;
    int i;

    fill_settle(&settle, queues, queue);
    settle.is_unseen = end == WFP_QUEUES_UNSEEN;
    for (i = 0; i < batch->count; i++) {
        wfp_queue_message_t *m = &batch->messages[i];

        if (m->fate == WFP_QUEUE_OPEN) {
            m->fate = end == WFP_QUEUES_WELL ? WFP_QUEUE_ACK : WFP_QUEUE_RETRY;
            m->retry_s = settle.is_unseen ? UNSEEN_DELAY_S : -1;
        }
    }
    return wfp_queue_messages_settle(queues->store, &settle, batch, res, p);
}

/* ---- pulling ---------------------------------------------------------------- */

apr_status_t wfp_queues_pull(wfp_queue_batch_t *batch, wfp_queues_t *queues,
                             const wfp_queue_t *queue, int count,
                             apr_int64_t visibility_ms, int is_peek,
                             wfp_result_t *res, apr_pool_t *p)
{
    wfp_queue_claim_t claim = { queue->id, count, visibility_ms, is_peek,
                                NULL };
    apr_status_t rv;

    memset(batch, 0, sizeof(*batch));
    rv = wfp_queue_messages_claim(batch, queues->store, &claim, res, p);
    batch->queue = queue->name;
    return rv == APR_SUCCESS && !is_peek
               ? drop_hopeless(batch, queues, queue,
                               (int)queue->consumer->max_retries + 1, res, p)
               : rv;
}

apr_status_t wfp_queues_settle(int *packs, int *pretries, wfp_queues_t *queues,
                               const wfp_queue_t *queue,
                               const wfp_queue_batch_t *batch,
                               wfp_result_t *res, apr_pool_t *p)
{
    wfp_queue_settle_t settle;
    apr_status_t rv;

    fill_settle(&settle, queues, queue);
    rv = wfp_queue_messages_settle(queues->store, &settle, batch, res, p);
    *packs = settle.acks;
    *pretries = settle.retries;
    return rv;
}

/* ---- removing --------------------------------------------------------------- */

apr_status_t wfp_queues_purge(wfp_queues_t *queues, const char *id,
                              wfp_result_t *res, apr_pool_t *p)
{
    apr_pool_t *turn;
    int count = PURGE_ROWS;
    apr_status_t rv = APR_SUCCESS;

    apr_pool_create(&turn, p);
    while (rv == APR_SUCCESS && count == PURGE_ROWS) {
        apr_pool_clear(turn);
        rv = wfp_queue_messages_purge(&count, queues->store, id, PURGE_ROWS, 0,
                                      res, turn);
    }
    apr_pool_destroy(turn);
    return rv;
}

apr_status_t wfp_queues_sweep(wfp_queues_t *queues, wfp_result_t *res,
                              apr_pool_t *p)
{
    apr_array_header_t *ids;
    int i, count;
    apr_status_t rv = wfp_queue_messages_old(&ids, queues->store, SWEEP_QUEUES,
                                             res, p);

    for (i = 0; rv == APR_SUCCESS && i < ids->nelts; i++) {
        rv = wfp_queue_messages_purge(&count, queues->store,
                                      APR_ARRAY_IDX(ids, i, const char *),
                                      PURGE_ROWS, 1, res, p);
    }
    return rv;
}
