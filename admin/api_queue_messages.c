/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Messages of queues for who is no Worker. A lease id is the lease of the pull
 * and the number of the message: "LEASE.SEQ".
 */
#include "admin/api_queue_messages.h"

#include <apr_strings.h>
#include <string.h>

#include "admin/api_queues.h"
#include "services/queues.h"
#include "store/column.h"

#define PULL_STANDARD  5
#define PULL_MAX       100
#define VISIBILITY_MAX (43200 * 1000)
#define ACKS_MAX       500
#define LEASE_SIZE     32

/* ---- push ------------------------------------------------------------------- */

static apr_status_t read_message(wfp_queue_message_t *m, wfp_api_call_t *call,
                                 const wfp_json_t *doc, apr_int64_t delay)
{
    const char *type = wfp_json_str(
        wfp_json_get(doc, "content_type", call->pool));
    wfp_json_t *body = wfp_json_get(doc, "body", call->pool);

    if (!body) {
        return wfp_api_answer_error(call, WFP_API_BAD_REQUEST,
                                    "body: it is missing");
    }
    m->kind = type ? wfp_queue_kind_by_name(type) : WFP_QUEUE_JSON;
    if (m->kind == WFP_QUEUE_JSON) {
        m->body = wfp_json_text(body, call->pool);
    }
    else if (m->kind == WFP_QUEUE_TEXT) {
        m->body = wfp_json_str(body);
    }
    else {
        return wfp_api_answer_error(call, WFP_API_BAD_REQUEST,
                                    "content_type: json or text");
    }
    if (!m->body) {
        return wfp_api_answer_error(call, WFP_API_BAD_REQUEST,
                                    "body: a string, where content_type is "
                                    "text");
    }
    m->size = strlen(m->body);
    m->delay_s = delay;
    return wfp_api_queues_number(&m->delay_s, call, doc, "delay_seconds", 0,
                                 WFP_QUEUE_DELAY_MAX, WFP_API_BAD_REQUEST);
}

static apr_status_t refused(wfp_api_call_t *call, apr_status_t rv)
{
    if (APR_STATUS_IS_ENOSPC(rv)) {
        return wfp_api_answer_error(call, WFP_API_QUEUE_FULL, NULL);
    }
    if (APR_STATUS_IS_NOTFOUND(rv)) {
        return wfp_api_answer_error(call, WFP_API_QUEUE_MISSING, NULL);
    }
    if (APR_STATUS_IS_EINVAL(rv)) {
        return wfp_api_answer_error(call, WFP_API_BAD_REQUEST, "%s",
                                    call->res.message);
    }
    return rv;
}

/* What the answer to who comes and goes says of the queue. */
static apr_status_t add_metrics(wfp_json_t *doc, wfp_api_call_t *call,
                                const wfp_queue_t *queue)
{
    wfp_json_t *metrics, *metadata = wfp_json_object(call->pool);
    apr_status_t rv = wfp_api_queues_measure(&metrics, call, queue->id);

    if (rv == APR_SUCCESS) {
        wfp_json_set(metadata, "metrics", metrics);
        wfp_json_set(doc, "metadata", metadata);
    }
    return rv;
}

static apr_status_t send_all(wfp_api_call_t *call, const wfp_queue_t *queue,
                             const wfp_queue_send_t *send)
{
    wfp_json_t *doc = wfp_json_object(call->pool);
    const char *ignored;
    apr_status_t rv = wfp_queues_send(call->server->queues, queue->name, send,
                                      &ignored, &call->res, call->pool);

    if (rv != APR_SUCCESS) {
        return refused(call, rv);
    }
    rv = add_metrics(doc, call, queue);
    return rv == APR_SUCCESS ? wfp_api_answer_json(call, doc) : rv;
}

