/* SPDX-License-Identifier: Apache-2.0 */
/* Data points: as text, and on their way in shared memory. */
#include "services/points.h"

#include <apr_strings.h>

#include "core/point.h"
#include "tests/unit/wfp_test.h"

static void a_point_is_text(wfp_test_t *t)
{
    wfp_point_t point = { .index = "a\n\"", .blobs = 2, .doubles = 2 }, got;
    const char *text;

    point.blob[0] = "";
    point.blob[1] = "é";
    point.number[0] = 1.5;
    point.number[1] = -1e300;
    text = wfp_point_write(&point, t->pool);
    CHECK(strchr(text, '\n') == NULL);
    CHECK(wfp_point_read(&got, text, t->pool));
    CHECK_STR(got.index, "a\n\"");
    CHECK_INT(got.blobs, 2);
    CHECK_STR(got.blob[1], "é");
    CHECK_INT(got.doubles, 2);
    CHECK(got.number[0] > 1.4 && got.number[0] < 1.6);
    CHECK(got.number[1] < -1e299);
    CHECK(!wfp_point_read(&got, "[1]", t->pool));
    CHECK(!wfp_point_read(&got, "[\"\",[1],[]]", t->pool));
    CHECK(!wfp_point_read(&got, "[\"\",[],[\"x\"]]", t->pool));
    CHECK(!wfp_point_read(&got, "", t->pool));
}

static void datasets_have_names(wfp_test_t *t)
{
    CHECK(wfp_point_is_dataset("my_data-1"));
    CHECK(!wfp_point_is_dataset(""));
    CHECK(!wfp_point_is_dataset("a b"));
    CHECK(!wfp_point_is_dataset("a\n"));
}

/* One Worker fills its share; another one still finds room. */
static void one_has_a_share(wfp_test_t *t)
{
    wfp_data_point_t point = { "i", "d", 1, "ns", "w", NULL };
    wfp_points_stats_t stats;
    wfp_points_t *points;
    char *blob = apr_palloc(t->pool, 16001);
    int i, ok = 0;

    memset(blob, 'x', 16000);
    blob[16000] = '\0';
    point.point = blob;
    CHECK_INT(wfp_points_create(&points, NULL, t->pool), APR_SUCCESS);
    for (i = 0; i < 1000; i++) {
        ok += wfp_points_put(points, "hostile", &point, t->pool);
    }
    CHECK(ok > 40 && ok < 70);
    CHECK(wfp_points_put(points, "honest", &point, t->pool));
    wfp_points_stats(&stats, points);
    CHECK_INT(stats.put, ok + 1);
    CHECK_INT(stats.dropped, 1000 - ok);
}

static const wfp_test_case_t cases[] = {
    { "a point is text", a_point_is_text },
    { "datasets have names", datasets_have_names },
    { "one Worker has a share", one_has_a_share },
    { NULL, NULL },
};

int main(void)
{
    return wfp_test_run(cases);
}
