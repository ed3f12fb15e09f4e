/* SPDX-License-Identifier: Apache-2.0 */
/* Records that are kept: what is read, what goes, and whose. */
#include "store/log_records.h"

#include "core/log_kind.h"
#include "tests/unit/store_fixture.h"

#define T0 (APR_INT64_C(1700000000) * 1000000)

/* Everything is younger; nothing is too much. */
#define LONG_AGO 0
#define PLENTY   ((apr_int64_t)1 << 40)

/* A new Worker, or a new version of one. @return the version's id */
static const char *deploy(fixture_t *f_, wfp_test_t *t, const char *name)
{
    fixture_t f = *f_;
    wfp_put_t *put = make_put("demo", name, "return {}", t->pool);

    OK(wfp_scripts_put(f.store, put, &f.res, t->pool));
    return put->script->version_id;
}

static const char *id_of(fixture_t *f_, wfp_test_t *t, const char *name)
{
    fixture_t f = *f_;
    wfp_script_t *script;

    OK(wfp_scripts_get(&script, f.store, "demo", name, &f.res, t->pool));
    return script->id;
}

/* n records from a time on, a second apart, of so many bytes. */
static void keep(fixture_t *f_, wfp_test_t *t, const char *version,
                 apr_time_t time, int n, int size)
{
    fixture_t f = *f_;
    apr_array_header_t *list = apr_array_make(t->pool, n,
                                              sizeof(wfp_log_record_t));
    char *text = apr_pcalloc(t->pool, (apr_size_t)size + 1);
    int i;

    memset(text, 'x', (apr_size_t)size);
    for (i = 0; i < n; i++) {
        wfp_log_record_t *one = apr_array_push(list);

        one->version_id = version;
        one->time = time + i * APR_USEC_PER_SEC;
        one->id = apr_psprintf(t->pool, "%024x", i);
        one->kinds = wfp_log_kind_outcome(WFP_OUTCOME_OK);
        one->text = text;
    }
    OK(wfp_log_records_insert(f.store, list, &f.res, t->pool));
}

static apr_array_header_t *places(fixture_t *f_, wfp_test_t *t, const char *id,
                                  apr_time_t since,
                                  const wfp_log_place_t *before)
{
    fixture_t f = *f_;
    apr_array_header_t *list;

    OK(wfp_log_records_places(&list, f.store, id, since, before, &f.res,
                              t->pool));
    return list;
}

static int count(fixture_t *f, wfp_test_t *t, const char *id)
{
    return places(f, t, id, 0, NULL)->nelts;
}

static int prune(fixture_t *f_, wfp_test_t *t, apr_time_t before,
                 apr_int64_t bytes)
{
    fixture_t f = *f_;
    int done, sum = 0;

    do {
        OK(wfp_log_records_prune(&done, f.store, before, bytes, &f.res,
                                 t->pool));
        CHECK(done <= 500);
        sum += done;
    } while (done);
    return sum;
}

#define PLACE(list, i) (&APR_ARRAY_IDX(list, i, wfp_log_place_t))

static void newest_come_first(wfp_test_t *t)
{
    fixture_t f;
    const char *a, *text;
    apr_array_header_t *list;

    open_store(&f, t);
    a = deploy(&f, t, "a");
    keep(&f, t, a, T0, 600, 10);
    keep(&f, t, a, T0, 600, 10); /* again: nobody knew whether it was done */
    a = id_of(&f, t, "a");
    list = places(&f, t, a, 0, NULL);
    CHECK_INT(list->nelts, WFP_LOG_RECORDS_PAGE);
    CHECK_INT(PLACE(list, 0)->time, T0 + 599 * APR_USEC_PER_SEC);
    list = places(&f, t, a, 0, PLACE(list, list->nelts - 1));
    CHECK_INT(list->nelts, 100);
    CHECK_INT(PLACE(list, 0)->time, T0 + 99 * APR_USEC_PER_SEC);
    CHECK_INT(places(&f, t, a, T0 + 598 * APR_USEC_PER_SEC, NULL)->nelts, 2);
    OK(wfp_log_records_text(&text, f.store, a, PLACE(list, 0), &f.res,
                            t->pool));
    CHECK_STR(text, "xxxxxxxxxx");
    PLACE(list, 0)->time++;
    OK(wfp_log_records_text(&text, f.store, a, PLACE(list, 0), &f.res,
                            t->pool));
    CHECK(text == NULL);
}

