/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Batches of queues, handed to threads of the runner, which run the consumer's
 * `queue` handler and then say what became of its messages. A step
 * looks at a bounded number of queues, in turn; a Worker and a namespace have few
 * threads at a time, so those that loop keep the others' messages from nobody. Who is killed
 * in between has a lease that ends.
 */
#include "mod_wfp/deliver.h"

#include <apr_strings.h>
#include <string.h>

#include "core/clock.h"
#include "core/lock.h"
#include "mod_wfp/ending.h"
#include "mod_wfp/log.h"
#include "mod_wfp/runner.h"
#include "mod_wfp/work.h"

/* Queues that a step looks at; deliveries of this process, more than twice as
 * many as the runner has threads. */
#define LOOK_MAX    100
#define RUNNING_MAX 80

/* A thread goes on with its queue for that long, then another's turn comes. */
#define TURN apr_time_from_sec(1)

#define SWEEP_EVERY apr_time_from_sec(60)

/* A delivery on its way; in its work's pool. */
typedef struct delivery_t {
    wfp_server_t *server;
    wfp_work_t *work;
    const wfp_queue_t *queue;
    apr_int64_t fence;
    wfp_queue_batch_t batch;
    wfp_task_t task; /* of the first of a turn */
} delivery_t;

struct wfp_deliver_t {
    wfp_lock_t *lock;
    /* under lock: */
    const delivery_t *running[RUNNING_MAX];
    int count;
    /* the step's: */
    char after[WFP_QUEUE_ID_SIZE]; /* id of the queue looked at last */
    apr_time_t sweep;
};

apr_status_t wfp_deliver_create(wfp_deliver_t **pdeliver, apr_pool_t *p)
{
    wfp_deliver_t *deliver = apr_pcalloc(p, sizeof(*deliver));

    *pdeliver = deliver;
    return wfp_lock_make(&deliver->lock, p);
}

/* ---- which run ------------------------------------------------------------------ */

/* Is there room for one more of this queue, and a thread for its Worker? */
static int may_run(wfp_server_t *server, const wfp_queue_t *queue)
{
    const wfp_queue_consumer_t *consumer = queue->consumer;
    wfp_deliver_t *deliver = server->deliver;
    apr_int64_t most = consumer->max_concurrency;
    int i, own = 0, may;

    wfp_lock_take(deliver->lock);
    for (i = 0; i < deliver->count; i++) {
        own += !strcmp(deliver->running[i]->queue->id, queue->id);
    }
    may = deliver->count < RUNNING_MAX && (most == 0 || own < most);
    wfp_lock_leave(deliver->lock);
    return may
           && wfp_runner_may(server->runner, consumer->ns, consumer->script);
}

static void note_running(wfp_deliver_t *deliver, const delivery_t *d)
{
    wfp_lock_take(deliver->lock);
    deliver->running[deliver->count++] = d;
    wfp_lock_leave(deliver->lock);
}

static void forget_running(wfp_deliver_t *deliver, const delivery_t *d)
{
    int i = 0;

    wfp_lock_take(deliver->lock);
    while (deliver->running[i] != d) {
        i++;
    }
    deliver->running[i] = deliver->running[--deliver->count];
    wfp_lock_leave(deliver->lock);
}

/* ---- one delivery --------------------------------------------------------------- */

static wfp_queues_end_e end_of(wfp_code_e code)
{
    switch (code) {
    case WFP_OK:
        return WFP_QUEUES_WELL;
    case WFP_WORKER_NOT_FOUND:
    case WFP_WORKER_OVERLOADED:
    case WFP_ISOLATE_UNAVAILABLE:
    case WFP_STORE_UNAVAILABLE:
        return WFP_QUEUES_UNSEEN;
    default:
        return WFP_QUEUES_FAILED;
    }
}

