/* SPDX-License-Identifier: Apache-2.0 */
/* Counters of what Workers use of services, a day at a time. */
#include "core/usage.h"

#include <apr_strings.h>

#include "tests/unit/wfp_test.h"

#define DAY  apr_time_from_sec(86400)
#define NOON (20000 * DAY + DAY / 2)

static wfp_usage_t *make(wfp_test_t *t, apr_time_t now)
{
    wfp_usage_t *usage = NULL;
    wfp_result_t res;

    wfp_result_init(&res, t->pool);
    CHECK_INT(wfp_usage_create(&usage, now, &res, t->pool), APR_SUCCESS);
    return usage;
}

/* As who follows does: others have counted so much. @return how many */
static int tell(wfp_test_t *t, wfp_usage_t *usage, apr_time_t now,
                apr_uint64_t others)
{
    apr_array_header_t *list;
    int i;

    wfp_usage_collect(&list, usage, now, t->pool);
    for (i = 0; i < list->nelts; i++) {
        wfp_usage_item_t *item = &APR_ARRAY_IDX(list, i, wfp_usage_item_t);

        item->others = others;
        wfp_usage_stored(usage, item);
    }
    return list->nelts;
}

static void names(wfp_test_t *t)
{
    int i;

    for (i = 0; i < WFP_USAGE_COUNT; i++) {
        CHECK(*wfp_usage_name((wfp_usage_e)i));
        CHECK_INT(wfp_usage_by_name(wfp_usage_name((wfp_usage_e)i)), i);
    }
    CHECK_INT(wfp_usage_by_name("kv"), WFP_USAGE_COUNT);
    CHECK_STR(wfp_usage_name(WFP_USAGE_COUNT), "");
}

static void counts(wfp_test_t *t)
{
    wfp_usage_t *usage = make(t, NOON);

    wfp_usage_add(usage, "ns", "a", WFP_USAGE_KV_READS, 2, NOON);
    wfp_usage_add(usage, "ns", "b", WFP_USAGE_KV_READS, 3, NOON);
    wfp_usage_add(usage, "", "a", WFP_USAGE_KV_READS, 7, NOON);
    wfp_usage_add(usage, "ns", "a", WFP_USAGE_D1_QUERIES, 0, NOON);
    CHECK(wfp_usage_used(usage, "ns", "a", WFP_USAGE_KV_READS, NOON) == 2);
    CHECK(wfp_usage_used(usage, "ns", "b", WFP_USAGE_KV_READS, NOON) == 3);
    CHECK(wfp_usage_used(usage, "ns", "", WFP_USAGE_KV_READS, NOON) == 5);
    CHECK(wfp_usage_used(usage, "", "a", WFP_USAGE_KV_READS, NOON) == 7);
    CHECK(wfp_usage_used(usage, "ns", "c", WFP_USAGE_KV_READS, NOON) == 0);
    CHECK(wfp_usage_used(usage, "ns", "a", WFP_USAGE_KV_WRITES, NOON) == 0);
    CHECK_INT(strlen(wfp_usage_source(usage)), 16);
    CHECK(strcmp(wfp_usage_source(usage), wfp_usage_source(make(t, NOON))));
}

static void told(wfp_test_t *t)
{
    wfp_usage_t *usage = make(t, NOON);
    apr_array_header_t *list;
    const wfp_usage_item_t *item;

    wfp_usage_add(usage, "ns", "b", WFP_USAGE_KV_READS, 1, NOON);
    wfp_usage_add(usage, "ns", "a", WFP_USAGE_KV_READS, 2, NOON);
    wfp_usage_collect(&list, usage, NOON, t->pool);
    CHECK_INT(list->nelts, 3);
    item = &APR_ARRAY_IDX(list, 0, wfp_usage_item_t);
    CHECK_STR(item->script, "");
    CHECK(item->amount == 3 && item->day == 20000);
    CHECK_STR(item[1].script, "a");
    CHECK_STR(item[2].script, "b");
    /* who collected died: the same is told again, and what came since */
    wfp_usage_add(usage, "ns", "a", WFP_USAGE_KV_READS, 5, NOON);
    CHECK_INT(tell(t, usage, NOON, 100), 3);
    CHECK(wfp_usage_used(usage, "ns", "a", WFP_USAGE_KV_READS, NOON) == 107);
    CHECK_INT(tell(t, usage, NOON, 100), 0);
    wfp_usage_add(usage, "ns", "a", WFP_USAGE_KV_READS, 1, NOON);
    CHECK_INT(tell(t, usage, NOON, 200), 2);
    CHECK(wfp_usage_used(usage, "ns", "a", WFP_USAGE_KV_READS, NOON) == 208);
}

