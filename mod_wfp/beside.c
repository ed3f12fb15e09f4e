/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Threads for the host calls of parallel(). The egress chain and nested Workers
 * block by contract, so each call that waits needs one; who finds none makes the
 * call on the own thread (lua_runtime/ops.c), so nesting cannot deadlock. One
 * Worker, with those that its calls led to, has half of the threads at most.
 * Called through host.c's table.
 *
 * A job belongs to the thread that started it; in between, from the queue until
 * it is in the list of those that are done, to the thread that runs it. What
 * both sides touch is under the one lock.
 */
#include "mod_wfp/beside.h"

#include <string.h>

#include "core/clock.h"
#include "core/lock.h"
#include "core/thread.h"
#include "mod_wfp/ending.h"
#include "mod_wfp/hangup.h"
#include "mod_wfp/host.h"
#include "mod_wfp/part.h"
#include "mod_wfp/reach.h"

#define THREADS      128
#define THREADS_EACH (THREADS / 2)

/* A thread ends when it had nothing to do for so long. */
#define IDLE apr_time_from_sec(10)

/* In the part's pool. */
typedef struct job_t {
    wfp_host_ctx_t *ctx; /* as the part sees it */
    wfp_op_t *op;
    wfp_calls_t *calls;
    const wfp_entry_t *worker; /* whose share it is */
    struct job_t *next;        /* in the queue or in calls->done */
    struct job_t *next_busy;   /* of all that are queued or run */
    struct job_t *next_own;    /* in calls->all */
} job_t;

/* The calls of one invocation, in its work's pool. */
struct wfp_calls_t {
    wfp_cond_t *changed;
    job_t *all;  /* the invocation's thread's own */
    job_t *done; /* under lock */
};

typedef struct helper_t {
    wfp_beside_t *beside;
    apr_pool_t *pool;     /* NULL: no thread */
    apr_thread_t *thread; /* to be joined */
    int ended;            /* under lock: nearly */
} helper_t;

struct wfp_beside_t {
    wfp_server_t *server;
    apr_pool_t *pool;
    wfp_lock_t *lock;
    wfp_cond_t *wake;
    /* under lock: */
    job_t *queue, **queue_end;
    job_t *busy;
    int wanted; /* jobs that have a thread promised and none yet */
    int free;   /* threads without a job */
    int stop;
    helper_t helpers[THREADS];
};

static void lock(wfp_beside_t *beside)
{
    wfp_lock_take(beside->lock);
}

static void unlock(wfp_beside_t *beside)
{
    wfp_lock_leave(beside->lock);
}

/* ---- the threads ------------------------------------------------------------- */

static job_t *take_job_locked(wfp_beside_t *beside)
{
    job_t *job = beside->queue;

    if (job) {
        beside->queue = job->next;
        if (!beside->queue) {
            beside->queue_end = &beside->queue;
        }
        beside->wanted--;
        beside->free--;
    }
    return job;
}

static void end_job_locked(wfp_beside_t *beside, job_t *job)
{
    job_t **link = &beside->busy;

    while (*link != job) {
        link = &(*link)->next_busy;
    }
    *link = job->next_busy;
    job->next = job->calls->done;
    job->calls->done = job;
    beside->free++;
    wfp_lock_wake_all(job->calls->changed);
}

static void *APR_THREAD_FUNC helper_main(apr_thread_t *thread, void *data)
{
    helper_t *helper = data;
    wfp_beside_t *beside = helper->beside;
    int was_idle = 0;
    job_t *job;

    lock(beside);
    for (;;) {
        job = take_job_locked(beside);
        if (job) {
            unlock(beside);
            wfp_host_run(&wfp_host_functions, job->ctx, job->op);
            lock(beside);
            end_job_locked(beside, job);
            was_idle = 0;
        }
        else if (beside->wanted == 0 && (beside->stop || was_idle)) {
            break;
        }
        else {
            was_idle = wfp_lock_wait_for(beside->wake, IDLE);
        }
    }
    beside->free--;
    helper->ended = 1;
    unlock(beside);
    return NULL;
}

/* Its thread has ended, or will in a moment. */
static void join_helper(helper_t *helper)
{
    apr_status_t rv;

    (void)apr_thread_join(&rv, helper->thread);
    apr_pool_destroy(helper->pool);
    helper->pool = NULL;
}

