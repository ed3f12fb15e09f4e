/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WFP_QUEUES_FIXTURE_H
#define WFP_QUEUES_FIXTURE_H

/** @file Queues in a store, and how tests of them send, take and let time pass. */

#include "services/queues.h"
#include "store/queue_consumers.h"
#include "tests/unit/store_fixture.h"

/* A store with the Worker "demo/w", and queues. */
typedef struct world_t {
    wfp_test_t *t;
    fixture_t f;
    wfp_queues_t *queues;
    const char *log;
    wfp_queue_batch_t batch;
} world_t;

static inline wfp_queue_t *make_queue(world_t *w, const char *name)
{
    wfp_test_t *t = w->t;
    fixture_t f = w->f;
    wfp_queue_t *queue = apr_pcalloc(t->pool, sizeof(*queue));

    queue->name = name;
    queue->retention_s = 345600;
    OK(wfp_queues_create(f.store, queue, &me, &f.res, t->pool));
    return queue;
}

static inline wfp_queue_consumer_t standard(void)
{
    wfp_queue_consumer_t c = { .ns = "demo",
                               .script = "w",
                               .batch_size = 10,
                               .max_wait_ms = 5000,
                               .max_retries = 2,
                               .dead_letter = "" };

    return c;
}

static inline wfp_queue_t *again(world_t *w, const char *id)
{
    wfp_test_t *t = w->t;
    fixture_t f = w->f;
    wfp_queue_t *queue;

    OK(wfp_queues_get(&queue, f.store, id, &f.res, t->pool));
    return queue;
}

static inline wfp_queue_t *consumed(world_t *w, const char *name,
                                    wfp_queue_consumer_t c)
{
    wfp_test_t *t = w->t;
    fixture_t f = w->f;
    wfp_queue_t *queue = make_queue(w, name);

    OK(wfp_queue_consumers_put(f.store, queue->id, &c, NULL, &me, &f.res,
                               t->pool));
    return again(w, queue->id);
}

static inline void open_world(world_t *w, wfp_test_t *t)
{
    fixture_t f;
    wfp_put_t *put;

    memset(w, 0, sizeof(*w));
    w->t = t;
    open_store(&f, t);
    put = make_put("demo", "w", "return {}", t->pool);
    OK(wfp_scripts_put(f.store, put, &f.res, t->pool));
    w->f = f;
    w->queues = wfp_queues_make(f.store, 10 * 1024 * 1024, t->pool);
}

static inline apr_status_t send_some(world_t *w, const char *queue, int count,
                                     const char *text, apr_int64_t delay)
{
    wfp_queue_send_t send = { NULL, count, count > 1 };
    int i;

    send.messages = apr_pcalloc(w->t->pool,
                                (apr_size_t)count * sizeof(*send.messages));
    for (i = 0; i < count; i++) {
        send.messages[i].body = text;
        send.messages[i].size = strlen(text);
        send.messages[i].kind = WFP_QUEUE_TEXT;
        send.messages[i].delay_s = delay;
    }
    return wfp_queues_send(w->queues, queue, &send, &w->log, &w->f.res,
                           w->t->pool);
}

#define SEND(w, queue, count, text, delay)                                     \
    CHECK_INT(send_some(w, queue, count, text, delay), APR_SUCCESS)

static inline int take(world_t *w, const wfp_queue_t *queue)
{
    wfp_test_t *t = w->t;
    fixture_t f = w->f;

    OK(wfp_queues_take(&w->batch, w->queues, queue, NULL, &f.res, t->pool));
    return w->batch.count;
}

static inline void done(world_t *w, const wfp_queue_t *queue,
                        wfp_queues_end_e end)
{
    wfp_test_t *t = w->t;
    fixture_t f = w->f;

    OK(wfp_queues_done(w->queues, queue, &w->batch, end, &f.res, t->pool));
}

static inline apr_status_t move_times(wfp_dbd_t *db, void *baton)
{
    const char *ms = apr_psprintf(db->pool, "%d", *(const int *)baton);

    return wfp_dbd_direct(db,
                          apr_pstrcat(db->pool,
                                      "UPDATE queue_messages SET "
                                      "visible = visible - ",
                                      ms, ", expires = expires - ", ms, NULL));
}

/* As if it were so much later. */
static inline void pass(world_t *w, int ms)
{
    wfp_test_t *t = w->t;
    fixture_t f = w->f;

    OK(wfp_dbd_run(f.store, WFP_DBD_WRITE, move_times, &ms, &f.res, t->pool));
}

static inline int is_due(world_t *w, const wfp_queue_t *queue)
{
    wfp_test_t *t = w->t;
    fixture_t f = w->f;
    int due;

    OK(wfp_queues_is_due(&due, w->queues, queue, &f.res, t->pool));
    return due;
}

static inline apr_int64_t backlog(world_t *w, const wfp_queue_t *queue)
{
    return again(w, queue->id)->backlog_count;
}

#endif
