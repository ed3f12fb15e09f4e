/* SPDX-License-Identifier: Apache-2.0 */
/* What Workers did, as rows: told twice it counts once, old rows become fewer. */
#include "store/ledger_rows.h"

#include "tests/unit/store_fixture.h"

#define DAY  WFP_LEDGER_ROWS_DAY
#define DAY0 (20000 * (apr_int64_t)DAY)

static void put_in(fixture_t *f, wfp_test_t *t, const char *ns,
                   const char *script, const char *source, apr_int64_t time,
                   int requests)
{
    apr_array_header_t *list = apr_array_make(t->pool, 1,
                                              sizeof(wfp_ledger_item_t));
    wfp_ledger_item_t *item = apr_array_push(list);

    memset(item, 0, sizeof(*item));
    apr_cpystrn(item->ns, ns, sizeof(item->ns));
    apr_cpystrn(item->script, script, sizeof(item->script));
    apr_cpystrn(item->source, source, sizeof(item->source));
    item->time = time;
    item->n[WFP_LEDGER_REQUESTS] = (apr_uint64_t)requests;
    item->n[WFP_LEDGER_TOLD - 1] = (apr_uint64_t)(2 * requests);
    CHECK_INT(wfp_ledger_rows_put(f->store, list, &f->res, t->pool),
              APR_SUCCESS);
}

static void put(fixture_t *f, wfp_test_t *t, const char *script,
                const char *source, apr_int64_t time, int requests)
{
    put_in(f, t, "demo", script, source, time, requests);
}

static apr_array_header_t *list_of(fixture_t *f, wfp_test_t *t,
                                   const char *script, wfp_ledger_rows_by_e by,
                                   apr_int64_t span, const char *after)
{
    wfp_ledger_rows_ask_t ask = { .ns = "demo",
                                  .script = script,
                                  .by = by,
                                  .until = DAY0 + 100 * DAY,
                                  .span = span,
                                  .after = after };
    apr_array_header_t *list;

    CHECK_INT(wfp_ledger_rows_list(&list, f->store, &ask, &f->res, t->pool),
              APR_SUCCESS);
    return list;
}

#define ROW(list, i)      (&APR_ARRAY_IDX(list, i, wfp_ledger_rows_t))
#define REQUESTS(list, i) ((apr_int64_t)ROW(list, i)->n[WFP_LEDGER_REQUESTS])

static void told_twice_it_counts_once(wfp_test_t *t)
{
    fixture_t f;
    apr_array_header_t *list;

    open_store(&f, t);
    put(&f, t, "x", "s1", DAY0, 5);
    put(&f, t, "x", "s1", DAY0, 5);
    put(&f, t, "x", "s1", DAY0, 7);
    put(&f, t, "x", "s1", DAY0, 6); /* one that was late */
    put(&f, t, "x", "s2", DAY0, 1);
    put(&f, t, "x", "s1", DAY0 + 60, 2);
    put(&f, t, "y", "s3", DAY0 + 3600, 3);
    list = list_of(&f, t, "x", WFP_LEDGER_ROWS_BY_TIME, 60, NULL);
    CHECK_INT(list->nelts, 2);
    CHECK_INT(ROW(list, 0)->time, DAY0);
    CHECK_INT(REQUESTS(list, 0), 8);
    CHECK_INT(ROW(list, 0)->n[WFP_LEDGER_TOLD - 1], 16);
    CHECK_INT(REQUESTS(list, 1), 2);
    list = list_of(&f, t, NULL, WFP_LEDGER_ROWS_BY_TIME, 3600, NULL);
    CHECK_INT(list->nelts, 2);
    CHECK_INT(REQUESTS(list, 0), 10);
    CHECK_INT(REQUESTS(list, 1), 3);
    list = list_of(&f, t, NULL, WFP_LEDGER_ROWS_BY_SCRIPT, 0, NULL);
    CHECK_INT(list->nelts, 2);
    CHECK_STR(ROW(list, 0)->name, "x");
    CHECK_INT(REQUESTS(list, 0), 10);
    list = list_of(&f, t, NULL, WFP_LEDGER_ROWS_BY_SCRIPT, 0, "x");
    CHECK_INT(list->nelts, 1);
    CHECK_STR(ROW(list, 0)->name, "y");
}

static void by_tag(wfp_test_t *t)
{
    fixture_t f;
    wfp_put_t *p;
    apr_array_header_t *list;

    open_store(&f, t);
    p = make_put("demo", "x", "return {}", t->pool);
    APR_ARRAY_PUSH(p->script->tags, const char *) = "red";
    APR_ARRAY_PUSH(p->script->tags, const char *) = "blue";
    OK(wfp_scripts_put(f.store, p, &f.res, t->pool));
    put(&f, t, "x", "s1", DAY0, 5);
    put(&f, t, "gone", "s2", DAY0, 2);
    list = list_of(&f, t, NULL, WFP_LEDGER_ROWS_BY_TAG, 0, NULL);
    CHECK_INT(list->nelts, 2);
    CHECK_STR(ROW(list, 0)->name, "blue");
    CHECK_INT(REQUESTS(list, 0), 5);
}

static apr_int64_t total(fixture_t *f, wfp_test_t *t, int *pbuckets)
{
    apr_array_header_t *list = list_of(f, t, "x", WFP_LEDGER_ROWS_BY_TIME, 60,
                                       NULL);
    apr_int64_t n = 0;
    int i;

    for (i = 0; i < list->nelts; i++) {
        n += REQUESTS(list, i);
    }
    *pbuckets = list->nelts;
    return n;
}

