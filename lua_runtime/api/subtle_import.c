/* SPDX-License-Identifier: Apache-2.0 */
/*
 * importKey, exportKey, generateKey of crypto.subtle. Keys are made in place:
 * the CryptoKey lies in the arena before OpenSSL writes into it, so nothing is
 * left over anywhere when the isolate is left meanwhile.
 */
#include <string.h>

#include "core/crypto.h"
#include "lua_runtime/api/subtle.h"
#include "lua_runtime/meter.h"
#include "lua_runtime/state.h"

#define RSA_BITS_NEW 2048

typedef enum form_e {
    RAW,
    SPKI,
    PKCS8,
    JWK
} form_e;

/* [-0, +0, v] The key format argument. */
static form_e read_form(lua_State *L, const char *fn, int arg)
{
    static const char *const names[] = { "raw", "spki", "pkcs8", "jwk" };
    wfp_bytes_t name = wfp_api_subtle_data(L, fn, arg, "format");
    int i;

    for (i = 0; i < 4; i++) {
        if (strcmp((const char *)name.data, names[i]) == 0) {
            return (form_e)i;
        }
    }
    wfp_api_subtle_fail(L, fn, "NotSupportedError",
                        "format must be raw, spki, pkcs8 or jwk, got \"%s\"",
                        name.data);
    return RAW;
}

/* [-0, +0, v] Which pair of keys the algorithm asks for. */
static wfp_key_kind_e read_kind(const wfp_subtle_t *spec)
{
    return spec->alg == WFP_SUBTLE_ECDSA     ? wfp_api_subtle_curve(spec)
           : spec->alg == WFP_SUBTLE_ED25519 ? WFP_KEY_ED25519
                                             : WFP_KEY_RSA;
}

static int is_secret(wfp_subtle_alg_e alg)
{
    return alg < WFP_SUBTLE_RSA;
}

static int is_derived_from(wfp_subtle_alg_e alg)
{
    return alg == WFP_SUBTLE_PBKDF2 || alg == WFP_SUBTLE_HKDF;
}

void wfp_api_subtle_check_secret(const wfp_subtle_t *spec, apr_size_t n)
{
    int good = n <= WFP_SUBTLE_SECRET_MAX;

    if (spec->alg == WFP_SUBTLE_AES_GCM || spec->alg == WFP_SUBTLE_AES_CBC) {
        good = n == 16 || n == 24 || n == 32;
    }
    else if (spec->alg == WFP_SUBTLE_HMAC) {
        lua_Integer bits = wfp_api_subtle_number(spec, "length",
                                                 8 * (lua_Integer)n);

        good = good && n > 0 && bits == 8 * (lua_Integer)n;
    }
    if (!good) {
        wfp_api_subtle_fail(spec->L, spec->fn, "DataError",
                            "%d bytes are no key of %s",
                            (int)(n < WFP_SUBTLE_SECRET_MAX
                                      ? n
                                      : WFP_SUBTLE_SECRET_MAX + 1),
                            wfp_api_subtle_alg_name(spec->alg));
    }
}

/* [-0, +1, v] A secret key of raw bytes. */
static wfp_subtle_key_t *import_secret(const wfp_subtle_want_t *want,
                                       form_e form)
{
    const wfp_subtle_t *spec = want->spec;
    wfp_subtle_key_t *key;
    wfp_bytes_t data;

    if (form == JWK && !is_derived_from(spec->alg)) {
        return wfp_api_subtle_from_jwk(want);
    }
    if (form != RAW) {
        wfp_api_subtle_fail(spec->L, spec->fn, "NotSupportedError",
                            "keys of %s have no such format",
                            wfp_api_subtle_alg_name(spec->alg));
    }
    data = wfp_api_subtle_data(spec->L, spec->fn, want->idx, "keyData");
    wfp_api_subtle_check_secret(spec, data.n);
    key = wfp_api_subtle_new(spec->L, spec->alg, WFP_SUBTLE_SECRET, data.n);
    memcpy(key->bytes, data.data, data.n);
    return key;
}

