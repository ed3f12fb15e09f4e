/* SPDX-License-Identifier: Apache-2.0 */
#include "core/tail_filter.h"
#include "core/tail_targets.h"
#include "tests/unit/wfp_test.h"

#define RECORD                                                                 \
    "{\"scriptName\":\"x\",\"scriptVersion\":{\"id\":\"v1\"},\"outcome\":"     \
    "\"ok\",\"logs\":[{\"message\":[\"said\",7,\"a needle\"]}],\"event\":{"    \
    "\"request\":{\"method\":\"GET\",\"headers\":{\"x-colour\":\"dark red\","  \
    "\"cf-connecting-ip\":\"192.0.2.7\"}}}}"

static wfp_json_t *parsed(wfp_test_t *t, const char *text)
{
    wfp_json_t *arr;

    CHECK(wfp_json_parse(&arr, text, strlen(text), NULL, t->pool)
          == APR_SUCCESS);
    return arr;
}

static wfp_tail_filter_t *filter_of(wfp_test_t *t, const char *text)
{
    wfp_tail_filter_t *filter;
    wfp_result_t res;

    wfp_result_init(&res, t->pool);
    CHECK(wfp_tail_filter_read(&filter, parsed(t, text), "192.0.2.7", &res,
                               t->pool)
          == APR_SUCCESS);
    return filter;
}

static int meets(wfp_test_t *t, const char *filters, const char *record)
{
    return wfp_tail_filter_meets(filter_of(t, filters), record, strlen(record),
                                 t->pool);
}

static void records_meet_all(wfp_test_t *t)
{
    static const struct {
        const char *filters;
        int meets;
    } rows[] = {
        { "null", 1 },
        { "[]", 1 },
        { "[{}]", 1 },
        { "[{\"outcome\":[\"ok\"]}]", 1 },
        { "[{\"outcome\":[\"exception\",\"unknown\"]}]", 0 },
        { "[{\"outcome\":[]}]", 0 },
        { "[{\"method\":[\"get\"]}]", 1 },
        { "[{\"method\":[\"POST\",\"PUT\"]}]", 0 },
        { "[{\"header\":{\"key\":\"X-Colour\"}}]", 1 },
        { "[{\"header\":{\"key\":\"X-Colour\",\"query\":\"red\"}}]", 1 },
        { "[{\"header\":{\"key\":\"x-colour\",\"query\":\"blue\"}}]", 0 },
        { "[{\"header\":{\"key\":\"x-none\"}}]", 0 },
        { "[{\"client_ip\":[\"self\"]}]", 1 },
        { "[{\"client_ip\":[\"192.0.2.8\"]}]", 0 },
        { "[{\"query\":\"needle\"}]", 1 },
        { "[{\"query\":\"7\"}]", 0 },
        { "[{\"scriptVersion\":\"v1\"}]", 1 },
        { "[{\"scriptVersion\":\"v2\"}]", 0 },
        { "[{\"sampling_rate\":0}]", 0 },
        { "[{\"sampling_rate\":1}]", 1 },
        { "[{\"outcome\":[\"ok\"]},{\"query\":\"none\"}]", 0 },
        { "[{\"outcome\":[\"ok\"],\"query\":\"said\"}]", 1 },
    };
    apr_size_t i;

    for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        CHECK_INT(meets(t, rows[i].filters, RECORD), rows[i].meets);
    }
}

/* "unknown" is what clients have no word for. */
static void other_outcomes(wfp_test_t *t)
{
    static const char filters[] = "[{\"outcome\":[\"unknown\"]}]";

    CHECK(meets(t, filters, "{\"outcome\":\"exceededWallTime\"}"));
    CHECK(!meets(t, filters, "{\"outcome\":\"exceededCpu\"}"));
    CHECK(!meets(t, filters, "{\"outcome\":\"ok\"}"));
}

/* What is no record, or has other types than one, meets no filter. */
static void what_is_no_record(wfp_test_t *t)
{
    static const char *const records[] = {
        "",
        "{",
        "null",
        "[]",
        "7",
        "{}",
        "{\"outcome\":1,\"logs\":7}",
        "{\"logs\":[1,{\"message\":\"needle\"}],\"event\":\"x\"}",
        "{\"event\":{\"request\":[]},\"scriptVersion\":1}"
    };
    static const char *const filters[] = {
        "[{\"outcome\":[\"ok\"]}]",  "[{\"method\":[\"GET\"]}]",
        "[{\"query\":\"needle\"}]",  "[{\"header\":{\"key\":\"a\"}}]",
        "[{\"client_ip\":[\"x\"]}]", "[{\"scriptVersion\":\"v\"}]"
    };
    apr_size_t i, k;

    for (i = 0; i < sizeof(filters) / sizeof(filters[0]); i++) {
        for (k = 0; k < sizeof(records) / sizeof(records[0]); k++) {
            CHECK(!meets(t, filters[i], records[k]));
        }
    }
}

