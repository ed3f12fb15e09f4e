/* SPDX-License-Identifier: Apache-2.0 */
#include "core/limits.h"
#include "tests/unit/wfp_test.h"

static void table_is_consistent(wfp_test_t *t)
{
    int i;

    for (i = 0; i < WFP_LIMIT_COUNT; i++) {
        const wfp_limit_row_t *row = wfp_limit_row((wfp_limit_e)i);

        CHECK_INT(wfp_limit_by_name(row->name), i);
        if (row->camel) {
            CHECK_INT(wfp_limit_by_camel(row->camel), i);
        }
        CHECK(row->standard >= row->floor);
        CHECK(row->ceiling == 0 || row->standard <= row->ceiling);
    }
    CHECK_INT(wfp_limit_by_name("cpuMs"), WFP_LIMIT_COUNT);
    CHECK_INT(wfp_limit_by_camel("connections"), WFP_LIMIT_COUNT);
}

static void check_names_limit_and_range(wfp_test_t *t)
{
    wfp_limit_policy_t policy;
    wfp_result_t res;

    wfp_limit_policy_clear(&policy);
    wfp_result_init(&res, t->pool);
    CHECK_INT(wfp_limit_check(&policy, WFP_LIMIT_CPU_MS, 30000, &res), 0);
    CHECK_INT(wfp_limit_check(&policy, WFP_LIMIT_CPU_MS, 30001, &res),
              APR_EINVAL);
    CHECK_STR(res.message, "limit cpu_ms: 30001 is not in 1 to 30000");
    CHECK_INT(wfp_limit_check(&policy, WFP_LIMIT_INSTRUCTIONS, 999, &res),
              APR_EINVAL);
    CHECK_STR(res.message, "limit instructions: 999 is not at least 1000");
    CHECK_INT(wfp_limit_check(&policy, WFP_LIMIT_INSTRUCTIONS,
                              APR_INT64_C(1) << 60, &res),
              0);
    policy.ceiling.v[WFP_LIMIT_RESPONSE_MB] = 10;
    CHECK_INT(wfp_limit_check(&policy, WFP_LIMIT_RESPONSE_MB, 0, &res),
              APR_EINVAL);
}

static void least_given_wins(wfp_test_t *t)
{
    wfp_limit_policy_t policy;
    wfp_limits_t a, b, out;
    const wfp_limits_t *sources[3] = { &a, NULL, &b };

    wfp_limit_policy_clear(&policy);
    wfp_limits_clear(&a);
    wfp_limits_clear(&b);
    wfp_limits_merge(&out, &policy, sources, 3);
    CHECK_INT(out.v[WFP_LIMIT_CPU_MS], 50);
    a.v[WFP_LIMIT_CPU_MS] = 900;
    b.v[WFP_LIMIT_CPU_MS] = 200;
    wfp_limits_merge(&out, &policy, sources, 3);
    CHECK_INT(out.v[WFP_LIMIT_CPU_MS], 200);
    policy.ceiling.v[WFP_LIMIT_CPU_MS] = 100;
    wfp_limits_merge(&out, &policy, sources, 3);
    CHECK_INT(out.v[WFP_LIMIT_CPU_MS], 100);
}

static void zero_response_is_no_limit(wfp_test_t *t)
{
    wfp_limit_policy_t policy;
    wfp_limits_t a, b, out;
    const wfp_limits_t *sources[2] = { &a, &b };

    wfp_limit_policy_clear(&policy);
    wfp_limits_clear(&a);
    wfp_limits_clear(&b);
    a.v[WFP_LIMIT_RESPONSE_MB] = 0;
    b.v[WFP_LIMIT_RESPONSE_MB] = 7;
    wfp_limits_merge(&out, &policy, sources, 2);
    CHECK_INT(out.v[WFP_LIMIT_RESPONSE_MB], 7);
    policy.ceiling.v[WFP_LIMIT_RESPONSE_MB] = 3;
    wfp_limits_merge(&out, &policy, sources, 1);
    CHECK_INT(out.v[WFP_LIMIT_RESPONSE_MB], 3);
}

static void within_is_given_and_no_higher(wfp_test_t *t)
{
    wfp_limits_t was, is;

    wfp_limits_clear(&was);
    wfp_limits_clear(&is);
    CHECK(wfp_limits_are_within(&is, &was));
    is.v[WFP_LIMIT_CPU_MS] = 30000;
    CHECK(wfp_limits_are_within(&is, &was));
    CHECK(!wfp_limits_are_within(&was, &is));
    was.v[WFP_LIMIT_CPU_MS] = 29999;
    CHECK(!wfp_limits_are_within(&is, &was));
    is.v[WFP_LIMIT_CPU_MS] = 29999;
    CHECK(wfp_limits_are_within(&is, &was));
    /* no limit is more than any */
    was.v[WFP_LIMIT_RESPONSE_MB] = 7;
    is.v[WFP_LIMIT_RESPONSE_MB] = 0;
    CHECK(!wfp_limits_are_within(&is, &was));
    CHECK(wfp_limits_are_within(&was, &is));
}

static const wfp_test_case_t cases[] = {
    { "table is consistent", table_is_consistent },
    { "a refused value names limit and range", check_names_limit_and_range },
    { "the least of those given wins", least_given_wins },
    { "response_mb 0 is no limit", zero_response_is_no_limit },
    { "limits are within others", within_is_given_and_no_higher },
    { NULL, NULL },
};

int main(void)
{
    return wfp_test_run(cases);
}
