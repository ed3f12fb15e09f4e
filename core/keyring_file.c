/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Key files: read, made, replaced. Called by the ring and by wfpctl. It must not
 * know what keys are for.
 */
#include "core/keyring.h"

#include <apr_file_info.h>
#include <apr_file_io.h>
#include <apr_strings.h>
#include <string.h>

#define KEY_DIGITS (2 * WFP_KEY_SIZE)
#define NEXT       "next "
#define LINE_BYTES (sizeof(NEXT) - 1 + KEY_DIGITS + 1)
#define FILE_BYTES (WFP_KEYRING_MAX * LINE_BYTES)

#define OTHERS_MAY                                                             \
    (APR_FPROT_GREAD | APR_FPROT_GWRITE | APR_FPROT_WREAD | APR_FPROT_WWRITE)
#define OWNER_ONLY (APR_FPROT_UREAD | APR_FPROT_UWRITE)

static apr_status_t system_failed(wfp_result_t *res, const char *what,
                                  const char *path, apr_status_t rv)
{
    char reason[120];

    return wfp_result_set(res, WFP_INTERNAL, rv, "key file %s: cannot %s: %s",
                          path, what, apr_strerror(rv, reason, sizeof(reason)));
}

/* --- reading --------------------------------------------------------------- */

/* The key in text of KEY_DIGITS bytes? @return 1: well */
static int parse_key(unsigned char *key, const char *text)
{
    int i;

    for (i = 0; i < KEY_DIGITS; i++) {
        char c = text[i];
        int digit;

        if (c >= '0' && c <= '9') {
            digit = c - '0';
        }
        else if ((c | 0x20) >= 'a' && (c | 0x20) <= 'f') {
            digit = (c | 0x20) - 'a' + 10;
        }
        else {
            return 0;
        }
        key[i / 2] = (unsigned char)(i % 2 ? key[i / 2] | digit : digit << 4);
    }
    return 1;
}

/* One line of n bytes. @return 1: well */
static int parse_line(wfp_keys_t *keys, const char *line, apr_size_t n)
{
    apr_size_t mark = sizeof(NEXT) - 1;
    unsigned char *key;
    int i;

    if (keys->count == WFP_KEYRING_MAX || keys->has_next) {
        return 0; /* "next" is the last */
    }
    if (n > mark && keys->count > 0 && !memcmp(line, NEXT, mark)) {
        keys->has_next = 1;
        line += mark;
        n -= mark;
    }
    key = keys->key[keys->count];
    if (n != KEY_DIGITS || !parse_key(key, line)) {
        return 0;
    }
    for (i = 0; i < keys->count; i++) {
        if (wfp_crypto_equal(keys->key[i], key, WFP_KEY_SIZE)) {
            return 0;
        }
    }
    keys->count++;
    return 1;
}

static int parse(wfp_keys_t *keys, const char *text, apr_size_t n)
{
    const char *end = text + n;

    while (text < end) {
        const char *newline = memchr(text, '\n', (apr_size_t)(end - text));
        const char *stop = newline ? newline : end;

        if (!parse_line(keys, text, (apr_size_t)(stop - text))) {
            return 0;
        }
        text = newline ? newline + 1 : end;
    }
    return keys->count > 0;
}

/* A regular file that is its owner's only? */
static apr_status_t check_file(apr_file_t *file, const char *path,
                               wfp_result_t *res)
{
    apr_finfo_t info;
    apr_status_t rv = apr_file_info_get(&info, APR_FINFO_TYPE | APR_FINFO_PROT,
                                        file);

    if (rv != APR_SUCCESS) {
        return system_failed(res, "look at it", path, rv);
    }
    if (info.filetype != APR_REG) {
        return wfp_result_set(res, WFP_INVALID, APR_EINVAL,
                              "key file %s: not a file", path);
    }
    if (info.protection & OTHERS_MAY) {
        return wfp_result_set(res, WFP_INVALID, APR_EACCES,
                              "key file %s: group or others may read or write "
                              "it; mode 0600 is wanted",
                              path);
    }
    return APR_SUCCESS;
}

static apr_status_t read_open(wfp_keys_t *keys, apr_file_t *file,
                              const char *path, wfp_result_t *res)
{
    char text[FILE_BYTES + 1];
    apr_size_t n = 0;
    apr_status_t rv = check_file(file, path, res);

    if (rv != APR_SUCCESS) {
        return rv;
    }
    rv = apr_file_read_full(file, text, sizeof(text), &n);
    if (rv != APR_SUCCESS && !APR_STATUS_IS_EOF(rv)) {
        rv = system_failed(res, "read it", path, rv);
    }
    else if (n == sizeof(text) || !parse(keys, text, n)) {
        rv = wfp_result_set(res, WFP_INVALID, APR_EINVAL,
                            "key file %s: not lines of 64 hex digits, each "
                            "another one, at most %d",
                            path, WFP_KEYRING_MAX);
    }
    else {
        rv = APR_SUCCESS;
    }
    wfp_crypto_wipe(text, sizeof(text));
    return rv;
}

