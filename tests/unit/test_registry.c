/* SPDX-License-Identifier: Apache-2.0 */
/* The registry's behaviour in one process and with children that die. */
#include <apr_strings.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/registry.h"
#include "tests/unit/wfp_test.h"

#define MB (1024 * 1024)

static wfp_registry_t *make(wfp_test_t *t, apr_size_t size)
{
    wfp_registry_t *reg = NULL;
    wfp_result_t res;

    wfp_result_init(&res, t->pool);
    CHECK_INT(wfp_registry_create(&reg, size, &res, t->pool), APR_SUCCESS);
    return reg;
}

static void fill(wfp_entry_t *entry, const char *ns, const char *name,
                 apr_int64_t stamp)
{
    memset(entry, 0, sizeof(*entry));
    apr_cpystrn(entry->ns, ns, sizeof(entry->ns));
    apr_cpystrn(entry->name, name, sizeof(entry->name));
    apr_snprintf(entry->version_id, sizeof(entry->version_id),
                 "00000000-0000-4000-8000-%012" APR_INT64_T_FMT, stamp);
    entry->stamp = stamp;
    wfp_limits_clear(&entry->limits);
}

static apr_status_t put(wfp_registry_t *reg, const char *ns, const char *name,
                        apr_int64_t stamp, const char *text)
{
    wfp_entry_t entry;

    fill(&entry, ns, name, stamp);
    return wfp_registry_put(reg, &entry, text, strlen(text), NULL);
}

static apr_status_t put_size(wfp_registry_t *reg, const char *name,
                             apr_int64_t stamp, apr_size_t size, wfp_test_t *t)
{
    char *blob = apr_palloc(t->pool, size);
    wfp_entry_t entry;

    memset(blob, 'x', size);
    fill(&entry, "ns", name, stamp);
    return wfp_registry_put(reg, &entry, blob, size, NULL);
}

static apr_status_t get(wfp_registry_t *reg, const char *ns, const char *name)
{
    wfp_entry_t entry;

    return wfp_registry_get(&entry, reg, ns, name);
}

static const char *text_of(wfp_registry_t *reg, const char *ns,
                           const char *name, wfp_test_t *t)
{
    const char *blob = NULL;
    wfp_entry_t entry;

    if (wfp_registry_get(&entry, reg, ns, name) != APR_SUCCESS
        || wfp_registry_body(&blob, reg, &entry, t->pool) != APR_SUCCESS) {
        return "(none)";
    }
    return blob;
}

static void check_valid(wfp_registry_t *reg, wfp_test_t *t)
{
    apr_status_t rv;
    wfp_result_t res;

    wfp_result_init(&res, t->pool);
    rv = wfp_registry_validate(reg, &res);
    CHECK_STR(rv == APR_SUCCESS ? "" : res.message, "");
}

static const char *numbered(wfp_test_t *t, int n)
{
    return apr_psprintf(t->pool, "worker-%d", n);
}

static void registry_refuses_a_small_segment(wfp_test_t *t)
{
    wfp_registry_t *reg;
    wfp_result_t res;

    wfp_result_init(&res, t->pool);
    CHECK_INT(wfp_registry_create(&reg, MB - 1, &res, t->pool), APR_EINVAL);
    CHECK_INT(res.code, WFP_INVALID);
}

static void registry_gives_back_what_was_put(wfp_test_t *t)
{
    wfp_registry_t *reg = make(t, MB);
    const char *blob;
    wfp_entry_t in, out;

    fill(&in, "production", "customer-a", 7);
    in.flags = 5;
    in.limits.v[WFP_LIMIT_CPU_MS] = 50;
    in.limits.v[WFP_LIMIT_DEPTH] = 0;
    CHECK_INT(wfp_registry_put(reg, &in, "a\0b", 3, NULL), APR_SUCCESS);
    CHECK_INT(wfp_registry_get(&out, reg, "production", "customer-a"),
              APR_SUCCESS);
    CHECK_STR(out.ns, in.ns);
    CHECK_STR(out.name, in.name);
    CHECK_STR(out.version_id, in.version_id);
    CHECK_INT(out.stamp, 7);
    CHECK_INT(out.flags, 5);
    CHECK_INT(out.body_size, 3);
    CHECK(!memcmp(&out.limits, &in.limits, sizeof(out.limits)));
    CHECK_INT(wfp_registry_body(&blob, reg, &out, t->pool), APR_SUCCESS);
    CHECK(!memcmp(blob, "a\0b", 4));
    check_valid(reg, t);
}

