/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The canonical request and its signature, to the byte as clients make them.
 * S3 differs from other services: a path is encoded once, and neither "." nor
 * "//" in it means anything. Called by s3_auth.c and, for chunks, s3_payload.c.
 */
#include "admin/s3_sign.h"

#include <apr_lib.h>
#include <apr_strings.h>
#include <stdlib.h>
#include <string.h>

#include "admin/api_route.h"
#include "admin/query.h"
#include "core/crypto.h"
#include "core/crypto_digest.h"

const char wfp_s3_sign_nothing[WFP_S3_SIGN_SIZE] =
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

/* ---- the canonical request --------------------------------------------------- */

const char *wfp_s3_sign_encode(const char *text, apr_size_t n, int slash,
                               apr_pool_t *p)
{
    static const char digits[] = "0123456789ABCDEF";
    char *out = apr_palloc(p, 3 * n + 1), *to = out;
    apr_size_t i;

    for (i = 0; i < n; i++) {
        unsigned char c = (unsigned char)text[i];

        if ((c < 0x80 && apr_isalnum(c)) || (c && strchr("-._~", c))
            || (slash && c == '/')) {
            *to++ = (char)c;
            continue;
        }
        *to++ = '%';
        *to++ = digits[c >> 4];
        *to++ = digits[c & 15];
    }
    *to = '\0';
    return out;
}

/* NULL: badly encoded */
static const char *canonical_path(const char *path, apr_pool_t *p)
{
    const char *text = wfp_api_route_decode(path, strlen(path), 0, p);

    return text ? wfp_s3_sign_encode(text, strlen(text), 1, p) : NULL;
}

typedef struct param_t {
    const char *name; /* encoded */
    const char *value;
} param_t;

static int compare_params(const void *av, const void *bv)
{
    const param_t *a = av, *b = bv;
    int names = strcmp(a->name, b->name);

    return names ? names : strcmp(a->value, b->value);
}

/* NULL: badly encoded */
static const char *canonical_query(const wfp_s3_sign_t *sign, apr_pool_t *p)
{
    apr_array_header_t *params = apr_array_make(p, 8, sizeof(param_t));
    apr_array_header_t *texts;
    const char *at = sign->query ? sign->query : "";
    wfp_query_pair_t pair;
    int i;

    while (wfp_query_next(&pair, &at, p)) {
        param_t param;

        if (!pair.name) {
            return NULL;
        }
        param.name = wfp_s3_sign_encode(pair.name, strlen(pair.name), 0, p);
        param.value = wfp_s3_sign_encode(pair.value, strlen(pair.value), 0, p);
        if (!sign->omit || strcmp(param.name, sign->omit)) {
            APR_ARRAY_PUSH(params, param_t) = param;
        }
    }
    if (params->nelts) {
        qsort(params->elts, (size_t)params->nelts, sizeof(param_t),
              compare_params);
    }
    texts = apr_array_make(p, params->nelts + 1, sizeof(const char *));
    for (i = 0; i < params->nelts; i++) {
        const param_t *param = &APR_ARRAY_IDX(params, i, param_t);

        APR_ARRAY_PUSH(texts, const char *) = apr_pstrcat(p, param->name, "=",
                                                          param->value, NULL);
    }
    return apr_array_pstrcat(p, texts, '&');
}

/* Without blanks around it, and one where there were several. */
static const char *trimmed(const char *value, apr_pool_t *p)
{
    char *out = apr_palloc(p, strlen(value) + 1), *to = out;

    for (; *value; value++) {
        int blank = *value == ' ' || *value == '\t';

        if (!blank || (to > out && to[-1] != ' ')) {
            *to++ = blank ? ' ' : *value;
        }
    }
    while (to > out && to[-1] == ' ') {
        to--;
    }
    *to = '\0';
    return out;
}

