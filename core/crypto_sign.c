/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Signatures over OpenSSL, for crypto.subtle. Data is hashed in pieces that the
 * caller can end; the rest takes a few milliseconds at most, since a key's parts
 * are bounded. Usages of keys are not known here.
 */
#include "core/crypto_sign.h"

#include <openssl/bn.h>
#include <openssl/crypto.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/rsa.h>
#include <string.h>

#include "core/crypto_pkey.h"

/* bytes of an ECDSA signature in DER, of P-521 at most */
#define DER_MAX 160

/* A context that signs (sign: 1) or verifies digests, or NULL. */
static EVP_PKEY_CTX *start(EVP_PKEY *pkey, const wfp_key_t *key,
                           wfp_hash_e hash, int sign)
{
    EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new(pkey, NULL);
    EVP_MD *md = EVP_MD_fetch(NULL, wfp_crypto_digest_name(hash), NULL);

    if (!ctx || !md
        || (sign ? EVP_PKEY_sign_init(ctx) : EVP_PKEY_verify_init(ctx)) != 1
        || (key->kind == WFP_KEY_RSA
            && EVP_PKEY_CTX_set_rsa_padding(ctx, RSA_PKCS1_PADDING) != 1)
        || EVP_PKEY_CTX_set_signature_md(ctx, md) != 1) {
        EVP_PKEY_CTX_free(ctx);
        ctx = NULL;
    }
    EVP_MD_free(md);
    return ctx;
}

/* r and s out of DER. @return 1: well */
static int split(unsigned char *sig, apr_size_t *pn, const unsigned char *der,
                 apr_size_t n, apr_size_t width)
{
    ECDSA_SIG *pair = d2i_ECDSA_SIG(NULL, &der, (long)n);
    int done = pair && BN_bn2binpad(ECDSA_SIG_get0_r(pair), sig, (int)width) > 0
               && BN_bn2binpad(ECDSA_SIG_get0_s(pair), sig + width, (int)width)
                      > 0;

    ECDSA_SIG_free(pair);
    *pn = 2 * width;
    return done;
}

/* The other way round. @return bytes of DER, <= 0: failed */
static int join(unsigned char der[DER_MAX], const wfp_bytes_t *sig,
                apr_size_t width)
{
    ECDSA_SIG *pair = ECDSA_SIG_new();
    BIGNUM *r = BN_bin2bn(sig->data, (int)width, NULL);
    BIGNUM *s = BN_bin2bn(sig->data + width, (int)width, NULL);
    int n = 0;

    if (pair && r && s && ECDSA_SIG_set0(pair, r, s) == 1) {
        r = s = NULL;
        if (i2d_ECDSA_SIG(pair, NULL) <= DER_MAX) {
            n = i2d_ECDSA_SIG(pair, &der);
        }
    }
    BN_free(r);
    BN_free(s);
    ECDSA_SIG_free(pair);
    return n;
}

static apr_status_t sign_digest(unsigned char *sig, apr_size_t *pn,
                                EVP_PKEY *pkey, const wfp_key_t *key,
                                wfp_hash_e hash, const unsigned char *md)
{
    EVP_PKEY_CTX *ctx = start(pkey, key, hash, 1);
    unsigned char der[DER_MAX];
    apr_size_t size = wfp_crypto_digest_size(hash), n = sizeof(der);
    apr_status_t rv = APR_EGENERAL;

    if (!ctx) {
        return APR_EGENERAL;
    }
    if (key->kind == WFP_KEY_RSA) {
        *pn = WFP_SIGNATURE_MAX;
        rv = EVP_PKEY_sign(ctx, sig, pn, md, size) == 1 ? APR_SUCCESS
                                                        : APR_EINVAL;
    }
    else if (EVP_PKEY_sign(ctx, der, &n, md, size) == 1
             && split(sig, pn, der, n, wfp_crypto_key_width(key))) {
        rv = APR_SUCCESS;
    }
    EVP_PKEY_CTX_free(ctx);
    return rv;
}