apr_status_t wfp_api_queue_messages_push(wfp_api_call_t *call)
{
    wfp_queue_message_t m = { 0 };
    wfp_queue_send_t send = { &m, 1, 0 };
    wfp_queue_t *queue;
    wfp_json_t *doc;
    apr_status_t rv = wfp_api_call_object(&doc, call);

    if (rv == APR_SUCCESS) {
        rv = wfp_api_queues_find(&queue, call);
    }
    if (rv == APR_SUCCESS) {
        rv = read_message(&m, call, doc, -1);
    }
    return rv == APR_SUCCESS ? send_all(call, queue, &send) : rv;
}

apr_status_t wfp_api_queue_messages_push_batch(wfp_api_call_t *call)
{
    wfp_queue_send_t send = { NULL, 0, 1 };
    apr_int64_t delay = -1;
    wfp_queue_t *queue;
    wfp_json_t *doc, *list = NULL;
    apr_size_t i, n = 0;
    apr_status_t rv = wfp_api_call_object(&doc, call);

    if (rv == APR_SUCCESS) {
        rv = wfp_api_queues_find(&queue, call);
    }
    if (rv == APR_SUCCESS) {
        list = wfp_json_get(doc, "messages", call->pool);
        n = wfp_json_size(list);
        rv = wfp_api_queues_number(&delay, call, doc, "delay_seconds", 0,
                                   WFP_QUEUE_DELAY_MAX, WFP_API_BAD_REQUEST);
    }
    if (rv != APR_SUCCESS) {
        return rv;
    }
    if (!wfp_json_is_array(list) || n == 0 || n > WFP_QUEUE_BATCH_COUNT_MAX) {
        return wfp_api_answer_error(call, WFP_API_BAD_REQUEST,
                                    "messages: an array of 1 to %d",
                                    WFP_QUEUE_BATCH_COUNT_MAX);
    }
    send.count = (int)n;
    send.messages = apr_pcalloc(call->pool, n * sizeof(*send.messages));
    for (i = 0; rv == APR_SUCCESS && i < n; i++) {
        rv = read_message(&send.messages[i], call,
                          wfp_json_at(list, i, call->pool), delay);
    }
    return rv == APR_SUCCESS ? send_all(call, queue, &send) : rv;
}

/* ---- pull ------------------------------------------------------------------- */

static wfp_json_t *show(const wfp_queue_message_t *m, const char *lease,
                        apr_pool_t *p)
{
    wfp_json_t *doc = wfp_json_object(p), *metadata = wfp_json_object(p);

    wfp_json_set_str(doc, "id", m->id);
    if (m->kind == WFP_QUEUE_TEXT) {
        wfp_json_set_bytes(doc, "body", m->body, m->size);
    }
    else {
        wfp_json_set_str(doc, "body", wfp_column_base64(m->body, m->size, p));
    }
    wfp_json_set_int(doc, "timestamp_ms", m->sent_ms);
    wfp_json_set_int(doc, "attempts", m->attempts);
    wfp_json_set_str(metadata, "CF-Content-Type", wfp_queue_kind_name(m->kind));
    wfp_json_set(doc, "metadata", metadata);
    if (lease) {
        wfp_json_set_str(doc, "lease_id",
                         apr_psprintf(p, "%s.%" APR_INT64_T_FMT, lease,
                                      m->seq));
    }
    return doc;
}

/* The queue, where messages may be pulled from it. */
static apr_status_t find_pulled(wfp_queue_t **pqueue, wfp_api_call_t *call)
{
    apr_status_t rv = wfp_api_queues_find(pqueue, call);

    if (rv == APR_SUCCESS
        && !((*pqueue)->consumer && (*pqueue)->consumer->is_pull)) {
        return wfp_api_answer_error(call, WFP_API_NO_CONSUMER,
                                    "the queue has no consumer of type "
                                    "http_pull");
    }
    return rv;
}

