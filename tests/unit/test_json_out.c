/* SPDX-License-Identifier: Apache-2.0 */
/* JSON as it is written into records, read again by the other half. */
#include "core/json_out.h"

#include <apr_strings.h>
#include <stdlib.h>

#include "core/json.h"
#include "core/utf8.h"
#include "tests/unit/wfp_test.h"

static const char *written(wfp_test_t *t, const char *data, apr_size_t n)
{
    wfp_json_out_t out;

    wfp_json_out_init(&out, 1, t->pool);
    wfp_json_out_bytes(&out, data, n);
    return apr_pstrmemdup(t->pool, out.data, out.n);
}

static void texts(wfp_test_t *t)
{
    static const struct {
        const char *text;
        apr_size_t n;
        const char *json;
    } rows[] = {
        { NULL, 0, "null" },
        { "", 0, "\"\"" },
        { "abc", 3, "\"abc\"" },
        { "abc", 2, "\"ab\"" },
        { "a\"b\\c/", 6, "\"a\\\"b\\\\c/\"" },
        { "\b\f\n\r\t", 5, "\"\\b\\f\\n\\r\\t\"" },
        { "\0\1\x1f\x7f", 4, "\"\\u0000\\u0001\\u001f\\u007f\"" },
        { "\xc3\xa4\xf0\x9f\x98\x80", 6, "\"\xc3\xa4\xf0\x9f\x98\x80\"" },
        { "\xc3", 1, "\"" WFP_UTF8_REPLACEMENT "\"" },
        { "\xc3\xa4", 1, "\"" WFP_UTF8_REPLACEMENT "\"" }, /* cut in it */
        { "\xff\x41\xc0\x80", 4,
          "\"" WFP_UTF8_REPLACEMENT
          "A" WFP_UTF8_REPLACEMENT WFP_UTF8_REPLACEMENT "\"" },
        { NULL, 0, NULL },
    };
    int i;

    for (i = 0; rows[i].json; i++) {
        CHECK_STR(written(t, rows[i].text, rows[i].n), rows[i].json);
    }
}

/* Whatever stands where among eight bytes and behind them. */
static void each_byte_in_each_place(wfp_test_t *t)
{
    int c, at;

    for (c = 0; c < 0x80; c++) {
        for (at = 0; at < 20; at++) {
            char text[20], want[40];
            wfp_json_out_t out;
            int n;

            memset(text, 'z', sizeof(text));
            text[at] = (char)c;
            wfp_json_out_init(&out, 1, t->pool);
            wfp_json_out_bytes(&out, text, sizeof(text));
            n = (int)sizeof(text) + 2;
            if (c >= 0x20 && c < 0x7f && c != '"' && c != '\\') {
                CHECK_INT(out.n, n);
                CHECK(!memcmp(out.data + 1, text, sizeof(text)));
                continue;
            }
            (void)apr_snprintf(want, sizeof(want), "\"%.*s\\", at,
                               "zzzzzzzzzzzzzzzzzzz");
            CHECK(out.n > (apr_size_t)n
                  && !memcmp(out.data, want, strlen(want)));
        }
    }
}

/* What has room in the caller's bytes needs no pool; the rest does not mind. */
static void in_bytes_of_the_callers(wfp_test_t *t)
{
    char bytes[16];
    wfp_json_out_t out;
    int i;

    wfp_json_out_begin(&out, bytes, sizeof(bytes), t->pool);
    wfp_json_out_str(&out, "12345678901234");
    CHECK(out.data == bytes && out.n == sizeof(bytes) && !out.pool);
    for (i = 0; i < 1000; i++) {
        wfp_json_out_int(&out, i % 10);
    }
    CHECK(out.data != bytes && out.n == sizeof(bytes) + 1000);
    CHECK(out.pool && out.pool != t->pool);
    CHECK(!memcmp(out.data, "\"12345678901234\"0123456789", 26));
    wfp_json_out_end(&out);
}

static void integers(wfp_test_t *t)
{
    wfp_json_out_t out;

    wfp_json_out_init(&out, 1, t->pool);
    wfp_json_out_int(&out, 0);
    WFP_JSON_OUT(&out, ",");
    wfp_json_out_int(&out, APR_INT64_MAX);
    WFP_JSON_OUT(&out, ",");
    wfp_json_out_int(&out, APR_INT64_MIN);
    WFP_JSON_OUT(&out, ",");
    wfp_json_out_int(&out, -10);
    CHECK_STR(apr_pstrmemdup(t->pool, out.data, out.n),
              "0,9223372036854775807,-9223372036854775808,-10");
}

static void texts_of_the_programs(wfp_test_t *t)
{
    wfp_json_out_t out;

    wfp_json_out_init(&out, 1, t->pool);
    wfp_json_out_plain(&out, "");
    wfp_json_out_plain(&out, "exceededCpu");
    CHECK_STR(apr_pstrmemdup(t->pool, out.data, out.n), "\"\"\"exceededCpu\"");
}

/* Any bytes are read again, and are the same unless they were no UTF-8. */
static void any_bytes(wfp_test_t *t)
{
    int round;

    srand(850);
    for (round = 0; round < 20000; round++) {
        apr_size_t n = (apr_size_t)(rand() % 24), i;
        char text[32] = { 0 };
        const char *json;
        wfp_json_t *v = NULL;
        wfp_result_t res;
        apr_pool_t *p;

        apr_pool_create(&p, t->pool);
        wfp_result_init(&res, p);
        for (i = 0; i < n; i++) {
            /* often the first byte of a longer character, never a NUL */
            text[i] = (char)(rand() % 3 ? 0x80 + rand() % 128
                                        : 1 + rand() % 127);
        }
        json = written(t, text, n);
        CHECK_INT(wfp_json_parse(&v, json, strlen(json), &res, p), APR_SUCCESS);
        CHECK(v && wfp_json_is_utf8(wfp_json_str(v)));
        if (v && wfp_json_is_utf8(text)) {
            CHECK_STR(wfp_json_str(v), text);
        }
        apr_pool_destroy(p);
    }
}

static void numbers_by_keys(wfp_test_t *t)
{
    static const wfp_json_key_t keys[] = {
        WFP_JSON_KEY(""),
        WFP_JSON_KEY(",\"a\":"),
        WFP_JSON_KEY(","),
        WFP_JSON_KEY(",\"of 32 characters, all of it\":"),
        WFP_JSON_KEY(",\"b\":"),
    };
    apr_int64_t numbers[] = { 0, -1, APR_INT64_MAX, APR_INT64_MIN, 1234567 };
    wfp_json_out_t out;

    wfp_json_out_init(&out, 1, t->pool);
    wfp_json_out_numbers(&out, keys, 0, numbers);
    CHECK_INT(out.n, 0);
    wfp_json_out_numbers(&out, keys, 5, numbers);
    WFP_JSON_OUT(&out, "end");
    CHECK_STR(apr_pstrmemdup(t->pool, out.data, out.n),
              "0,\"a\":-1,9223372036854775807,"
              "\"of 32 characters, all of it\":-9223372036854775808,"
              "\"b\":1234567end");
}

static const wfp_test_case_t cases[] = {
    { "numbers by keys", numbers_by_keys },
    { "texts", texts },
    { "each byte in each place", each_byte_in_each_place },
    { "in bytes of the caller's", in_bytes_of_the_callers },
    { "texts of the program's own", texts_of_the_programs },
    { "integers", integers },
    { "any bytes", any_bytes },
    { NULL, NULL },
};

int main(void)
{
    return wfp_test_run(cases);
}
