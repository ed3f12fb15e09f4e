/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WFP_CRON_H
#define WFP_CRON_H

#include <apr_pools.h>

#include "core/result.h"
#include "core/wfp.h"

/**
 * @file
 * Cron expressions: minute, hour, day of the month, month, day of the week
 * (1-7 or SUN-SAT), in UTC. A list of values, ranges (which may wrap round) and
 * steps each; the third may instead be L, LW, L-n, L-nW or nW, the last L, nL or
 * n#m. Where both say something about the day, either will do.
 */

/** Longest expression. */
#define WFP_CRON_MAX 255

typedef struct wfp_cron_t {
    apr_uint64_t minutes; /* a bit each */
    apr_uint32_t hours;
    apr_uint32_t days; /* bit 1 to 31 */
    apr_uint32_t months;
    apr_uint32_t weekdays; /* bit 1, Sunday, to 7 */
    int any_day;           /* the field is * */
    int any_weekday;
    int day_kind; /* of cron.c: what L and W make of it */
    int day_n;
    int weekday_nth; /* n#m: 1 to 5; nL: 6; 0: neither */
} wfp_cron_t;

/** Read one. @return APR_EINVAL with WFP_INVALID and what is wrong; also when no
 *  day is such a day */
apr_status_t wfp_cron_parse(wfp_cron_t *cron, const char *text,
                            wfp_result_t *res) WFP_CHECK;

/** The first time after that one, both milliseconds since the epoch; 0: there is
 *  none in 41 years. */
apr_int64_t wfp_cron_next(const wfp_cron_t *cron, apr_int64_t after_ms);

#endif
