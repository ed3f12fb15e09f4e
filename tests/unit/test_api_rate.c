/* SPDX-License-Identifier: Apache-2.0 */
#include "admin/api_rate.h"
#include "tests/unit/wfp_test.h"

#include <apr_strings.h>

#define WINDOW apr_time_from_sec(60)

static wfp_api_rate_t *make(wfp_test_t *t)
{
    wfp_api_rate_t *rate;
    wfp_result_t res;

    wfp_result_init(&res, t->pool);
    CHECK_INT(wfp_api_rate_create(&rate, &res, t->pool), 0);
    return rate;
}

static int ask(wfp_api_rate_t *rate, const char *who, int most, apr_time_t now)
{
    return wfp_api_rate_count(rate, who, strlen(who), (apr_uint32_t)most,
                              WINDOW, now);
}

static void wait_is_what_is_left_of_the_window(wfp_test_t *t)
{
    wfp_api_rate_t *rate = make(t);
    apr_time_t begin = 1000 * WINDOW;

    CHECK_INT(ask(rate, "a", 1, begin), 0);
    CHECK_INT(ask(rate, "a", 1, begin), 60);
    CHECK_INT(ask(rate, "a", 1, begin + 1), 60);
    CHECK_INT(ask(rate, "a", 1, begin + apr_time_from_sec(1)), 59);
    CHECK_INT(ask(rate, "a", 1, begin + WINDOW - 1), 1);
    /* when the time that was told is over, it may */
    CHECK_INT(ask(rate, "a", 1, begin + WINDOW), 0);
    CHECK_INT(ask(rate, "a", 1, begin + WINDOW), 60);
}

static void refused_ones_are_not_counted(wfp_test_t *t)
{
    wfp_api_rate_t *rate = make(t);
    int i;

    for (i = 0; i < 5; i++) {
        CHECK_INT(ask(rate, "a", 5, 7 * WINDOW), 0);
    }
    for (i = 0; i < 100; i++) {
        CHECK(ask(rate, "a", 5, 7 * WINDOW) > 0);
    }
    /* a larger share, after a restart with another directive */
    CHECK_INT(ask(rate, "a", 6, 7 * WINDOW), 0);
    CHECK(ask(rate, "a", 6, 7 * WINDOW) > 0);
}

static void nobody_pays_for_others(wfp_test_t *t)
{
    wfp_api_rate_t *rate = make(t);
    int i, k;

    for (k = 0; k < 3; k++) {
        for (i = 0; i < 500; i++) {
            CHECK_INT(ask(rate, apr_itoa(t->pool, i), 3, 9 * WINDOW), 0);
        }
    }
    for (i = 0; i < 500; i++) {
        CHECK(ask(rate, apr_itoa(t->pool, i), 3, 9 * WINDOW) > 0);
    }
}

/* Many that ask once do not make room for one that asks often. */
static void a_crowd_hides_nobody(wfp_test_t *t)
{
    wfp_api_rate_t *rate = make(t);
    int i;

    for (i = 0; i < 10; i++) {
        CHECK_INT(ask(rate, "busy", 10, 11 * WINDOW), 0);
    }
    for (i = 0; i < 100000; i++) {
        (void)ask(rate, apr_itoa(t->pool, i), 10, 11 * WINDOW);
    }
    CHECK(ask(rate, "busy", 10, 11 * WINDOW) > 0);
}

static const wfp_test_case_t cases[] = {
    { "wait_is_what_is_left_of_the_window",
      wait_is_what_is_left_of_the_window },
    { "refused_ones_are_not_counted", refused_ones_are_not_counted },
    { "nobody_pays_for_others", nobody_pays_for_others },
    { "a_crowd_hides_nobody", a_crowd_hides_nobody },
    { NULL, NULL },
};

int main(void)
{
    return wfp_test_run(cases);
}
