/* SPDX-License-Identifier: Apache-2.0 */
/* What Workers did: counted by many at once, told once, in bounded room. */
#include "core/ledger.h"

#include <apr_strings.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/unit/wfp_test.h"

#define NOW  apr_time_from_sec(100000)
#define WALL apr_time_from_sec(1700000000)
#define ALL  100000

static const wfp_ledger_run_t one = { WFP_OUTCOME_OK, 300, 2000, 50, 1, 1 };

static wfp_ledger_t *make(wfp_test_t *t)
{
    wfp_ledger_t *ledger = NULL;

    CHECK_INT(wfp_ledger_create(&ledger, NULL, t->pool), APR_SUCCESS);
    return ledger;
}

static const wfp_ledger_sum_t *find(wfp_test_t *t, wfp_ledger_t *ledger,
                                    const char *ns, const char *script)
{
    static const wfp_ledger_sum_t none;
    apr_array_header_t *list;
    int i;

    wfp_ledger_read(&list, ledger, t->pool);
    for (i = 0; i < list->nelts; i++) {
        const wfp_ledger_sum_t *sum = &APR_ARRAY_IDX(list, i, wfp_ledger_sum_t);

        if (!strcmp(sum->ns, ns) && !strcmp(sum->script, script)) {
            return sum;
        }
    }
    return &none;
}

static void a_run_is_counted(wfp_test_t *t)
{
    wfp_ledger_t *ledger = make(t);
    wfp_ledger_run_t killed = {
        WFP_OUTCOME_EXCEEDED_CPU, 60000, 70000, 0, 0, 0
    };
    const wfp_ledger_sum_t *sum;

    wfp_ledger_count(ledger, "a", "x", &one, NOW);
    wfp_ledger_count(ledger, "a", "x", &killed, NOW);
    wfp_ledger_count(ledger, "b", "x", &one, NOW);
    wfp_ledger_bytes(ledger, "a", "x", 7, 9, NOW);
    sum = find(t, ledger, "a", "x");
    CHECK_INT(sum->n[WFP_LEDGER_REQUESTS], 2);
    CHECK_INT(sum->n[WFP_LEDGER_ENDS + WFP_OUTCOME_EXCEEDED_CPU - 1], 1);
    CHECK_INT(sum->n[WFP_LEDGER_CPU_US], 60300);
    CHECK_INT(sum->n[WFP_LEDGER_WALL_US], 72000);
    CHECK_INT(sum->n[WFP_LEDGER_INSTRUCTIONS], 50);
    CHECK_INT(sum->n[WFP_LEDGER_SUBREQUESTS], 1);
    CHECK_INT(sum->n[WFP_LEDGER_COLD_STARTS], 1);
    CHECK_INT(sum->n[WFP_LEDGER_BYTES_IN], 7);
    CHECK_INT(sum->n[WFP_LEDGER_BYTES_OUT], 9);
    CHECK_INT(sum->n[WFP_LEDGER_CPU_STEPS + 2], 1);
    CHECK_INT(sum->n[WFP_LEDGER_CPU_STEPS + 9], 1);
    CHECK_INT(find(t, ledger, "b", "x")->n[WFP_LEDGER_REQUESTS], 1);
}

static void names_of_nothing_have_no_row(wfp_test_t *t)
{
    wfp_ledger_t *ledger = make(t);
    wfp_ledger_run_t none = { .outcome = WFP_OUTCOME_NOT_FOUND };
    apr_array_header_t *list;
    int i;

    for (i = 0; i < 20000; i++) {
        wfp_ledger_count(ledger, "a", apr_psprintf(t->pool, "n%d", i), &none,
                         NOW);
    }
    wfp_ledger_read(&list, ledger, t->pool);
    CHECK_INT(list->nelts, 1);
    CHECK_INT(find(t, ledger, "a", "*")->n[WFP_LEDGER_REQUESTS], 20000);
}

