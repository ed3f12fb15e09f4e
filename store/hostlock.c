/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The writer lock of a SQLite store. Called by dbd.c around every write
 * transaction. It must not know what is written.
 *
 * The file lock is taken without blocking and asked for again after short
 * sleeps: a stopped holder then costs its rivals a time-out, not a hang.
 */
#include "store/hostlock.h"

#include <apr_file_io.h>
#include <apr_strings.h>
#include <apr_time.h>

#include "core/clock.h"
#include "core/lock.h"

#define NAP_MIN 100 /* us */
#define NAP_MAX 800 /* us */

struct wfp_hostlock_t {
    const char *path;
    apr_pool_t *pool;
    wfp_lock_t *mutex;
    apr_file_t *file;
};

apr_status_t wfp_hostlock_make(wfp_hostlock_t **plock, const char *path,
                               apr_pool_t *p)
{
    wfp_hostlock_t *lock = apr_pcalloc(p, sizeof(*lock));

    lock->path = apr_pstrdup(p, path);
    lock->pool = p;
    *plock = lock;
    return wfp_lock_make(&lock->mutex, p);
}

static apr_status_t take_file_locked(wfp_hostlock_t *lock, apr_time_t until)
{
    apr_interval_time_t nap = NAP_MIN;
    apr_status_t rv;

    if (!lock->file) {
        rv = apr_file_open(&lock->file, lock->path,
                           APR_FOPEN_READ | APR_FOPEN_WRITE | APR_FOPEN_CREATE,
                           APR_FPROT_UREAD | APR_FPROT_UWRITE, lock->pool);
        if (rv != APR_SUCCESS) {
            lock->file = NULL;
            return APR_SUCCESS; /* SQLite's own locks do, only slower */
        }
    }
    for (;;) {
        rv = apr_file_lock(lock->file,
                           APR_FLOCK_EXCLUSIVE | APR_FLOCK_NONBLOCK);
        if (!APR_STATUS_IS_EAGAIN(rv) && !APR_STATUS_IS_EACCES(rv)) {
            return rv;
        }
        if (wfp_clock_now() >= until) {
            return APR_TIMEUP;
        }
        apr_sleep(nap);
        nap = nap * 2 > NAP_MAX ? NAP_MAX : nap * 2;
    }
}

apr_status_t wfp_hostlock_take(wfp_hostlock_t *lock)
{
    apr_time_t until = wfp_clock_now() + WFP_HOSTLOCK_WAIT;
    apr_status_t rv = wfp_lock_take_for(lock->mutex, WFP_HOSTLOCK_WAIT);

    if (rv != APR_SUCCESS) {
        return rv;
    }
    rv = take_file_locked(lock, until);
    if (rv != APR_SUCCESS) {
        wfp_lock_leave(lock->mutex);
    }
    return rv;
}

void wfp_hostlock_drop(wfp_hostlock_t *lock)
{
    /* it is held: there is nothing that a caller could do about a failure */
    if (lock->file) {
        (void)apr_file_unlock(lock->file);
    }
    wfp_lock_leave(lock->mutex);
}
