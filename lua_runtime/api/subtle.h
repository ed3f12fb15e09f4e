/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WFP_API_SUBTLE_H
#define WFP_API_SUBTLE_H

#include <lua.h>

#include "core/crypto_digest.h"
#include "core/crypto_key.h"
#include "lua_runtime/api/classes.h"

/**
 * @file
 * What the files of crypto.subtle share: algorithm arguments, CryptoKeys. For
 * subtle*.c only.
 *
 * A CryptoKey is bytes in the isolate's arena and nothing else: an isolate that
 * is left needs no clean-up. They are wiped when the object is collected, and
 * are gone with the arena, which the system hands out as zeros.
 */

typedef enum wfp_subtle_alg_e {
    WFP_SUBTLE_HMAC,
    WFP_SUBTLE_AES_GCM,
    WFP_SUBTLE_AES_CBC,
    WFP_SUBTLE_PBKDF2,
    WFP_SUBTLE_HKDF,
    WFP_SUBTLE_RSA,
    WFP_SUBTLE_ECDSA,
    WFP_SUBTLE_ED25519,
    WFP_SUBTLE_COUNT
} wfp_subtle_alg_e;

/** What a key may be used for; a set of them is their sum. */
enum {
    WFP_USAGE_ENCRYPT = 1,
    WFP_USAGE_DECRYPT = 2,
    WFP_USAGE_SIGN = 4,
    WFP_USAGE_VERIFY = 8,
    WFP_USAGE_DERIVE_KEY = 16,
    WFP_USAGE_DERIVE_BITS = 32
};

typedef enum wfp_subtle_type_e {
    WFP_SUBTLE_SECRET,
    WFP_SUBTLE_PUBLIC,
    WFP_SUBTLE_PRIVATE
} wfp_subtle_type_e;

/** Most bytes of a secret key (a password counts as one). */
#define WFP_SUBTLE_SECRET_MAX 65536

typedef struct wfp_subtle_key_t {
    wfp_subtle_alg_e alg;
    wfp_subtle_type_e type;
    wfp_hash_e hash; /* HMAC, RSA */
    int extractable;
    unsigned usages;
    wfp_key_t pair; /* RSA, ECDSA, Ed25519; its bytes are those below */
    apr_size_t n;   /* of the bytes: a secret's, else the room */
    unsigned char bytes[];
} wfp_subtle_key_t;

/** An algorithm argument that was read. */
typedef struct wfp_subtle_t {
    lua_State *L;
    const char *fn; /* who was called, for messages */
    wfp_subtle_alg_e alg;
    int idx; /* the table, 0: there is only a name */
} wfp_subtle_t;

/* ---- subtle_alg.c ---- */

/** [-0, +0, v] Raise an error of this name: "crypto.subtle.FN: ...". */
int wfp_api_subtle_fail(lua_State *L, const char *fn, const char *name,
                        const char *fmt, ...);

/** [-0, +0, v] A string argument; else a TypeError that says what it is. */
wfp_bytes_t wfp_api_subtle_data(lua_State *L, const char *fn, int arg,
                                const char *what);

/** [-0, +(0|1), v] Read the algorithm argument. */
void wfp_api_subtle_read(wfp_subtle_t *spec, lua_State *L, const char *fn,
                         int arg);

/** [-0, +0, v] The hash that the string or table at idx names. */
wfp_hash_e wfp_api_subtle_hash_at(lua_State *L, const char *fn, int idx);

/** [-0, +0, v] The algorithm's `hash`; MD5 is none of them. */
wfp_hash_e wfp_api_subtle_hash(const wfp_subtle_t *spec);

/** [-0, +0, v] The algorithm's `namedCurve`. */
wfp_key_kind_e wfp_api_subtle_curve(const wfp_subtle_t *spec);

/** [-0, +0, v] A string member. @return 0: there is none, *out is empty */
int wfp_api_subtle_bytes(wfp_bytes_t *out, const wfp_subtle_t *spec,
                         const char *field);

