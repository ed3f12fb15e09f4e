/* SPDX-License-Identifier: Apache-2.0 */
/* Messages of queues in the store: sending, leases by the database's clock,
 * retries, dead letters, bounds. Time passes by moving the messages' times. */
#include <apr_thread_proc.h>

#include "tests/unit/queues_fixture.h"

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
