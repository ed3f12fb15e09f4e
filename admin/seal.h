/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WFP_SEAL_H
#define WFP_SEAL_H

#include <apr_pools.h>

#include "core/keyring.h"
#include "core/result.h"
#include "core/wfp.h"
#include "store/secrets.h"
#include "store/tokens.h"

/** @file Seals secrets before they are stored: what wfpctl and the API share.
 *  The server opens them for the isolate they belong to, and for no other: the
 *  owner's name is bound to the sealed text. */

/**
 * Seal the value of a secret.
 *
 * @param secret  ns, name and key are set; sealed is filled in
 * @param keys    the server's
 * @param text    n bytes
 * @return WFP_INVALID: the key is no identifier, or the text is larger than
 *         WFP_UPLOAD_VAR_BYTES_MAX; WFP_INTERNAL
 */
apr_status_t wfp_seal_text(wfp_secret_t *secret, wfp_keyring_t *keys,
                           const char *text, apr_size_t n, wfp_result_t *res,
                           apr_pool_t *p) WFP_CHECK;

/**
 * A wfp_reseal_fn: open a secret and seal it for a namespace's new name.
 *
 * @param keys  the server's wfp_keyring_t
 * @return WFP_CONFLICT with APR_EINVAL: no key opens it
 */
apr_status_t wfp_seal_again(const char **psealed, void *keys,
                            const wfp_sealed_t *secret, const char *to,
                            wfp_result_t *res, apr_pool_t *p) WFP_CHECK;

/** Sealing all with another key. */
typedef struct wfp_seal_rotation_t {
    wfp_keys_t keys; /* the first seals */
    int only_look;
    apr_int64_t others; /* counts those that another one had sealed */
} wfp_seal_rotation_t;

/**
 * A wfp_reseal_fn: seal with the first key what another one has sealed.
 *
 * @param rotation  a wfp_seal_rotation_t
 * @return WFP_CONFLICT with APR_EINVAL: no key opens it
 */
apr_status_t wfp_seal_rotate(const char **psealed, void *rotation,
                             const wfp_sealed_t *secret, const char *to,
                             wfp_result_t *res, apr_pool_t *p) WFP_CHECK;

/**
 * Make a token that is to be made an S3 key: its id and s3_sealed are filled in.
 *
 * @param psecret  40 characters, known only here
 */
apr_status_t wfp_seal_s3_key(const char **psecret, wfp_token_t *token,
                             wfp_keyring_t *keys, wfp_result_t *res,
                             apr_pool_t *p) WFP_CHECK;

/** The secret again, in p: wipe it. WFP_CONFLICT: no key opens it. */
apr_status_t wfp_seal_open_s3(const char **psecret, const wfp_token_t *token,
                              wfp_keyring_t *keys, wfp_result_t *res,
                              apr_pool_t *p) WFP_CHECK;

#endif
