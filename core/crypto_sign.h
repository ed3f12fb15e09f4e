/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WFP_CRYPTO_SIGN_H
#define WFP_CRYPTO_SIGN_H

#include <apr.h>
#include <apr_errno.h>

#include "core/crypto_key.h"
#include "core/wfp.h"

/**
 * @file
 * Signatures: RSASSA-PKCS1-v1_5, ECDSA (r and s one after the other, each as
 * wide as a coordinate), Ed25519. Any thread; what functions return is told in
 * core/crypto_digest.h.
 */

/** Bytes of a signature, at most. */
#define WFP_SIGNATURE_MAX (WFP_RSA_BITS_MAX / 8)

/** Most bytes that Ed25519 signs: it cannot be ended meanwhile, and reads them
 *  twice. */
#define WFP_ED25519_DATA_MAX (4 * 1024 * 1024)

/** Sign data. hash: not for Ed25519. @return also APR_EINVAL: too much data,
 *  or the digest does not fit the key */
apr_status_t wfp_crypto_sign(unsigned char sig[WFP_SIGNATURE_MAX],
                             apr_size_t *pn, const wfp_key_t *key,
                             wfp_hash_e hash, const wfp_bytes_t *data,
                             const wfp_stop_t *stop) WFP_CHECK;

/** Is sig the key's signature of data? *pvalid: 1 or 0. Errors as above; a
 *  signature that is none in form is not valid. */
apr_status_t wfp_crypto_sign_verify(int *pvalid, const wfp_key_t *key,
                                    wfp_hash_e hash, const wfp_bytes_t *sig,
                                    const wfp_bytes_t *data,
                                    const wfp_stop_t *stop) WFP_CHECK;

#endif