static void registry_knows_namespaces_apart(wfp_test_t *t)
{
    wfp_registry_t *reg = make(t, MB);

    CHECK_INT(put(reg, "", "abc", 1, "account"), APR_SUCCESS);
    CHECK_INT(put(reg, "a", "bc", 2, "a-bc"), APR_SUCCESS);
    CHECK_INT(put(reg, "ab", "c", 3, "ab-c"), APR_SUCCESS);
    CHECK_INT(put(reg, "abc", "", 4, "settings"), APR_SUCCESS);
    CHECK_STR(text_of(reg, "", "abc", t), "account");
    CHECK_STR(text_of(reg, "a", "bc", t), "a-bc");
    CHECK_STR(text_of(reg, "ab", "c", t), "ab-c");
    CHECK_STR(text_of(reg, "abc", "", t), "settings");
}

static void registry_takes_names_of_63_bytes(wfp_test_t *t)
{
    wfp_registry_t *reg = make(t, MB);
    char name[65];

    memset(name, 'n', sizeof(name));
    name[63] = '\0';
    CHECK_INT(put(reg, name, name, 1, "long"), APR_SUCCESS);
    CHECK_STR(text_of(reg, name, name, t), "long");
    name[63] = 'n';
    name[64] = '\0';
    CHECK_INT(get(reg, name, "x"), APR_NOTFOUND);
    check_valid(reg, t);
}

static void registry_ignores_older_stamps(wfp_test_t *t)
{
    wfp_registry_t *reg = make(t, MB);

    CHECK_INT(put(reg, "ns", "w", 5, "five"), APR_SUCCESS);
    CHECK_INT(put(reg, "ns", "w", 4, "four"), APR_SUCCESS);
    CHECK_STR(text_of(reg, "ns", "w", t), "five");
    CHECK_INT(wfp_registry_put_absent(reg, "ns", "w", 4), APR_SUCCESS);
    CHECK_STR(text_of(reg, "ns", "w", t), "five");
    CHECK_INT(wfp_registry_put_absent(reg, "ns", "w", 0), APR_SUCCESS);
    CHECK_STR(text_of(reg, "ns", "w", t), "five");
    CHECK_INT(wfp_registry_put_absent(reg, "ns", "w", 6), APR_SUCCESS);
    CHECK_INT(get(reg, "ns", "w"), APR_NOTFOUND);
    CHECK_INT(put(reg, "ns", "w", 5, "five"), APR_SUCCESS);
    CHECK_INT(get(reg, "ns", "w"), APR_NOTFOUND);
    CHECK_INT(put(reg, "ns", "w", 7, "seven"), APR_SUCCESS);
    CHECK_STR(text_of(reg, "ns", "w", t), "seven");
    check_valid(reg, t);
}

static void registry_forgets_a_miss_after_a_second(wfp_test_t *t)
{
    wfp_registry_t *reg = make(t, MB);

    CHECK_INT(get(reg, "ns", "w"), APR_EAGAIN);
    CHECK_INT(wfp_registry_put_absent(reg, "ns", "w", 0), APR_SUCCESS);
    CHECK_INT(get(reg, "ns", "w"), APR_NOTFOUND);
    CHECK_INT(wfp_registry_claim(reg, "ns", "w"), APR_EBUSY);
    apr_sleep(apr_time_from_msec(1020));
    CHECK_INT(get(reg, "ns", "w"), APR_EAGAIN);
    CHECK_INT(wfp_registry_claim(reg, "ns", "w"), APR_SUCCESS);
    CHECK_INT(put(reg, "ns", "w", 1, "there"), APR_SUCCESS);
    CHECK_STR(text_of(reg, "ns", "w", t), "there");
}