/* NULL: one is missing */
static const char *canonical_headers(const wfp_s3_sign_t *sign, apr_pool_t *p)
{
    apr_array_header_t *lines = apr_array_make(p, 8, sizeof(const char *));
    char *names = apr_pstrdup(p, sign->names), *state, *name;

    for (name = apr_strtok(names, ";", &state); name;
         name = apr_strtok(NULL, ";", &state)) {
        const char *value = apr_table_get(sign->headers, name);

        if (!value) {
            return NULL;
        }
        APR_ARRAY_PUSH(lines, const char *) = apr_pstrcat(p, name, ":",
                                                          trimmed(value, p),
                                                          "\n", NULL);
    }
    return apr_array_pstrcat(p, lines, 0);
}

apr_status_t wfp_s3_sign_canonical(const char **ptext,
                                   const wfp_s3_sign_t *sign, apr_pool_t *p)
{
    const char *path = canonical_path(sign->path, p);
    const char *query = path ? canonical_query(sign, p) : NULL;
    const char *headers = query ? canonical_headers(sign, p) : NULL;

    if (!headers) {
        return APR_EINVAL;
    }
    *ptext = apr_pstrcat(p, sign->method, "\n", path, "\n", query, "\n",
                         headers, "\n", sign->names, "\n", sign->payload, NULL);
    return APR_SUCCESS;
}

/* ---- signatures --------------------------------------------------------------- */

static int never(void *baton)
{
    (void)baton;
    return 0;
}

static apr_status_t hmac(unsigned char md[WFP_DIGEST_MAX], const void *key,
                         apr_size_t n, const char *text, apr_size_t size)
{
    static const wfp_stop_t stop = { never, NULL };
    const wfp_bytes_t key_bytes = { key, n };
    const wfp_bytes_t data = { (const unsigned char *)text, size };

    return wfp_crypto_digest_hmac(md, WFP_HASH_SHA256, &key_bytes, &data,
                                  &stop);
}

apr_status_t wfp_s3_sign_key(unsigned char key[WFP_S3_SIGN_KEY_SIZE],
                             const char *secret, const char *scope,
                             apr_pool_t *p)
{
    const char *first = apr_pstrcat(p, "AWS4", secret, NULL);
    unsigned char md[WFP_DIGEST_MAX];
    apr_size_t n = strcspn(scope, "/");
    apr_status_t rv = hmac(md, first, strlen(first), scope, n);

    while (rv == APR_SUCCESS && scope[n]) {
        scope += n + 1;
        n = strcspn(scope, "/");
        rv = hmac(md, md, WFP_S3_SIGN_KEY_SIZE, scope, n);
    }
    memcpy(key, md, WFP_S3_SIGN_KEY_SIZE);
    wfp_crypto_wipe(md, sizeof(md));
    wfp_crypto_wipe((char *)first, strlen(first)); /* ours, in p */
    return rv;
}

apr_status_t wfp_s3_sign_text(char out[WFP_S3_SIGN_SIZE],
                              const unsigned char key[WFP_S3_SIGN_KEY_SIZE],
                              const char *text, apr_pool_t *p)
{
    unsigned char md[WFP_DIGEST_MAX];
    apr_status_t rv = hmac(md, key, WFP_S3_SIGN_KEY_SIZE, text, strlen(text));

    if (rv == APR_SUCCESS) {
        apr_cpystrn(out, wfp_crypto_hex(md, WFP_S3_SIGN_KEY_SIZE, p),
                    WFP_S3_SIGN_SIZE);
    }
    return rv;
}

apr_status_t wfp_s3_sign_request(char out[WFP_S3_SIGN_SIZE],
                                 const unsigned char key[WFP_S3_SIGN_KEY_SIZE],
                                 const wfp_s3_sign_t *sign, apr_pool_t *p)
{
    const char *canonical, *digest;
    apr_status_t rv = wfp_s3_sign_canonical(&canonical, sign, p);

    if (rv != APR_SUCCESS) {
        return rv;
    }
    digest = wfp_crypto_sha256_hex(canonical, strlen(canonical), p);
    if (!digest) {
        return APR_EGENERAL;
    }
    return wfp_s3_sign_text(out, key,
                            apr_pstrcat(p, WFP_S3_SIGN_ALGORITHM "\n",
                                        sign->time, "\n", sign->scope, "\n",
                                        digest, NULL),
                            p);
}
