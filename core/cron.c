/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Cron expressions, read into sets of bits. Called by the API, which refuses what
 * is none, and by store/, which looks for the next time. Days are counted since
 * the epoch; a search tries them one by one, of a bounded number.
 */
#include "core/cron.h"

#include <apr_lib.h>
#include <string.h>
#include <strings.h>

#define DAY_MS APR_INT64_C(86400000)

/* A fifth Sunday of February comes after 40 years at the latest. */
#define DAYS_MAX (41 * 366)

enum {
    PLAIN = 0,
    LAST,         /* L, L-n */
    LAST_WEEKDAY, /* LW, L-nW */
    NEAR_WEEKDAY  /* nW */
};

#define LAST_NTH 6

static const char month_names[] = "JANFEBMARAPRMAYJUNJULAUGSEPOCTNOVDEC";
static const char weekday_names[] = "SUNMONTUEWEDTHUFRISAT";

typedef struct field_t {
    const char *name;
    int min;
    int max;
    const char *names; /* three letters each, from min on; NULL */
} field_t;

static const field_t fields[] = {
    { "minute", 0, 59, NULL },
    { "hour", 0, 23, NULL },
    { "day of the month", 1, 31, NULL },
    { "month", 1, 12, month_names },
    { "day of the week", 1, 7, weekday_names },
};

/* ---- reading ---------------------------------------------------------------- */

static int read_digits(int *pn, const char **ps, int min, int max)
{
    const char *s = *ps;
    int n = 0;

    if (!apr_isdigit(*s)) {
        return 0;
    }
    for (; apr_isdigit(*s); s++) {
        n = n * 10 + (*s - '0');
        if (n > max) {
            return 0;
        }
    }
    *pn = n;
    *ps = s;
    return n >= min;
}

static int read_value(int *pn, const char **ps, const field_t *f)
{
    int i, count = f->names ? (int)strlen(f->names) / 3 : 0;

    for (i = 0; i < count; i++) {
        if (!strncasecmp(*ps, f->names + 3 * i, 3)) {
            *pn = f->min + i;
            *ps += 3;
            return 1;
        }
    }
    return read_digits(pn, ps, f->min, f->max);
}

/* A value, a range, a step: VALUE, A-B, A-B/N, A/N, * /N. */
static int read_item(apr_uint64_t *set, const char **ps, const field_t *f)
{
    int from = f->min, to, step = 1, span = f->max - f->min + 1, i, length;
    int is_star = **ps == '*';

    if (is_star) {
        (*ps)++;
        to = f->max;
    }
    else if (!read_value(&from, ps, f)) {
        return 0;
    }
    else if (**ps == '-') {
        (*ps)++;
        if (!read_value(&to, ps, f)) {
            return 0;
        }
    }
    else {
        to = **ps == '/' ? f->max : from;
    }
    if (**ps == '/') {
        (*ps)++;
        if (!read_digits(&step, ps, 1, span - 1)) {
            return 0;
        }
    }
    else if (is_star) {
        return 0; /* alone it is the whole field */
    }
    length = (to - from + span) % span;
    for (i = 0; i <= length; i += step) {
        *set |= (apr_uint64_t)1 << (f->min + (from - f->min + i) % span);
    }
    return 1;
}

static int read_list(apr_uint64_t *set, const char **ps, const field_t *f)
{
    *set = 0;
    for (;;) {
        if (!read_item(set, ps, f)) {
            return 0;
        }
        if (**ps != ',') {
            return 1;
        }
        (*ps)++;
    }
}

static int is_end(const char *s)
{
    return *s == '\0' || *s == ' ' || *s == '\t';
}

static int read_star(apr_uint64_t *set, const char **ps, const field_t *f)
{
    int i;

    if (**ps != '*' || !is_end(*ps + 1)) {
        return 0;
    }
    (*ps)++;
    for (*set = 0, i = f->min; i <= f->max; i++) {
        *set |= (apr_uint64_t)1 << i;
    }
    return 1;
}