static void registry_lets_one_load(wfp_test_t *t)
{
    wfp_registry_t *reg = make(t, MB);
    wfp_registry_stats_t stats;

    CHECK_INT(wfp_registry_claim(reg, "ns", "w"), APR_SUCCESS);
    CHECK_INT(wfp_registry_claim(reg, "ns", "w"), APR_EBUSY);
    CHECK_INT(get(reg, "ns", "w"), APR_EAGAIN);
    wfp_registry_unclaim(reg, "ns", "w");
    wfp_registry_stats(&stats, reg);
    CHECK_INT(stats.known, 0);
    CHECK_INT(wfp_registry_claim(reg, "ns", "w"), APR_SUCCESS);
    CHECK_INT(put(reg, "ns", "w", 3, "loaded"), APR_SUCCESS);
    CHECK_INT(wfp_registry_claim(reg, "ns", "w"), APR_EBUSY);
    CHECK_STR(text_of(reg, "ns", "w", t), "loaded");
    wfp_registry_stats(&stats, reg);
    CHECK_INT(stats.loads, 2);
    CHECK_INT(stats.known, 1);
    CHECK_INT(stats.bodies, 1);
    check_valid(reg, t);
}

static void registry_takes_over_from_a_dead_loader(wfp_test_t *t)
{
    wfp_registry_t *reg = make(t, MB);
    int status;
    pid_t pid;

    fflush(stdout);
    pid = fork();
    if (pid == 0) {
        _exit(wfp_registry_claim(reg, "ns", "w") != APR_SUCCESS);
    }
    CHECK(pid > 0 && waitpid(pid, &status, 0) == pid && status == 0);
    CHECK_INT(wfp_registry_claim(reg, "ns", "w"), APR_SUCCESS);
    CHECK_INT(wfp_registry_claim(reg, "ns", "w"), APR_EBUSY);
}

static void registry_load_begun_before_a_change_is_ignored(wfp_test_t *t)
{
    wfp_registry_t *reg = make(t, MB);

    CHECK_INT(put(reg, "ns", "w", 3, "three"), APR_SUCCESS);
    CHECK_INT(wfp_registry_invalidate(reg, "ns", "w", 3), APR_SUCCESS);
    CHECK_STR(text_of(reg, "ns", "w", t), "three");
    CHECK_INT(wfp_registry_invalidate(reg, "ns", "w", 9), APR_SUCCESS);
    CHECK_INT(get(reg, "ns", "w"), APR_EAGAIN);
    CHECK_INT(put(reg, "ns", "w", 8, "eight"), APR_SUCCESS);
    CHECK_INT(get(reg, "ns", "w"), APR_EAGAIN);
    CHECK_INT(put(reg, "ns", "w", 9, "nine"), APR_SUCCESS);
    CHECK_STR(text_of(reg, "ns", "w", t), "nine");
    CHECK_INT(wfp_registry_invalidate(reg, "ns", "unknown", 9), APR_SUCCESS);
    check_valid(reg, t);
}

