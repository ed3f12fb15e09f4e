/* SPDX-License-Identifier: Apache-2.0 */
#include "core/log_kind.h"

#include "tests/unit/wfp_test.h"

static void names_to_bits(wfp_test_t *t)
{
    apr_int64_t kinds;

    CHECK(wfp_log_kind_read_outcomes(&kinds, "ok"));
    CHECK_INT(kinds, wfp_log_kind_outcome(WFP_OUTCOME_OK));
    CHECK(wfp_log_kind_read_outcomes(&kinds, "exceededCpu,canceled"));
    CHECK_INT(kinds, wfp_log_kind_outcome(WFP_OUTCOME_EXCEEDED_CPU)
                         | wfp_log_kind_outcome(WFP_OUTCOME_CANCELED));
    CHECK(wfp_log_kind_read_levels(&kinds, "error,debug"));
    CHECK_INT(kinds, wfp_log_kind_level(0) | wfp_log_kind_level(4));
}

static void no_names(wfp_test_t *t)
{
    static const char *const bad[] = {
        "", ",", "ok,", ",ok", "OK", "o", "okay", "ok;exception", "ok exception"
    };
    apr_int64_t kinds;
    apr_size_t i;

    for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        CHECK(!wfp_log_kind_read_outcomes(&kinds, bad[i]));
    }
    CHECK(!wfp_log_kind_read_levels(&kinds, "ok"));
}

/* The numbers are in stores. */
static void numbers_stay(wfp_test_t *t)
{
    CHECK_INT(wfp_log_kind_outcome(WFP_OUTCOME_OK), 1);
    CHECK_INT(wfp_log_kind_outcome(WFP_OUTCOME_INTERNAL), 256);
    CHECK_INT(wfp_log_kind_level(0), (apr_int64_t)1 << 32);
}

static const wfp_test_case_t cases[] = {
    { "names to bits", names_to_bits },
    { "no names", no_names },
    { "numbers stay", numbers_stay },
    { NULL, NULL },
};

int main(void)
{
    return wfp_test_run(cases);
}
