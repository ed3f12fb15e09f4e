/* SPDX-License-Identifier: Apache-2.0 */
/* A word to a thread that waits. */
#include "core/cancel.h"

#include <apr_thread_proc.h>

#include "core/clock.h"
#include "tests/unit/wfp_test.h"

#define LONG apr_time_from_sec(60)

static void *APR_THREAD_FUNC fire_main(apr_thread_t *thread, void *data)
{
    wfp_cancel_fire(data, WFP_TIMEOUT);
    return NULL;
}

static void count_call(void *baton)
{
    ++*(int *)baton;
}

static void the_first_reason_holds(wfp_test_t *t)
{
    wfp_cancel_t *c;
    wfp_result_t res;

    wfp_result_init(&res, t->pool);
    CHECK_INT(wfp_cancel_make(&c, t->pool), APR_SUCCESS);
    CHECK_INT(wfp_cancel_why(c), WFP_OK);
    CHECK_INT(wfp_cancel_why(NULL), WFP_OK);
    CHECK_INT(wfp_cancel_check(c, &res), APR_SUCCESS);
    wfp_cancel_fire(c, WFP_ABORTED);
    wfp_cancel_fire(c, WFP_TIMEOUT);
    CHECK_INT(wfp_cancel_check(c, &res), APR_ECONNABORTED);
    CHECK_INT(res.code, WFP_ABORTED);
}

static void the_watch_is_called_once(wfp_test_t *t)
{
    wfp_cancel_t *c;
    int called = 0, other = 0;

    CHECK_INT(wfp_cancel_make(&c, t->pool), APR_SUCCESS);
    wfp_cancel_watch(c, count_call, &other);
    wfp_cancel_unwatch(c);
    wfp_cancel_watch(c, count_call, &called);
    wfp_cancel_fire(c, WFP_ABORTED);
    wfp_cancel_fire(c, WFP_ABORTED);
    wfp_cancel_unwatch(c);
    CHECK_INT(called, 1);
    CHECK_INT(other, 0);
    wfp_cancel_watch(NULL, count_call, &called);
    wfp_cancel_unwatch(NULL);
}

static void sleep_ends(wfp_test_t *t)
{
    apr_time_t start = wfp_clock_now();
    apr_thread_t *thread;
    wfp_cancel_t *c;
    apr_status_t rv;

    CHECK_INT(wfp_cancel_make(&c, t->pool), APR_SUCCESS);
    wfp_cancel_sleep(NULL, start + 2000);
    wfp_cancel_sleep(c, start + 4000);
    CHECK(wfp_clock_now() >= start + 4000);
    CHECK_INT(apr_thread_create(&thread, NULL, fire_main, c, t->pool),
              APR_SUCCESS);
    wfp_cancel_sleep(c, start + LONG);
    CHECK_INT(wfp_cancel_why(c), WFP_TIMEOUT);
    CHECK(wfp_clock_now() < start + LONG / 2);
    CHECK_INT(apr_thread_join(&rv, thread), APR_SUCCESS);
    wfp_cancel_sleep(c, start + LONG); /* not at all */
    CHECK(wfp_clock_now() < start + LONG / 2);
}

static const wfp_test_case_t cases[] = {
    { "the first reason holds", the_first_reason_holds },
    { "the watch is called once", the_watch_is_called_once },
    { "a sleep ends in time, or when told", sleep_ends },
    { NULL, NULL },
};

int main(void)
{
    return wfp_test_run(cases);
}
