/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Digests, HMAC, HKDF and PBKDF2 over OpenSSL, for crypto.subtle. Long input
 * goes through in pieces and PBKDF2 is a loop of ours, so that the caller can
 * end what takes too long; OpenSSL's own would run to its end. What is given
 * back to malloc is wiped by OpenSSL's clean-ups of its contexts. Whose data
 * it is, is not known here.
 */
#include "core/crypto_digest.h"

#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/kdf.h>
#include <string.h>

/* about a millisecond's work each, or less */
#define PIECE      (256 * 1024)
#define ITERATIONS 512

typedef struct hash_row_t {
    const char *name;
    const char *openssl;
    unsigned size, block;
} hash_row_t;

static const hash_row_t rows[WFP_HASH_COUNT] = {
    [WFP_HASH_MD5] = { "MD5", "MD5", 16, 64 },
    [WFP_HASH_SHA1] = { "SHA-1", "SHA1", 20, 64 },
    [WFP_HASH_SHA256] = { "SHA-256", "SHA256", 32, 64 },
    [WFP_HASH_SHA384] = { "SHA-384", "SHA384", 48, 128 },
    [WFP_HASH_SHA512] = { "SHA-512", "SHA512", 64, 128 },
};

const char *wfp_crypto_digest_name(wfp_hash_e hash)
{
    return rows[hash].name;
}

unsigned wfp_crypto_digest_size(wfp_hash_e hash)
{
    return rows[hash].size;
}

unsigned wfp_crypto_digest_block(wfp_hash_e hash)
{
    return rows[hash].block;
}

/* One of the two contexts takes the bytes. */
static apr_status_t feed(EVP_MD_CTX *md, EVP_MAC_CTX *mac,
                         const wfp_bytes_t *data, const wfp_stop_t *stop)
{
    apr_size_t at, n;

    for (at = 0; at < data->n; at += n) {
        n = data->n - at < PIECE ? data->n - at : PIECE;
        if (at && stop->is_over(stop->baton)) {
            return APR_EINTR;
        }
        if ((md ? EVP_DigestUpdate(md, data->data + at, n)
                : EVP_MAC_update(mac, data->data + at, n))
            != 1) {
            return APR_EGENERAL;
        }
    }
    return APR_SUCCESS;
}

apr_status_t wfp_crypto_digest(unsigned char md[WFP_DIGEST_MAX],
                               wfp_hash_e hash, const wfp_bytes_t *data,
                               const wfp_stop_t *stop)
{
    EVP_MD *type = EVP_MD_fetch(NULL, rows[hash].openssl, NULL);
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();
    apr_status_t rv = APR_EGENERAL;

    if (type && ctx && EVP_DigestInit_ex(ctx, type, NULL) == 1) {
        rv = feed(ctx, NULL, data, stop);
        if (rv == APR_SUCCESS && EVP_DigestFinal_ex(ctx, md, NULL) != 1) {
            rv = APR_EGENERAL;
        }
    }
    EVP_MD_CTX_free(ctx);
    EVP_MD_free(type);
    if (rv != APR_SUCCESS) {
        ERR_clear_error();
    }
    return rv;
}

/* A context with its key, or NULL. */
static EVP_MAC_CTX *start_hmac(wfp_hash_e hash, const wfp_bytes_t *key)
{
    EVP_MAC *hmac = EVP_MAC_fetch(NULL, "HMAC", NULL);
    EVP_MAC_CTX *ctx = hmac ? EVP_MAC_CTX_new(hmac) : NULL;
    OSSL_PARAM params[2];

    /* the parameter is read only, whatever its type says */
    params[0] = OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST,
                                                 (char *)rows[hash].openssl, 0);
    params[1] = OSSL_PARAM_construct_end();
    if (ctx && EVP_MAC_init(ctx, key->data, key->n, params) != 1) {
        EVP_MAC_CTX_free(ctx);
        ctx = NULL;
    }
    EVP_MAC_free(hmac);
    return ctx;
}

apr_status_t wfp_crypto_digest_hmac(unsigned char md[WFP_DIGEST_MAX],
                                    wfp_hash_e hash, const wfp_bytes_t *key,
                                    const wfp_bytes_t *data,
                                    const wfp_stop_t *stop)
{
    EVP_MAC_CTX *ctx = start_hmac(hash, key);
    apr_status_t rv = ctx ? feed(NULL, ctx, data, stop) : APR_EGENERAL;

    if (rv == APR_SUCCESS
        && EVP_MAC_final(ctx, md, NULL, WFP_DIGEST_MAX) != 1) {
        rv = APR_EGENERAL;
    }
    EVP_MAC_CTX_free(ctx);
    if (rv != APR_SUCCESS) {
        ERR_clear_error();
    }
    return rv;
}

