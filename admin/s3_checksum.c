/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Check sums of bodies. Those that the service knows itself (MD5, SHA) go there
 * when a header gave them, so they are kept with the object; the others are
 * verified here. Called by s3_payload.c.
 */
#include "admin/s3_checksum.h"

#include <apr_base64.h>
#include <apr_lib.h>
#include <apr_strings.h>
#include <string.h>
#include <strings.h>

#include "core/crc.h"
#include "core/crypto.h"
#include "core/crypto_running.h"

#define PREFIX     "x-amz-checksum-"
#define SUM_MAX    32
#define BASE64_MAX 64 /* of the longest, and more */

/* One kind of check sum. */
typedef struct kind_t {
    const char *name; /* behind PREFIX */
    apr_size_t size;  /* bytes */
    int is_hash;
    wfp_hash_e hash;
    wfp_crc_e crc;
} kind_t;

static const kind_t kinds[] = {
    { "crc32", 4, 0, 0, WFP_CRC_32 },
    { "crc32c", 4, 0, 0, WFP_CRC_32C },
    { "crc64nvme", 8, 0, 0, WFP_CRC_64NVME },
    { "sha1", 20, 1, WFP_HASH_SHA1, 0 },
    { "sha256", 32, 1, WFP_HASH_SHA256, 0 },
    { NULL, 0, 0, 0, 0 },
};

struct wfp_s3_checksum_t {
    const kind_t *kind;
    const char *hex; /* what it must be; NULL: a trailer will say */
    wfp_crc_t *crc;  /* or: */
    wfp_running_t *running;
    apr_pool_t *pool;
    int bad; /* the trailer is no check sum */
};

const char *wfp_s3_checksum_hex(const char *base64, apr_size_t n, apr_pool_t *p)
{
    char again[BASE64_MAX + 1];
    unsigned char bytes[BASE64_MAX];
    apr_size_t size = strlen(base64);

    /* whoever decodes leniently is asked for the text again */
    if (size > BASE64_MAX || size != (n + 2) / 3 * 4
        || apr_base64_decode_len(base64) > (int)sizeof(bytes)
        || apr_base64_decode_binary(bytes, base64) != (int)n) {
        return NULL;
    }
    apr_base64_encode_binary(again, bytes, (int)n);
    return strcmp(again, base64) ? NULL : wfp_crypto_hex(bytes, n, p);
}

static int digit(char c)
{
    return apr_isdigit(c) ? c - '0' : (c | 32) - 'a' + 10;
}

const char *wfp_s3_checksum_base64(const char *hex, apr_pool_t *p)
{
    apr_size_t n = strlen(hex) / 2, i;
    unsigned char *bytes = apr_palloc(p, n + 1);
    char *text = apr_palloc(p, (apr_size_t)apr_base64_encode_len((int)n));

    for (i = 0; i < n; i++) {
        bytes[i] = (unsigned char)(digit(hex[2 * i]) << 4
                                   | digit(hex[2 * i + 1]));
    }
    apr_base64_encode_binary(text, bytes, (int)n);
    return text;
}

static const kind_t *find_kind(const char *header)
{
    const kind_t *kind;

    for (kind = kinds; kind->name; kind++) {
        if (!strncasecmp(header, PREFIX, sizeof(PREFIX) - 1)
            && !strcasecmp(header + sizeof(PREFIX) - 1, kind->name)) {
            return kind;
        }
    }
    return NULL;
}

static apr_status_t make(wfp_s3_checksum_t **pchecksum, wfp_s3_call_t *call,
                         const kind_t *kind, const char *hex)
{
    wfp_s3_checksum_t *checksum = apr_pcalloc(call->pool, sizeof(*checksum));

    checksum->kind = kind;
    checksum->hex = hex;
    checksum->pool = call->pool;
    *pchecksum = checksum;
    if (!kind->is_hash) {
        checksum->crc = wfp_crc_make(kind->crc, call->pool);
        return APR_SUCCESS;
    }
    return wfp_crypto_running_make(&checksum->running, kind->hash, call->pool)
                   == APR_SUCCESS
               ? APR_SUCCESS
               : wfp_s3_call_fail(call, WFP_S3_INTERNAL, NULL);
}

