/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Algorithm arguments of crypto.subtle: a name, or a table with `name` and
 * members. Names are compared without regard to case, as Web Cryptography has
 * it. Tables are read raw.
 */
#include <stdarg.h>
#include <strings.h>

#include "lua_runtime/api/subtle.h"

static const char *const names[WFP_SUBTLE_COUNT] = {
    [WFP_SUBTLE_HMAC] = "HMAC",       [WFP_SUBTLE_AES_GCM] = "AES-GCM",
    [WFP_SUBTLE_AES_CBC] = "AES-CBC", [WFP_SUBTLE_PBKDF2] = "PBKDF2",
    [WFP_SUBTLE_HKDF] = "HKDF",       [WFP_SUBTLE_RSA] = "RSASSA-PKCS1-v1_5",
    [WFP_SUBTLE_ECDSA] = "ECDSA",     [WFP_SUBTLE_ED25519] = "Ed25519",
};

const char *wfp_api_subtle_alg_name(wfp_subtle_alg_e alg)
{
    return names[alg];
}

int wfp_api_subtle_fail(lua_State *L, const char *fn, const char *name,
                        const char *fmt, ...)
{
    va_list ap;

    luaL_checkstack(L, 20, NULL);
    va_start(ap, fmt);
    lua_pushvfstring(L, fmt, ap);
    va_end(ap);
    return wfp_api_error(L, name, NULL, "crypto.subtle.%s: %s", fn,
                         lua_tostring(L, -1));
}

/* [-0, +0, -] The bytes of a string. */
static wfp_bytes_t bytes_of(lua_State *L, int idx)
{
    wfp_bytes_t bytes;

    bytes.data = (const unsigned char *)lua_tolstring(L, idx, &bytes.n);
    return bytes;
}

wfp_bytes_t wfp_api_subtle_data(lua_State *L, const char *fn, int arg,
                                const char *what)
{
    if (lua_type(L, arg) != LUA_TSTRING) {
        wfp_api_subtle_fail(L, fn, "TypeError", "%s must be a string, got %s",
                            what, luaL_typename(L, arg));
    }
    return bytes_of(L, arg);
}

/* [-0, +(0|1), v] The name of the algorithm at idx; *table: where its members
 * are (a view's table is pushed), 0: nowhere. The table keeps the name. */
static const char *name_at(int *table, lua_State *L, const char *fn, int idx)
{
    const char *name = NULL;

    *table = 0;
    if (lua_type(L, idx) == LUA_TSTRING) {
        return lua_tostring(L, idx);
    }
    if (lua_type(L, idx) == LUA_TTABLE) {
        *table = idx;
    }
    else if (wfp_class_unwrap(L, idx)) {
        *table = lua_gettop(L);
    }
    if (*table) {
        if (wfp_class_raw(L, *table, "name") == LUA_TSTRING) {
            name = lua_tostring(L, -1);
        }
        lua_pop(L, 1);
    }
    if (!name) {
        wfp_api_subtle_fail(L, fn, "TypeError",
                            "algorithm must be a string or a table with a "
                            "string `name`, got %s",
                            luaL_typename(L, idx));
    }
    return name;
}

void wfp_api_subtle_read(wfp_subtle_t *spec, lua_State *L, const char *fn,
                         int arg)
{
    const char *name;
    int i;

    luaL_checkstack(L, 20, NULL);
    spec->L = L;
    spec->fn = fn;
    name = name_at(&spec->idx, L, fn, arg);
    for (i = 0; i < WFP_SUBTLE_COUNT && strcasecmp(name, names[i]); i++) {
    }
    if (i == WFP_SUBTLE_COUNT) {
        wfp_api_subtle_fail(L, fn, "NotSupportedError",
                            "unknown algorithm \"%s\"", name);
    }
    spec->alg = (wfp_subtle_alg_e)i;
}

