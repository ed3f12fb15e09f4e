/* SPDX-License-Identifier: Apache-2.0 */
/* core/json.c: parsing, printing, looking into values, their lifetimes. */
#include "core/json.h"

#include <apr_strings.h>

#include "wfp_test.h"

static wfp_json_t *parse(wfp_test_t *t, const char *text)
{
    wfp_json_t *v = NULL;

    if (wfp_json_parse(&v, text, strlen(text), NULL, t->pool) != APR_SUCCESS) {
        return NULL;
    }
    return v;
}

static void text_comes_out_compact_and_in_order(wfp_test_t *t)
{
    static const char *const texts[] = {
        "{\"z\":1,\"a\":[true,false,null,\"x\",{}],\"m\":{\"k\":-2}}",
        "[]",
        "\"text\"",
        "7",
        "1.5",
        "1.0",
        "true",
        "null",
        "-9223372036854775808",
        "9223372036854775807",
        "\"\\n\\t\\\"\\\\/\"",
    };
    apr_size_t i;

    for (i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        wfp_json_t *v = parse(t, texts[i]);

        CHECK(v != NULL);
        CHECK_STR(wfp_json_text(v, t->pool), texts[i]);
    }
    CHECK_STR(wfp_json_text(parse(t, " { \"a\" : [ 1 , 2 ] } \n"), t->pool),
              "{\"a\":[1,2]}");
    CHECK_STR(wfp_json_text(parse(t, "{\"a\":1,\"a\":2}"), t->pool),
              "{\"a\":2}");
}

static void bad_text_is_refused(wfp_test_t *t)
{
    static const char *const texts[] = {
        "",
        " ",
        "{",
        "}",
        "[1,]",
        "{\"a\"}",
        "{\"a\":}",
        "{a:1}",
        "'a'",
        "01",
        "1e",
        "1e999",
        "nul",
        "NaN",
        "\"\\u0000\"",
        "{\"\\u0000\":1}",
        "\"\\ud800\"",
        "\"\xff\"",
        "\"\xc0\xaf\"",
        "\"\xed\xa0\x80\"",
        "\"a\nb\"",
        "1 2",
        "{} x",
        "99999999999999999999",
        "\"open",
    };
    apr_size_t i;

    for (i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        wfp_json_t *v = NULL;
        wfp_result_t res;

        wfp_result_init(&res, t->pool);
        CHECK_INT(wfp_json_parse(&v, texts[i], strlen(texts[i]), &res, t->pool),
                  APR_EINVAL);
        CHECK_INT(res.code, WFP_INVALID);
        CHECK(strstr(res.message, "invalid JSON: ") == res.message);
        CHECK(strstr(res.message, " at byte ") != NULL);
        CHECK(v == NULL);
    }
}

static void fault_is_told_by_its_place_only(wfp_test_t *t)
{
    static const char text[] = "{\"text\":\"one\",\"secret\":s3cr3t}";
    wfp_json_t *v;
    wfp_result_t res;

    wfp_result_init(&res, t->pool);
    CHECK_INT(wfp_json_parse(&v, text, strlen(text), &res, t->pool),
              APR_EINVAL);
    CHECK(strstr(res.message, "s3cr3t") == NULL);
    CHECK_STR(res.message, "invalid JSON: invalid token at byte 24");
}

static void fault_names_no_option_of_the_library(wfp_test_t *t)
{
    wfp_json_t *v;
    wfp_result_t res;

    wfp_result_init(&res, t->pool);
    CHECK_INT(wfp_json_parse(&v, "[\"a\\u0000\"]", 11, &res, t->pool),
              APR_EINVAL);
    CHECK_STR(res.message, "invalid JSON: \\u0000 is not allowed at byte 10");
    wfp_result_init(&res, t->pool);
    CHECK_INT(wfp_json_parse(&v, "{\"\\u0000\":1}", 12, &res, t->pool),
              APR_EINVAL);
    CHECK_STR(res.message, "invalid JSON: \\u0000 is not allowed at byte 9");
}