apr_status_t wfp_keyring_read(wfp_keys_t *keys, const char *path,
                              wfp_result_t *res, apr_pool_t *p)
{
    apr_file_t *file;
    apr_status_t rv = apr_file_open(&file, path, APR_FOPEN_READ, 0, p);

    memset(keys, 0, sizeof(*keys));
    if (rv != APR_SUCCESS) {
        return system_failed(res, "open it", path, rv);
    }
    rv = read_open(keys, file, path, res);
    (void)apr_file_close(file); /* it was only read */
    if (rv != APR_SUCCESS) {
        wfp_crypto_wipe(keys, sizeof(*keys));
    }
    return rv;
}

/* --- writing --------------------------------------------------------------- */

/* @param text  FILE_BYTES bytes @return how many are used */
static apr_size_t print_keys(char *text, const wfp_keys_t *keys)
{
    static const char digits[] = "0123456789abcdef";
    char *at = text;
    int i, j;

    for (i = 0; i < keys->count; i++) {
        if (keys->has_next && i + 1 == keys->count) {
            memcpy(at, NEXT, sizeof(NEXT) - 1);
            at += sizeof(NEXT) - 1;
        }
        for (j = 0; j < WFP_KEY_SIZE; j++) {
            *at++ = digits[keys->key[i][j] >> 4];
            *at++ = digits[keys->key[i][j] & 15];
        }
        *at++ = '\n';
    }
    return (apr_size_t)(at - text);
}

/* @param flags  APR_FOPEN_EXCL: there must be none; APR_FOPEN_TRUNCATE */
static apr_status_t write_file(const char *path, const wfp_keys_t *keys,
                               apr_int32_t flags, apr_pool_t *p)
{
    char text[FILE_BYTES];
    apr_size_t n;
    apr_file_t *file;
    apr_status_t closed;
    apr_status_t rv = apr_file_open(&file, path,
                                    APR_FOPEN_WRITE | APR_FOPEN_CREATE | flags,
                                    OWNER_ONLY, p);

    if (rv != APR_SUCCESS) {
        return rv;
    }
    n = print_keys(text, keys);
    rv = apr_file_write_full(file, text, n, NULL);
    wfp_crypto_wipe(text, sizeof(text));
    if (rv == APR_SUCCESS) {
        rv = apr_file_sync(file);
    }
    closed = apr_file_close(file);
    rv = rv == APR_SUCCESS ? closed : rv;
    if (rv != APR_SUCCESS) {
        /* half a key must not look like one; what failed first is told */
        (void)apr_file_remove(path, p);
    }
    return rv;
}

/* What was renamed in the folder of path is on the disk. */
static apr_status_t sync_folder(const char *path, apr_pool_t *p)
{
    const char *slash = strrchr(path, '/');
    const char *folder = !slash ? "."
                         : slash == path
                             ? "/"
                             : apr_pstrmemdup(p, path,
                                              (apr_size_t)(slash - path));
    apr_file_t *file;
    apr_status_t rv = apr_file_open(&file, folder, APR_FOPEN_READ, 0, p);

    if (rv == APR_SUCCESS) {
        rv = apr_file_sync(file);
        (void)apr_file_close(file); /* nothing was written to it */
    }
    return rv;
}

apr_status_t wfp_keyring_make(const char *path, wfp_result_t *res,
                              apr_pool_t *p)
{
    wfp_keys_t keys = { .count = 1 };
    apr_status_t rv;

    if (wfp_crypto_random(keys.key[0], WFP_KEY_SIZE) != APR_SUCCESS) {
        return wfp_result_set(res, WFP_INTERNAL, APR_EGENERAL,
                              "key file %s: no random bytes", path);
    }
    rv = write_file(path, &keys, APR_FOPEN_EXCL, p);
    wfp_crypto_wipe(&keys, sizeof(keys));
    if (APR_STATUS_IS_EEXIST(rv)) {
        return wfp_result_set(res, WFP_CONFLICT, APR_EEXIST,
                              "key file %s: exists already", path);
    }
    return rv == APR_SUCCESS ? rv : system_failed(res, "make it", path, rv);
}

apr_status_t wfp_keyring_replace(const char *path, const wfp_keys_t *keys,
                                 wfp_result_t *res, apr_pool_t *p)
{
    const char *beside = apr_pstrcat(p, path, "-new", NULL);
    apr_finfo_t info;
    apr_status_t rv = apr_stat(&info, path, APR_FINFO_TYPE | APR_FINFO_LINK, p);

    if (rv == APR_SUCCESS && info.filetype == APR_LNK) {
        return wfp_result_set(res, WFP_INVALID, APR_EINVAL,
                              "key file %s: a link, which would be replaced; "
                              "name the file itself",
                              path);
    }
    /* what is left there may have another mode */
    rv = apr_file_remove(beside, p);
    if (rv == APR_SUCCESS || APR_STATUS_IS_ENOENT(rv)) {
        rv = write_file(beside, keys, APR_FOPEN_EXCL, p);
    }
    if (rv == APR_SUCCESS) {
        rv = apr_file_rename(beside, path, p);
    }
    if (rv == APR_SUCCESS) {
        rv = sync_folder(path, p);
    }
    return rv == APR_SUCCESS ? rv : system_failed(res, "replace it", path, rv);
}
