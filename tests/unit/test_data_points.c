/* SPDX-License-Identifier: Apache-2.0 */
/* Data points in the store: which of them go, and in what portions; and that
 * their number is known without counting them. */
#include <apr_thread_proc.h>

#include "store/data_points.h"
#include "store/tx.h"
#include "tests/unit/store_fixture.h"

/* n points of a dataset, one a microsecond from first on. */
static void insert(fixture_t *fixture, wfp_test_t *t, const char *dataset,
                   apr_time_t first, int n)
{
    fixture_t f = *fixture;
    wfp_data_point_t *points = apr_pcalloc(t->pool,
                                           sizeof(*points) * (apr_size_t)n);
    int i;

    for (i = 0; i < n; i++) {
        points[i].id = apr_psprintf(t->pool, "%s%08d", dataset, i);
        points[i].dataset = dataset;
        points[i].time = first + i;
        points[i].ns = "ns";
        points[i].worker = "w";
        points[i].point = "[\"\",[],[]]";
    }
    OK(wfp_data_points_insert(f.store, points, n, &f.res, t->pool));
}

static void check_dataset(fixture_t *fixture, wfp_test_t *t, int at,
                          apr_int64_t count, apr_time_t first)
{
    fixture_t f = *fixture;
    apr_array_header_t *list;

    OK(wfp_data_points_datasets(&list, f.store, NULL, &f.res, t->pool));
    CHECK(list->nelts > at);
    CHECK_INT(APR_ARRAY_IDX(list, at, wfp_dataset_t).points, count);
    CHECK_INT(APR_ARRAY_IDX(list, at, wfp_dataset_t).first, first);
}

static void old_ones_and_surplus_go(wfp_test_t *t)
{
    apr_time_t now = WFP_DATA_POINTS_AGE + 5000;
    fixture_t f;
    int more;

    open_store(&f, t);
    insert(&f, t, "a", 4000, 1300); /* 300 are younger than the age */
    insert(&f, t, "b", 9000, 100);
    insert(&f, t, "c", 9000, 900);
    OK(wfp_data_points_prune(&more, f.store, 100, now, &f.res, t->pool));
    CHECK(!more);
    check_dataset(&f, t, 0, 100, 5200);
    check_dataset(&f, t, 1, 100, 9000);
    check_dataset(&f, t, 2, 100, 9800);
}

/* The store's other writers come in between. */
static void many_go_in_portions(wfp_test_t *t)
{
    fixture_t f;
    int more, calls = 0;

    open_store(&f, t);
    insert(&f, t, "a", 1000, 21000);
    do {
        OK(wfp_data_points_prune(&more, f.store, 100, 2000, &f.res, t->pool));
        calls++;
    } while (more);
    CHECK_INT(calls, 2);
    check_dataset(&f, t, 0, 100, 21900);
}

/* ---- the table of datasets ---------------------------------------------------- */

#define COUNTED                                                                \
    "SELECT ns, dataset, count(*) AS points FROM data_points "                 \
    "GROUP BY ns, dataset"
#define KEPT "SELECT ns, dataset, points FROM datasets"

static apr_status_t count_wrong(wfp_dbd_t *db, void *baton)
{
    static const wfp_sql_t wrong = { "datasets_wrong",
                                     "SELECT (SELECT count(*) FROM (" COUNTED
                                     " EXCEPT " KEPT ") a) "
                                     "+ (SELECT count(*) FROM (" KEPT
                                     " EXCEPT " COUNTED ") b)" };
    const char **row;
    apr_status_t rv = wfp_dbd_row(&row, db, &wrong, 1, NULL);

    *(apr_int64_t *)baton = rv == APR_SUCCESS ? wfp_dbd_int(row[0]) : -1;
    return rv;
}

/* Rows that the table has and should not, or the other way round. */
static apr_int64_t wrong(fixture_t *fixture, wfp_test_t *t)
{
    fixture_t f = *fixture;
    apr_int64_t n;

    OK(wfp_dbd_run(f.store, WFP_DBD_PLAIN, count_wrong, &n, &f.res, t->pool));
    return n;
}

