/* SPDX-License-Identifier: Apache-2.0 */
/*
 * crypto.subtle: digest, sign, verify, encrypt, decrypt, and its table. Data
 * and results are strings. Each operation is one piece of critical work: it is
 * not left while OpenSSL holds memory or locks, but ends early when a limit
 * expires, and its CPU time counts.
 */
#include "lua_runtime/api/subtle.h"

#include <string.h>

#include "core/crypto.h"
#include "core/crypto_cipher.h"
#include "core/crypto_sign.h"
#include "lua_runtime/meter.h"
#include "lua_runtime/state.h"

#define TAG_BITS 128

/* [-0, +1, e] digest(algorithm, data) */
static int l_digest(lua_State *L)
{
    static const char fn[] = "digest";
    wfp_isolate_t *iso = wfp_isolate_of(L);
    wfp_stop_t stop = { wfp_meter_is_over, iso };
    wfp_hash_e hash = wfp_api_subtle_hash_at(L, fn, 1);
    wfp_bytes_t data = wfp_api_subtle_data(L, fn, 2, "data");
    unsigned char md[WFP_DIGEST_MAX];
    apr_status_t rv;

    wfp_meter_work_begin(iso);
    rv = wfp_crypto_digest(md, hash, &data, &stop);
    wfp_meter_work_end(iso);
    wfp_api_subtle_need(L, fn, rv, "");
    lua_pushlstring(L, (const char *)md, wfp_crypto_digest_size(hash));
    return 1;
}

/* [-0, +0, v] The key of a signature; *phash: what is hashed with, where the
 * algorithm leaves that to the call. */
static const wfp_subtle_key_t *signature_key(wfp_hash_e *phash,
                                             const wfp_subtle_t *spec,
                                             unsigned usage)
{
    const wfp_subtle_key_t *key;

    if (spec->alg != WFP_SUBTLE_HMAC && spec->alg < WFP_SUBTLE_RSA) {
        wfp_api_subtle_fail(spec->L, spec->fn, "NotSupportedError",
                            "nothing is signed with %s",
                            wfp_api_subtle_alg_name(spec->alg));
    }
    key = wfp_api_subtle_key_for(spec, 2, usage);
    *phash = spec->alg == WFP_SUBTLE_ECDSA ? wfp_api_subtle_hash(spec)
                                           : key->hash;
    return key;
}

static const char no_signature[] =
    "too much data for Ed25519, or the key is too small for the hash";

/* [-0, +1, e] sign(algorithm, key, data) */
static int l_sign(lua_State *L)
{
    static const char fn[] = "sign";
    wfp_isolate_t *iso = wfp_isolate_of(L);
    wfp_stop_t stop = { wfp_meter_is_over, iso };
    const wfp_subtle_key_t *key;
    wfp_bytes_t secret, data;
    unsigned char sig[WFP_SIGNATURE_MAX];
    wfp_subtle_t spec;
    wfp_hash_e hash;
    apr_size_t n;
    apr_status_t rv;

    lua_settop(L, 3);
    wfp_api_subtle_read(&spec, L, fn, 1);
    key = signature_key(&hash, &spec, WFP_USAGE_SIGN);
    data = wfp_api_subtle_data(L, fn, 3, "data");
    if (spec.alg == WFP_SUBTLE_ECDSA) {
        wfp_state_need_invocation(L); /* it takes a random number */
    }
    secret.data = key->bytes;
    secret.n = key->n;
    wfp_meter_work_begin(iso);
    if (spec.alg == WFP_SUBTLE_HMAC) {
        n = wfp_crypto_digest_size(hash);
        rv = wfp_crypto_digest_hmac(sig, hash, &secret, &data, &stop);
    }
    else {
        rv = wfp_crypto_sign(sig, &n, &key->pair, hash, &data, &stop);
    }
    wfp_meter_work_end(iso);
    wfp_api_subtle_need(L, fn, rv, no_signature);
    lua_pushlstring(L, (const char *)sig, n);
    return 1;
}

/* [-0, +1, e] verify(algorithm, key, signature, data) */
static int l_verify(lua_State *L)
{
    static const char fn[] = "verify";
    wfp_isolate_t *iso = wfp_isolate_of(L);
    wfp_stop_t stop = { wfp_meter_is_over, iso };
    const wfp_subtle_key_t *key;
    wfp_bytes_t secret, sig, data;
    unsigned char mac[WFP_DIGEST_MAX];
    wfp_subtle_t spec;
    wfp_hash_e hash;
    apr_status_t rv;
    int valid = 0;

    lua_settop(L, 4);
    wfp_api_subtle_read(&spec, L, fn, 1);
    key = signature_key(&hash, &spec, WFP_USAGE_VERIFY);
    sig = wfp_api_subtle_data(L, fn, 3, "signature");
    data = wfp_api_subtle_data(L, fn, 4, "data");
    secret.data = key->bytes;
    secret.n = key->n;
    wfp_meter_work_begin(iso);
    if (spec.alg == WFP_SUBTLE_HMAC) {
        rv = wfp_crypto_digest_hmac(mac, hash, &secret, &data, &stop);
        valid = rv == APR_SUCCESS && sig.n == wfp_crypto_digest_size(hash)
                && wfp_crypto_equal(mac, sig.data, sig.n);
        wfp_crypto_wipe(mac, sizeof(mac));
    }
    else {
        rv = wfp_crypto_sign_verify(&valid, &key->pair, hash, &sig, &data,
                                    &stop);
    }
    wfp_meter_work_end(iso);
    wfp_api_subtle_need(L, fn, rv, no_signature);
    lua_pushboolean(L, valid);
    return 1;
}

