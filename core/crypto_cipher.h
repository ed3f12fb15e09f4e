/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WFP_CRYPTO_CIPHER_H
#define WFP_CRYPTO_CIPHER_H

#include <apr.h>
#include <apr_errno.h>

#include "core/crypto_digest.h"
#include "core/wfp.h"

/**
 * @file
 * AES in GCM and CBC mode. Any thread; what functions return is told in
 * core/crypto_digest.h.
 */

#define WFP_CIPHER_BLOCK 16

/** What to do with some bytes. */
typedef struct wfp_cipher_t {
    int gcm;         /* else CBC with the padding of PKCS #7 */
    int encrypt;     /* else decrypt */
    unsigned tag;    /* GCM: bytes of the tag behind the ciphertext, 4 .. 16 */
    wfp_bytes_t key; /* 16, 24 or 32 bytes */
    wfp_bytes_t iv;  /* CBC: WFP_CIPHER_BLOCK; GCM: 1 .. WFP_CIPHER_IV_MAX */
    wfp_bytes_t aad; /* GCM: authenticated besides the text */
} wfp_cipher_t;

#define WFP_CIPHER_IV_MAX 128

/** Bytes that the output for n bytes may need. */
apr_size_t wfp_crypto_cipher_room(const wfp_cipher_t *what, apr_size_t n);

/**
 * Encrypt or decrypt.
 *
 * @param out  wfp_crypto_cipher_room() bytes; wiped unless it succeeds
 * @param pn   bytes of the output
 * @return also APR_EINVAL: a size that the mode does not know; or, decrypting,
 *         the tag or the padding is wrong
 */
apr_status_t wfp_crypto_cipher(unsigned char *out, apr_size_t *pn,
                               const wfp_cipher_t *what, const wfp_bytes_t *in,
                               const wfp_stop_t *stop) WFP_CHECK;

#endif
