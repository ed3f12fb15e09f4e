/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WFP_SHARED_LOCK_H
#define WFP_SHARED_LOCK_H

#include <apr_errno.h>
#include <apr_time.h>
#include <pthread.h>

#include "core/wfp.h"

/**
 * @file
 * A mutex in shared memory whose owner may be killed: the next one is told, and
 * mends what it guards. (APR's process mutexes hide that.) Any thread of any
 * process that has the segment; never twice by one thread.
 */

/** Lies in the segment. */
typedef struct wfp_shared_lock_t {
    pthread_mutex_t mutex;
} wfp_shared_lock_t;

/** Set it up, before the segment is shared. */
apr_status_t wfp_shared_lock_make(wfp_shared_lock_t *lock) WFP_CHECK;

/**
 * Take it, or wait for it so long at most.
 *
 * @param wait  0: do not wait
 *
 * @return APR_SUCCESS; EOWNERDEAD: taken too, and who had it was killed: mend
 *         what it guards, then call wfp_shared_lock_mended(); ETIMEDOUT or
 *         EBUSY: not taken
 */
apr_status_t wfp_shared_lock_for(wfp_shared_lock_t *lock,
                                 apr_interval_time_t wait) WFP_CHECK;

/** What it guards is whole again. Holds the lock. */
apr_status_t wfp_shared_lock_mended(wfp_shared_lock_t *lock) WFP_CHECK;

/** Give it back. */
void wfp_shared_lock_leave(wfp_shared_lock_t *lock);

#endif
