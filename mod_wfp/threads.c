/* SPDX-License-Identifier: Apache-2.0 */
/* A thread that does something every so often, and ends at once when asked. */
#include "mod_wfp/threads.h"

#include "core/lock.h"
#include "core/thread.h"

struct wfp_ticker_t {
    apr_interval_time_t interval;
    void (*fn)(void *data);
    apr_interval_time_t (*paced)(void *data); /* or that; the other is NULL */
    void *data;
    apr_thread_t *thread;
    wfp_lock_t *lock;
    wfp_cond_t *wake;
    int stop; /* under lock, as all below */
    int poked;
};

static apr_interval_time_t call(const wfp_ticker_t *t)
{
    if (t->paced) {
        return t->paced(t->data);
    }
    t->fn(t->data);
    return t->interval;
}

static void *APR_THREAD_FUNC ticker_main(apr_thread_t *thread, void *data)
{
    wfp_ticker_t *t = data;
    apr_interval_time_t pause;

    wfp_lock_take(t->lock);
    while (!t->stop) {
        t->poked = 0;
        wfp_lock_leave(t->lock);
        pause = call(t);
        wfp_lock_take(t->lock);
        if (!t->stop && !t->poked) {
            (void)wfp_lock_wait_for(t->wake, pause);
        }
    }
    wfp_lock_leave(t->lock);
    return NULL;
}

static apr_status_t ticker_join(void *data)
{
    wfp_ticker_t *t = data;
    apr_status_t rv;

    wfp_lock_take(t->lock);
    t->stop = 1;
    wfp_lock_wake_one(t->wake);
    wfp_lock_leave(t->lock);
    (void)apr_thread_join(&rv, t->thread);
    return APR_SUCCESS;
}

static apr_status_t start(wfp_ticker_t *t, apr_pool_t *p)
{
    apr_status_t rv = wfp_lock_make_both(&t->lock, &t->wake, p);

    if (rv == APR_SUCCESS) {
        rv = wfp_thread_start(&t->thread, ticker_main, t, p);
    }
    if (rv == APR_SUCCESS) {
        apr_pool_pre_cleanup_register(p, t, ticker_join);
    }
    return rv;
}

apr_status_t wfp_threads_every(apr_interval_time_t interval,
                               void (*fn)(void *data), void *data,
                               apr_pool_t *p)
{
    wfp_ticker_t *t = apr_pcalloc(p, sizeof(*t));

    t->interval = interval;
    t->fn = fn;
    t->data = data;
    return start(t, p);
}

apr_status_t wfp_threads_paced(wfp_ticker_t **pticker,
                               apr_interval_time_t (*fn)(void *data),
                               void *data, apr_pool_t *p)
{
    wfp_ticker_t *t = apr_pcalloc(p, sizeof(*t));

    t->paced = fn;
    t->data = data;
    *pticker = t;
    return start(t, p);
}

void wfp_threads_poke(wfp_ticker_t *t)
{
    wfp_lock_take(t->lock);
    t->poked = 1;
    wfp_lock_wake_one(t->wake);
    wfp_lock_leave(t->lock);
}