/* [-0, +1, v] A public or private key. */
static wfp_subtle_key_t *import_pair(const wfp_subtle_want_t *want, form_e form)
{
    static const wfp_key_form_e forms[] = { WFP_KEY_RAW, WFP_KEY_SPKI,
                                            WFP_KEY_PKCS8 };
    const wfp_subtle_t *spec = want->spec;
    wfp_isolate_t *iso = wfp_isolate_of(spec->L);
    wfp_subtle_key_t *key;
    wfp_bytes_t data = { NULL, 0 };
    apr_status_t rv;

    if (form == JWK) {
        key = wfp_api_subtle_from_jwk(want);
    }
    else {
        if (form == RAW && want->kind == WFP_KEY_RSA) {
            wfp_api_subtle_fail(spec->L, spec->fn, "NotSupportedError",
                                "keys of RSA have no raw format");
        }
        data = wfp_api_subtle_data(spec->L, spec->fn, want->idx, "keyData");
        key = wfp_api_subtle_new(spec->L, spec->alg,
                                 form == PKCS8 ? WFP_SUBTLE_PRIVATE
                                               : WFP_SUBTLE_PUBLIC,
                                 wfp_crypto_key_room(want->kind));
        wfp_crypto_key_init(&key->pair, want->kind, form == PKCS8, key->bytes);
    }
    wfp_meter_work_begin(iso);
    rv = form == JWK ? wfp_crypto_key_check(&key->pair)
                     : wfp_crypto_key_read(&key->pair, forms[form], &data);
    wfp_meter_work_end(iso);
    if (rv != APR_SUCCESS) {
        wfp_api_subtle_fail(spec->L, spec->fn, "DataError",
                            "keyData is no good %s key of %s",
                            key->type == WFP_SUBTLE_PRIVATE ? "private"
                                                            : "public",
                            wfp_crypto_key_name(want->kind));
    }
    return key;
}

/* [-0, +1, e] importKey(format, keyData, algorithm, extractable, usages) */
int wfp_api_subtle_import(lua_State *L)
{
    static const char fn[] = "importKey";
    wfp_subtle_want_t want;
    wfp_subtle_key_t *key;
    wfp_subtle_t spec;
    form_e form;

    lua_settop(L, 5);
    memset(&want, 0, sizeof(want));
    form = read_form(L, fn, 1);
    wfp_api_subtle_read(&spec, L, fn, 3);
    want.spec = &spec;
    want.idx = 2;
    want.extractable = wfp_api_subtle_flag(L, fn, 4);
    want.usages = wfp_api_subtle_usages(L, fn, 5);
    if (spec.alg == WFP_SUBTLE_HMAC || spec.alg == WFP_SUBTLE_RSA) {
        want.hash = wfp_api_subtle_hash(&spec);
    }
    if (is_derived_from(spec.alg) && want.extractable) {
        return wfp_api_subtle_fail(L, fn, "SyntaxError",
                                   "keys of %s cannot be extractable",
                                   wfp_api_subtle_alg_name(spec.alg));
    }
    if (is_secret(spec.alg)) {
        key = import_secret(&want, form);
    }
    else {
        want.kind = read_kind(&spec);
        key = import_pair(&want, form);
    }
    key->hash = want.hash;
    key->extractable = want.extractable;
    wfp_api_subtle_allow(L, fn, key, want.usages);
    return 1;
}

/* [-0, +1, e] A pair's key in DER or as a point. */
static int export_pair(lua_State *L, const char *fn,
                       const wfp_subtle_key_t *key, form_e form)
{
    wfp_isolate_t *iso = wfp_isolate_of(L);
    unsigned char *out = lua_newuserdatauv(L, WFP_KEY_DER_ROOM, 0);
    apr_size_t n = 0;
    apr_status_t rv;

    wfp_meter_work_begin(iso);
    rv = wfp_crypto_key_write(out, &n, &key->pair,
                              form == SPKI    ? WFP_KEY_SPKI
                              : form == PKCS8 ? WFP_KEY_PKCS8
                                              : WFP_KEY_RAW);
    wfp_meter_work_end(iso);
    if (rv == APR_EINVAL) {
        return wfp_api_subtle_fail(L, fn, "InvalidAccessError",
                                   "the key cannot be written in this format");
    }
    wfp_api_subtle_need(L, fn, rv, "");
    lua_pushlstring(L, (const char *)out, n);
    return 1;
}

