/* SPDX-License-Identifier: Apache-2.0 */
#include "services/cache.h"

#include <apr_strings.h>
#include <string.h>

#include "core/block.h"
#include "core/crypto.h"
#include "core/crypto_digest.h"

#define MAGIC 0x63616368u

/* Random bytes that the pieces of one put have in their ids. */
#define SERIES_SIZE 16

#define FIELDS_MAX 512

/* Bytes that two u32 of lengths and NULs take at least. */
#define FIELD_MIN 10

/* A response, as it is kept. */
typedef struct head_t {
    int status;
    const char *status_text;
    apr_time_t stored;
    apr_time_t expires;
    wfp_headers_t *headers;
    apr_size_t size;
    const char *body;   /* NULL: in pieces */
    const char *series; /* SERIES_SIZE bytes */
} head_t;

/* ---- ids -------------------------------------------------------------------- */

/* Owner, cache and URL, each with its length: no two calls give the same text. */
static apr_status_t head_id(unsigned char id[WFP_DIGEST_MAX],
                            const wfp_cache_call_t *call, apr_pool_t *p)
{
    const char *cache = call->cache ? call->cache : "";
    apr_size_t n = strcspn(call->url, "#");
    const char *text = apr_psprintf(p,
                                    "wfp-cache 1\n%s\n%d %" APR_SIZE_T_FMT
                                    " %s\n%.*s",
                                    call->owner, call->cache != NULL,
                                    strlen(cache), cache, (int)n, call->url);
    wfp_bytes_t bytes;

    bytes.data = (const unsigned char *)text;
    bytes.n = strlen(text);
    return wfp_crypto_digest(id, WFP_HASH_SHA256, &bytes, NULL);
}

/* Providers choose a part of theirs by the first byte: so the pieces of a put
 * are spread, and all puts begin somewhere else. */
static void piece_id(unsigned char id[WFP_CACHE_ID_SIZE], const char *series,
                     apr_uint32_t number)
{
    memset(id, 0, WFP_CACHE_ID_SIZE);
    memcpy(id, series, SERIES_SIZE);
    memcpy(id + SERIES_SIZE, &number, sizeof(number));
    id[0] = (unsigned char)(id[0] + number);
}

/* ---- put ----------------------------------------------------------------------- */

static void write_head(wfp_block_out_t *to, const void *what)
{
    const head_t *head = what;
    int i;

    wfp_block_put_u32(to, (apr_uint32_t)head->status);
    wfp_block_put_text(to, head->status_text);
    wfp_block_put_i64(to, head->stored);
    wfp_block_put_i64(to, head->expires);
    wfp_block_put_i64(to, (apr_int64_t)head->size);
    wfp_block_put_bytes(to, head->series, SERIES_SIZE);
    wfp_block_put_u32(to, (apr_uint32_t)head->headers->count);
    for (i = 0; i < head->headers->count; i++) {
        wfp_block_put_text(to, head->headers->list[i].name);
        wfp_block_put_text(to, head->headers->list[i].value);
    }
    wfp_block_put_data(to, head->body, head->body ? head->size : 0);
}

static wfp_headers_t *kept_fields(const wfp_headers_t *from, apr_pool_t *p)
{
    wfp_headers_t *to = wfp_headers_make(p);
    int i;

    for (i = 0; i < from->count; i++) {
        if (wfp_cache_keeps_field(from->list[i].name)) {
            wfp_headers_addn(to, from->list[i].name, from->list[i].value);
        }
    }
    return to;
}

/* Pieces first: who finds the head finds them. */
static apr_status_t put_pieces(const wfp_cache_backend_t *to,
                               const wfp_cache_call_t *call, const head_t *head,
                               apr_pool_t *p)
{
    unsigned char id[WFP_CACHE_ID_SIZE];
    apr_uint32_t number = 0;
    apr_size_t at = 0;
    apr_status_t rv = APR_SUCCESS;

    while (rv == APR_SUCCESS && at < call->body_size) {
        apr_size_t n = call->body_size - at;

        n = n < WFP_CACHE_OBJECT_MAX ? n : WFP_CACHE_OBJECT_MAX;
        piece_id(id, head->series, number++);
        /* the store's interface only misses a const */
        rv = to->store(to->baton, id, head->expires,
                       (unsigned char *)(apr_uintptr_t)(call->body + at),
                       (unsigned)n, p);
        at += n;
    }
    return rv;
}

