/* SPDX-License-Identifier: Apache-2.0 */
/* Etags: what makes another one, lists as headers have them, what may be changed. */
#include "core/etag.h"

#include <string.h>

#include "core/kv.h"
#include "tests/unit/wfp_test.h"

static void parts(wfp_test_t *t)
{
    const char *const one[] = { "ab", "c" };
    const char *const two[] = { "a", "bc" };
    const char *const three[] = { "ab", "c", NULL };
    const char *a = wfp_etag_of_texts(one, 2, t->pool);

    CHECK_INT(strlen(a), 32);
    CHECK_INT(strspn(a, "0123456789abcdef"), 32);
    CHECK_STR(wfp_etag_of_texts(one, 2, t->pool), a);
    CHECK(strcmp(wfp_etag_of_texts(two, 2, t->pool), a));
    CHECK(strcmp(wfp_etag_of_texts(three, 3, t->pool), a));
    CHECK_INT(strlen(wfp_etag_of_texts(one, 0, t->pool)), 32);
}

static void lists(wfp_test_t *t)
{
    static const char *const has[] = {
        "\"e1\"",        "e1",           "W/\"e1\"",      "*",
        "\"a\", \"e1\"", "\"a\",\"e1\"", "\"e1\" ,\"b\"", "\"e1-gzip\"",
        "W/\"e1-br\"",   "a, *",         ",,\"e1\"",
    };
    static const char *const has_not[] = {
        "",   "\"",  "\"\"",  "\"e\"",     "\"e11\"", "e1\"",   "\"e1", "\"*\"",
        "W/", "W/*", "-gzip", "\"-gzip\"", ",",       "\"E1\"", "**",
    };
    apr_size_t i;

    for (i = 0; i < sizeof(has) / sizeof(*has); i++) {
        CHECK_INT(wfp_etag_is_listed(has[i], "e1"), 1);
    }
    for (i = 0; i < sizeof(has_not) / sizeof(*has_not); i++) {
        CHECK_INT(wfp_etag_is_listed(has_not[i], "e1"), 0);
    }
}

static void checks(wfp_test_t *t)
{
    const wfp_match_t any = { NULL, NULL }, this = { "\"e1\"", NULL };
    const wfp_match_t there = { "*", NULL }, new = { NULL, "*" };
    const wfp_match_t other = { NULL, "\"e2\"" };
    wfp_result_t res;

    wfp_result_init(&res, t->pool);
    CHECK_INT(wfp_etag_check(NULL, NULL, "it", &res), APR_SUCCESS);
    CHECK_INT(wfp_etag_check(&any, "e2", "it", &res), APR_SUCCESS);
    CHECK_INT(wfp_etag_check(&this, "e1", "it", &res), APR_SUCCESS);
    CHECK_INT(wfp_etag_check(&there, "e2", "it", &res), APR_SUCCESS);
    CHECK_INT(wfp_etag_check(&new, NULL, "it", &res), APR_SUCCESS);
    CHECK_INT(wfp_etag_check(&other, "e1", "it", &res), APR_SUCCESS);
    CHECK_INT(wfp_etag_check(&this, "e2", "it", &res), APR_EMISMATCH);
    CHECK_INT(res.code, WFP_CONFLICT);
    CHECK_STR(res.message, "it is not what If-Match says");
    CHECK_INT(wfp_etag_check(&this, NULL, "it", &res), APR_EMISMATCH);
    CHECK_INT(wfp_etag_check(&there, NULL, "it", &res), APR_EMISMATCH);
    CHECK_INT(wfp_etag_check(&other, "e2", "it", &res), APR_EMISMATCH);
    CHECK_INT(wfp_etag_check(&new, "e1", "it", &res), APR_EMISMATCH);
    CHECK_STR(res.message, "it is what If-None-Match says");
}

static void values(wfp_test_t *t)
{
    wfp_kv_item_t item = {
        .key = "k", .key_size = 1, .value = "v", .value_size = 1
    };
    const char *plain = wfp_kv_etag(&item, t->pool), *more;

    item.metadata = "{}";
    item.metadata_size = 2;
    more = wfp_kv_etag(&item, t->pool);
    CHECK(strcmp(plain, more));
    item.metadata = NULL;
    item.expiration = 1;
    CHECK(strcmp(wfp_kv_etag(&item, t->pool), plain));
    item.expiration = 0;
    item.value_size = 0;
    CHECK(strcmp(wfp_kv_etag(&item, t->pool), plain));
    item.value = NULL;
    CHECK(wfp_kv_etag(&item, t->pool) == NULL);
}

static const wfp_test_case_t cases[] = {
    { "what makes another etag", parts },
    { "lists as headers have them", lists },
    { "what may be changed", checks },
    { "etags of KV values", values },
    { NULL, NULL },
};

int main(void)
{
    return wfp_test_run(cases);
}
