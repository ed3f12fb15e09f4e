/* SPDX-License-Identifier: Apache-2.0 */
/* Rate limits in shared memory: windows, owners, a full table, killed processes. */
#include "services/ratelimit.h"

#include <apr_strings.h>
#include <signal.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/unit/wfp_test.h"

#define SEC APR_USEC_PER_SEC
#define T0  (1000 * SEC)

static wfp_ratelimit_t *make(wfp_test_t *t)
{
    wfp_ratelimit_t *limits = NULL;

    CHECK_INT(wfp_ratelimit_create(&limits, NULL, t->pool), APR_SUCCESS);
    return limits;
}

/* One call. */
static int take(wfp_ratelimit_t *limits, const char *owner, const char *key,
                apr_uint32_t limit, apr_time_t now)
{
    wfp_rate_ask_t ask = { .owner = owner, .id = "1", .key = key };

    ask.key_size = strlen(key);
    ask.rule.limit = limit;
    ask.rule.period_s = 10;
    return wfp_ratelimit_take(limits, &ask, now);
}

/* How many of n calls were within. */
static int takes(wfp_ratelimit_t *limits, const char *owner, const char *key,
                 apr_uint32_t limit, apr_time_t now, int n)
{
    int ok = 0;

    while (n-- > 0) {
        ok += take(limits, owner, key, limit, now);
    }
    return ok;
}

static void rules_are_read(wfp_test_t *t)
{
    static const char *const wrong[] = { "",       "1",
                                         "/10",    "0/10",
                                         "-1/10",  "1/20",
                                         "1/10/",  "1/ 10",
                                         "+1/10",  "1 /10",
                                         "1e3/10", "1000000001/10",
                                         "1/610",  "99999999999999999999/10",
                                         "1/0x10", "01/10" };
    wfp_rate_rule_t rule;
    unsigned i;

    CHECK(wfp_rate_read(&rule, "100/60"));
    CHECK_INT(rule.limit, 100);
    CHECK_INT(rule.period_s, 60);
    CHECK_STR(wfp_rate_write(&rule, t->pool), "100/60");
    CHECK(wfp_rate_read(&rule, "1000000000/10"));
    for (i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        CHECK(!wfp_rate_read(&rule, wrong[i]));
    }
    CHECK(!wfp_rate_read(&rule, NULL));
    CHECK(wfp_rate_is_id("1001") && !wfp_rate_is_id("")
          && !wfp_rate_is_id("a b") && !wfp_rate_is_id("\n"));
}

static void a_limit_is_exact(wfp_test_t *t)
{
    wfp_ratelimit_t *limits = make(t);
    wfp_ratelimit_stats_t stats;

    CHECK_INT(takes(limits, "a", "k", 5, T0, 20), 5);
    CHECK_INT(takes(limits, "a", "k", 5, T0 + 9 * SEC, 20), 0);
    CHECK_INT(takes(limits, "a", "other", 5, T0, 20), 5);
    wfp_ratelimit_stats(&stats, limits);
    CHECK_INT(stats.allowed, 10);
    CHECK_INT(stats.refused, 50);
    CHECK_INT(stats.evicted, 0);
}

/* At random times: no period has more, and what is asked for steadily is given
 * nearly as often as the limit says. */
static void no_window_has_more(wfp_test_t *t)
{
    static apr_time_t given[4000];
    wfp_ratelimit_t *limits = make(t);
    apr_time_t now = T0;
    apr_uint32_t seed = 1;
    int n = 0, i, most = 0;

    for (i = 0; i < 4000; i++) {
        seed = seed * 1664525 + 1013904223;
        now += seed >> 15;
        if (take(limits, "a", "k", 20, now)) {
            given[n++] = now;
        }
    }
    for (i = 20; i < n; i++) {
        most += given[i] - given[i - 20] < 10 * SEC;
    }
    CHECK_INT(most, 0);
    CHECK(n > (now - T0) / SEC * 20 / 11 - 20);
}

static void it_comes_back(wfp_test_t *t)
{
    wfp_ratelimit_t *limits = make(t);

    CHECK_INT(takes(limits, "a", "k", 5, T0, 9), 5);
    CHECK_INT(takes(limits, "a", "k", 5, T0 + 11 * SEC, 9), 5);
    /* also after a time of any length */
    CHECK_INT(takes(limits, "a", "k", 5, T0 + 500000 * SEC, 9), 5);
    /* one that is late by a moment neither harms nor gains */
    CHECK_INT(takes(limits, "a", "k", 5, T0 + 499999 * SEC, 9), 0);
}

static void counters_are_apart(wfp_test_t *t)
{
    wfp_ratelimit_t *limits = make(t);
    wfp_rate_ask_t ask = { .owner = "a", .id = "1", .key = "k", .key_size = 1 };

    ask.rule.limit = 1;
    ask.rule.period_s = 10;
    CHECK(wfp_ratelimit_take(limits, &ask, T0));
    CHECK(!wfp_ratelimit_take(limits, &ask, T0));
    ask.owner = "b";
    CHECK(wfp_ratelimit_take(limits, &ask, T0));
    ask.id = "2";
    CHECK(wfp_ratelimit_take(limits, &ask, T0));
    ask.rule.period_s = 60;
    CHECK(wfp_ratelimit_take(limits, &ask, T0));
    ask.key = "k\0";
    ask.key_size = 2;
    CHECK(wfp_ratelimit_take(limits, &ask, T0));
    /* the same one again, by two with other limits */
    CHECK(!wfp_ratelimit_take(limits, &ask, T0));
    ask.rule.limit = 2;
    CHECK(wfp_ratelimit_take(limits, &ask, T0));
}

