/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Batches of queues, each handed to a thread of the runner, which runs the
 * consumer's `queue` handler and then says what became of its messages. A step
 * looks at a bounded number of queues, in turn; a Worker has few deliveries at a
 * time, so one that loops keeps the others' messages from nobody. Who is killed
 * in between has a lease that ends.
 */
#include "mod_wfp/deliver.h"

#include <apr_strings.h>
#include <string.h>

#include "core/clock.h"
#include "core/lock.h"
#include "mod_wfp/log.h"
#include "mod_wfp/runner.h"

/* Queues that a step looks at; deliveries of this process. */
#define LOOK_MAX     100
#define RUNNING_MAX  64
#define RUNNING_EACH 2 /* of one Worker, as the runner's threads are shared */

#define SWEEP_EVERY apr_time_from_sec(60)

/* A delivery on its way; in its work's pool. */
typedef struct delivery_t {
    wfp_server_t *server;
    const wfp_queue_t *queue;
    wfp_queue_batch_t batch;
    wfp_task_t task;
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

static int is_same_worker(const wfp_queue_consumer_t *a,
                          const wfp_queue_consumer_t *b)
{
    return !strcmp(a->script, b->script) && !strcmp(a->ns, b->ns);
}

/* Is there room for one more of this queue, and of its Worker? */
static int may_run(wfp_deliver_t *deliver, const wfp_queue_t *queue)
{
    apr_int64_t most = queue->consumer->max_concurrency;
    int i, own = 0, of_worker = 0, may;

    wfp_lock_take(deliver->lock);
    for (i = 0; i < deliver->count; i++) {
        const wfp_queue_t *other = deliver->running[i]->queue;

        own += !strcmp(other->id, queue->id);
        of_worker += is_same_worker(other->consumer, queue->consumer);
    }
    may = deliver->count < RUNNING_MAX && of_worker < RUNNING_EACH
          && (most == 0 || own < most);
    wfp_lock_leave(deliver->lock);
    return may;
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
    apr_pool_t *p = d->task.work->pool;
    wfp_result_t res;
    apr_status_t rv;

    wfp_result_init(&res, p);
    rv = wfp_queues_done(d->server->queues, d->queue, &d->batch, end, &res, p);
    if (rv != APR_SUCCESS) {
        ap_log_error(APLOG_MARK, APLOG_WARNING, rv, d->server->main,
                     WFPLOGNO(3002) "queue %s: a batch is delivered once more, "
                                    "since what became of it could not be "
                                    "written: %s",
                     d->queue->name, res.message);
    }
}

/* wfp_task_t.run */
static void deliver_batch(wfp_task_t *task)
{
    delivery_t *d = task->baton;
    wfp_event_t event = { .kind = WFP_EVENT_QUEUE, .batch = &d->batch };
    wfp_call_t call = { .ns = task->ns, .name = task->name };
    const char *error;

    give_back(d, end_of(wfp_invoke_event(&error, task->work, &call, &event)));
    forget_running(d->server->deliver, d);
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

/* Take a batch and hand it to a thread. */
static apr_status_t start(wfp_server_t *server, const wfp_queue_t *queue,
                          const wfp_queue_fence_t *fence, wfp_result_t *res)
{
    wfp_work_t *work = wfp_invoke_begin_alone(server);
    delivery_t *d;
    apr_status_t rv;

    if (!work) {
        return wfp_result_set(res, WFP_INTERNAL, APR_ENOMEM, "no memory");
    }
    d = apr_pcalloc(work->pool, sizeof(*d));
    d->server = server;
    d->queue = copy_queue(queue, work->pool);
    rv = wfp_queues_take(&d->batch, server->queues, d->queue, fence, res,
                         work->pool);
    if (rv != APR_SUCCESS || d->batch.count == 0) {
        wfp_invoke_finish(work);
        return rv;
    }
    d->task.work = work;
    d->task.ns = d->queue->consumer->ns;
    d->task.name = d->queue->consumer->script;
    d->task.run = deliver_batch;
    d->task.baton = d;
    note_running(server->deliver, d);
    if (!wfp_runner_hand(server->runner, &d->task)) {
        forget_running(server->deliver, d);
        give_back(d, WFP_QUEUES_UNSEEN);
        wfp_invoke_finish(work);
    }
    return rv;
}

/* ---- steps ---------------------------------------------------------------------- */

static apr_status_t look_at(wfp_server_t *server, const wfp_queue_t *queue,
                            const wfp_queue_fence_t *fence, wfp_result_t *res,
                            apr_pool_t *p)
{
    int due = 0;
    apr_status_t rv;

    if (!may_run(server->deliver, queue)) {
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
    const wfp_queue_fence_t guard = { WFP_RUNNER_LEASE, fence };
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
        rv = look_at(server, queue, &guard, res, turn);
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
