/* SPDX-License-Identifier: Apache-2.0 */
#ifndef UNPACK_FIXTURE_H
#define UNPACK_FIXTURE_H

#include "core/unpack.h"

/**
 * @file
 * A packed response whose bytes come in pieces, and one who pays; for the unit
 * test and the fuzz target.
 */

/** Where the bytes come from. */
typedef struct pieces_t {
    const char *data;
    apr_size_t left;
    apr_size_t first; /* bytes of the first piece; 0: as step */
    apr_size_t step;  /* of each after it */
    apr_status_t end; /* APR_EOF, or what it breaks off with */
    int reads;
    int closed;
} pieces_t;

static apr_status_t pieces_read(wfp_body_t *body, apr_bucket_brigade *bb,
                                apr_size_t max, wfp_result_t *res)
{
    pieces_t *s = body->baton;
    apr_size_t n = s->first ? s->first : s->step;

    s->first = 0;
    s->reads++;
    if (s->left == 0) {
        return s->end == APR_EOF
                   ? APR_EOF
                   : wfp_result_set(res, WFP_NETWORK_ERROR, s->end, "torn");
    }
    n = n < s->left ? n : s->left;
    n = n < max ? n : max;
    s->data += n;
    s->left -= n;
    return apr_brigade_write(bb, NULL, NULL, s->data - n, n);
}

static void pieces_close(wfp_body_t *body)
{
    ((pieces_t *)body->baton)->closed++;
}

static int pieces_are_there(wfp_body_t *body, int whole, int blocks,
                            wfp_cancel_t *cancel)
{
    return blocks;
}

static const wfp_body_kind_t pieces_kind = { "pieces", pieces_read,
                                             pieces_close, pieces_are_there };

/** Who pays: counts, and refuses from a piece of work on. */
typedef struct purse_t {
    int begun;
    int ended;
    int closed;
    int last; /* refuse this one; 0: none */
} purse_t;

static void purse_begin(void *baton)
{
    ((purse_t *)baton)->begun++;
}

static apr_status_t purse_end(void *baton, wfp_result_t *res)
{
    purse_t *purse = baton;

    purse->ended++;
    return purse->last && purse->ended >= purse->last
               ? wfp_result_set(res, WFP_CPU_LIMIT, APR_EINTR, NULL)
               : APR_SUCCESS;
}

static void purse_closed(void *baton)
{
    ((purse_t *)baton)->closed++;
}

/** All together. */
typedef struct packed_t {
    pieces_t source;
    purse_t purse;
    wfp_unpack_payer_t payer;
    wfp_response_t *packed, *resp;
    apr_bucket_brigade *bb;
    wfp_result_t res;
} packed_t;

/** A response with this Content-Encoding; not unpacked yet. */
static packed_t *packed_make(const char *codings, const char *data,
                             apr_size_t n, apr_size_t step, apr_pool_t *p)
{
    packed_t *w = apr_pcalloc(p, sizeof(*w));

    w->source.data = data;
    w->source.left = n;
    w->source.step = step;
    w->source.end = APR_EOF;
    w->payer.begin = purse_begin;
    w->payer.end = purse_end;
    w->payer.closed = purse_closed;
    w->payer.baton = &w->purse;
    w->packed = wfp_response_make(200, p);
    wfp_headers_add(w->packed->headers, "Content-Type", "text/plain");
    wfp_headers_add(w->packed->headers, "content-encoding", codings);
    wfp_headers_add(w->packed->headers, "Content-Length", "1");
    w->packed->body = wfp_body_make(&pieces_kind, &w->source, (apr_off_t)n, p);
    w->bb = apr_brigade_create(p, apr_bucket_alloc_create(p));
    wfp_result_init(&w->res, p);
    return w;
}

/** Read on: up to room bytes into out, and clear them from the brigade.
 *  @return APR_SUCCESS, APR_EOF or what failed */
static apr_status_t packed_read(packed_t *w, char *out, apr_size_t *pn,
                                apr_size_t max)
{
    apr_status_t rv = wfp_body_read(w->resp->body, w->bb, max, &w->res);

    if (rv == APR_SUCCESS) {
        rv = apr_brigade_flatten(w->bb, out, pn);
        (void)apr_brigade_cleanup(w->bb); /* always succeeds */
    }
    return rv;
}

#endif
