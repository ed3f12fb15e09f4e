/* SPDX-License-Identifier: Apache-2.0 */
/* Heads of messages as they come and go. */
#include "outbound/head.h"

#include <apr_strings.h>

#include "tests/unit/wfp_test.h"

static apr_status_t parse(wfp_test_t *t, const char *text,
                          wfp_response_t **presp, apr_off_t *plength)
{
    return wfp_head_parse(presp, plength, apr_pstrdup(t->pool, text), t->pool);
}

static void a_head_is_parsed(wfp_test_t *t)
{
    wfp_response_t *resp;
    apr_off_t length;

    CHECK_INT(parse(t,
                    "HTTP/1.1 200 All right \r\nA: 1\r\nB:\r\nC:  x y  \r\n"
                    " more\r\n\tstill\r\nno field\r\n: none\r\nb ad: 1\r\n"
                    "Content-Length: 12\r\n",
                    &resp, &length),
              0);
    CHECK_INT(resp->status, 200);
    CHECK_STR(resp->status_text, "All right");
    CHECK_INT(resp->headers->count, 4);
    CHECK_STR(wfp_headers_get(resp->headers, "B"), "");
    CHECK_STR(wfp_headers_get(resp->headers, "C"), "x y more still");
    CHECK_INT(length, 12);
}

static void status_lines(wfp_test_t *t)
{
    wfp_response_t *resp;
    apr_off_t length;

    CHECK_INT(parse(t, "HTTP/2 204 \r\n", &resp, &length), 0);
    CHECK_STR(resp->status_text, "");
    CHECK_INT(parse(t, "HTTP/1.0 404\n", &resp, &length), 0);
    CHECK_INT(length, -1);
    CHECK(parse(t, "HTTP/1.1 101 Switching\r\n", &resp, &length) != 0);
    CHECK(parse(t, "HTTP/1.1 600 Odd\r\n", &resp, &length) != 0);
    CHECK(parse(t, "HTTP/1.1 2000 Odd\r\n", &resp, &length) != 0);
    CHECK(parse(t, "HTTP/1.1 20\r\n", &resp, &length) != 0);
    CHECK(parse(t, "ICY 200 OK\r\n", &resp, &length) != 0);
    CHECK(parse(t, "", &resp, &length) != 0);
    CHECK_INT(wfp_head_status("HTTP/1.1 200", 12), 0);
    CHECK_INT(wfp_head_status("HTTP/1.1 200\r\n", 14), 200);
}

static void lengths(wfp_test_t *t)
{
    wfp_response_t *resp;
    apr_off_t length;

    CHECK_INT(parse(t,
                    "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n"
                    "Transfer-Encoding: chunked\r\n",
                    &resp, &length),
              0);
    CHECK_INT(length, -1);
    CHECK(!wfp_headers_get(resp->headers, "Content-Length"));
    CHECK(!wfp_headers_get(resp->headers, "Transfer-Encoding"));
    CHECK(parse(t,
                "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n"
                "content-length: 6\r\n",
                &resp, &length)
          != 0);
    CHECK_INT(parse(t, "HTTP/1.1 200 OK\r\nContent-Length: +5\r\n", &resp,
                    &length),
              0);
    CHECK_INT(length, -1);
    CHECK_INT(parse(t,
                    "HTTP/1.1 200 OK\r\nConnection: close, Content-Length\r\n"
                    "Content-Length: 5\r\n",
                    &resp, &length),
              0);
    CHECK_INT(length, 5);
}

static void what_is_sent(wfp_test_t *t)
{
    static const char *const dropped[] = { "connection",
                                           "Keep-Alive",
                                           "TE",
                                           "trailer",
                                           "Transfer-Encoding",
                                           "Upgrade",
                                           "Proxy-Authorization",
                                           "proxy-connection",
                                           "Host",
                                           "content-length",
                                           "Expect",
                                           NULL };
    const char *const *d;

    for (d = dropped; *d; d++) {
        CHECK(wfp_head_is_dropped(*d));
    }
    CHECK(!wfp_head_is_dropped("Accept"));
    CHECK(!wfp_head_is_dropped("Authorization"));
    CHECK(wfp_head_is_method("GET") && wfp_head_is_method("M-SEARCH"));
    CHECK(!wfp_head_is_method("connect") && !wfp_head_is_method("TRACE"));
    CHECK(!wfp_head_is_method("") && !wfp_head_is_method("GET /"));
}

static const wfp_test_case_t cases[] = {
    { "a head is parsed", a_head_is_parsed },
    { "status lines", status_lines },
    { "lengths", lengths },
    { "what is sent", what_is_sent },
    { NULL, NULL },
};

int main(void)
{
    return wfp_test_run(cases);
}
