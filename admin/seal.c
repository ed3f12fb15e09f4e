/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Seals secrets. Called by wfpctl and by the routes of the API; opening those of
 * Workers is mod_wfp's.
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

apr_status_t wfp_seal_text(wfp_secret_t *secret, wfp_keyring_t *keys,
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
        return wfp_result_about(
            res, WFP_ABOUT_VAR,
            wfp_result_set(res, WFP_INVALID, APR_EINVAL,
                           "secret %s has more than %d bytes", key,
                           WFP_UPLOAD_VAR_BYTES_MAX));
    }
    rv = wfp_keyring_seal(&secret->sealed, keys, context, text, n, p);
    if (rv != APR_SUCCESS) {
        return wfp_result_set(res, WFP_INTERNAL, rv,
                              "secret %s cannot be sealed", key);
    }
    return APR_SUCCESS;
}

static apr_status_t does_not_open(const wfp_sealed_t *secret, apr_status_t rv,
                                  wfp_result_t *res)
{
    if (!strcmp(secret->key, WFP_TOKENS_S3_KEY)) {
        return wfp_result_set(
            res, WFP_CONFLICT, rv,
            "the S3 secret of token %s does not open with the "
            "server's key",
            secret->name);
    }
    return wfp_result_set(res, WFP_CONFLICT, rv,
                          "secret %s of Worker '%s%s%s' does not open with the "
                          "server's key",
                          secret->key, secret->ns, *secret->ns ? "/" : "",
                          secret->name);
}

apr_status_t wfp_seal_again(const char **psealed, void *keys,
                            const wfp_sealed_t *secret, const char *to,
                            wfp_result_t *res, apr_pool_t *p)
{
    const char *text;
    apr_size_t n;
    apr_status_t rv;

    rv = wfp_keyring_open(&text, &n, keys,
                          context_of(secret->ns, secret->name, secret->key, p),
                          secret->sealed, p);
    if (rv != APR_SUCCESS) {
        return does_not_open(secret, rv, res);
    }
    rv = wfp_keyring_seal(psealed, keys,
                          context_of(to, secret->name, secret->key, p), text, n,
                          p);
    wfp_crypto_wipe((char *)text, n); /* ours, in p */
    return rv == APR_SUCCESS
               ? rv
               : wfp_result_set(res, WFP_INTERNAL, rv,
                                "secret %s cannot be sealed", secret->key);
}

apr_status_t wfp_seal_rotate(const char **psealed, void *rotationv,
                             const wfp_sealed_t *secret, const char *to,
                             wfp_result_t *res, apr_pool_t *p)
{
    wfp_seal_rotation_t *rotation = rotationv;
    const char *context = context_of(to, secret->name, secret->key, p);
    const char *text;
    apr_size_t n;
    int which;
    apr_status_t rv = wfp_keyring_try(&text, &n, &which, &rotation->keys,
                                      context, secret->sealed, p);

    if (rv != APR_SUCCESS) {
        return does_not_open(secret, rv, res);
    }
    if (which > 0) {
        rotation->others++;
        rv = rotation->only_look
                 ? APR_SUCCESS
                 : wfp_crypto_seal(psealed, rotation->keys.key[0], context,
                                   text, n, p);
    }
    wfp_crypto_wipe((char *)text, n); /* ours, in p */
    return rv == APR_SUCCESS
               ? rv
               : wfp_result_set(res, WFP_INTERNAL, rv,
                                "secret %s cannot be sealed", secret->key);
}

apr_status_t wfp_seal_s3_key(const char **psecret, wfp_token_t *token,
                             wfp_keyring_t *keys, wfp_result_t *res,
                             apr_pool_t *p)
{
    apr_status_t rv = wfp_tokens_id(&token->id, res, p);

    if (rv == APR_SUCCESS) {
        rv = wfp_tokens_secret(psecret, res, p);
    }
    if (rv != APR_SUCCESS) {
        return rv;
    }
    rv = wfp_keyring_seal(&token->s3_sealed, keys,
                          context_of("", token->id, WFP_TOKENS_S3_KEY, p),
                          *psecret, strlen(*psecret), p);
    return rv == APR_SUCCESS ? rv
                             : wfp_result_set(res, WFP_INTERNAL, rv,
                                              "the S3 secret cannot be sealed");
}

apr_status_t wfp_seal_open_s3(const char **psecret, const wfp_token_t *token,
                              wfp_keyring_t *keys, wfp_result_t *res,
                              apr_pool_t *p)
{
    const wfp_sealed_t secret = { "", token->id, WFP_TOKENS_S3_KEY,
                                  token->s3_sealed };
    apr_size_t n;
    apr_status_t rv = wfp_keyring_open(psecret, &n, keys,
                                       context_of("", token->id,
                                                  WFP_TOKENS_S3_KEY, p),
                                       token->s3_sealed, p);

    return rv == APR_SUCCESS ? rv : does_not_open(&secret, rv, res);
}
