/* SPDX-License-Identifier: Apache-2.0 */
/* A body is a stream that its reader pulls; the kinds live where the bytes
 * come from, except the one over bytes in memory, which is here. */
#include "core/body.h"

#include <string.h>

static apr_status_t close_cleanup(void *data)
{
    wfp_body_cancel(data);
    return APR_SUCCESS;
}

static void close_once(wfp_body_t *body)
{
    body->ended = 1;
    if (body->closed) {
        return;
    }
    body->closed = 1;
    if (body->kind->close) {
        apr_pool_cleanup_kill(body->pool, body, close_cleanup);
        body->kind->close(body);
    }
}

wfp_body_t *wfp_body_make(const wfp_body_kind_t *kind, void *baton,
                          apr_off_t length, apr_pool_t *p)
{
    wfp_body_t *body = apr_pcalloc(p, sizeof(*body));

    body->kind = kind;
    body->baton = baton;
    body->length = length;
    body->pool = p;
    if (kind->close) {
        /* before the pool's children go: a source may live in a subpool */
        apr_pool_pre_cleanup_register(p, body, close_cleanup);
    }
    return body;
}

static apr_status_t mem_read(wfp_body_t *body, apr_bucket_brigade *bb,
                             apr_size_t max, wfp_result_t *res)
{
    apr_size_t left = (apr_size_t)(body->length - body->done);
    apr_bucket *b;

    if (left == 0) {
        return APR_EOF;
    }
    /* nothing is copied, so all of it may go at once */
    b = apr_bucket_pool_create(body->data + body->done, left, body->pool,
                               bb->bucket_alloc);
    APR_BRIGADE_INSERT_TAIL(bb, b);
    return APR_SUCCESS;
}

static const wfp_body_kind_t mem_kind = { "memory", mem_read, NULL };

wfp_body_t *wfp_body_mem(const char *data, apr_size_t n, apr_pool_t *p)
{
    wfp_body_t *body = wfp_body_make(&mem_kind, NULL, (apr_off_t)n, p);

    body->data = data;
    return body;
}

const char *wfp_body_peek(const wfp_body_t *body, apr_size_t *n)
{
    if (!body->data || body->used) {
        return NULL;
    }
    *n = (apr_size_t)body->length;
    return body->data;
}

/* Bytes in bb; buckets of unknown length count as none. */
static apr_off_t known_length(const apr_bucket_brigade *bb)
{
    apr_off_t n = 0;
    apr_bucket *b;

    for (b = APR_BRIGADE_FIRST(bb); b != APR_BRIGADE_SENTINEL(bb);
         b = APR_BUCKET_NEXT(b)) {
        if (b->length != (apr_size_t)-1) {
            n += (apr_off_t)b->length;
        }
    }
    return n;
}

apr_status_t wfp_body_read(wfp_body_t *body, apr_bucket_brigade *bb,
                           apr_size_t max, wfp_result_t *res)
{
    apr_off_t before = known_length(bb);
    apr_status_t rv;

    body->used = 1;
    if (body->reading) {
        return wfp_result_set(res, WFP_EXCEPTION, APR_EBUSY,
                              "a body cannot be read by what it is made of");
    }
    if (body->ended) {
        return APR_EOF;
    }
    body->reading = 1;
    rv = body->kind->read(body, bb, max, res);
    body->reading = 0;
    if (rv != APR_SUCCESS || body->ended) {
        close_once(body);
    }
    if (rv != APR_SUCCESS) {
        return rv;
    }
    body->done += known_length(bb) - before;
    return APR_SUCCESS;
}

static apr_status_t too_large(wfp_body_t *body, apr_size_t max,
                              wfp_result_t *res)
{
    wfp_body_cancel(body);
    return wfp_result_set(res, WFP_BODY_TOO_LARGE, APR_ENOSPC,
                          "Body too large: more than %" APR_SIZE_T_FMT " bytes",
                          max);
}

/* The bytes of a chunk behind the n that data holds. They are copied at once:
 * a source may use the memory of its chunk again at the next read. */
static apr_status_t append(char **pdata, apr_size_t *pn, apr_size_t *proom,
                           apr_bucket_brigade *chunk, apr_size_t len,
                           apr_pool_t *p)
{
    apr_status_t rv;

    if (len > *proom - *pn) {
        char *larger;

        *proom = *pn + len > 2 * *proom ? *pn + len : 2 * *proom;
        larger = apr_palloc(p, *proom + 1);
        memcpy(larger, *pdata, *pn);
        *pdata = larger;
    }
    rv = apr_brigade_flatten(chunk, *pdata + *pn, &len);
    *pn += len;
    if (rv == APR_SUCCESS) {
        rv = apr_brigade_cleanup(chunk);
    }
    return rv;
}

