/* SPDX-License-Identifier: Apache-2.0 */
/*
 * aws-chunked, undone while it is read:
 *
 *     10000;chunk-signature=SIGNATURE CRLF 65536 bytes CRLF ...
 *     0;chunk-signature=SIGNATURE CRLF [NAME:VALUE CRLF ...] CRLF
 *
 * Each signature covers the one before it, so chunks can neither be left out nor
 * change places. Called by s3_payload.c.
 */
#include "admin/s3_chunks.h"

#include <apr_lib.h>
#include <apr_strings.h>
#include <string.h>

#include "core/crypto.h"
#include "core/crypto_running.h"

#define LINE_MAX_BYTES 1024
#define TRAILERS_MAX   8
#define SIGNATURE      "chunk-signature="
#define TRAILER_SIGNED "x-amz-trailer-signature"

typedef enum {
    HEAD, /* a line: the size of a chunk */
    DATA,
    DATA_END, /* an empty line */
    TRAILER,  /* lines, ended by an empty one */
    END       /* nothing more */
} state_e;

typedef struct chunks_t {
    wfp_s3_call_t *call;
    wfp_body_t *inner;
    apr_bucket_brigade *in; /* read and not used yet */
    wfp_s3_checksum_t *checksum;
    wfp_running_t *sha; /* of a chunk; NULL: chunks are not signed */
    state_e state;
    apr_off_t left;       /* of the chunk */
    apr_off_t total_left; /* of all */
    char before[WFP_S3_SIGN_SIZE], signature[WFP_S3_SIGN_SIZE];
    char line[LINE_MAX_BYTES];
    apr_size_t used; /* of line */
    int trailers, trailer_signed;
    const char *trailer_text; /* as it is signed */
} chunks_t;

static apr_status_t bad(chunks_t *c, const char *why)
{
    return wfp_s3_call_fail(c->call, WFP_S3_INCOMPLETE_BODY, "%s", why);
}

/* ---- signatures ------------------------------------------------------------------- */

/* @param nothing  a digest of nothing that stands before the other, or NULL */
static apr_status_t check(chunks_t *c, const char *word, const char *nothing,
                          const char *digest, const char *signature)
{
    const wfp_s3_proof_t *proof = &c->call->proof;
    apr_pool_t *p = c->call->pool;
    char right[WFP_S3_SIGN_SIZE];
    apr_pool_t *scratch;
    apr_status_t rv;

    apr_pool_create(&scratch, p); /* there may be many chunks */
    rv = wfp_s3_sign_text(right, proof->key,
                          apr_pstrcat(scratch, WFP_S3_SIGN_ALGORITHM, word,
                                      proof->time, "\n", proof->scope, "\n",
                                      c->before, "\n", nothing ? nothing : "",
                                      nothing ? "\n" : "", digest, NULL),
                          scratch);
    apr_pool_destroy(scratch);
    if (rv != APR_SUCCESS) {
        return wfp_s3_call_fail(c->call, WFP_S3_INTERNAL, NULL);
    }
    if (!wfp_crypto_equal(right, signature, WFP_S3_SIGN_SIZE - 1)) {
        return wfp_s3_call_fail(c->call, WFP_S3_SIGNATURE,
                                "The signature of a chunk is not that of its "
                                "bytes");
    }
    apr_cpystrn(c->before, right, sizeof(c->before));
    return APR_SUCCESS;
}

/* 64 hex digits, whatever else: compared as they are. @return 0: no signature */
static int take_signature(char out[WFP_S3_SIGN_SIZE], const char *text)
{
    if (strlen(text) != WFP_S3_SIGN_SIZE - 1) {
        return 0;
    }
    memcpy(out, text, WFP_S3_SIGN_SIZE);
    return 1;
}

static apr_status_t check_chunk(chunks_t *c)
{
    static const char digits[] = "0123456789abcdef";
    unsigned char md[WFP_DIGEST_MAX];
    char hex[WFP_S3_SIGN_SIZE];
    int i;

    if (!c->sha) {
        return APR_SUCCESS;
    }
    if (wfp_crypto_running_end(md, c->sha) != APR_SUCCESS) {
        return wfp_s3_call_fail(c->call, WFP_S3_INTERNAL, NULL);
    }
    for (i = 0; i < 32; i++) {
        hex[2 * i] = digits[md[i] >> 4];
        hex[2 * i + 1] = digits[md[i] & 15];
    }
    hex[2 * i] = '\0';
    return check(c, "-PAYLOAD\n", wfp_s3_sign_nothing, hex, c->signature);
}