static const char *const spaces[] = { "a", "b", "b (deleted)", "c" };
static const char *const sets[] = { "x", "y", "z" };

/* Points whose ids are those of number and the ones behind it: some may be there
 * already. */
static apr_status_t insert_some(wfp_store_t *store, int number, int n,
                                wfp_result_t *res, apr_pool_t *p)
{
    wfp_data_point_t *points = apr_pcalloc(p, sizeof(*points) * (apr_size_t)n);
    int i;

    for (i = 0; i < n; i++) {
        int id = number + i;

        points[i].id = apr_psprintf(p, "%08d", id);
        points[i].dataset = sets[id % 3];
        points[i].time = 1 + id % 1000;
        points[i].ns = spaces[id / 3 % 2];
        points[i].worker = "w";
        points[i].point = "[\"\",[],[]]";
    }
    return wfp_data_points_insert(store, points, n, res, p);
}

static apr_status_t rename_it(wfp_dbd_t *db, void *baton)
{
    const char *const *names = baton;

    return names[1] ? wfp_data_points_rename(db, names[0], names[1])
                    : wfp_data_points_orphan(db, names[0]);
}

static void rename_points(fixture_t *fixture, wfp_test_t *t, const char *from,
                          const char *to)
{
    const char *names[2] = { from, to };
    fixture_t f = *fixture;

    OK(wfp_dbd_run(f.store, WFP_DBD_WRITE, rename_it, names, &f.res, t->pool));
    CHECK_INT(wrong(&f, t), 0);
}

static void the_table_is_what_there_is(wfp_test_t *t)
{
    apr_uint32_t seed = 7;
    fixture_t f;
    int i, more;

    open_store(&f, t);
    for (i = 0; i < 60; i++) {
        seed = seed * 1664525 + 1013904223;
        OK(insert_some(f.store, (int)(seed >> 8) % 700, 1 + i % 64, &f.res,
                       t->pool));
        CHECK_INT(wrong(&f, t), 0);
        if (i % 5 == 0) {
            rename_points(&f, t, spaces[i % 4], spaces[(i + 1) % 4]);
        }
        if (i % 7 == 0) {
            rename_points(&f, t, "b", NULL);
        }
        if (i % 4 == 0) {
            OK(wfp_data_points_prune(&more, f.store, 20 + i,
                                     WFP_DATA_POINTS_AGE + i * 4, &f.res,
                                     t->pool));
            CHECK_INT(wrong(&f, t), 0);
        }
    }
    OK(wfp_data_points_prune(&more, f.store, 1, WFP_DATA_POINTS_AGE + 5000,
                             &f.res, t->pool));
    CHECK_INT(wrong(&f, t), 0);
}

/* More than a statement takes. */
static void many_points_follow_their_namespace(wfp_test_t *t)
{
    apr_array_header_t *list;
    fixture_t f;

    open_store(&f, t);
    insert(&f, t, "x", 1, 40000);
    rename_points(&f, t, "ns", "to");
    OK(wfp_data_points_datasets(&list, f.store, "ns", &f.res, t->pool));
    CHECK_INT(list->nelts, 0);
    OK(wfp_data_points_datasets(&list, f.store, "to", &f.res, t->pool));
    CHECK_INT(APR_ARRAY_IDX(list, 0, wfp_dataset_t).points, 40000);
}

static void a_list_is_of_one_namespace_or_all(wfp_test_t *t)
{
    apr_array_header_t *list;
    const wfp_dataset_t *one;
    fixture_t f;

    open_store(&f, t);
    OK(insert_some(f.store, 0, 600, &f.res, t->pool));
    OK(wfp_data_points_datasets(&list, f.store, NULL, &f.res, t->pool));
    CHECK_INT(list->nelts, 3);
    one = &APR_ARRAY_IDX(list, 1, wfp_dataset_t);
    CHECK_STR(one->name, "y");
    CHECK_INT(one->points, 200);
    CHECK_INT(one->first, 2);
    CHECK_INT(one->last, 599);
    OK(wfp_data_points_datasets(&list, f.store, "b", &f.res, t->pool));
    CHECK_INT(list->nelts, 3);
    one = &APR_ARRAY_IDX(list, 1, wfp_dataset_t);
    CHECK_INT(one->points, 100);
    CHECK_INT(one->first, 5);
    CHECK_INT(one->last, 599);
    OK(wfp_data_points_datasets(&list, f.store, "nobody", &f.res, t->pool));
    CHECK_INT(list->nelts, 0);
}