static void registry_drops_a_namespace(wfp_test_t *t)
{
    wfp_registry_t *reg = make(t, MB);
    wfp_registry_stats_t stats;
    int i;

    for (i = 0; i < 500; i++) {
        CHECK_INT(put(reg, i % 2 ? "old" : "other", numbered(t, i), i + 1, "x"),
                  APR_SUCCESS);
    }
    CHECK_INT(put(reg, "old", "", 501, "settings"), APR_SUCCESS);
    CHECK_INT(put(reg, "old", "newer", 700, "newer"), APR_SUCCESS);
    CHECK_INT(wfp_registry_drop_namespace(reg, "old", 600), APR_SUCCESS);
    check_valid(reg, t);
    for (i = 0; i < 500; i++) {
        CHECK_INT(get(reg, i % 2 ? "old" : "other", numbered(t, i)),
                  i % 2 ? APR_EAGAIN : APR_SUCCESS);
    }
    CHECK_INT(get(reg, "old", ""), APR_NOTFOUND);
    CHECK_STR(text_of(reg, "old", "newer", t), "newer");
    wfp_registry_stats(&stats, reg);
    CHECK_INT(stats.known, 251);
    /* a load that began before the deletion */
    CHECK_INT(put(reg, "old", "late", 599, "late"), APR_SUCCESS);
    CHECK_INT(get(reg, "old", "late"), APR_EAGAIN);
    CHECK_INT(put(reg, "old", "", 800, "made again"), APR_SUCCESS);
    CHECK_INT(put(reg, "old", "w", 801, "w"), APR_SUCCESS);
    CHECK_STR(text_of(reg, "old", "w", t), "w");
    CHECK_STR(text_of(reg, "old", "", t), "made again");
    CHECK_INT(put(reg, "old", "late", 599, "late"), APR_SUCCESS);
    CHECK_INT(get(reg, "old", "late"), APR_EAGAIN);
    check_valid(reg, t);
}

static void registry_evicts_bodies_not_used(wfp_test_t *t)
{
    wfp_registry_t *reg = make(t, MB);
    wfp_registry_stats_t stats;
    int i;

    CHECK_INT(put_size(reg, "hot", 1, 1000, t), APR_SUCCESS);
    for (i = 0; i < 1500; i++) {
        CHECK_INT(put_size(reg, numbered(t, i), i + 2, 2000, t), APR_SUCCESS);
        CHECK_INT(get(reg, "ns", "hot"), APR_SUCCESS);
    }
    check_valid(reg, t);
    wfp_registry_stats(&stats, reg);
    CHECK_INT(stats.known, 1501);
    CHECK(stats.evicted_bodies > 0);
    CHECK_INT(stats.evicted_entries, 0);
    CHECK_INT(stats.bodies + stats.evicted_bodies, 1501);
    CHECK_INT(get(reg, "ns", numbered(t, 1499)), APR_SUCCESS);
    CHECK_INT(get(reg, "ns", numbered(t, 0)), APR_EAGAIN);
    /* an evicted one still knows its stamp */
    CHECK_INT(put_size(reg, numbered(t, 0), 1, 10, t), APR_SUCCESS);
    CHECK_INT(get(reg, "ns", numbered(t, 0)), APR_EAGAIN);
    CHECK_INT(wfp_registry_claim(reg, "ns", numbered(t, 0)), APR_SUCCESS);
    CHECK_INT(put_size(reg, numbered(t, 0), 2, 10, t), APR_SUCCESS);
    CHECK_INT(get(reg, "ns", numbered(t, 0)), APR_SUCCESS);
    check_valid(reg, t);
}

static void registry_finds_room_for_a_large_body(wfp_test_t *t)
{
    wfp_registry_t *reg = make(t, MB);
    wfp_registry_stats_t stats;
    int i;

    for (i = 0; i < 3000; i++) {
        CHECK_INT(put_size(reg, numbered(t, i % 1000), i + 1,
                           (apr_size_t)(i * 37 % 3000), t),
                  APR_SUCCESS);
    }
    wfp_registry_stats(&stats, reg);
    CHECK_INT(put_size(reg, "large", 9999,
                       (apr_size_t)(stats.body_bytes_used
                                    + stats.body_bytes_free - 128),
                       t),
              APR_SUCCESS);
    CHECK_INT(get(reg, "ns", "large"), APR_SUCCESS);
    check_valid(reg, t);
    CHECK_INT(put_size(reg, "huge", 10000, MB, t), APR_ENOSPC);
    CHECK_INT(get(reg, "ns", "large"), APR_SUCCESS);
    CHECK_INT(put(reg, "ns", "small", 10001, "s"), APR_SUCCESS);
    CHECK_STR(text_of(reg, "ns", "small", t), "s");
    check_valid(reg, t);
}

