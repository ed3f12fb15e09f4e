/* SPDX-License-Identifier: Apache-2.0 */
#include "core/redact.h"

#include <apr_strings.h>
#include <string.h>

#include "tests/unit/wfp_test.h"

#define HEX32 "0123456789abcdefABCDEF9876543210"

static void headers_that_are_secrets(wfp_test_t *t)
{
    static const char *const secret[] = {
        "cookie",       "Set-Cookie", "authorization",
        "X-AUTH-EMAIL", "x-api-key",  "Client-Secret",
        "csrfToken",    "jwt",        "cf-access-jwt-assertion",
        "monkey",       "authority"
    };
    static const char *const told[] = { "",         "a",          "cookies",
                                        "x-cookie", "user-agent", "aut",
                                        "tok-en" };
    apr_size_t i;

    for (i = 0; i < sizeof(secret) / sizeof(secret[0]); i++) {
        CHECK(wfp_redact_is_secret(secret[i]));
    }
    for (i = 0; i < sizeof(told) / sizeof(told[0]); i++) {
        CHECK(!wfp_redact_is_secret(told[i]));
    }
}

static void ids_in_addresses(wfp_test_t *t)
{
    static const char *const rows[][2] = {
        { "http://a.example/x?y=z", NULL },
        { "", NULL },
        { "/" HEX32, "/REDACTED" },
        { "/" HEX32 "0/a/" HEX32 "?k=" HEX32,
          "/REDACTED/a/REDACTED?k=REDACTED" },
        { "/0123456789abcdef012345678901234", NULL },
        { "/" HEX32 "g", "/REDACTED" }, /* by the second rule */
        { "/0123456789abcdef0123456789abcdefg", NULL },
        { "/01234567-89ab-cdef-0123-456789abcdef", "/REDACTED" },
        { "/ABab12xxxxxxxxxxxxxxx", "/REDACTED" },
        { "/ABab12xxxxxxxxxxxxxx", NULL }, /* 20 */
        { "/AxxxB1xxxxxxxxxxxxxxx", NULL },
        { "/ABCDEFGHIJKLMNOPQRS12", NULL },
        { "/ABa-_+12xxxxxxxxxxxxx.", "/REDACTED." },
        { "/ABab12xxxxxxx%20xxxxxxxx", NULL },
    };
    apr_size_t i;

    for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        CHECK_STR(wfp_redact_url(rows[i][0], t->pool),
                  rows[i][1] ? rows[i][1] : rows[i][0]);
    }
    CHECK(wfp_redact_url(NULL, t->pool) == NULL);
}

/* Wherever an id begins, and whatever is around it. */
static void ids_anywhere(wfp_test_t *t)
{
    static const char id[] = "ABab12xxxxxxxxxxxxxxx"; /* the shortest */
    apr_size_t before, after;

    for (before = 0; before < 70; before++) {
        for (after = 0; after < 30; after++) {
            char around[128], url[128];

            memset(around, '/', sizeof(around));
            around[before / 2] = 'a'; /* a run that is none */
            (void)apr_snprintf(url, sizeof(url), "%.*s/%s%.*s", (int)before,
                               around, id, (int)after, around + 64);
            CHECK_STR(wfp_redact_url(url, t->pool),
                      apr_psprintf(t->pool, "%.*s/REDACTED%.*s", (int)before,
                                   around, (int)after, around + 64));
        }
    }
}

static const wfp_test_case_t cases[] = {
    { "headers that are secrets", headers_that_are_secrets },
    { "ids in addresses", ids_in_addresses },
    { "ids anywhere", ids_anywhere },
    { NULL, NULL },
};

int main(void)
{
    return wfp_test_run(cases);
}