static apr_status_t put(const wfp_cache_backend_t *to,
                        const wfp_cache_call_t *call, const unsigned char *id,
                        apr_time_t now, apr_pool_t *p)
{
    char series[SERIES_SIZE];
    head_t head = { 0 };
    const char *blob;
    apr_size_t n;
    apr_status_t rv = wfp_crypto_random(series, sizeof(series));

    if (rv != APR_SUCCESS) {
        return rv;
    }
    head.status = call->status;
    head.status_text = call->status_text;
    head.stored = now - apr_time_from_sec(wfp_cache_age(call->headers));
    head.expires = now + apr_time_from_sec(call->ttl);
    head.headers = kept_fields(call->headers, p);
    head.size = call->body_size;
    head.body = call->body_size ? call->body : "";
    head.series = series;
    wfp_block_make(&blob, &n, MAGIC, write_head, &head, p);
    if (n > WFP_CACHE_OBJECT_MAX) {
        head.body = NULL;
        wfp_block_make(&blob, &n, MAGIC, write_head, &head, p);
        rv = n <= WFP_CACHE_OBJECT_MAX ? put_pieces(to, call, &head, p)
                                       : APR_ENOSPC;
    }
    /* what was there before is gone in any case */
    if (rv == APR_SUCCESS) {
        rv = to->store(to->baton, id, head.expires,
                       (unsigned char *)(apr_uintptr_t)blob, (unsigned)n, p);
    }
    if (rv != APR_SUCCESS) {
        (void)to->remove(to->baton, id, p); /* it may not be there */
    }
    return rv;
}

/* ---- match --------------------------------------------------------------------- */

static void take_fields(wfp_block_in_t *in, head_t *head, apr_pool_t *p)
{
    int i, n = wfp_block_take_count(in, FIELD_MIN);

    head->headers = wfp_headers_make(p);
    if (n > FIELDS_MAX) {
        in->bad = 1;
    }
    for (i = 0; i < n && !in->bad; i++) {
        const char *name = wfp_block_take_text(in, WFP_CACHE_OBJECT_MAX);
        const char *value = wfp_block_take_text(in, WFP_CACHE_OBJECT_MAX);

        if (!wfp_headers_is_name(name, strlen(name))
            || !wfp_headers_is_value(value, strlen(value))) {
            in->bad = 1;
            return;
        }
        wfp_headers_addn(head->headers, name, value);
    }
}

/* What was kept; points into blob. @return 0: it is none */
static int read_head(head_t *head, const char *blob, apr_size_t size,
                     apr_time_t now, apr_pool_t *p)
{
    wfp_block_in_t in;
    apr_int64_t n;
    apr_size_t got;

    wfp_block_begin(&in, MAGIC, blob, size);
    head->status = (int)wfp_block_take_enum(&in, 600);
    head->status_text = wfp_block_take_text(&in, WFP_CACHE_OBJECT_MAX);
    head->stored = wfp_block_take_i64(&in);
    head->expires = wfp_block_take_i64(&in);
    n = wfp_block_take_i64(&in);
    head->series = wfp_block_take_bytes(&in, SERIES_SIZE);
    take_fields(&in, head, p);
    head->body = wfp_block_take_data(&in, &got);
    head->size = (apr_size_t)n;
    return wfp_block_is_whole(&in) && head->status >= 200 && n >= 0
           && n <= WFP_CACHE_BODY_MAX && (!head->body || (apr_int64_t)got == n)
           && head->expires > now && head->series;
}

/* Bytes from to to (the last one) out of the pieces. @return 0: one is gone */
static int read_pieces(const wfp_cache_backend_t *to, char *data,
                       const head_t *head, apr_size_t from, apr_size_t n,
                       apr_pool_t *p)
{
    unsigned char *piece = apr_palloc(p, WFP_CACHE_OBJECT_MAX);
    unsigned char id[WFP_CACHE_ID_SIZE];

    while (n > 0) {
        apr_size_t at = from % WFP_CACHE_OBJECT_MAX, take;
        unsigned size = WFP_CACHE_OBJECT_MAX;

        piece_id(id, head->series, (apr_uint32_t)(from / WFP_CACHE_OBJECT_MAX));
        if (to->retrieve(to->baton, id, piece, &size, p) != APR_SUCCESS
            || size > WFP_CACHE_OBJECT_MAX || at >= size) {
            return 0;
        }
        take = size - at < n ? size - at : n;
        if (take < n && size != WFP_CACHE_OBJECT_MAX) {
            return 0; /* it is not what was put */
        }
        memcpy(data, piece + at, take);
        data += take;
        from += take;
        n -= take;
    }
    return 1;
}

static apr_size_t bytes_of(const wfp_headers_t *h)
{
    apr_size_t n = 512;
    int i;

    for (i = 0; i < h->count; i++) {
        n += strlen(h->list[i].name) + strlen(h->list[i].value) + 64;
    }
    return n;
}

/* The response without a body: status and fields. */
static wfp_response_t *make_response(const head_t *head, int status,
                                     apr_time_t now, apr_pool_t *p)
{
    wfp_response_t *resp = wfp_response_make(status, p);
    apr_int64_t age = now > head->stored ? apr_time_sec(now - head->stored) : 0;

    resp->headers = wfp_headers_clone(head->headers, p);
    resp->status_text = status == head->status
                            ? apr_pstrdup(p, head->status_text)
                            : wfp_response_reason(status);
    resp->url = "";
    wfp_headers_add(resp->headers, "age",
                    apr_psprintf(p, "%" APR_INT64_T_FMT, age));
    wfp_headers_add(resp->headers, "cf-cache-status", "HIT");
    return resp;
}

