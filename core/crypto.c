/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Random bytes, digests and the sealing of secrets, over OpenSSL. The store's
 * callers, wfpctl and the admin API seal secrets and hash tokens with it, the
 * module opens secrets for an isolate. It knows neither whose keys these are
 * nor where sealed texts are kept.
 *
 * A sealed text is base64 of: key number (1 byte), nonce (12), ciphertext, tag
 * (16). The key number and the context are authenticated with it.
 */
#include "core/crypto.h"

#include <apr_base64.h>
#include <apr_file_info.h>
#include <apr_file_io.h>
#include <apr_strings.h>
#include <limits.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/rand.h>
#include <string.h>

#define KEY_NUMBER  1
#define NONCE_SIZE  12
#define TAG_SIZE    16
#define SEALED_SIZE (1 + NONCE_SIZE + TAG_SIZE) /* without the ciphertext */
#define KEY_DIGITS  (2 * WFP_KEY_SIZE)

#define OTHERS_MAY                                                             \
    (APR_FPROT_GREAD | APR_FPROT_GWRITE | APR_FPROT_WREAD | APR_FPROT_WWRITE)

apr_status_t wfp_crypto_random(void *buf, apr_size_t n)
{
    if (n > INT_MAX || RAND_bytes(buf, (int)n) != 1) {
        return APR_EGENERAL;
    }
    return APR_SUCCESS;
}

/* Write 2*n digits, no NUL. */
static void write_hex(char *out, const unsigned char *data, apr_size_t n)
{
    static const char digits[] = "0123456789abcdef";
    apr_size_t i;

    for (i = 0; i < n; i++) {
        out[2 * i] = digits[data[i] >> 4];
        out[2 * i + 1] = digits[data[i] & 15];
    }
}

apr_status_t wfp_crypto_uuid(char out[WFP_UUID_SIZE])
{
    /* bytes of each group, see RFC 9562, 4 */
    static const int groups[] = { 4, 2, 2, 2, 6 };
    unsigned char bytes[16];
    const unsigned char *at = bytes;
    int i;

    if (wfp_crypto_random(bytes, sizeof(bytes)) != APR_SUCCESS) {
        return APR_EGENERAL;
    }
    bytes[6] = (bytes[6] & 0x0f) | 0x40;
    bytes[8] = (bytes[8] & 0x3f) | 0x80;
    for (i = 0; i < 5; i++) {
        write_hex(out, at, groups[i]);
        out += 2 * groups[i];
        at += groups[i];
        *out++ = i < 4 ? '-' : '\0';
    }
    return APR_SUCCESS;
}

const char *wfp_crypto_hex(const void *data, apr_size_t n, apr_pool_t *p)
{
    char *out = apr_palloc(p, 2 * n + 1);

    write_hex(out, data, n);
    out[2 * n] = '\0';
    return out;
}

const char *wfp_crypto_sha256_hex(const void *data, apr_size_t n, apr_pool_t *p)
{
    unsigned char md[32];

    if (EVP_Digest(data, n, md, NULL, EVP_sha256(), NULL) != 1) {
        return NULL;
    }
    return wfp_crypto_hex(md, sizeof(md), p);
}

int wfp_crypto_equal(const void *a, const void *b, apr_size_t n)
{
    return CRYPTO_memcmp(a, b, n) == 0;
}

void wfp_crypto_wipe(void *data, apr_size_t n)
{
    OPENSSL_cleanse(data, n);
}

/* Start ctx in one direction (enc 1: seal) and feed it what is authenticated
 * besides the text. head: key number and nonce. @return 1: well */
static int start(EVP_CIPHER_CTX *ctx, int enc, const unsigned char *key,
                 const unsigned char *head, const char *context)
{
    int n;

    return EVP_CipherInit_ex(ctx, EVP_aes_256_gcm(), NULL, key, head + 1, enc)
               == 1
           && EVP_CipherUpdate(ctx, NULL, &n, head, 1) == 1
           && EVP_CipherUpdate(ctx, NULL, &n, (const unsigned char *)context,
                               (int)strlen(context))
                  == 1;
}