/* ---- lines ------------------------------------------------------------------------ */

/* "SIZE" or "SIZE;chunk-signature=SIGNATURE" */
static apr_status_t take_head(chunks_t *c)
{
    apr_size_t n = strspn(c->line, "0123456789abcdefABCDEF");
    const char *rest = c->line + n;
    apr_status_t rv = APR_SUCCESS;

    if (n < 1 || n > 12) {
        return bad(c, "A chunk's size is missing");
    }
    c->left = (apr_off_t)apr_strtoi64(c->line, NULL, 16);
    if (c->sha
        && (strncmp(rest, ";" SIGNATURE, sizeof(SIGNATURE))
            || !take_signature(c->signature, rest + sizeof(SIGNATURE)))) {
        return wfp_s3_call_fail(c->call, WFP_S3_SIGNATURE,
                                "A chunk has no signature");
    }
    if (!c->sha && *rest && *rest != ';') {
        return bad(c, "A chunk's size is no number");
    }
    if (c->left > c->total_left) {
        return bad(c, "There is more than x-amz-decoded-content-length");
    }
    c->total_left -= c->left;
    c->state = DATA;
    if (c->left == 0) {
        c->state = TRAILER;
        rv = c->total_left ? bad(c, "There is less than "
                                    "x-amz-decoded-content-length")
                           : check_chunk(c);
    }
    return rv;
}

/* The empty line behind the trailers, or where they could be. */
static apr_status_t end_trailers(chunks_t *c)
{
    int must_sign = c->sha && c->call->proof.trailer;

    if (must_sign && !c->trailer_signed && c->trailers) {
        return APR_SUCCESS; /* some clients send one before the signature */
    }
    if (must_sign && !c->trailer_signed) {
        return wfp_s3_call_fail(c->call, WFP_S3_SIGNATURE,
                                "The trailers have no signature");
    }
    c->state = END;
    return APR_SUCCESS;
}

static apr_status_t check_trailers(chunks_t *c, const char *value)
{
    char signature[WFP_S3_SIGN_SIZE];
    const char *text = c->trailer_text ? c->trailer_text : "";
    const char *digest = wfp_crypto_sha256_hex(text, strlen(text),
                                               c->call->pool);

    if (!c->sha || c->trailer_signed || !take_signature(signature, value)
        || !digest) {
        return bad(c, "The trailers' signature is none");
    }
    c->trailer_signed = 1;
    return check(c, "-TRAILER\n", NULL, digest, signature);
}

/* "NAME:VALUE" */
static apr_status_t take_trailer(chunks_t *c)
{
    apr_pool_t *p = c->call->pool;
    char *value = strchr(c->line, ':'), *end;

    if (!*c->line) {
        return end_trailers(c);
    }
    if (!value || !c->call->proof.trailer || ++c->trailers > TRAILERS_MAX) {
        return bad(c, "There is something behind the last chunk");
    }
    *value++ = '\0';
    while (apr_isspace(*value)) {
        value++;
    }
    for (end = value + strlen(value); end > value && apr_isspace(end[-1]);) {
        *--end = '\0';
    }
    if (!strcmp(c->line, TRAILER_SIGNED)) {
        return check_trailers(c, value);
    }
    if (c->trailer_signed || !c->checksum
        || !wfp_s3_checksum_trailer(c->checksum, c->line, value)) {
        return bad(c, "A trailer came that x-amz-trailer does not name");
    }
    c->trailer_text = apr_pstrcat(p, c->trailer_text ? c->trailer_text : "",
                                  c->line, ":", value, "\n", NULL);
    return APR_SUCCESS;
}

static apr_status_t take_line(chunks_t *c)
{
    apr_status_t rv;

    switch (c->state) {
    case HEAD:
        return take_head(c);
    case DATA_END:
        c->state = HEAD;
        rv = *c->line ? bad(c, "A chunk is longer than its size") : APR_SUCCESS;
        return rv == APR_SUCCESS ? check_chunk(c) : rv;
    case TRAILER:
        return take_trailer(c);
    default:
        return *c->line ? bad(c, "There is something behind the body")
                        : APR_SUCCESS;
    }
}

