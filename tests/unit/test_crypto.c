/* SPDX-License-Identifier: Apache-2.0 */
/* core/crypto.c: random bytes, digests, sealing. */
#include "core/crypto.h"

#include <apr_strings.h>
#include <ctype.h>

#include "wfp_test.h"

#define CONTEXT "production/customer-a/API_KEY"

static const unsigned char key[WFP_KEY_SIZE] =
    "0123456789abcdef0123456789abcde";
static const unsigned char other[WFP_KEY_SIZE] =
    "0123456789abcdef0123456789abcdE";

static void random_differs(wfp_test_t *t)
{
    unsigned char a[32], b[32];

    memset(a, 0, sizeof(a));
    CHECK_INT(wfp_crypto_random(a, sizeof(a)), APR_SUCCESS);
    CHECK_INT(wfp_crypto_random(b, sizeof(b)), APR_SUCCESS);
    CHECK(memcmp(a, b, sizeof(a)) != 0);
    CHECK_INT(wfp_crypto_random(a, 0), APR_SUCCESS);
    CHECK_INT(wfp_crypto_random(a, APR_SIZE_MAX), APR_EGENERAL);
}

static void uuid_is_version_4(wfp_test_t *t)
{
    char a[WFP_UUID_SIZE], b[WFP_UUID_SIZE];
    int i;

    CHECK_INT(wfp_crypto_uuid(a), APR_SUCCESS);
    CHECK_INT(wfp_crypto_uuid(b), APR_SUCCESS);
    CHECK_INT(strlen(a), 36);
    for (i = 0; i < 36; i++) {
        if (i == 8 || i == 13 || i == 18 || i == 23) {
            CHECK_INT(a[i], '-');
        }
        else {
            CHECK(isdigit((unsigned char)a[i]) || (a[i] >= 'a' && a[i] <= 'f'));
        }
    }
    CHECK_INT(a[14], '4');
    CHECK(strchr("89ab", a[19]) != NULL);
    CHECK(strcmp(a, b) != 0);
}

static void hex_is_lower_case(wfp_test_t *t)
{
    CHECK_STR(wfp_crypto_hex("\x00\x7f\xAB\xff", 4, t->pool), "007fabff");
    CHECK_STR(wfp_crypto_hex("", 0, t->pool), "");
}