static void they_are_the_workers_not_the_names(wfp_test_t *t)
{
    fixture_t f;
    const char *version;
    apr_int64_t stamp;

    open_store(&f, t);
    version = deploy(&f, t, "a");
    keep(&f, t, version, T0, 5, 10);
    OK(drop_script(&stamp, &f, "demo", "a", NULL));
    keep(&f, t, version, T0 + 1, 5, 10); /* one that was late */
    deploy(&f, t, "a");
    CHECK_INT(count(&f, t, id_of(&f, t, "a")), 0);
    keep(&f, t, deploy(&f, t, "a"), T0, 3, 10);
    CHECK_INT(prune(&f, t, LONG_AGO, PLENTY), 5);
    CHECK_INT(count(&f, t, id_of(&f, t, "a")), 3);
    CHECK_INT(prune(&f, t, LONG_AGO, PLENTY), 0);
}

static void those_of_a_namespace_go_with_it(wfp_test_t *t)
{
    fixture_t f;
    apr_int64_t stamp;

    open_store(&f, t);
    keep(&f, t, deploy(&f, t, "a"), T0, 700, 10);
    keep(&f, t, deploy(&f, t, "b"), T0, 2, 10);
    OK(wfp_namespaces_delete(&stamp, f.store, "demo", NULL, &me, &f.res,
                             t->pool));
    CHECK_INT(prune(&f, t, LONG_AGO, PLENTY), 702);
}

static void old_ones_go(wfp_test_t *t)
{
    fixture_t f;

    open_store(&f, t);
    keep(&f, t, deploy(&f, t, "a"), T0, 1200, 10);
    keep(&f, t, deploy(&f, t, "b"), T0, 20, 10);
    CHECK_INT(prune(&f, t, T0 + 10 * APR_USEC_PER_SEC, PLENTY), 20);
    CHECK_INT(count(&f, t, id_of(&f, t, "b")), 10);
    CHECK_INT(prune(&f, t, T0 + 1190 * APR_USEC_PER_SEC, PLENTY), 1190);
    CHECK_INT(count(&f, t, id_of(&f, t, "a")), 10);
    CHECK_INT(count(&f, t, id_of(&f, t, "b")), 0);
}

/* Who has most loses the oldest, until it is not too much. */
static void one_that_logs_much_takes_nothing_from_others(wfp_test_t *t)
{
    fixture_t f;
    apr_array_header_t *list;

    open_store(&f, t);
    keep(&f, t, deploy(&f, t, "quiet"), T0, 10, 1000);
    keep(&f, t, deploy(&f, t, "loud"), T0 + 1, 300, 1000);
    CHECK_INT(prune(&f, t, LONG_AGO, 400 * 1000), 0);
    prune(&f, t, LONG_AGO, 100 * 1000);
    CHECK_INT(count(&f, t, id_of(&f, t, "quiet")), 10);
    list = places(&f, t, id_of(&f, t, "loud"), 0, NULL);
    CHECK(list->nelts > 70 && list->nelts < 90);
    CHECK_INT(PLACE(list, 0)->time, T0 + 1 + 299 * APR_USEC_PER_SEC);
    /* with next to no room all go, and the sums with them */
    prune(&f, t, LONG_AGO, 1);
    CHECK_INT(count(&f, t, id_of(&f, t, "quiet")), 0);
    CHECK_INT(count(&f, t, id_of(&f, t, "loud")), 0);
    CHECK_INT(prune(&f, t, LONG_AGO, 0), 0);
}

static const wfp_test_case_t cases[] = {
    { "newest come first", newest_come_first },
    { "they are the Worker's, not the name's",
      they_are_the_workers_not_the_names },
    { "those of a namespace go with it", those_of_a_namespace_go_with_it },
    { "old ones go", old_ones_go },
    { "one that logs much takes nothing from others",
      one_that_logs_much_takes_nothing_from_others },
    { NULL, NULL },
};

int main(void)
{
    return wfp_test_run(cases);
}
