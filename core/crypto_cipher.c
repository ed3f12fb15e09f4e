/* SPDX-License-Identifier: Apache-2.0 */
/*
 * AES-GCM and AES-CBC over OpenSSL, for crypto.subtle. Long input goes through
 * in pieces, so that the caller can end what takes too long. A text whose tag
 * is wrong is wiped before anybody can look at it.
 */
#include "core/crypto_cipher.h"

#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/evp.h>

/* less than a millisecond's work */
#define PIECE (256 * 1024)

apr_size_t wfp_crypto_cipher_room(const wfp_cipher_t *what, apr_size_t n)
{
    return n + (what->gcm ? what->tag : WFP_CIPHER_BLOCK);
}

/* OpenSSL's name of the cipher; NULL: there is none of that key size. */
static const char *cipher_name(const wfp_cipher_t *what)
{
    switch (what->key.n) {
    case 16:
        return what->gcm ? "AES-128-GCM" : "AES-128-CBC";
    case 24:
        return what->gcm ? "AES-192-GCM" : "AES-192-CBC";
    case 32:
        return what->gcm ? "AES-256-GCM" : "AES-256-CBC";
    default:
        return NULL;
    }
}

static int sizes_are_fine(const wfp_cipher_t *what, apr_size_t n)
{
    if (what->gcm) {
        return what->iv.n >= 1 && what->iv.n <= WFP_CIPHER_IV_MAX
               && what->tag >= 4 && what->tag <= 16
               && (what->encrypt || n >= what->tag);
    }
    return what->iv.n == WFP_CIPHER_BLOCK;
}

/* Key, nonce and, for GCM, the nonce's size before. @return 1: well */
static int start(EVP_CIPHER_CTX *ctx, const EVP_CIPHER *type,
                 const wfp_cipher_t *what)
{
    return EVP_CipherInit_ex(ctx, type, NULL, NULL, NULL, what->encrypt) == 1
           && (!what->gcm
               || EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_SET_IVLEN,
                                      (int)what->iv.n, NULL)
                      == 1)
           && EVP_CipherInit_ex(ctx, NULL, NULL, what->key.data, what->iv.data,
                                -1)
                  == 1;
}

/* Put data through; out NULL: it is only authenticated. *pn grows. */
static apr_status_t feed(unsigned char *out, apr_size_t *pn,
                         EVP_CIPHER_CTX *ctx, const wfp_bytes_t *data,
                         const wfp_stop_t *stop)
{
    apr_size_t at, n;
    int done;

    for (at = 0; at < data->n; at += n) {
        n = data->n - at < PIECE ? data->n - at : PIECE;
        if (at && stop->is_over(stop->baton)) {
            return APR_EINTR;
        }
        if (EVP_CipherUpdate(ctx, out ? out + *pn : NULL, &done,
                             data->data + at, (int)n)
            != 1) {
            return APR_EGENERAL;
        }
        *pn += out ? (apr_size_t)done : 0;
    }
    return APR_SUCCESS;
}

/* Padding and tag. in: what the tag to check stands behind. */
static apr_status_t finish(unsigned char *out, apr_size_t *pn,
                           EVP_CIPHER_CTX *ctx, const wfp_cipher_t *what,
                           const wfp_bytes_t *in)
{
    int done = 0;

    if (what->gcm && !what->encrypt
        && EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_SET_TAG, (int)what->tag,
                               /* only read */
                               (void *)(in->data + in->n))
               != 1) {
        return APR_EGENERAL;
    }
    if (EVP_CipherFinal_ex(ctx, out + *pn, &done) != 1) {
        return what->encrypt ? APR_EGENERAL : APR_EINVAL;
    }
    *pn += (apr_size_t)done;
    if (what->gcm && what->encrypt) {
        if (EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_GET_TAG, (int)what->tag,
                                out + *pn)
            != 1) {
            return APR_EGENERAL;
        }
        *pn += what->tag;
    }
    return APR_SUCCESS;
}

apr_status_t wfp_crypto_cipher(unsigned char *out, apr_size_t *pn,
                               const wfp_cipher_t *what, const wfp_bytes_t *in,
                               const wfp_stop_t *stop)
{
    const char *name = cipher_name(what);
    wfp_bytes_t text = *in;
    EVP_CIPHER *type = NULL;
    EVP_CIPHER_CTX *ctx = NULL;
    apr_status_t rv = APR_EGENERAL;

    if (!name || !sizes_are_fine(what, in->n)) {
        return APR_EINVAL;
    }
    if (what->gcm && !what->encrypt) {
        text.n -= what->tag;
    }
    *pn = 0;
    type = EVP_CIPHER_fetch(NULL, name, NULL);
    ctx = EVP_CIPHER_CTX_new();
    if (!type || !ctx || !start(ctx, type, what)) {
        goto leave;
    }
    if (what->gcm) {
        rv = feed(NULL, pn, ctx, &what->aad, stop);
        if (rv != APR_SUCCESS) {
            goto leave;
        }
    }
    rv = feed(out, pn, ctx, &text, stop);
    if (rv == APR_SUCCESS) {
        rv = finish(out, pn, ctx, what, &text);
    }
leave:
    EVP_CIPHER_CTX_free(ctx);
    EVP_CIPHER_free(type);
    if (rv != APR_SUCCESS) {
        OPENSSL_cleanse(out, wfp_crypto_cipher_room(what, in->n));
        ERR_clear_error();
    }
    return rv;
}