/** [-0, +0, v] A whole number member, or missing when there is none. */
lua_Integer wfp_api_subtle_number(const wfp_subtle_t *spec, const char *field,
                                  lua_Integer missing);

/** [-0, +0, v] Raise unless rv is APR_SUCCESS: invalid is the OperationError's
 *  text for APR_EINVAL. */
void wfp_api_subtle_need(lua_State *L, const char *fn, apr_status_t rv,
                         const char *invalid);

const char *wfp_api_subtle_alg_name(wfp_subtle_alg_e alg);

/* ---- subtle_key.c ---- */

/** [-0, +1, m] Push a CryptoKey with room for n bytes. */
wfp_subtle_key_t *wfp_api_subtle_new(lua_State *L, wfp_subtle_alg_e alg,
                                     wfp_subtle_type_e type, apr_size_t n);

/** [-0, +0, v] The CryptoKey argument; a TypeError when it is none. */
wfp_subtle_key_t *wfp_api_subtle_key(lua_State *L, const char *fn, int arg);

/** [-0, +0, v] The same, which must be one of the algorithm that may be used
 *  for that; else an InvalidAccessError. */
wfp_subtle_key_t *wfp_api_subtle_key_for(const wfp_subtle_t *spec, int arg,
                                         unsigned usage);

/** [-0, +0, v] The array of usages at arg. */
unsigned wfp_api_subtle_usages(lua_State *L, const char *fn, int arg);

/** [-0, +0, v] Give the key usages that its algorithm knows; else a
 *  SyntaxError. A secret or private key needs one. */
void wfp_api_subtle_allow(lua_State *L, const char *fn, wfp_subtle_key_t *key,
                          unsigned usages);

/** Which of these usages may the key's type have? */
unsigned wfp_api_subtle_possible(wfp_subtle_alg_e alg, wfp_subtle_type_e type,
                                 unsigned usages);

/** [-0, +0, v] A boolean argument; else a TypeError. */
int wfp_api_subtle_flag(lua_State *L, const char *fn, int arg);

/** [-0, +1, m] Push a new array of the usages' names. */
void wfp_api_subtle_push_usages(lua_State *L, unsigned usages);

/* ---- subtle_import.c, subtle_jwk.c, subtle_derive.c ---- */

/** [-0, +0, v] Is n bytes a good size for a secret of this algorithm? Else a
 *  DataError. */
void wfp_api_subtle_check_secret(const wfp_subtle_t *spec, apr_size_t n);

/** importKey, exportKey, generateKey; deriveBits, deriveKey. */
int wfp_api_subtle_import(lua_State *L);
int wfp_api_subtle_export(lua_State *L);
int wfp_api_subtle_generate(lua_State *L);
int wfp_api_subtle_derive_bits(lua_State *L);
int wfp_api_subtle_derive_key(lua_State *L);

/** What is wanted of a JSON Web Key. */
typedef struct wfp_subtle_want_t {
    const wfp_subtle_t *spec;
    int idx; /* the table */
    int extractable;
    unsigned usages;
    wfp_hash_e hash;     /* HMAC, RSA */
    wfp_key_kind_e kind; /* RSA, ECDSA, Ed25519 */
} wfp_subtle_want_t;

/** [-0, +1, v] Push the CryptoKey of a JSON Web Key, without usages. Its parts
 *  are not checked yet. */
wfp_subtle_key_t *wfp_api_subtle_from_jwk(const wfp_subtle_want_t *want);

/** [-0, +1, m] Push the JSON Web Key of a key. */
void wfp_api_subtle_to_jwk(lua_State *L, const wfp_subtle_key_t *key);

/* ---- subtle.c ---- */

/** [-0, +1, m] Push crypto.subtle. */
void wfp_api_subtle_push(lua_State *L);

#endif
