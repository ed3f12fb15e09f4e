/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WFP_CRYPTO_H
#define WFP_CRYPTO_H

#include <apr_pools.h>

#include "core/result.h"
#include "core/wfp.h"

/**
 * @file
 * Random bytes, a digest, sealing of secrets. core/crypto*.c are the only files
 * that include OpenSSL; what crypto.subtle needs is in core/crypto_*.h.
 */

/** Bytes of a master key. */
#define WFP_KEY_SIZE 32

/** Fill buf with n bytes of the system's CSPRNG. @return APR_SUCCESS or
 *  APR_EGENERAL (then buf must not be used) */
apr_status_t wfp_crypto_random(void *buf, apr_size_t n) WFP_CHECK;

/** A random (version 4) UUID in text. */
apr_status_t wfp_crypto_uuid(char out[WFP_UUID_SIZE]) WFP_CHECK;

/** 2*n lower-case hex digits and NUL, in p. */
const char *wfp_crypto_hex(const void *data, apr_size_t n, apr_pool_t *p);

/** SHA-256 of data as 64 hex digits, in p; NULL only when OpenSSL is out of
 *  memory. */
const char *wfp_crypto_sha256_hex(const void *data, apr_size_t n,
                                  apr_pool_t *p);

/** Compare in a time that does not depend on the bytes. @return 1: equal */
int wfp_crypto_equal(const void *a, const void *b, apr_size_t n);

/** Overwrite bytes that nobody needs to know any more. */
void wfp_crypto_wipe(void *data, apr_size_t n);

/**
 * Seal text with AES-256-GCM: base64 of key number, nonce, ciphertext, tag.
 *
 * @param context  bound to the sealed text (who owns it): opening it for
 *                 another owner fails
 * @return APR_SUCCESS; APR_EGENERAL: OpenSSL failed; APR_EINVAL: n is over
 *         1 GB
 */
apr_status_t wfp_crypto_seal(const char **psealed,
                             const unsigned char key[WFP_KEY_SIZE],
                             const char *context, const char *text,
                             apr_size_t n, apr_pool_t *p) WFP_CHECK;

/** Open it again; the text is NUL-terminated. @return APR_SUCCESS, or
 *  APR_EINVAL: wrong key, context or a changed text; *ptext untouched */
apr_status_t wfp_crypto_open(const char **ptext, apr_size_t *pn,
                             const unsigned char key[WFP_KEY_SIZE],
                             const char *context, const char *sealed,
                             apr_pool_t *p) WFP_CHECK;

#endif
