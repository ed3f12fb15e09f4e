/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WFP_SEAL_H
#define WFP_SEAL_H

#include <apr_pools.h>

#include "core/crypto.h"
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
 * @param master  the server's key
 * @param text    n bytes
 * @return WFP_INVALID: the key is no identifier, or the text is larger than
 *         WFP_UPLOAD_VAR_BYTES_MAX; WFP_INTERNAL
 */
apr_status_t wfp_seal_text(wfp_secret_t *secret,
                           const unsigned char master[WFP_KEY_SIZE],
                           const char *text, apr_size_t n, wfp_result_t *res,
                           apr_pool_t *p) WFP_CHECK;

/**
 * A wfp_reseal_fn: open a secret and seal it for a namespace's new name.
 *
 * @param key  the server's key, WFP_KEY_SIZE bytes
 * @return WFP_CONFLICT with APR_EINVAL: the key does not open it
 */
apr_status_t wfp_seal_again(const char **psealed, void *key,
                            const wfp_sealed_t *secret, const char *to,
                            wfp_result_t *res, apr_pool_t *p) WFP_CHECK;

#endif