/* [-0, +1, e] exportKey(format, key) */
int wfp_api_subtle_export(lua_State *L)
{
    static const char fn[] = "exportKey";
    form_e form = read_form(L, fn, 1);
    const wfp_subtle_key_t *key = wfp_api_subtle_key(L, fn, 2);

    if (!key->extractable) {
        return wfp_api_subtle_fail(L, fn, "InvalidAccessError",
                                   "the key is not extractable");
    }
    if (form == JWK) {
        wfp_api_subtle_to_jwk(L, key);
        return 1;
    }
    if (!is_secret(key->alg)) {
        return export_pair(L, fn, key, form);
    }
    if (form != RAW) {
        return wfp_api_subtle_fail(L, fn, "NotSupportedError",
                                   "keys of %s have no such format",
                                   wfp_api_subtle_alg_name(key->alg));
    }
    lua_pushlstring(L, (const char *)key->bytes, key->n);
    return 1;
}

/* [-0, +1, v] A random secret. */
static wfp_subtle_key_t *generate_secret(const wfp_subtle_t *spec,
                                         wfp_hash_e hash)
{
    lua_State *L = spec->L;
    wfp_isolate_t *iso = wfp_isolate_of(L);
    lua_Integer bits = spec->alg == WFP_SUBTLE_HMAC
                           ? 8 * (lua_Integer)wfp_crypto_digest_block(hash)
                           : 0;
    wfp_subtle_key_t *key;
    apr_status_t rv;

    bits = wfp_api_subtle_number(spec, "length", bits);
    if (bits <= 0 || bits % 8 || bits / 8 > WFP_SUBTLE_SECRET_MAX
        || (spec->alg != WFP_SUBTLE_HMAC && bits != 128 && bits != 192
            && bits != 256)) {
        wfp_api_subtle_fail(L, spec->fn, "OperationError",
                            "length is none of a key of %s",
                            wfp_api_subtle_alg_name(spec->alg));
    }
    key = wfp_api_subtle_new(L, spec->alg, WFP_SUBTLE_SECRET,
                             (apr_size_t)(bits / 8));
    wfp_meter_critical_begin(iso);
    rv = wfp_crypto_random(key->bytes, key->n);
    wfp_meter_critical_end(iso);
    wfp_api_subtle_need(L, spec->fn, rv, "");
    return key;
}

/* [-0, +0, v] 3 or 65537, as a number or as its bytes. */
static unsigned read_exponent(const wfp_subtle_t *spec)
{
    lua_State *L = spec->L;
    lua_Integer e = 0;
    wfp_bytes_t bytes;
    apr_size_t i;
    int is_text = 0;

    if (spec->idx) {
        is_text = wfp_class_raw(L, spec->idx, "publicExponent") == LUA_TSTRING;
        lua_pop(L, 1);
    }
    if (is_text) {
        (void)wfp_api_subtle_bytes(&bytes, spec, "publicExponent");
        for (i = 0; i < bytes.n && e < 65537; i++) {
            e = e << 8 | bytes.data[i];
        }
    }
    else {
        e = wfp_api_subtle_number(spec, "publicExponent", 65537);
    }
    if (e != 3 && e != 65537) {
        wfp_api_subtle_fail(L, spec->fn, "OperationError",
                            "publicExponent must be 3 or 65537");
    }
    return (unsigned)e;
}