static void a_namespace_has_half(wfp_test_t *t)
{
    wfp_ledger_t *ledger = make(t);
    apr_uint64_t all = 0;
    apr_array_header_t *list;
    int i;

    for (i = 0; i < 3 * WFP_LEDGER_ROWS; i++) {
        wfp_ledger_count(ledger, "a", apr_psprintf(t->pool, "n%d", i), &one,
                         NOW);
    }
    wfp_ledger_read(&list, ledger, t->pool);
    CHECK_INT(list->nelts, WFP_LEDGER_ROWS / 2 + 1);
    for (i = 0; i < list->nelts; i++) {
        all += APR_ARRAY_IDX(list, i, wfp_ledger_sum_t).n[WFP_LEDGER_REQUESTS];
    }
    CHECK_INT(all, 3 * WFP_LEDGER_ROWS);
    for (i = 0; i < 100; i++) {
        wfp_ledger_count(ledger, "b", apr_psprintf(t->pool, "n%d", i), &one,
                         NOW);
    }
    CHECK_INT(find(t, ledger, "b", "n99")->n[WFP_LEDGER_REQUESTS], 1);
}

static void namespaces_are_bounded(wfp_test_t *t)
{
    wfp_ledger_t *ledger = make(t);
    wfp_ledger_run_t none = { .outcome = WFP_OUTCOME_NOT_FOUND };
    int i;

    for (i = 0; i < 2 * WFP_LEDGER_NAMESPACES; i++) {
        wfp_ledger_count(ledger, apr_psprintf(t->pool, "n%d", i), "x", &none,
                         NOW);
    }
    CHECK_INT(find(t, ledger, "*", "*")->n[WFP_LEDGER_REQUESTS],
              WFP_LEDGER_NAMESPACES + 1);
}

static void nothing_is_lost_among_processes(wfp_test_t *t)
{
    wfp_ledger_t *ledger = make(t);
    int child, i, status;

    for (child = 0; child < 4; child++) {
        if (fork() == 0) {
            for (i = 0; i < 20000; i++) {
                wfp_ledger_count(ledger, "a", i % 2 ? "x" : "y", &one, NOW);
            }
            _exit(0);
        }
    }
    for (child = 0; child < 4; child++) {
        CHECK(wait(&status) > 0 && status == 0);
    }
    CHECK_INT(find(t, ledger, "a", "x")->n[WFP_LEDGER_REQUESTS], 40000);
    CHECK_INT(find(t, ledger, "a", "y")->n[WFP_LEDGER_CPU_US], 40000 * 300);
}

/* ---- the store ------------------------------------------------------------------ */

/* Tell a store that takes it, or does not. @return requests it was told of, all
 * of the item's minute */
static apr_uint64_t tell(wfp_test_t *t, wfp_ledger_t *ledger, apr_time_t wall,
                         int taken, wfp_ledger_item_t *last)
{
    apr_array_header_t *list;
    apr_uint64_t n = 0;
    int i;

    CHECK(wfp_ledger_begin(ledger, NOW));
    CHECK(!wfp_ledger_begin(ledger, NOW));
    CHECK_INT(wfp_ledger_collect(&list, ledger, wall, ALL, t->pool), 0);
    for (i = 0; i < list->nelts; i++) {
        wfp_ledger_item_t *item = &APR_ARRAY_IDX(list, i, wfp_ledger_item_t);

        n += item->n[WFP_LEDGER_REQUESTS];
        *last = *item;
        if (taken) {
            wfp_ledger_stored(ledger, item);
        }
    }
    wfp_ledger_end(ledger);
    return n;
}

static void a_minute_is_told_whole(wfp_test_t *t)
{
    wfp_ledger_t *ledger = make(t);
    wfp_ledger_item_t item, next;

    wfp_ledger_count(ledger, "a", "x", &one, NOW);
    CHECK_INT(tell(t, ledger, WALL, 1, &item), 1);
    CHECK_INT(item.time, apr_time_sec(WALL) / 60 * 60);
    CHECK_INT(tell(t, ledger, WALL, 1, &item), 0);
    wfp_ledger_count(ledger, "a", "x", &one, NOW);
    CHECK_INT(tell(t, ledger, WALL, 1, &next), 2); /* the same minute's all */
    CHECK_STR(next.source, item.source);
    CHECK_INT(next.time, item.time);
    wfp_ledger_count(ledger, "a", "x", &one, NOW);
    CHECK_INT(tell(t, ledger, WALL + apr_time_from_sec(60), 1, &next), 1);
    CHECK_INT(next.time, item.time + 60);
}

