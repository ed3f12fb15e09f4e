/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WFP_LOCK_H
#define WFP_LOCK_H

#include <apr_pools.h>
#include <apr_time.h>
#include <pthread.h>

#include "core/wfp.h"

/**
 * @file
 * A mutex between threads of this process, and conditions of what it guards.
 * APR's wait until a time of the wall clock, which may be stepped; these wait for as
 * long as was asked. For any thread, as long as the pool
 * that they were made in lives.
 */

typedef struct wfp_lock_t wfp_lock_t;
typedef struct wfp_cond_t wfp_cond_t;

apr_status_t wfp_lock_make(wfp_lock_t **plock, apr_pool_t *p) WFP_CHECK;

/** A condition of what lock guards; gone before lock is. */
apr_status_t wfp_lock_make_cond(wfp_cond_t **pcond, wfp_lock_t *lock,
                                apr_pool_t *p) WFP_CHECK;

/** Both, for a lock that has one condition. */
apr_status_t wfp_lock_make_both(wfp_lock_t **plock, wfp_cond_t **pcond,
                                apr_pool_t *p) WFP_CHECK;

/** Not twice by one thread. */
void wfp_lock_take(wfp_lock_t *lock);
void wfp_lock_leave(wfp_lock_t *lock);

/** Take it, or wait for it so long at most. @return APR_TIMEUP: not taken */
apr_status_t wfp_lock_take_for(wfp_lock_t *lock,
                               apr_interval_time_t time) WFP_CHECK;

/** The same for any mutex of POSIX threads. @return as pthread_mutex_timedlock() */
int wfp_lock_mutex_for(pthread_mutex_t *mutex, apr_interval_time_t time);

/** Leave the condition's lock, wait until somebody wakes, take it again. Whoever
 *  waits may wake for nothing: look again. */
void wfp_lock_wait(wfp_cond_t *cond);

/** The same, for that long at most. @return 1: it is over */
int wfp_lock_wait_for(wfp_cond_t *cond, apr_interval_time_t time);

/** Wake one of those who wait, or all; with or without the lock. */
void wfp_lock_wake_one(wfp_cond_t *cond);
void wfp_lock_wake_all(wfp_cond_t *cond);

#endif