apr_status_t wfp_crypto_digest_hkdf(unsigned char *out, apr_size_t n,
                                    const wfp_derive_t *what)
{
    EVP_KDF *hkdf;
    EVP_KDF_CTX *ctx;
    OSSL_PARAM params[5];
    apr_status_t rv = APR_SUCCESS;

    if (n == 0 || n > 255 * rows[what->hash].size
        || what->info.n > WFP_HKDF_INFO_MAX) {
        return APR_EINVAL;
    }
    hkdf = EVP_KDF_fetch(NULL, "HKDF", NULL);
    ctx = hkdf ? EVP_KDF_CTX_new(hkdf) : NULL;
    /* parameters are read only, whatever their types say */
    params[0] = OSSL_PARAM_construct_utf8_string(
        OSSL_KDF_PARAM_DIGEST, (char *)rows[what->hash].openssl, 0);
    params[1] = OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_KEY,
                                                  (void *)what->key.data,
                                                  what->key.n);
    params[2] = OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_SALT,
                                                  (void *)what->salt.data,
                                                  what->salt.n);
    params[3] = OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_INFO,
                                                  (void *)what->info.data,
                                                  what->info.n);
    params[4] = OSSL_PARAM_construct_end();
    if (!ctx || EVP_KDF_derive(ctx, out, n, params) != 1) {
        OPENSSL_cleanse(out, n);
        ERR_clear_error();
        rv = APR_EGENERAL;
    }
    EVP_KDF_CTX_free(ctx);
    EVP_KDF_free(hkdf);
    return rv;
}

/* Block `number` of PBKDF2's output (RFC 8018, 5.2, F). */
static apr_status_t pbkdf2_block(unsigned char *out, EVP_MAC_CTX *ctx,
                                 const wfp_derive_t *what, apr_uint32_t number,
                                 const wfp_stop_t *stop)
{
    unsigned size = rows[what->hash].size, k;
    unsigned char u[WFP_DIGEST_MAX], count[4];
    apr_status_t rv = APR_SUCCESS;
    apr_uint32_t i;

    for (k = 0; k < 4; k++) {
        count[k] = (unsigned char)(number >> (24 - 8 * k));
    }
    if (EVP_MAC_init(ctx, NULL, 0, NULL) != 1
        || EVP_MAC_update(ctx, what->salt.data, what->salt.n) != 1
        || EVP_MAC_update(ctx, count, sizeof(count)) != 1
        || EVP_MAC_final(ctx, u, NULL, sizeof(u)) != 1) {
        return APR_EGENERAL;
    }
    memcpy(out, u, size);
    for (i = 1; i < what->iterations && rv == APR_SUCCESS; i++) {
        if (i % ITERATIONS == 0 && stop->is_over(stop->baton)) {
            rv = APR_EINTR;
        }
        else if (EVP_MAC_init(ctx, NULL, 0, NULL) != 1
                 || EVP_MAC_update(ctx, u, size) != 1
                 || EVP_MAC_final(ctx, u, NULL, sizeof(u)) != 1) {
            rv = APR_EGENERAL;
        }
        for (k = 0; k < size; k++) {
            out[k] ^= u[k];
        }
    }
    OPENSSL_cleanse(u, sizeof(u));
    return rv;
}

apr_status_t wfp_crypto_digest_pbkdf2(unsigned char *out, apr_size_t n,
                                      const wfp_derive_t *what,
                                      const wfp_stop_t *stop)
{
    EVP_MAC_CTX *ctx = start_hmac(what->hash, &what->key);
    unsigned size = rows[what->hash].size;
    unsigned char block[WFP_DIGEST_MAX];
    apr_status_t rv = ctx ? APR_SUCCESS : APR_EGENERAL;
    apr_size_t at, part;

    for (at = 0; at < n && rv == APR_SUCCESS; at += part) {
        part = n - at < size ? n - at : size;
        if (at && stop->is_over(stop->baton)) {
            rv = APR_EINTR;
            break;
        }
        rv = pbkdf2_block(block, ctx, what, (apr_uint32_t)(at / size) + 1,
                          stop);
        memcpy(out + at, block, part);
    }
    EVP_MAC_CTX_free(ctx);
    OPENSSL_cleanse(block, sizeof(block));
    if (rv != APR_SUCCESS) {
        OPENSSL_cleanse(out, n);
        ERR_clear_error();
    }
    return rv;
}