/* One owner uses as many keys as it can think of. */
static void flood(wfp_ratelimit_t *limits, const char *owner, int n)
{
    char key[40];
    int i;

    for (i = 0; i < n; i++) {
        apr_snprintf(key, sizeof(key), "flood %d", i);
        (void)take(limits, owner, key, 100, T0);
    }
}

/* How many of n keys of an owner lost their count. */
static int lost(wfp_ratelimit_t *limits, const char *owner, int n)
{
    char key[40];
    int i, lost_count = 0;

    for (i = 0; i < n; i++) {
        apr_snprintf(key, sizeof(key), "key %d", i);
        lost_count += take(limits, owner, key, 3, T0);
    }
    return lost_count;
}

static void a_flood_drives_nobody_out(wfp_test_t *t)
{
    wfp_ratelimit_t *limits = make(t);
    wfp_ratelimit_stats_t stats;
    char key[40];
    int i;

    for (i = 0; i < 2000; i++) {
        apr_snprintf(key, sizeof(key), "key %d", i);
        CHECK_INT(takes(limits, "honest", key, 3, T0, 5), 3);
    }
    flood(limits, "hostile", 4 * WFP_RATELIMIT_KEYS);
    wfp_ratelimit_stats(&stats, limits);
    CHECK(stats.evicted > 2 * WFP_RATELIMIT_KEYS);
    CHECK_INT(lost(limits, "honest", 2000), 0);
    /* a newcomer finds room */
    CHECK_INT(takes(limits, "new", "k", 3, T0, 5), 3);
    flood(limits, "hostile", WFP_RATELIMIT_KEYS);
    CHECK_INT(takes(limits, "new", "k", 3, T0, 5), 0);
}

/* What the clients of one Worker send is no way around its limit. */
static void new_keys_do_not_free_used_ones(wfp_test_t *t)
{
    wfp_ratelimit_t *limits = make(t);
    char key[40];
    int i;

    for (i = 0; i < 100; i++) {
        apr_snprintf(key, sizeof(key), "key %d", i);
        CHECK_INT(takes(limits, "a", key, 3, T0, 5), 3);
    }
    flood(limits, "a", 2 * WFP_RATELIMIT_KEYS);
    CHECK_INT(lost(limits, "a", 100), 0);
}

/* A process that counts as fast as it can; tells how many were within. */
static void count_all(wfp_ratelimit_t *limits, int *pok, int n)
{
    int i;

    for (i = 0; i < n; i++) {
        if (take(limits, "a", "shared", 5000, T0)) {
            (void)__atomic_fetch_add(pok, 1, __ATOMIC_RELAXED);
        }
        (void)take(limits, "a", i & 1 ? "x" : "y", 100, T0 + i);
    }
}

static int *shared_number(void)
{
    return mmap(NULL, sizeof(int), PROT_READ | PROT_WRITE,
                MAP_SHARED | MAP_ANONYMOUS, -1, 0);
}

static void it_is_exact_over_processes(wfp_test_t *t)
{
    wfp_ratelimit_t *limits = make(t);
    int *ok = shared_number(), i;

    for (i = 0; i < 4; i++) {
        if (fork() == 0) {
            count_all(limits, ok, 3000);
            _exit(0);
        }
    }
    while (wait(NULL) > 0) {
    }
    CHECK_INT(*ok, 5000);
    munmap(ok, sizeof(int));
}

/* Killed at any instruction, with or without the lock: the others go on, and
 * what was told is at most what was counted. */
static void the_killed_harm_nobody(wfp_test_t *t)
{
    wfp_ratelimit_t *limits = make(t);
    int *ok = shared_number(), i;

    for (i = 0; i < 60; i++) {
        pid_t pid = fork();

        if (pid == 0) {
            count_all(limits, ok, 1000000);
            _exit(0);
        }
        usleep((useconds_t)(i * 37 % 1000 + 500));
        kill(pid, SIGKILL);
        CHECK_INT(waitpid(pid, NULL, 0), pid);
    }
    CHECK(take(limits, "a", "after", 1, T0));
    count_all(limits, ok, 6000);
    CHECK(*ok <= 5000);
    CHECK(*ok >= 5000 - 60); /* counted, and not told any more */
    munmap(ok, sizeof(int));
}

int main(void)
{
    static const wfp_test_case_t cases[] = {
        { "rules are read and written", rules_are_read },
        { "a limit is exact", a_limit_is_exact },
        { "no window has more", no_window_has_more },
        { "what was used comes back", it_comes_back },
        { "owners, ids, periods and keys are apart", counters_are_apart },
        { "a flood of keys drives nobody out", a_flood_drives_nobody_out },
        { "new keys do not free used ones", new_keys_do_not_free_used_ones },
        { "exact over processes", it_is_exact_over_processes },
        { "killed processes harm nobody", the_killed_harm_nobody },
        { NULL, NULL },
    };

    return wfp_test_run(cases);
}