/* A check sum in a header. */
static apr_status_t read_header(wfp_s3_checksum_t **pchecksum,
                                wfp_r2_sums_t *sums, wfp_s3_call_t *call,
                                const kind_t *kind, const char *value)
{
    const char *hex = wfp_s3_checksum_hex(value, kind->size, call->pool);

    if (!hex) {
        return wfp_s3_call_fail(call, WFP_S3_INVALID_REQUEST,
                                "Value for " PREFIX "%s is invalid",
                                kind->name);
    }
    if (kind->is_hash) {
        sums->hex[kind->hash] = hex;
        return APR_SUCCESS;
    }
    return make(pchecksum, call, kind, hex);
}

static apr_status_t read_headers(wfp_s3_checksum_t **pchecksum, int *pcount,
                                 wfp_r2_sums_t *sums, wfp_s3_call_t *call)
{
    const kind_t *kind;
    apr_status_t rv = APR_SUCCESS;

    for (kind = kinds; kind->name && rv == APR_SUCCESS; kind++) {
        const char *name = apr_pstrcat(call->pool, PREFIX, kind->name, NULL);
        const char *value = wfp_s3_call_header(call, name);

        if (value) {
            ++*pcount;
            rv = read_header(pchecksum, sums, call, kind, value);
        }
    }
    return rv;
}

apr_status_t wfp_s3_checksum_read(wfp_s3_checksum_t **pchecksum,
                                  wfp_r2_sums_t *sums, wfp_s3_call_t *call)
{
    const char *md5 = wfp_s3_call_header(call, "Content-MD5");
    const char *trailer = call->proof.trailer
                              ? wfp_s3_call_header(call, "x-amz-trailer")
                              : NULL;
    int count = trailer != NULL;
    apr_status_t rv;

    *pchecksum = NULL;
    if (md5) {
        sums->hex[WFP_HASH_MD5] = wfp_s3_checksum_hex(md5, 16, call->pool);
        if (!sums->hex[WFP_HASH_MD5]) {
            return wfp_s3_call_fail(call, WFP_S3_INVALID_DIGEST, NULL);
        }
    }
    rv = read_headers(pchecksum, &count, sums, call);
    if (rv == APR_SUCCESS && count > 1) {
        return wfp_s3_call_fail(call, WFP_S3_INVALID_REQUEST,
                                "Expecting a single x-amz-checksum- header");
    }
    if (rv == APR_SUCCESS && trailer) {
        const kind_t *kind = find_kind(trailer);

        if (!kind) {
            return wfp_s3_call_fail(call, WFP_S3_INVALID_REQUEST,
                                    "The value of x-amz-trailer is not "
                                    "supported");
        }
        rv = make(pchecksum, call, kind, NULL);
    }
    return rv;
}

apr_status_t wfp_s3_checksum_add(wfp_s3_checksum_t *checksum, const char *data,
                                 apr_size_t n)
{
    if (checksum->crc) {
        wfp_crc_add(checksum->crc, data, n);
        return APR_SUCCESS;
    }
    return wfp_crypto_running_add(checksum->running, data, n);
}

int wfp_s3_checksum_trailer(wfp_s3_checksum_t *checksum, const char *name,
                            const char *value)
{
    if (find_kind(name) != checksum->kind || checksum->hex || checksum->bad) {
        return 0;
    }
    checksum->hex = wfp_s3_checksum_hex(value, checksum->kind->size,
                                        checksum->pool);
    checksum->bad = !checksum->hex;
    return 1;
}

apr_status_t wfp_s3_checksum_end(wfp_s3_checksum_t *checksum,
                                 wfp_s3_call_t *call)
{
    unsigned char sum[WFP_DIGEST_MAX];
    apr_size_t n = checksum->kind->size;

    if (checksum->bad) {
        return wfp_s3_call_fail(call, WFP_S3_INVALID_REQUEST,
                                "Value for " PREFIX "%s trailing header is "
                                "invalid",
                                checksum->kind->name);
    }
    if (!checksum->hex) {
        return wfp_s3_call_fail(call, WFP_S3_INVALID_REQUEST,
                                "The trailer that was announced did not come");
    }
    if (checksum->crc) {
        n = wfp_crc_end(sum, checksum->crc);
    }
    else if (wfp_crypto_running_end(sum, checksum->running) != APR_SUCCESS) {
        return wfp_s3_call_fail(call, WFP_S3_INTERNAL, NULL);
    }
    return strcmp(wfp_crypto_hex(sum, n, call->pool), checksum->hex)
               ? wfp_s3_call_fail(call, WFP_S3_BAD_DIGEST,
                                  "The " PREFIX
                                  "%s you specified did not match "
                                  "the calculated checksum.",
                                  checksum->kind->name)
               : APR_SUCCESS;
}