apr_status_t wfp_body_slurp(const char **pdata, apr_size_t *pn,
                            wfp_body_t *body, apr_size_t max, wfp_result_t *res,
                            apr_pool_t *p)
{
    apr_size_t n = 0, room = WFP_BODY_CHUNK;
    apr_bucket_brigade *chunk;
    apr_off_t len;
    apr_status_t rv;
    char *data;

    if (body->length >= 0 && !body->ended) {
        if ((apr_uint64_t)(body->length - body->done) > max) {
            return too_large(body, max, res);
        }
        room = (apr_size_t)(body->length - body->done);
    }
    if (body->data && body->done == 0 && !body->ended) {
        body->used = 1;
        close_once(body);
        *pdata = body->data;
        *pn = (apr_size_t)body->length;
        return APR_SUCCESS;
    }
    data = apr_palloc(p, room + 1);
    chunk = apr_brigade_create(p, apr_bucket_alloc_create(p));
    while ((rv = wfp_body_read(body, chunk, WFP_BODY_CHUNK, res))
           == APR_SUCCESS) {
        rv = apr_brigade_length(chunk, 1, &len);
        if (rv == APR_SUCCESS && (apr_uint64_t)len > max - n) {
            return too_large(body, max, res);
        }
        if (rv == APR_SUCCESS) {
            rv = append(&data, &n, &room, chunk, (apr_size_t)len, p);
        }
        if (rv != APR_SUCCESS) {
            wfp_body_cancel(body);
            return wfp_result_set(res, WFP_INTERNAL, rv, NULL);
        }
    }
    if (rv != APR_EOF) {
        return rv;
    }
    data[n] = '\0';
    *pdata = data;
    *pn = n;
    return APR_SUCCESS;
}

void wfp_body_cancel(wfp_body_t *body)
{
    body->used = 1;
    body->ended = 1;
    if (!body->reading) {
        close_once(body);
    }
}

/* ---- a body with a ceiling -------------------------------------------------- */

typedef struct capped_t {
    wfp_body_t *inner;
    apr_off_t max;
    const wfp_result_t *over;
} capped_t;

static apr_status_t capped_read(wfp_body_t *body, apr_bucket_brigade *bb,
                                apr_size_t max, wfp_result_t *res)
{
    capped_t *capped = body->baton;
    apr_status_t rv = wfp_body_read(capped->inner, bb, max, res);

    if (rv == APR_SUCCESS && capped->inner->done > capped->max) {
        wfp_body_cancel(capped->inner);
        if (res) {
            wfp_result_copy(res, capped->over);
        }
        return capped->over->status;
    }
    return rv;
}

static void capped_close(wfp_body_t *body)
{
    capped_t *capped = body->baton;

    wfp_body_cancel(capped->inner);
}

static const wfp_body_kind_t capped_kind = { "capped", capped_read,
                                             capped_close };

wfp_body_t *wfp_body_cap(wfp_body_t *inner, apr_off_t max,
                         const wfp_result_t *over, apr_pool_t *p)
{
    capped_t *capped = apr_palloc(p, sizeof(*capped));

    capped->inner = inner;
    capped->max = max;
    capped->over = over;
    return wfp_body_make(&capped_kind, capped, inner->length, p);
}

static apr_status_t move_bucket(apr_size_t *pn, apr_bucket *b,
                                apr_bucket_brigade *to)
{
    const char *data;
    apr_status_t rv = apr_bucket_read(b, &data, pn, APR_BLOCK_READ);

    if (rv == APR_SUCCESS && b->list == to->bucket_alloc) {
        APR_BUCKET_REMOVE(b);
        APR_BRIGADE_INSERT_TAIL(to, b);
        return APR_SUCCESS;
    }
    if (rv == APR_SUCCESS) {
        rv = apr_brigade_write(to, NULL, NULL, data, *pn);
    }
    apr_bucket_delete(b);
    return rv;
}

apr_status_t wfp_body_move(apr_size_t *pn, int *peos, apr_bucket_brigade *to,
                           apr_bucket_brigade *from)
{
    apr_status_t rv = APR_SUCCESS;

    *pn = 0;
    while (rv == APR_SUCCESS && !APR_BRIGADE_EMPTY(from)) {
        apr_bucket *b = APR_BRIGADE_FIRST(from);
        apr_size_t n = 0;

        if (APR_BUCKET_IS_EOS(b)) {
            *peos = 1;
        }
        if (APR_BUCKET_IS_METADATA(b)) {
            apr_bucket_delete(b);
            continue;
        }
        rv = move_bucket(&n, b, to);
        *pn += n;
    }
    return rv;
}
