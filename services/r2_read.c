/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The bytes of an object as a body. A reader that takes files gets them, for
 * sendfile(), of a bounded size, so that it looks around in between; others get
 * memory, and no file is open between two reads: so whoever holds many bodies
 * holds no descriptors.
 */
#include <apr_errno.h>
#include <apr_strings.h>

#include "services/r2_inside.h"

#define MEMORY_MAX ((apr_size_t)64 * 1024)
#define FILE_MAX   ((apr_int64_t)1 << 20)

typedef struct reading_t {
    wfp_r2_t *r2;
    const apr_array_header_t *pieces;
    int at;             /* in pieces */
    apr_int64_t offset; /* in that one */
    apr_int64_t left;   /* of all */
    apr_file_t *file;   /* that one, for a reader that takes files */
    apr_pool_t *file_pool;
    apr_pool_t *part_pool; /* of what the last read gave */
} reading_t;

static const wfp_r2_piece_t *current(const reading_t *r)
{
    return &APR_ARRAY_IDX(r->pieces, r->at, wfp_r2_piece_t);
}

static apr_status_t failed(apr_status_t rv, const reading_t *r,
                           wfp_result_t *res)
{
    char why[120];

    return wfp_result_set(
        res, WFP_R2_ERROR, rv,
        "get: the object's bytes cannot be read at %" APR_INT64_T_FMT
        ": %s (10001)",
        r->offset, apr_strerror(rv, why, sizeof(why)));
}

static apr_status_t open_piece(apr_file_t **pfile, const reading_t *r,
                               apr_int32_t flags, apr_pool_t *p)
{
    const char *id = current(r)->file;

    return wfp_blobs_open(pfile, r->r2->blobs, wfp_r2_group(id, p), id, flags,
                          p);
}

/* n bytes were given. */
static void advance(reading_t *r, apr_int64_t n)
{
    r->left -= n;
    r->offset += n;
    if (r->offset == current(r)->size) {
        r->at++;
        r->offset = 0;
        if (r->file_pool) {
            apr_pool_destroy(r->file_pool);
            r->file_pool = NULL;
        }
    }
}

/* A descriptor of its own for each bucket: filters may take it away. */
static apr_status_t give_file(reading_t *r, apr_bucket_brigade *bb,
                              apr_int64_t n, apr_pool_t *p)
{
    apr_file_t *part;
    apr_bucket *b;
    apr_status_t rv = APR_SUCCESS;

    if (!r->file_pool) {
        apr_pool_create(&r->file_pool, p);
        rv = open_piece(&r->file, r, APR_FOPEN_SENDFILE_ENABLED, r->file_pool);
    }
    if (rv == APR_SUCCESS) {
        apr_pool_create(&r->part_pool, p);
        rv = apr_file_dup(&part, r->file, r->part_pool);
    }
    if (rv == APR_SUCCESS) {
        b = apr_bucket_file_create(part, r->offset, (apr_size_t)n, r->part_pool,
                                   bb->bucket_alloc);
        (void)apr_bucket_file_enable_mmap(b, 0); /* or it stays as it is */
        APR_BRIGADE_INSERT_TAIL(bb, b);
    }
    return rv;
}

static apr_status_t give_memory(reading_t *r, apr_bucket_brigade *bb,
                                apr_size_t n, apr_pool_t *whole)
{
    char *data = apr_bucket_alloc(n, bb->bucket_alloc);
    apr_off_t offset = r->offset;
    apr_pool_t *p;
    apr_file_t *file;
    apr_status_t rv;

    apr_pool_create(&p, whole);
    rv = open_piece(&file, r, 0, p);
    if (rv == APR_SUCCESS) {
        rv = apr_file_seek(file, APR_SET, &offset);
    }
    if (rv == APR_SUCCESS) {
        rv = apr_file_read_full(file, data, n, NULL);
    }
    apr_pool_destroy(p);
    if (rv != APR_SUCCESS) {
        apr_bucket_free(data);
        return rv;
    }
    APR_BRIGADE_INSERT_TAIL(bb, apr_bucket_heap_create(data, n, apr_bucket_free,
                                                       bb->bucket_alloc));
    return rv;
}

static apr_status_t r2_read(wfp_body_t *body, apr_bucket_brigade *bb,
                            apr_size_t max, wfp_result_t *res)
{
    reading_t *r = body->baton;
    apr_int64_t n,
        most = body->takes_files ? FILE_MAX : (apr_int64_t)MEMORY_MAX;
    apr_status_t rv;

    if (r->left == 0) {
        return APR_EOF;
    }
    if (r->part_pool) {
        apr_pool_destroy(r->part_pool);
        r->part_pool = NULL;
    }
    most = body->takes_files || max > MEMORY_MAX ? most : (apr_int64_t)max;
    n = current(r)->size - r->offset;
    n = n < r->left ? n : r->left;
    n = n < most ? n : most;
    if (body->takes_files) {
        rv = give_file(r, bb, n, body->pool);
    }
    else {
        rv = give_memory(r, bb, (apr_size_t)n, body->pool);
    }
    if (rv != APR_SUCCESS) {
        return failed(rv, r, res);
    }
    advance(r, n);
    return rv;
}

static int r2_is_there(wfp_body_t *body, int whole, int blocks,
                       wfp_cancel_t *cancel)
{
    (void)body;
    (void)whole;
    (void)blocks;
    (void)cancel;
    return 1; /* a disk does not wait for anybody */
}

static const wfp_body_kind_t r2_kind = { "R2", r2_read, NULL, r2_is_there };

wfp_body_t *wfp_r2_read_body(wfp_r2_t *r2, const wfp_r2_place_t *place,
                             const wfp_r2_call_t *call)
{
    reading_t *r = apr_pcalloc(call->pool, sizeof(*r));

    r->r2 = r2;
    r->pieces = place->pieces;
    r->offset = place->skip;
    r->left = call->length;
    return wfp_body_make(&r2_kind, r, call->length, call->pool);
}
