/* SPDX-License-Identifier: Apache-2.0 */
/* Cron expressions: which are some, and when they are due next. */
#include "core/cron.h"

#include <apr_strings.h>
#include <apr_time.h>
#include <stdlib.h>
#include <string.h>

#include "tests/unit/wfp_test.h"

typedef struct row_t {
    const char *cron;
    const char *after;
    const char *next; /* several, in a row */
} row_t;

static const row_t rows[] = {
    { "* * * * *", "2026-11-29 14:04", "2026-11-29 14:05 2026-11-29 14:06" },
    { "*/15 * * * *", "2026-11-29 14:04", "2026-11-29 14:15 2026-11-29 14:30" },
    { "5/20 * * * *", "2026-11-29 14:50", "2026-11-29 15:05 2026-11-29 15:25" },
    { "50-10/5 * * * *", "2026-11-29 14:58",
      "2026-11-29 15:00 2026-11-29 15:05 2026-11-29 15:10 2026-11-29 15:50" },
    { "45 * * * *", "2026-12-31 23:45", "2027-01-01 00:45" },
    { "0 17 * * sun", "2026-11-29 14:04", "2026-11-29 17:00 2026-12-06 17:00" },
    { "10 7 * * mon-fri", "2026-12-03 08:00",
      "2026-12-04 07:10 2026-12-07 07:10" },
    { "0 0 * * 1", "2026-11-30 00:00", "2026-12-06 00:00" },
    { "0 0 * * 7", "2026-11-30 00:00", "2026-12-05 00:00" },
    { "0 0 * * FRI-SUN", "2026-11-30 00:00",
      "2026-12-04 00:00 2026-12-05 00:00 2026-12-06 00:00 2026-12-11 00:00" },
    { "0 15 1 * *", "2026-11-29 14:04", "2026-12-01 15:00 2027-01-01 15:00" },
    { "0 18 * * 6L", "2026-11-26 00:00", "2026-11-27 18:00 2026-12-25 18:00" },
    { "59 23 LW * *", "2026-01-30 00:00",
      "2026-01-30 23:59 2026-02-27 23:59 2026-03-31 23:59" },
    { "0 0 L * *", "2028-02-01 00:00", "2028-02-29 00:00 2028-03-31 00:00" },
    { "0 0 L-3 * *", "2026-02-01 00:00", "2026-02-25 00:00 2026-03-28 00:00" },
    { "0 0 L-3W 2 *", "2026-01-01 00:00", "2026-02-25 00:00" },
    { "0 0 L-1W 5 *", "2026-01-01 00:00", "2026-05-29 00:00" },
    { "0 0 15W * *", "2026-08-01 00:00",
      "2026-08-14 00:00 2026-09-15 00:00 2026-10-15 00:00 2026-11-16 00:00" },
    { "0 0 1W * *", "2026-07-31 00:00", "2026-08-03 00:00" },
    { "0 0 31W * *", "2026-05-01 00:00", "2026-05-29 00:00 2026-07-31 00:00" },
    { "0 0 * * L", "2026-11-29 00:00", "2026-12-05 00:00" },
    { "0 0 * * 2#1", "2026-11-29 00:00", "2026-12-07 00:00 2027-01-04 00:00" },
    { "0 0 * * SUN#5", "2026-09-01 00:00",
      "2026-11-29 00:00 2027-01-31 00:00" },
    { "0 0 * 2 1#5", "2026-01-01 00:00", "2032-02-29 00:00 2060-02-29 00:00" },
    { "0 0 29 2 *", "2096-03-01 00:00", "2104-02-29 00:00" },
    /* either day will do */
    { "0 0 13 * FRI", "2026-11-01 00:00",
      "2026-11-06 00:00 2026-11-13 00:00 2026-11-20 00:00" },
    { "0 0 1 jan,Jul *", "2026-11-29 00:00",
      "2027-01-01 00:00 2027-07-01 00:00" },
    { "0 0 1 11-2 *", "2026-12-02 00:00",
      "2027-01-01 00:00 2027-02-01 00:00 2027-11-01 00:00" },
    { "1,3,5-7 0 * * *", "2026-11-29 00:01",
      "2026-11-29 00:03 2026-11-29 00:05 2026-11-29 00:06 2026-11-29 00:07 "
      "2026-11-30 00:01" },
    { "*/59 *  *\t* *", "2026-11-29 00:01", "2026-11-29 00:59" },
    { "*/10,*/15 * * * *", "2026-11-29 00:11", "2026-11-29 00:15" },
    { NULL, NULL, NULL },
};

static apr_int64_t ms_of(const char *s)
{
    apr_time_exp_t at = { 0 };
    apr_time_t time = 0;

    at.tm_year = (int)strtol(s, NULL, 10) - 1900;
    at.tm_mon = (int)strtol(s + 5, NULL, 10) - 1;
    at.tm_mday = (int)strtol(s + 8, NULL, 10);
    at.tm_hour = (int)strtol(s + 11, NULL, 10);
    at.tm_min = (int)strtol(s + 14, NULL, 10);
    (void)apr_time_exp_get(&time, &at);
    return apr_time_as_msec(time);
}

