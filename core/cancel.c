/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A word from one thread to another that waits. Used by the outbound client and
 * by the module for host calls that run beside their invocation; knows nothing
 * of either. The reason is an atomic, so that looking takes no lock.
 */
#include "core/cancel.h"

#include "core/clock.h"
#include "core/lock.h"

struct wfp_cancel_t {
    wfp_lock_t *lock;
    wfp_cond_t *told;
    int why; /* atomic: a wfp_code_e */
    /* under lock: */
    void (*wake)(void *baton);
    void *baton;
};

static void lock(wfp_cancel_t *cancel)
{
    wfp_lock_take(cancel->lock);
}

static void unlock(wfp_cancel_t *cancel)
{
    wfp_lock_leave(cancel->lock);
}

apr_status_t wfp_cancel_make(wfp_cancel_t **pcancel, apr_pool_t *p)
{
    wfp_cancel_t *cancel = apr_pcalloc(p, sizeof(*cancel));

    *pcancel = cancel;
    return wfp_lock_make_both(&cancel->lock, &cancel->told, p);
}

void wfp_cancel_fire(wfp_cancel_t *cancel, wfp_code_e why)
{
    lock(cancel);
    if (!cancel->why) {
        __atomic_store_n(&cancel->why, (int)why, __ATOMIC_RELEASE);
        wfp_lock_wake_all(cancel->told);
        if (cancel->wake) {
            cancel->wake(cancel->baton);
        }
    }
    unlock(cancel);
}

wfp_code_e wfp_cancel_why(const wfp_cancel_t *cancel)
{
    return cancel ? (wfp_code_e)__atomic_load_n(&cancel->why, __ATOMIC_ACQUIRE)
                  : WFP_OK;
}

apr_status_t wfp_cancel_check(const wfp_cancel_t *cancel, wfp_result_t *res)
{
    wfp_code_e why = wfp_cancel_why(cancel);

    return why == WFP_OK ? APR_SUCCESS
                         : wfp_result_set(res, why, APR_ECONNABORTED, NULL);
}

void wfp_cancel_watch(wfp_cancel_t *cancel, void (*wake)(void *baton),
                      void *baton)
{
    if (cancel) {
        lock(cancel);
        cancel->wake = wake;
        cancel->baton = baton;
        unlock(cancel);
    }
}

void wfp_cancel_unwatch(wfp_cancel_t *cancel)
{
    if (cancel) {
        lock(cancel);
        cancel->wake = NULL;
        unlock(cancel);
    }
}

void wfp_cancel_sleep(wfp_cancel_t *cancel, apr_time_t until)
{
    apr_time_t now;

    if (cancel) {
        lock(cancel);
    }
    while ((now = wfp_clock_now()) < until
           && wfp_cancel_why(cancel) == WFP_OK) {
        if (cancel) {
            /* whatever ends the wait: the loop looks again */
            (void)wfp_lock_wait_for(cancel->told, until - now);
        }
        else {
            wfp_clock_sleep(until);
        }
    }
    if (cancel) {
        unlock(cancel);
    }
}