static void a_share_by_chance(wfp_test_t *t)
{
    wfp_tail_filter_t *filter = filter_of(t, "[{\"sampling_rate\":0.25}]");
    int i, n = 0;

    for (i = 0; i < 100000; i++) {
        n += wfp_tail_filter_meets(filter, "{}", 2, t->pool);
    }
    /* a hundred times the deviation of a fair one to each side */
    CHECK(n > 11000 && n < 39000);
}

/* Written and read again they are the same; "self" is an address then. */
static void as_text(wfp_test_t *t)
{
    const char *all = wfp_tail_filter_text(
        filter_of(t, "[{\"query\":\"q\"},{\"client_ip\":[\"self\",\"::1\"]},"
                     "{\"sampling_rate\":0.5},{\"header\":{\"key\":\"K\"}}]"),
        t->pool);

    CHECK(strstr(all, "192.0.2.7") && !strstr(all, "self"));
    CHECK_STR(wfp_tail_filter_text(filter_of(t, all), t->pool), all);
    CHECK_STR(wfp_tail_filter_text(filter_of(t, "[]"), t->pool), "[]");
}

static void what_is_no_filter(wfp_test_t *t)
{
    static const char *const rows[] = {
        "{}",
        "7",
        "\"x\"",
        "[1]",
        "[null]",
        "[{\"what\":1}]",
        "[{\"sampling_rate\":2}]",
        "[{\"sampling_rate\":-1}]",
        "[{\"sampling_rate\":\"1\"}]",
        "[{\"outcome\":\"ok\"}]",
        "[{\"outcome\":[1]}]",
        "[{\"header\":\"x\"}]",
        "[{\"header\":{}}]",
        "[{\"query\":1}]",
        "[{\"scriptVersion\":[]}]",
        "[{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{}]"
    };
    wfp_tail_filter_t *filter;
    wfp_result_t res;
    apr_size_t i;

    wfp_result_init(&res, t->pool);
    for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        CHECK(
            wfp_tail_filter_read(&filter, parsed(t, rows[i]), "", &res, t->pool)
            == APR_EINVAL);
        CHECK(strstr(res.message, "filter"));
    }
}

static const char *targets(wfp_test_t *t, const char *text, const char *ns)
{
    apr_array_header_t *list;
    wfp_result_t res;
    apr_status_t rv;

    wfp_result_init(&res, t->pool);
    rv = wfp_tail_targets_read(&list, parsed(t, text), ns, &res, t->pool);
    return rv == APR_SUCCESS ? apr_array_pstrcat(t->pool, list, ' ')
                             : res.message;
}

static void consumers(wfp_test_t *t)
{
    CHECK_STR(targets(t,
                      "[{\"service\":\"a\"},{\"service\":\"b\","
                      "\"namespace\":\"n\"},{\"service\":\"a\","
                      "\"environment\":\"production\"}]",
                      "n"),
              "a /b");
    CHECK(strstr(targets(t, "[{\"service\":\"a\",\"namespace\":\"o\"}]", "n"),
                 "another namespace"));
    CHECK(strstr(targets(t, "[{\"service\":\"a\",\"namespace\":\"o\"}]", ""),
                 "another namespace"));
    CHECK_STR(targets(t, "[{\"service\":\"a\",\"namespace\":\"o\"}]", NULL),
              "/a");
    CHECK(strstr(targets(t, "[{\"service\":\"../x\"}]", "n"), "name"));
    CHECK(strstr(targets(t, "[{\"service\":\"/x\"}]", "n"), "name"));
}

static void consumers_of_settings(wfp_test_t *t)
{
    static const char *const none[] = {
        NULL,
        "",
        "{}",
        "{",
        "[]",
        "{\"tail_consumers\":7}",
        "{\"tail_consumers\":[1]}",
        "{\"a\":\"\\\"tail_consumers\\\"\"}",
    };
    apr_array_header_t *list;
    apr_size_t i;

    for (i = 0; i < sizeof(none) / sizeof(none[0]); i++) {
        CHECK_INT(wfp_tail_targets_of_settings(none[i], t->pool)->nelts, 0);
    }
    list = wfp_tail_targets_of_settings(
        "{\"a\":1,\"tail_consumers\":[{\"service\":\"x\"}]}", t->pool);
    CHECK_INT(list->nelts, 1);
    CHECK_STR(APR_ARRAY_IDX(list, 0, const char *), "x");
}

static const wfp_test_case_t cases[] = {
    { "records meet all", records_meet_all },
    { "other outcomes", other_outcomes },
    { "what is no record", what_is_no_record },
    { "a share by chance", a_share_by_chance },
    { "as text", as_text },
    { "what is no filter", what_is_no_filter },
    { "consumers", consumers },
    { "consumers of settings", consumers_of_settings },
    { NULL, NULL },
};

int main(void)
{
    return wfp_test_run(cases);
}