/* FIPS 180-4's own examples */
static void sha256_is_right(wfp_test_t *t)
{
    CHECK_STR(
        wfp_crypto_sha256_hex("abc", 3, t->pool),
        "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    CHECK_STR(
        wfp_crypto_sha256_hex("", 0, t->pool),
        "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
}

static void equal_compares(wfp_test_t *t)
{
    CHECK_INT(wfp_crypto_equal("abc", "abc", 3), 1);
    CHECK_INT(wfp_crypto_equal("abc", "abd", 3), 0);
    CHECK_INT(wfp_crypto_equal("abc", "abd", 2), 1);
    CHECK_INT(wfp_crypto_equal("", "", 0), 1);
}

static void sealed_text_opens(wfp_test_t *t)
{
    const char *sealed, *again, *text;
    apr_size_t n;

    CHECK_INT(wfp_crypto_seal(&sealed, key, CONTEXT, "s\0cret", 6, t->pool),
              APR_SUCCESS);
    CHECK_INT(wfp_crypto_open(&text, &n, key, CONTEXT, sealed, t->pool),
              APR_SUCCESS);
    CHECK_INT(n, 6);
    CHECK(!memcmp(text, "s\0cret", 7));
    /* a nonce is used once */
    CHECK_INT(wfp_crypto_seal(&again, key, CONTEXT, "s\0cret", 6, t->pool),
              APR_SUCCESS);
    CHECK(strcmp(sealed, again) != 0);
}

static void sealing_takes_any_size(wfp_test_t *t)
{
    const char *sealed, *text;
    apr_size_t n, got;
    char *big = apr_palloc(t->pool, 70000);

    memset(big, 'x', 70000);
    for (n = 0; n < 70; n++) {
        CHECK_INT(wfp_crypto_seal(&sealed, key, "", big, n, t->pool),
                  APR_SUCCESS);
        CHECK_INT(wfp_crypto_open(&text, &got, key, "", sealed, t->pool),
                  APR_SUCCESS);
        CHECK_INT(got, n);
        CHECK_INT(strlen(text), n);
    }
    CHECK_INT(wfp_crypto_seal(&sealed, key, "", big, 70000, t->pool),
              APR_SUCCESS);
    CHECK_INT(wfp_crypto_open(&text, &got, key, "", sealed, t->pool),
              APR_SUCCESS);
    CHECK(got == 70000 && !memcmp(text, big, 70000));
    CHECK_INT(wfp_crypto_seal(&sealed, key, "", big, APR_SIZE_MAX, t->pool),
              APR_EINVAL);
}

static void wrong_key_or_context_does_not_open(wfp_test_t *t)
{
    static const char *const contexts[] = { "", "production/customer-b/API_KEY",
                                            CONTEXT "2", "production" };
    const char *sealed, *text = "untouched";
    apr_size_t n = 77, i;

    CHECK_INT(wfp_crypto_seal(&sealed, key, CONTEXT, "secret", 6, t->pool),
              APR_SUCCESS);
    CHECK_INT(wfp_crypto_open(&text, &n, other, CONTEXT, sealed, t->pool),
              APR_EINVAL);
    for (i = 0; i < sizeof(contexts) / sizeof(contexts[0]); i++) {
        CHECK_INT(wfp_crypto_open(&text, &n, key, contexts[i], sealed, t->pool),
                  APR_EINVAL);
    }
    CHECK_STR(text, "untouched");
    CHECK_INT(n, 77);
}

static void changed_text_does_not_open(wfp_test_t *t)
{
    const char *sealed, *text = "untouched";
    apr_size_t n = 0, i, len;
    char *copy;
    int bit;

    CHECK_INT(wfp_crypto_seal(&sealed, key, CONTEXT, "secret", 6, t->pool),
              APR_SUCCESS);
    len = strlen(sealed);
    for (i = 0; i < len; i++) {
        /* every bit; bit 8: cut here */
        for (bit = 0; bit < 9; bit++) {
            copy = apr_pstrdup(t->pool, sealed);
            copy[i] = bit < 8 ? (char)(copy[i] ^ (1 << bit)) : '\0';
            CHECK_INT(wfp_crypto_open(&text, &n, key, CONTEXT, copy, t->pool),
                      APR_EINVAL);
        }
    }
    CHECK_INT(wfp_crypto_open(&text, &n, key, CONTEXT,
                              apr_pstrcat(t->pool, sealed, "A", NULL), t->pool),
              APR_EINVAL);
    CHECK_INT(wfp_crypto_open(&text, &n, key, CONTEXT,
                              apr_pstrcat(t->pool, sealed, "\n", NULL),
                              t->pool),
              APR_EINVAL);
    CHECK_INT(wfp_crypto_open(&text, &n, key, CONTEXT, "", t->pool),
              APR_EINVAL);
    CHECK_INT(wfp_crypto_open(&text, &n, key, CONTEXT, "secret", t->pool),
              APR_EINVAL);
    CHECK_STR(text, "untouched");
}

static const wfp_test_case_t cases[] = {
    { "random_differs", random_differs },
    { "uuid_is_version_4", uuid_is_version_4 },
    { "hex_is_lower_case", hex_is_lower_case },
    { "sha256_is_right", sha256_is_right },
    { "equal_compares", equal_compares },
    { "sealed_text_opens", sealed_text_opens },
    { "sealing_takes_any_size", sealing_takes_any_size },
    { "wrong_key_or_context_does_not_open",
      wrong_key_or_context_does_not_open },
    { "changed_text_does_not_open", changed_text_does_not_open },
    { NULL, NULL },
};

int main(void)
{
    return wfp_test_run(cases);
}
