/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Signatures of requests. What came is read as text first; nothing of it is
 * believed before the signature was compared. Secrets are opened for one request
 * and wiped, and never logged.
 */
#include "admin/s3_auth.h"

#include <apr_lib.h>
#include <apr_strings.h>
#include <string.h>
#include <strings.h>

#include "admin/api_auth.h"
#include "admin/s3_sign.h"
#include "admin/seal.h"
#include "admin/show.h"
#include "core/crypto.h"

#define SKEW          apr_time_from_sec(15 * 60)
#define EXPIRES_MAX_S (7 * 86400)
#define ID_SIZE       32
#define NAMES_MAX     100
#define UNSIGNED      "UNSIGNED-PAYLOAD"

/* What a request says of its signature. */
typedef struct claim_t {
    const char *id;        /* of the key */
    const char *names;     /* of the headers that are signed */
    const char *signature; /* 64 hex digits */
    int presigned;
    apr_int64_t expires_s; /* presigned */
    apr_time_t time;
} claim_t;

static apr_status_t malformed(wfp_s3_call_t *call, const claim_t *claim,
                              const char *why)
{
    return wfp_s3_call_fail(call,
                            claim->presigned ? WFP_S3_AUTH_QUERY
                                             : WFP_S3_AUTH_HEADER,
                            "%s", why);
}

static int is_hex(const char *text, apr_size_t n)
{
    return strlen(text) == n && strspn(text, "0123456789abcdef") == n;
}

/* ---- what is said ----------------------------------------------------------------- */

/* "ID/20260131/REGION/s3/aws4_request" */
static apr_status_t read_credential(claim_t *claim, wfp_s3_call_t *call,
                                    const char *text)
{
    const char *scope = strchr(text, '/');
    const char *region = scope ? strchr(scope + 1, '/') : NULL;
    const char *service = region ? strchr(region + 1, '/') : NULL;

    if (!service || region - scope != 9
        || strcmp(service, "/s3/aws4_request")) {
        return malformed(call, claim,
                         "The credential is KEY/YYYYMMDD/REGION/s3/"
                         "aws4_request");
    }
    claim->id = apr_pstrmemdup(call->pool, text, (apr_size_t)(scope - text));
    call->proof.scope = scope + 1;
    return APR_SUCCESS;
}

/* Of two names that ";" or the end of the text ends. */
static int comes_before(const char *a, const char *b)
{
    apr_size_t n = strcspn(a, ";"), m = strcspn(b, ";");
    int order = strncmp(a, b, n < m ? n : m);

    return order < 0 || (order == 0 && n < m);
}

/* Lower-case names in order, each once, "host" among them. */
static int are_names(const char *names)
{
    const char *at = names, *last = NULL;
    int count = 0, has_host = 0;

    for (; *at; at += *at == ';') {
        apr_size_t n = strcspn(at, ";"), i;

        for (i = 0; i < n; i++) {
            if (apr_isupper(at[i]) || apr_isspace(at[i])) {
                return 0;
            }
        }
        if (!n || ++count > NAMES_MAX || (last && !comes_before(last, at))) {
            return 0;
        }
        has_host |= n == 4 && !strncmp(at, "host", 4);
        last = at;
        at += n;
    }
    return has_host;
}

/* "20260131T235959Z", on the day of the scope */
static apr_status_t read_time(claim_t *claim, wfp_s3_call_t *call,
                              const char *text)
{
    const char *form;

    if (!text || strlen(text) != 16) {
        return claim->presigned
                   ? malformed(call, claim, "X-Amz-Date is YYYYMMDDTHHMMSSZ")
                   : wfp_s3_call_fail(call, WFP_S3_ACCESS_DENIED,
                                      "x-amz-date: YYYYMMDDTHHMMSSZ is needed");
    }
    form = apr_psprintf(call->pool, "%.4s-%.2s-%.5s:%.2s:%.3s", text, text + 4,
                        text + 6, text + 11, text + 13);
    if (!wfp_show_read_time(&claim->time, form)) {
        return malformed(call, claim, "The time is YYYYMMDDTHHMMSSZ");
    }
    if (strncmp(text, call->proof.scope, 8)) {
        return malformed(call, claim,
                         "The credential's day is not that of the time");
    }
    call->proof.time = text;
    return APR_SUCCESS;
}

