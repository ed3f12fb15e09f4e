/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A small pool of threads that runs waitUntil functions. One tenant may hold
 * half of the places at most, so that it cannot keep others from being served.
 */
#include "mod_wfp/background.h"

#include <apr_signal.h>
#include <apr_thread_cond.h>
#include <apr_thread_mutex.h>
#include <apr_thread_proc.h>
#include <string.h>

#include "mod_wfp/log.h"

#define THREADS     4
#define PLACES      256
#define PLACES_EACH (PLACES / 2)

struct wfp_background_t {
    wfp_server_t *server;
    apr_thread_mutex_t *lock;
    apr_thread_cond_t *wake;
    apr_thread_t *threads[THREADS];
    /* under lock */
    wfp_work_t *works[PLACES]; /* waiting: a ring */
    int first, count;
    apr_time_t stop; /* 0; at exit: run on until then */
};

static int is_same_worker(const wfp_work_t *a, const wfp_work_t *b)
{
    return a->first && b->first
           && !strcmp(a->first->entry.name, b->first->entry.name)
           && !strcmp(a->first->entry.ns, b->first->entry.ns);
}

static int count_of_worker_locked(const wfp_background_t *bg,
                                  const wfp_work_t *work)
{
    int i, n = 0;

    for (i = 0; i < bg->count; i++) {
        n += is_same_worker(bg->works[(bg->first + i) % PLACES], work);
    }
    return n;
}

static void run_work(wfp_work_t *work, apr_time_t until)
{
    wfp_host_ctx_t *ctx;

    for (ctx = work->first; ctx; ctx = ctx->next) {
        if (ctx->inv && wfp_run_pending(ctx->inv) > 0) {
            wfp_result_t res;
            apr_status_t rv;

            wfp_result_init(&res, work->pool);
            ctx->deadline = until;
            rv = wfp_run_wait_until(ctx->inv, ctx, until, &res);
            if (rv != APR_SUCCESS) {
                ctx->outcome = res.code;
                ctx->error = res.message;
            }
        }
    }
    wfp_invoke_finish(work);
}

static void *APR_THREAD_FUNC background_main(apr_thread_t *thread, void *data)
{
    wfp_background_t *bg = data;

    (void)apr_setup_signal_thread(); /* cannot fail in a way that matters */
    (void)apr_thread_mutex_lock(bg->lock);
    for (;;) {
        apr_time_t until = apr_time_now() + WFP_BACKGROUND_TIME;
        wfp_work_t *work;

        if (bg->count == 0) {
            if (bg->stop) {
                break;
            }
            (void)apr_thread_cond_wait(bg->wake, bg->lock);
            continue;
        }
        work = bg->works[bg->first];
        bg->first = (bg->first + 1) % PLACES;
        bg->count--;
        if (bg->stop && bg->stop < until) {
            until = bg->stop;
        }
        (void)apr_thread_mutex_unlock(bg->lock);
        run_work(work, until);
        (void)apr_thread_mutex_lock(bg->lock);
    }
    (void)apr_thread_mutex_unlock(bg->lock);
    return NULL;
}

static apr_status_t background_join(void *data)
{
    wfp_background_t *bg = data;
    apr_status_t rv;
    int i;

    (void)apr_thread_mutex_lock(bg->lock);
    bg->stop = apr_time_now() + WFP_BACKGROUND_TIME;
    (void)apr_thread_cond_broadcast(bg->wake);
    (void)apr_thread_mutex_unlock(bg->lock);
    for (i = 0; i < THREADS; i++) {
        if (bg->threads[i]) {
            (void)apr_thread_join(&rv, bg->threads[i]);
        }
    }
    return APR_SUCCESS;
}

apr_status_t wfp_background_start(wfp_background_t **pbg, wfp_server_t *server,
                                  apr_pool_t *p)
{
    wfp_background_t *bg = apr_pcalloc(p, sizeof(*bg));
    apr_status_t rv;
    int i;

    bg->server = server;
    rv = apr_thread_mutex_create(&bg->lock, APR_THREAD_MUTEX_DEFAULT, p);
    if (rv == APR_SUCCESS) {
        rv = apr_thread_cond_create(&bg->wake, p);
    }
    if (rv != APR_SUCCESS) {
        return rv;
    }
    apr_pool_pre_cleanup_register(p, bg, background_join);
    for (i = 0; i < THREADS && rv == APR_SUCCESS; i++) {
        rv = apr_thread_create(&bg->threads[i], NULL, background_main, bg, p);
    }
    *pbg = bg;
    return rv;
}

int wfp_background_take(wfp_background_t *bg, wfp_work_t *work)
{
    int taken;

    (void)apr_thread_mutex_lock(bg->lock);
    taken = !bg->stop && bg->count < PLACES
            && count_of_worker_locked(bg, work) < PLACES_EACH;
    if (taken) {
        bg->works[(bg->first + bg->count) % PLACES] = work;
        bg->count++;
        (void)apr_thread_cond_signal(bg->wake);
    }
    (void)apr_thread_mutex_unlock(bg->lock);
    return taken;
}