static const char *text_of(wfp_test_t *t, apr_int64_t ms)
{
    apr_time_exp_t at;

    (void)apr_time_exp_gmt(&at, ms * 1000);
    return apr_psprintf(t->pool, "%04d-%02d-%02d %02d:%02d", at.tm_year + 1900,
                        at.tm_mon + 1, at.tm_mday, at.tm_hour, at.tm_min);
}

static void times_follow_each_other(wfp_test_t *t)
{
    const row_t *row;

    for (row = rows; row->cron; row++) {
        wfp_result_t res;
        wfp_cron_t cron;
        const char *want;
        apr_int64_t ms = ms_of(row->after);

        wfp_result_init(&res, t->pool);
        printf("# %s\n", row->cron);
        CHECK_INT(wfp_cron_parse(&cron, row->cron, &res), APR_SUCCESS);
        for (want = row->next; *want; want += want[16] ? 17 : 16) {
            ms = wfp_cron_next(&cron, ms);
            CHECK_STR(text_of(t, ms), apr_pstrmemdup(t->pool, want, 16));
        }
    }
}

static void others_are_refused(wfp_test_t *t)
{
    static const char *const wrong[][2] = {
        { "", "five fields are needed, there are 0" },
        { "* * * *", "five fields are needed, there are 4" },
        { "* * * * * *", "something follows" },
        { " * * * * *", "the minute" },
        { "60 * * * *", "the minute" },
        { "-1 * * * *", "the minute" },
        { "*,1 * * * *", "the minute" },
        { "*-5 * * * *", "the minute" },
        { "*/0 * * * *", "the minute" },
        { "*/60 * * * *", "the minute" },
        { "1,, * * * *", "the minute" },
        { "1- * * * *", "the minute" },
        { "1/ * * * *", "the minute" },
        { "99999999999999999999 * * * *", "the minute" },
        { "L * * * *", "the minute" },
        { "@daily", "the minute" },
        { "0 24 * * *", "the hour" },
        { "0 JAN * * *", "the hour" },
        { "0 0 0 * *", "the day of the month" },
        { "0 0 32 * *", "the day of the month" },
        { "0 0 32W * *", "the day of the month" },
        { "0 0 L-31 * *", "the day of the month" },
        { "0 0 W * *", "the day of the month" },
        { "0 0 ? * *", "the day of the month" },
        { "0 0 1,L * *", "the day of the month" },
        { "0 0 1 0 *", "the month" },
        { "0 0 1 13 *", "the month" },
        { "0 0 1 JANUARY *", "the month" },
        { "0 0 * * 0", "the day of the week" },
        { "0 0 * * 8", "the day of the week" },
        { "0 0 * * 2#6", "the day of the week" },
        { "0 0 * * 2#", "the day of the week" },
        { "0 0 * * 2#1,3", "the day of the week" },
        { "0 0 * * XYZ", "the day of the week" },
        { "0 0 31 2 *", "there is no such day" },
        { "0 0 30 feb *", "there is no such day" },
    };
    char longest[WFP_CRON_MAX + 20];
    wfp_result_t res;
    wfp_cron_t cron;
    apr_size_t i;

    for (i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        wfp_result_init(&res, t->pool);
        printf("# %s\n", wrong[i][0]);
        CHECK_INT(wfp_cron_parse(&cron, wrong[i][0], &res), APR_EINVAL);
        CHECK_INT(res.code, WFP_INVALID);
        CHECK(strstr(res.message, wrong[i][1]) != NULL);
    }
    memset(longest, '1', sizeof(longest));
    longest[sizeof(longest) - 1] = '\0';
    wfp_result_init(&res, t->pool);
    CHECK_INT(wfp_cron_parse(&cron, longest, &res), APR_EINVAL);
}

/* Whatever it is made of: refused, or a time that is later. */
static void noise_does_no_harm(wfp_test_t *t)
{
    static const char letters[] = "0123456789*,-/LW#  SUNJA   ** */";
    apr_uint32_t seed = 7;
    int i, k, good = 0;

    for (i = 0; i < 20000; i++) {
        char text[24];
        wfp_result_t res;
        wfp_cron_t cron;

        for (k = 0; k < (int)sizeof(text) - 1; k++) {
            seed = seed * 1664525u + 1013904223u;
            text[k] = letters[(seed >> 16) % (sizeof(letters) - 1)];
        }
        text[(seed >> 8) % sizeof(text)] = '\0';
        text[sizeof(text) - 1] = '\0';
        wfp_result_init(&res, t->pool);
        if (wfp_cron_parse(&cron, text, &res) == APR_SUCCESS) {
            apr_int64_t at = APR_INT64_C(1790000000000);

            CHECK(wfp_cron_next(&cron, at) > at);
            good++;
        }
    }
    printf("# %d were expressions\n", good);
}

static const wfp_test_case_t cases[] = {
    { "times follow each other", times_follow_each_other },
    { "others are refused", others_are_refused },
    { "noise does no harm", noise_does_no_harm },
    { NULL, NULL },
};

int main(void)
{
    return wfp_test_run(cases);
}
