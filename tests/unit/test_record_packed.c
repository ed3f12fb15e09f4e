/* SPDX-License-Identifier: Apache-2.0 */
/* Plain records, packed and read again: the line is the same, and bytes that are
 * none are refused. */
#include "core/record_packed.h"

#include <apr_strings.h>
#include <stdlib.h>

#include "core/json.h"
#include "tests/unit/wfp_test.h"

#define HEAD "{\"scriptName\":\"hello\",\"requestId\":"
#define HEX  "0123456789abcdef0123456789abcdef"

#define RANGE ((apr_int64_t)1 << 48)

static wfp_record_plain_t *make(wfp_test_t *t)
{
    wfp_record_plain_t *plain = apr_pcalloc(t->pool, sizeof(*plain));
    wfp_headers_t *headers = wfp_headers_make(t->pool);
    int i;

    wfp_headers_addn(headers, "Host", "a.example");
    wfp_headers_addn(headers, "Cookie", "of=mine");
    wfp_headers_addn(headers, "x-\"quoted\"", "\xff\"\\\x01");
    wfp_headers_addn(headers, "empty", "");
    wfp_headers_addn(headers, "host", "again");
    plain->head = HEAD;
    plain->head_n = sizeof(HEAD) - 1;
    plain->id = HEX;
    plain->request.method = "GET";
    plain->request.url = "http://a.example/" HEX "?q=1";
    plain->request.client = "127.0.0.1";
    plain->request.headers = headers;
    for (i = 0; i < WFP_RECORD_NUMBERS; i++) {
        plain->numbers[i] = i;
    }
    return plain;
}

static const char *line_of(wfp_test_t *t, const wfp_record_plain_t *plain)
{
    wfp_json_out_t out;

    wfp_json_out_init(&out, 1, t->pool);
    wfp_record_plain_tell(&out, plain, t->pool);
    return apr_pstrmemdup(t->pool, out.data, out.n);
}

/* Packed at a multiple of 8. @return NULL: it is not */
static const char *pack(wfp_test_t *t, apr_size_t *pn,
                        const wfp_record_plain_t *plain)
{
    wfp_record_packing_t packing;
    char *bytes;

    *pn = wfp_record_packed_plan(&packing, plain);
    if (*pn == 0) {
        return NULL;
    }
    bytes = apr_pcalloc(t->pool, *pn);
    wfp_record_packed_put(bytes, &packing, plain);
    return bytes;
}

/* It comes out as it went in. */
static void check(wfp_test_t *t, const wfp_record_plain_t *plain)
{
    wfp_record_unpacked_t unpacked;
    apr_size_t n;
    const char *bytes = pack(t, &n, plain);

    CHECK(bytes);
    memset(&unpacked, 0xa5, sizeof(unpacked));
    CHECK(wfp_record_packed_get(&unpacked, bytes, n));
    CHECK_STR(line_of(t, &unpacked.plain), line_of(t, plain));
}

static void lines(wfp_test_t *t)
{
    static const char start[] = HEAD
        "\"" HEX "\",\"event\":{\"request\":{\"method\":\"GET\",\"url\":"
        "\"http://a.example/REDACTED?q=1\",\"headers\":{"
        "\"cf-connecting-ip\":\"127.0.0.1\",\"host\":\"a.example, again\","
        "\"cookie\":\"REDACTED\",";
    wfp_record_plain_t *plain = make(t);
    const char *line = line_of(t, plain);
    apr_size_t n = strlen(line);
    wfp_json_t *json;

    CHECK(!strncmp(line, start, sizeof(start) - 1));
    CHECK(strstr(line, "\"response\":{\"status\":1}"));
    CHECK(strstr(line, ",\"outcome\":\"ok\",\"cpuTimeUs\":2,\"cpuTime\":0,"
                       "\"wallTime\":3,\"instructions\":4,\"memoryPeak\":5,"
                       "\"subrequests\":6,\"coldStart\":true,"
                       "\"truncated\":false}\n"));
    CHECK_INT(line[n - 1], '\n');
    CHECK_INT(wfp_json_parse(&json, line, n - 1, NULL, t->pool), APR_SUCCESS);
    check(t, plain);
}

static void each_part_may_be_absent(wfp_test_t *t)
{
    wfp_record_plain_t *plain = make(t);

    plain->request.client = NULL;
    check(t, plain);
    plain->request.url = NULL;
    check(t, plain);
    plain->request.method = NULL;
    check(t, plain);
    plain->request.method = "";
    check(t, plain);
    plain->request.url = "";
    plain->request.client = "";
    check(t, plain);
    plain->request.headers = wfp_headers_make(t->pool);
    check(t, plain);
    plain->id = "";
    plain->head_n = 0;
    memset(plain->numbers, 0, sizeof(plain->numbers));
    check(t, plain);
    CHECK(!strstr(line_of(t, plain), "response"));
}

