/* SPDX-License-Identifier: Apache-2.0 */
/* core/settings_json.c: limits and outbound settings to JSON and back. */
#include "core/settings_json.h"

#include <apr_strings.h>

#include "wfp_test.h"

static wfp_json_t *parse(wfp_test_t *t, const char *text)
{
    wfp_json_t *v;

    CHECK_INT(wfp_json_parse(&v, text, strlen(text), NULL, t->pool),
              APR_SUCCESS);
    return v;
}

/* What limits are refused with, "accepted" if they are not. */
static const char *limits_refusal(wfp_test_t *t, const char *text,
                                  const wfp_limit_policy_t *policy)
{
    wfp_limits_t limits;
    wfp_result_t res;

    wfp_result_init(&res, t->pool);
    if (wfp_settings_json_read_limits(&limits, parse(t, text), policy, &res,
                                      t->pool)
        == APR_SUCCESS) {
        return "accepted";
    }
    CHECK_INT(res.code, WFP_INVALID);
    return res.message;
}

static const char *outbound_refusal(wfp_test_t *t, const char *text)
{
    wfp_outbound_t outbound;
    wfp_result_t res;

    wfp_result_init(&res, t->pool);
    if (wfp_settings_json_read_outbound(&outbound, parse(t, text), &res,
                                        t->pool)
        == APR_SUCCESS) {
        return "accepted";
    }
    CHECK_INT(res.code, WFP_INVALID);
    return res.message;
}

static void limits_go_there_and_back(wfp_test_t *t)
{
    wfp_limits_t limits;

    CHECK_INT(wfp_settings_json_read_limits(
                  &limits, parse(t, "{\"subrequests\":0,\"cpu_ms\":20}"), NULL,
                  NULL, t->pool),
              APR_SUCCESS);
    CHECK_INT(limits.v[WFP_LIMIT_CPU_MS], 20);
    CHECK_INT(limits.v[WFP_LIMIT_SUBREQUESTS], 0);
    CHECK_INT(limits.v[WFP_LIMIT_WALL_MS], WFP_LIMIT_UNSET);
    CHECK_STR(wfp_json_text(wfp_settings_json_write_limits(&limits, t->pool),
                            t->pool),
              "{\"cpu_ms\":20,\"subrequests\":0}");
}

static void no_limits_are_all_unset(wfp_test_t *t)
{
    static const char *const texts[] = { "{}", "null", "{\"cpu_ms\":null}" };
    wfp_limits_t limits;
    apr_size_t i;

    for (i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        CHECK_INT(wfp_settings_json_read_limits(&limits, parse(t, texts[i]),
                                                NULL, NULL, t->pool),
                  APR_SUCCESS);
        CHECK_STR(wfp_json_text(wfp_settings_json_write_limits(&limits,
                                                               t->pool),
                                t->pool),
                  "{}");
    }
    CHECK_INT(wfp_settings_json_read_limits(&limits, NULL, NULL, NULL, t->pool),
              APR_SUCCESS);
    CHECK_INT(limits.v[WFP_LIMIT_CPU_MS], WFP_LIMIT_UNSET);
}

static void bad_limits_are_refused(wfp_test_t *t)
{
    wfp_limit_policy_t policy;

    wfp_limit_policy_clear(&policy);
    CHECK_STR(limits_refusal(t, "{\"cpu\":20}", NULL),
              "limit \"cpu\" is not supported");
    CHECK_STR(limits_refusal(t, "{\"cpu_ms\":\"20\"}", NULL),
              "limit \"cpu_ms\" is not a whole number");
    CHECK_STR(limits_refusal(t, "{\"cpu_ms\":1.5}", NULL),
              "limit \"cpu_ms\" is not a whole number");
    CHECK_STR(limits_refusal(t, "{\"cpu_ms\":-1}", NULL),
              "limit \"cpu_ms\" is not a whole number");
    CHECK_STR(limits_refusal(t, "[]", NULL), "\"limits\" is not an object");
    CHECK_STR(limits_refusal(t, "{\"cpu_ms\":30000}", &policy), "accepted");
    CHECK(strstr(limits_refusal(t, "{\"cpu_ms\":30001}", &policy), "cpu_ms"));
    CHECK(strstr(limits_refusal(t, "{\"cpu_ms\":0}", &policy), "cpu_ms"));
    /* the store kept it under another ceiling: it is cut when it is used */
    CHECK_STR(limits_refusal(t, "{\"cpu_ms\":30001}", NULL), "accepted");
}

