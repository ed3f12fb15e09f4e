/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WFP_CLOCK_H
#define WFP_CLOCK_H

#include <apr_time.h>

/**
 * @file
 * The time that deadlines are in. Nobody sets it: where the wall clock is
 * stepped back or forward by an hour, what waits ends when it should all the
 * same. For what is told or kept the wall clock (apr_time_now()) it is.
 */

/** Microseconds since some time in the past, the same for all processes of
 *  the host; never 0. Any thread; as cheap as apr_time_now(). */
apr_time_t wfp_clock_now(void);

/** Sleep until that time, or a little longer. */
void wfp_clock_sleep(apr_time_t until);

/** CPU time of this thread in nanoseconds: a system call. */
apr_int64_t wfp_clock_thread_ns(void);

#endif