static void registry_full_index_drops_the_longest_unused(wfp_test_t *t)
{
    wfp_registry_t *reg = make(t, MB);
    wfp_registry_stats_t stats;
    int i, n;

    wfp_registry_stats(&stats, reg);
    n = (int)stats.slots;
    CHECK_INT(n, MB / 4 / 128);
    for (i = 0; i < n; i++) {
        CHECK_INT(put(reg, "ns", numbered(t, i), i + 1, "x"), APR_SUCCESS);
    }
    for (i = 0; i < n; i++) {
        if (i != 1234) {
            CHECK_INT(get(reg, "ns", numbered(t, i)), APR_SUCCESS);
        }
    }
    CHECK_INT(put(reg, "ns", "one-more", n + 1, "x"), APR_SUCCESS);
    wfp_registry_stats(&stats, reg);
    CHECK_INT(stats.known, n);
    CHECK_INT(stats.evicted_entries, 1);
    for (i = 0; i < n; i++) {
        CHECK_INT(get(reg, "ns", numbered(t, i)),
                  i == 1234 ? APR_EAGAIN : APR_SUCCESS);
    }
    for (i = 0; i < 3 * n; i++) {
        CHECK_INT(put(reg, "ns", numbered(t, n + i), i + n + 1, "x"),
                  APR_SUCCESS);
    }
    wfp_registry_stats(&stats, reg);
    CHECK_INT(stats.known, n);
    check_valid(reg, t);
}

static void registry_unknown_names_evict_only_themselves(wfp_test_t *t)
{
    wfp_registry_t *reg = make(t, MB);
    int i;

    for (i = 0; i < 1000; i++) {
        CHECK_INT(put(reg, "ns", numbered(t, i), i + 1, "x"), APR_SUCCESS);
    }
    for (i = 0; i < 5000; i++) {
        const char *name = apr_psprintf(t->pool, "unknown-%d", i);

        CHECK_INT(wfp_registry_claim(reg, "ns", name), APR_SUCCESS);
        CHECK_INT(wfp_registry_put_absent(reg, "ns", name, 0), APR_SUCCESS);
    }
    for (i = 0; i < 1000; i++) {
        CHECK_INT(get(reg, "ns", numbered(t, i)), APR_SUCCESS);
    }
    check_valid(reg, t);
}

static void registry_deletes_without_breaking_chains(wfp_test_t *t)
{
    wfp_registry_t *reg = make(t, MB);
    unsigned char there[1500] = { 0 };
    int n, i, k = 1;

    for (n = 0; n < 3000; n++) {
        k = (int)((unsigned)k * 1103515245U + 12345U) & 0x7fffffff;
        i = (k >> 8) % 1500;
        if (there[i]) {
            CHECK_INT(wfp_registry_drop_namespace(reg,
                                                  apr_psprintf(t->pool, "n%d",
                                                               i),
                                                  n + 1),
                      APR_SUCCESS);
        }
        else {
            CHECK_INT(put(reg, apr_psprintf(t->pool, "n%d", i), "w", n + 1,
                          "x"),
                      APR_SUCCESS);
        }
        there[i] = !there[i];
    }
    check_valid(reg, t);
    for (i = 0; i < 1500; i++) {
        CHECK_INT(get(reg, apr_psprintf(t->pool, "n%d", i), "w"),
                  there[i] ? APR_SUCCESS : APR_EAGAIN);
    }
}

