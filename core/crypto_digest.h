/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WFP_CRYPTO_DIGEST_H
#define WFP_CRYPTO_DIGEST_H

#include <apr.h>
#include <apr_errno.h>

#include "core/wfp.h"

/**
 * @file
 * Digests, HMAC and the two derivations of keys that are made of it. Any
 * thread; nothing is kept between calls.
 *
 * All functions of core/crypto_*.h return APR_SUCCESS; APR_EINTR: the caller's
 * `stop` said that it is over; APR_EGENERAL: OpenSSL could not; or what their
 * comment adds. An output is whole, or wiped and not to be used.
 */

typedef enum wfp_hash_e {
    WFP_HASH_MD5,
    WFP_HASH_SHA1,
    WFP_HASH_SHA256,
    WFP_HASH_SHA384,
    WFP_HASH_SHA512,
    WFP_HASH_COUNT
} wfp_hash_e;

/** Bytes of the largest digest. */
#define WFP_DIGEST_MAX 64

/** Bytes that somebody else owns; data is not NULL. */
typedef struct wfp_bytes_t {
    const unsigned char *data;
    apr_size_t n;
} wfp_bytes_t;

/** What is known of a hash: its name in Web Cryptography, its sizes in
 *  bytes. */
const char *wfp_crypto_digest_name(wfp_hash_e hash);
unsigned wfp_crypto_digest_size(wfp_hash_e hash);
unsigned wfp_crypto_digest_block(wfp_hash_e hash);

/** Digest of data. @param md  gets wfp_crypto_digest_size() bytes */
apr_status_t wfp_crypto_digest(unsigned char md[WFP_DIGEST_MAX],
                               wfp_hash_e hash, const wfp_bytes_t *data,
                               const wfp_stop_t *stop) WFP_CHECK;

/** HMAC of data. */
apr_status_t wfp_crypto_digest_hmac(unsigned char md[WFP_DIGEST_MAX],
                                    wfp_hash_e hash, const wfp_bytes_t *key,
                                    const wfp_bytes_t *data,
                                    const wfp_stop_t *stop) WFP_CHECK;

/** What a key is derived from. */
typedef struct wfp_derive_t {
    wfp_hash_e hash;
    wfp_bytes_t key;
    wfp_bytes_t salt;
    wfp_bytes_t info;        /* HKDF */
    apr_uint32_t iterations; /* PBKDF2, >= 1 */
} wfp_derive_t;

/** Most bytes of info that wfp_crypto_digest_hkdf() takes. */
#define WFP_HKDF_INFO_MAX 1024

/** HKDF (RFC 5869). @param n  1 .. 255 digests; APR_EINVAL: more, or info is
 *  too long */
apr_status_t wfp_crypto_digest_hkdf(unsigned char *out, apr_size_t n,
                                    const wfp_derive_t *what) WFP_CHECK;

/** PBKDF2 (RFC 8018). @param n  >= 1 */
apr_status_t wfp_crypto_digest_pbkdf2(unsigned char *out, apr_size_t n,
                                      const wfp_derive_t *what,
                                      const wfp_stop_t *stop) WFP_CHECK;

#endif