wfp_hash_e wfp_api_subtle_hash_at(lua_State *L, const char *fn, int idx)
{
    int table, top = lua_gettop(L), hash = 0;
    const char *name;

    luaL_checkstack(L, 20, NULL);
    name = name_at(&table, L, fn, idx);
    while (hash < WFP_HASH_COUNT
           && strcasecmp(name, wfp_crypto_digest_name((wfp_hash_e)hash))) {
        hash++;
    }
    if (hash == WFP_HASH_COUNT) {
        wfp_api_subtle_fail(L, fn, "NotSupportedError",
                            "unknown hash \"%s\": SHA-1, SHA-256, SHA-384, "
                            "SHA-512 or MD5",
                            name);
    }
    lua_settop(L, top);
    return (wfp_hash_e)hash;
}

/* [-0, +1, m] Push a member, nil where there is no table. @return its type */
static int push_member(const wfp_subtle_t *spec, const char *field)
{
    if (!spec->idx) {
        lua_pushnil(spec->L);
        return LUA_TNIL;
    }
    return wfp_class_raw(spec->L, spec->idx, field);
}

wfp_hash_e wfp_api_subtle_hash(const wfp_subtle_t *spec)
{
    lua_State *L = spec->L;
    wfp_hash_e hash;

    if (push_member(spec, "hash") == LUA_TNIL) {
        wfp_api_subtle_fail(L, spec->fn, "TypeError",
                            "%s wants a `hash` in its algorithm",
                            names[spec->alg]);
    }
    hash = wfp_api_subtle_hash_at(L, spec->fn, lua_gettop(L));
    lua_pop(L, 1);
    if (hash == WFP_HASH_MD5) {
        wfp_api_subtle_fail(L, spec->fn, "NotSupportedError",
                            "MD5 is for digest only");
    }
    return hash;
}

wfp_key_kind_e wfp_api_subtle_curve(const wfp_subtle_t *spec)
{
    static const struct {
        const char *name;
        wfp_key_kind_e kind;
    } curves[] = {
        { "P-256", WFP_KEY_P256 },
        { "P-384", WFP_KEY_P384 },
        { "P-521", WFP_KEY_P521 },
    };
    const char *name;
    size_t i;

    if (push_member(spec, "namedCurve") != LUA_TSTRING) {
        wfp_api_subtle_fail(spec->L, spec->fn, "TypeError",
                            "namedCurve must be a string, got %s",
                            luaL_typename(spec->L, -1));
    }
    name = lua_tostring(spec->L, -1);
    for (i = 0; i < sizeof(curves) / sizeof(curves[0]); i++) {
        if (strcasecmp(curves[i].name, name) == 0) {
            lua_pop(spec->L, 1);
            return curves[i].kind;
        }
    }
    wfp_api_subtle_fail(spec->L, spec->fn, "NotSupportedError",
                        "unknown curve \"%s\"", name);
    return WFP_KEY_P256;
}

int wfp_api_subtle_bytes(wfp_bytes_t *out, const wfp_subtle_t *spec,
                         const char *field)
{
    lua_State *L = spec->L;
    int type = push_member(spec, field);

    out->data = (const unsigned char *)"";
    out->n = 0;
    if (type == LUA_TSTRING) {
        *out = bytes_of(L, -1);
    }
    else if (type != LUA_TNIL) {
        wfp_api_subtle_fail(L, spec->fn, "TypeError",
                            "%s must be a string, got %s", field,
                            lua_typename(L, type));
    }
    /* the table keeps it */
    lua_pop(L, 1);
    return type == LUA_TSTRING;
}

lua_Integer wfp_api_subtle_number(const wfp_subtle_t *spec, const char *field,
                                  lua_Integer missing)
{
    lua_State *L = spec->L;
    lua_Integer n = missing;
    int type = push_member(spec, field), ok = type == LUA_TNIL;

    if (type == LUA_TNUMBER) {
        n = lua_tointegerx(L, -1, &ok);
    }
    if (!ok) {
        wfp_api_subtle_fail(L, spec->fn, "TypeError",
                            "%s must be a whole number, got %s", field,
                            lua_typename(L, type));
    }
    lua_pop(L, 1);
    return n;
}

void wfp_api_subtle_need(lua_State *L, const char *fn, apr_status_t rv,
                         const char *invalid)
{
    if (rv != APR_SUCCESS) {
        wfp_api_subtle_fail(L, fn, "OperationError", "%s",
                            rv == APR_EINVAL ? invalid
                                             : "the operation failed");
    }
}