/* Its lease ends without a word, when that cannot be written. */
static void give_back(delivery_t *d, wfp_queues_end_e end)
{
    wfp_result_t res;
    apr_status_t rv;

    wfp_result_init(&res, d->work->pool);
    rv = wfp_queues_done(d->server->queues, d->queue, &d->batch, end, &res,
                         d->work->pool);
    if (rv != APR_SUCCESS) {
        ap_log_error(APLOG_MARK, APLOG_WARNING, rv, d->server->main,
                     WFPLOGNO(3002) "queue %s: a batch is delivered once more, "
                                    "since what became of it could not be "
                                    "written: %s",
                     d->queue->name, res.message);
    }
}

static wfp_queue_t *copy_queue(const wfp_queue_t *queue, apr_pool_t *p)
{
    wfp_queue_t *copy = apr_pmemdup(p, queue, sizeof(*queue));
    wfp_queue_consumer_t *c = apr_pmemdup(p, queue->consumer, sizeof(*c));

    copy->id = apr_pstrdup(p, queue->id);
    copy->name = apr_pstrdup(p, queue->name);
    copy->consumer = c;
    c->id = apr_pstrdup(p, c->id);
    c->ns = apr_pstrdup(p, c->ns);
    c->script = apr_pstrdup(p, c->script);
    c->dead_letter = apr_pstrdup(p, c->dead_letter);
    return copy;
}

/* Take the next batch. @param pd NULL: there is none */
static apr_status_t take(delivery_t **pd, wfp_server_t *server,
                         const wfp_queue_t *queue, apr_int64_t fence,
                         wfp_result_t *res)
{
    const wfp_queue_fence_t guard = { WFP_RUNNER_LEASE, fence };
    wfp_work_t *work = wfp_work_begin_alone(server);
    delivery_t *d;
    apr_status_t rv;

    *pd = NULL;
    if (!work) {
        return wfp_result_set(res, WFP_INTERNAL, APR_ENOMEM, "no memory");
    }
    d = apr_pcalloc(work->pool, sizeof(*d));
    d->server = server;
    d->work = work;
    d->fence = fence;
    d->queue = copy_queue(queue, work->pool);
    rv = wfp_queues_take(&d->batch, server->queues, d->queue, &guard, res,
                         work->pool);
    if (rv != APR_SUCCESS || d->batch.count == 0) {
        wfp_work_finish(work);
        return rv;
    }
    note_running(server->deliver, d);
    *pd = d;
    return rv;
}

/* Run the handler; it stays among those that run. @return as end_of() */
static wfp_queues_end_e run_one(delivery_t *d)
{
    const wfp_queue_consumer_t *consumer = d->queue->consumer;
    wfp_event_t event = { .kind = WFP_EVENT_QUEUE, .batch = &d->batch };
    wfp_call_t call = { .ns = consumer->ns, .name = consumer->script };
    const char *error;
    wfp_queues_end_e end = end_of(
        wfp_invoke_event(&error, d->work, &call, &event));

    give_back(d, end);
    return end;
}

/* The next batch of that queue, while it is due. @return NULL: another's turn */
static delivery_t *take_more(const delivery_t *before, apr_pool_t *p)
{
    wfp_server_t *server = before->server;
    delivery_t *next = NULL;
    wfp_result_t res;
    int due = 0;

    wfp_result_init(&res, p);
    if (wfp_ending_is_forced(server) || wfp_ending_is_retiring(server)
        || wfp_queues_is_due(&due, server->queues, before->queue, &res, p)
               != APR_SUCCESS
        || !due) {
        return NULL;
    }
    /* why not is told by the runner's next step, if it goes on */
    return take(&next, server, before->queue, before->fence, &res)
                   == APR_SUCCESS
               ? next
               : NULL;
}

/* wfp_task_t.run: a turn of a queue */
static void run_turn(wfp_task_t *task)
{
    apr_time_t until = wfp_clock_now() + TURN;
    delivery_t *first = task->baton, *d = first;
    wfp_queues_end_e end;

    do {
        delivery_t *next = NULL;

        end = run_one(d);
        if (end != WFP_QUEUES_UNSEEN && wfp_clock_now() < until) {
            next = take_more(d, d->work->pool);
        }
        /* not before: a step in between would start another in its place */
        forget_running(d->server->deliver, d);
        if (d != first) {
            wfp_work_finish(d->work); /* the first's is the runner's */
        }
        d = next;
    } while (d);
}

