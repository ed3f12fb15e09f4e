/* SPDX-License-Identifier: Apache-2.0 */
#include "core/cdn_loop.h"
#include "tests/unit/wfp_test.h"

static void marks_are_counted(wfp_test_t *t)
{
    CHECK_INT(wfp_cdn_loop_count(NULL), 0);
    CHECK_INT(wfp_cdn_loop_count(""), 0);
    CHECK_INT(wfp_cdn_loop_count(" , ,"), 0);
    CHECK_INT(wfp_cdn_loop_count("other, mod-wfpx, x-mod-wfp, mod"), 0);
    CHECK_INT(wfp_cdn_loop_count("mod-wfp"), 1);
    CHECK_INT(wfp_cdn_loop_count("a, MOD-WFP ;x=\"1\",mod-wfp;y , b"), 2);
    CHECK_INT(wfp_cdn_loop_count("a; b=mod-wfp"), 0);
}

static void marks_are_added(wfp_test_t *t)
{
    const char *value = NULL;
    int i;

    for (i = 1; i <= 20; i++) {
        value = wfp_cdn_loop_add(value, t->pool);
        CHECK_INT(wfp_cdn_loop_count(value), i);
    }
    CHECK_STR(wfp_cdn_loop_add("other", t->pool), "other, mod-wfp");
    CHECK_STR(wfp_cdn_loop_add("", t->pool), "mod-wfp");
}

static const wfp_test_case_t cases[] = {
    { "marks are counted", marks_are_counted },
    { "marks are added", marks_are_added },
    { NULL, NULL },
};

int main(void)
{
    return wfp_test_run(cases);
}
