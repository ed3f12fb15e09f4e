/* SPDX-License-Identifier: Apache-2.0 */
#include "core/shared_lock.h"

#include "core/lock.h"

apr_status_t wfp_shared_lock_make(wfp_shared_lock_t *lock)
{
    pthread_mutexattr_t attr;
    int rv = pthread_mutexattr_init(&attr);

    if (rv == 0) {
        rv = pthread_mutexattr_setpshared(&attr, PTHREAD_PROCESS_SHARED);
        if (rv == 0) {
            rv = pthread_mutexattr_setrobust(&attr, PTHREAD_MUTEX_ROBUST);
        }
        if (rv == 0) {
            rv = pthread_mutex_init(&lock->mutex, &attr);
        }
        (void)pthread_mutexattr_destroy(&attr); /* frees nothing on Linux */
    }
    return rv;
}

apr_status_t wfp_shared_lock_for(wfp_shared_lock_t *lock,
                                 apr_interval_time_t wait)
{
    return wait <= 0 ? pthread_mutex_trylock(&lock->mutex)
                     : wfp_lock_mutex_for(&lock->mutex, wait);
}

apr_status_t wfp_shared_lock_mended(wfp_shared_lock_t *lock)
{
    return pthread_mutex_consistent(&lock->mutex);
}

void wfp_shared_lock_leave(wfp_shared_lock_t *lock)
{
    (void)pthread_mutex_unlock(&lock->mutex); /* the caller's: cannot fail */
}