/* One thread more. @return APR_EAGAIN: there are enough */
static apr_status_t add_thread_locked(wfp_beside_t *beside)
{
    helper_t *helper = beside->helpers;
    apr_status_t rv;

    while (helper < beside->helpers + THREADS && helper->pool
           && !helper->ended) {
        helper++;
    }
    if (helper == beside->helpers + THREADS) {
        return APR_EAGAIN;
    }
    if (helper->pool) {
        join_helper(helper);
    }
    helper->ended = 0;
    helper->beside = beside;
    apr_pool_create(&helper->pool, beside->pool);
    rv = wfp_thread_start(&helper->thread, helper_main, helper, helper->pool);
    if (rv != APR_SUCCESS) {
        apr_pool_destroy(helper->pool);
        helper->pool = NULL;
        return APR_EAGAIN;
    }
    beside->free++;
    return APR_SUCCESS;
}

static apr_status_t beside_join(void *data)
{
    wfp_beside_t *beside = data;
    int i;

    lock(beside);
    beside->stop = 1;
    wfp_lock_wake_all(beside->wake);
    unlock(beside);
    for (i = 0; i < THREADS; i++) {
        if (beside->helpers[i].pool) {
            join_helper(&beside->helpers[i]);
        }
    }
    return APR_SUCCESS;
}

apr_status_t wfp_beside_create(wfp_beside_t **pbeside, wfp_server_t *server,
                               apr_pool_t *p)
{
    wfp_beside_t *beside = apr_pcalloc(p, sizeof(*beside));
    apr_status_t rv;

    beside->server = server;
    beside->pool = p;
    beside->queue_end = &beside->queue;
    rv = wfp_lock_make_both(&beside->lock, &beside->wake, p);
    if (rv == APR_SUCCESS) {
        apr_pool_pre_cleanup_register(p, beside, beside_join);
    }
    *pbeside = beside;
    return rv;
}

/* ---- the calls --------------------------------------------------------------- */

/* Whose share of the threads a call of this invocation takes. */
static const wfp_entry_t *worker_of(const wfp_host_ctx_t *ctx)
{
    const wfp_host_ctx_t *payer = wfp_reach_payer(ctx);

    return payer ? &payer->entry : &ctx->entry;
}

static int has_share_locked(const wfp_beside_t *beside,
                            const wfp_entry_t *worker)
{
    const job_t *job;
    int n = 0;

    for (job = beside->busy; job; job = job->next_busy) {
        n += !strcmp(job->worker->name, worker->name)
             && !strcmp(job->worker->ns, worker->ns);
    }
    return n < THREADS_EACH;
}

/* Promise a thread to a job that will come. */
static apr_status_t promise(wfp_beside_t *beside, const wfp_entry_t *worker)
{
    apr_status_t rv = APR_SUCCESS;

    lock(beside);
    if (beside->stop || !has_share_locked(beside, worker)) {
        rv = APR_EAGAIN;
    }
    else if (beside->free <= beside->wanted) {
        rv = add_thread_locked(beside);
    }
    if (rv == APR_SUCCESS) {
        beside->wanted++;
    }
    unlock(beside);
    return rv;
}

static void take_back(wfp_beside_t *beside)
{
    lock(beside);
    beside->wanted--;
    unlock(beside);
}

static apr_status_t make_calls(wfp_host_ctx_t *ctx)
{
    wfp_calls_t *calls;
    apr_status_t rv;

    if (ctx->calls) {
        return APR_SUCCESS;
    }
    calls = apr_pcalloc(ctx->work->pool, sizeof(*calls));
    rv = wfp_lock_make_cond(&calls->changed, ctx->work->server->beside->lock,
                            ctx->work->pool);
    if (rv == APR_SUCCESS) {
        ctx->calls = calls;
    }
    return rv;
}

static void hand_over(wfp_beside_t *beside, job_t *job)
{
    job->next_own = job->calls->all;
    job->calls->all = job;
    lock(beside);
    *beside->queue_end = job;
    beside->queue_end = &job->next;
    job->next_busy = beside->busy;
    beside->busy = job;
    wfp_lock_wake_one(beside->wake);
    unlock(beside);
}