static void old_rows_become_fewer(wfp_test_t *t)
{
    fixture_t f;
    apr_int64_t day;
    int i, n;

    open_store(&f, t);
    for (i = 0; i < 120; i++) {
        put(&f, t, "x", i % 2 ? "s1" : "s2", DAY0 + 60 * i, 1);
    }
    CHECK_INT(total(&f, t, &n), 120);
    CHECK_INT(n, 120);
    /* two days after the first hour, then a day later, then again */
    for (day = 2; day < 4; day++) {
        apr_time_t now = apr_time_from_sec(DAY0 + day * DAY + 3600);

        OK(wfp_ledger_rows_roll(f.store, now, &f.res, t->pool));
        OK(wfp_ledger_rows_roll(f.store, now, &f.res, t->pool));
        CHECK_INT(total(&f, t, &n), 120);
        CHECK_INT(n, day == 2 ? 61 : 2);
    }
    /* one that comes late is added */
    put(&f, t, "x", "s3", DAY0 + 60, 4);
    OK(wfp_ledger_rows_roll(f.store, apr_time_from_sec(DAY0 + 4 * DAY), &f.res,
                            t->pool));
    CHECK_INT(total(&f, t, &n), 124);
    OK(wfp_ledger_rows_roll(f.store, apr_time_from_sec(DAY0 + 37 * DAY), &f.res,
                            t->pool));
    CHECK_INT(total(&f, t, &n), 124);
    CHECK_INT(n, 1);
    OK(wfp_ledger_rows_roll(f.store, apr_time_from_sec(DAY0 + 402 * DAY),
                            &f.res, t->pool));
    CHECK_INT(total(&f, t, &n), 0);
}

static apr_array_header_t *of_all(fixture_t *f, wfp_test_t *t,
                                  wfp_ledger_rows_ask_t *ask)
{
    apr_array_header_t *list;

    ask->until = DAY0 + 100 * DAY;
    CHECK_INT(wfp_ledger_rows_list(&list, f->store, ask, &f->res, t->pool),
              APR_SUCCESS);
    return list;
}

static void of_the_whole_server(wfp_test_t *t)
{
    fixture_t f;
    wfp_ledger_rows_ask_t buckets = { .span = 3600 };
    wfp_ledger_rows_ask_t groups = { .by = WFP_LEDGER_ROWS_BY_NAMESPACE };
    wfp_ledger_rows_ask_t most = { .ns = "demo",
                                   .by = WFP_LEDGER_ROWS_BY_SCRIPT,
                                   .order = WFP_LEDGER_ROWS_MOST_REQUESTS,
                                   .limit = 1 };
    apr_array_header_t *only = apr_array_make(t->pool, 2, sizeof(char *));
    apr_array_header_t *list;

    open_store(&f, t);
    put_in(&f, t, "demo", "x", "s1", DAY0, 5);
    put_in(&f, t, "demo", "y", "s1", DAY0 + 60, 1);
    put_in(&f, t, "shop", "x", "s1", DAY0, 7);
    put_in(&f, t, "shop", "x", "s1", DAY0 + 7200, 2);
    put_in(&f, t, "blog", "x", "s1", DAY0, 3);
    put_in(&f, t, "", "dispatcher", "s1", DAY0, 100);
    list = of_all(&f, t, &buckets);
    CHECK_INT(list->nelts, 2);
    CHECK_INT(REQUESTS(list, 0), 16);
    CHECK_INT(REQUESTS(list, 1), 2);
    list = of_all(&f, t, &groups);
    CHECK_INT(list->nelts, 3);
    CHECK_STR(ROW(list, 0)->name, "blog");
    CHECK_INT(REQUESTS(list, 2), 9);
    groups.after = "blog";
    CHECK_INT(of_all(&f, t, &groups)->nelts, 2);
    groups.after = NULL;
    groups.order = WFP_LEDGER_ROWS_MOST_REQUESTS;
    groups.limit = 2;
    list = of_all(&f, t, &groups);
    CHECK_INT(list->nelts, 2);
    CHECK_STR(ROW(list, 0)->name, "shop");
    CHECK_STR(ROW(list, 1)->name, "demo");
    list = of_all(&f, t, &most);
    CHECK_INT(list->nelts, 1);
    CHECK_STR(ROW(list, 0)->name, "x");

    /* of two only, and one that is not there */
    APR_ARRAY_PUSH(only, const char *) = "shop";
    APR_ARRAY_PUSH(only, const char *) = "none";
    APR_ARRAY_PUSH(only, const char *) = "blog";
    buckets.only = groups.only = only;
    list = of_all(&f, t, &buckets);
    CHECK_INT(list->nelts, 2);
    CHECK_INT(REQUESTS(list, 0), 10);
    CHECK_INT(ROW(list, 0)->n[WFP_LEDGER_TOLD - 1], 20);
    groups.order = WFP_LEDGER_ROWS_MOST_CPU; /* none has any: by name */
    list = of_all(&f, t, &groups);
    CHECK_STR(ROW(list, 0)->name, "blog");
    groups.order = WFP_LEDGER_ROWS_MOST_REQUESTS;
    groups.limit = 1;
    list = of_all(&f, t, &groups);
    CHECK_INT(list->nelts, 1);
    CHECK_STR(ROW(list, 0)->name, "shop");
    apr_array_clear(only); /* a token of none sees none */
    CHECK_INT(of_all(&f, t, &buckets)->nelts, 0);
}

int main(void)
{
    static const wfp_test_case_t cases[] = {
        { "told twice it counts once", told_twice_it_counts_once },
        { "by tag", by_tag },
        { "old rows become fewer", old_rows_become_fewer },
        { "of the whole server", of_the_whole_server },
        { NULL },
    };

    return wfp_test_run(cases);
}