/* Two hosts, with points of the same datasets in other orders. */
typedef struct writer_t {
    fixture_t f;
    int number;
    apr_status_t rv;
} writer_t;

static void *APR_THREAD_FUNC write_many(apr_thread_t *thread, void *data)
{
    writer_t *w = data;
    apr_pool_t *p;
    int i, more;

    (void)thread;
    apr_pool_create(&p, NULL);
    for (i = 0; w->rv == APR_SUCCESS && i < 40; i++) {
        apr_pool_clear(p);
        wfp_result_init(&w->f.res, p);
        w->rv = insert_some(w->f.store, w->number + i * 50, 40 + w->number % 7,
                            &w->f.res, p);
        if (w->rv == APR_SUCCESS && i % 8 == 7) {
            w->rv = wfp_data_points_prune(&more, w->f.store, 30,
                                          WFP_DATA_POINTS_AGE + 1, &w->f.res,
                                          p);
        }
    }
    apr_pool_destroy(p);
    return NULL;
}

static void two_hosts_write_at_the_same_time(wfp_test_t *t)
{
    writer_t writers[2] = { { .number = 1000000 }, { .number = 2000002 } };
    apr_thread_t *threads[2];
    apr_status_t rv;
    fixture_t f;
    int i;

    open_store(&f, t);
    for (i = 0; i < 2; i++) {
        writers[i].f = f;
        open_again(&writers[i].f, t);
    }
    for (i = 0; i < 2; i++) {
        CHECK_INT(apr_thread_create(&threads[i], NULL, write_many, &writers[i],
                                    t->pool),
                  APR_SUCCESS);
    }
    for (i = 0; i < 2; i++) {
        CHECK_INT(apr_thread_join(&rv, threads[i]), APR_SUCCESS);
    }
    CHECK_INT(writers[0].rv, APR_SUCCESS);
    CHECK_INT(writers[1].rv, APR_SUCCESS);
    CHECK_INT(wrong(&f, t), 0);
}

/* ---- the upgrade ------------------------------------------------------------------ */

#define BEFORE 19 /* the schema that had no such table */

static void an_upgrade_counts_what_is_there(wfp_test_t *t)
{
    fixture_t f;
    apr_array_header_t *schema;
    int n;

    open_bare(&f, t);
    OK(wfp_store_read_schema(&schema, f.driver, f.schema, &f.res, t->pool));
    schema->nelts = BEFORE;
    CHECK(wfp_store_migrate(&n, f.store, schema, &f.res, t->pool)
          == APR_EINCOMPLETE);
    wfp_result_init(&f.res, t->pool);
    OK(insert_some(f.store, 0, 500, &f.res, t->pool));
    OK(migrate(&n, &f, t->pool));
    CHECK_INT(wrong(&f, t), 0);
    check_dataset(&f, t, 0, 167, 1);
}

static const wfp_test_case_t cases[] = {
    { "old ones and surplus go", old_ones_and_surplus_go },
    { "many go in portions", many_go_in_portions },
    { "the table is what there is", the_table_is_what_there_is },
    { "many points follow their namespace",
      many_points_follow_their_namespace },
    { "a list is of one namespace or all", a_list_is_of_one_namespace_or_all },
    { "two hosts write at the same time", two_hosts_write_at_the_same_time },
    { "an upgrade counts what is there", an_upgrade_counts_what_is_there },
    { NULL, NULL },
};

int main(void)
{
    return wfp_test_run(cases);
}
