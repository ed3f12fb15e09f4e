/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WFP_HOSTLOCK_H
#define WFP_HOSTLOCK_H

#include <apr_errno.h>
#include <apr_pools.h>

#include "core/wfp.h"

/**
 * @file
 * One writer of a SQLite database a host: threads queue on a mutex, processes
 * on a lock file beside the database. The kernel gives the lock back when its
 * holder dies. It spares writers SQLite's own waiting (sleeps of 100 ms in the
 * driver); that two writers never meet is still SQLite's guarantee.
 */

typedef struct wfp_hostlock_t wfp_hostlock_t;

/** Nothing is opened before the first take. @param path the lock file */
apr_status_t wfp_hostlock_make(wfp_hostlock_t **plock, const char *path,
                               apr_pool_t *p) WFP_CHECK;

/**
 * Wait for the lock.
 *
 * @return APR_SUCCESS, also when the lock file cannot be opened (then only
 *         the threads of this process queue); APR_TIMEUP after
 *         WFP_HOSTLOCK_WAIT: nothing is held then
 */
apr_status_t wfp_hostlock_take(wfp_hostlock_t *lock) WFP_CHECK;

/** Give it back. */
void wfp_hostlock_drop(wfp_hostlock_t *lock);

/** Longest wait for the lock. */
#define WFP_HOSTLOCK_WAIT (10 * APR_USEC_PER_SEC)

#endif
