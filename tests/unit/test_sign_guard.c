/* SPDX-License-Identifier: Apache-2.0 */
#include "admin/sign_guard.h"
#include "tests/unit/wfp_test.h"

#include <apr_strings.h>

#define BEGIN apr_time_from_sec(1800000000)

static wfp_sign_guard_t *make(wfp_test_t *t)
{
    wfp_sign_guard_t *guard;
    wfp_result_t res;

    wfp_result_init(&res, t->pool);
    CHECK_INT(wfp_sign_guard_create(&guard, &res, t->pool), 0);
    return guard;
}

static int ask(wfp_sign_guard_t *guard, const char *who, int second)
{
    return wfp_sign_guard_try(guard, who, strlen(who),
                              BEGIN + apr_time_from_sec(second));
}

static void waits_double_after_the_free_ones(wfp_test_t *t)
{
    wfp_sign_guard_t *guard = make(t);
    int second = 0, wait, i;

    for (i = 0; i < WFP_SIGN_GUARD_FREE; i++) {
        CHECK_INT(ask(guard, "a", second), 0);
    }
    for (wait = 1; wait <= 512; wait *= 2) {
        CHECK_INT(ask(guard, "a", second), wait);
        CHECK_INT(ask(guard, "a", second + wait - 1), 1);
        second += wait;
        CHECK_INT(ask(guard, "a", second), 0);
    }
    for (i = 0; i < 300; i++) {
        CHECK_INT(ask(guard, "a", second), WFP_SIGN_GUARD_MAX_S);
        second += WFP_SIGN_GUARD_MAX_S;
        CHECK_INT(ask(guard, "a", second), 0);
    }
}

static void an_hour_forgets(wfp_test_t *t)
{
    wfp_sign_guard_t *guard = make(t);
    int i;

    for (i = 0; i < WFP_SIGN_GUARD_FREE; i++) {
        CHECK_INT(ask(guard, "a", 0), 0);
    }
    CHECK_INT(ask(guard, "a", 3599), 0);
    CHECK_INT(ask(guard, "a", 3599), 2);
    for (i = 0; i < WFP_SIGN_GUARD_FREE; i++) {
        CHECK_INT(ask(guard, "a", 3599 + 3600), 0);
    }
    CHECK_INT(ask(guard, "a", 3599 + 3600), 1);
}

static void right_ones_do_not_count(wfp_test_t *t)
{
    wfp_sign_guard_t *guard = make(t);
    int i;

    for (i = 0; i < 100; i++) {
        CHECK_INT(ask(guard, "a", i), 0);
        wfp_sign_guard_forgive(guard, "a", 1, BEGIN + apr_time_from_sec(i));
    }
    for (i = 0; i < WFP_SIGN_GUARD_FREE; i++) {
        CHECK_INT(ask(guard, "a", 200), 0);
    }
    CHECK_INT(ask(guard, "a", 201), 0);
    /* a right one takes itself back, not the wrong ones */
    wfp_sign_guard_forgive(guard, "a", 1, BEGIN + apr_time_from_sec(201));
    CHECK_INT(ask(guard, "a", 201), 1);
    wfp_sign_guard_forgive(guard, "b", 1, BEGIN);
    CHECK_INT(ask(guard, "b", 0), 0);
}

static void nobody_pays_for_others(wfp_test_t *t)
{
    wfp_sign_guard_t *guard = make(t);
    int i;

    for (i = 0; i < WFP_SIGN_GUARD_FREE; i++) {
        CHECK_INT(ask(guard, "a", 0), 0);
    }
    CHECK_INT(ask(guard, "a", 0), 1);
    for (i = 0; i < 1000; i++) {
        CHECK_INT(ask(guard, apr_psprintf(t->pool, "other %d", i), 0), 0);
    }
}

static void a_clock_that_went_back_forgets(wfp_test_t *t)
{
    wfp_sign_guard_t *guard = make(t);
    int i;

    for (i = 0; i < WFP_SIGN_GUARD_FREE; i++) {
        CHECK_INT(ask(guard, "a", 100), 0);
    }
    CHECK_INT(ask(guard, "a", 50), 0);
}

static const wfp_test_case_t cases[] = {
    { "waits_double_after_the_free_ones", waits_double_after_the_free_ones },
    { "an_hour_forgets", an_hour_forgets },
    { "right_ones_do_not_count", right_ones_do_not_count },
    { "nobody_pays_for_others", nobody_pays_for_others },
    { "a_clock_that_went_back_forgets", a_clock_that_went_back_forgets },
    { NULL, NULL },
};

int main(void)
{
    return wfp_test_run(cases);
}
