/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Whole keys: read from and written to SubjectPublicKeyInfo, PrivateKeyInfo and
 * raw public keys, and made new. Which algorithm and curve DER names is read
 * here, byte by byte, before OpenSSL's decoders see it: they would also take
 * curves that the text describes itself, and algorithms nobody asked for.
 */
#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>
#include <string.h>

#include "core/crypto_key.h"
#include "core/crypto_pkey.h"

#define DER_SEQUENCE 0x30

typedef struct der_row_t {
    unsigned char n;
    unsigned char bytes[23];
} der_row_t;

/* AlgorithmIdentifier of each kind (RFC 3279, 5480, 8410) */
static const der_row_t algorithms[WFP_KEY_KIND_COUNT] = {
    [WFP_KEY_RSA] = { 15,
                      { 0x30, 13, 6, 9, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1,
                        1, 1, 5, 0 } },
    [WFP_KEY_P256] = { 21, { 0x30, 19,   6,    7,    0x2a, 0x86, 0x48,
                             0xce, 0x3d, 2,    1,    6,    8,    0x2a,
                             0x86, 0x48, 0xce, 0x3d, 3,    1,    7 } },
    [WFP_KEY_P384] = { 18,
                       { 0x30, 16, 6, 7, 0x2a, 0x86, 0x48, 0xce, 0x3d, 2, 1, 6,
                         5, 0x2b, 0x81, 4, 0, 0x22 } },
    [WFP_KEY_P521] = { 18,
                       { 0x30, 16, 6, 7, 0x2a, 0x86, 0x48, 0xce, 0x3d, 2, 1, 6,
                         5, 0x2b, 0x81, 4, 0, 0x23 } },
    [WFP_KEY_ED25519] = { 7, { 0x30, 5, 6, 3, 0x2b, 0x65, 0x70 } },
};

/* Skip the header of a SEQUENCE that takes all of the text. @return 1: well */
static int enter_sequence(wfp_bytes_t *in)
{
    apr_size_t n = 0, digits, i;

    if (in->n < 2 || in->data[0] != DER_SEQUENCE) {
        return 0;
    }
    digits = in->data[1] & 0x80 ? in->data[1] & 0x7f : 0;
    if (digits > 2 || in->n < 2 + digits) {
        return 0;
    }
    n = digits ? 0 : in->data[1];
    for (i = 0; i < digits; i++) {
        n = n << 8 | in->data[2 + i];
    }
    in->data += 2 + digits;
    in->n -= 2 + digits;
    return n == in->n;
}

/* Does DER name the kind, and nothing else? */
static int names_kind(const wfp_bytes_t *der, wfp_key_kind_e kind,
                      wfp_key_form_e form)
{
    const der_row_t *want = &algorithms[kind];
    wfp_bytes_t in = *der;

    if (in.n > WFP_KEY_DER_ROOM || !enter_sequence(&in)) {
        return 0;
    }
    if (form == WFP_KEY_PKCS8) {
        /* version 0 or 1 */
        if (in.n < 3 || in.data[0] != 2 || in.data[1] != 1 || in.data[2] > 1) {
            return 0;
        }
        in.data += 3;
        in.n -= 3;
    }
    return in.n > want->n && memcmp(in.data, want->bytes, want->n) == 0;
}

/* The object that DER describes, or NULL; *end is behind what was read. */
static EVP_PKEY *decode(const wfp_bytes_t *der, wfp_key_form_e form,
                        const unsigned char **end)
{
    PKCS8_PRIV_KEY_INFO *info;
    EVP_PKEY *pkey;

    *end = der->data;
    if (form == WFP_KEY_SPKI) {
        return d2i_PUBKEY_ex(NULL, end, (long)der->n, NULL, NULL);
    }
    info = d2i_PKCS8_PRIV_KEY_INFO(NULL, end, (long)der->n);
    pkey = info ? EVP_PKCS82PKEY_ex(info, NULL, NULL) : NULL;
    PKCS8_PRIV_KEY_INFO_free(info);
    return pkey;
}

/* Is the object of the key's kind? A private key may carry a curve besides the
 * one that was looked at. */
static int is_kind(EVP_PKEY *pkey, wfp_key_kind_e kind)
{
    const char *group = wfp_crypto_key_group(kind);
    char name[32];

    if (group) {
        /* OpenSSL calls P-256 otherwise */
        return EVP_PKEY_is_a(pkey, "EC")
               && EVP_PKEY_get_group_name(pkey, name, sizeof(name), NULL) == 1
               && OBJ_sn2nid(name) == EC_curve_nist2nid(group);
    }
    return EVP_PKEY_is_a(pkey, kind == WFP_KEY_RSA ? "RSA" : "ED25519");
}

static apr_status_t read_der(wfp_key_t *key, wfp_key_form_e form,
                             const wfp_bytes_t *in)
{
    const unsigned char *end;
    EVP_PKEY *pkey;
    apr_status_t rv = APR_EINVAL;

    if (!names_kind(in, key->kind, form)) {
        return APR_EINVAL;
    }
    pkey = decode(in, form, &end);
    if (pkey && end == in->data + in->n && is_kind(pkey, key->kind)) {
        rv = wfp_crypto_key_take(key, pkey);
    }
    EVP_PKEY_free(pkey);
    return rv;
}

