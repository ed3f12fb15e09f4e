/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Seals secrets. Called by wfpctl and by the routes of the API; opening them is
 * mod_wfp's.
 */
#include "admin/seal.h"

#include <apr_strings.h>
#include <string.h>

#include "admin/upload.h"
#include "core/name.h"

/* Whose a secret is: bound to the sealed text. */
static const char *context_of(const char *ns, const char *name, const char *key,
                              apr_pool_t *p)
{
    return apr_pstrcat(p, ns, "/", name, "/", key, NULL);
}

apr_status_t wfp_seal_text(wfp_secret_t *secret,
                           const unsigned char master[WFP_KEY_SIZE],
                           const char *text, apr_size_t n, wfp_result_t *res,
                           apr_pool_t *p)
{
    const char *key = secret->key;
    const char *context = context_of(secret->ns, secret->name, key, p);
    apr_status_t rv;

    if (!wfp_name_is_binding(key, strlen(key))) {
        return wfp_result_set(res, WFP_INVALID, APR_EINVAL,
                              "secret '%.80s' is no identifier of at most 63 "
                              "bytes",
                              key);
    }
    if (n > WFP_UPLOAD_VAR_BYTES_MAX) {
        return wfp_result_set(res, WFP_INVALID, APR_EINVAL,
                              "secret %s has more than %d bytes", key,
                              WFP_UPLOAD_VAR_BYTES_MAX);
    }
    rv = wfp_crypto_seal(&secret->sealed, master, context, text, n, p);
    if (rv != APR_SUCCESS) {
        return wfp_result_set(res, WFP_INTERNAL, rv,
                              "secret %s cannot be sealed", key);
    }
    return APR_SUCCESS;
}

apr_status_t wfp_seal_again(const char **psealed, void *key,
                            const wfp_sealed_t *secret, const char *to,
                            wfp_result_t *res, apr_pool_t *p)
{
    const char *text;
    apr_size_t n;
    apr_status_t rv;

    rv = wfp_crypto_open(&text, &n, key,
                         context_of(secret->ns, secret->name, secret->key, p),
                         secret->sealed, p);
    if (rv != APR_SUCCESS) {
        return wfp_result_set(res, WFP_CONFLICT, rv,
                              "secret %s of Worker '%s' does not open with the "
                              "server's key",
                              secret->key, secret->name);
    }
    rv = wfp_crypto_seal(psealed, key,
                         context_of(to, secret->name, secret->key, p), text, n,
                         p);
    wfp_crypto_wipe((char *)text, n); /* ours, in p */
    return rv == APR_SUCCESS
               ? rv
               : wfp_result_set(res, WFP_INTERNAL, rv,
                                "secret %s cannot be sealed", secret->key);
}