/* Take a batch and hand it to a thread. */
static apr_status_t start(wfp_server_t *server, const wfp_queue_t *queue,
                          apr_int64_t fence, wfp_result_t *res)
{
    delivery_t *d;
    apr_status_t rv = take(&d, server, queue, fence, res);

    if (!d) {
        return rv;
    }
    d->task.work = d->work;
    d->task.ns = d->queue->consumer->ns;
    d->task.name = d->queue->consumer->script;
    d->task.run = run_turn;
    d->task.baton = d;
    if (!wfp_runner_hand(server->runner, &d->task)) {
        give_back(d, WFP_QUEUES_UNSEEN);
        forget_running(server->deliver, d);
        wfp_work_finish(d->work);
    }
    return rv;
}

/* ---- steps ---------------------------------------------------------------------- */

static apr_status_t look_at(wfp_server_t *server, const wfp_queue_t *queue,
                            apr_int64_t fence, wfp_result_t *res, apr_pool_t *p)
{
    int due = 0;
    apr_status_t rv;

    if (!may_run(server, queue)) {
        return APR_SUCCESS;
    }
    rv = wfp_queues_is_due(&due, server->queues, queue, res, p);
    return rv == APR_SUCCESS && due ? start(server, queue, fence, res) : rv;
}

static apr_status_t sweep(wfp_server_t *server, wfp_result_t *res,
                          apr_pool_t *p)
{
    wfp_deliver_t *deliver = server->deliver;
    apr_time_t now = wfp_clock_now();

    if (now - deliver->sweep < SWEEP_EVERY) {
        return APR_SUCCESS;
    }
    deliver->sweep = now;
    return wfp_queues_sweep(server->queues, res, p);
}

apr_status_t wfp_deliver_step(wfp_server_t *server, apr_int64_t fence,
                              wfp_result_t *res, apr_pool_t *p)
{
    wfp_deliver_t *deliver = server->deliver;
    apr_array_header_t *list;
    apr_pool_t *turn;
    int i;
    apr_status_t rv = sweep(server, res, p);

    if (rv == APR_SUCCESS) {
        rv = wfp_queues_busy(&list, server->store, deliver->after, LOOK_MAX,
                             res, p);
    }
    if (rv != APR_SUCCESS) {
        return rv;
    }
    apr_pool_create(&turn, p);
    for (i = 0; rv == APR_SUCCESS && i < list->nelts
                && wfp_runner_room(server->runner) > 0;
         i++) {
        const wfp_queue_t *queue = APR_ARRAY_IDX(list, i, wfp_queue_t *);

        apr_pool_clear(turn);
        (void)apr_cpystrn(deliver->after, queue->id, sizeof(deliver->after));
        rv = look_at(server, queue, fence, res, turn);
    }
    if (i == list->nelts && list->nelts < LOOK_MAX) {
        *deliver->after = '\0'; /* from the first again */
    }
    return rv;
}

apr_status_t wfp_deliver_tend(wfp_server_t *server, wfp_result_t *res,
                              apr_pool_t *p)
{
    wfp_deliver_t *deliver = server->deliver;
    const char *leases[RUNNING_MAX];
    int i, count;
    apr_status_t rv = APR_SUCCESS;

    wfp_lock_take(deliver->lock);
    count = deliver->count;
    for (i = 0; i < count; i++) {
        leases[i] = apr_pstrdup(p, deliver->running[i]->batch.lease);
    }
    wfp_lock_leave(deliver->lock);
    for (i = 0; rv == APR_SUCCESS && i < count; i++) {
        rv = wfp_queues_hold(server->queues, leases[i], res, p);
    }
    return rv;
}