static apr_status_t check_claim(claim_t *claim, wfp_s3_call_t *call,
                                const char *credential, const char *time)
{
    apr_status_t rv;

    if (!credential || !claim->names || !claim->signature) {
        return malformed(call, claim,
                         "Credential, SignedHeaders and Signature are needed");
    }
    rv = read_credential(claim, call, credential);
    if (rv == APR_SUCCESS && !are_names(claim->names)) {
        return malformed(call, claim,
                         "SignedHeaders: names in lower case, in order, host "
                         "among them");
    }
    if (rv == APR_SUCCESS && !is_hex(claim->signature, WFP_S3_SIGN_SIZE - 1)) {
        return malformed(call, claim, "Signature: 64 hex digits");
    }
    return rv == APR_SUCCESS ? read_time(claim, call, time) : rv;
}

/* "AWS4-HMAC-SHA256 Credential=..., SignedHeaders=..., Signature=..." */
static apr_status_t read_header(claim_t *claim, wfp_s3_call_t *call,
                                const char *header)
{
    static const apr_size_t n = sizeof(WFP_S3_SIGN_ALGORITHM) - 1;
    const char *credential = NULL;
    char *text, *state, *part;

    if (strncmp(header, WFP_S3_SIGN_ALGORITHM, n) || header[n] != ' ') {
        return wfp_s3_call_fail(
            call, WFP_S3_INVALID_REQUEST,
            "Requests are signed with " WFP_S3_SIGN_ALGORITHM
            ", nothing else is supported");
    }
    text = apr_pstrdup(call->pool, header + n);
    for (part = apr_strtok(text, ", ", &state); part;
         part = apr_strtok(NULL, ", ", &state)) {
        if (!strncmp(part, "Credential=", 11) && !credential) {
            credential = part + 11;
        }
        else if (!strncmp(part, "SignedHeaders=", 14) && !claim->names) {
            claim->names = part + 14;
        }
        else if (!strncmp(part, "Signature=", 10) && !claim->signature) {
            claim->signature = part + 10;
        }
        else {
            return malformed(call, claim,
                             "The authorization header has a part that is not "
                             "known, or one twice");
        }
    }
    call->proof.payload = wfp_s3_call_header(call, "x-amz-content-sha256");
    return check_claim(claim, call, credential,
                       wfp_s3_call_header(call, "x-amz-date"));
}

static apr_status_t read_query(claim_t *claim, wfp_s3_call_t *call)
{
    const char *algorithm = wfp_s3_call_query(call, "X-Amz-Algorithm");
    const char *payload = wfp_s3_call_header(call, "x-amz-content-sha256");
    apr_status_t rv;

    claim->presigned = 1;
    claim->names = wfp_s3_call_query(call, "X-Amz-SignedHeaders");
    claim->signature = wfp_s3_call_query(call, "X-Amz-Signature");
    claim->expires_s = -1;
    if (!algorithm || strcmp(algorithm, WFP_S3_SIGN_ALGORITHM)) {
        return malformed(call, claim,
                         "X-Amz-Algorithm is " WFP_S3_SIGN_ALGORITHM);
    }
    if (!wfp_s3_call_query(call, "X-Amz-Expires")
        || wfp_s3_call_number(&claim->expires_s, call, "X-Amz-Expires", 1,
                              EXPIRES_MAX_S)
               != APR_SUCCESS) {
        call->error = WFP_S3_FINE; /* it has a code of its own here */
        return malformed(call, claim, "X-Amz-Expires: 1 to 604800 seconds");
    }
    if (!payload) {
        payload = wfp_s3_call_query(call, "X-Amz-Content-Sha256");
    }
    call->proof.payload = payload ? payload : UNSIGNED;
    rv = check_claim(claim, call, wfp_s3_call_query(call, "X-Amz-Credential"),
                     wfp_s3_call_query(call, "X-Amz-Date"));
    return rv;
}