static void size_bounds_the_text(wfp_test_t *t)
{
    wfp_json_t *v = NULL;

    CHECK_INT(wfp_json_parse(&v, "12345", 3, NULL, t->pool), APR_SUCCESS);
    CHECK_STR(wfp_json_text(v, t->pool), "123");
    CHECK_INT(wfp_json_parse(&v, "1\0", 2, NULL, t->pool), APR_EINVAL);
    CHECK_INT(wfp_json_parse(&v, "{}\0{", 4, NULL, t->pool), APR_EINVAL);
}

static void deep_nesting_is_refused(wfp_test_t *t)
{
    enum {
        DEEP = 100000
    };
    char *text = apr_palloc(t->pool, DEEP);
    wfp_json_t *v;

    memset(text, '[', DEEP);
    CHECK_INT(wfp_json_parse(&v, text, DEEP, NULL, t->pool), APR_EINVAL);
}

static void members_are_set(wfp_test_t *t)
{
    wfp_json_t *obj = wfp_json_object(t->pool);
    wfp_json_t *arr = wfp_json_array(t->pool);

    wfp_json_set_str(obj, "s", "text");
    wfp_json_set_str(obj, "n", NULL);
    wfp_json_set_int(obj, "i", APR_INT64_MIN);
    wfp_json_set_bool(obj, "b", 2);
    wfp_json_set_bool(obj, "f", 0);
    wfp_json_add_str(arr, "x");
    wfp_json_add_str(arr, NULL);
    wfp_json_add(arr, wfp_json_null(t->pool));
    wfp_json_set(obj, "a", arr);
    wfp_json_add_str(arr, "shared");
    wfp_json_set_str(obj, "s", "again");
    CHECK_STR(wfp_json_text(obj, t->pool),
              "{\"s\":\"again\",\"n\":null,\"i\":-9223372036854775808,"
              "\"b\":true,\"f\":false,\"a\":[\"x\",null,null,\"shared\"]}");
}

static void bad_utf8_is_replaced(wfp_test_t *t)
{
    static const struct {
        const char *text, *want;
    } rows[] = {
        { "\xff", "\xef\xbf\xbd" },
        { "a\xc3", "a\xef\xbf\xbd" },
        { "\xc3\xa4\x80", "\xc3\xa4\xef\xbf\xbd" },
        { "\xed\xa0\x80", "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd" },
        { "\xc0\xaf", "\xef\xbf\xbd\xef\xbf\xbd" },
        { "\xf4\x90\x80\x80",
          "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd" },
        { "\xe0\x80\x80x", "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbdx" },
        { "\xf0\x9f\x98\x80\xf0\x9f",
          "\xf0\x9f\x98\x80\xef\xbf\xbd\xef\xbf\xbd" },
        { "\xf4\x8f\xbf\xbf\x81", "\xf4\x8f\xbf\xbf\xef\xbf\xbd" },
        { "\xed\x9f\xbf\xee\x80\x80\xfe",
          "\xed\x9f\xbf\xee\x80\x80\xef\xbf\xbd" },
    };
    wfp_json_t *obj = wfp_json_object(t->pool);
    apr_size_t i;

    for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        wfp_json_set_str(obj, "k", rows[i].text);
        CHECK_STR(wfp_json_str(wfp_json_get(obj, "k", t->pool)), rows[i].want);
    }
}

