/* SPDX-License-Identifier: Apache-2.0 */
/* CLOCK_MONOTONIC in APR's units. Used by all rooms for deadlines. */
#include "core/clock.h"

#include <time.h>

apr_time_t wfp_clock_now(void)
{
    struct timespec now;

    (void)clock_gettime(CLOCK_MONOTONIC, &now); /* always exists */
    return apr_time_from_sec(now.tv_sec) + now.tv_nsec / 1000;
}

void wfp_clock_sleep(apr_time_t until)
{
    apr_interval_time_t left;

    while ((left = until - wfp_clock_now()) > 0) {
        apr_sleep(left);
    }
}

apr_int64_t wfp_clock_thread_ns(void)
{
    struct timespec now;

    (void)clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now); /* always exists */
    return (apr_int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}
