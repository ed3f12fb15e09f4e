/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The count of a request's connections, for the egress filter. Nobody waits for
 * a slot who holds one, and a holder waits for an origin, or for a body's
 * function, whose calls it makes itself (part.c): no deadlock.
 */
#include "mod_wfp/slots.h"

#include "core/clock.h"
#include "core/lock.h"
#include "mod_wfp/hangup.h"

struct wfp_slots_t {
    wfp_lock_t *lock;
    wfp_cond_t *freed;
    apr_int64_t taken; /* under lock */
};

apr_status_t wfp_slots_make(wfp_slots_t **pslots, apr_pool_t *p)
{
    wfp_slots_t *slots = apr_pcalloc(p, sizeof(*slots));
    apr_status_t rv = wfp_lock_make_both(&slots->lock, &slots->freed, p);

    *pslots = rv == APR_SUCCESS ? slots : NULL;
    return rv;
}

/* wfp_cancel_watch()'s */
static void wake(void *baton)
{
    wfp_slots_t *slots = baton;

    wfp_lock_take(slots->lock);
    wfp_lock_wake_all(slots->freed);
    wfp_lock_leave(slots->lock);
}

/* Wait for news, until it is time to look for the client at the latest. */
static apr_status_t wait_locked(wfp_slots_t *slots,
                                const wfp_client_terms_t *terms,
                                wfp_result_t *res)
{
    apr_interval_time_t left = terms->deadline - wfp_clock_now();
    apr_status_t rv = wfp_cancel_check(terms->cancel, res);
    int looks = terms->is_over && left > terms->look;

    if (rv != APR_SUCCESS) {
        return rv;
    }
    if (left <= 0) {
        return wfp_result_set(res, WFP_TIMEOUT, APR_TIMEUP, NULL);
    }
    if (wfp_lock_wait_for(slots->freed, looks ? terms->look : left) && looks) {
        wfp_lock_leave(slots->lock);
        looks = terms->is_over(terms->is_over_arg);
        wfp_lock_take(slots->lock);
        return looks ? wfp_hangup_tell(res) : APR_SUCCESS;
    }
    return APR_SUCCESS; /* whatever ended the wait: who asked looks again */
}

apr_status_t wfp_slots_take(wfp_slots_t *slots, apr_int64_t max,
                            const wfp_client_terms_t *terms, wfp_result_t *res)
{
    apr_status_t rv = APR_SUCCESS;

    wfp_cancel_watch(terms->cancel, wake, slots);
    wfp_lock_take(slots->lock);
    while (slots->taken >= max && rv == APR_SUCCESS) {
        rv = wait_locked(slots, terms, res);
    }
    if (rv == APR_SUCCESS) {
        slots->taken++;
    }
    wfp_lock_leave(slots->lock);
    wfp_cancel_unwatch(terms->cancel);
    return rv;
}

void wfp_slots_give(wfp_slots_t *slots)
{
    wfp_lock_take(slots->lock);
    slots->taken--;
    wfp_lock_wake_all(slots->freed);
    wfp_lock_leave(slots->lock);
}
