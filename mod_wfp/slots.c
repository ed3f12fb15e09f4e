/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The count of a request's connections, for the egress filter. Nobody waits for
 * a slot who holds one, and a holder waits for an origin, or for a body's
 * function, whose calls it makes itself (part.c): no deadlock.
 */
#include "mod_wfp/slots.h"

#include <apr_thread_cond.h>
#include <apr_thread_mutex.h>

struct wfp_slots_t {
    apr_thread_mutex_t *lock;
    apr_thread_cond_t *freed;
    apr_int64_t taken; /* under lock */
};

apr_status_t wfp_slots_make(wfp_slots_t **pslots, apr_pool_t *p)
{
    wfp_slots_t *slots = apr_pcalloc(p, sizeof(*slots));
    apr_status_t rv = apr_thread_mutex_create(&slots->lock,
                                              APR_THREAD_MUTEX_DEFAULT, p);

    if (rv == APR_SUCCESS) {
        rv = apr_thread_cond_create(&slots->freed, p);
    }
    *pslots = rv == APR_SUCCESS ? slots : NULL;
    return rv;
}

/* wfp_cancel_watch()'s */
static void wake(void *baton)
{
    wfp_slots_t *slots = baton;

    (void)apr_thread_mutex_lock(slots->lock); /* cannot fail: our own */
    (void)apr_thread_cond_broadcast(slots->freed);
    (void)apr_thread_mutex_unlock(slots->lock);
}

apr_status_t wfp_slots_take(wfp_slots_t *slots, apr_int64_t max,
                            wfp_cancel_t *cancel, apr_time_t until,
                            wfp_result_t *res)
{
    apr_status_t rv = APR_SUCCESS;

    wfp_cancel_watch(cancel, wake, slots);
    (void)apr_thread_mutex_lock(slots->lock); /* cannot fail: our own */
    while (slots->taken >= max && rv == APR_SUCCESS) {
        apr_interval_time_t left = until - apr_time_now();

        rv = wfp_cancel_check(cancel, res);
        if (rv == APR_SUCCESS && left <= 0) {
            rv = wfp_result_set(res, WFP_TIMEOUT, APR_TIMEUP, NULL);
        }
        else if (rv == APR_SUCCESS) {
            /* whatever ends the wait: the loop looks again */
            (void)apr_thread_cond_timedwait(slots->freed, slots->lock, left);
        }
    }
    if (rv == APR_SUCCESS) {
        slots->taken++;
    }
    (void)apr_thread_mutex_unlock(slots->lock);
    wfp_cancel_unwatch(cancel);
    return rv;
}

void wfp_slots_give(wfp_slots_t *slots)
{
    (void)apr_thread_mutex_lock(slots->lock); /* cannot fail: our own */
    slots->taken--;
    (void)apr_thread_cond_broadcast(slots->freed);
    (void)apr_thread_mutex_unlock(slots->lock);
}