static void values_are_looked_into(wfp_test_t *t)
{
    wfp_json_t *v = parse(t, "{\"s\":\"x\",\"i\":5,\"r\":5.5,\"t\":true,"
                             "\"f\":false,\"n\":null,\"a\":[1,2],\"o\":{}}");
    apr_int64_t n = 0;

    CHECK_INT(wfp_json_size(v), 8);
    CHECK_STR(wfp_json_str(wfp_json_get(v, "s", t->pool)), "x");
    CHECK(wfp_json_str(wfp_json_get(v, "i", t->pool)) == NULL);
    CHECK_INT(wfp_json_int(wfp_json_get(v, "i", t->pool), &n), 1);
    CHECK_INT(n, 5);
    CHECK_INT(wfp_json_int(wfp_json_get(v, "r", t->pool), &n), 0);
    CHECK_INT(wfp_json_int(wfp_json_get(v, "s", t->pool), &n), 0);
    CHECK(wfp_json_is_true(wfp_json_get(v, "t", t->pool)));
    CHECK(!wfp_json_is_true(wfp_json_get(v, "f", t->pool)));
    CHECK(!wfp_json_is_true(wfp_json_get(v, "i", t->pool)));
    CHECK(wfp_json_is_null(wfp_json_get(v, "n", t->pool)));
    CHECK(!wfp_json_is_null(wfp_json_get(v, "missing", t->pool)));
    CHECK(wfp_json_is_array(wfp_json_get(v, "a", t->pool)));
    CHECK(wfp_json_is_object(wfp_json_get(v, "o", t->pool)));
    CHECK_INT(wfp_json_size(wfp_json_get(v, "a", t->pool)), 2);
    CHECK_INT(wfp_json_size(wfp_json_get(v, "s", t->pool)), 0);
    v = wfp_json_get(v, "a", t->pool);
    CHECK_INT(wfp_json_int(wfp_json_at(v, 1, t->pool), &n), 1);
    CHECK_INT(n, 2);
    CHECK(wfp_json_at(v, 2, t->pool) == NULL);
    CHECK(wfp_json_get(v, "x", t->pool) == NULL);
}

static void nothing_is_allowed_everywhere(wfp_test_t *t)
{
    apr_int64_t n;

    CHECK(wfp_json_get(NULL, "x", t->pool) == NULL);
    CHECK(wfp_json_at(NULL, 0, t->pool) == NULL);
    CHECK(wfp_json_str(NULL) == NULL);
    CHECK(!wfp_json_int(NULL, &n) && !wfp_json_is_true(NULL));
    CHECK(!wfp_json_is_object(NULL) && !wfp_json_is_array(NULL));
    CHECK(!wfp_json_is_null(NULL));
    CHECK_INT(wfp_json_size(NULL), 0);
    CHECK_STR(wfp_json_text(NULL, t->pool), "null");
    CHECK_INT(wfp_json_each(NULL, NULL, NULL, t->pool), APR_SUCCESS);
    wfp_json_set(NULL, "k", NULL);
    wfp_json_add(NULL, NULL);
}

static void parts_outlive_the_whole(wfp_test_t *t)
{
    static const char text[] = "{\"a\":{\"b\":\"kept\"}}";
    wfp_json_t *v, *part;
    apr_pool_t *p;

    apr_pool_create(&p, t->pool);
    CHECK_INT(wfp_json_parse(&v, text, strlen(text), NULL, p), APR_SUCCESS);
    part = wfp_json_get(v, "a", t->pool);
    apr_pool_destroy(p);
    CHECK_STR(wfp_json_text(part, t->pool), "{\"b\":\"kept\"}");
}

static apr_status_t collect(void *baton, const char *key, wfp_json_t *v)
{
    char *out = baton;
    apr_size_t n = strlen(out);

    apr_snprintf(out + n, 60 - n, "%s%s;", key,
                 wfp_json_str(v) ? wfp_json_str(v) : "?");
    return strcmp(key, "stop") ? APR_SUCCESS : APR_EOF;
}

static void each_member_is_called_in_order(wfp_test_t *t)
{
    char out[60] = "";

    CHECK_INT(wfp_json_each(parse(t, "{\"z\":\"1\",\"b\":2,\"a\":\"3\"}"),
                            collect, out, t->pool),
              APR_SUCCESS);
    CHECK_STR(out, "z1;b?;a3;");
    out[0] = '\0';
    CHECK_INT(wfp_json_each(parse(t, "{\"z\":\"1\",\"stop\":2,\"a\":\"3\"}"),
                            collect, out, t->pool),
              APR_EOF);
    CHECK_STR(out, "z1;stop?;");
    CHECK_INT(wfp_json_each(parse(t, "[1]"), collect, out, t->pool),
              APR_SUCCESS);
}

