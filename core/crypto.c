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