apr_status_t wfp_beside_start(wfp_host_ctx_t *ctx, wfp_op_t *op)
{
    wfp_beside_t *beside = ctx->work->server->beside;
    const wfp_entry_t *worker = worker_of(ctx);
    wfp_host_ctx_t *view;
    apr_status_t rv = promise(beside, worker);
    job_t *job;

    if (rv != APR_SUCCESS) {
        return rv;
    }
    rv = make_calls(ctx);
    if (rv == APR_SUCCESS) {
        rv = wfp_part_make(&view, ctx, op);
    }
    if (rv != APR_SUCCESS) {
        take_back(beside);
        return rv;
    }
    job = apr_pcalloc(view->work->pool, sizeof(*job));
    job->ctx = view;
    job->op = op;
    job->calls = ctx->calls;
    job->worker = worker;
    op->host = job;
    hand_over(beside, job);
    return APR_SUCCESS;
}

/* What wfp_beside_wait() is woken by. */
typedef struct waiter_t {
    wfp_beside_t *beside;
    wfp_calls_t *calls;
} waiter_t;

/* wfp_cancel_watch()'s */
static void wake(void *baton)
{
    const waiter_t *waiter = baton;

    lock(waiter->beside);
    wfp_lock_wake_all(waiter->calls->changed);
    unlock(waiter->beside);
}

/* Nobody wants to have the invocation's calls any more: end them. */
static void cancel_all(wfp_calls_t *calls, wfp_code_e why)
{
    job_t *job;

    for (job = calls->all; job; job = job->next_own) {
        wfp_cancel_fire(job->ctx->work->cancel, why);
    }
}

static void forget(wfp_calls_t *calls, const job_t *job)
{
    job_t **link = &calls->all;

    while (*link != job) {
        link = &(*link)->next_own;
    }
    *link = job->next_own;
}

/* Wait for news, not for too long. @return 1: there are none */
static int nap_locked(const waiter_t *waiter, apr_interval_time_t left)
{
    return wfp_lock_wait_for(waiter->calls->changed,
                             left < WFP_HANGUP_LOOK ? left : WFP_HANGUP_LOOK);
}

/* Wait a while. @return why nobody wants to wait any more; WFP_OK */
static wfp_code_e await_locked(const waiter_t *waiter, wfp_work_t *work,
                               apr_interval_time_t left)
{
    wfp_code_e why = wfp_cancel_why(work->cancel);

    if (why != WFP_OK) {
        return why;
    }
    if (nap_locked(waiter, left) && left > WFP_HANGUP_LOOK) {
        unlock(waiter->beside);
        why = wfp_hangup_look(work) ? WFP_CLIENT_DISCONNECTED : WFP_OK;
        lock(waiter->beside);
    }
    return why;
}

/* The next job that is done, or NULL when it is time. */
static job_t *await_done(const waiter_t *waiter, wfp_work_t *work,
                         apr_time_t until)
{
    wfp_calls_t *calls = waiter->calls;
    apr_interval_time_t left;
    int told = 0;
    job_t *job;

    lock(waiter->beside);
    while (!calls->done && (left = until - wfp_clock_now()) > 0) {
        wfp_code_e why = WFP_OK;

        if (told) {
            /* they end soon; whatever ends the wait: the loop looks again */
            (void)nap_locked(waiter, left);
        }
        else {
            why = await_locked(waiter, work, left);
        }
        if (why != WFP_OK) {
            unlock(waiter->beside);
            cancel_all(calls, why);
            told = 1;
            lock(waiter->beside);
        }
    }
    job = calls->done;
    if (job) {
        calls->done = job->next;
    }
    unlock(waiter->beside);
    return job;
}

wfp_op_t *wfp_beside_wait(wfp_host_ctx_t *ctx, apr_time_t until)
{
    wfp_work_t *work = ctx->work;
    waiter_t waiter = { work->server->beside, ctx->calls };
    wfp_op_t *op;
    job_t *job;

    if (until == 0 || (until > ctx->deadline && until != APR_INT64_MAX)) {
        until = ctx->deadline;
    }
    wfp_cancel_watch(work->cancel, wake, &waiter);
    job = await_done(&waiter, work, until);
    wfp_cancel_unwatch(work->cancel);
    if (!job) {
        return NULL;
    }
    forget(ctx->calls, job);
    op = job->op;
    wfp_part_join(job->ctx, op);
    return op;
}

void wfp_beside_cancel(wfp_host_ctx_t *ctx, wfp_op_t *op, wfp_code_e why)
{
    const job_t *job = op->host;

    (void)ctx;
    wfp_cancel_fire(job->ctx->work->cancel, why);
}