/* ---- what must hold ---------------------------------------------------------------- */

static apr_status_t check_time(const claim_t *claim, wfp_s3_call_t *call)
{
    apr_time_t now = apr_time_now();

    if (!claim->presigned) {
        return claim->time < now - SKEW || claim->time > now + SKEW
                   ? wfp_s3_call_fail(call, WFP_S3_TIME_SKEWED, NULL)
                   : APR_SUCCESS;
    }
    if (claim->time > now + SKEW) {
        return wfp_s3_call_fail(call, WFP_S3_ACCESS_DENIED,
                                "The request is not valid yet");
    }
    return claim->time + apr_time_from_sec(claim->expires_s) < now
               ? wfp_s3_call_fail(call, WFP_S3_ACCESS_DENIED,
                                  "Request has expired")
               : APR_SUCCESS;
}

static int is_named(const char *names, const char *name)
{
    apr_size_t n = strlen(name);

    for (; *names; names += strcspn(names, ";"), names += *names == ';') {
        if (!strncasecmp(names, name, n) && (names[n] == ';' || !names[n])) {
            return 1;
        }
    }
    return 0;
}

/* Whoever adds a header that S3 acts on must have the secret. */
static apr_status_t check_headers(const claim_t *claim, wfp_s3_call_t *call)
{
    const apr_array_header_t *list = apr_table_elts(call->r->headers_in);
    int i;

    for (i = 0; i < list->nelts; i++) {
        const char *name = APR_ARRAY_IDX(list, i, apr_table_entry_t).key;

        if (!strncasecmp(name, "x-amz-", 6) && !is_named(claim->names, name)) {
            return wfp_s3_call_fail(call, WFP_S3_ACCESS_DENIED,
                                    "The header %.80s was not signed", name);
        }
    }
    return APR_SUCCESS;
}

static apr_status_t check_payload(const claim_t *claim, wfp_s3_call_t *call)
{
    static const char streaming[] = "STREAMING-";
    static const char trailer[] = "-TRAILER";
    wfp_s3_proof_t *proof = &call->proof;
    apr_size_t n;

    if (!proof->payload) {
        return wfp_s3_call_fail(call, WFP_S3_INVALID_REQUEST,
                                "The header x-amz-content-sha256 is missing");
    }
    if (is_hex(proof->payload, WFP_S3_SIGN_SIZE - 1)) {
        proof->body = WFP_S3_SIGNED;
        return APR_SUCCESS;
    }
    if (!strcmp(proof->payload, UNSIGNED)) {
        return APR_SUCCESS;
    }
    n = strlen(proof->payload);
    proof->trailer = n > sizeof(trailer)
                     && !strcmp(proof->payload + n - sizeof(trailer) + 1,
                                trailer);
    if (!strcmp(proof->payload, "STREAMING-UNSIGNED-PAYLOAD-TRAILER")) {
        proof->body = WFP_S3_CHUNKED_UNSIGNED;
    }
    else if (!strcmp(proof->payload, "STREAMING-AWS4-HMAC-SHA256-PAYLOAD")
             || !strcmp(proof->payload,
                        "STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER")) {
        proof->body = WFP_S3_CHUNKED;
    }
    else if (!strncmp(proof->payload, streaming, sizeof(streaming) - 1)) {
        return wfp_s3_call_fail(call, WFP_S3_NOT_IMPLEMENTED, NULL);
    }
    else {
        return wfp_s3_call_fail(call, WFP_S3_INVALID_ARGUMENT,
                                "x-amz-content-sha256: 64 hex digits, "
                                "UNSIGNED-PAYLOAD or STREAMING-...");
    }
    return claim->presigned
               ? wfp_s3_call_fail(call, WFP_S3_NOT_IMPLEMENTED, NULL)
               : APR_SUCCESS;
}

/* ---- the signature ------------------------------------------------------------------ */