/* The part of the body that is asked for. */
static apr_status_t add_body(const wfp_cache_backend_t *to,
                             wfp_cache_call_t *call, const head_t *head,
                             apr_size_t from, apr_size_t n, apr_pool_t *p)
{
    char *data;

    if (n > call->max) {
        return APR_ENOSPC;
    }
    data = apr_palloc(call->pool, n + 1);
    if (head->body) {
        memcpy(data, head->body + from, n);
    }
    else if (!read_pieces(to, data, head, from, n, p)) {
        return APR_NOTFOUND;
    }
    call->resp->body = wfp_body_mem(data, n, call->pool);
    wfp_headers_add(call->resp->headers, "content-length",
                    apr_psprintf(p, "%" APR_SIZE_T_FMT, n));
    call->kept += n;
    return APR_SUCCESS;
}

static apr_status_t answer(const wfp_cache_backend_t *to,
                           wfp_cache_call_t *call, const head_t *head,
                           apr_time_t now, apr_pool_t *p)
{
    wfp_cache_range_e range = WFP_CACHE_WHOLE;
    apr_uint64_t from = 0, last = 0;

    call->kept = bytes_of(head->headers);
    if (wfp_cache_not_modified(call->headers, head->headers)) {
        call->resp = make_response(head, 304, now, call->pool);
        return APR_SUCCESS;
    }
    if (head->status == 200) {
        range = wfp_cache_range(&from, &last, call->headers, head->headers,
                                head->size);
    }
    if (range == WFP_CACHE_WHOLE) {
        call->resp = make_response(head, head->status, now, call->pool);
        return wfp_response_may_have_body(head->status)
                   ? add_body(to, call, head, 0, head->size, p)
                   : APR_SUCCESS;
    }
    call->resp = make_response(head, range == WFP_CACHE_PART ? 206 : 416, now,
                               call->pool);
    if (range == WFP_CACHE_NO_PART) {
        wfp_headers_add(call->resp->headers, "content-range",
                        apr_psprintf(p, "bytes */%" APR_SIZE_T_FMT,
                                     head->size));
        return APR_SUCCESS;
    }
    wfp_headers_add(call->resp->headers, "content-range",
                    apr_psprintf(p,
                                 "bytes %" APR_UINT64_T_FMT
                                 "-%" APR_UINT64_T_FMT "/%" APR_SIZE_T_FMT,
                                 from, last, head->size));
    return add_body(to, call, head, (apr_size_t)from,
                    (apr_size_t)(last - from + 1), p);
}

static int find(head_t *head, const wfp_cache_backend_t *to,
                const unsigned char *id, apr_time_t now, apr_pool_t *p)
{
    unsigned char *data = apr_palloc(p, WFP_CACHE_OBJECT_MAX);
    unsigned size = WFP_CACHE_OBJECT_MAX;

    return to->retrieve(to->baton, id, data, &size, p) == APR_SUCCESS
           && size <= WFP_CACHE_OBJECT_MAX
           && read_head(head, (const char *)data, size, now, p);
}

static apr_status_t match(const wfp_cache_backend_t *to, wfp_cache_call_t *call,
                          const unsigned char *id, apr_time_t now,
                          wfp_result_t *res, apr_pool_t *p)
{
    head_t head = { 0 };
    apr_status_t rv;

    if (!find(&head, to, id, now, p)) {
        return APR_SUCCESS;
    }
    rv = answer(to, call, &head, now, p);
    if (rv == APR_SUCCESS) {
        return rv;
    }
    call->resp = NULL;
    return APR_STATUS_IS_NOTFOUND(rv)
               ? APR_SUCCESS
               : wfp_result_set(res, WFP_BODY_TOO_LARGE, rv, NULL);
}

apr_status_t wfp_cache_run(const wfp_cache_backend_t *to,
                           wfp_cache_call_t *call, apr_time_t now,
                           wfp_result_t *res, apr_pool_t *p)
{
    unsigned char id[WFP_DIGEST_MAX];
    head_t head = { 0 };
    apr_status_t rv = head_id(id, call, p);

    if (rv != APR_SUCCESS) {
        return wfp_result_set(res, WFP_INTERNAL, rv, "no digest");
    }
    switch (call->verb) {
    case WFP_CACHE_PUT:
        (void)put(to, call, id, now, p); /* lost: see the header */
        return APR_SUCCESS;
    case WFP_CACHE_DELETE:
        call->found = find(&head, to, id, now, p);
        (void)to->remove(to->baton, id, p); /* it may not be there */
        return APR_SUCCESS;
    default:
        return match(to, call, id, now, res, p);
    }
}
