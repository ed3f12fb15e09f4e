/* SPDX-License-Identifier: Apache-2.0 */
/* core/crypto.c: random bytes, digests, sealing, key files. */
#include "core/crypto.h"

#include <apr_file_info.h>
#include <apr_file_io.h>
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

/* ---- key files -------------------------------------------------------- */

static const char *temp_path(wfp_test_t *t, const char *name)
{
    const char *dir;
    char uuid[WFP_UUID_SIZE];

    CHECK_INT(apr_temp_dir_get(&dir, t->pool), APR_SUCCESS);
    CHECK_INT(wfp_crypto_uuid(uuid), APR_SUCCESS);
    return apr_psprintf(t->pool, "%s/wfp-%s-%s", dir, uuid, name);
}

static const char *write_file(wfp_test_t *t, const char *text, int perms)
{
    const char *path = temp_path(t, "key");
    apr_file_t *file;

    CHECK_INT(apr_file_open(&file, path,
                            APR_FOPEN_WRITE | APR_FOPEN_CREATE | APR_FOPEN_EXCL,
                            0x600, t->pool),
              APR_SUCCESS);
    CHECK_INT(apr_file_write_full(file, text, strlen(text), NULL), APR_SUCCESS);
    CHECK_INT(apr_file_close(file), APR_SUCCESS);
    CHECK_INT(apr_file_perms_set(path, perms), APR_SUCCESS);
    return path;
}

#define DIGITS                                                                 \
    "000102030405060708090a0b0c0d0e0f101112131415161718191A1b1c1d1e1F"

/* Read a key file of this text and mode, remove it, give the status. */
static apr_status_t read_back(wfp_test_t *t, unsigned char *out,
                              const char *text, int perms)
{
    const char *path = write_file(t, text, perms);
    wfp_result_t res;
    apr_status_t rv;

    wfp_result_init(&res, t->pool);
    rv = wfp_crypto_read_key(out, path, &res, t->pool);
    CHECK_INT(apr_file_remove(path, t->pool), APR_SUCCESS);
    if (rv != APR_SUCCESS) {
        CHECK(strstr(res.message, path) != NULL);
    }
    return rv;
}

static void key_file_is_read(wfp_test_t *t)
{
    unsigned char got[WFP_KEY_SIZE];
    int i;

    CHECK_INT(read_back(t, got, DIGITS "\n", 0x600), APR_SUCCESS);
    for (i = 0; i < WFP_KEY_SIZE; i++) {
        CHECK_INT(got[i], i);
    }
    CHECK_INT(read_back(t, got, DIGITS, 0x400), APR_SUCCESS);
}

static void key_file_that_others_may_read_is_refused(wfp_test_t *t)
{
    static const int modes[] = {
        0x640, 0x604, 0x644, 0x660, 0x620, 0x602, 0x666
    };
    unsigned char got[WFP_KEY_SIZE];
    apr_size_t i;

    for (i = 0; i < sizeof(modes) / sizeof(modes[0]); i++) {
        CHECK_INT(read_back(t, got, DIGITS "\n", modes[i]), APR_EACCES);
    }
}

static void what_is_no_key_is_refused(wfp_test_t *t)
{
    static const char *const texts[] = {
        "",
        "\n",
        "00",
        DIGITS "0",
        DIGITS "\n\n",
        DIGITS "\r\n",
        DIGITS " ",
        " " DIGITS,
        "g00102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f",
        "0x0102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f",
        "@00102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f",
        DIGITS DIGITS,
    };
    unsigned char got[WFP_KEY_SIZE];
    apr_size_t i;

    for (i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        CHECK_INT(read_back(t, got, texts[i], 0x600), APR_EINVAL);
    }
}

static void missing_key_file_is_told(wfp_test_t *t)
{
    unsigned char got[WFP_KEY_SIZE];
    const char *path = temp_path(t, "missing");
    wfp_result_t res;

    wfp_result_init(&res, t->pool);
    CHECK(APR_STATUS_IS_ENOENT(wfp_crypto_read_key(got, path, &res, t->pool)));
    CHECK(strstr(res.message, path) != NULL);
    CHECK_INT(wfp_crypto_read_key(got, "/", &res, t->pool), APR_EINVAL);
    /* nobody needs to be told */
    CHECK(wfp_crypto_read_key(got, path, NULL, t->pool) != APR_SUCCESS);
}

static void key_file_is_made_once(wfp_test_t *t)
{
    unsigned char a[WFP_KEY_SIZE], b[WFP_KEY_SIZE];
    const char *path = temp_path(t, "made");
    wfp_result_t res;
    apr_finfo_t info;
    apr_status_t rv;

    wfp_result_init(&res, t->pool);
    CHECK_INT(wfp_crypto_make_key(path, &res, t->pool), APR_SUCCESS);
    CHECK_INT(apr_stat(&info, path, APR_FINFO_PROT | APR_FINFO_SIZE, t->pool),
              APR_SUCCESS);
    CHECK_INT(info.protection & 0xfff, 0x600);
    CHECK_INT(info.size, 65);
    CHECK_INT(wfp_crypto_read_key(a, path, &res, t->pool), APR_SUCCESS);
    CHECK_INT(wfp_crypto_make_key(path, &res, t->pool), APR_EEXIST);
    CHECK_INT(res.code, WFP_CONFLICT);
    rv = wfp_crypto_read_key(b, path, &res, t->pool);
    CHECK_INT(apr_file_remove(path, t->pool), APR_SUCCESS);
    CHECK_INT(rv, APR_SUCCESS);
    CHECK(!memcmp(a, b, sizeof(a)));
    CHECK(APR_STATUS_IS_ENOENT(
        wfp_crypto_make_key(apr_pstrcat(t->pool, path, "/x", NULL), &res,
                            t->pool)));
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
    { "key_file_is_read", key_file_is_read },
    { "key_file_that_others_may_read_is_refused",
      key_file_that_others_may_read_is_refused },
    { "what_is_no_key_is_refused", what_is_no_key_is_refused },
    { "missing_key_file_is_told", missing_key_file_is_told },
    { "key_file_is_made_once", key_file_is_made_once },
    { NULL, NULL },
};

int main(void)
{
    return wfp_test_run(cases);
}