/* They count for nothing else, and are told like the rest. */
static void what_is_lost_is_told_once(wfp_test_t *t)
{
    wfp_ledger_t *ledger = make(t);
    wfp_ledger_item_t item, old;
    const wfp_ledger_sum_t *sum;

    wfp_ledger_count(ledger, "a", "x", &one, NOW);
    CHECK_INT(tell(t, ledger, WALL, 0, &old), 1);
    wfp_ledger_lost(ledger, "a", "x", 2, NOW);
    CHECK_INT(tell(t, ledger, WALL, 1, &item), 1);
    CHECK_INT(item.n[WFP_LEDGER_LOST], 2);
    wfp_ledger_stored(ledger, &old); /* one that was slow */
    CHECK_INT(tell(t, ledger, WALL + apr_time_from_sec(60), 1, &old), 0);
    wfp_ledger_lost(ledger, "a", "x", 1, NOW);
    (void)tell(t, ledger, WALL + apr_time_from_sec(60), 1, &item);
    CHECK_INT(item.n[WFP_LEDGER_LOST], 1);
    CHECK_INT(item.n[WFP_LEDGER_REQUESTS], 0);
    sum = find(t, ledger, "a", "x");
    CHECK_INT(sum->n[WFP_LEDGER_LOST], 3);
    CHECK_INT(sum->n[WFP_LEDGER_REQUESTS], 1);
    wfp_ledger_lost(ledger, NULL, NULL, 7, NOW);
    CHECK_INT(find(t, ledger, "*", "*")->n[WFP_LEDGER_LOST], 7);
}

static void in_doubt_the_minute_stays(wfp_test_t *t)
{
    wfp_ledger_t *ledger = make(t);
    apr_time_t later = WALL + apr_time_from_sec(600);
    wfp_ledger_item_t item, next;

    wfp_ledger_count(ledger, "a", "x", &one, NOW);
    CHECK_INT(tell(t, ledger, WALL, 0, &item), 1);
    wfp_ledger_count(ledger, "a", "x", &one, NOW);
    CHECK_INT(tell(t, ledger, later, 0, &next), 2);
    CHECK_INT(next.time, item.time);
    CHECK_INT(tell(t, ledger, later, 1, &next), 2);
    CHECK_INT(next.time, item.time);
    CHECK_INT(tell(t, ledger, later, 1, &next), 0);
    wfp_ledger_count(ledger, "a", "x", &one, NOW);
    CHECK_INT(tell(t, ledger, later, 1, &next), 1);
    CHECK(next.time > item.time);
}

static void a_clock_that_is_set_back(wfp_test_t *t)
{
    wfp_ledger_t *ledger = make(t);
    wfp_ledger_item_t item, next;

    wfp_ledger_count(ledger, "a", "x", &one, NOW);
    CHECK_INT(tell(t, ledger, WALL, 1, &item), 1);
    wfp_ledger_count(ledger, "a", "x", &one, NOW);
    CHECK_INT(tell(t, ledger, WALL + apr_time_from_sec(60), 1, &next), 1);
    wfp_ledger_count(ledger, "a", "x", &one, NOW);
    CHECK_INT(tell(t, ledger, WALL, 1, &next), 1);
    CHECK_INT(next.time, item.time);
    CHECK(strcmp(next.source, item.source) != 0);
}

static void some_at_a_time(wfp_test_t *t)
{
    wfp_ledger_t *ledger = make(t);
    apr_array_header_t *list;
    int all = 0, i, more = 1;

    for (i = 0; i < 25; i++) {
        wfp_ledger_count(ledger, "a", apr_psprintf(t->pool, "n%d", i), &one,
                         NOW);
    }
    while (more) {
        more = wfp_ledger_collect(&list, ledger, WALL, 10, t->pool);
        for (i = 0; i < list->nelts; i++) {
            wfp_ledger_stored(ledger,
                              &APR_ARRAY_IDX(list, i, wfp_ledger_item_t));
        }
        all += list->nelts;
    }
    CHECK_INT(all, 25);
}