static int read_field(apr_uint64_t *set, const char **ps, const field_t *f)
{
    return read_star(set, ps, f) || read_list(set, ps, f);
}

/* L, LW, L-n, L-nW, nW */
static int read_special_day(wfp_cron_t *cron, const char **ps)
{
    const char *s = *ps;

    if (*s == 'L' || *s == 'l') {
        s++;
        cron->day_kind = LAST;
        if (*s == '-') {
            s++;
            if (!read_digits(&cron->day_n, &s, 1, 30)) {
                return 0;
            }
        }
        if (*s == 'W' || *s == 'w') {
            s++;
            cron->day_kind = LAST_WEEKDAY;
        }
    }
    else if (read_digits(&cron->day_n, &s, 1, 31) && (*s == 'W' || *s == 'w')) {
        s++;
        cron->day_kind = NEAR_WEEKDAY;
    }
    else {
        return 0;
    }
    if (!is_end(s)) {
        cron->day_kind = PLAIN;
        return 0;
    }
    *ps = s;
    return 1;
}

/* L (Saturday), nL, n#m */
static int read_special_weekday(wfp_cron_t *cron, const char **ps)
{
    const char *s = *ps;
    int day = 7, nth = 0;

    if (*s == 'L' || *s == 'l') {
        s++;
    }
    else if (!read_value(&day, &s, &fields[4])) {
        return 0;
    }
    else if (*s == 'L' || *s == 'l') {
        s++;
        nth = LAST_NTH;
    }
    else if (*s == '#') {
        s++;
        if (!read_digits(&nth, &s, 1, 5)) {
            return 0;
        }
    }
    else {
        return 0;
    }
    if (!is_end(s)) {
        return 0;
    }
    cron->weekdays = (apr_uint32_t)1 << day;
    cron->weekday_nth = nth;
    *ps = s;
    return 1;
}

static int read_one(wfp_cron_t *cron, int i, const char **ps)
{
    apr_uint64_t set = 0;
    const char *begin = *ps;

    if ((i == 2 && read_special_day(cron, ps))
        || (i == 4 && read_special_weekday(cron, ps))) {
        return 1;
    }
    if (!read_field(&set, ps, &fields[i])) {
        return 0;
    }
    switch (i) {
    case 0:
        cron->minutes = set;
        break;
    case 1:
        cron->hours = (apr_uint32_t)set;
        break;
    case 2:
        cron->days = (apr_uint32_t)set;
        cron->any_day = *begin == '*' && is_end(begin + 1);
        break;
    case 3:
        cron->months = (apr_uint32_t)set;
        break;
    default:
        cron->weekdays = (apr_uint32_t)set;
        cron->any_weekday = *begin == '*' && is_end(begin + 1);
    }
    return is_end(*ps);
}

static void skip_blanks(const char **ps)
{
    while (**ps == ' ' || **ps == '\t') {
        (*ps)++;
    }
}

apr_status_t wfp_cron_parse(wfp_cron_t *cron, const char *text,
                            wfp_result_t *res)
{
    const char *s = text;
    int i;

    memset(cron, 0, sizeof(*cron));
    if (strlen(text) > WFP_CRON_MAX) {
        return wfp_result_set(res, WFP_INVALID, APR_EINVAL,
                              "longer than %d bytes", WFP_CRON_MAX);
    }
    for (i = 0; i < 5; i++) {
        if (i > 0) {
            skip_blanks(&s);
        }
        if (!*s) {
            return wfp_result_set(res, WFP_INVALID, APR_EINVAL,
                                  "five fields are needed, there are %d", i);
        }
        if (!read_one(cron, i, &s)) {
            return wfp_result_set(res, WFP_INVALID, APR_EINVAL,
                                  "the %s is wrong", fields[i].name);
        }
    }
    if (*s) {
        return wfp_result_set(res, WFP_INVALID, APR_EINVAL,
                              "something follows the five fields");
    }
    /* any time will do: who has no next one has none */
    if (wfp_cron_next(cron, 0) == 0) {
        return wfp_result_set(res, WFP_INVALID, APR_EINVAL,
                              "there is no such day");
    }
    return APR_SUCCESS;
}