apr_status_t wfp_crypto_seal(const char **psealed,
                             const unsigned char key[WFP_KEY_SIZE],
                             const char *context, const char *text,
                             apr_size_t n, apr_pool_t *p)
{
    EVP_CIPHER_CTX *ctx = NULL;
    apr_status_t rv = APR_EGENERAL;
    unsigned char *bytes, *body;
    char *sealed;
    int done = 0, rest = 0;

    if (n > INT_MAX / 2 || strlen(context) > INT_MAX / 2) {
        return APR_EINVAL;
    }
    bytes = apr_palloc(p, SEALED_SIZE + n);
    body = bytes + 1 + NONCE_SIZE;
    bytes[0] = KEY_NUMBER;
    if (wfp_crypto_random(bytes + 1, NONCE_SIZE) != APR_SUCCESS) {
        return APR_EGENERAL;
    }
    ctx = EVP_CIPHER_CTX_new();
    if (!ctx || !start(ctx, 1, key, bytes, context)
        || EVP_CipherUpdate(ctx, body, &done, (const unsigned char *)text,
                            (int)n)
               != 1
        || EVP_CipherFinal_ex(ctx, body + done, &rest) != 1
        || EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_GCM_GET_TAG, TAG_SIZE, body + n)
               != 1) {
        goto leave;
    }
    sealed = apr_palloc(p, apr_base64_encode_len((int)(SEALED_SIZE + n)));
    apr_base64_encode_binary(sealed, bytes, (int)(SEALED_SIZE + n));
    *psealed = sealed;
    rv = APR_SUCCESS;
leave:
    EVP_CIPHER_CTX_free(ctx);
    return rv;
}

/* The bytes of a sealed text, or NULL. base64 that says the same in another
 * way is refused, too: a changed text never opens. */
static unsigned char *unwrap(apr_size_t *pn, const char *sealed, apr_pool_t *p)
{
    apr_size_t len = strlen(sealed);
    unsigned char *bytes;
    char *again;
    int n;

    if (len > INT_MAX / 2) {
        return NULL;
    }
    bytes = apr_palloc(p, apr_base64_decode_len(sealed));
    n = apr_base64_decode_binary(bytes, sealed);
    if (n < SEALED_SIZE || bytes[0] != KEY_NUMBER) {
        return NULL;
    }
    again = apr_palloc(p, apr_base64_encode_len(n));
    apr_base64_encode_binary(again, bytes, n);
    if (strcmp(again, sealed)) {
        return NULL;
    }
    *pn = n;
    return bytes;
}

apr_status_t wfp_crypto_open(const char **ptext, apr_size_t *pn,
                             const unsigned char key[WFP_KEY_SIZE],
                             const char *context, const char *sealed,
                             apr_pool_t *p)
{
    EVP_CIPHER_CTX *ctx = NULL;
    apr_status_t rv = APR_EINVAL;
    unsigned char *bytes, *body, *text;
    apr_size_t n;
    int done = 0, rest = 0;

    bytes = unwrap(&n, sealed, p);
    if (!bytes || strlen(context) > INT_MAX / 2) {
        return APR_EINVAL;
    }
    body = bytes + 1 + NONCE_SIZE;
    n -= SEALED_SIZE;
    text = apr_palloc(p, n + 1);
    ctx = EVP_CIPHER_CTX_new();
    if (!ctx || !start(ctx, 0, key, bytes, context)
        || EVP_CipherUpdate(ctx, text, &done, body, (int)n) != 1
        || EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_GCM_SET_TAG, TAG_SIZE, body + n)
               != 1
        || EVP_CipherFinal_ex(ctx, text + done, &rest) != 1) {
        OPENSSL_cleanse(text, n);
        goto leave;
    }
    text[n] = '\0';
    *ptext = (const char *)text;
    *pn = n;
    rv = APR_SUCCESS;
