/* SPDX-License-Identifier: Apache-2.0 */
/* Unit tests of core/keyring.c and core/keyring_file.c. */
#include <apr_file_info.h>
#include <apr_file_io.h>
#include <apr_strings.h>
#include <string.h>
#include <unistd.h>

#include "core/keyring.h"
#include "wfp_test.h"

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

#define OTHER "100102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"
#define THIRD "200102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"

/* Read a key file of this text and mode, remove it, give the status. */
static apr_status_t read_back(wfp_test_t *t, wfp_keys_t *out, const char *text,
                              int perms)
{
    const char *path = write_file(t, text, perms);
    wfp_result_t res;
    apr_status_t rv;

    wfp_result_init(&res, t->pool);
    rv = wfp_keyring_read(out, path, &res, t->pool);
    CHECK_INT(apr_file_remove(path, t->pool), APR_SUCCESS);
    if (rv != APR_SUCCESS) {
        CHECK(strstr(res.message, path) != NULL);
    }
    return rv;
}

static void key_file_is_read(wfp_test_t *t)
{
    wfp_keys_t got;
    int i;

    CHECK_INT(read_back(t, &got, DIGITS "\n", 0x600), APR_SUCCESS);
    for (i = 0; i < WFP_KEY_SIZE; i++) {
        CHECK_INT(got.key[0][i], i);
    }
    CHECK_INT(read_back(t, &got, DIGITS, 0x400), APR_SUCCESS);
}

static void key_file_that_others_may_read_is_refused(wfp_test_t *t)
{
    static const int modes[] = {
        0x640, 0x604, 0x644, 0x660, 0x620, 0x602, 0x666
    };
    wfp_keys_t got;
    apr_size_t i;

    for (i = 0; i < sizeof(modes) / sizeof(modes[0]); i++) {
        CHECK_INT(read_back(t, &got, DIGITS "\n", modes[i]), APR_EACCES);
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
        DIGITS "\n" DIGITS,
        DIGITS "\n\n" OTHER,
        "next " DIGITS,
        DIGITS "\nnext " OTHER "\n" THIRD,
        DIGITS "\nNEXT " OTHER,
        DIGITS "\nnext  " OTHER,
        DIGITS "\nnext ",
        DIGITS "\n" OTHER "x\n",
    };
    wfp_keys_t got;
    apr_size_t i;

    for (i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        CHECK_INT(read_back(t, &got, texts[i], 0x600), APR_EINVAL);
    }
}

static void missing_key_file_is_told(wfp_test_t *t)
{
    wfp_keys_t got;
    const char *path = temp_path(t, "missing");
    wfp_result_t res;

    wfp_result_init(&res, t->pool);
    CHECK(APR_STATUS_IS_ENOENT(wfp_keyring_read(&got, path, &res, t->pool)));
    CHECK(strstr(res.message, path) != NULL);
    CHECK_INT(wfp_keyring_read(&got, "/", &res, t->pool), APR_EINVAL);
    /* nobody needs to be told */
    CHECK(wfp_keyring_read(&got, path, NULL, t->pool) != APR_SUCCESS);
}

static void key_file_is_made_once(wfp_test_t *t)
{
    wfp_keys_t a, b;
    const char *path = temp_path(t, "made");
    wfp_result_t res;
    apr_finfo_t info;
    apr_status_t rv;

    wfp_result_init(&res, t->pool);
    CHECK_INT(wfp_keyring_make(path, &res, t->pool), APR_SUCCESS);
    CHECK_INT(apr_stat(&info, path, APR_FINFO_PROT | APR_FINFO_SIZE, t->pool),
              APR_SUCCESS);
    CHECK_INT(info.protection & 0xfff, 0x600);
    CHECK_INT(info.size, 65);
    CHECK_INT(wfp_keyring_read(&a, path, &res, t->pool), APR_SUCCESS);
    CHECK_INT(wfp_keyring_make(path, &res, t->pool), APR_EEXIST);
    CHECK_INT(res.code, WFP_CONFLICT);
    rv = wfp_keyring_read(&b, path, &res, t->pool);
    CHECK_INT(apr_file_remove(path, t->pool), APR_SUCCESS);
    CHECK_INT(rv, APR_SUCCESS);
    CHECK(!memcmp(&a, &b, sizeof(a)));
    CHECK(APR_STATUS_IS_ENOENT(
        wfp_keyring_make(apr_pstrcat(t->pool, path, "/x", NULL), &res,
                         t->pool)));
}

