/* SPDX-License-Identifier: Apache-2.0 */
#include "core/name.h"
#include "core/result.h"
#include "tests/unit/wfp_test.h"

static int valid(const char *s)
{
    return wfp_name_is_valid(s, strlen(s));
}

static void worker_names(wfp_test_t *t)
{
    char longest[WFP_NAME_MAX + 2];

    CHECK(valid("a") && valid("Customer-A_1") && valid("-"));
    CHECK(!valid("") && !valid("a.b") && !valid("a/b") && !valid("a b"));
    CHECK(!valid("\xc3\xa4") && !wfp_name_is_valid("a\0b", 3));
    memset(longest, 'x', sizeof(longest));
    CHECK(wfp_name_is_valid(longest, WFP_NAME_MAX));
    CHECK(!wfp_name_is_valid(longest, WFP_NAME_MAX + 1));
}

static int module(const char *s)
{
    return wfp_name_is_module(s, strlen(s));
}

static void module_paths(wfp_test_t *t)
{
    CHECK(module("worker.lua") && module("lib/a b/util.lua"));
    CHECK(module("...") && module("a..b"));
    CHECK(!module("") && !module("/a") && !module("a/") && !module("a//b"));
    CHECK(!module("..") && !module("a/../b") && !module("./a"));
    CHECK(!module("a\\b") && !module("a\nb") && !module("a\x7f"));
    CHECK(!wfp_name_is_module("a\0b", 3));
}

static void binding_names(wfp_test_t *t)
{
    CHECK(wfp_name_is_binding("API_KEY", 7) && wfp_name_is_binding("_x", 2));
    CHECK(!wfp_name_is_binding("1a", 2) && !wfp_name_is_binding("a-b", 3));
    CHECK(!wfp_name_is_binding("", 0));
}

static void codes_are_complete(wfp_test_t *t)
{
    int i;

    for (i = 0; i < WFP_CODE_COUNT; i++) {
        const wfp_code_row_t *row = wfp_code_row((wfp_code_e)i);

        CHECK(row->code && row->name && row->message);
        CHECK_INT(wfp_code_by_name(row->code), i);
        CHECK(row->http_status >= 200 && row->http_status < 600);
    }
    CHECK_INT(wfp_code_by_name("nonsense"), WFP_CODE_COUNT);
    CHECK_STR(wfp_code_row((wfp_code_e)999)->code, "internal_error");
}

static void result_says_why(wfp_test_t *t)
{
    wfp_result_t res, copy;

    wfp_result_init(&res, t->pool);
    CHECK_INT(wfp_result_set(&res, WFP_CPU_LIMIT, APR_SUCCESS, NULL),
              APR_EGENERAL);
    CHECK_STR(res.message, "CPU time limit exceeded");
    CHECK_STR(res.name, "LimitError");
    CHECK_INT(wfp_result_set(&res, WFP_NOT_FOUND, APR_ENOENT, "no %s", "x"),
              APR_ENOENT);
    CHECK_STR(res.message, "no x");
    wfp_result_init(&copy, t->pool);
    wfp_result_copy(&copy, &res);
    CHECK(copy.message != res.message);
    CHECK_STR(copy.message, "no x");
    CHECK_INT(wfp_result_set(NULL, WFP_INTERNAL, APR_EINVAL, "x"), APR_EINVAL);
}

static const wfp_test_case_t cases[] = {
    { "worker names", worker_names },
    { "module paths", module_paths },
    { "binding names", binding_names },
    { "every code has its row", codes_are_complete },
    { "a result says why", result_says_why },
    { NULL, NULL },
};

int main(void)
{
    return wfp_test_run(cases);
}
