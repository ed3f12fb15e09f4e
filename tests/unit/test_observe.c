/* SPDX-License-Identifier: Apache-2.0 */
/* Which invocations of a Worker are kept, by its setting. */
#include "core/observe.h"

#include <apr_strings.h>
#include <string.h>

#include "tests/unit/wfp_test.h"

static const char *error_of(wfp_test_t *t, apr_uint32_t *pword,
                            const char *text)
{
    wfp_json_t *v;
    wfp_result_t res;

    wfp_result_init(&res, t->pool);
    CHECK_INT(wfp_json_parse(&v, text, strlen(text), &res, t->pool),
              APR_SUCCESS);
    return wfp_observe_read(pword, v, &res, t->pool) == APR_SUCCESS
               ? NULL
               : res.message;
}

#define ALL (WFP_OBSERVE_WHOLE << WFP_OBSERVE_SHIFT)

static void members(wfp_test_t *t)
{
    static const struct {
        const char *text;
        apr_uint32_t word;
    } cases[] = {
        { "null", WFP_OBSERVE_DEFAULT },
        { "{}", WFP_OBSERVE_DEFAULT },
        { "{\"enabled\":true}", ALL },
        { "{\"enabled\":false}", WFP_OBSERVE_OFF },
        { "{\"enabled\":null}", WFP_OBSERVE_OFF },
        { "{\"head_sampling_rate\":1}", WFP_OBSERVE_OFF },
        { "{\"enabled\":true,\"head_sampling_rate\":0}", 0 },
        { "{\"enabled\":true,\"head_sampling_rate\":1e-30}",
          1 << WFP_OBSERVE_SHIFT },
        { "{\"enabled\":true,\"logs\":{\"enabled\":false}}", WFP_OBSERVE_OFF },
        { "{\"enabled\":false,\"logs\":{\"enabled\":true}}", ALL },
        { "{\"enabled\":true,\"logs\":{\"persist\":false}}", WFP_OBSERVE_OFF },
        { "{\"enabled\":true,\"logs\":{\"invocation_logs\":false}}",
          ALL | WFP_OBSERVE_QUIET },
        { "{\"enabled\":true,\"head_sampling_rate\":0,"
          "\"logs\":{\"head_sampling_rate\":1}}",
          ALL },
        { "{\"enabled\":true,\"traces\":{\"enabled\":7},\"x\":[]}", ALL },
    };
    apr_uint32_t word;
    apr_size_t i;

    for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        CHECK(error_of(t, &word, cases[i].text) == NULL);
        CHECK_INT(word, cases[i].word);
    }
}

static void what_is_refused(wfp_test_t *t)
{
    static const struct {
        const char *text, *why;
    } cases[] = {
        { "[]", "\"observability\" is not an object" },
        { "{\"enabled\":1}", "\"observability.enabled\" is not true or false" },
        { "{\"head_sampling_rate\":1.1}",
          "\"observability.head_sampling_rate\" is not a number from 0 to 1" },
        { "{\"head_sampling_rate\":\"1\"}",
          "\"observability.head_sampling_rate\" is not a number from 0 to 1" },
        { "{\"logs\":true}", "\"observability.logs\" is not an object" },
        { "{\"logs\":{\"head_sampling_rate\":-1}}",
          "\"observability.logs.head_sampling_rate\" is not a number from 0 "
          "to 1" },
        { "{\"logs\":{\"persist\":\"yes\"}}",
          "\"observability.logs.persist\" is not true or false" },
    };
    apr_uint32_t word;
    apr_size_t i;

    for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        CHECK_STR(error_of(t, &word, cases[i].text), cases[i].why);
    }
}

static void settings(wfp_test_t *t)
{
    CHECK_INT(wfp_observe_settings("", t->pool), WFP_OBSERVE_DEFAULT);
    CHECK_INT(wfp_observe_settings("{", t->pool), WFP_OBSERVE_DEFAULT);
    CHECK_INT(wfp_observe_settings("{\"logpush\":true}", t->pool),
              WFP_OBSERVE_DEFAULT);
    CHECK_INT(wfp_observe_settings("{\"observability\":" WFP_OBSERVE_UNSET "}",
                                   t->pool),
              WFP_OBSERVE_DEFAULT);
    CHECK_INT(wfp_observe_settings("{\"observability\":{\"enabled\":true}}",
                                   t->pool),
              ALL);
    /* one of before this was looked at */
    CHECK_INT(wfp_observe_settings("{\"observability\":{\"enabled\":1}}",
                                   t->pool),
              WFP_OBSERVE_DEFAULT);
}

static const char *id_of(wfp_test_t *t, int i)
{
    return apr_psprintf(t->pool, "00112233445566776a2b3c4d%08x", i);
}

static void a_share(wfp_test_t *t)
{
    apr_uint32_t tenth = (WFP_OBSERVE_WHOLE / 10) << WFP_OBSERVE_SHIFT;
    int i, n = 0, m = 0;

    for (i = 0; i < 10000; i++) {
        const char *id = id_of(t, i);

        CHECK(wfp_observe_chooses(ALL, id));
        CHECK(!wfp_observe_chooses(0, id));
        n += wfp_observe_chooses(tenth, id);
        if (wfp_observe_chooses(tenth, id)) {
            m += wfp_observe_chooses(2 * tenth, id);
        }
    }
    CHECK(n > 850 && n < 1150);
    CHECK_INT(m, n); /* who has more sees those, too */
}

static const wfp_test_case_t cases[] = {
    { "members", members },   { "what is refused", what_is_refused },
    { "settings", settings }, { "a share", a_share },
    { NULL, NULL },
};

int main(void)
{
    return wfp_test_run(cases);
}
