/* SPDX-License-Identifier: Apache-2.0 */
/* Heads of messages as they come and go. */
#include "outbound/head.h"

#include <apr_strings.h>
#include <string.h>

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
    static const char *const wrong[] = {
        "+5", "-5", "5, 6", "5x", "many", "", "99999999999999999999", NULL
    };
    int i;
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
    for (i = 0; wrong[i]; i++) {
        CHECK(parse(t,
                    apr_psprintf(t->pool,
                                 "HTTP/1.1 200 OK\r\nContent-Length: %s\r\n",
                                 wrong[i]),
                    &resp, &length)
              != 0);
    }
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

static int is_coded(const char *line)
{
    return wfp_head_is_coded(line, strlen(line));
}

static void codings_and_methods(wfp_test_t *t)
{
    CHECK(!is_coded("Transfer-Encoding: chunked\r\n"));
    CHECK(!is_coded("transfer-encoding:\t CHUNKED \t\r\n"));
    CHECK(!is_coded("Transfer-Encodings: gzip\r\n"));
    CHECK(!is_coded("Content-Encoding: gzip\r\n") && !is_coded(""));
    CHECK(is_coded("Transfer-Encoding:\r\n") && is_coded("Transfer-Encoding:"));
    CHECK(is_coded("Transfer-Encoding: gzip, chunked\r\n"));
    CHECK(is_coded("Transfer-Encoding: identity\r\n"));
    CHECK(is_coded("Transfer-Encoding: chunked;q=1\r\n"));
    CHECK(is_coded("TRANSFER-ENCODING: chunkedx\r\n"));
    CHECK(wfp_head_is_idempotent("GET") && wfp_head_is_idempotent("DELETE"));
    CHECK(!wfp_head_is_idempotent("POST") && !wfp_head_is_idempotent("get"));
}

static wfp_headers_t *fields(wfp_test_t *t, const char *const *list)
{
    wfp_headers_t *h = wfp_headers_make(t->pool);

    for (; *list; list += 2) {
        wfp_headers_addn(h, list[0], list[1]);
    }
    return h;
}

static void what_ends_with_the_connection(wfp_test_t *t)
{
    static const char *const list[] = { "Connection",
                                        "close, X-One,,\tx-two ",
                                        "X-One",
                                        "1",
                                        "X-Two",
                                        "2",
                                        "X-Oneself",
                                        "3",
                                        "connection",
                                        "x-three, content-type",
                                        "X-Three",
                                        "4",
                                        "Content-Type",
                                        "text/plain",
                                        "Keep-Alive",
                                        "timeout=5",
                                        "Proxy-Authorization",
                                        "x",
                                        "Trailer",
                                        "x",
                                        NULL };
    wfp_headers_t *h = fields(t, list), *kept;

    kept = wfp_head_end_to_end(h, t->pool);
    CHECK_INT(kept->count, 2);
    CHECK_STR(kept->list[0].name, "X-Oneself");
    CHECK_STR(kept->list[1].name, "Content-Type");
    CHECK_INT(h->count, 10);
    CHECK(wfp_head_is_listed(h, "X-THREE"));
    CHECK(!wfp_head_is_listed(h, "X-On"));
    CHECK(!wfp_head_is_listed(h, "Content-Type"));
}

static void what_only_hops_say(wfp_test_t *t)
{
    static const char *const reserved[] = { "X-Forwarded-For",
                                            "x-forwarded-proto",
                                            "X_Forwarded_For",
                                            "X-Forwarded",
                                            "Forwarded",
                                            "VIA",
                                            "CF-Ray",
                                            "cf_connecting_ip",
                                            "CF-",
                                            "X-Wfp-Worker",
                                            "x_wfp-anything",
                                            "CDN-Loop",
                                            "cdn_loop",
                                            "X-Real-IP",
                                            "True_Client-IP",
                                            "X-Client-Ip",
                                            NULL };
    static const char *const free_ones[] = {
        "X-Forward", "Viaduct",       "Vi",         "CF",     "X-Wfp", "C",
        "",          "Forwarded-For", "X-Real-IPs", "Accept", NULL
    };
    const char *const *name;

    for (name = reserved; *name; name++) {
        CHECK(wfp_head_is_reserved(*name));
    }
    for (name = free_ones; *name; name++) {
        CHECK(!wfp_head_is_reserved(*name));
    }
}

static void what_leaves_a_tenants_hands(wfp_test_t *t)
{
    static const char *const list[] = { "Via",
                                        "1.1 x",
                                        "Accept",
                                        "a",
                                        "Connection",
                                        "Accept-Language",
                                        "Accept-Language",
                                        "de",
                                        "CF-Ray",
                                        "1",
                                        "Authorization",
                                        "b",
                                        NULL };
    wfp_request_t *req = wfp_request_make("PUT", "http://a.example/", t->pool);
    wfp_request_t *clean;

    req->headers = fields(t, list);
    req->body = wfp_body_mem("x", 1, t->pool);
    clean = wfp_head_of_tenant(req, t->pool);
    CHECK_STR(clean->method, "PUT");
    CHECK(clean->body == req->body);
    CHECK_INT(clean->headers->count, 2);
    CHECK_STR(clean->headers->list[0].name, "Accept");
    CHECK_STR(clean->headers->list[1].name, "Authorization");
    CHECK_INT(req->headers->count, 6);
}

static void two_connection_fields(wfp_test_t *t)
{
    wfp_response_t *resp;
    apr_off_t length;

    CHECK_INT(parse(t,
                    "HTTP/1.1 200 OK\r\nConnection: close\r\nX-A: 1\r\n"
                    "Connection: X-A\r\nX-B: 2\r\n",
                    &resp, &length),
              0);
    CHECK_INT(resp->headers->count, 1);
    CHECK_STR(resp->headers->list[0].name, "X-B");
}

static const wfp_test_case_t cases[] = {
    { "a head is parsed", a_head_is_parsed },
    { "status lines", status_lines },
    { "lengths", lengths },
    { "what is sent", what_is_sent },
    { "codings and methods", codings_and_methods },
    { "what ends with the connection", what_ends_with_the_connection },
    { "what only hops say", what_only_hops_say },
    { "what leaves a tenant's hands", what_leaves_a_tenants_hands },
    { "two Connection fields", two_connection_fields },
    { NULL, NULL },
};

int main(void)
{
    return wfp_test_run(cases);
}
