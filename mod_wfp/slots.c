/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The count of a request's connections, for the egress filter. Nobody waits for
 * a slot who holds one, and a holder waits for an origin, or for a body's
 * function, whose calls it makes itself (part.c): no deadlock.
 */
#include "mod_wfp/slots.h"

#include "core/thread.h"
#include "mod_wfp/hangup.h"

struct wfp_slots_t {
    apr_thread_mutex_t *lock;
    apr_thread_cond_t *freed;
    apr_int64_t taken; /* under lock */
};

apr_status_t wfp_slots_make(wfp_slots_t **pslots, apr_pool_t *p)
{
    wfp_slots_t *slots = apr_pcalloc(p, sizeof(*slots));
    apr_status_t rv = wfp_thread_make_lock(&slots->lock, &slots->freed, p);

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

/* Wait for news, until it is time to look for the client at the latest. */
static apr_status_t wait_locked(wfp_slots_t *slots,
                                const wfp_client_terms_t *terms,
                                wfp_result_t *res)
{
    apr_interval_time_t left = terms->deadline - apr_time_now();
    apr_status_t rv = wfp_cancel_check(terms->cancel, res);
    int looks = terms->is_over && left > terms->look;

    if (rv != APR_SUCCESS) {
        return rv;
    }
    if (left <= 0) {
        return wfp_result_set(res, WFP_TIMEOUT, APR_TIMEUP, NULL);
    }
    rv = apr_thread_cond_timedwait(slots->freed, slots->lock,
                                   looks ? terms->look : left);
    if (looks && APR_STATUS_IS_TIMEUP(rv)) {
        (void)apr_thread_mutex_unlock(slots->lock);
        looks = terms->is_over(terms->is_over_arg);
        (void)apr_thread_mutex_lock(slots->lock);
        return looks ? wfp_hangup_tell(res) : APR_SUCCESS;
    }
    return APR_SUCCESS; /* whatever ended the wait: who asked looks again */
}

apr_status_t wfp_slots_take(wfp_slots_t *slots, apr_int64_t max,
                            const wfp_client_terms_t *terms, wfp_result_t *res)
{
    apr_status_t rv = APR_SUCCESS;

    wfp_cancel_watch(terms->cancel, wake, slots);
    (void)apr_thread_mutex_lock(slots->lock); /* cannot fail: our own */
    while (slots->taken >= max && rv == APR_SUCCESS) {
        rv = wait_locked(slots, terms, res);
    }
    if (rv == APR_SUCCESS) {
        slots->taken++;
    }
    (void)apr_thread_mutex_unlock(slots->lock);
    wfp_cancel_unwatch(terms->cancel);
    return rv;
}

void wfp_slots_give(wfp_slots_t *slots)
{
    (void)apr_thread_mutex_lock(slots->lock); /* cannot fail: our own */
    slots->taken--;
    (void)apr_thread_cond_broadcast(slots->freed);
    (void)apr_thread_mutex_unlock(slots->lock);
}
