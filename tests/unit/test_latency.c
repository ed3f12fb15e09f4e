/* SPDX-License-Identifier: Apache-2.0 */
/* How long the store took. */
#include "core/latency.h"

#include "tests/unit/wfp_test.h"

static void each_kind_has_its_histogram(wfp_test_t *t)
{
    wfp_latency_t *latency = NULL;
    wfp_latency_row_t row;
    int i;

    CHECK_INT(wfp_latency_create(&latency, NULL, t->pool), APR_SUCCESS);
    CHECK(wfp_latency_is_up(latency, WFP_LATENCY_READ));
    CHECK(wfp_latency_is_up(latency, WFP_LATENCY_WRITE));
    wfp_latency_count(latency, WFP_LATENCY_READ, 100, 0);
    wfp_latency_count(latency, WFP_LATENCY_READ, 101, 0);
    wfp_latency_count(latency, WFP_LATENCY_READ, 3600000000, 1);
    CHECK(!wfp_latency_is_up(latency, WFP_LATENCY_READ));
    wfp_latency_count(latency, WFP_LATENCY_WRITE, 0, 0);
    CHECK(!wfp_latency_is_up(latency, WFP_LATENCY_READ));
    CHECK(wfp_latency_is_up(latency, WFP_LATENCY_WRITE));
    wfp_latency_read(&row, latency, WFP_LATENCY_READ);
    CHECK_INT(row.steps[0], 1);
    CHECK_INT(row.steps[1], 1);
    CHECK_INT(row.steps[WFP_LATENCY_STEPS - 1], 1);
    CHECK_INT(row.sum_us, 3600000201);
    CHECK_INT(row.failed, 1);
    wfp_latency_read(&row, latency, WFP_LATENCY_WRITE);
    CHECK_INT(row.steps[0], 1);
    CHECK_INT(row.failed, 0);
    for (i = 1; i < WFP_LATENCY_STEPS - 1; i++) {
        CHECK(wfp_latency_bounds()[i] > wfp_latency_bounds()[i - 1]);
    }
    CHECK_INT(wfp_latency_bounds()[WFP_LATENCY_STEPS - 1], 0);
    CHECK_STR(wfp_latency_name(WFP_LATENCY_READ), "read");
    CHECK_STR(wfp_latency_name(WFP_LATENCY_WRITE), "write");
}

static const wfp_test_case_t cases[] = {
    { "each kind has its histogram", each_kind_has_its_histogram },
    { NULL, NULL },
};

int main(void)
{
    return wfp_test_run(cases);
}
