/* SPDX-License-Identifier: Apache-2.0 */
/*
 * deriveBits and deriveKey of crypto.subtle: PBKDF2 and HKDF. PBKDF2 is made to
 * take long; its loop ends when a limit expires.
 */
#include <string.h>

#include "lua_runtime/api/subtle.h"
#include "lua_runtime/meter.h"

#define ITERATIONS_MAX 100000
#define BYTES_MAX      65536
#define SALT_MAX       65536

/* [-0, +0, v] What the algorithm says. */
static void read_params(wfp_derive_t *what, const wfp_subtle_t *spec)
{
    lua_State *L = spec->L;
    lua_Integer n;

    memset(what, 0, sizeof(*what));
    if (spec->alg != WFP_SUBTLE_PBKDF2 && spec->alg != WFP_SUBTLE_HKDF) {
        wfp_api_subtle_fail(L, spec->fn, "NotSupportedError",
                            "nothing is derived with %s",
                            wfp_api_subtle_alg_name(spec->alg));
    }
    what->hash = wfp_api_subtle_hash(spec);
    if (!wfp_api_subtle_bytes(&what->salt, spec, "salt")) {
        wfp_api_subtle_fail(L, spec->fn, "TypeError",
                            "salt must be a string, got nil");
    }
    if (what->salt.n > SALT_MAX) {
        wfp_api_subtle_fail(L, spec->fn, "OperationError",
                            "salt has more than 65536 bytes");
    }
    if (spec->alg == WFP_SUBTLE_HKDF) {
        if (!wfp_api_subtle_bytes(&what->info, spec, "info")) {
            wfp_api_subtle_fail(L, spec->fn, "TypeError",
                                "info must be a string, got nil");
        }
        return;
    }
    n = wfp_api_subtle_number(spec, "iterations", 0);
    if (n > ITERATIONS_MAX) {
        wfp_api_subtle_fail(L, spec->fn, "NotSupportedError",
                            "iteration counts above 100000 are not supported");
    }
    if (n < 1) {
        wfp_api_subtle_fail(L, spec->fn, "OperationError",
                            "iterations must be from 1 to 100000");
    }
    what->iterations = (apr_uint32_t)n;
}

/* [-0, +0, v] Derive n bytes into the arena. */
static void derive(unsigned char *out, apr_size_t n, const wfp_subtle_t *spec,
                   const wfp_derive_t *what)
{
    wfp_isolate_t *iso = wfp_isolate_of(spec->L);
    wfp_stop_t stop = { wfp_meter_is_over, iso };
    apr_status_t rv;

    wfp_meter_work_begin(iso);
    rv = spec->alg == WFP_SUBTLE_HKDF
             ? wfp_crypto_digest_hkdf(out, n, what)
             : wfp_crypto_digest_pbkdf2(out, n, what, &stop);
    wfp_meter_work_end(iso);
    wfp_api_subtle_need(spec->L, spec->fn, rv,
                        "HKDF derives at most 255 digests, its info has at "
                        "most 1024 bytes");
}

/* [-0, +1, e] deriveBits(algorithm, baseKey, length) */
int wfp_api_subtle_derive_bits(lua_State *L)
{
    static const char fn[] = "deriveBits";
    const wfp_subtle_key_t *key;
    wfp_derive_t what;
    wfp_subtle_t spec;
    lua_Integer bits;
    int ok = 0;
    void *out;

    lua_settop(L, 3);
    wfp_api_subtle_read(&spec, L, fn, 1);
    read_params(&what, &spec);
    key = wfp_api_subtle_key_for(&spec, 2, WFP_USAGE_DERIVE_BITS);
    bits = lua_type(L, 3) == LUA_TNUMBER ? lua_tointegerx(L, 3, &ok) : 0;
    if (!ok) {
        return wfp_api_subtle_fail(L, fn, "TypeError",
                                   "length must be a number of bits, got %s",
                                   luaL_typename(L, 3));
    }
    if (bits < 8 || bits % 8 || bits / 8 > BYTES_MAX) {
        return wfp_api_subtle_fail(L, fn, "OperationError",
                                   "length must be a multiple of 8 from 8 to "
                                   "524288");
    }
    what.key.data = key->bytes;
    what.key.n = key->n;
    out = lua_newuserdatauv(L, (size_t)bits / 8, 0);
    derive(out, (apr_size_t)bits / 8, &spec, &what);
    lua_pushlstring(L, out, (size_t)bits / 8);
    return 1;
}

/* [-0, +1, e]
 * deriveKey(algorithm, baseKey, derivedKeyAlgorithm, extractable, usages) */
int wfp_api_subtle_derive_key(lua_State *L)
{
    static const char fn[] = "deriveKey";
    const wfp_subtle_key_t *base;
    wfp_hash_e hash = WFP_HASH_SHA256;
    wfp_subtle_key_t *key;
    wfp_derive_t what;
    wfp_subtle_t spec, made;
    lua_Integer bits = 0;

    lua_settop(L, 5);
    wfp_api_subtle_read(&spec, L, fn, 1);
    read_params(&what, &spec);
    base = wfp_api_subtle_key_for(&spec, 2, WFP_USAGE_DERIVE_KEY);
    wfp_api_subtle_read(&made, L, fn, 3);
    if (made.alg == WFP_SUBTLE_HMAC) {
        hash = wfp_api_subtle_hash(&made);
        bits = 8 * (lua_Integer)wfp_crypto_digest_block(hash);
    }
    else if (made.alg != WFP_SUBTLE_AES_GCM && made.alg != WFP_SUBTLE_AES_CBC) {
        return wfp_api_subtle_fail(L, fn, "NotSupportedError",
                                   "no key of %s is derived",
                                   wfp_api_subtle_alg_name(made.alg));
    }
    bits = wfp_api_subtle_number(&made, "length", bits);
    if (bits < 8 || bits % 8 || bits / 8 > BYTES_MAX) {
        return wfp_api_subtle_fail(L, fn, "OperationError",
                                   "length is none of a key of %s",
                                   wfp_api_subtle_alg_name(made.alg));
    }
    wfp_api_subtle_check_secret(&made, (apr_size_t)bits / 8);
    key = wfp_api_subtle_new(L, made.alg, WFP_SUBTLE_SECRET,
                             (apr_size_t)bits / 8);
    key->hash = hash;
    key->extractable = wfp_api_subtle_flag(L, fn, 4);
    wfp_api_subtle_allow(L, fn, key, wfp_api_subtle_usages(L, fn, 5));
    what.key.data = base->bytes;
    what.key.n = base->n;
    derive(key->bytes, key->n, &spec, &what);
    return 1;
}