/* [-0, +1, v] A private key; of RSA, this may take the CPU limit's time. */
static wfp_subtle_key_t *generate_private(const wfp_subtle_t *spec)
{
    lua_State *L = spec->L;
    wfp_isolate_t *iso = wfp_isolate_of(L);
    wfp_stop_t stop = { wfp_meter_is_over, iso };
    wfp_key_kind_e kind = read_kind(spec);
    lua_Integer bits = RSA_BITS_NEW;
    unsigned exponent = 65537;
    wfp_subtle_key_t *key;
    apr_status_t rv;

    if (kind == WFP_KEY_RSA) {
        bits = wfp_api_subtle_number(spec, "modulusLength", 0);
        exponent = read_exponent(spec);
        if (bits < RSA_BITS_NEW || bits > WFP_RSA_BITS_MAX || bits % 256) {
            wfp_api_subtle_fail(L, spec->fn, "OperationError",
                                "modulusLength must be a multiple of 256 from "
                                "2048 to 4096");
        }
    }
    key = wfp_api_subtle_new(L, spec->alg, WFP_SUBTLE_PRIVATE,
                             wfp_crypto_key_room(kind));
    wfp_crypto_key_init(&key->pair, kind, 1, key->bytes);
    wfp_meter_work_begin(iso);
    rv = wfp_crypto_key_make(&key->pair, (unsigned)bits, exponent, &stop);
    wfp_meter_work_end(iso);
    wfp_api_subtle_need(L, spec->fn, rv, "");
    return key;
}

/* [-0, +1, e] The public key of a private one. */
static wfp_subtle_key_t *push_public(lua_State *L, const wfp_subtle_key_t *from)
{
    wfp_subtle_key_t *key;
    wfp_key_t pub;

    wfp_crypto_key_public(&pub, &from->pair);
    key = wfp_api_subtle_new(L, from->alg, WFP_SUBTLE_PUBLIC,
                             wfp_crypto_key_size(&pub));
    memcpy(key->bytes, pub.bytes, key->n);
    key->pair = pub;
    key->pair.bytes = key->bytes;
    key->hash = from->hash;
    return key;
}

/* [-0, +1, e] generateKey(algorithm, extractable, usages) */
int wfp_api_subtle_generate(lua_State *L)
{
    static const char fn[] = "generateKey";
    wfp_hash_e hash = WFP_HASH_SHA256;
    wfp_subtle_key_t *key, *pub;
    wfp_subtle_t spec;
    unsigned usages;
    int extractable;

    lua_settop(L, 3);
    wfp_state_need_invocation(L);
    wfp_api_subtle_read(&spec, L, fn, 1);
    extractable = wfp_api_subtle_flag(L, fn, 2);
    usages = wfp_api_subtle_usages(L, fn, 3);
    if (spec.alg == WFP_SUBTLE_HMAC || spec.alg == WFP_SUBTLE_RSA) {
        hash = wfp_api_subtle_hash(&spec);
    }
    if (is_derived_from(spec.alg)) {
        return wfp_api_subtle_fail(L, fn, "NotSupportedError",
                                   "keys of %s are not generated",
                                   wfp_api_subtle_alg_name(spec.alg));
    }
    if (is_secret(spec.alg)) {
        key = generate_secret(&spec, hash);
        key->hash = hash;
        key->extractable = extractable;
        wfp_api_subtle_allow(L, fn, key, usages);
        return 1;
    }
    if (usages & ~(unsigned)(WFP_USAGE_SIGN | WFP_USAGE_VERIFY)) {
        return wfp_api_subtle_fail(L, fn, "SyntaxError",
                                   "keys of %s cannot have these usages",
                                   wfp_api_subtle_alg_name(spec.alg));
    }
    lua_newtable(L);
    key = generate_private(&spec);
    key->hash = hash;
    key->extractable = extractable;
    wfp_api_subtle_allow(L, fn, key, usages & WFP_USAGE_SIGN);
    pub = push_public(L, key);
    pub->extractable = 1;
    wfp_api_subtle_allow(L, fn, pub, usages & WFP_USAGE_VERIFY);
    lua_setfield(L, -3, "publicKey");
    lua_setfield(L, -2, "privateKey");
    return 1;
}
