/* SPDX-License-Identifier: Apache-2.0 */
#include "core/headers.h"

#include <apr_strings.h>
#include <string.h>

#include "core/message.h"
#include "tests/unit/wfp_test.h"

static void names_have_no_case(wfp_test_t *t)
{
    wfp_headers_t *h = wfp_headers_make(t->pool);

    wfp_headers_add(h, "Set-Cookie", "a=1");
    wfp_headers_add(h, "set-cookie", "b=2");
    wfp_headers_add(h, "X-Other", "o");
    CHECK_STR(wfp_headers_get(h, "SET-COOKIE"), "a=1");
    CHECK_INT(wfp_headers_unset(h, "Set-cookie"), 2);
    CHECK_INT(h->count, 1);
    wfp_headers_set(h, "x-other", "new");
    CHECK_STR(wfp_headers_get(h, "X-Other"), "new");
    CHECK_INT(h->count, 1);
    CHECK(wfp_headers_get(h, "missing") == NULL);
}

static void grows_and_clones(wfp_test_t *t)
{
    wfp_headers_t *h = wfp_headers_make(t->pool), *copy;
    int i;

    for (i = 0; i < 100; i++) {
        wfp_headers_addn(h, "n", i == 99 ? "last" : "v");
    }
    copy = wfp_headers_clone(h, t->pool);
    CHECK_INT(copy->count, 100);
    CHECK_STR(copy->list[99].value, "last");
    CHECK(copy->list[99].value != h->list[99].value);
}

static void grammar(wfp_test_t *t)
{
    CHECK(wfp_headers_is_name("x-a_b.c~", 8));
    CHECK(!wfp_headers_is_name("", 0) && !wfp_headers_is_name("a b", 3));
    CHECK(!wfp_headers_is_name("a:", 2) && !wfp_headers_is_name("a\0", 2));
    CHECK(!wfp_headers_is_name("\xe4", 1));
    CHECK(wfp_headers_is_value("", 0) && wfp_headers_is_value("a\tb\xff", 4));
    CHECK(!wfp_headers_is_value("a\rb", 3) && !wfp_headers_is_value("\n", 1));
    CHECK(!wfp_headers_is_value("a\0b", 3));
}

static void messages(wfp_test_t *t)
{
    wfp_request_t *req = wfp_request_make("GET", "http://a/", t->pool);
    wfp_response_t *resp = wfp_response_make(404, t->pool);

    CHECK(req->headers && resp->headers && !req->body && !resp->body);
    CHECK_STR(wfp_response_reason(404), "Not Found");
    CHECK_STR(wfp_response_reason(299), "");
    CHECK(wfp_response_may_have_body(200));
    CHECK(!wfp_response_may_have_body(204));
    CHECK(!wfp_response_may_have_body(304));
    CHECK(!wfp_response_may_have_body(101));
}

static void values_lose_outer_blanks(wfp_test_t *t)
{
    static const char *const rows[][2] = {
        { "a", "a" },   { " \ta b\t ", "a b" }, { "", "" },
        { " \t ", "" }, { "\ra ", "\ra" },
    };
    apr_size_t i;

    for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        apr_size_t n = strlen(rows[i][0]);
        const char *s = wfp_headers_trim(rows[i][0], &n);

        CHECK_STR(apr_pstrmemdup(t->pool, s, n), rows[i][1]);
    }
}

static void names_become_lower_case(wfp_test_t *t)
{
    char low[] = "--------?";
    char all[256];
    int i;

    wfp_headers_lower(low, "X-a@AZ[z", 8);
    CHECK_STR(low, "x-a@az[z?");
    for (i = 0; i < 256; i++) {
        all[i] = (char)i;
    }
    wfp_headers_lower(all + 1, all + 1, 255); /* not a multiple of a word */
    for (i = 0; i < 256; i++) {
        CHECK_INT((unsigned char)all[i], i >= 'A' && i <= 'Z' ? i + 32 : i);
    }
}

static const wfp_test_case_t cases[] = {
    { "values lose outer blanks", values_lose_outer_blanks },
    { "names become lower case", names_become_lower_case },
    { "names have no case", names_have_no_case },
    { "a list grows and clones", grows_and_clones },
    { "grammar of names and values", grammar },
    { "messages", messages },
    { NULL, NULL },
};

int main(void)
{
    return wfp_test_run(cases);
}
