/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Keys of signatures as plain bytes: their parts, whether they are good, and
 * OpenSSL's object of them. crypto_key_form.c reads and writes whole keys,
 * crypto_sign.c uses them. Every part is bounded by its kind's size, so that no
 * key makes an operation longer than the largest good one (RSA of 4096 bits: a
 * few milliseconds).
 */
#include "core/crypto_key.h"

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <string.h>

#include "core/crypto_pkey.h"

enum {
    RSA_N,
    RSA_E,
    RSA_D,
    RSA_P,
    RSA_Q,
    RSA_DP,
    RSA_DQ,
    RSA_QI,
    RSA_PARTS
};
enum {
    EC_X,
    EC_Y,
    EC_D
};
enum {
    ED_X,
    ED_D
};

/* the largest coordinate, of P-521 */
#define WIDTH_MAX 66

typedef struct kind_row_t {
    const char *name;
    int is_curve;   /* one of ECDSA's: OpenSSL knows the group by its name */
    unsigned width; /* bytes of each part; 0: up to the modulus' */
    int public_parts, parts;
    const char *names[WFP_KEY_PARTS];
} kind_row_t;

static const kind_row_t kinds[WFP_KEY_KIND_COUNT] = {
    [WFP_KEY_RSA] = { "RSA",
                      0,
                      0,
                      2,
                      8,
                      { "n", "e", "d", "p", "q", "dp", "dq", "qi" } },
    [WFP_KEY_P256] = { "P-256", 1, 32, 2, 3, { "x", "y", "d" } },
    [WFP_KEY_P384] = { "P-384", 1, 48, 2, 3, { "x", "y", "d" } },
    [WFP_KEY_P521] = { "P-521", 1, 66, 2, 3, { "x", "y", "d" } },
    [WFP_KEY_ED25519] = { "Ed25519", 0, 32, 1, 2, { "x", "d" } },
};

/* OpenSSL's names of RSA's parts */
static const char *const rsa_names[RSA_PARTS] = {
    OSSL_PKEY_PARAM_RSA_N,         OSSL_PKEY_PARAM_RSA_E,
    OSSL_PKEY_PARAM_RSA_D,         OSSL_PKEY_PARAM_RSA_FACTOR1,
    OSSL_PKEY_PARAM_RSA_FACTOR2,   OSSL_PKEY_PARAM_RSA_EXPONENT1,
    OSSL_PKEY_PARAM_RSA_EXPONENT2, OSSL_PKEY_PARAM_RSA_COEFFICIENT1,
};

apr_size_t wfp_crypto_key_room(wfp_key_kind_e kind)
{
    const kind_row_t *row = &kinds[kind];

    return row->width ? row->width * (unsigned)row->parts : WFP_KEY_ROOM;
}

void wfp_crypto_key_init(wfp_key_t *key, wfp_key_kind_e kind, int is_private,
                         unsigned char *bytes)
{
    memset(key, 0, sizeof(*key));
    key->kind = kind;
    key->is_private = is_private;
    key->bytes = bytes;
}

const char *wfp_crypto_key_part_name(wfp_key_kind_e kind, int part)
{
    return kinds[kind].names[part];
}

const char *wfp_crypto_key_name(wfp_key_kind_e kind)
{
    return kinds[kind].name;
}

const char *wfp_crypto_key_group(wfp_key_kind_e kind)
{
    return kinds[kind].is_curve ? kinds[kind].name : NULL;
}

int wfp_crypto_key_part_count(const wfp_key_t *key)
{
    const kind_row_t *row = &kinds[key->kind];

    return key->is_private ? row->parts : row->public_parts;
}

wfp_bytes_t wfp_crypto_key_part(const wfp_key_t *key, int part)
{
    wfp_bytes_t bytes = { key->bytes, key->size[part] };
    int i;

    for (i = 0; i < part; i++) {
        bytes.data += key->size[i];
    }
    return bytes;
}

apr_size_t wfp_crypto_key_size(const wfp_key_t *key)
{
    apr_size_t n = 0;
    int i;

    for (i = 0; i < WFP_KEY_PARTS; i++) {
        n += key->size[i];
    }
    return n;
}

apr_size_t wfp_crypto_key_width(const wfp_key_t *key)
{
    wfp_bytes_t n;
    apr_size_t bits;
    unsigned top;

    if (key->kind != WFP_KEY_RSA) {
        return kinds[key->kind].width;
    }
    n = wfp_crypto_key_part(key, RSA_N);
    if (n.n == 0) {
        return 0;
    }
    bits = 8 * n.n;
    for (top = n.data[0]; top < 128; top = top << 1 | 1) {
        bits--;
    }
    return bits;
}