/* The parts of a public key stand one after another. */
static apr_status_t read_raw(wfp_key_t *key, const wfp_bytes_t *in)
{
    apr_size_t width = wfp_crypto_key_width(key);
    wfp_bytes_t part = *in;
    int i, count = wfp_crypto_key_part_count(key);
    apr_status_t rv = APR_SUCCESS;

    if (key->kind == WFP_KEY_RSA) {
        return APR_EINVAL;
    }
    if (key->kind != WFP_KEY_ED25519) {
        if (part.n == 0 || part.data[0] != POINT_CONVERSION_UNCOMPRESSED) {
            return APR_EINVAL;
        }
        part.data++;
        part.n--;
    }
    if (part.n != (apr_size_t)count * width) {
        return APR_EINVAL;
    }
    part.n = width;
    for (i = 0; i < count && rv == APR_SUCCESS; i++) {
        rv = wfp_crypto_key_add(key, &part);
        part.data += width;
    }
    return rv;
}

apr_status_t wfp_crypto_key_read(wfp_key_t *key, wfp_key_form_e form,
                                 const wfp_bytes_t *in)
{
    apr_status_t rv = APR_EINVAL;

    if (key->is_private == (form == WFP_KEY_PKCS8)) {
        rv = form == WFP_KEY_RAW ? read_raw(key, in) : read_der(key, form, in);
    }
    if (rv == APR_SUCCESS) {
        rv = wfp_crypto_key_check(key);
    }
    ERR_clear_error(); /* a decoder leaves some when it succeeds, too */
    return rv;
}

static apr_status_t write_raw(unsigned char *out, apr_size_t *pn,
                              const wfp_key_t *key)
{
    apr_size_t n = wfp_crypto_key_size(key), at = 0;

    if (key->kind == WFP_KEY_RSA) {
        return APR_EINVAL;
    }
    if (key->kind != WFP_KEY_ED25519) {
        out[at++] = POINT_CONVERSION_UNCOMPRESSED;
    }
    memcpy(out + at, key->bytes, n);
    *pn = at + n;
    return APR_SUCCESS;
}

/* @return bytes written, <= 0: failed */
static int encode(unsigned char *out, EVP_PKEY *pkey, wfp_key_form_e form)
{
    PKCS8_PRIV_KEY_INFO *info;
    int n;

    if (form == WFP_KEY_SPKI) {
        n = i2d_PUBKEY(pkey, NULL);
        return n > WFP_KEY_DER_ROOM ? 0 : i2d_PUBKEY(pkey, &out);
    }
    info = EVP_PKEY2PKCS8(pkey);
    n = info ? i2d_PKCS8_PRIV_KEY_INFO(info, NULL) : 0;
    if (n > 0) {
        n = n > WFP_KEY_DER_ROOM ? 0 : i2d_PKCS8_PRIV_KEY_INFO(info, &out);
    }
    PKCS8_PRIV_KEY_INFO_free(info);
    return n;
}

apr_status_t wfp_crypto_key_write(unsigned char out[WFP_KEY_DER_ROOM],
                                  apr_size_t *pn, const wfp_key_t *key,
                                  wfp_key_form_e form)
{
    EVP_PKEY *pkey;
    int n;

    if (key->is_private != (form == WFP_KEY_PKCS8)) {
        return APR_EINVAL;
    }
    if (form == WFP_KEY_RAW) {
        return write_raw(out, pn, key);
    }
    pkey = wfp_crypto_key_load(key);
    n = pkey ? encode(out, pkey, form) : 0;
    EVP_PKEY_free(pkey);
    if (n <= 0) {
        ERR_clear_error();
        return APR_EGENERAL;
    }
    *pn = (apr_size_t)n;
    return APR_SUCCESS;
}

/* OpenSSL calls this between candidates for a prime. @return 0: stop */
static int on_candidate(EVP_PKEY_CTX *ctx)
{
    const wfp_stop_t *stop = EVP_PKEY_CTX_get_app_data(ctx);

    return !stop->is_over(stop->baton);
}

static EVP_PKEY *make_rsa(unsigned bits, unsigned exponent,
                          const wfp_stop_t *stop)
{
    EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(NULL, "RSA", NULL);
    BIGNUM *e = BN_new();
    EVP_PKEY *pkey = NULL;

    if (ctx && e && BN_set_word(e, exponent) && EVP_PKEY_keygen_init(ctx) == 1
        && EVP_PKEY_CTX_set_rsa_keygen_bits(ctx, (int)bits) == 1
        && EVP_PKEY_CTX_set1_rsa_keygen_pubexp(ctx, e) == 1) {
        /* it is only read */
        EVP_PKEY_CTX_set_app_data(ctx, (void *)stop);
        EVP_PKEY_CTX_set_cb(ctx, on_candidate);
        if (EVP_PKEY_generate(ctx, &pkey) != 1) {
            pkey = NULL;
        }
    }
    BN_free(e);
    EVP_PKEY_CTX_free(ctx);
    return pkey;
}

apr_status_t wfp_crypto_key_make(wfp_key_t *key, unsigned bits,
                                 unsigned exponent, const wfp_stop_t *stop)
{
    const char *group = wfp_crypto_key_group(key->kind);
    apr_status_t rv = APR_EGENERAL;
    EVP_PKEY *pkey;

    pkey = key->kind == WFP_KEY_RSA ? make_rsa(bits, exponent, stop)
           : group                  ? EVP_EC_gen(group)
                                    : EVP_PKEY_Q_keygen(NULL, NULL, "ED25519");
    if (pkey) {
        rv = wfp_crypto_key_take(key, pkey);
    }
    else if (stop->is_over(stop->baton)) {
        rv = APR_EINTR;
    }
    EVP_PKEY_free(pkey);
    if (rv != APR_SUCCESS) {
        ERR_clear_error();
    }
    return rv;
}
