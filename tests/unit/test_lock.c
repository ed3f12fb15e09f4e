/* SPDX-License-Identifier: Apache-2.0 */
/* Mutexes and conditions. That a wait's end is in the time of core/clock.h shows
 * as follows: one of the wall clock's would be far in the past or the future. */
#include "core/lock.h"

#include "core/clock.h"
#include "core/thread.h"
#include "tests/unit/wfp_test.h"

#define LONG apr_time_from_sec(60)

typedef struct game_t {
    wfp_lock_t *lock;
    wfp_cond_t *ping;
    wfp_cond_t *pong; /* a second condition of the lock */
    int turns;        /* under lock */
} game_t;

static void waits_as_long_as_asked(wfp_test_t *t)
{
    apr_time_t start;
    wfp_lock_t *lock;
    wfp_cond_t *cond;

    CHECK_INT(wfp_lock_make_both(&lock, &cond, t->pool), APR_SUCCESS);
    wfp_lock_take(lock);
    start = wfp_clock_now();
    while (!wfp_lock_wait_for(cond, 5000)) {
    }
    CHECK(wfp_clock_now() >= start + 5000);
    /* over already */
    CHECK_INT(wfp_lock_wait_for(cond, 0), 1);
    CHECK_INT(wfp_lock_wait_for(cond, -LONG), 1);
    wfp_lock_leave(lock);
}

static void *APR_THREAD_FUNC pong_main(apr_thread_t *thread, void *data)
{
    game_t *game = data;

    wfp_lock_take(game->lock);
    while (game->turns < 10) {
        if (game->turns % 2) {
            game->turns++;
            wfp_lock_wake_one(game->ping);
        }
        else {
            wfp_lock_wait(game->pong);
        }
    }
    wfp_lock_leave(game->lock);
    return NULL;
}

static void wakes(wfp_test_t *t)
{
    apr_time_t start = wfp_clock_now();
    game_t game = { 0 };
    apr_thread_t *thread;
    apr_status_t rv;

    CHECK_INT(wfp_lock_make_both(&game.lock, &game.ping, t->pool), APR_SUCCESS);
    CHECK_INT(wfp_lock_make_cond(&game.pong, game.lock, t->pool), APR_SUCCESS);
    CHECK_INT(wfp_thread_start(&thread, pong_main, &game, t->pool),
              APR_SUCCESS);
    wfp_lock_take(game.lock);
    while (game.turns < 10) {
        if (game.turns % 2 == 0) {
            game.turns++;
            wfp_lock_wake_all(game.pong);
        }
        else {
            /* more than fits into a time */
            (void)wfp_lock_wait_for(game.ping, APR_INT64_MAX);
        }
    }
    wfp_lock_leave(game.lock);
    CHECK_INT(apr_thread_join(&rv, thread), APR_SUCCESS);
    CHECK(wfp_clock_now() < start + LONG);
}

static void *APR_THREAD_FUNC try_main(apr_thread_t *thread, void *data)
{
    apr_status_t rv = wfp_lock_take_for(data, apr_time_from_msec(20));

    if (rv == APR_SUCCESS) {
        wfp_lock_leave(data);
    }
    apr_thread_exit(thread, rv);
    return NULL;
}

/* What another thread hears that wants it, too. */
static apr_status_t tried(wfp_test_t *t, wfp_lock_t *lock)
{
    apr_thread_t *thread;
    apr_status_t rv;

    CHECK_INT(wfp_thread_start(&thread, try_main, lock, t->pool), APR_SUCCESS);
    CHECK_INT(apr_thread_join(&rv, thread), APR_SUCCESS);
    return rv;
}

static void takes_for_a_time(wfp_test_t *t)
{
    apr_time_t start = wfp_clock_now();
    wfp_lock_t *lock;

    CHECK_INT(wfp_lock_make(&lock, t->pool), APR_SUCCESS);
    CHECK_INT(wfp_lock_take_for(lock, LONG), APR_SUCCESS);
    CHECK_INT(tried(t, lock), APR_TIMEUP);
    CHECK(wfp_clock_now() >= start + apr_time_from_msec(20));
    wfp_lock_leave(lock);
    CHECK_INT(tried(t, lock), APR_SUCCESS);
}

static const wfp_test_case_t cases[] = {
    { "waits as long as asked", waits_as_long_as_asked },
    { "takes for a time", takes_for_a_time },
    { "wakes", wakes },
    { NULL },
};

int main(void)
{
    return wfp_test_run(cases);
}
