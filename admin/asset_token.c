/* SPDX-License-Identifier: Apache-2.0 */
/* Tokens of upload sessions. Called by the API's routes of assets, and by who
 * attaches a session to a version. */
#include "admin/asset_token.h"

#include <apr_encode.h>
#include <apr_strings.h>
#include <string.h>

#include "core/crypto.h"
#include "core/crypto_digest.h"
#include "core/json.h"

#define HEADER       "{\"alg\":\"HS256\",\"typ\":\"JWT\"}"
#define SECRET_BYTES 32
#define TOKEN_MAX    2048
#define SIGNATURE    32

apr_status_t wfp_asset_token_secret(const char **psecret, wfp_result_t *res,
                                    apr_pool_t *p)
{
    unsigned char bytes[SECRET_BYTES];
    apr_status_t rv = wfp_crypto_random(bytes, sizeof(bytes));

    if (rv != APR_SUCCESS) {
        return wfp_result_set(res, WFP_INTERNAL, rv, "no random bytes");
    }
    *psecret = wfp_crypto_hex(bytes, sizeof(bytes), p);
    return rv;
}

static const char *encode(const void *data, apr_size_t n, apr_pool_t *p)
{
    return apr_pencode_base64_binary(p, data, (apr_ssize_t)n,
                                     APR_ENCODE_BASE64URL, NULL);
}

static apr_status_t sign(unsigned char md[WFP_DIGEST_MAX], const char *secret,
                         const char *text, apr_size_t n)
{
    const wfp_bytes_t key = { (const unsigned char *)secret, strlen(secret) };
    const wfp_bytes_t data = { (const unsigned char *)text, n };

    return wfp_crypto_digest_hmac(md, WFP_HASH_SHA256, &key, &data, NULL);
}

apr_status_t wfp_asset_token_make(const char **ptoken,
                                  const wfp_asset_session_t *session,
                                  apr_time_t expires, wfp_result_t *res,
                                  apr_pool_t *p)
{
    wfp_json_t *payload = wfp_json_object(p);
    unsigned char md[WFP_DIGEST_MAX];
    const char *text;
    apr_status_t rv;

    wfp_json_set_str(payload, "sid", session->id);
    wfp_json_set_int(payload, "exp", apr_time_sec(expires));
    text = wfp_json_text(payload, p);
    text = apr_pstrcat(p, encode(HEADER, strlen(HEADER), p), ".",
                       encode(text, strlen(text), p), NULL);
    rv = sign(md, session->secret, text, strlen(text));
    if (rv != APR_SUCCESS) {
        return wfp_result_set(res, WFP_INTERNAL, rv, "signing failed");
    }
    *ptoken = apr_pstrcat(p, text, ".", encode(md, SIGNATURE, p), NULL);
    return rv;
}

int wfp_asset_token_is(const char *text)
{
    const char *dot = strchr(text, '.');

    dot = dot ? strchr(dot + 1, '.') : NULL;
    return dot && !strchr(dot + 1, '.');
}

static apr_status_t refuse(wfp_result_t *res)
{
    return wfp_result_set(res, WFP_INVALID, APR_EACCES,
                          "the upload session's token is not valid (any more)");
}

/* What the token says of itself, before anybody knows that it is true. */
static const char *session_id(apr_int64_t *pexpires, const char *token,
                              apr_pool_t *p)
{
    const char *from = strchr(token, '.') + 1;
    apr_size_t n = strcspn(from, "."), size;
    const unsigned char *text;
    wfp_json_t *payload;

    text = apr_pdecode_base64_binary(p, from, (apr_ssize_t)n,
                                     APR_ENCODE_BASE64URL, &size);
    if (!text
        || wfp_json_read(&payload, (const char *)text, size, NULL, p)
               != APR_SUCCESS
        || !wfp_json_int(wfp_json_get(payload, "exp", p), pexpires)) {
        return NULL;
    }
    return wfp_json_str(wfp_json_get(payload, "sid", p));
}

static int is_signed(const wfp_asset_session_t *session, const char *token,
                     apr_pool_t *p)
{
    const char *dot = strrchr(token, '.');
    unsigned char md[WFP_DIGEST_MAX];
    apr_size_t n;
    const unsigned char *given = apr_pdecode_base64_binary(p, dot + 1,
                                                           APR_ENCODE_STRING,
                                                           APR_ENCODE_BASE64URL,
                                                           &n);

    return given && n == SIGNATURE
           && sign(md, session->secret, token, (apr_size_t)(dot - token))
                  == APR_SUCCESS
           && wfp_crypto_equal(md, given, SIGNATURE);
}

apr_status_t wfp_asset_token_find(wfp_asset_session_t **psession,
                                  wfp_store_t *store, const char *token,
                                  wfp_result_t *res, apr_pool_t *p)
{
    apr_int64_t expires = 0;
    apr_time_t now = apr_time_now();
    const char *id = NULL;
    apr_status_t rv;

    if (strlen(token) <= TOKEN_MAX && wfp_asset_token_is(token)) {
        id = session_id(&expires, token, p);
    }
    if (!id || strlen(id) != WFP_UUID_SIZE - 1 || expires < apr_time_sec(now)) {
        return refuse(res);
    }
    rv = wfp_asset_uploads_session(psession, store, id, res, p);
    if (rv == APR_NOTFOUND
        || (rv == APR_SUCCESS
            && (!is_signed(*psession, token, p)
                || (*psession)->expires < now))) {
        return refuse(res);
    }
    return rv;
}
