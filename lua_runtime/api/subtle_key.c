/* SPDX-License-Identifier: Apache-2.0 */
/*
 * CryptoKey: a userdata whose bytes no script can read, unless exportKey may.
 * Knows which usages an algorithm's keys may have; what is done with keys is in
 * the other files of crypto.subtle.
 */
#include <limits.h>
#include <string.h>

#include "core/crypto.h"
#include "lua_runtime/api/subtle.h"

#define USAGES 6

/* an array may name one more than once, but not for ever */
#define USAGES_LISTED 64

/* bit n of a set */
static const char *const usage_names[USAGES] = {
    "encrypt", "decrypt", "sign", "verify", "deriveKey", "deriveBits",
};

static const char *const type_names[] = { "secret", "public", "private" };

/* What keys of an algorithm may do: a secret or private one, a public one. */
static const struct {
    unsigned char own, public;
} possible[WFP_SUBTLE_COUNT] = {
    [WFP_SUBTLE_HMAC] = { WFP_USAGE_SIGN | WFP_USAGE_VERIFY, 0 },
    [WFP_SUBTLE_AES_GCM] = { WFP_USAGE_ENCRYPT | WFP_USAGE_DECRYPT, 0 },
    [WFP_SUBTLE_AES_CBC] = { WFP_USAGE_ENCRYPT | WFP_USAGE_DECRYPT, 0 },
    [WFP_SUBTLE_PBKDF2] = { WFP_USAGE_DERIVE_KEY | WFP_USAGE_DERIVE_BITS, 0 },
    [WFP_SUBTLE_HKDF] = { WFP_USAGE_DERIVE_KEY | WFP_USAGE_DERIVE_BITS, 0 },
    [WFP_SUBTLE_RSA] = { WFP_USAGE_SIGN, WFP_USAGE_VERIFY },
    [WFP_SUBTLE_ECDSA] = { WFP_USAGE_SIGN, WFP_USAGE_VERIFY },
    [WFP_SUBTLE_ED25519] = { WFP_USAGE_SIGN, WFP_USAGE_VERIFY },
};

unsigned wfp_api_subtle_possible(wfp_subtle_alg_e alg, wfp_subtle_type_e type,
                                 unsigned usages)
{
    return usages
           & (type == WFP_SUBTLE_PUBLIC ? possible[alg].public
                                        : possible[alg].own);
}

void wfp_api_subtle_push_usages(lua_State *L, unsigned usages)
{
    int i, n = 0;

    lua_newtable(L);
    for (i = 0; i < USAGES; i++) {
        if (usages >> i & 1) {
            lua_pushstring(L, usage_names[i]);
            lua_rawseti(L, -2, ++n);
        }
    }
}

/* [-0, +0, m] set a member of the table on the top */
static void set_text(lua_State *L, const char *key, const char *text)
{
    lua_pushstring(L, text);
    lua_setfield(L, -2, key);
}

/* [-0, +0, m] */
static void set_number(lua_State *L, const char *key, apr_size_t n)
{
    lua_pushinteger(L, (lua_Integer)n);
    lua_setfield(L, -2, key);
}

/* [-0, +1, m] The field `algorithm`. */
static void push_algorithm(lua_State *L, const wfp_subtle_key_t *key)
{
    lua_createtable(L, 0, 4);
    set_text(L, "name", wfp_api_subtle_alg_name(key->alg));
    if (key->alg == WFP_SUBTLE_HMAC || key->alg == WFP_SUBTLE_RSA) {
        lua_createtable(L, 0, 1);
        set_text(L, "name", wfp_crypto_digest_name(key->hash));
        lua_setfield(L, -2, "hash");
    }
    switch (key->alg) {
    case WFP_SUBTLE_HMAC:
    case WFP_SUBTLE_AES_GCM:
    case WFP_SUBTLE_AES_CBC:
        set_number(L, "length", 8 * key->n);
        break;
    case WFP_SUBTLE_RSA: {
        wfp_bytes_t e = wfp_crypto_key_part(&key->pair, 1);

        set_number(L, "modulusLength", wfp_crypto_key_width(&key->pair));
        lua_pushlstring(L, (const char *)e.data, e.n);
        lua_setfield(L, -2, "publicExponent");
        break;
    }
    case WFP_SUBTLE_ECDSA:
        set_text(L, "namedCurve", wfp_crypto_key_name(key->pair.kind));
        break;
    default:
        break;
    }
    wfp_class_readonly(L);
}

/* [-0, +1, m] */
static int l_key_index(lua_State *L)
{
    const wfp_subtle_key_t *key = lua_touserdata(L, 1);

    switch (wfp_class_field(L)) {
    case 1:
        lua_pushstring(L, type_names[key->type]);
        break;
    case 2:
        lua_pushboolean(L, key->extractable);
        break;
    case 3:
        push_algorithm(L, key);
        break;
    case 4:
        wfp_api_subtle_push_usages(L, key->usages);
        wfp_class_readonly(L);
        break;
    default:
        break;
    }
    return 1;
}

