/* SPDX-License-Identifier: Apache-2.0 */
/* Digests of what passes by in pieces, over OpenSSL. For who writes it to where
 * it stays. */
#include "core/crypto_hash.h"

#include <openssl/err.h>
#include <openssl/evp.h>

#include "core/crypto.h"

struct wfp_crypto_hash_t {
    EVP_MD_CTX *ctx[WFP_HASH_COUNT]; /* NULL: not asked for */
};

static const char *const names[WFP_HASH_COUNT] = {
    [WFP_HASH_MD5] = "MD5",       [WFP_HASH_SHA1] = "SHA1",
    [WFP_HASH_SHA256] = "SHA256", [WFP_HASH_SHA384] = "SHA384",
    [WFP_HASH_SHA512] = "SHA512",
};

static apr_status_t free_all(void *data)
{
    wfp_crypto_hash_t *hash = data;
    int i;

    for (i = 0; i < WFP_HASH_COUNT; i++) {
        EVP_MD_CTX_free(hash->ctx[i]);
        hash->ctx[i] = NULL;
    }
    return APR_SUCCESS;
}

static int begin_one(EVP_MD_CTX **pctx, const char *name)
{
    EVP_MD *type = EVP_MD_fetch(NULL, name, NULL);
    int ok;

    *pctx = EVP_MD_CTX_new();
    ok = type && *pctx && EVP_DigestInit_ex(*pctx, type, NULL) == 1;
    EVP_MD_free(type);
    return ok;
}

apr_status_t wfp_crypto_hash_begin(wfp_crypto_hash_t **phash, unsigned which,
                                   apr_pool_t *p)
{
    wfp_crypto_hash_t *hash = apr_pcalloc(p, sizeof(*hash));
    int i;

    apr_pool_cleanup_register(p, hash, free_all, apr_pool_cleanup_null);
    *phash = hash;
    for (i = 0; i < WFP_HASH_COUNT; i++) {
        if (which & 1U << i && !begin_one(&hash->ctx[i], names[i])) {
            ERR_clear_error();
            return APR_EGENERAL;
        }
    }
    return APR_SUCCESS;
}

apr_status_t wfp_crypto_hash_add(wfp_crypto_hash_t *hash, const void *data,
                                 apr_size_t n)
{
    int i;

    for (i = 0; i < WFP_HASH_COUNT; i++) {
        if (hash->ctx[i] && EVP_DigestUpdate(hash->ctx[i], data, n) != 1) {
            ERR_clear_error();
            return APR_EGENERAL;
        }
    }
    return APR_SUCCESS;
}

apr_status_t wfp_crypto_hash_end(const char *hex[WFP_HASH_COUNT],
                                 wfp_crypto_hash_t *hash, apr_pool_t *p)
{
    unsigned char md[WFP_DIGEST_MAX];
    int i;

    for (i = 0; i < WFP_HASH_COUNT; i++) {
        hex[i] = NULL;
        if (!hash->ctx[i]) {
            continue;
        }
        if (EVP_DigestFinal_ex(hash->ctx[i], md, NULL) != 1) {
            ERR_clear_error();
            return APR_EGENERAL;
        }
        hex[i] = wfp_crypto_hex(md, wfp_crypto_digest_size((wfp_hash_e)i), p);
    }
    return APR_SUCCESS;
}