static void idle_rows_go(wfp_test_t *t)
{
    wfp_ledger_t *ledger = make(t);
    apr_time_t at = apr_time_from_sec(1) << 30; /* long after any clock */
    wfp_ledger_item_t item, next;
    apr_array_header_t *list;

    wfp_ledger_count(ledger, "a", "x", &one, NOW);
    wfp_ledger_tidy(ledger, at);
    wfp_ledger_tidy(ledger, at + apr_time_from_sec(100));
    CHECK_INT(find(t, ledger, "a", "x")->n[WFP_LEDGER_REQUESTS], 1);
    CHECK_INT(tell(t, ledger, WALL, 1, &item), 1);
    /* only once the store has it; what it did stays */
    wfp_ledger_tidy(ledger, at + apr_time_from_sec(100));
    wfp_ledger_read(&list, ledger, t->pool);
    CHECK_INT(list->nelts, 1);
    CHECK_INT(find(t, ledger, "a", "*")->n[WFP_LEDGER_REQUESTS], 1);
    CHECK_INT(tell(t, ledger, WALL, 1, &next), 0);
    wfp_ledger_count(ledger, "a", "x", &one, NOW);
    CHECK_INT(tell(t, ledger, WALL, 1, &next), 1);
    CHECK(strcmp(next.source, item.source) != 0);
}

static void a_killed_teller_is_followed(wfp_test_t *t)
{
    wfp_ledger_t *ledger = make(t);

    CHECK(wfp_ledger_begin(ledger, NOW));
    CHECK(!wfp_ledger_begin(ledger, NOW + apr_time_from_sec(9)));
    CHECK(wfp_ledger_begin(ledger, NOW + apr_time_from_sec(10)));
}

/* ---- metrics -------------------------------------------------------------------- */

static void count_many(wfp_ledger_t *ledger, const char *script, int n)
{
    while (n-- > 0) {
        wfp_ledger_count(ledger, "a", script, &one, NOW);
    }
}

/* The names that are shown, in one text. */
static const char *shown(wfp_test_t *t, wfp_ledger_t *ledger)
{
    const char *text = "";
    apr_array_header_t *list;
    int i;

    wfp_ledger_read(&list, ledger, t->pool);
    wfp_ledger_choose(list, ledger, 2);
    for (i = 0; i < list->nelts; i++) {
        const wfp_ledger_sum_t *sum = &APR_ARRAY_IDX(list, i, wfp_ledger_sum_t);

        if (sum->is_shown) {
            text = apr_pstrcat(t->pool, text, sum->script, NULL);
        }
    }
    return text;
}

static void the_busiest_are_shown(wfp_test_t *t)
{
    wfp_ledger_t *ledger = make(t);

    count_many(ledger, "a", 1);
    CHECK_STR(shown(t, ledger), "a");
    count_many(ledger, "b", 2);
    count_many(ledger, "c", 3);
    CHECK_STR(shown(t, ledger), "ac"); /* it was there before */
    count_many(ledger, "d", 4);
    CHECK_STR(shown(t, ledger), "ac");
    count_many(ledger, "e", 5);
    CHECK_STR(shown(t, ledger), "ce"); /* four have more */
}

static void percentiles(wfp_test_t *t)
{
    const apr_uint64_t *bounds = wfp_ledger_cpu_bounds();
    apr_uint64_t steps[WFP_LEDGER_STEPS] = { 0 };

    CHECK_INT(wfp_ledger_percentile(steps, bounds, 0.5), 0);
    steps[3] = 100; /* 0.5 to 1 ms */
    CHECK_INT(wfp_ledger_percentile(steps, bounds, 0.5), 750);
    CHECK_INT(wfp_ledger_percentile(steps, bounds, 1), 1000);
    steps[WFP_LEDGER_STEPS - 1] = 100;
    CHECK_INT(wfp_ledger_percentile(steps, bounds, 0.99), 1000000);
    CHECK_INT(wfp_ledger_percentile(steps, bounds, 0.25), 750);
}

int main(void)
{
    static const wfp_test_case_t cases[] = {
        { "a run is counted", a_run_is_counted },
        { "names of nothing have no row", names_of_nothing_have_no_row },
        { "a namespace has half", a_namespace_has_half },
        { "namespaces are bounded", namespaces_are_bounded },
        { "nothing is lost among processes", nothing_is_lost_among_processes },
        { "a minute is told whole", a_minute_is_told_whole },
        { "what is lost is told once", what_is_lost_is_told_once },
        { "in doubt the minute stays", in_doubt_the_minute_stays },
        { "a clock that is set back", a_clock_that_is_set_back },
        { "some at a time", some_at_a_time },
        { "idle rows go", idle_rows_go },
        { "a killed teller is followed", a_killed_teller_is_followed },
        { "the busiest are shown", the_busiest_are_shown },
        { "percentiles", percentiles },
        { NULL },
    };

    return wfp_test_run(cases);
}