leave:
    EVP_CIPHER_CTX_free(ctx);
    return rv;
}

/* The key in text of n bytes? @return 1: well */
static int parse_key(unsigned char *key, const char *text, apr_size_t n)
{
    apr_size_t i;

    if (n != KEY_DIGITS && !(n == KEY_DIGITS + 1 && text[n - 1] == '\n')) {
        return 0;
    }
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

static apr_status_t system_failed(wfp_result_t *res, const char *what,
                                  const char *path, apr_status_t rv)
{
    char reason[120];

    return wfp_result_set(res, WFP_INTERNAL, rv, "key file %s: cannot %s: %s",
                          path, what, apr_strerror(rv, reason, sizeof(reason)));
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

apr_status_t wfp_crypto_read_key(unsigned char key[WFP_KEY_SIZE],
                                 const char *path, wfp_result_t *res,
                                 apr_pool_t *p)
{
    char text[KEY_DIGITS + 2];
    apr_size_t n = 0;
    apr_file_t *file;
    apr_status_t rv = apr_file_open(&file, path, APR_FOPEN_READ, 0, p);

    if (rv != APR_SUCCESS) {
        return system_failed(res, "open it", path, rv);
    }
    rv = check_file(file, path, res);
    if (rv != APR_SUCCESS) {
        goto leave;
    }
    rv = apr_file_read_full(file, text, sizeof(text), &n);
    if (rv != APR_SUCCESS && !APR_STATUS_IS_EOF(rv)) {
        rv = system_failed(res, "read it", path, rv);
        goto leave;
    }
    rv = APR_SUCCESS;
    if (!parse_key(key, text, n)) {
        OPENSSL_cleanse(key, WFP_KEY_SIZE);
        rv = wfp_result_set(res, WFP_INVALID, APR_EINVAL,
                            "key file %s: not 64 hex digits", path);
    }
leave:
    OPENSSL_cleanse(text, sizeof(text));
    (void)apr_file_close(file); /* it was only read */
    return rv;
}

apr_status_t wfp_crypto_make_key(const char *path, wfp_result_t *res,
                                 apr_pool_t *p)
{
    unsigned char key[WFP_KEY_SIZE];
    char text[KEY_DIGITS + 1];
    apr_file_t *file;
    apr_status_t rv, closed;

    if (wfp_crypto_random(key, sizeof(key)) != APR_SUCCESS) {
        return wfp_result_set(res, WFP_INTERNAL, APR_EGENERAL,
                              "key file %s: no random bytes", path);
    }
    write_hex(text, key, sizeof(key));
    text[KEY_DIGITS] = '\n';
    rv = apr_file_open(&file, path,
                       APR_FOPEN_WRITE | APR_FOPEN_CREATE | APR_FOPEN_EXCL,
                       APR_FPROT_UREAD | APR_FPROT_UWRITE, p);
    if (APR_STATUS_IS_EEXIST(rv)) {
        rv = wfp_result_set(res, WFP_CONFLICT, APR_EEXIST,
                            "key file %s: exists already", path);
        goto leave;
    }
    if (rv != APR_SUCCESS) {
        rv = system_failed(res, "make it", path, rv);
        goto leave;
    }
    rv = apr_file_write_full(file, text, sizeof(text), NULL);
    if (rv == APR_SUCCESS) {
        rv = apr_file_sync(file);
    }
    closed = apr_file_close(file);
    rv = rv == APR_SUCCESS ? closed : rv;
    if (rv != APR_SUCCESS) {
        /* half a key must not look like one; what failed first is told */
        (void)apr_file_remove(path, p);
        rv = system_failed(res, "write it", path, rv);
    }
leave:
    OPENSSL_cleanse(key, sizeof(key));
    OPENSSL_cleanse(text, sizeof(text));
    return rv;
}
