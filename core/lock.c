/* SPDX-License-Identifier: Apache-2.0 */
/*
 * POSIX threads' mutex and condition, the latter with CLOCK_MONOTONIC. None of
 * their functions can fail here: the arguments are valid, and a thread neither
 * takes a lock twice nor leaves one that it has not.
 */
#include "core/lock.h"

#include <errno.h>
#include <pthread.h>
#include <time.h>

#include "core/clock.h"

/* An end further away than this is never reached, but fits into a time. */
#define WAIT_MAX apr_time_from_sec(365 * 86400)

struct wfp_lock_t {
    pthread_mutex_t mutex;
};

struct wfp_cond_t {
    pthread_cond_t cond;
    wfp_lock_t *lock;
};

static apr_status_t destroy_lock(void *data)
{
    wfp_lock_t *lock = data;

    return pthread_mutex_destroy(&lock->mutex);
}

static apr_status_t destroy_cond(void *data)
{
    wfp_cond_t *cond = data;

    return pthread_cond_destroy(&cond->cond);
}

apr_status_t wfp_lock_make(wfp_lock_t **plock, apr_pool_t *p)
{
    wfp_lock_t *lock = apr_pcalloc(p, sizeof(*lock));
    int rv = pthread_mutex_init(&lock->mutex, NULL);

    if (!rv) {
        apr_pool_cleanup_register(p, lock, destroy_lock, apr_pool_cleanup_null);
    }
    *plock = lock;
    return rv;
}

apr_status_t wfp_lock_make_cond(wfp_cond_t **pcond, wfp_lock_t *lock,
                                apr_pool_t *p)
{
    wfp_cond_t *cond = apr_pcalloc(p, sizeof(*cond));
    pthread_condattr_t attr;
    int rv = pthread_condattr_init(&attr);

    *pcond = cond;
    if (rv) {
        return rv;
    }
    rv = pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
    if (!rv) {
        rv = pthread_cond_init(&cond->cond, &attr);
    }
    (void)pthread_condattr_destroy(&attr);
    if (!rv) {
        cond->lock = lock;
        apr_pool_cleanup_register(p, cond, destroy_cond, apr_pool_cleanup_null);
    }
    return rv;
}

apr_status_t wfp_lock_make_both(wfp_lock_t **plock, wfp_cond_t **pcond,
                                apr_pool_t *p)
{
    apr_status_t rv = wfp_lock_make(plock, p);

    return rv == APR_SUCCESS ? wfp_lock_make_cond(pcond, *plock, p) : rv;
}

void wfp_lock_take(wfp_lock_t *lock)
{
    (void)pthread_mutex_lock(&lock->mutex);
}

/* TSan of gcc 12 does not know the first: the mutex would be nobody's to it. */
#ifndef __SANITIZE_THREAD__
#define LOCK_UNTIL(mutex, at)                                                  \
    pthread_mutex_clocklock(mutex, CLOCK_MONOTONIC, at)
#define NOW() wfp_clock_now()
#else
#define LOCK_UNTIL(mutex, at) pthread_mutex_timedlock(mutex, at)
#define NOW()                 apr_time_now()
#endif

static struct timespec after(apr_time_t now, apr_interval_time_t time)
{
    apr_time_t until = now + (time < WAIT_MAX ? time : WAIT_MAX);
    struct timespec at = { .tv_sec = (time_t)apr_time_sec(until),
                           .tv_nsec = (long)apr_time_usec(until) * 1000 };

    return at;
}

int wfp_lock_mutex_for(pthread_mutex_t *mutex, apr_interval_time_t time)
{
    struct timespec at = after(NOW(), time);

    return LOCK_UNTIL(mutex, &at);
}

apr_status_t wfp_lock_take_for(wfp_lock_t *lock, apr_interval_time_t time)
{
    int rv = wfp_lock_mutex_for(&lock->mutex, time);

    return rv == ETIMEDOUT ? APR_TIMEUP : rv;
}

void wfp_lock_leave(wfp_lock_t *lock)
{
    (void)pthread_mutex_unlock(&lock->mutex);
}

void wfp_lock_wait(wfp_cond_t *cond)
{
    (void)pthread_cond_wait(&cond->cond, &cond->lock->mutex);
}

int wfp_lock_wait_for(wfp_cond_t *cond, apr_interval_time_t time)
{
    struct timespec at = after(wfp_clock_now(), time);

    return pthread_cond_timedwait(&cond->cond, &cond->lock->mutex, &at)
           == ETIMEDOUT;
}

void wfp_lock_wake_one(wfp_cond_t *cond)
{
    (void)pthread_cond_signal(&cond->cond);
}

void wfp_lock_wake_all(wfp_cond_t *cond)
{
    (void)pthread_cond_broadcast(&cond->cond);
}