/* @param pvisibility  NULL: not asked */
static apr_status_t read_pull(apr_int64_t *pcount, apr_int64_t *pvisibility,
                              wfp_api_call_t *call)
{
    static const char *const names[] = { "visibility_timeout",
                                         "visibility_timeout_ms" };
    wfp_json_t *doc;
    int i;
    apr_status_t rv = wfp_api_call_object(&doc, call);

    if (rv == APR_SUCCESS) {
        rv = wfp_api_queues_number(pcount, call, doc, "batch_size", 1, PULL_MAX,
                                   WFP_API_BAD_REQUEST);
    }
    for (i = 0; rv == APR_SUCCESS && pvisibility && i < 2; i++) {
        rv = wfp_api_queues_number(pvisibility, call, doc, names[i], 1,
                                   VISIBILITY_MAX, WFP_API_BAD_REQUEST);
    }
    return rv;
}

static wfp_json_t *show_all(const wfp_queue_batch_t *batch, int with_leases,
                            apr_pool_t *p)
{
    wfp_json_t *list = wfp_json_array(p);
    int i;

    for (i = 0; i < batch->count; i++) {
        wfp_json_add(list, show(&batch->messages[i],
                                with_leases ? batch->lease : NULL, p));
    }
    return list;
}

apr_status_t wfp_api_queue_messages_pull(wfp_api_call_t *call)
{
    wfp_json_t *doc = wfp_json_object(call->pool);
    apr_int64_t count = PULL_STANDARD, visibility;
    wfp_queue_batch_t batch;
    wfp_queue_t *queue;
    apr_status_t rv = find_pulled(&queue, call);

    if (rv == APR_SUCCESS) {
        visibility = queue->consumer->visibility_ms;
        rv = read_pull(&count, &visibility, call);
    }
    if (rv == APR_SUCCESS) {
        rv = wfp_queues_pull(&batch, call->server->queues, queue, (int)count,
                             visibility, 0, &call->res, call->pool);
    }
    if (rv == APR_SUCCESS) {
        wfp_json_set(doc, "messages", show_all(&batch, 1, call->pool));
        rv = add_metrics(doc, call, queue);
    }
    if (rv == APR_SUCCESS) {
        wfp_json_set_int(doc, "message_backlog_count", queue->backlog_count);
        return wfp_api_answer_json(call, doc);
    }
    return rv;
}

apr_status_t wfp_api_queue_messages_peek(wfp_api_call_t *call)
{
    wfp_json_t *doc = wfp_json_object(call->pool);
    apr_int64_t count = PULL_STANDARD;
    wfp_queue_batch_t batch;
    wfp_queue_t *queue;
    apr_status_t rv = wfp_api_queues_find(&queue, call);

    if (rv == APR_SUCCESS) {
        rv = read_pull(&count, NULL, call);
    }
    if (rv == APR_SUCCESS) {
        rv = wfp_queues_pull(&batch, call->server->queues, queue, (int)count, 0,
                             1, &call->res, call->pool);
    }
    if (rv == APR_SUCCESS) {
        wfp_json_set(doc, "messages", show_all(&batch, 0, call->pool));
        return wfp_api_answer_json(call, doc);
    }
    return rv;
}

/* ---- ack -------------------------------------------------------------------- */

/* What a client says of one message; lease NULL: it was settled. */
typedef struct word_t {
    const char *lease;
    wfp_queue_message_t message;
} word_t;