static void files_of_several_keys_are_read(wfp_test_t *t)
{
    static const char digits[] = "0123456789";
    wfp_keys_t got;
    char *text;
    int i;

    CHECK_INT(read_back(t, &got, DIGITS "\n" OTHER "\n" THIRD, 0x600),
              APR_SUCCESS);
    CHECK_INT(got.count, 3);
    CHECK_INT(got.has_next, 0);
    CHECK_INT(got.key[2][0], 0x20);
    CHECK_INT(read_back(t, &got, DIGITS "\nnext " OTHER "\n", 0x600),
              APR_SUCCESS);
    CHECK_INT(got.count, 2);
    CHECK_INT(got.has_next, 1);
    CHECK_INT(got.key[1][0], 0x10);
    /* as many as there may be, and one more */
    text = apr_pstrdup(t->pool, "");
    for (i = 0; i <= WFP_KEYRING_MAX; i++) {
        char *line = apr_pstrdup(t->pool, THIRD "\n");

        line[1] = digits[i];
        text = apr_pstrcat(t->pool, text, line, NULL);
        CHECK_INT(read_back(t, &got, text, 0x600),
                  i < WFP_KEYRING_MAX ? APR_SUCCESS : APR_EINVAL);
    }
}

static void a_file_is_replaced_whole(wfp_test_t *t)
{
    wfp_keys_t keys, got;
    const char *path = write_file(t, DIGITS "\nnext " OTHER "\n", 0x600);
    const char *beside = apr_pstrcat(t->pool, path, "-new", NULL);
    const char *link = apr_pstrcat(t->pool, path, "-link", NULL);
    apr_finfo_t info;
    wfp_result_t res;
    apr_file_t *left;

    wfp_result_init(&res, t->pool);
    CHECK_INT(wfp_keyring_read(&keys, path, &res, t->pool), APR_SUCCESS);
    /* what a killed one left */
    CHECK_INT(apr_file_open(&left, beside, APR_FOPEN_WRITE | APR_FOPEN_CREATE,
                            0x644, t->pool),
              APR_SUCCESS);
    CHECK_INT(apr_file_write_full(left, "half", 4, NULL), APR_SUCCESS);
    CHECK_INT(apr_file_close(left), APR_SUCCESS);
    keys.key[0][31] ^= 1;
    CHECK_INT(wfp_keyring_replace(path, &keys, &res, t->pool), APR_SUCCESS);
    CHECK_INT(wfp_keyring_read(&got, path, &res, t->pool), APR_SUCCESS);
    CHECK(!memcmp(&keys, &got, sizeof(got)));
    CHECK_INT(apr_stat(&info, path, APR_FINFO_PROT, t->pool), APR_SUCCESS);
    CHECK_INT(info.protection & 0xfff, 0x600);
    CHECK(
        APR_STATUS_IS_ENOENT(apr_stat(&info, beside, APR_FINFO_TYPE, t->pool)));

    CHECK_INT(symlink(path, link), 0);
    CHECK_INT(wfp_keyring_replace(link, &keys, &res, t->pool), APR_EINVAL);
    CHECK_INT(wfp_keyring_read(&got, link, &res, t->pool), APR_SUCCESS);
    CHECK(APR_STATUS_IS_ENOENT(
        wfp_keyring_replace(apr_pstrcat(t->pool, path, "-no/where", NULL),
                            &keys, &res, t->pool)));
    CHECK(strstr(res.message, "replace it") != NULL);
    CHECK_INT(apr_file_remove(link, t->pool), APR_SUCCESS);
    CHECK_INT(apr_file_remove(path, t->pool), APR_SUCCESS);
}

static int opens(wfp_test_t *t, wfp_keyring_t *ring, const char *sealed)
{
    const char *text = "";
    apr_size_t n = 0;
    apr_status_t rv = wfp_keyring_open(&text, &n, ring, "a/b/C", sealed,
                                       t->pool);

    return rv == APR_SUCCESS && n == 3 && !strcmp(text, "abc");
}

static const char *seal(wfp_test_t *t, wfp_keyring_t *ring)
{
    const char *sealed = NULL;

    CHECK_INT(wfp_keyring_seal(&sealed, ring, "a/b/C", "abc", 3, t->pool),
              APR_SUCCESS);
    return sealed;
}