/* Some bytes of a line. @return how many were used; *prv what its end said */
static apr_size_t add_to_line(apr_status_t *prv, chunks_t *c, const char *data,
                              apr_size_t n)
{
    const char *newline = memchr(data, '\n', n);
    apr_size_t take = newline ? (apr_size_t)(newline - data) : n;

    if (take >= sizeof(c->line) - c->used) {
        *prv = bad(c, "A chunk's first line is too long");
        return n;
    }
    memcpy(c->line + c->used, data, take);
    c->used += take;
    if (!newline) {
        return n;
    }
    if (c->used && c->line[c->used - 1] == '\r') {
        c->used--;
    }
    c->line[c->used] = '\0';
    c->used = 0;
    *prv = take_line(c);
    return take + 1;
}

/* ---- the stream ------------------------------------------------------------------- */

/* Use up some bytes; those of a chunk go to bb, *pgiven of them. */
static apr_size_t use(apr_status_t *prv, apr_size_t *pgiven, chunks_t *c,
                      apr_bucket_brigade *bb, const char *data, apr_size_t n)
{
    if (c->state != DATA) {
        return add_to_line(prv, c, data, n);
    }
    if ((apr_off_t)n > c->left) {
        n = (apr_size_t)c->left;
    }
    if (c->sha && wfp_crypto_running_add(c->sha, data, n) != APR_SUCCESS) {
        *prv = wfp_s3_call_fail(c->call, WFP_S3_INTERNAL, NULL);
        return n;
    }
    *prv = apr_brigade_write(bb, NULL, NULL, data, n);
    *pgiven += n;
    c->left -= (apr_off_t)n;
    if (c->left == 0) {
        c->state = DATA_END;
    }
    return n;
}

static apr_status_t use_bucket(apr_size_t *pgiven, chunks_t *c,
                               apr_bucket_brigade *bb, apr_bucket *b)
{
    const char *data;
    apr_size_t n, at;
    apr_status_t rv = apr_bucket_read(b, &data, &n, APR_BLOCK_READ);

    for (at = 0; rv == APR_SUCCESS && at < n;) {
        at += use(&rv, pgiven, c, bb, data + at, n - at);
    }
    apr_bucket_delete(b);
    return rv;
}

static apr_status_t refuse(chunks_t *c, wfp_result_t *res, apr_status_t rv)
{
    return c->call->error
               ? wfp_result_set(res, WFP_INVALID, rv, "%s", c->call->message)
               : wfp_result_set(res, WFP_INTERNAL, rv, NULL);
}

static apr_status_t chunks_read(wfp_body_t *body, apr_bucket_brigade *bb,
                                apr_size_t max, wfp_result_t *res)
{
    chunks_t *c = body->baton;
    apr_size_t given = 0;
    apr_status_t rv = APR_SUCCESS;

    while (given == 0) {
        if (APR_BRIGADE_EMPTY(c->in)) {
            rv = wfp_body_read(c->inner, c->in, max, res);
            if (rv == APR_EOF && c->state == END && !c->used) {
                return rv;
            }
            if (rv == APR_EOF) {
                return refuse(c, res,
                              bad(c, c->state == END
                                         ? "There is something behind "
                                           "the body"
                                         : "The body ends too early"));
            }
            if (rv != APR_SUCCESS) {
                return rv;
            }
        }
        while (rv == APR_SUCCESS && !APR_BRIGADE_EMPTY(c->in)) {
            rv = use_bucket(&given, c, bb, APR_BRIGADE_FIRST(c->in));
        }
        if (rv != APR_SUCCESS) {
            return refuse(c, res, rv);
        }
    }
    return rv;
}

static const wfp_body_kind_t chunks_kind = { "aws-chunked", chunks_read, NULL };

wfp_body_t *wfp_s3_chunks_open(wfp_body_t *inner, apr_off_t length,
                               wfp_s3_checksum_t *checksum, wfp_s3_call_t *call)
{
    apr_pool_t *p = call->pool;
    chunks_t *c = apr_pcalloc(p, sizeof(*c));

    c->call = call;
    c->inner = inner;
    c->in = apr_brigade_create(p, call->r->connection->bucket_alloc);
    c->checksum = checksum;
    c->total_left = length;
    apr_cpystrn(c->before, call->proof.signature, sizeof(c->before));
    if (call->proof.body == WFP_S3_CHUNKED
        && wfp_crypto_running_make(&c->sha, WFP_HASH_SHA256, p)
               != APR_SUCCESS) {
        (void)wfp_s3_call_fail(call, WFP_S3_INTERNAL, NULL); /* said there */
    }
    return wfp_body_make(&chunks_kind, c, length, p);
}
