/* SPDX-License-Identifier: Apache-2.0 */
/* Queues in the store: sending, leases by the database's clock, retries, dead
 * letters, bounds. Time passes by moving the messages' times. */
#include <apr_thread_proc.h>

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

static wfp_queue_t *make_queue(world_t *w, const char *name)
{
    wfp_test_t *t = w->t;
    fixture_t f = w->f;
    wfp_queue_t *queue = apr_pcalloc(t->pool, sizeof(*queue));

    queue->name = name;
    queue->retention_s = 345600;
    OK(wfp_queues_create(f.store, queue, &me, &f.res, t->pool));
    return queue;
}

static wfp_queue_consumer_t standard(void)
{
    wfp_queue_consumer_t c = { .ns = "demo",
                               .script = "w",
                               .batch_size = 10,
                               .max_wait_ms = 5000,
                               .max_retries = 2,
                               .dead_letter = "" };

    return c;
}

static wfp_queue_t *again(world_t *w, const char *id)
{
    wfp_test_t *t = w->t;
    fixture_t f = w->f;
    wfp_queue_t *queue;

    OK(wfp_queues_get(&queue, f.store, id, &f.res, t->pool));
    return queue;
}

static wfp_queue_t *consumed(world_t *w, const char *name,
                             wfp_queue_consumer_t c)
{
    wfp_test_t *t = w->t;
    fixture_t f = w->f;
    wfp_queue_t *queue = make_queue(w, name);

    OK(wfp_queue_consumers_put(f.store, queue->id, &c, NULL, &me, &f.res,
                               t->pool));
    return again(w, queue->id);
}

static void open_world(world_t *w, wfp_test_t *t)
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