/* A server through a rotation: the file has the new key, then only it. */
static void a_ring_follows_its_file(wfp_test_t *t)
{
    const char *path = write_file(t, DIGITS "\n", 0x600);
    const char *old, *now, *text;
    wfp_keyring_t *server, *late, *after;
    wfp_keys_t keys, all;
    wfp_result_t res;
    apr_size_t n;
    int which;

    wfp_result_init(&res, t->pool);
    CHECK_INT(wfp_keyring_load(&server, path, &res, t->pool), APR_SUCCESS);
    CHECK_INT(wfp_keyring_load(&late, path, &res, t->pool), APR_SUCCESS);
    old = seal(t, server);
    CHECK(opens(t, server, old));

    CHECK_INT(wfp_keyring_read(&keys, path, &res, t->pool), APR_SUCCESS);
    memcpy(keys.key[1], keys.key[0], WFP_KEY_SIZE);
    keys.key[0][0] = 0x55;
    keys.count = 2;
    all = keys;
    CHECK_INT(wfp_keyring_replace(path, &keys, &res, t->pool), APR_SUCCESS);
    CHECK(opens(t, server, old));
    now = seal(t, server); /* with the new one */
    CHECK_INT(wfp_keyring_try(&text, &n, &which, &all, "a/b/C", now, t->pool),
              APR_SUCCESS);
    CHECK_INT(which, 0);
    CHECK_INT(wfp_keyring_try(&text, &n, &which, &all, "a/b/C", old, t->pool),
              APR_SUCCESS);
    CHECK_INT(which, 1);
    CHECK(opens(t, late, now)); /* looks at the file */

    keys.count = 1;
    CHECK_INT(wfp_keyring_replace(path, &keys, &res, t->pool), APR_SUCCESS);
    CHECK(seal(t, server) != NULL);
    CHECK(opens(t, server, old)); /* to the end of the ring */
    CHECK_INT(wfp_keyring_load(&after, path, &res, t->pool), APR_SUCCESS);
    CHECK(opens(t, after, now));
    CHECK(!opens(t, after, old));

    /* a file that is gone, open to others, or no key file: as it was */
    CHECK_INT(apr_file_perms_set(path, 0x644), APR_SUCCESS);
    CHECK(opens(t, server, seal(t, server)));
    CHECK_INT(apr_file_remove(path, t->pool), APR_SUCCESS);
    CHECK(opens(t, server, seal(t, server)));
    CHECK(!opens(t, server, "no sealed text"));
}

static void a_ring_goes_on_without_its_file(wfp_test_t *t)
{
    wfp_keyring_t *before, *after;
    const char *path, *sealed;
    wfp_keys_t keys;
    wfp_result_t res;

    wfp_result_init(&res, t->pool);
    path = write_file(t, DIGITS "\n", 0x600);
    CHECK_INT(wfp_keyring_load(&before, path, &res, t->pool), APR_SUCCESS);
    sealed = seal(t, before);
    wfp_keyring_copy(&keys, before);
    CHECK_INT(apr_file_remove(path, t->pool), APR_SUCCESS);
    CHECK_INT(wfp_keyring_resume(&after, path, &keys, t->pool), APR_SUCCESS);
    CHECK(opens(t, after, sealed) && opens(t, before, seal(t, after)));
    /* another file in its place is followed */
    CHECK_INT(wfp_keyring_make(path, &res, t->pool), APR_SUCCESS);
    CHECK_INT(wfp_keyring_load(&before, path, &res, t->pool), APR_SUCCESS);
    CHECK(opens(t, before, seal(t, after)));
    CHECK(opens(t, after, sealed) && !opens(t, before, sealed));
    CHECK_INT(apr_file_remove(path, t->pool), APR_SUCCESS);
}

static void a_ring_needs_a_key_file(wfp_test_t *t)
{
    wfp_keyring_t *ring = NULL;
    const char *path = write_file(t, "no key", 0x600);
    wfp_result_t res;

    wfp_result_init(&res, t->pool);
    CHECK_INT(wfp_keyring_load(&ring, path, &res, t->pool), APR_EINVAL);
    CHECK(strstr(res.message, path) != NULL);
    CHECK_INT(apr_file_remove(path, t->pool), APR_SUCCESS);
    CHECK(APR_STATUS_IS_ENOENT(wfp_keyring_load(&ring, path, &res, t->pool)));
    CHECK(ring == NULL);
}

static const wfp_test_case_t cases[] = {
    { "key_file_is_read", key_file_is_read },
    { "key_file_that_others_may_read_is_refused",
      key_file_that_others_may_read_is_refused },
    { "what_is_no_key_is_refused", what_is_no_key_is_refused },
    { "missing_key_file_is_told", missing_key_file_is_told },
    { "key_file_is_made_once", key_file_is_made_once },
    { "files_of_several_keys_are_read", files_of_several_keys_are_read },
    { "a_file_is_replaced_whole", a_file_is_replaced_whole },
    { "a_ring_follows_its_file", a_ring_follows_its_file },
    { "a_ring_goes_on_without_its_file", a_ring_goes_on_without_its_file },
    { "a_ring_needs_a_key_file", a_ring_needs_a_key_file },
    { NULL, NULL },
};

int main(void)
{
    return wfp_test_run(cases);
}
