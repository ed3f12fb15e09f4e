/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Threads that no signal reaches. Used by every file that has one of its own;
 * what runs in them unblocks what it needs (the meter's timer).
 */
#include "core/thread.h"

#include <pthread.h>
#include <signal.h>

/* A new thread has its maker's mask, so that is changed around making it. */
static void block_signals(sigset_t *before)
{
    static const int faults[] = { SIGABRT, SIGBUS, SIGFPE, SIGILL,
                                  SIGSEGV, SIGSYS, SIGTRAP };
    sigset_t others;
    apr_size_t i;

    (void)sigfillset(&others);
    for (i = 0; i < sizeof(faults) / sizeof(faults[0]); i++) {
        (void)sigdelset(&others, faults[i]);
    }
    /* valid arguments: cannot fail */
    (void)pthread_sigmask(SIG_SETMASK, &others, before);
}

static void restore_signals(const sigset_t *before)
{
    (void)pthread_sigmask(SIG_SETMASK, before, NULL);
}

apr_status_t wfp_thread_start(apr_thread_t **pthread, apr_thread_start_t fn,
                              void *data, apr_pool_t *p)
{
    sigset_t before;
    apr_status_t rv;

    block_signals(&before);
    rv = apr_thread_create(pthread, NULL, fn, data, p);
    restore_signals(&before);
    return rv;
}

apr_status_t wfp_thread_detach(void *(*fn)(void *data), void *data,
                               apr_size_t stack_bytes)
{
    pthread_attr_t attr;
    pthread_t thread;
    sigset_t before;
    int rv = pthread_attr_init(&attr);

    if (rv) {
        return rv;
    }
    (void)pthread_attr_setdetachstate(&attr, PTHREAD_CREATE_DETACHED);
    rv = pthread_attr_setstacksize(&attr, stack_bytes);
    if (!rv) {
        block_signals(&before);
        rv = pthread_create(&thread, &attr, fn, data);
        restore_signals(&before);
    }
    (void)pthread_attr_destroy(&attr); /* frees nothing on Linux */
    return rv;
}