static void outbound_goes_there_and_back(wfp_test_t *t)
{
    static const char text[] =
        "{\"service\":\"outbound\",\"params\":{\"plan\":\"free\",\"b\":\"\"}}";
    wfp_outbound_t outbound;

    CHECK_INT(wfp_settings_json_read_outbound(&outbound, parse(t, text), NULL,
                                              t->pool),
              APR_SUCCESS);
    CHECK_STR(outbound.service, "outbound");
    CHECK_INT(outbound.params->nelts, 2);
    CHECK_STR(APR_ARRAY_IDX(outbound.params, 0, wfp_param_t).name, "plan");
    CHECK_STR(APR_ARRAY_IDX(outbound.params, 0, wfp_param_t).value, "free");
    CHECK_STR(wfp_json_text(wfp_settings_json_write_outbound(&outbound,
                                                             t->pool),
                            t->pool),
              text);
}

static void no_outbound_is_null(wfp_test_t *t)
{
    wfp_outbound_t outbound;

    CHECK_INT(wfp_settings_json_read_outbound(&outbound, parse(t, "null"), NULL,
                                              t->pool),
              APR_SUCCESS);
    CHECK(outbound.service == NULL);
    CHECK_INT(outbound.params->nelts, 0);
    CHECK_STR(wfp_json_text(wfp_settings_json_write_outbound(&outbound,
                                                             t->pool),
                            t->pool),
              "null");
    CHECK_INT(wfp_settings_json_read_outbound(&outbound, NULL, NULL, t->pool),
              APR_SUCCESS);
    memset(&outbound, 0, sizeof(outbound));
    outbound.service = "o";
    CHECK_STR(wfp_json_text(wfp_settings_json_write_outbound(&outbound,
                                                             t->pool),
                            t->pool),
              "{\"service\":\"o\",\"params\":{}}");
}

static void bad_outbound_is_refused(wfp_test_t *t)
{
    static const char *const bad_service[] = { "{}",
                                               "7",
                                               "[]",
                                               "{\"service\":7}",
                                               "{\"service\":\"a/b\"}",
                                               "{\"service\":null}" };
    apr_size_t i;

    for (i = 0; i < sizeof(bad_service) / sizeof(bad_service[0]); i++) {
        CHECK_STR(outbound_refusal(t, bad_service[i]),
                  "\"outbound.service\" is missing or not a valid name");
    }
    CHECK_STR(outbound_refusal(t, "{\"service\":\"o\",\"params\":[]}"),
              "\"outbound.params\" is not an object");
    CHECK_STR(outbound_refusal(t, "{\"service\":\"o\",\"params\":{\"a\":1}}"),
              "outbound parameter \"a\" is not a string");
    CHECK_STR(outbound_refusal(t,
                               "{\"service\":\"o\",\"params\":{\"a b\":\"\"}}"),
              "outbound parameter \"a b\" is not an identifier of at most 63 "
              "bytes");
    CHECK_STR(outbound_refusal(t, "{\"service\":\"o\",\"params\":null}"),
              "accepted");
}

static const wfp_test_case_t cases[] = {
    { "limits_go_there_and_back", limits_go_there_and_back },
    { "no_limits_are_all_unset", no_limits_are_all_unset },
    { "bad_limits_are_refused", bad_limits_are_refused },
    { "outbound_goes_there_and_back", outbound_goes_there_and_back },
    { "no_outbound_is_null", no_outbound_is_null },
    { "bad_outbound_is_refused", bad_outbound_is_refused },
    { NULL, NULL },
};

int main(void)
{
    return wfp_test_run(cases);
}