apr_status_t wfp_crypto_key_add(wfp_key_t *key, const wfp_bytes_t *part)
{
    const kind_row_t *row = &kinds[key->kind];
    apr_size_t at = wfp_crypto_key_size(key), max = row->width;
    wfp_bytes_t bytes = *part;
    int i = 0;

    while (i < row->parts && key->size[i]) {
        i++;
    }
    if (i == row->parts) {
        return APR_EINVAL;
    }
    if (key->kind == WFP_KEY_RSA) {
        while (bytes.n && bytes.data[0] == 0) {
            bytes.data++;
            bytes.n--;
        }
        max = i == RSA_N   ? WFP_RSA_BITS_MAX / 8
              : i == RSA_E ? 4
              : i == RSA_D ? key->size[RSA_N]
                           : (key->size[RSA_N] + 1u) / 2;
    }
    if (bytes.n == 0 || bytes.n > max || (row->width && bytes.n != row->width)
        || bytes.n > wfp_crypto_key_room(key->kind) - at) {
        return APR_EINVAL;
    }
    memcpy(key->bytes + at, bytes.data, bytes.n);
    key->size[i] = (apr_uint16_t)bytes.n;
    return APR_SUCCESS;
}

void wfp_crypto_key_public(wfp_key_t *pub, const wfp_key_t *key)
{
    int i;

    *pub = *key;
    pub->is_private = 0;
    for (i = kinds[key->kind].public_parts; i < WFP_KEY_PARTS; i++) {
        pub->size[i] = 0;
    }
}

/* ---- OpenSSL's object ------------------------------------------------- */

/* A part as a parameter: integers are in the machine's order. to: room for it;
 * @return what is behind it. */
static unsigned char *integer(OSSL_PARAM *param, unsigned char *to,
                              const char *name, const wfp_bytes_t *part)
{
    apr_size_t i;

    for (i = 0; i < part->n; i++) {
        to[i] = part->data[APR_IS_BIGENDIAN ? i : part->n - 1 - i];
    }
    *param = OSSL_PARAM_construct_BN(name, to, part->n);
    return to + part->n;
}

/* The object that parameters describe, or NULL. */
static EVP_PKEY *from_params(const char *type, int is_private,
                             OSSL_PARAM *params)
{
    EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(NULL, type, NULL);
    EVP_PKEY *pkey = NULL;

    if (!ctx || EVP_PKEY_fromdata_init(ctx) != 1
        || EVP_PKEY_fromdata(ctx, &pkey,
                             is_private ? EVP_PKEY_KEYPAIR
                                        : EVP_PKEY_PUBLIC_KEY,
                             params)
               != 1) {
        pkey = NULL;
    }
    EVP_PKEY_CTX_free(ctx);
    return pkey;
}

static EVP_PKEY *load_rsa(const wfp_key_t *key)
{
    unsigned char room[WFP_KEY_ROOM], *at = room;
    OSSL_PARAM params[RSA_PARTS + 1];
    int i, count = wfp_crypto_key_part_count(key);
    EVP_PKEY *pkey;

    for (i = 0; i < count; i++) {
        wfp_bytes_t part = wfp_crypto_key_part(key, i);

        at = integer(&params[i], at, rsa_names[i], &part);
    }
    params[count] = OSSL_PARAM_construct_end();
    pkey = from_params("RSA", key->is_private, params);
    OPENSSL_cleanse(room, sizeof(room));
    return pkey;
}

static EVP_PKEY *load_ec(const wfp_key_t *key)
{
    const kind_row_t *row = &kinds[key->kind];
    unsigned char point[1 + 2 * WIDTH_MAX], scalar[WIDTH_MAX];
    OSSL_PARAM params[4];
    EVP_PKEY *pkey;
    int n = 0;

    point[0] = POINT_CONVERSION_UNCOMPRESSED;
    memcpy(point + 1, key->bytes, 2 * row->width);
    /* the name is read only, whatever its type says */
    params[n++] = OSSL_PARAM_construct_utf8_string(OSSL_PKEY_PARAM_GROUP_NAME,
                                                   (char *)row->name, 0);
    params[n++] = OSSL_PARAM_construct_octet_string(OSSL_PKEY_PARAM_PUB_KEY,
                                                    point, 1 + 2 * row->width);
    if (key->is_private) {
        wfp_bytes_t part = wfp_crypto_key_part(key, EC_D);

        (void)integer(&params[n++], scalar, OSSL_PKEY_PARAM_PRIV_KEY, &part);
    }
    params[n] = OSSL_PARAM_construct_end();
    pkey = from_params("EC", key->is_private, params);
    OPENSSL_cleanse(scalar, sizeof(scalar));
    return pkey;
}