static apr_status_t send_some(world_t *w, const char *queue, int count,
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

static int take(world_t *w, const wfp_queue_t *queue)
{
    wfp_test_t *t = w->t;
    fixture_t f = w->f;

    OK(wfp_queues_take(&w->batch, w->queues, queue, NULL, &f.res, t->pool));
    return w->batch.count;
}

static void done(world_t *w, const wfp_queue_t *queue, wfp_queues_end_e end)
{
    wfp_test_t *t = w->t;
    fixture_t f = w->f;

    OK(wfp_queues_done(w->queues, queue, &w->batch, end, &f.res, t->pool));
}

static apr_status_t move_times(wfp_dbd_t *db, void *baton)
{
    const char *ms = apr_psprintf(db->pool, "%d", *(const int *)baton);

    return wfp_dbd_direct(db,
                          apr_pstrcat(db->pool,
                                      "UPDATE queue_messages SET "
                                      "visible = visible - ",
                                      ms, ", expires = expires - ", ms, NULL));
}

/* As if it were so much later. */
static void pass(world_t *w, int ms)
{
    wfp_test_t *t = w->t;
    fixture_t f = w->f;

    OK(wfp_dbd_run(f.store, WFP_DBD_WRITE, move_times, &ms, &f.res, t->pool));
}

static int is_due(world_t *w, const wfp_queue_t *queue)
{
    wfp_test_t *t = w->t;
    fixture_t f = w->f;
    int due;

    OK(wfp_queues_is_due(&due, w->queues, queue, &f.res, t->pool));
    return due;
}

static apr_int64_t backlog(world_t *w, const wfp_queue_t *queue)
{
    return again(w, queue->id)->backlog_count;
}

/* ---- queues ----------------------------------------------------------------- */

static void objects(wfp_test_t *t)
{
    world_t w;
    fixture_t f;
    wfp_queue_t *one, *found, same = { .name = "one" };
    wfp_queue_consumer_t c = standard(), other = standard();
    const wfp_list_t rest = { "", 1, 10 };
    apr_array_header_t *list;
    apr_int64_t total;

    open_world(&w, t);
    f = w.f;
    one = make_queue(&w, "one");
    (void)make_queue(&w, "two");
    REFUSED(wfp_queues_create(f.store, &same, &me, &f.res, t->pool),
            WFP_CONFLICT);
    REFUSED(wfp_queues_get(&found, f.store, "none", &f.res, t->pool),
            WFP_NOT_FOUND);
    OK(wfp_queues_get_named(&found, f.store, "one", &f.res, t->pool));
    CHECK_STR(found->id, one->id);
    CHECK(!found->consumer);
    OK(wfp_queues_list(&list, &total, f.store, &rest, &f.res, t->pool));
    CHECK_INT(total, 2);
    CHECK_STR(APR_ARRAY_IDX(list, 0, wfp_queue_t *)->name, "two");
    OK(wfp_queue_consumers_put(f.store, one->id, &c, NULL, &me, &f.res,
                               t->pool));
    REFUSED(wfp_queue_consumers_put(f.store, one->id, &other, NULL, &me, &f.res,
                                    t->pool),
            WFP_CONFLICT);
    c.batch_size = 7;
    OK(wfp_queue_consumers_put(f.store, one->id, &c, NULL, &me, &f.res,
                               t->pool));
    found = again(&w, one->id);
    CHECK_STR(found->consumer->script, "w");
    CHECK_STR(found->consumer->ns, "demo");
    CHECK_INT(found->consumer->batch_size, 7);
    other.id = "0";
    REFUSED(wfp_queue_consumers_put(f.store, one->id, &other, NULL, &me, &f.res,
                                    t->pool),
            WFP_NOT_FOUND);
    REFUSED(wfp_queue_consumers_remove(f.store, one->id, "0", NULL, &me, &f.res,
                                       t->pool),
            WFP_NOT_FOUND);
    OK(wfp_queue_consumers_remove(f.store, one->id, c.id, NULL, &me, &f.res,
                                  t->pool));
    CHECK(!again(&w, one->id)->consumer);
    other.id = NULL;
    other.script = "nobody";
    REFUSED(wfp_queue_consumers_put(f.store, one->id, &other, NULL, &me, &f.res,
                                    t->pool),
            WFP_WORKER_NOT_FOUND);
    other.script = "w";
    other.dead_letter = "none";
    REFUSED(wfp_queue_consumers_put(f.store, one->id, &other, NULL, &me, &f.res,
                                    t->pool),
            WFP_NOT_FOUND);
    other.dead_letter = "one";
    REFUSED(wfp_queue_consumers_put(f.store, one->id, &other, NULL, &me, &f.res,
                                    t->pool),
            WFP_INVALID);
    OK(wfp_queues_delete(f.store, one->id, NULL, &me, &f.res, t->pool));
    REFUSED(wfp_queues_delete(f.store, one->id, NULL, &me, &f.res, t->pool),
            WFP_NOT_FOUND);
}

static void goes_with_its_worker(wfp_test_t *t)
{
    world_t w;
    fixture_t f;
    wfp_queue_t *q;
    apr_int64_t stamp;

    open_world(&w, t);
    f = w.f;
    q = consumed(&w, "q", standard());
    SEND(&w, "q", 1, "kept", -1);
    OK(wfp_scripts_delete(&stamp, f.store, "demo", "w", NULL, &me, &f.res,
                          t->pool));
    q = again(&w, q->id);
    CHECK(!q->consumer);
    CHECK_INT(q->backlog_count, 1);
}

/* ---- messages --------------------------------------------------------------- */

static void first_in_first_out(wfp_test_t *t)
{
    world_t w;
    wfp_queue_t *q;
    int i;

    open_world(&w, t);
    q = consumed(&w, "q", standard());
    CHECK_INT(take(&w, q), 0);
    for (i = 0; i < 12; i++) {
        SEND(&w, "q", 1, apr_psprintf(t->pool, "%d", i), -1);
    }
    CHECK_INT(backlog(&w, q), 12);
    CHECK_INT(take(&w, q), 10);
    CHECK_STR(w.batch.queue, "q");
    for (i = 0; i < 10; i++) {
        CHECK_STR(w.batch.messages[i].body, apr_psprintf(t->pool, "%d", i));
        CHECK_INT(w.batch.messages[i].attempts, 1);
        CHECK_INT(strlen(w.batch.messages[i].id), 32);
    }
    done(&w, q, WFP_QUEUES_WELL);
    CHECK_INT(backlog(&w, q), 2);
    CHECK_INT(take(&w, q), 2);
    done(&w, q, WFP_QUEUES_WELL);
    CHECK_INT(take(&w, q), 0);
    CHECK_INT(backlog(&w, q), 0);
    CHECK_INT(again(&w, q->id)->backlog_bytes, 0);
}

static void due(wfp_test_t *t)
{
    world_t w;
    wfp_queue_t *q;

    open_world(&w, t);
    q = consumed(&w, "q", standard());
    CHECK(!is_due(&w, q));
    SEND(&w, "q", 9, "x", -1);
    CHECK(!is_due(&w, q));
    SEND(&w, "q", 1, "x", -1);
    CHECK(is_due(&w, q));
    CHECK_INT(take(&w, q), 10);
    CHECK(!is_due(&w, q));
    done(&w, q, WFP_QUEUES_WELL);
    SEND(&w, "q", 1, "x", -1);
    CHECK(!is_due(&w, q));
    pass(&w, 5100);
    CHECK(is_due(&w, q));
}

static void delays(wfp_test_t *t)
{
    world_t w;
    fixture_t f;
    wfp_queue_t *q;

    open_world(&w, t);
    f = w.f;
    q = consumed(&w, "q", standard());
    SEND(&w, "q", 1, "later", 100);
    SEND(&w, "q", 1, "now", 0);
    CHECK_INT(take(&w, q), 1);
    CHECK_STR(w.batch.messages[0].body, "now");
    done(&w, q, WFP_QUEUES_WELL);
    pass(&w, 99000);
    CHECK_INT(take(&w, q), 0);
    pass(&w, 1100);
    CHECK_INT(take(&w, q), 1);
    done(&w, q, WFP_QUEUES_WELL);
    q->delivery_delay_s = 50;
    OK(wfp_queues_update(f.store, q, NULL, &me, &f.res, t->pool));
    SEND(&w, "q", 1, "as the queue says", -1);
    SEND(&w, "q", 1, "at once", 0);
    CHECK_INT(take(&w, q), 1);
    CHECK_STR(w.batch.messages[0].body, "at once");
    pass(&w, 50100);
    CHECK_INT(take(&w, q), 2);
}

static void leases(wfp_test_t *t)
{
    world_t w;
    fixture_t f;
    wfp_queue_t *q;
    wfp_queue_batch_t lost;

    open_world(&w, t);
    f = w.f;
    q = consumed(&w, "q", standard());
    SEND(&w, "q", 1, "x", -1);
    CHECK_INT(take(&w, q), 1);
    lost = w.batch;
    pass(&w, WFP_QUEUES_LEASE_MS - 2000);
    CHECK_INT(take(&w, q), 0);
    OK(wfp_queues_hold(w.queues, lost.lease, &f.res, t->pool));
    pass(&w, WFP_QUEUES_LEASE_MS - 2000);
    CHECK_INT(take(&w, q), 0);
    pass(&w, 2100);
    CHECK_INT(take(&w, q), 1);
    CHECK_INT(w.batch.messages[0].attempts, 2);
    CHECK_INT(w.batch.messages[0].failures, 0);
    /* the first one comes back: it is not his any more */
    OK(wfp_queues_done(w.queues, q, &lost, WFP_QUEUES_WELL, &f.res, t->pool));
    CHECK_INT(backlog(&w, q), 1);
    done(&w, q, WFP_QUEUES_WELL);
    CHECK_INT(backlog(&w, q), 0);
}

static void each_its_fate(wfp_test_t *t)
{
    world_t w;
    wfp_queue_t *q;

    open_world(&w, t);
    q = consumed(&w, "q", standard());
    SEND(&w, "q", 4, "x", -1);
    CHECK_INT(take(&w, q), 4);
    w.batch.messages[0].fate = WFP_QUEUE_ACK;
    w.batch.messages[1].fate = WFP_QUEUE_RETRY;
    w.batch.messages[2].fate = WFP_QUEUE_RETRY;
    w.batch.messages[2].retry_s = 30;
    done(&w, q, WFP_QUEUES_FAILED);
    CHECK_INT(backlog(&w, q), 3);
    CHECK_INT(take(&w, q), 2);
    CHECK_INT(w.batch.messages[0].attempts, 2);
    CHECK_INT(w.batch.messages[0].failures, 1);
    w.batch.messages[1].fate = WFP_QUEUE_RETRY;
    done(&w, q, WFP_QUEUES_WELL);
    CHECK_INT(backlog(&w, q), 2);
    pass(&w, 31000);
    CHECK_INT(take(&w, q), 2);
}

static void unseen(wfp_test_t *t)
{
    world_t w;
    wfp_queue_t *q;
    int i;

    open_world(&w, t);
    q = consumed(&w, "q", standard());
    SEND(&w, "q", 1, "x", -1);
    for (i = 0; i < 20; i++) {
        CHECK_INT(take(&w, q), 1);
        CHECK_INT(w.batch.messages[0].attempts, 1);
        done(&w, q, WFP_QUEUES_UNSEEN);
        CHECK_INT(take(&w, q), 0);
        pass(&w, 5100);
    }
}

static void dead_letters(wfp_test_t *t)
{
    world_t w;
    fixture_t f;
    wfp_queue_consumer_t c = standard();
    wfp_queue_t *q, *dead;
    int i;

    open_world(&w, t);
    f = w.f;
    dead = consumed(&w, "dead", standard());
    c.dead_letter = "dead";
    q = consumed(&w, "q", c);
    SEND(&w, "q", 1, "poison", -1);
    for (i = 1; i <= 3; i++) {
        CHECK_INT(take(&w, q), 1);
        CHECK_INT(w.batch.messages[0].attempts, i);
        CHECK_INT(backlog(&w, dead), 0);
        done(&w, q, WFP_QUEUES_FAILED);
    }
    CHECK_INT(take(&w, q), 0);
    CHECK_INT(backlog(&w, q), 0);
    CHECK_INT(backlog(&w, dead), 1);
    CHECK_INT(take(&w, dead), 1);
    CHECK_STR(w.batch.messages[0].body, "poison");
    CHECK_INT(w.batch.messages[0].attempts, 1);
    done(&w, dead, WFP_QUEUES_WELL);
    /* where there is none, it is gone; where it is missing, it stays */
    SEND(&w, "q", 1, "poison", -1);
    OK(wfp_queues_delete(f.store, dead->id, NULL, &me, &f.res, t->pool));
    for (i = 1; i <= 3; i++) {
        CHECK_INT(take(&w, q), 1);
        done(&w, q, WFP_QUEUES_FAILED);
    }
    CHECK_INT(backlog(&w, q), 1);
    pass(&w, 61000);
    q->consumer->dead_letter = "";
    CHECK_INT(take(&w, q), 1);
    done(&w, q, WFP_QUEUES_FAILED);
    CHECK_INT(backlog(&w, q), 0);
}

static void taken_in_vain(wfp_test_t *t)
{
    world_t w;
    wfp_queue_consumer_t c = standard();
    wfp_queue_t *q, *dead;
    int i, n = 0;

    open_world(&w, t);
    dead = make_queue(&w, "dead");
    c.dead_letter = "dead";
    q = consumed(&w, "q", c);
    SEND(&w, "q", 1, "kills its server", -1);
    for (i = 0; i < 30; i++) {
        n += take(&w, q);
        pass(&w, WFP_QUEUES_LEASE_MS + 100);
    }
    CHECK_INT(n, 15);
    CHECK_INT(backlog(&w, q), 0);
    CHECK_INT(backlog(&w, dead), 1);
}

static void bounds(wfp_test_t *t)
{
    world_t w;
    wfp_queue_t *q;
    char *large = apr_palloc(t->pool, WFP_QUEUE_MESSAGE_MAX + 2);
    int i;

    open_world(&w, t);
    q = consumed(&w, "q", standard());
    memset(large, 'x', WFP_QUEUE_MESSAGE_MAX + 1);
    large[WFP_QUEUE_MESSAGE_MAX + 1] = '\0';
    CHECK(APR_STATUS_IS_EINVAL(send_some(&w, "q", 1, large, -1)));
    CHECK_STR(w.f.res.message, "Queue send failed: message length of 128001 "
                               "bytes exceeds limit of 128000");
    CHECK(APR_STATUS_IS_EINVAL(send_some(&w, "q", 2, large, -1)));
    CHECK_STR(w.f.res.message,
              "Queue sendBatch failed: message in batch has length 128001 "
              "bytes which exceeds single message size limit of 128000");
    CHECK(APR_STATUS_IS_EINVAL(send_some(&w, "q", 101, "x", -1)));
    CHECK_STR(w.f.res.message, "Queue sendBatch failed: batch message count "
                               "of 101 exceeds limit of 100");
    large[WFP_QUEUE_MESSAGE_MAX] = '\0';
    CHECK(APR_STATUS_IS_EINVAL(send_some(&w, "q", 3, large, -1)));
    CHECK_STR(w.f.res.message, "Queue sendBatch failed: batch size of 384000 "
                               "bytes exceeds limit of 256000");
    for (i = 0; i < 4; i++) {
        SEND(&w, "q", 1, large, -1);
    }
    /* no more than two at a time: what may be sent together */
    CHECK_INT(take(&w, q), 2);
    CHECK(APR_STATUS_IS_NOTFOUND(send_some(&w, "none", 1, "x", -1)));
    CHECK_INT(w.f.res.code, WFP_QUEUE_ERROR);
}

static void full(wfp_test_t *t)
{
    world_t w;
    wfp_queue_consumer_t c = standard();
    wfp_queue_t *q, *small;
    int i;

    open_world(&w, t);
    c.dead_letter = "small";
    small = make_queue(&w, "small");
    q = consumed(&w, "q", c);
    w.queues = wfp_queues_make(w.f.store, 2560, t->pool);
    SEND(&w, "q", 10, "ten", -1);
    SEND(&w, "small", 10, "ten", -1);
    CHECK(APR_STATUS_IS_ENOSPC(send_some(&w, "q", 1, "x", -1)));
    CHECK_STR(w.f.res.message, "Queue send failed: Storage Limit Exceeded");
    CHECK_INT(backlog(&w, q), 10);
    /* dead letters that have no room stay where they are */
    for (i = 0; i < 3; i++) {
        CHECK_INT(take(&w, q), 10);
        done(&w, q, WFP_QUEUES_FAILED);
    }
    CHECK_INT(backlog(&w, q), 10);
    CHECK_INT(backlog(&w, small), 10);
    CHECK_INT(take(&w, q), 0);
}

static void too_old(wfp_test_t *t)
{
    world_t w;
    fixture_t f;
    wfp_queue_t *q;
    apr_int64_t since;

    open_world(&w, t);
    f = w.f;
    q = consumed(&w, "q", standard());
    SEND(&w, "q", 3, "x", -1);
    OK(wfp_queue_messages_oldest(&since, f.store, q->id, &f.res, t->pool));
    CHECK(since > APR_INT64_C(1700000000000));
    pass(&w, 345601 * 1000);
    SEND(&w, "q", 2, "y", -1);
    CHECK_INT(take(&w, q), 2);
    OK(wfp_queues_sweep(w.queues, &f.res, t->pool));
    CHECK_INT(backlog(&w, q), 2);
    OK(wfp_queues_purge(w.queues, q->id, &f.res, t->pool));
    CHECK_INT(backlog(&w, q), 0);
    OK(wfp_queue_messages_oldest(&since, f.store, q->id, &f.res, t->pool));
    CHECK_INT(since, 0);
}

static void pulled(wfp_test_t *t)
{
    world_t w;
    fixture_t f;
    wfp_queue_consumer_t c = standard();
    wfp_queue_t *q;
    wfp_queue_batch_t batch;
    int acks, retries, i, n = 0;

    open_world(&w, t);
    f = w.f;
    c.is_pull = 1;
    q = consumed(&w, "q", c);
    CHECK(q->consumer->is_pull);
    SEND(&w, "q", 3, "x", -1);
    OK(wfp_queues_pull(&batch, w.queues, q, 5, 10000, 1, &f.res, t->pool));
    CHECK_INT(batch.count, 3);
    CHECK_INT(batch.messages[0].attempts, 0);
    OK(wfp_queues_pull(&batch, w.queues, q, 2, 10000, 0, &f.res, t->pool));
    CHECK_INT(batch.count, 2);
    batch.messages[0].fate = WFP_QUEUE_ACK;
    batch.messages[1].fate = WFP_QUEUE_RETRY;
    OK(wfp_queues_settle(&acks, &retries, w.queues, q, &batch, &f.res,
                         t->pool));
    CHECK_INT(acks, 1);
    CHECK_INT(retries, 1);
    OK(wfp_queues_settle(&acks, &retries, w.queues, q, &batch, &f.res,
                         t->pool));
    CHECK_INT(acks + retries, 0);
    for (i = 0; i < 6; i++) {
        OK(wfp_queues_pull(&batch, w.queues, q, 5, 1000, 0, &f.res, t->pool));
        n += batch.count;
        pass(&w, 1100);
    }
    /* one was given once before: two and three times more */
    CHECK_INT(n, 5);
    CHECK_INT(backlog(&w, q), 0);
}

static void busy(wfp_test_t *t)
{
    world_t w;
    fixture_t f;
    wfp_queue_t *one, *two;
    apr_array_header_t *list;

    open_world(&w, t);
    f = w.f;
    one = consumed(&w, "one", standard());
    two = consumed(&w, "two", standard());
    (void)make_queue(&w, "alone");
    OK(wfp_queues_busy(&list, f.store, "", 10, &f.res, t->pool));
    CHECK_INT(list->nelts, 0);
    SEND(&w, "one", 1, "x", -1);
    SEND(&w, "two", 1, "x", -1);
    SEND(&w, "alone", 1, "x", -1);
    OK(wfp_queues_busy(&list, f.store, "", 10, &f.res, t->pool));
    CHECK_INT(list->nelts, 2);
    OK(wfp_queues_busy(&list, f.store, "", 1, &f.res, t->pool));
    CHECK_INT(list->nelts, 1);
    OK(wfp_queues_busy(&list, f.store,
                       APR_ARRAY_IDX(list, 0, wfp_queue_t *)->id, 10, &f.res,
                       t->pool));
    CHECK_INT(list->nelts, 1);
    one->is_paused = 1;
    OK(wfp_queues_update(f.store, one, NULL, &me, &f.res, t->pool));
    OK(wfp_queues_busy(&list, f.store, "", 10, &f.res, t->pool));
    CHECK_INT(list->nelts, 1);
    CHECK_STR(APR_ARRAY_IDX(list, 0, wfp_queue_t *)->id, two->id);
}

/* ---- together --------------------------------------------------------------- */

#define THREADS 6
#define EACH    15

typedef struct worker_t {
    world_t *w;
    wfp_queue_t *q;
    int got;
    int failed;
} worker_t;

static void *APR_THREAD_FUNC work(apr_thread_t *thread, void *data)
{
    worker_t *me_too = data;
    wfp_queue_send_t send = { NULL, 1, 0 };
    wfp_queue_message_t m = { .body = "x", .size = 1, .delay_s = -1 };
    wfp_queue_batch_t batch;
    wfp_result_t res;
    const char *log;
    apr_pool_t *p;
    int i;

    (void)thread;
    apr_pool_create_unmanaged_ex(&p, NULL, NULL);
    wfp_result_init(&res, p);
    send.messages = &m;
    for (i = 0; i < EACH; i++) {
        me_too->failed += wfp_queues_send(me_too->w->queues, "q", &send, &log,
                                          &res, p)
                          != APR_SUCCESS;
        me_too->failed += wfp_queues_take(&batch, me_too->w->queues, me_too->q,
                                          NULL, &res, p)
                          != APR_SUCCESS;
        me_too->got += batch.count;
        me_too->failed += wfp_queues_done(me_too->w->queues, me_too->q, &batch,
                                          WFP_QUEUES_WELL, &res, p)
                          != APR_SUCCESS;
    }
    apr_pool_destroy(p);
    return NULL;
}

static void together(wfp_test_t *t)
{
    world_t w;
    worker_t workers[THREADS];
    apr_thread_t *threads[THREADS];
    apr_status_t rv;
    int i, got = 0, failed = 0;
    wfp_queue_t *q;

    open_world(&w, t);
    q = consumed(&w, "q", standard());
    for (i = 0; i < THREADS; i++) {
        workers[i] = (worker_t){ &w, q, 0, 0 };
        CHECK_INT(apr_thread_create(&threads[i], NULL, work, &workers[i],
                                    t->pool),
                  APR_SUCCESS);
    }
    for (i = 0; i < THREADS; i++) {
        CHECK_INT(apr_thread_join(&rv, threads[i]), APR_SUCCESS);
        got += workers[i].got;
        failed += workers[i].failed;
    }
    CHECK_INT(failed, 0);
    got += take(&w, q);
    CHECK_INT(got, THREADS * EACH);
}

int main(void)
{
    static const wfp_test_case_t cases[] = {
        { "queues and consumers", objects },
        { "a consumer goes with its Worker", goes_with_its_worker },
        { "first in, first out", first_in_first_out },
        { "due by size and by time", due },
        { "delays", delays },
        { "leases end by the database's clock", leases },
        { "each message its fate", each_its_fate },
        { "what could not be run is as before", unseen },
        { "dead letters", dead_letters },
        { "taken in vain too often", taken_in_vain },
        { "bounds of messages and batches", bounds },
        { "a full queue", full },
        { "too old, and purged", too_old },
        { "pulled", pulled },
        { "busy queues", busy },
        { "each message goes to one of many", together },
        { NULL, NULL },
    };

    return wfp_test_run(cases);
}
