/* SPDX-License-Identifier: Apache-2.0 */
#include "admin/query.h"
#include "tests/unit/wfp_test.h"

#include <apr_strings.h>

/* The pairs of a query as "name=value;"; "!RAW;" where one is badly encoded. */
static const char *pairs_of(wfp_test_t *t, const char *at)
{
    const char *out = "";
    wfp_query_pair_t pair;

    while (wfp_query_next(&pair, &at, t->pool)) {
        out = pair.name ? apr_pstrcat(t->pool, out, pair.name, "=", pair.value,
                                      ";", NULL)
                        : apr_psprintf(t->pool, "%s!%.*s;", out,
                                       (int)pair.raw_size, pair.raw);
    }
    CHECK_STR(at + strspn(at, "&"), "");
    return out;
}

static void pairs_one_by_one(wfp_test_t *t)
{
    static const char *const rows[][2] = {
        { "", "" },
        { "a", "a=;" },
        { "a=", "a=;" },
        { "=b", "=b;" },
        { "=", "=;" },
        { "a=b", "a=b;" },
        { "a=b=c", "a=b=c;" },
        { "a=b&c=d", "a=b;c=d;" },
        { "a&b", "a=;b=;" },
        { "&&a=b&&&c&", "a=b;c=;" },
        { "&", "" },
        { "a=b&a=c", "a=b;a=c;" },
    };
    apr_size_t i;

    for (i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
        CHECK_STR(pairs_of(t, rows[i][0]), rows[i][1]);
    }
}

static void encoded_ones(wfp_test_t *t)
{
    static const char *const rows[][2] = {
        { "a+b=c+d", "a b=c d;" },
        { "a%2Bb=%26%3d", "a+b=&=;" },
        { "%c3%a4=%C3%B6", "\xc3\xa4=\xc3\xb6;" },
        { "a=%", "!a;" },
        { "a=%4", "!a;" },
        { "a=%4&1=b", "!a;1=b;" },
        { "a%zz=b", "!a%zz;" },
        { "a=%00", "!a;" },
        { "a=%ff&b=c", "!a;b=c;" },
    };
    apr_size_t i;

    for (i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
        CHECK_STR(pairs_of(t, rows[i][0]), rows[i][1]);
    }
}

static void whole_numbers(wfp_test_t *t)
{
    static const char *const none[] = {
        "",    " 1",  "1 ",  "+1", "-1",
        "1.0", "0x1", "1e3", "a",  "1000000000000000000",
    };
    apr_size_t i;

    CHECK_INT(wfp_query_number("0"), 0);
    CHECK_INT(wfp_query_number("007"), 7);
    CHECK_INT(wfp_query_number("999999999999999999"), 999999999999999999);
    for (i = 0; i < sizeof(none) / sizeof(*none); i++) {
        CHECK_INT(wfp_query_number(none[i]), -1);
    }
}

static const wfp_test_case_t cases[] = {
    { "pairs_one_by_one", pairs_one_by_one },
    { "encoded_ones", encoded_ones },
    { "whole_numbers", whole_numbers },
    { NULL, NULL },
};

int main(void)
{
    return wfp_test_run(cases);
}
