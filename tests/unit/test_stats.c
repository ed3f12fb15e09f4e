/* SPDX-License-Identifier: Apache-2.0 */
/* Counters in shared memory and the cool-down of Workers. */
#include <apr_strings.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/stats.h"
#include "tests/unit/wfp_test.h"

static const wfp_cool_down_t rule = { 3, APR_TIME_C(60000000),
                                      APR_TIME_C(10000000) };

#define T0 apr_time_from_sec(1700000000)

static wfp_stats_t *make(wfp_test_t *t)
{
    wfp_stats_t *stats = NULL;

    CHECK_INT(wfp_stats_create(&stats, NULL, t->pool), APR_SUCCESS);
    return stats;
}

static void the_fastest_is_known_to_all(wfp_test_t *t)
{
    wfp_stats_t *stats = make(t);
    int status;
    pid_t pid;

    CHECK_INT(wfp_stats_fastest(stats, 0), 0);
    CHECK_INT(wfp_stats_fastest(stats, 1000), 1000);
    fflush(stdout);
    pid = fork();
    if (pid == 0) {
        _exit(wfp_stats_fastest(stats, 3000) == 3000 ? 0 : 1);
    }
    CHECK(waitpid(pid, &status, 0) == pid && status == 0);
    CHECK_INT(wfp_stats_fastest(stats, 2000), 3000);
}

static int cooling(wfp_stats_t *stats, const char *name, apr_time_t now)
{
    int retry = 0;

    return wfp_stats_is_cooling(&retry, stats, "ns", name, now) ? retry : 0;
}

static void stats_counts_over_processes(wfp_test_t *t)
{
    wfp_stats_t *stats = make(t);
    wfp_stats_all_t all;
    int i, status;
    pid_t pid;

    fflush(stdout);
    pid = fork();
    for (i = 0; i < 1000; i++) {
        wfp_stats_count(stats, WFP_STAT_REQUESTS);
        wfp_stats_error(stats, WFP_CPU_LIMIT);
    }
    wfp_stats_error(stats, WFP_OK);
    wfp_stats_error(stats, WFP_CODE_COUNT);
    wfp_stats_count(stats, WFP_STAT_COUNT);
    if (pid == 0) {
        _exit(0);
    }
    CHECK(pid > 0 && waitpid(pid, &status, 0) == pid && status == 0);
    wfp_stats_read(&all, stats, T0);
    CHECK_INT(all.n[WFP_STAT_REQUESTS], 2000);
    CHECK_INT(all.errors[WFP_CPU_LIMIT], 2000);
    CHECK_INT(all.errors[WFP_OK], 0);
    CHECK_INT(all.n[WFP_STAT_KILLS], 0);
}

static void stats_cools_down_after_too_many_kills(wfp_test_t *t)
{
    wfp_stats_t *stats = make(t);
    wfp_stats_all_t all;
    int i;

    for (i = 0; i < 3; i++) {
        wfp_stats_kill(stats, &rule, "ns", "w", T0);
    }
    CHECK_INT(cooling(stats, "w", T0), 0);
    wfp_stats_kill(stats, &rule, "ns", "w", T0);
    CHECK_INT(cooling(stats, "w", T0), 10);
    CHECK_INT(cooling(stats, "w", T0 + apr_time_from_msec(9001)), 1);
    CHECK_INT(cooling(stats, "other", T0), 0);
    wfp_stats_read(&all, stats, T0);
    CHECK_INT(all.cooling, 1);
    CHECK_INT(all.n[WFP_STAT_KILLS], 4);
    CHECK_INT(cooling(stats, "w", T0 + apr_time_from_sec(10)), 0);
    wfp_stats_kill(stats, &rule, "ns", "w", T0 + apr_time_from_sec(10));
    CHECK_INT(cooling(stats, "w", T0 + apr_time_from_sec(10)), 0);
}

static void stats_forgets_kills_outside_the_window(wfp_test_t *t)
{
    wfp_stats_t *stats = make(t);
    int i;

    for (i = 0; i < 20; i++) {
        wfp_stats_kill(stats, &rule, "ns", "w", T0 + apr_time_from_sec(i * 21));
        CHECK_INT(cooling(stats, "w", T0 + apr_time_from_sec(i * 21)), 0);
    }
}

static void stats_off_never_cools(wfp_test_t *t)
{
    static const wfp_cool_down_t off = { 0, 0, 0 };
    wfp_stats_t *stats = make(t);
    int i;

    for (i = 0; i < 100; i++) {
        wfp_stats_kill(stats, &off, "ns", "w", T0);
    }
    CHECK_INT(cooling(stats, "w", T0), 0);
}

static void stats_a_full_table_takes_over_the_oldest(wfp_test_t *t)
{
    wfp_stats_t *stats = make(t);
    int i;

    for (i = 0; i < 20000; i++) {
        wfp_stats_kill(stats, &rule, "ns", apr_psprintf(t->pool, "w%d", i),
                       T0 + apr_time_from_msec(i));
    }
    for (i = 0; i < 4; i++) {
        wfp_stats_kill(stats, &rule, "ns", "new", T0 + apr_time_from_sec(21));
    }
    CHECK_INT(cooling(stats, "new", T0 + apr_time_from_sec(21)), 10);
}

static const wfp_test_case_t cases[] = {
    { "the_fastest_is_known_to_all", the_fastest_is_known_to_all },
    { "stats_counts_over_processes", stats_counts_over_processes },
    { "stats_cools_down_after_too_many_kills",
      stats_cools_down_after_too_many_kills },
    { "stats_forgets_kills_outside_the_window",
      stats_forgets_kills_outside_the_window },
    { "stats_off_never_cools", stats_off_never_cools },
    { "stats_a_full_table_takes_over_the_oldest",
      stats_a_full_table_takes_over_the_oldest },
    { NULL },
};

int main(void)
{
    return wfp_test_run(cases);
}