EVP_PKEY *wfp_crypto_key_load(const wfp_key_t *key)
{
    wfp_bytes_t part;

    if (key->kind == WFP_KEY_RSA) {
        return load_rsa(key);
    }
    if (key->kind != WFP_KEY_ED25519) {
        return load_ec(key);
    }
    part = wfp_crypto_key_part(key, key->is_private ? ED_D : ED_X);
    return key->is_private
               ? EVP_PKEY_new_raw_private_key_ex(NULL, "ED25519", NULL,
                                                 part.data, part.n)
               : EVP_PKEY_new_raw_public_key_ex(NULL, "ED25519", NULL,
                                                part.data, part.n);
}

/* Append an integer of the object; width 0: as many bytes as it needs. */
static apr_status_t take_integer(wfp_key_t *key, EVP_PKEY *pkey,
                                 const char *name, unsigned width)
{
    unsigned char data[WFP_RSA_BITS_MAX / 8];
    BIGNUM *number = NULL;
    apr_status_t rv = APR_EINVAL;
    int n = -1;

    if (EVP_PKEY_get_bn_param(pkey, name, &number) == 1
        && !BN_is_negative(number)
        && BN_num_bytes(number) <= (int)sizeof(data)) {
        n = BN_bn2binpad(number, data,
                         (int)(width ? width : (unsigned)BN_num_bytes(number)));
    }
    if (n > 0) {
        wfp_bytes_t part = { data, (apr_size_t)n };

        rv = wfp_crypto_key_add(key, &part);
    }
    BN_clear_free(number);
    OPENSSL_cleanse(data, sizeof(data));
    return rv;
}

/* Append Ed25519's octets. */
static apr_status_t take_octets(wfp_key_t *key, EVP_PKEY *pkey, int part)
{
    unsigned char data[32];
    apr_size_t n = sizeof(data);
    wfp_bytes_t bytes = { data, sizeof(data) };
    apr_status_t rv = APR_EINVAL;

    if ((part == ED_D ? EVP_PKEY_get_raw_private_key(pkey, data, &n)
                      : EVP_PKEY_get_raw_public_key(pkey, data, &n))
            == 1
        && n == sizeof(data)) {
        rv = wfp_crypto_key_add(key, &bytes);
    }
    OPENSSL_cleanse(data, sizeof(data));
    return rv;
}

apr_status_t wfp_crypto_key_take(wfp_key_t *key, EVP_PKEY *pkey)
{
    static const char *const ec_names[] = { OSSL_PKEY_PARAM_EC_PUB_X,
                                            OSSL_PKEY_PARAM_EC_PUB_Y,
                                            OSSL_PKEY_PARAM_PRIV_KEY };
    int i, count = wfp_crypto_key_part_count(key);
    apr_status_t rv = APR_SUCCESS;

    for (i = 0; i < count && rv == APR_SUCCESS; i++) {
        if (key->kind == WFP_KEY_ED25519) {
            rv = take_octets(key, pkey, i);
        }
        else if (key->kind == WFP_KEY_RSA) {
            rv = take_integer(key, pkey, rsa_names[i], 0);
        }
        else {
            rv = take_integer(key, pkey, ec_names[i], kinds[key->kind].width);
        }
    }
    return rv;
}

/* ---- is it a good one? ------------------------------------------------ */

/* a * b mod (m - less), which must be want mod (m - less): one of RSA's
 * equations. */
static int equation(BN_CTX *ctx, const BIGNUM *a, const BIGNUM *b,
                    const BIGNUM *m, unsigned less, const BIGNUM *want)
{
    BIGNUM *modulus, *got, *right;
    int holds;

    BN_CTX_start(ctx);
    modulus = BN_CTX_get(ctx);
    got = BN_CTX_get(ctx);
    right = BN_CTX_get(ctx);
    holds = right && BN_copy(modulus, m) && BN_sub_word(modulus, less)
            && !BN_is_zero(modulus) && BN_mod_mul(got, a, b, modulus, ctx)
            && BN_nnmod(right, want, modulus, ctx) && BN_cmp(got, right) == 0;
    BN_CTX_end(ctx);
    return holds;
}

/* n = pq; dp and dq are d modulo p - 1 and q - 1, where e has them as its
 * inverses; qi is q's inverse modulo p. (Whether p and q are primes would take
 * long to tell, and concerns nobody but the key's owner: with others the same
 * operations give a wrong signature or an error.) */