static apr_status_t find_token(wfp_token_t **ptoken, const claim_t *claim,
                               wfp_s3_call_t *call)
{
    apr_status_t rv = APR_NOTFOUND;

    call->res.code = WFP_NOT_FOUND;
    if (is_hex(claim->id, ID_SIZE)) {
        rv = wfp_tokens_s3(ptoken, call->server->store, claim->id, &call->res,
                           call->pool);
    }
    if (rv == APR_SUCCESS) {
        return rv;
    }
    return wfp_s3_call_fail(call,
                            call->res.code == WFP_NOT_FOUND
                                ? WFP_S3_UNKNOWN_KEY
                                : wfp_s3_error_of(&call->res),
                            NULL);
}

static apr_status_t make_key(wfp_s3_call_t *call, const wfp_token_t *token)
{
    wfp_s3_proof_t *proof = &call->proof;
    const char *secret;
    apr_status_t rv = wfp_seal_open_s3(&secret, token, call->server->keys,
                                       &call->res, call->pool);

    if (rv == APR_SUCCESS) {
        rv = wfp_s3_sign_key(proof->key, secret, proof->scope, call->pool);
        wfp_crypto_wipe((char *)secret, strlen(secret)); /* ours, in p */
    }
    return rv == APR_SUCCESS ? rv
                             : wfp_s3_call_fail(call, WFP_S3_INTERNAL, NULL);
}

static apr_status_t check_signature(const claim_t *claim, wfp_s3_call_t *call)
{
    wfp_s3_proof_t *proof = &call->proof;
    const wfp_s3_sign_t sign = {
        call->r->method, call->path,
        call->r->args,   claim->presigned ? "X-Amz-Signature" : NULL,
        claim->names,    call->r->headers_in,
        proof->payload,  proof->time,
        proof->scope,
    };
    apr_status_t rv = wfp_s3_sign_request(proof->signature, proof->key, &sign,
                                          call->pool);

    if (rv == APR_EGENERAL) {
        return wfp_s3_call_fail(call, WFP_S3_INTERNAL, NULL);
    }
    if (rv != APR_SUCCESS
        || !wfp_crypto_equal(proof->signature, claim->signature,
                             WFP_S3_SIGN_SIZE - 1)) {
        return wfp_s3_call_fail(call, WFP_S3_SIGNATURE, NULL);
    }
    return APR_SUCCESS;
}

static apr_status_t read_claim(claim_t *claim, wfp_s3_call_t *call)
{
    const char *header = wfp_s3_call_header(call, "Authorization");
    int in_query = wfp_s3_call_query(call, "X-Amz-Algorithm")
                   || wfp_s3_call_query(call, "X-Amz-Signature");

    if (header && in_query) {
        return wfp_s3_call_fail(call, WFP_S3_INVALID_ARGUMENT,
                                "Sign the headers or the query, not both");
    }
    if (header) {
        return read_header(claim, call, header);
    }
    return in_query ? read_query(claim, call)
                    : wfp_s3_call_fail(call, WFP_S3_ACCESS_DENIED, NULL);
}

apr_status_t wfp_s3_auth_check(wfp_s3_call_t *call)
{
    claim_t claim = { 0 };
    wfp_token_t *token = NULL;
    apr_status_t rv = read_claim(&claim, call);

    if (rv == APR_SUCCESS) {
        rv = check_time(&claim, call);
    }
    if (rv == APR_SUCCESS) {
        rv = check_payload(&claim, call);
    }
    if (rv == APR_SUCCESS) {
        rv = find_token(&token, &claim, call);
    }
    if (rv == APR_SUCCESS) {
        rv = make_key(call, token);
    }
    if (rv == APR_SUCCESS) {
        rv = check_signature(&claim, call);
    }
    if (rv == APR_SUCCESS) {
        rv = check_headers(&claim, call);
    }
    if (rv != APR_SUCCESS) {
        return rv;
    }
    /* counted when it is his: nobody uses up another's */
    call->retry_after_s = wfp_api_auth_count_token(call->server, token);
    if (call->retry_after_s) {
        return wfp_s3_call_fail(call, WFP_S3_SLOW_DOWN, NULL);
    }
    call->token = token;
    return APR_SUCCESS;
}
