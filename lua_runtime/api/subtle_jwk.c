/* SPDX-License-Identifier: Apache-2.0 */
/*
 * JSON Web Keys (RFC 7517, 7518, 8037) as tables: what json.decode() makes of
 * them. Read raw; every member that is there must agree with what importKey
 * was asked for.
 */
#include <string.h>

#include "lua_runtime/api/subtle.h"

/* [-0, +0, v] */
static void fail(const wfp_subtle_want_t *want, const char *what,
                 const char *member)
{
    wfp_api_subtle_fail(want->spec->L, want->spec->fn, "DataError", what,
                        member);
}

/* [-0, +1, v] Push a string member or nil. @return NULL: it is not there */
static const char *push_text(const wfp_subtle_want_t *want, const char *member,
                             size_t *n)
{
    lua_State *L = want->spec->L;
    int type = wfp_class_raw(L, want->idx, member);

    if (type != LUA_TNIL && type != LUA_TSTRING) {
        fail(want, "member \"%s\" of the JWK must be a string", member);
    }
    return lua_tolstring(L, -1, n);
}

/* [-0, +0, v] The member must say this. optional: or not be there. */
static void need_text(const wfp_subtle_want_t *want, const char *member,
                      const char *text, int optional)
{
    const char *got = push_text(want, member, NULL);

    if (got ? strcmp(got, text) != 0 : !optional) {
        fail(want, "member \"%s\" of the JWK does not fit the algorithm",
             member);
    }
    lua_pop(want->spec->L, 1);
}

/* [-0, +1, v] Push the bytes of a base64url member, which must be there. */
static wfp_bytes_t push_bytes(const wfp_subtle_want_t *want, const char *member)
{
    lua_State *L = want->spec->L;
    size_t n = 0;
    const char *text = push_text(want, member, &n);
    wfp_bytes_t bytes = { NULL, 0 };

    if (!text) {
        fail(want, "the JWK has no \"%s\"", member);
    }
    else if (n > 2 * WFP_SUBTLE_SECRET_MAX
             || !wfp_api_from_base64url(L, text, n)) {
        fail(want, "member \"%s\" of the JWK is not base64url", member);
    }
    lua_remove(L, -2);
    bytes.data = (const unsigned char *)lua_tolstring(L, -1, &bytes.n);
    return bytes;
}

/* "256" of "SHA-256" */
static const char *digits_of(wfp_hash_e hash)
{
    return strchr(wfp_crypto_digest_name(hash), '-') + 1;
}

/* [-0, +1, m] Push the name that a JWK gives the algorithm, or nil. */
static void push_name(lua_State *L, wfp_subtle_alg_e alg, wfp_hash_e hash,
                      apr_size_t bits)
{
    switch (alg) {
    case WFP_SUBTLE_HMAC:
        lua_pushfstring(L, "HS%s", digits_of(hash));
        break;
    case WFP_SUBTLE_RSA:
        lua_pushfstring(L, "RS%s", digits_of(hash));
        break;
    case WFP_SUBTLE_AES_GCM:
        lua_pushfstring(L, "A%dGCM", (int)bits);
        break;
    case WFP_SUBTLE_AES_CBC:
        lua_pushfstring(L, "A%dCBC", (int)bits);
        break;
    default:
        lua_pushnil(L);
        break;
    }
}

/* [-0, +0, v] `alg`, where there is one. */
static void check_name(const wfp_subtle_want_t *want, apr_size_t bits)
{
    lua_State *L = want->spec->L;
    const char *got = push_text(want, "alg", NULL);
    int fits = 1;

    push_name(L, want->spec->alg, want->hash, bits);
    if (got && want->spec->alg == WFP_SUBTLE_ED25519) {
        fits = strcmp(got, "EdDSA") == 0 || strcmp(got, "Ed25519") == 0;
    }
    else if (got && want->spec->alg == WFP_SUBTLE_ECDSA) {
        fits = strcmp(got, want->kind == WFP_KEY_P256   ? "ES256"
                           : want->kind == WFP_KEY_P384 ? "ES384"
                                                        : "ES512")
               == 0;
    }
    else if (got) {
        fits = lua_rawequal(L, -1, -2);
    }
    if (!fits) {
        fail(want, "member \"%s\" of the JWK does not fit the algorithm",
             "alg");
    }
    lua_pop(L, 2);
}

/* [-0, +0, v] `use`, `key_ops` and `ext`, where they are. */
static void check_uses(const wfp_subtle_want_t *want)
{
    lua_State *L = want->spec->L;
    unsigned usages;
    int type;

    if (want->usages) {
        need_text(want, "use",
                  want->usages & (WFP_USAGE_SIGN | WFP_USAGE_VERIFY) ? "sig"
                                                                     : "enc",
                  1);
    }
    type = wfp_class_raw(L, want->idx, "ext");
    if (type != LUA_TNIL && type != LUA_TBOOLEAN) {
        fail(want, "member \"%s\" of the JWK must be a boolean", "ext");
    }
    if (type == LUA_TBOOLEAN && !lua_toboolean(L, -1) && want->extractable) {
        fail(want, "the JWK's \"%s\" does not let it be extractable", "ext");
    }
    lua_pop(L, 1);
    if (wfp_class_raw(L, want->idx, "key_ops") != LUA_TNIL) {
        usages = wfp_api_subtle_usages(L, want->spec->fn, lua_gettop(L));
        if (want->usages & ~usages) {
            fail(want, "the JWK's \"%s\" does not have all usages", "key_ops");
        }
    }
    lua_pop(L, 1);
}

