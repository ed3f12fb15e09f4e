/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Bodies of requests: what they are without their coding, verified. Called by
 * the handlers of s3_objects.c, s3_uploads.c and s3_delete.c.
 */
#include "admin/s3_payload.h"

#include <apr_lib.h>
#include <apr_strings.h>
#include <http_core.h>
#include <string.h>

#include "admin/api_body.h"
#include "admin/s3_checksum.h"
#include "admin/s3_chunks.h"
#include "core/crypto.h"
#include "core/crypto_running.h"

typedef struct payload_t {
    wfp_s3_call_t *call;
    wfp_body_t *inner;
    wfp_running_t *sha;          /* NULL: it was not signed as a whole */
    wfp_s3_checksum_t *checksum; /* NULL: none */
} payload_t;

static apr_status_t add(payload_t *payload, apr_bucket *from,
                        apr_bucket_brigade *bb)
{
    apr_status_t rv = APR_SUCCESS;
    apr_bucket *b;

    for (b = from; rv == APR_SUCCESS && b != APR_BRIGADE_SENTINEL(bb);
         b = APR_BUCKET_NEXT(b)) {
        const char *data;
        apr_size_t n;

        rv = apr_bucket_read(b, &data, &n, APR_BLOCK_READ);
        if (rv == APR_SUCCESS && payload->sha) {
            rv = wfp_crypto_running_add(payload->sha, data, n);
        }
        if (rv == APR_SUCCESS && payload->checksum) {
            rv = wfp_s3_checksum_add(payload->checksum, data, n);
        }
    }
    return rv;
}

static apr_status_t check_end(payload_t *payload)
{
    wfp_s3_call_t *call = payload->call;
    unsigned char md[WFP_DIGEST_MAX];

    call->body_read = 1;
    if (payload->sha) {
        if (wfp_crypto_running_end(md, payload->sha) != APR_SUCCESS) {
            return wfp_s3_call_fail(call, WFP_S3_INTERNAL, NULL);
        }
        if (!wfp_crypto_equal(wfp_crypto_hex(md, 32, call->pool),
                              call->proof.payload, WFP_S3_SIGN_SIZE - 1)) {
            return wfp_s3_call_fail(call, WFP_S3_SHA256_MISMATCH, NULL);
        }
    }
    return payload->checksum ? wfp_s3_checksum_end(payload->checksum, call)
                             : APR_SUCCESS;
}

static apr_status_t payload_read(wfp_body_t *body, apr_bucket_brigade *bb,
                                 apr_size_t max, wfp_result_t *res)
{
    payload_t *payload = body->baton;
    apr_bucket *last = APR_BRIGADE_LAST(bb);
    apr_status_t rv = wfp_body_read(payload->inner, bb, max, res);

    if (rv == APR_EOF) {
        rv = check_end(payload);
        return rv == APR_SUCCESS ? APR_EOF
                                 : wfp_result_set(res, WFP_INVALID, rv, "%s",
                                                  payload->call->message);
    }
    if (rv != APR_SUCCESS) {
        if (res && res->code == WFP_TIMEOUT) {
            (void)wfp_s3_call_fail(payload->call, WFP_S3_TIMEOUT, NULL);
        }
        return rv;
    }
    rv = add(payload,
             last == APR_BRIGADE_SENTINEL(bb) ? APR_BRIGADE_FIRST(bb)
                                              : APR_BUCKET_NEXT(last),
             bb);
    return rv == APR_SUCCESS ? rv : wfp_result_set(res, WFP_INTERNAL, rv, NULL);
}

static const wfp_body_kind_t payload_kind = { "s3", payload_read, NULL };

/* A header that is a whole number; -1: it is not there, -2: it is none. */
static apr_off_t number_of(const wfp_s3_call_t *call, const char *name)
{
    const char *text = wfp_s3_call_header(call, name);

    if (!text) {
        return -1;
    }
    return *text && strlen(text) < 16
                   && strspn(text, "0123456789") == strlen(text)
               ? (apr_off_t)apr_strtoi64(text, NULL, 10)
               : -2;
}

