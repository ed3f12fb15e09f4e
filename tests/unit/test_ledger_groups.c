/* SPDX-License-Identifier: Apache-2.0 */
/* store/ledger_groups.c: what Workers did by namespace, Worker and time. */
#include "store/ledger_groups.h"

#include "core/clock.h"
#include "store/ledger_rows.h"
#include "tests/unit/store_fixture.h"

#define DAY0 (20000 * (apr_int64_t)WFP_LEDGER_ROWS_DAY)

static void put(fixture_t *f, wfp_test_t *t, const char *ns, const char *script,
                apr_int64_t time, int requests)
{
    apr_array_header_t *list = apr_array_make(t->pool, 1,
                                              sizeof(wfp_ledger_item_t));
    wfp_ledger_item_t *item = apr_array_push(list);

    memset(item, 0, sizeof(*item));
    apr_cpystrn(item->ns, ns, sizeof(item->ns));
    apr_cpystrn(item->script, script, sizeof(item->script));
    apr_cpystrn(item->source, "s1", sizeof(item->source));
    item->time = time;
    item->n[WFP_LEDGER_REQUESTS] = (apr_uint64_t)requests;
    item->n[WFP_LEDGER_TOLD - 1] = 1;
    CHECK_INT(wfp_ledger_rows_put(f->store, list, &f->res, t->pool),
              APR_SUCCESS);
}

/* "ns/script+seconds=requests" of each group */
static const char *groups(fixture_t *f, wfp_test_t *t,
                          wfp_ledger_groups_ask_t ask)
{
    apr_array_header_t *list;
    const char *text = "";
    int i;

    ask.limit = ask.limit ? ask.limit : WFP_LEDGER_GROUPS_MAX;
    ask.until = ask.until ? ask.until : DAY0 + WFP_LEDGER_ROWS_DAY;
    CHECK_INT(wfp_ledger_groups_list(&list, f->store, &ask, &f->res, t->pool),
              APR_SUCCESS);
    for (i = 0; i < list->nelts; i++) {
        const wfp_ledger_group_t *group = &APR_ARRAY_IDX(list, i,
                                                         wfp_ledger_group_t);

        CHECK(group->n[WFP_LEDGER_TOLD - 1] >= 1);
        text = apr_psprintf(t->pool, "%s%s%s/%s+%" APR_INT64_T_FMT "=%d", text,
                            i ? " " : "", group->ns, group->script,
                            group->time ? group->time - DAY0 : -1,
                            (int)group->n[WFP_LEDGER_REQUESTS]);
    }
    return text;
}

#define GROUPS(...) groups(&f, t, (wfp_ledger_groups_ask_t){ __VA_ARGS__ })

static void by_all_and_by_none(wfp_test_t *t)
{
    fixture_t f;

    open_store(&f, t);
    CHECK_STR(GROUPS(.by_ns = 1), "");
    CHECK_STR(GROUPS(.span = 60), "");
    put(&f, t, "demo", "x", DAY0, 5);
    put(&f, t, "demo", "y", DAY0 + 60, 1);
    put(&f, t, "shop", "x", DAY0 + 3600, 7);
    put(&f, t, "", "entry", DAY0, 100);
    put(&f, t, "demo", "z", DAY0, 0);
    CHECK_STR(GROUPS(0), "/+-1=113");
    CHECK_STR(GROUPS(.by_ns = 1), "/+-1=100 demo/+-1=6 shop/+-1=7");
    CHECK_STR(GROUPS(.by_script = 1), "/entry+-1=100 /x+-1=12 /y+-1=1 /z+-1=0");
    CHECK_STR(GROUPS(.by_script = 1, .with_requests = 1, .limit = 2),
              "/entry+-1=100 /x+-1=12");
    CHECK_STR(GROUPS(.span = 3600), "/+0=106 /+3600=7");
    CHECK_STR(GROUPS(.span = 60, .by_ns = 1, .by_script = 1),
              "/entry+0=100 demo/x+0=5 demo/z+0=0 demo/y+60=1 shop/x+3600=7");
}