/* ---- days -------------------------------------------------------------------- */

typedef struct date_t {
    int month;   /* from 1 */
    int day;     /* from 1 */
    int weekday; /* 1, Sunday, to 7 */
    int length;  /* of the month */
} date_t;

static int is_leap(apr_int64_t year)
{
    return (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
}

static int month_length(apr_int64_t year, int month)
{
    static const int lengths[] = { 31, 28, 31, 30, 31, 30,
                                   31, 31, 30, 31, 30, 31 };

    return month == 2 && is_leap(year) ? 29 : lengths[month - 1];
}

/* Of a day since the epoch: whole 400 years first, then year by year. */
static void date_of(date_t *date, apr_int64_t day)
{
    apr_int64_t year = 1970;

    date->weekday = (int)((day + 4) % 7) + 1; /* it was a Thursday */
    year += day / 146097 * 400;
    day %= 146097;
    while (day >= 365 + is_leap(year)) {
        day -= 365 + is_leap(year);
        year++;
    }
    for (date->month = 1; day >= month_length(year, date->month);
         date->month++) {
        day -= month_length(year, date->month);
    }
    date->day = (int)day + 1;
    date->length = month_length(year, date->month);
}

/* The working day that is nearest to day n, in the same month. */
static int near_weekday(const date_t *date, int n)
{
    int weekday = ((date->weekday - 1 + n - date->day) % 7 + 7) % 7 + 1;

    if (weekday == 7) {
        return n == 1 ? 3 : n - 1;
    }
    if (weekday == 1) {
        return n == date->length ? n - 2 : n + 1;
    }
    return n;
}

static int is_day(const wfp_cron_t *cron, const date_t *date)
{
    int n = date->length - cron->day_n;

    switch (cron->day_kind) {
    case LAST:
        return date->day == n;
    case LAST_WEEKDAY:
        return n >= 1 && date->day == near_weekday(date, n);
    case NEAR_WEEKDAY:
        return cron->day_n <= date->length
               && date->day == near_weekday(date, cron->day_n);
    default:
        return (cron->days >> date->day & 1) != 0;
    }
}

static int is_weekday(const wfp_cron_t *cron, const date_t *date)
{
    if (!(cron->weekdays >> date->weekday & 1)) {
        return 0;
    }
    if (cron->weekday_nth == LAST_NTH) {
        return date->day + 7 > date->length;
    }
    return cron->weekday_nth == 0
           || (date->day - 1) / 7 + 1 == cron->weekday_nth;
}

static int is_right_date(const wfp_cron_t *cron, apr_int64_t day)
{
    date_t date;

    date_of(&date, day);
    if (!(cron->months >> date.month & 1)) {
        return 0;
    }
    if (cron->any_weekday) {
        return cron->any_day || is_day(cron, &date);
    }
    return is_weekday(cron, &date) || (!cron->any_day && is_day(cron, &date));
}

/* The first minute of a day from that one on; -1. */
static int find_minute(const wfp_cron_t *cron, int from)
{
    int m;

    for (m = from; m < 24 * 60; m++) {
        if ((cron->hours >> (m / 60) & 1) && (cron->minutes >> (m % 60) & 1)) {
            return m;
        }
    }
    return -1;
}

apr_int64_t wfp_cron_next(const wfp_cron_t *cron, apr_int64_t after_ms)
{
    apr_int64_t minute = (after_ms < 0 ? 0 : after_ms) / 60000 + 1;
    apr_int64_t day = minute / (24 * 60);
    int from = (int)(minute % (24 * 60)), i;

    for (i = 0; i < DAYS_MAX; i++, day++, from = 0) {
        if (is_right_date(cron, day)) {
            int m = find_minute(cron, from);

            if (m >= 0) {
                return day * DAY_MS + (apr_int64_t)m * 60000;
            }
        }
    }
    return 0;
}
