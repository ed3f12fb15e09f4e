/* SPDX-License-Identifier: Apache-2.0 */
/* Threads that no signal reaches. */
#include "core/thread.h"

#include <signal.h>

#include "core/lock.h"
#include "tests/unit/wfp_test.h"

typedef struct seen_t {
    wfp_lock_t *lock;
    wfp_cond_t *told;
    int ended;
    sigset_t mask;
} seen_t;

static void look(seen_t *seen)
{
    (void)pthread_sigmask(SIG_SETMASK, NULL, &seen->mask);
    wfp_lock_take(seen->lock);
    seen->ended = 1;
    wfp_lock_wake_one(seen->told);
    wfp_lock_leave(seen->lock);
}

static void *APR_THREAD_FUNC joined_main(apr_thread_t *thread, void *data)
{
    look(data);
    return NULL;
}

static void *detached_main(void *data)
{
    look(data);
    return NULL;
}

static void check_mask(wfp_test_t *t, const seen_t *seen)
{
    sigset_t own;

    CHECK_INT(sigismember(&seen->mask, SIGTERM), 1);
    CHECK_INT(sigismember(&seen->mask, SIGHUP), 1);
    CHECK_INT(sigismember(&seen->mask, SIGRTMIN + 6), 1);
    CHECK_INT(sigismember(&seen->mask, SIGSEGV), 0);
    CHECK_INT(sigismember(&seen->mask, SIGABRT), 0);
    CHECK_INT(pthread_sigmask(SIG_SETMASK, NULL, &own), 0);
    CHECK_INT(sigismember(&own, SIGTERM), 0);
}

static void one_that_is_joined(wfp_test_t *t)
{
    apr_thread_t *thread;
    seen_t seen = { 0 };
    apr_status_t rv;

    CHECK_INT(wfp_lock_make_both(&seen.lock, &seen.told, t->pool), APR_SUCCESS);
    CHECK_INT(wfp_thread_start(&thread, joined_main, &seen, t->pool),
              APR_SUCCESS);
    CHECK_INT(apr_thread_join(&rv, thread), APR_SUCCESS);
    CHECK_INT(seen.ended, 1);
    check_mask(t, &seen);
}

static void one_that_is_not(wfp_test_t *t)
{
    seen_t seen = { 0 };

    CHECK_INT(wfp_lock_make_both(&seen.lock, &seen.told, t->pool), APR_SUCCESS);
    CHECK_INT(wfp_thread_detach(detached_main, &seen, 256 * 1024), APR_SUCCESS);
    wfp_lock_take(seen.lock);
    while (!seen.ended) {
        wfp_lock_wait(seen.told);
    }
    wfp_lock_leave(seen.lock);
    check_mask(t, &seen);
    CHECK(wfp_thread_detach(detached_main, &seen, 1) != APR_SUCCESS);
}

static const wfp_test_case_t cases[] = {
    { "one that is joined", one_that_is_joined },
    { "one that is not", one_that_is_not },
    { NULL },
};

int main(void)
{
    return wfp_test_run(cases);
}
