/* SPDX-License-Identifier: Apache-2.0 */
/* Data points in the store: which of them go, and in what portions. */
#include "store/data_points.h"
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

static const wfp_test_case_t cases[] = {
    { "old ones and surplus go", old_ones_and_surplus_go },
    { "many go in portions", many_go_in_portions },
    { NULL, NULL },
};

int main(void)
{
    return wfp_test_run(cases);
}