/* [-0, +0, -] Collected while its isolate lives on. */
static int l_key_gc(lua_State *L)
{
    wfp_subtle_key_t *key = lua_touserdata(L, 1);

    wfp_crypto_wipe(key->bytes, key->n);
    return 0;
}

static const luaL_Reg key_methods[] = { { NULL, NULL } };
static const char *const key_fields[] = { "type", "extractable", "algorithm",
                                          "usages", NULL };
static const luaL_Reg key_meta[] = { { "__gc", l_key_gc }, { NULL, NULL } };
static const wfp_class_t key_class = {
    "CryptoKey", key_methods, key_fields, l_key_index, NULL, key_meta,
};

wfp_subtle_key_t *wfp_api_subtle_new(lua_State *L, wfp_subtle_alg_e alg,
                                     wfp_subtle_type_e type, apr_size_t n)
{
    wfp_subtle_key_t *key;

    luaL_checkstack(L, 20, NULL);
    key = wfp_class_new(L, &key_class, sizeof(*key) + n, 0);
    key->alg = alg;
    key->type = type;
    key->n = n;
    return key;
}

wfp_subtle_key_t *wfp_api_subtle_key(lua_State *L, const char *fn, int arg)
{
    wfp_subtle_key_t *key = wfp_class_test(L, arg, &key_class);

    if (!key) {
        wfp_api_subtle_fail(L, fn, "TypeError",
                            "key must be a CryptoKey, got %s",
                            luaL_typename(L, arg));
    }
    return key;
}

wfp_subtle_key_t *wfp_api_subtle_key_for(const wfp_subtle_t *spec, int arg,
                                         unsigned usage)
{
    wfp_subtle_key_t *key = wfp_api_subtle_key(spec->L, spec->fn, arg);
    int i;

    if (key->alg != spec->alg) {
        wfp_api_subtle_fail(spec->L, spec->fn, "InvalidAccessError",
                            "the key is for %s, not for %s",
                            wfp_api_subtle_alg_name(key->alg),
                            wfp_api_subtle_alg_name(spec->alg));
    }
    if (!(key->usages & usage)) {
        for (i = 0; !(usage >> i & 1); i++) {
        }
        wfp_api_subtle_fail(spec->L, spec->fn, "InvalidAccessError",
                            "the key's usages do not permit %s",
                            usage_names[i]);
    }
    return key;
}

unsigned wfp_api_subtle_usages(lua_State *L, const char *fn, int arg)
{
    unsigned usages = 0;
    size_t n, i;

    if (lua_type(L, arg) != LUA_TTABLE) {
        wfp_api_subtle_fail(L, fn, "TypeError",
                            "usages must be an array of strings, got %s",
                            luaL_typename(L, arg));
    }
    n = lua_rawlen(L, arg);
    if (n > USAGES_LISTED) {
        wfp_api_subtle_fail(L, fn, "TypeError", "usages has %d members",
                            (int)(n < INT_MAX ? n : INT_MAX));
    }
    for (i = 1; i <= n; i++) {
        int bit = 0;

        if (lua_rawgeti(L, arg, (lua_Integer)i) == LUA_TSTRING) {
            while (bit < USAGES
                   && strcmp(usage_names[bit], lua_tostring(L, -1)) != 0) {
                bit++;
            }
        }
        else {
            bit = USAGES;
        }
        if (bit == USAGES) {
            wfp_api_subtle_fail(L, fn, "TypeError",
                                "usages must be of encrypt, decrypt, sign, "
                                "verify, deriveKey, deriveBits");
        }
        usages |= 1u << bit;
        lua_pop(L, 1);
    }
    return usages;
}

void wfp_api_subtle_allow(lua_State *L, const char *fn, wfp_subtle_key_t *key,
                          unsigned usages)
{
    const char *name = wfp_api_subtle_alg_name(key->alg);

    if (wfp_api_subtle_possible(key->alg, key->type, usages) != usages) {
        wfp_api_subtle_fail(L, fn, "SyntaxError",
                            "a %s key of %s cannot have these usages",
                            type_names[key->type], name);
    }
    if (!usages && key->type != WFP_SUBTLE_PUBLIC) {
        wfp_api_subtle_fail(L, fn, "SyntaxError",
                            "a %s key of %s needs a usage",
                            type_names[key->type], name);
    }
    key->usages = usages;
}

int wfp_api_subtle_flag(lua_State *L, const char *fn, int arg)
{
    if (lua_type(L, arg) != LUA_TBOOLEAN) {
        wfp_api_subtle_fail(L, fn, "TypeError",
                            "extractable must be a boolean, got %s",
                            luaL_typename(L, arg));
    }
    return lua_toboolean(L, arg);
}