/* [-0, +0, v] What the algorithm says about a cipher. */
static void read_cipher(wfp_cipher_t *what, const wfp_subtle_t *spec)
{
    lua_State *L = spec->L;
    lua_Integer bits;

    memset(what, 0, sizeof(*what));
    if (spec->alg != WFP_SUBTLE_AES_GCM && spec->alg != WFP_SUBTLE_AES_CBC) {
        wfp_api_subtle_fail(L, spec->fn, "NotSupportedError",
                            "nothing is encrypted with %s",
                            wfp_api_subtle_alg_name(spec->alg));
    }
    what->gcm = spec->alg == WFP_SUBTLE_AES_GCM;
    if (!wfp_api_subtle_bytes(&what->iv, spec, "iv")) {
        wfp_api_subtle_fail(L, spec->fn, "TypeError",
                            "iv must be a string, got nil");
    }
    if (what->gcm ? what->iv.n < 1 || what->iv.n > WFP_CIPHER_IV_MAX
                  : what->iv.n != WFP_CIPHER_BLOCK) {
        wfp_api_subtle_fail(L, spec->fn, "OperationError",
                            "iv must have %s bytes",
                            what->gcm ? "1 to 128" : "16");
    }
    (void)wfp_api_subtle_bytes(&what->aad, spec, "additionalData");
    bits = wfp_api_subtle_number(spec, "tagLength", TAG_BITS);
    if (bits != 32 && bits != 64
        && (bits < 96 || bits > TAG_BITS || bits % 8)) {
        wfp_api_subtle_fail(L, spec->fn, "OperationError",
                            "tagLength must be 32, 64, 96, 104, 112, 120 or "
                            "128");
    }
    what->tag = (unsigned)bits / 8;
}

/* [-0, +1, e] */
static int run_cipher(lua_State *L, const char *fn, int encrypt)
{
    wfp_isolate_t *iso = wfp_isolate_of(L);
    wfp_stop_t stop = { wfp_meter_is_over, iso };
    const wfp_subtle_key_t *key;
    wfp_subtle_t spec;
    wfp_cipher_t what;
    wfp_bytes_t in;
    apr_size_t n = 0, room;
    apr_status_t rv;
    void *out;

    lua_settop(L, 3);
    wfp_api_subtle_read(&spec, L, fn, 1);
    read_cipher(&what, &spec);
    key = wfp_api_subtle_key_for(&spec, 2,
                                 encrypt ? WFP_USAGE_ENCRYPT
                                         : WFP_USAGE_DECRYPT);
    in = wfp_api_subtle_data(L, fn, 3, "data");
    what.encrypt = encrypt;
    what.key.data = key->bytes;
    what.key.n = key->n;
    room = wfp_crypto_cipher_room(&what, in.n);
    if (room > wfp_meter_result_max(iso)) {
        return wfp_api_error(L, "RangeError", NULL, "result too large");
    }
    out = lua_newuserdatauv(L, room, 0);
    wfp_meter_work_begin(iso);
    rv = wfp_crypto_cipher(out, &n, &what, &in, &stop);
    wfp_meter_work_end(iso);
    wfp_api_subtle_need(L, fn, rv, "the data does not decrypt");
    lua_pushlstring(L, out, n);
    return 1;
}

/* [-0, +1, e] encrypt(algorithm, key, data) */
static int l_encrypt(lua_State *L)
{
    return run_cipher(L, "encrypt", 1);
}

/* [-0, +1, e] decrypt(algorithm, key, data) */
static int l_decrypt(lua_State *L)
{
    return run_cipher(L, "decrypt", 0);
}

void wfp_api_subtle_push(lua_State *L)
{
    static const luaL_Reg rows[] = {
        { "digest", l_digest },
        { "importKey", wfp_api_subtle_import },
        { "exportKey", wfp_api_subtle_export },
        { "generateKey", wfp_api_subtle_generate },
        { "sign", l_sign },
        { "verify", l_verify },
        { "encrypt", l_encrypt },
        { "decrypt", l_decrypt },
        { "deriveBits", wfp_api_subtle_derive_bits },
        { "deriveKey", wfp_api_subtle_derive_key },
        { NULL, NULL },
    };

    luaL_checkstack(L, 20, NULL);
    luaL_newlib(L, rows);
}