static apr_status_t read_word(word_t *word, wfp_api_call_t *call,
                              const wfp_json_t *doc, wfp_queue_fate_e fate)
{
    const char *id = wfp_json_str(wfp_json_get(doc, "lease_id", call->pool));
    apr_size_t n = id ? strlen(id) : 0;

    if (n < LEASE_SIZE + 2 || n > LEASE_SIZE + 19 || id[LEASE_SIZE] != '.'
        || strspn(id, "0123456789abcdef") != LEASE_SIZE
        || strspn(id + LEASE_SIZE + 1, "0123456789") != n - LEASE_SIZE - 1) {
        return wfp_api_answer_error(call, WFP_API_BAD_REQUEST,
                                    "lease_id: it is none that a pull gave");
    }
    word->lease = apr_pstrmemdup(call->pool, id, LEASE_SIZE);
    word->message.seq = apr_strtoi64(id + LEASE_SIZE + 1, NULL, 10);
    word->message.fate = fate;
    word->message.retry_s = -1;
    return wfp_api_queues_number(&word->message.retry_s, call, doc,
                                 "delay_seconds", 0, WFP_QUEUE_DELAY_MAX,
                                 WFP_API_BAD_REQUEST);
}

static apr_status_t read_words(apr_array_header_t *words, wfp_api_call_t *call,
                               const wfp_json_t *doc, const char *name,
                               wfp_queue_fate_e fate)
{
    wfp_json_t *list = wfp_json_get(doc, name, call->pool);
    apr_size_t i, n = wfp_json_size(list);
    apr_status_t rv = APR_SUCCESS;

    if (list && !wfp_json_is_null(list)
        && (!wfp_json_is_array(list) || n > ACKS_MAX)) {
        return wfp_api_answer_error(call, WFP_API_BAD_REQUEST,
                                    "%s: an array of at most %d", name,
                                    ACKS_MAX);
    }
    for (i = 0; rv == APR_SUCCESS && i < n; i++) {
        word_t *word = apr_array_push(words);

        memset(word, 0, sizeof(*word));
        rv = read_word(word, call, wfp_json_at(list, i, call->pool), fate);
    }
    return rv;
}

/* All words about the pull of the first that is left. */
static void gather(wfp_queue_batch_t *batch, apr_array_header_t *words,
                   int first)
{
    int i;

    batch->lease = APR_ARRAY_IDX(words, first, word_t).lease;
    batch->count = 0;
    for (i = first; i < words->nelts; i++) {
        word_t *word = &APR_ARRAY_IDX(words, i, word_t);

        if (word->lease && !strcmp(word->lease, batch->lease)) {
            batch->messages[batch->count++] = word->message;
            word->lease = i == first ? word->lease : NULL;
        }
    }
}

apr_status_t wfp_api_queue_messages_ack(wfp_api_call_t *call)
{
    apr_array_header_t *words = apr_array_make(call->pool, 8, sizeof(word_t));
    wfp_json_t *doc, *answer = wfp_json_object(call->pool);
    wfp_queue_batch_t batch = { 0 };
    wfp_queue_t *queue;
    int i, acks, retries, ack_count = 0, retry_count = 0;
    apr_status_t rv = find_pulled(&queue, call);

    if (rv == APR_SUCCESS) {
        rv = wfp_api_call_object(&doc, call);
    }
    if (rv == APR_SUCCESS) {
        rv = read_words(words, call, doc, "acks", WFP_QUEUE_ACK);
    }
    if (rv == APR_SUCCESS) {
        rv = read_words(words, call, doc, "retries", WFP_QUEUE_RETRY);
    }
    batch.messages = apr_pcalloc(call->pool, ((apr_size_t)words->nelts + 1)
                                                 * sizeof(*batch.messages));
    for (i = 0; rv == APR_SUCCESS && i < words->nelts; i++) {
        if (APR_ARRAY_IDX(words, i, word_t).lease) {
            gather(&batch, words, i);
            rv = wfp_queues_settle(&acks, &retries, call->server->queues, queue,
                                   &batch, &call->res, call->pool);
            ack_count += acks;
            retry_count += retries;
        }
    }
    if (rv != APR_SUCCESS) {
        return rv;
    }
    wfp_json_set_int(answer, "ackCount", ack_count);
    wfp_json_set_int(answer, "retryCount", retry_count);
    wfp_json_set(answer, "warnings", wfp_json_object(call->pool));
    return wfp_api_answer_json(call, answer);
}