/* any byte changed or cut: refused or read, never a crash */
static void mangled_text_does_no_harm(wfp_test_t *t)
{
    static const char text[] =
        "{\"main_module\":\"w.lua\",\"a\":[1,-2.5e3,true,null,\"\\u00e4\xc3\xa4"
        "\\ud83d\\ude00\"]}";
    apr_size_t i, size = sizeof(text) - 1;
    wfp_json_t *v;

    for (i = 0; i < size; i++) {
        char *copy = apr_pmemdup(t->pool, text, size);
        apr_pool_t *p;
        int byte;

        apr_pool_create(&p, t->pool);
        CHECK_INT(wfp_json_parse(&v, copy, i, NULL, p), APR_EINVAL);
        for (byte = 0; byte < 256; byte++) {
            copy[i] = (char)byte;
            if (wfp_json_parse(&v, copy, size, NULL, p) == APR_SUCCESS) {
                CHECK(wfp_json_text(v, p) != NULL);
            }
        }
        apr_pool_destroy(p);
    }
}

/* A client's: what parsing passes over is refused, and told. */
static void what_a_client_sent_is_read(wfp_test_t *t)
{
    static const char *const wrong[][2] = {
        { "{\"a\":1,\"a\":2}", "duplicate object key" },
        { "[{\"b\":{\"a\":1,\"\\u0061\":2}}]", "duplicate object key" },
        { "{", "invalid JSON" },
    };
    char deep[2 * (WFP_JSON_DEPTH_MAX + 1) + 1];
    wfp_result_t res;
    wfp_json_t *v;
    apr_size_t i;

    for (i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        wfp_result_init(&res, t->pool);
        CHECK_INT(wfp_json_read(&v, wrong[i][0], strlen(wrong[i][0]), &res,
                                t->pool),
                  APR_EINVAL);
        CHECK(strstr(res.message, wrong[i][1]));
    }
    memset(deep, '[', sizeof(deep));
    memset(deep + WFP_JSON_DEPTH_MAX + 1, ']', WFP_JSON_DEPTH_MAX + 1);
    CHECK_INT(wfp_json_read(&v, deep, sizeof(deep) - 1, &res, t->pool),
              APR_EINVAL);
    CHECK_STR(res.message, "invalid JSON: nested deeper than 64");
    CHECK_INT(wfp_json_read(&v, deep + 1, sizeof(deep) - 3, &res, t->pool), 0);
    CHECK_INT(wfp_json_read(&v, "\"\\\"[[\"", 6, &res, t->pool), 0);
}

static const wfp_test_case_t cases[] = {
    { "text_comes_out_compact_and_in_order",
      text_comes_out_compact_and_in_order },
    { "bad_text_is_refused", bad_text_is_refused },
    { "fault_is_told_by_its_place_only", fault_is_told_by_its_place_only },
    { "fault names no option of the library",
      fault_names_no_option_of_the_library },
    { "size_bounds_the_text", size_bounds_the_text },
    { "deep_nesting_is_refused", deep_nesting_is_refused },
    { "members_are_set", members_are_set },
    { "bad_utf8_is_replaced", bad_utf8_is_replaced },
    { "values_are_looked_into", values_are_looked_into },
    { "nothing_is_allowed_everywhere", nothing_is_allowed_everywhere },
    { "parts_outlive_the_whole", parts_outlive_the_whole },
    { "each_member_is_called_in_order", each_member_is_called_in_order },
    { "mangled_text_does_no_harm", mangled_text_does_no_harm },
    { "what_a_client_sent_is_read", what_a_client_sent_is_read },
    { NULL, NULL },
};

int main(void)
{
    return wfp_test_run(cases);
}