static int rsa_parts_agree(BIGNUM *const v[RSA_PARTS], BN_CTX *ctx)
{
    const BIGNUM *one = BN_value_one();
    BIGNUM *n = BN_CTX_get(ctx);

    return n && BN_is_odd(v[RSA_P]) && BN_is_odd(v[RSA_Q])
           && BN_mul(n, v[RSA_P], v[RSA_Q], ctx) && BN_cmp(n, v[RSA_N]) == 0
           && BN_cmp(v[RSA_DP], v[RSA_P]) < 0 && BN_cmp(v[RSA_DQ], v[RSA_Q]) < 0
           && BN_cmp(v[RSA_QI], v[RSA_P]) < 0 && BN_cmp(v[RSA_D], v[RSA_N]) < 0
           && equation(ctx, v[RSA_D], one, v[RSA_P], 1, v[RSA_DP])
           && equation(ctx, v[RSA_D], one, v[RSA_Q], 1, v[RSA_DQ])
           && equation(ctx, v[RSA_DP], v[RSA_E], v[RSA_P], 1, one)
           && equation(ctx, v[RSA_DQ], v[RSA_E], v[RSA_Q], 1, one)
           && equation(ctx, v[RSA_QI], v[RSA_Q], v[RSA_P], 0, one);
}

static int is_good_rsa(const wfp_key_t *key)
{
    wfp_bytes_t n = wfp_crypto_key_part(key, RSA_N);
    wfp_bytes_t e = wfp_crypto_key_part(key, RSA_E);
    apr_size_t bits = wfp_crypto_key_width(key);
    BIGNUM *v[RSA_PARTS];
    BN_CTX *ctx;
    int i, good;

    if (bits < WFP_RSA_BITS_MIN || bits > WFP_RSA_BITS_MAX
        || !(n.data[n.n - 1] & 1) || !(e.data[e.n - 1] & 1)
        || (e.n == 1 && e.data[0] < 3)) {
        return 0;
    }
    if (!key->is_private) {
        return 1;
    }
    ctx = BN_CTX_new();
    good = ctx != NULL;
    if (good) {
        BN_CTX_start(ctx);
    }
    for (i = 0; good && i < RSA_PARTS; i++) {
        wfp_bytes_t part = wfp_crypto_key_part(key, i);

        v[i] = BN_CTX_get(ctx);
        good = v[i] && BN_bin2bn(part.data, (int)part.n, v[i]);
    }
    good = good && rsa_parts_agree(v, ctx);
    if (ctx) {
        BN_CTX_end(ctx);
    }
    /* clears what it had */
    BN_CTX_free(ctx);
    return good;
}

/* OpenSSL looks whether a point is on its curve when the object is made. */
static int is_good_ec(const wfp_key_t *key)
{
    EVP_PKEY *pkey = load_ec(key);
    EVP_PKEY_CTX *ctx = pkey ? EVP_PKEY_CTX_new(pkey, NULL) : NULL;
    int good = ctx && EVP_PKEY_public_check_quick(ctx) == 1
               && (!key->is_private
                   || (EVP_PKEY_private_check(ctx) == 1
                       && EVP_PKEY_pairwise_check(ctx) == 1));

    EVP_PKEY_CTX_free(ctx);
    EVP_PKEY_free(pkey);
    return good;
}

/* Any 32 octets may be a public key; the private key's is known. */
static int is_good_ed25519(const wfp_key_t *key)
{
    EVP_PKEY *pkey = wfp_crypto_key_load(key);
    unsigned char x[32];
    apr_size_t n = sizeof(x);
    int good = pkey && EVP_PKEY_get_raw_public_key(pkey, x, &n) == 1
               && memcmp(x, key->bytes, sizeof(x)) == 0;

    EVP_PKEY_free(pkey);
    return good;
}

apr_status_t wfp_crypto_key_check(const wfp_key_t *key)
{
    int i, good = 1, count = wfp_crypto_key_part_count(key);

    for (i = 0; i < WFP_KEY_PARTS; i++) {
        good = good && (i < count) == (key->size[i] > 0);
    }
    if (good) {
        good = key->kind == WFP_KEY_RSA       ? is_good_rsa(key)
               : key->kind == WFP_KEY_ED25519 ? is_good_ed25519(key)
                                              : is_good_ec(key);
    }
    if (!good) {
        ERR_clear_error();
    }
    return good ? APR_SUCCESS : APR_EINVAL;
}
