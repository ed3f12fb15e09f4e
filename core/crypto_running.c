/* SPDX-License-Identifier: Apache-2.0 */
/* Digests of streams, over OpenSSL. Called by whoever passes bytes on. */
#include "core/crypto_running.h"

#include <openssl/err.h>
#include <openssl/evp.h>

struct wfp_running_t {
    EVP_MD_CTX *ctx;
    const EVP_MD *type;
};

static apr_status_t free_ctx(void *running)
{
    EVP_MD_CTX_free(((wfp_running_t *)running)->ctx);
    return APR_SUCCESS;
}

static apr_status_t done(int ok)
{
    if (ok == 1) {
        return APR_SUCCESS;
    }
    ERR_clear_error();
    return APR_EGENERAL;
}

apr_status_t wfp_crypto_running_make(wfp_running_t **prunning, wfp_hash_e hash,
                                     apr_pool_t *p)
{
    static const EVP_MD *(*const types[WFP_HASH_COUNT])(void) = {
        [WFP_HASH_MD5] = EVP_md5,       [WFP_HASH_SHA1] = EVP_sha1,
        [WFP_HASH_SHA256] = EVP_sha256, [WFP_HASH_SHA384] = EVP_sha384,
        [WFP_HASH_SHA512] = EVP_sha512,
    };
    wfp_running_t *running = apr_palloc(p, sizeof(*running));

    running->type = types[hash]();
    running->ctx = EVP_MD_CTX_new();
    if (!running->ctx) {
        return done(0);
    }
    apr_pool_cleanup_register(p, running, free_ctx, apr_pool_cleanup_null);
    *prunning = running;
    return done(EVP_DigestInit_ex(running->ctx, running->type, NULL));
}

apr_status_t wfp_crypto_running_add(wfp_running_t *running, const void *data,
                                    apr_size_t n)
{
    return done(EVP_DigestUpdate(running->ctx, data, n));
}

apr_status_t wfp_crypto_running_end(unsigned char md[WFP_DIGEST_MAX],
                                    wfp_running_t *running)
{
    return done(EVP_DigestFinal_ex(running->ctx, md, NULL) == 1
                && EVP_DigestInit_ex(running->ctx, running->type, NULL) == 1);
}
