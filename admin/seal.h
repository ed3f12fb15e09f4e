/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WFP_SEAL_H
#define WFP_SEAL_H

#include <apr_pools.h>

#include "core/keyring.h"
#include "core/result.h"
#include "core/wfp.h"
#include "store/secrets.h"

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

#endif
