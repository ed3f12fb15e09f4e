/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Content codings of a response: which there are, and one body over another for
 * each. lua_runtime asks for it, for fetch()'s `decompress`.
 */
#include "core/unpack.h"

#include <apr_lib.h>
#include <apr_strings.h>
#include <string.h>
#include <strings.h>

typedef struct coding_t {
    const char *name;
    wfp_inflate_e kind;
} coding_t;

static const coding_t codings[] = {
    { "gzip", WFP_INFLATE_GZIP },
    { "x-gzip", WFP_INFLATE_GZIP },
    { "deflate", WFP_INFLATE_DEFLATE },
};

/* ---- which codings ------------------------------------------------------------ */

/* Those of a message, in the order in which they were applied. */
typedef struct list_t {
    const coding_t *of[WFP_UNPACK_DEPTH_MAX];
    int count; /* -1: not all can be undone */
} list_t;

static void add_coding(list_t *list, const char *name, apr_size_t n)
{
    apr_size_t i;

    if (n == 0 || (n == 8 && !strncasecmp(name, "identity", n))) {
        return;
    }
    for (i = 0; i < sizeof(codings) / sizeof(codings[0]); i++) {
        if (list->count >= 0 && list->count < WFP_UNPACK_DEPTH_MAX
            && strlen(codings[i].name) == n
            && !strncasecmp(codings[i].name, name, n)) {
            list->of[list->count++] = &codings[i];
            return;
        }
    }
    list->count = -1;
}

static void add_value(list_t *list, const char *value)
{
    while (*value && list->count >= 0) {
        apr_size_t n;

        value += strspn(value, ", \t");
        n = strcspn(value, ",");
        while (n > 0 && apr_isspace(value[n - 1])) {
            n--;
        }
        add_coding(list, value, n);
        value += n + strcspn(value + n, ",");
    }
}

static list_t list_of(const wfp_response_t *resp)
{
    const wfp_headers_t *h = resp->headers;
    list_t list = { { NULL }, 0 };
    int i;

    if (!resp->body || resp->status == 206) {
        return list;
    }
    for (i = 0; i < h->count && list.count >= 0; i++) {
        if (!strcasecmp(h->list[i].name, "Content-Encoding")) {
            add_value(&list, h->list[i].value);
        }
    }
    return list;
}

int wfp_unpack_depth(const wfp_response_t *resp)
{
    list_t list = list_of(resp);

    return list.count > 0 ? list.count : 0;
}

/* ---- a body over another ------------------------------------------------------- */

typedef struct layer_t {
    wfp_body_t *source;
    const coding_t *coding;
    wfp_inflate_t *z;
    apr_pool_t *pool;       /* of all that is given back when it is closed */
    apr_bucket_brigade *in; /* read from the source */
    const char *data;       /* what is left of its first bucket */
    apr_size_t left;
    int is_open;         /* the first bucket was read */
    int is_full;         /* there may be more without further input */
    apr_status_t failed; /* behind what was given already */
    const wfp_unpack_payer_t *payer;
} layer_t;

static apr_status_t wrong(const layer_t *layer, wfp_result_t *res,
                          apr_status_t rv)
{
    switch (rv) {
    case APR_EOF:
        return wfp_result_set(res, WFP_NETWORK_ERROR, APR_EGENERAL,
                              "Network error: the %s body was cut off",
                              layer->coding->name);
    case APR_EINVAL:
        return wfp_result_set(res, WFP_NETWORK_ERROR, rv,
                              "Network error: the body is no valid %s",
                              layer->coding->name);
    default:
        return wfp_result_set(res, WFP_INTERNAL, rv, NULL);
    }
}

/* Get bytes of what was read: left is 0 when there are none. */
static apr_status_t next_bucket(layer_t *layer)
{
    apr_status_t rv = APR_SUCCESS;

    while (rv == APR_SUCCESS && layer->left == 0
           && !APR_BRIGADE_EMPTY(layer->in)) {
        if (layer->is_open) {
            apr_bucket_delete(APR_BRIGADE_FIRST(layer->in));
            layer->is_open = 0;
        }
        else {
            rv = apr_bucket_read(APR_BRIGADE_FIRST(layer->in), &layer->data,
                                 &layer->left, APR_BLOCK_READ);
            layer->is_open = 1;
        }
    }
    return rv;
}

/* Unpack what is there, up to *proom bytes. */
static apr_status_t work(layer_t *layer, char *out, apr_size_t *proom)
{
    apr_status_t rv = next_bucket(layer);

    while (rv == APR_SUCCESS && *proom > 0 && (layer->left || layer->is_full)) {
        apr_size_t had = *proom;

        rv = wfp_inflate_step(layer->z, &layer->data, &layer->left, out, proom);
        out += had - *proom;
        layer->is_full = *proom == 0;
        if (rv == APR_SUCCESS) {
            rv = next_bucket(layer);
        }
    }
    return rv;
}

