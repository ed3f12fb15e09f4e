/* SPDX-License-Identifier: Apache-2.0 */
/* The time that deadlines are in. */
#include "core/clock.h"

#include <time.h>

#include "tests/unit/wfp_test.h"

static apr_time_t monotonic(void)
{
    struct timespec now;

    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return apr_time_from_sec(now.tv_sec) + now.tv_nsec / 1000;
}

static void not_the_wall_clock(wfp_test_t *t)
{
    apr_time_t before = monotonic(), now = wfp_clock_now();

    CHECK(before <= now);
    CHECK(now <= monotonic());
}

static void sleeps(wfp_test_t *t)
{
    apr_time_t until = monotonic() + 3000;

    wfp_clock_sleep(until);
    CHECK(monotonic() >= until);
    wfp_clock_sleep(until - 1000); /* not at all */
}

static const wfp_test_case_t cases[] = {
    { "not the wall clock", not_the_wall_clock },
    { "sleeps", sleeps },
    { NULL },
};

int main(void)
{
    return wfp_test_run(cases);
}
