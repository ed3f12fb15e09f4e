/* SPDX-License-Identifier: Apache-2.0 */
/* Names of hosts: one form, what is refused, which wildcards cover one. */
#include "core/hostname.h"

#include <string.h>

#include "tests/unit/wfp_test.h"

#define L10 "abcdefghij"
#define L63 L10 L10 L10 L10 L10 L10 "abc"

typedef struct pair_t {
    const char *from;
    const char *to; /* "": refused */
} pair_t;

static void requests(wfp_test_t *t)
{
    static const pair_t all[] = {
        { "shop.example.com", "shop.example.com" },
        { "Shop.EXAMPLE.com:8443", "shop.example.com" },
        { "shop.example.com.", "shop.example.com" },
        { "shop.example.com.:80", "shop.example.com" },
        { "localhost", "localhost" },
        { "localhost:", "localhost" },
        { "XN--Mnchen-3ya.de", "xn--mnchen-3ya.de" },
        { "a_b.example.com", "a_b.example.com" },
        { "192.0.2.1:80", "192.0.2.1" },
        { "[2001:DB8:0::1]:80", "[2001:db8::1]" },
        { "[::1]", "[::1]" },
        { L63 ".com", L63 ".com" },
        { NULL, "" },
        { "", "" },
        { ".", "" },
        { ".example.com", "" },
        { "a..b", "" },
        { "a.b..", "" },
        { "-a.com", "" },
        { "a-.com", "" },
        { "*.example.com", "" },
        { "a b", "" },
        { "a/b", "" },
        { "a.com:8x", "" },
        { "a.com:1234567", "" },
        { "a.com:80:80", "" },
        { "m\xc3\xbcnchen.de", "" },
        { "[::1", "" },
        { "[::1]x", "" },
        { "[fe80::1%25eth0]", "" },
        { "[1.2.3.4]", "" },
        { "::1", "[::1]" },
        { "::x", "" },
        { "1:2:3", "" },
        { L63 "d.com", "" },
    };
    char out[WFP_HOSTNAME_SIZE];
    apr_size_t i, n;

    for (i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
        n = wfp_hostname_of_request(out, all[i].from);
        CHECK_STR(n ? out : "", all[i].to);
        CHECK_INT(n, strlen(all[i].to));
    }
}

static void entries(wfp_test_t *t)
{
    static const pair_t all[] = {
        { "Shop.Example.com.", "shop.example.com" },
        { "*.Example.com", "*.example.com" },
        { "*.com", "*.com" },
        { "[::0001]", "[::1]" },
        { "*", "" },
        { "*.", "" },
        { "*.*.com", "" },
        { "a.*.com", "" },
        { "*a.com", "" },
        { "*.[::1]", "" },
        { "a.com:80", "" },
        { "*.com:80", "" },
        { NULL, "" },
    };
    char out[WFP_HOSTNAME_SIZE];
    apr_size_t i, n;

    for (i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
        n = wfp_hostname_of_entry(out, all[i].from);
        CHECK_STR(n ? out : "", all[i].to);
    }
}

/* 253 bytes fit, 254 do not, whatever the last label's length. */
static void longest(wfp_test_t *t)
{
    char host[300], out[WFP_HOSTNAME_SIZE];
    int last;

    for (last = 55; last < 64; last++) {
        (void)snprintf(host, sizeof(host), "%s.%s.%s.%.*s", L63, L63, L63, last,
                       L63);
        CHECK_INT(wfp_hostname_of_request(out, host),
                  strlen(host) <= WFP_HOSTNAME_MAX ? strlen(host) : 0);
        (void)snprintf(host, sizeof(host), "*.%s.%s.%s.%.*s", L63, L63, L63,
                       last, L63);
        CHECK_INT(wfp_hostname_of_entry(out, host),
                  strlen(host) <= WFP_HOSTNAME_MAX ? strlen(host) : 0);
    }
}

static void wider(wfp_test_t *t)
{
    const char *host = "a.bc.example.com";
    apr_size_t at = wfp_hostname_wider(host, 0);

    CHECK_STR(host + at, ".bc.example.com");
    at = wfp_hostname_wider(host, at);
    CHECK_STR(host + at, ".example.com");
    at = wfp_hostname_wider(host, at);
    CHECK_STR(host + at, ".com");
    CHECK_INT(wfp_hostname_wider(host, at), 0);
    CHECK_INT(wfp_hostname_wider("localhost", 0), 0);
    CHECK_INT(wfp_hostname_wider("[::ffff:1.2.3.4]", 0), 0);
}

static const wfp_test_case_t cases[] = {
    { "the host of a request", requests },
    { "entries of the table", entries },
    { "the longest name", longest },
    { "wildcards that cover a host", wider },
    { NULL, NULL },
};

int main(void)
{
    return wfp_test_run(cases);
}