/* What came before the data went wrong is given, the error is the next read's. */
static apr_status_t work_paid(layer_t *layer, char *out, apr_size_t *proom,
                              wfp_result_t *res)
{
    apr_size_t had = *proom;
    apr_status_t paid;

    layer->payer->begin(layer->payer->baton);
    layer->failed = work(layer, out, proom);
    paid = layer->payer->end(layer->payer->baton, res);
    if (paid != APR_SUCCESS) {
        return paid;
    }
    return layer->failed != APR_SUCCESS && *proom == had
               ? wrong(layer, res, layer->failed)
               : APR_SUCCESS;
}

/* Fill out: at least one byte, then whatever can be had without waiting. */
static apr_status_t fill(layer_t *layer, char *out, apr_size_t *proom,
                         wfp_result_t *res)
{
    apr_size_t all = *proom;
    apr_status_t rv = APR_SUCCESS;

    if (layer->failed != APR_SUCCESS) {
        return wrong(layer, res, layer->failed);
    }
    if (layer->left || layer->is_full || !APR_BRIGADE_EMPTY(layer->in)) {
        rv = work_paid(layer, out, proom, res);
    }
    while (rv == APR_SUCCESS && *proom == all) {
        rv = wfp_body_read(layer->source, layer->in, WFP_BODY_CHUNK, res);
        if (rv == APR_EOF && !wfp_inflate_is_whole(layer->z)) {
            return wrong(layer, res, rv);
        }
        if (rv == APR_SUCCESS) {
            rv = work_paid(layer, out, proom, res);
        }
    }
    return rv;
}

static apr_status_t layer_read(wfp_body_t *body, apr_bucket_brigade *bb,
                               apr_size_t max, wfp_result_t *res)
{
    layer_t *layer = body->baton;
    apr_size_t n = max && max < WFP_BODY_CHUNK ? max : WFP_BODY_CHUNK, room = n;
    char *out = apr_bucket_alloc(room, bb->bucket_alloc);
    apr_status_t rv = fill(layer, out, &room, res);

    if (rv != APR_SUCCESS) {
        apr_bucket_free(out);
        return rv;
    }
    APR_BRIGADE_INSERT_TAIL(bb, apr_bucket_heap_create(out, n - room,
                                                       apr_bucket_free,
                                                       bb->bucket_alloc));
    return APR_SUCCESS;
}

static void layer_close(wfp_body_t *body)
{
    layer_t *layer = body->baton;

    (void)apr_brigade_destroy(layer->in); /* always succeeds */
    apr_pool_destroy(layer->pool);
    wfp_body_cancel(layer->source);
    layer->payer->closed(layer->payer->baton);
}

/* Of what was read already nobody has to wait for more. */
static int layer_is_there(wfp_body_t *body, int whole, int blocks,
                          wfp_cancel_t *cancel)
{
    const layer_t *layer = body->baton;
    wfp_body_t *source = layer->source;
    int has_input = layer->left || layer->is_full;

    if ((has_input && !whole) || source->ended || !source->kind->is_there) {
        return 1;
    }
    return source->kind->is_there(source, whole, blocks, cancel);
}

static const wfp_body_kind_t layer_kind = { "unpacked", layer_read, layer_close,
                                            layer_is_there };

static apr_status_t add_layer(wfp_body_t **pbody, const coding_t *coding,
                              const wfp_unpack_payer_t *payer, apr_pool_t *p)
{
    layer_t *layer = apr_pcalloc(p, sizeof(*layer));
    apr_status_t rv = apr_pool_create(&layer->pool, p);

    if (rv != APR_SUCCESS) {
        return rv;
    }
    rv = wfp_inflate_make(&layer->z, coding->kind, layer->pool);
    if (rv != APR_SUCCESS) {
        apr_pool_destroy(layer->pool);
        return rv;
    }
    layer->source = *pbody;
    layer->coding = coding;
    layer->payer = payer;
    layer->in = apr_brigade_create(layer->pool,
                                   apr_bucket_alloc_create(layer->pool));
    *pbody = wfp_body_make(&layer_kind, layer, -1, p);
    return APR_SUCCESS;
}

/* The fields that are still true of it. */
static wfp_headers_t *fields_of(const wfp_headers_t *h, apr_pool_t *p)
{
    wfp_headers_t *kept = wfp_headers_make(p);
    int i;

    for (i = 0; i < h->count; i++) {
        if (strcasecmp(h->list[i].name, "Content-Encoding") != 0
            && strcasecmp(h->list[i].name, "Content-Length") != 0) {
            wfp_headers_addn(kept, h->list[i].name, h->list[i].value);
        }
    }
    return kept;
}

apr_status_t wfp_unpack_response(wfp_response_t **presp,
                                 const wfp_response_t *resp,
                                 const wfp_unpack_payer_t *payer, apr_pool_t *p)
{
    list_t list = list_of(resp);
    wfp_response_t *unpacked = apr_pmemdup(p, resp, sizeof(*resp));

    while (list.count > 0) {
        apr_status_t rv = add_layer(&unpacked->body, list.of[--list.count],
                                    payer, p);

        if (rv != APR_SUCCESS) {
            wfp_body_cancel(unpacked->body);
            return rv;
        }
    }
    unpacked->pool = p;
    unpacked->headers = fields_of(resp->headers, p);
    *presp = unpacked;
    return APR_SUCCESS;
}