static void of_some(wfp_test_t *t)
{
    fixture_t f;

    open_store(&f, t);
    put(&f, t, "demo", "x", DAY0, 5);
    put(&f, t, "demo", "y", DAY0 + 60, 1);
    put(&f, t, "shop", "x", DAY0 + 3600, 7);
    put(&f, t, "", "x", DAY0, 100);
    CHECK_STR(GROUPS(.ns = "demo"), "/+-1=6");
    CHECK_STR(GROUPS(.ns = ""), "/+-1=100");
    CHECK_STR(GROUPS(.ns = "none"), "");
    CHECK_STR(GROUPS(.script = "x", .by_ns = 1),
              "/+-1=100 demo/+-1=5 shop/+-1=7");
    CHECK_STR(GROUPS(.ns = "demo", .script = "y", .by_script = 1), "/y+-1=1");
    CHECK_STR(GROUPS(.since = DAY0 + 1, .until = DAY0 + 3600), "/+-1=1");
    CHECK_STR(GROUPS(.since = DAY0 + 60, .until = DAY0 + 3601), "/+-1=8");
    CHECK_STR(GROUPS(.since = DAY0 + 60, .ns = "demo"), "/+-1=1");
}

/* Days and hours are read one after the other. */
static void over_many_slices(wfp_test_t *t)
{
    fixture_t f;
    const apr_int64_t day = WFP_LEDGER_ROWS_DAY;
    int i;

    open_store(&f, t);
    for (i = 0; i < 4; i++) {
        put(&f, t, "demo", "x", DAY0 - i * day + i * 3600, 1 << i);
        put(&f, t, "shop", i & 1 ? "x" : "y", DAY0 - i * day, 16 << i);
    }
    CHECK_STR(GROUPS(.since = DAY0 - 9 * day), "/+-1=255");
    CHECK_STR(GROUPS(.since = DAY0 - 9 * day, .by_ns = 1, .by_script = 1),
              "demo/x+-1=15 shop/x+-1=160 shop/y+-1=80");
    CHECK_STR(GROUPS(.since = 0, .by_ns = 1, .limit = 1), "demo/+-1=15");
    CHECK_STR(GROUPS(.since = 0, .script = "x"), "/+-1=175");
    CHECK_STR(GROUPS(.since = 0, .ns = "demo", .script = "x", .span = day),
              "/+-259200=8 /+-172800=4 /+-86400=2 /+0=1");
    CHECK_STR(GROUPS(.since = DAY0 - 9 * day, .span = day, .limit = 3),
              "/+-259200=136 /+-172800=68 /+-86400=34");
    CHECK_STR(GROUPS(.since = DAY0 - 2 * day + 1, .span = 3600, .by_ns = 1),
              "demo/+-165600=4 shop/+-86400=32 demo/+-82800=2 demo/+0=1 "
              "shop/+0=16");
    CHECK_STR(GROUPS(.since = DAY0 - 2 * day, .until = DAY0 - day + 1,
                     .span = 60, .ns = "shop"),
              "/+-172800=64 /+-86400=32");
}

static void what_takes_too_long(wfp_test_t *t)
{
    fixture_t f;
    apr_array_header_t *list;
    wfp_ledger_groups_ask_t ask = { .until = DAY0 + 60,
                                    .limit = 1,
                                    .deadline = 1 };

    open_store(&f, t);
    OK(wfp_ledger_groups_list(&list, f.store, &ask, &f.res, t->pool));
    CHECK_INT(list->nelts, 0);
    put(&f, t, "demo", "x", DAY0, 5);
    REFUSED(wfp_ledger_groups_list(&list, f.store, &ask, &f.res, t->pool),
            WFP_INVALID);
    ask.deadline = wfp_clock_now() + apr_time_from_sec(600);
    OK(wfp_ledger_groups_list(&list, f.store, &ask, &f.res, t->pool));
    CHECK_INT(list->nelts, 1);
}

int main(void)
{
    static const wfp_test_case_t cases[] = {
        { "by all and by none", by_all_and_by_none },
        { "of some", of_some },
        { "over many slices", over_many_slices },
        { "what takes too long", what_takes_too_long },
        { NULL },
    };

    return wfp_test_run(cases);
}