static void registry_copies_the_old_generation(wfp_test_t *t)
{
    wfp_registry_t *old = make(t, 4 * MB), *same = make(t, 4 * MB);
    wfp_registry_t *small = make(t, MB);
    wfp_registry_stats_t stats;
    int i, n = 4000;

    for (i = 0; i < n; i++) {
        CHECK_INT(put(old, "ns", numbered(t, i), i + 1, numbered(t, i)),
                  APR_SUCCESS);
    }
    wfp_registry_set_synced(old, 4000);
    for (i = 0; i < 100; i++) {
        CHECK_INT(put(old, "ns", "last", n + i, "last"), APR_SUCCESS);
        CHECK_INT(get(old, "ns", numbered(t, i)), APR_SUCCESS);
    }
    CHECK_INT(wfp_registry_copy(same, old), APR_SUCCESS);
    CHECK_INT(wfp_registry_synced(same), 4000);
    for (i = 0; i < n; i++) {
        CHECK_STR(text_of(same, "ns", numbered(t, i), t), numbered(t, i));
    }
    check_valid(same, t);
    CHECK_INT(wfp_registry_copy(small, old), APR_SUCCESS);
    wfp_registry_stats(&stats, small);
    CHECK_INT(stats.known, stats.slots);
    CHECK_INT(stats.evicted_bodies + stats.evicted_entries, 0);
    for (i = 0; i < 100; i++) {
        CHECK_STR(text_of(small, "ns", numbered(t, i), t), numbered(t, i));
    }
    check_valid(small, t);
}

static void registry_copy_keeps_stamps_and_ages(wfp_test_t *t)
{
    wfp_registry_t *old = make(t, MB), *now = make(t, MB);
    wfp_registry_stats_t stats;
    int i;

    wfp_registry_stats(&stats, old);
    for (i = 0; i < (int)stats.slots; i++) {
        CHECK_INT(put(old, "ns", numbered(t, i), i + 1, "x"), APR_SUCCESS);
    }
    CHECK_INT(wfp_registry_copy(now, old), APR_SUCCESS);
    CHECK_INT(put(now, "ns", numbered(t, 7), 3, "older"), APR_SUCCESS);
    CHECK_STR(text_of(now, "ns", numbered(t, 7), t), "x");
    CHECK_INT(put(now, "ns", "more", 99999, "x"), APR_SUCCESS);
    CHECK_INT(get(now, "ns", numbered(t, 0)), APR_EAGAIN);
    CHECK_INT(get(now, "ns", numbered(t, 1)), APR_SUCCESS);
}

static void registry_synced_never_goes_back(wfp_test_t *t)
{
    wfp_registry_t *reg = make(t, MB);

    CHECK_INT(wfp_registry_synced(reg), 0);
    wfp_registry_set_synced(reg, 10);
    wfp_registry_set_synced(reg, 9);
    CHECK_INT(wfp_registry_synced(reg), 10);
    CHECK_INT(wfp_registry_take_sync_turn(reg, 60000), 1);
    CHECK_INT(wfp_registry_take_sync_turn(reg, 60000), 0);
    reg = make(t, MB);
    CHECK_INT(wfp_registry_take_sync_turn(reg, 50), 1);
    apr_sleep(apr_time_from_msec(60));
    CHECK_INT(wfp_registry_take_sync_turn(reg, 50), 1);
}

static void registry_tells_a_change_once(wfp_test_t *t)
{
    wfp_registry_t *reg = make(t, MB);

    CHECK_INT(wfp_registry_tell_failing(reg, 0), 0);
    CHECK_INT(wfp_registry_tell_failing(reg, 1), 1);
    CHECK_INT(wfp_registry_tell_failing(reg, 1), 0);
    CHECK_INT(wfp_registry_tell_failing(reg, 0), 1);
    CHECK_INT(wfp_registry_tell_failing(reg, 0), 0);
}

