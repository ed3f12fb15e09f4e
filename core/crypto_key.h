/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WFP_CRYPTO_KEY_H
#define WFP_CRYPTO_KEY_H

#include <apr.h>
#include <apr_errno.h>

#include "core/crypto_digest.h"
#include "core/wfp.h"

/**
 * @file
 * Keys of signatures: RSA, ECDSA on three curves, Ed25519. A key is plain
 * bytes, its parts as JSON Web Keys have them, so that it can lie in memory
 * that is given back without a call; OpenSSL's object of it is made for one
 * operation and freed in it. Any thread; what functions return is told in
 * core/crypto_digest.h.
 */

typedef enum wfp_key_kind_e {
    WFP_KEY_RSA,
    WFP_KEY_P256,
    WFP_KEY_P384,
    WFP_KEY_P521,
    WFP_KEY_ED25519,
    WFP_KEY_KIND_COUNT
} wfp_key_kind_e;

#define WFP_RSA_BITS_MIN 1024
#define WFP_RSA_BITS_MAX 4096

/** Parts of a key, at most; bytes of all parts, at most. */
#define WFP_KEY_PARTS 8
#define WFP_KEY_ROOM  2308

/** Bytes of a key in DER or as a point, at most. */
#define WFP_KEY_DER_ROOM 4096

typedef struct wfp_key_t {
    wfp_key_kind_e kind;
    int is_private;
    apr_uint16_t size[WFP_KEY_PARTS]; /* of each part; 0: not there */
    unsigned char
        *bytes; /* the parts; room for WFP_KEY_ROOM while it is made */
} wfp_key_t;

/** Bytes of all parts of a key of this kind, at most. */
apr_size_t wfp_crypto_key_room(wfp_key_kind_e kind);

/** Begin a key in bytes (wfp_crypto_key_room() of them, the caller's). */
void wfp_crypto_key_init(wfp_key_t *key, wfp_key_kind_e kind, int is_private,
                         unsigned char *bytes);

/** Name of a kind: its curve's, "RSA". */
const char *wfp_crypto_key_name(wfp_key_kind_e kind);

/** Names of a kind's parts in a JSON Web Key, in their order, the public ones
 *  first; how many there are of a key. */
const char *wfp_crypto_key_part_name(wfp_key_kind_e kind, int part);
int wfp_crypto_key_part_count(const wfp_key_t *key);

/** A part: big-endian integer or octets. */
wfp_bytes_t wfp_crypto_key_part(const wfp_key_t *key, int part);

/** Bytes of all parts. */
apr_size_t wfp_crypto_key_size(const wfp_key_t *key);

/** Bytes of a coordinate, half of a signature; bits of RSA's modulus; bytes of
 *  Ed25519's key. */
apr_size_t wfp_crypto_key_width(const wfp_key_t *key);

/** Append the next part. @return APR_EINVAL: it cannot be one of that kind by
 *  its size */
apr_status_t wfp_crypto_key_add(wfp_key_t *key,
                                const wfp_bytes_t *part) WFP_CHECK;

/**
 * Is the key, all parts added, a good one? A point of its curve, the private
 * parts those of the public ones, sizes within bounds.
 *
 * @return APR_EINVAL: it is not
 */
apr_status_t wfp_crypto_key_check(const wfp_key_t *key) WFP_CHECK;

/** Forms of whole keys. */
typedef enum wfp_key_form_e {
    WFP_KEY_RAW,  /* a public key: an uncompressed point, Ed25519's octets */
    WFP_KEY_SPKI, /* SubjectPublicKeyInfo */
    WFP_KEY_PKCS8 /* PrivateKeyInfo */
} wfp_key_form_e;

/**
 * Read a key and check it.
 *
 * @param key  as wfp_crypto_key_init() left it: of the kind that is wanted;
 *             private for, and only for, WFP_KEY_PKCS8
 * @return APR_EINVAL: no good key of this kind in this form
 */
apr_status_t wfp_crypto_key_read(wfp_key_t *key, wfp_key_form_e form,
                                 const wfp_bytes_t *in) WFP_CHECK;

/** Write it. @return APR_EINVAL: there is no such form of it */
apr_status_t wfp_crypto_key_write(unsigned char out[WFP_KEY_DER_ROOM],
                                  apr_size_t *pn, const wfp_key_t *key,
                                  wfp_key_form_e form) WFP_CHECK;

/**
 * Make a new private key.
 *
 * @param key       as wfp_crypto_key_init() left it
 * @param bits      RSA: of the modulus, 2048 .. WFP_RSA_BITS_MAX
 * @param exponent  RSA: 3 or 65537
 */
apr_status_t wfp_crypto_key_make(wfp_key_t *key, unsigned bits,
                                 unsigned exponent,
                                 const wfp_stop_t *stop) WFP_CHECK;

/** The public half of a private key shares its bytes. */
void wfp_crypto_key_public(wfp_key_t *pub, const wfp_key_t *key);

#endif