static void numbers(wfp_test_t *t)
{
    static const apr_int64_t values[] = {
        0, 1, 9, 10, 99, RANGE / 2, RANGE - 1
    };
    wfp_record_plain_t *plain = make(t);
    wfp_record_packing_t packing;
    apr_size_t k;
    int i;

    for (i = 0; i < WFP_RECORD_NUMBERS; i++) {
        for (k = 0; k < sizeof(values) / sizeof(*values); k++) {
            plain->numbers[i] = values[k];
            check(t, plain);
        }
        plain->numbers[i] = RANGE;
        CHECK_INT(wfp_record_packed_plan(&packing, plain), 0);
        plain->numbers[i] = -1;
        CHECK_INT(wfp_record_packed_plan(&packing, plain), 0);
        plain->numbers[i] = 0;
    }
}

static char *filled(wfp_test_t *t, int c, apr_size_t n)
{
    char *text = apr_pcalloc(t->pool, n + 1);

    memset(text, c, n);
    return text;
}

static void what_is_too_much_is_not_packed(wfp_test_t *t)
{
    wfp_record_plain_t *plain = make(t);
    wfp_headers_t *headers = wfp_headers_make(t->pool);
    wfp_record_packing_t packing;
    apr_size_t n = wfp_record_packed_plan(&packing, plain);
    int i;

    CHECK(n > 0);
    plain->request.url = filled(t, 'u',
                                strlen(plain->request.url)
                                    + WFP_RECORD_PACKED_MAX - n);
    CHECK_INT(wfp_record_packed_plan(&packing, plain), WFP_RECORD_PACKED_MAX);
    check(t, plain);
    plain->request.url = apr_pstrcat(t->pool, plain->request.url, "uuuuuuuu",
                                     NULL);
    CHECK_INT(wfp_record_packed_plan(&packing, plain), 0);

    plain->request.url = "u";
    plain->request.headers = headers;
    for (i = 0; i < WFP_RECORD_PACKED_HEADERS; i++) {
        wfp_headers_addn(headers, apr_psprintf(t->pool, "h%d", i), "v");
        check(t, plain);
    }
    wfp_headers_addn(headers, "one-more", "v");
    CHECK_INT(wfp_record_packed_plan(&packing, plain), 0);
    plain->request.headers = NULL;
    CHECK_INT(wfp_record_packed_plan(&packing, plain), 0);
}

/* Whatever a client sends, wherever it comes to lie. */
static void no_word_is_a_place(wfp_test_t *t)
{
    wfp_record_plain_t *plain = make(t);
    wfp_headers_t *headers = wfp_headers_make(t->pool);
    apr_size_t i, k, at, n;

    plain->request.headers = headers;
    wfp_headers_addn(headers, "", "");
    wfp_headers_addn(headers, "\x01", "\x01\x01");
    memset(plain->numbers, 0, sizeof(plain->numbers));
    for (i = 0; i < 300; i++) {
        plain->request.url = filled(t, 1, i);
        for (k = 0; k < 10; k++) {
            const char *bytes;

            plain->request.method = k ? filled(t, 1, k) : NULL;
            bytes = pack(t, &n, plain);
            for (at = 0; at < n; at += 8) {
                apr_uint64_t word;

                memcpy(&word, bytes + at, sizeof(word));
                word &= ~((apr_uint64_t)1 << 63); /* as the ring does */
                CHECK(word >= (apr_uint64_t)RANGE);
            }
        }
    }
}

static void bytes_that_are_none(wfp_test_t *t)
{
    wfp_record_unpacked_t unpacked;
    apr_size_t n, i;
    const char *bytes = pack(t, &n, make(t));
    int bit;

    for (i = 0; i < n; i++) {
        char *copy = malloc(n); /* its end is known to whoever checks memory */

        memcpy(copy, bytes, i);
        CHECK(!wfp_record_packed_get(&unpacked, copy, i));
        memcpy(copy, bytes, n);
        for (bit = 0; bit < 8; bit++) {
            copy[i] = (char)(bytes[i] ^ 1 << bit);
            if (wfp_record_packed_get(&unpacked, copy, n)) {
                CHECK(strlen(line_of(t, &unpacked.plain)) > 0);
            }
        }
        free(copy);
    }
}

int main(void)
{
    static const wfp_test_case_t cases[] = {
        { "lines", lines },
        { "each part may be absent", each_part_may_be_absent },
        { "numbers", numbers },
        { "what is too much is not packed", what_is_too_much_is_not_packed },
        { "no word is a place", no_word_is_a_place },
        { "bytes that are none", bytes_that_are_none },
        { NULL, NULL },
    };

    return wfp_test_run(cases);
}