/* Another copy of the database, whose numbers are lower. */
static void registry_starts_over(wfp_test_t *t)
{
    wfp_registry_t *reg = make(t, MB);

    wfp_registry_set_synced(reg, 100);
    CHECK_INT(put(reg, "ns", "old", 90, "x"), APR_SUCCESS);
    CHECK_INT(put(reg, "ns", "seen", 40, "x"), APR_SUCCESS);
    CHECK_INT(wfp_registry_drop_namespace(reg, "gone", 95), APR_SUCCESS);
    CHECK_INT(wfp_registry_claim(reg, "ns", "loading"), APR_SUCCESS);
    CHECK_INT(wfp_registry_start_over(reg, 50), APR_SUCCESS);
    CHECK_INT(wfp_registry_synced(reg), 50);
    CHECK_INT(get(reg, "ns", "old"), APR_EAGAIN);
    CHECK_INT(get(reg, "ns", "seen"), APR_EAGAIN);
    CHECK_INT(put(reg, "ns", "old", 30, "older"), APR_SUCCESS);
    CHECK_STR(text_of(reg, "ns", "old", t), "older");
    CHECK_INT(put(reg, "gone", "back", 20, "y"), APR_SUCCESS);
    CHECK_STR(text_of(reg, "gone", "back", t), "y");
    CHECK_INT(put(reg, "ns", "loading", 10, "z"), APR_SUCCESS);
    CHECK_STR(text_of(reg, "ns", "loading", t), "z");
    check_valid(reg, t);
}

static void registry_body_of_a_replaced_entry(wfp_test_t *t)
{
    wfp_registry_t *reg = make(t, MB);
    const char *blob;
    wfp_entry_t entry;

    CHECK_INT(put(reg, "ns", "w", 1, "one"), APR_SUCCESS);
    CHECK_INT(wfp_registry_get(&entry, reg, "ns", "w"), APR_SUCCESS);
    CHECK_INT(put(reg, "ns", "w", 2, "two"), APR_SUCCESS);
    CHECK_INT(wfp_registry_body(&blob, reg, &entry, t->pool), APR_EAGAIN);
    CHECK_INT(wfp_registry_get(&entry, reg, "ns", "w"), APR_SUCCESS);
    CHECK_INT(wfp_registry_body(&blob, reg, &entry, t->pool), APR_SUCCESS);
    CHECK_STR(blob, "two");
}

static const wfp_test_case_t cases[] = {
    { "registry_refuses_a_small_segment", registry_refuses_a_small_segment },
    { "registry_gives_back_what_was_put", registry_gives_back_what_was_put },
    { "registry_knows_namespaces_apart", registry_knows_namespaces_apart },
    { "registry_takes_names_of_63_bytes", registry_takes_names_of_63_bytes },
    { "registry_ignores_older_stamps", registry_ignores_older_stamps },
    { "registry_forgets_a_miss_after_a_second",
      registry_forgets_a_miss_after_a_second },
    { "registry_lets_one_load", registry_lets_one_load },
    { "registry_takes_over_from_a_dead_loader",
      registry_takes_over_from_a_dead_loader },
    { "registry_load_begun_before_a_change_is_ignored",
      registry_load_begun_before_a_change_is_ignored },
    { "registry_drops_a_namespace", registry_drops_a_namespace },
    { "registry_evicts_bodies_not_used", registry_evicts_bodies_not_used },
    { "registry_finds_room_for_a_large_body",
      registry_finds_room_for_a_large_body },
    { "registry_full_index_drops_the_longest_unused",
      registry_full_index_drops_the_longest_unused },
    { "registry_unknown_names_evict_only_themselves",
      registry_unknown_names_evict_only_themselves },
    { "registry_deletes_without_breaking_chains",
      registry_deletes_without_breaking_chains },
    { "registry_copies_the_old_generation",
      registry_copies_the_old_generation },
    { "registry_copy_keeps_stamps_and_ages",
      registry_copy_keeps_stamps_and_ages },
    { "registry_synced_never_goes_back", registry_synced_never_goes_back },
    { "registry_tells_a_change_once", registry_tells_a_change_once },
    { "registry_starts_over", registry_starts_over },
    { "registry_body_of_a_replaced_entry", registry_body_of_a_replaced_entry },
    { NULL },
};

int main(void)
{
    return wfp_test_run(cases);
}