/* Bytes of the body without its coding. */
static apr_status_t read_length(apr_off_t *pn, wfp_s3_call_t *call)
{
    int chunked = call->proof.body >= WFP_S3_CHUNKED;

    *pn = number_of(call, chunked ? "x-amz-decoded-content-length"
                                  : "Content-Length");
    return *pn >= 0 ? APR_SUCCESS
                    : wfp_s3_call_fail(call, WFP_S3_MISSING_LENGTH, NULL);
}

/* A wfp_body_t that gives n bytes, or as many as there are (-1). */
static apr_status_t open_body(wfp_body_t **pbody, wfp_r2_sums_t *sums,
                              wfp_s3_call_t *call, apr_off_t n)
{
    payload_t *payload = apr_pcalloc(call->pool, sizeof(*payload));
    apr_status_t rv = wfp_s3_checksum_read(&payload->checksum, sums, call);

    if (rv != APR_SUCCESS) {
        return rv;
    }
    payload->call = call;
    payload->inner = wfp_api_body_open(call->server, call->r);
    if (call->proof.body == WFP_S3_SIGNED
        && wfp_crypto_running_make(&payload->sha, WFP_HASH_SHA256, call->pool)
               != APR_SUCCESS) {
        return wfp_s3_call_fail(call, WFP_S3_INTERNAL, NULL);
    }
    if (call->proof.body >= WFP_S3_CHUNKED) {
        payload->inner = wfp_s3_chunks_open(payload->inner, n,
                                            payload->checksum, call);
    }
    *pbody = wfp_body_make(&payload_kind, payload, n, call->pool);
    return call->error ? APR_EGENERAL : APR_SUCCESS;
}

apr_status_t wfp_s3_payload_open(wfp_body_t **pbody, wfp_r2_sums_t *sums,
                                 wfp_s3_call_t *call)
{
    apr_off_t n, limit = ap_get_limit_req_body(call->r); /* 0: none */
    apr_status_t rv = read_length(&n, call);

    if (rv != APR_SUCCESS) {
        return rv;
    }
    if (n > (apr_off_t)WFP_R2_PUT_MAX || (limit > 0 && n > limit)) {
        return wfp_s3_call_fail(call, WFP_S3_TOO_LARGE, NULL);
    }
    return open_body(pbody, sums, call, n);
}

apr_status_t wfp_s3_payload_slurp(const char **pdata, apr_size_t *pn,
                                  wfp_s3_call_t *call, apr_size_t max)
{
    wfp_r2_sums_t sums = { { NULL } };
    wfp_body_t *body;
    apr_off_t n = -1;
    int hash;
    apr_status_t rv = APR_SUCCESS;

    if (call->proof.body >= WFP_S3_CHUNKED) {
        rv = read_length(&n, call);
    }
    if (rv == APR_SUCCESS) {
        rv = open_body(&body, &sums, call, n);
    }
    if (rv != APR_SUCCESS) {
        return rv;
    }
    rv = wfp_body_slurp(pdata, pn, body, max, &call->res, call->pool);
    if (rv != APR_SUCCESS) {
        return wfp_s3_call_fail(call, wfp_s3_error_of(&call->res), NULL);
    }
    for (hash = 0; hash < WFP_HASH_COUNT; hash++) {
        wfp_running_t *running;
        unsigned char md[WFP_DIGEST_MAX];

        if (!sums.hex[hash]) {
            continue;
        }
        if (wfp_crypto_running_make(&running, (wfp_hash_e)hash, call->pool)
                != APR_SUCCESS
            || wfp_crypto_running_add(running, *pdata, *pn) != APR_SUCCESS
            || wfp_crypto_running_end(md, running) != APR_SUCCESS) {
            return wfp_s3_call_fail(call, WFP_S3_INTERNAL, NULL);
        }
        if (strcmp(wfp_crypto_hex(md, wfp_crypto_digest_size((wfp_hash_e)hash),
                                  call->pool),
                   sums.hex[hash])) {
            return wfp_s3_call_fail(call, WFP_S3_BAD_DIGEST, NULL);
        }
    }
    return APR_SUCCESS;
}
