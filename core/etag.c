/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Etags of what the API shows and changes. Made by the rooms that keep it, and
 * compared in the transaction that changes it; nothing is stored.
 */
#include "core/etag.h"

#include <apr_strings.h>
#include <string.h>

#include "core/crypto.h"

/* Hex digits of an etag. */
#define DIGITS 32

const char *wfp_etag_of(const wfp_bytes_t *parts, int count, apr_pool_t *p)
{
    apr_size_t each = 2 * (apr_size_t)wfp_crypto_digest_size(WFP_HASH_SHA256);
    char *all = apr_palloc(p, each * (apr_size_t)count + 1);
    const char *etag;
    int i;

    /* a digest of digests: a value of 25 MB is not copied for it */
    for (i = 0; i < count; i++) {
        etag = wfp_crypto_sha256_hex(parts[i].n ? (const char *)parts[i].data
                                                : "",
                                     parts[i].n, p);
        if (!etag) {
            return NULL;
        }
        memcpy(all + each * (apr_size_t)i, etag, each);
    }
    etag = wfp_crypto_sha256_hex(all, each * (apr_size_t)count, p);
    return etag ? apr_pstrmemdup(p, etag, DIGITS) : NULL;
}

const char *wfp_etag_of_texts(const char *const *texts, int count,
                              apr_pool_t *p)
{
    wfp_bytes_t *parts = apr_palloc(p, sizeof(*parts) * (apr_size_t)count);
    int i;

    for (i = 0; i < count; i++) {
        const char *text = texts[i] ? texts[i] : "";

        parts[i].data = (const unsigned char *)text;
        parts[i].n = strlen(text);
    }
    return wfp_etag_of(parts, count, p);
}

/* What is left of n bytes without an end. */
static apr_size_t without(const char *text, apr_size_t n, const char *end)
{
    apr_size_t k = strlen(end);

    return n > k && !memcmp(text + n - k, end, k) ? n - k : n;
}

/* One of a list: n bytes that may have quotes. */
static int is_etag(const char *text, apr_size_t n, const char *etag)
{
    if (n > 2 && !memcmp(text, "W/", 2)) {
        text += 2;
        n -= 2;
    }
    if (n > 1 && text[0] == '"' && text[n - 1] == '"') {
        text++;
        n -= 2;
    }
    n = without(text, without(text, n, "-gzip"), "-br");
    return n == strlen(etag) && !memcmp(text, etag, n);
}

int wfp_etag_is_listed(const char *list, const char *etag)
{
    const char *at = list;

    while (*at) {
        apr_size_t n = strcspn(at, ","), k = n; /* ours have no comma */

        while (k && strchr(" \t", at[k - 1])) {
            k--;
        }
        if ((k == 1 && *at == '*') || is_etag(at, k, etag)) {
            return 1;
        }
        at += n;
        at += strspn(at, ", \t");
    }
    return 0;
}

apr_status_t wfp_etag_check(const wfp_match_t *match, const char *etag,
                            const char *what, wfp_result_t *res)
{
    if (match && match->match
        && !(etag && wfp_etag_is_listed(match->match, etag))) {
        return wfp_result_set(res, WFP_CONFLICT, APR_EMISMATCH,
                              "%s is not what If-Match says", what);
    }
    if (match && match->match_none && etag
        && wfp_etag_is_listed(match->match_none, etag)) {
        return wfp_result_set(res, WFP_CONFLICT, APR_EMISMATCH,
                              "%s is what If-None-Match says", what);
    }
    return APR_SUCCESS;
}
