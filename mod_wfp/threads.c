/* SPDX-License-Identifier: Apache-2.0 */
/* A thread that does something every so often, and ends at once when asked. */
#include "mod_wfp/threads.h"

#include "core/lock.h"
#include "core/thread.h"

typedef struct ticker_t {
    apr_interval_time_t interval;
    void (*fn)(void *data);
    void *data;
    apr_thread_t *thread;
    wfp_lock_t *lock;
    wfp_cond_t *wake;
    int stop; /* under lock */
} ticker_t;

static void *APR_THREAD_FUNC ticker_main(apr_thread_t *thread, void *data)
{
    ticker_t *t = data;

    wfp_lock_take(t->lock);
    while (!t->stop) {
        wfp_lock_leave(t->lock);
        t->fn(t->data);
        wfp_lock_take(t->lock);
        if (!t->stop) {
            (void)wfp_lock_wait_for(t->wake, t->interval);
        }
    }
    wfp_lock_leave(t->lock);
    return NULL;
}

static apr_status_t ticker_join(void *data)
{
    ticker_t *t = data;
    apr_status_t rv;

    wfp_lock_take(t->lock);
    t->stop = 1;
    wfp_lock_wake_one(t->wake);
    wfp_lock_leave(t->lock);
    (void)apr_thread_join(&rv, t->thread);
    return APR_SUCCESS;
}

apr_status_t wfp_threads_every(apr_interval_time_t interval,
                               void (*fn)(void *data), void *data,
                               apr_pool_t *p)
{
    ticker_t *t = apr_pcalloc(p, sizeof(*t));
    apr_status_t rv;

    t->interval = interval;
    t->fn = fn;
    t->data = data;
    rv = wfp_lock_make_both(&t->lock, &t->wake, p);
    if (rv == APR_SUCCESS) {
        rv = wfp_thread_start(&t->thread, ticker_main, t, p);
    }
    if (rv == APR_SUCCESS) {
        apr_pool_pre_cleanup_register(p, t, ticker_join);
    }
    return rv;
}