static void bounds(wfp_test_t *t)
{
    wfp_usage_t *usage = make(t, NOON);
    wfp_usage_quota_t quota = { .script = { 0 } };
    wfp_usage_bound_t bound;
    int i;

#define MAY(name, n)                                                           \
    wfp_usage_may(&bound, usage, &quota, "ns", name, WFP_USAGE_KV_READS, n,    \
                  NOON)
    CHECK(MAY("a", 1000000));
    quota.script[WFP_USAGE_KV_READS] = 10;
    quota.ns[WFP_USAGE_KV_READS] = 15;
    CHECK(MAY("a", 10));
    CHECK(!MAY("a", 11));
    CHECK(bound.allowed == 10 && !bound.is_whole);
    for (i = 0; i < 10; i++) {
        CHECK(MAY("a", 1));
        wfp_usage_add(usage, "ns", "a", WFP_USAGE_KV_READS, 1, NOON);
    }
    CHECK(!MAY("a", 0));
    CHECK(!MAY("a", 1));
    CHECK(MAY("b", 5));
    CHECK(!MAY("b", 6));
    CHECK(bound.allowed == 15 && bound.is_whole);
    CHECK(!MAY("b", ~APR_UINT64_C(0)));
    /* tomorrow is another day */
    CHECK(wfp_usage_may(&bound, usage, &quota, "ns", "a", WFP_USAGE_KV_READS,
                        10, NOON + DAY));
}

static void days(wfp_test_t *t)
{
    wfp_usage_t *usage = make(t, NOON);
    apr_time_t now = NOON;
    int i;

    for (i = 0; i < 5; i++, now += DAY) {
        wfp_usage_add(usage, "ns", "a", WFP_USAGE_KV_READS, 3, now);
        CHECK(wfp_usage_used(usage, "ns", "a", WFP_USAGE_KV_READS, now) == 3);
        CHECK_INT(tell(t, usage, now, 0), 2);
        CHECK_INT(tell(t, usage, now, 0), 0);
        CHECK(wfp_usage_used(usage, "ns", "a", WFP_USAGE_KV_READS, now + DAY)
              == 0);
    }
    /* what nobody could tell in time is told late */
    wfp_usage_add(usage, "ns", "a", WFP_USAGE_KV_READS, 3, now);
    CHECK_INT(tell(t, usage, now + DAY, 0), 2);
    /* nobody followed for days */
    now += 10 * DAY;
    CHECK_INT(tell(t, usage, now, 0), 0);
    wfp_usage_add(usage, "ns", "a", WFP_USAGE_KV_READS, 3, now);
    CHECK(wfp_usage_used(usage, "ns", "a", WFP_USAGE_KV_READS, now) == 3);
}

/* More Workers than there is room for: their namespace counts them. */
static void full(wfp_test_t *t)
{
    wfp_usage_t *usage = make(t, NOON);
    char name[32];
    int i;

    for (i = 0; i < WFP_USAGE_ROWS + 1000; i++) {
        apr_snprintf(name, sizeof(name), "w%d", i);
        wfp_usage_add(usage, "ns", name, WFP_USAGE_KV_READS, 1, NOON);
    }
    CHECK(wfp_usage_used(usage, "ns", "", WFP_USAGE_KV_READS, NOON)
          == WFP_USAGE_ROWS + 1000);
}

int main(void)
{
    static const wfp_test_case_t cases[] = {
        { "names", names },     { "counting", counts },
        { "telling", told },    { "bounds", bounds },
        { "days go by", days }, { "too many Workers", full },
        { NULL, NULL },
    };

    return wfp_test_run(cases);
}