/* [-0, +1, v] */
static wfp_subtle_key_t *secret_from(const wfp_subtle_want_t *want)
{
    const wfp_subtle_t *spec = want->spec;
    wfp_subtle_key_t *key;
    wfp_bytes_t data;

    need_text(want, "kty", "oct", 0);
    data = push_bytes(want, "k");
    wfp_api_subtle_check_secret(spec, data.n);
    check_name(want, 8 * data.n);
    key = wfp_api_subtle_new(spec->L, spec->alg, WFP_SUBTLE_SECRET, data.n);
    memcpy(key->bytes, data.data, data.n);
    lua_remove(spec->L, -2);
    return key;
}

/* [-0, +1, v] */
static wfp_subtle_key_t *pair_from(const wfp_subtle_want_t *want)
{
    lua_State *L = want->spec->L;
    int is_private, i, count;
    wfp_subtle_key_t *key;

    if (want->kind == WFP_KEY_RSA) {
        need_text(want, "kty", "RSA", 0);
    }
    else {
        need_text(want, "kty", want->kind == WFP_KEY_ED25519 ? "OKP" : "EC", 0);
        need_text(want, "crv", wfp_crypto_key_name(want->kind), 0);
    }
    check_name(want, 0);
    is_private = wfp_class_raw(L, want->idx, "d") != LUA_TNIL;
    if (wfp_class_raw(L, want->idx, "oth") != LUA_TNIL) {
        fail(want, "member \"%s\" of the JWK is not supported", "oth");
    }
    lua_pop(L, 2);
    key = wfp_api_subtle_new(L, want->spec->alg,
                             is_private ? WFP_SUBTLE_PRIVATE
                                        : WFP_SUBTLE_PUBLIC,
                             wfp_crypto_key_room(want->kind));
    wfp_crypto_key_init(&key->pair, want->kind, is_private, key->bytes);
    count = wfp_crypto_key_part_count(&key->pair);
    for (i = 0; i < count; i++) {
        const char *name = wfp_crypto_key_part_name(want->kind, i);
        wfp_bytes_t part = push_bytes(want, name);

        if (wfp_crypto_key_add(&key->pair, &part) != APR_SUCCESS) {
            fail(want, "member \"%s\" of the JWK has the wrong size", name);
        }
        lua_pop(L, 1);
    }
    return key;
}

wfp_subtle_key_t *wfp_api_subtle_from_jwk(const wfp_subtle_want_t *want)
{
    const wfp_subtle_t *spec = want->spec;

    luaL_checkstack(spec->L, 20, NULL);
    if (lua_type(spec->L, want->idx) != LUA_TTABLE) {
        wfp_api_subtle_fail(spec->L, spec->fn, "TypeError",
                            "keyData must be a table, got %s",
                            luaL_typename(spec->L, want->idx));
    }
    check_uses(want);
    return spec->alg < WFP_SUBTLE_RSA ? secret_from(want) : pair_from(want);
}

/* [-0, +0, m] set a base64url member of the table on the top */
static void set_bytes(lua_State *L, const char *member, const wfp_bytes_t *data)
{
    wfp_api_to_base64url(L, (const char *)data->data, data->n);
    lua_setfield(L, -2, member);
}

void wfp_api_subtle_to_jwk(lua_State *L, const wfp_subtle_key_t *key)
{
    wfp_key_kind_e kind = key->pair.kind;
    int i, is_secret = key->alg < WFP_SUBTLE_RSA;
    wfp_bytes_t part = { key->bytes, key->n };

    luaL_checkstack(L, 20, NULL);
    lua_createtable(L, 0, 12);
    lua_pushstring(L, is_secret                 ? "oct"
                      : kind == WFP_KEY_RSA     ? "RSA"
                      : kind == WFP_KEY_ED25519 ? "OKP"
                                                : "EC");
    lua_setfield(L, -2, "kty");
    if (is_secret) {
        set_bytes(L, "k", &part);
    }
    else {
        if (kind != WFP_KEY_RSA) {
            lua_pushstring(L, wfp_crypto_key_name(kind));
            lua_setfield(L, -2, "crv");
        }
        for (i = 0; i < wfp_crypto_key_part_count(&key->pair); i++) {
            part = wfp_crypto_key_part(&key->pair, i);
            set_bytes(L, wfp_crypto_key_part_name(kind, i), &part);
        }
    }
    push_name(L, key->alg, key->hash, 8 * key->n);
    lua_setfield(L, -2, "alg");
    lua_pushboolean(L, 1);
    lua_setfield(L, -2, "ext");
    wfp_api_subtle_push_usages(L, key->usages);
    wfp_api_mark_array(L);
    lua_setfield(L, -2, "key_ops");
}