static apr_status_t verify_digest(int *pvalid, EVP_PKEY *pkey,
                                  const wfp_key_t *key, wfp_hash_e hash,
                                  const wfp_bytes_t *sig,
                                  const unsigned char *md)
{
    EVP_PKEY_CTX *ctx = start(pkey, key, hash, 0);
    unsigned char der[DER_MAX];
    const unsigned char *data = sig->data;
    apr_size_t n = sig->n, width = wfp_crypto_key_width(key);

    if (!ctx) {
        return APR_EGENERAL;
    }
    if (key->kind != WFP_KEY_RSA) {
        int size = n == 2 * width ? join(der, sig, width) : 0;

        data = der;
        n = size > 0 ? (apr_size_t)size : 0;
    }
    *pvalid = n > 0
              && EVP_PKEY_verify(ctx, data, n, md, wfp_crypto_digest_size(hash))
                     == 1;
    EVP_PKEY_CTX_free(ctx);
    return APR_SUCCESS;
}

/* Ed25519 in one go; sig NULL: verify what check is. */
static apr_status_t ed25519(unsigned char *sig, apr_size_t *pn, int *pvalid,
                            EVP_PKEY *pkey, const wfp_bytes_t *check,
                            const wfp_bytes_t *data)
{
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();
    apr_status_t rv = APR_EGENERAL;

    if (ctx && sig) {
        *pn = WFP_SIGNATURE_MAX;
        if (EVP_DigestSignInit(ctx, NULL, NULL, NULL, pkey) == 1
            && EVP_DigestSign(ctx, sig, pn, data->data, data->n) == 1) {
            rv = APR_SUCCESS;
        }
    }
    else if (ctx && EVP_DigestVerifyInit(ctx, NULL, NULL, NULL, pkey) == 1) {
        *pvalid = EVP_DigestVerify(ctx, check->data, check->n, data->data,
                                   data->n)
                  == 1;
        rv = APR_SUCCESS;
    }
    EVP_MD_CTX_free(ctx);
    return rv;
}

/* What is signed: the data's hash, but Ed25519 takes the data themselves. */
static apr_status_t hash_data(unsigned char md[WFP_DIGEST_MAX],
                              const wfp_key_t *key, wfp_hash_e hash,
                              const wfp_bytes_t *data, const wfp_stop_t *stop)
{
    if (key->kind == WFP_KEY_ED25519) {
        return data->n > WFP_ED25519_DATA_MAX ? APR_EINVAL : APR_SUCCESS;
    }
    return wfp_crypto_digest(md, hash, data, stop);
}

apr_status_t wfp_crypto_sign(unsigned char sig[WFP_SIGNATURE_MAX],
                             apr_size_t *pn, const wfp_key_t *key,
                             wfp_hash_e hash, const wfp_bytes_t *data,
                             const wfp_stop_t *stop)
{
    unsigned char md[WFP_DIGEST_MAX];
    int is_ed25519 = key->kind == WFP_KEY_ED25519;
    apr_status_t rv = hash_data(md, key, hash, data, stop);
    EVP_PKEY *pkey;

    if (rv != APR_SUCCESS) {
        return rv;
    }
    pkey = wfp_crypto_key_load(key);
    rv = APR_EGENERAL;
    if (pkey) {
        rv = is_ed25519 ? ed25519(sig, pn, NULL, pkey, NULL, data)
                        : sign_digest(sig, pn, pkey, key, hash, md);
    }
    EVP_PKEY_free(pkey);
    if (rv != APR_SUCCESS) {
        ERR_clear_error();
    }
    return rv;
}

apr_status_t wfp_crypto_sign_verify(int *pvalid, const wfp_key_t *key,
                                    wfp_hash_e hash, const wfp_bytes_t *sig,
                                    const wfp_bytes_t *data,
                                    const wfp_stop_t *stop)
{
    unsigned char md[WFP_DIGEST_MAX];
    int is_ed25519 = key->kind == WFP_KEY_ED25519;
    apr_status_t rv = hash_data(md, key, hash, data, stop);
    wfp_key_t pub;
    EVP_PKEY *pkey;

    *pvalid = 0;
    if (rv != APR_SUCCESS) {
        return rv;
    }
    wfp_crypto_key_public(&pub, key);
    pkey = wfp_crypto_key_load(&pub);
    rv = APR_EGENERAL;
    if (pkey) {
        rv = is_ed25519 ? ed25519(NULL, NULL, pvalid, pkey, sig, data)
                        : verify_digest(pvalid, pkey, &pub, hash, sig, md);
    }
    EVP_PKEY_free(pkey);
    ERR_clear_error(); /* a signature that does not hold leaves some */
    return rv;
}
