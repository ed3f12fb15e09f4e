/* SPDX-License-Identifier: Apache-2.0 */
/* Bodies over files: assets of Workers, what services keep as files. Nothing is
 * read before a reader asks; buckets of the file are given, not its bytes, where
 * the file stays open. */
#include "core/body_file.h"

#include <apr_errno.h>

/* Bytes that are read into memory at a time, and given as a file: its reader
 * looks around in between. */
#define MEMORY_MAX ((apr_off_t)64 * 1024)
#define FILE_MAX   ((apr_off_t)1 << 20)

typedef struct part_t {
    apr_file_t *file;
    apr_off_t offset;
} part_t;

static apr_off_t at_most(apr_off_t n, apr_off_t most)
{
    return n < most ? n : most;
}

static apr_status_t file_read(wfp_body_t *body, apr_bucket_brigade *bb,
                              apr_size_t max, wfp_result_t *res)
{
    const part_t *part = body->baton;
    apr_off_t left = body->length - body->done;

    (void)res; /* that a file cannot be read is told by its bucket */
    if (left == 0) {
        return APR_EOF;
    }
    left = at_most(left, (apr_off_t)max);
    APR_BRIGADE_INSERT_TAIL(bb,
                            apr_bucket_file_create(part->file,
                                                   part->offset + body->done,
                                                   (apr_size_t)left, body->pool,
                                                   bb->bucket_alloc));
    return APR_SUCCESS;
}

/* Buckets that were given may still be unread: those keep the file open until
 * the pool goes. */
static void file_close(wfp_body_t *body)
{
    const part_t *part = body->baton;

    if (body->done == 0 && !body->reading) {
        (void)apr_file_close(part->file); /* it was only read */
    }
}

static int file_is_there(wfp_body_t *body, int whole, int blocks,
                         wfp_cancel_t *cancel)
{
    (void)body;
    (void)whole;
    (void)blocks;
    (void)cancel;
    return 1; /* a disk does not wait for anybody */
}

static const wfp_body_kind_t file_kind = { "file", file_read, file_close,
                                           file_is_there };

wfp_body_t *wfp_body_file(apr_file_t *file, apr_off_t offset, apr_off_t length,
                          apr_pool_t *p)
{
    part_t *part = apr_palloc(p, sizeof(*part));

    part->file = file;
    part->offset = offset;
    return wfp_body_make(&file_kind, part, length, p);
}

/* ---- opened when it is read ------------------------------------------------------ */

typedef struct later_t {
    wfp_body_file_open_fn *open;
    void *baton;
    apr_pool_t *turn; /* of what the last read gave */
} later_t;

/* A file of its own for each bucket: filters may take it away. */
static apr_status_t give_file(wfp_body_t *body, apr_bucket_brigade *bb,
                              apr_size_t n, apr_pool_t *p)
{
    const later_t *later = body->baton;
    apr_file_t *file;
    apr_status_t rv = later->open(&file, later->baton, p);

    if (rv == APR_SUCCESS) {
        APR_BRIGADE_INSERT_TAIL(bb,
                                apr_bucket_file_create(file, body->done, n, p,
                                                       bb->bucket_alloc));
    }
    return rv;
}

static apr_status_t give_memory(wfp_body_t *body, apr_bucket_brigade *bb,
                                apr_size_t n, apr_pool_t *p)
{
    const later_t *later = body->baton;
    char *data = apr_bucket_alloc(n, bb->bucket_alloc);
    apr_off_t offset = body->done;
    apr_file_t *file;
    apr_status_t rv = later->open(&file, later->baton, p);

    if (rv == APR_SUCCESS) {
        rv = apr_file_seek(file, APR_SET, &offset);
    }
    if (rv == APR_SUCCESS) {
        rv = apr_file_read_full(file, data, n, NULL);
    }
    if (rv != APR_SUCCESS) {
        apr_bucket_free(data);
        return rv;
    }
    APR_BRIGADE_INSERT_TAIL(bb, apr_bucket_heap_create(data, n, apr_bucket_free,
                                                       bb->bucket_alloc));
    return apr_file_close(file);
}

static apr_status_t later_read(wfp_body_t *body, apr_bucket_brigade *bb,
                               apr_size_t max, wfp_result_t *res)
{
    later_t *later = body->baton;
    apr_off_t left = body->length - body->done;
    char why[120];
    apr_status_t rv;

    if (later->turn) {
        apr_pool_destroy(later->turn);
        later->turn = NULL;
    }
    if (left == 0) {
        return APR_EOF;
    }
    apr_pool_create(&later->turn, body->pool);
    if (body->takes_files) {
        left = at_most(left, FILE_MAX);
        rv = give_file(body, bb, (apr_size_t)left, later->turn);
    }
    else {
        left = at_most(left, at_most((apr_off_t)max, MEMORY_MAX));
        rv = give_memory(body, bb, (apr_size_t)left, later->turn);
    }
    return rv == APR_SUCCESS
               ? rv
               : wfp_result_set(res, WFP_INTERNAL, rv,
                                "a file cannot be read: %s",
                                apr_strerror(rv, why, sizeof(why)));
}

static const wfp_body_kind_t later_kind = { "file", later_read, NULL,
                                            file_is_there };

wfp_body_t *wfp_body_file_later(wfp_body_file_open_fn *open, void *baton,
                                apr_off_t length, apr_pool_t *p)
{
    later_t *later = apr_pcalloc(p, sizeof(*later));

    later->open = open;
    later->baton = baton;
    return wfp_body_make(&later_kind, later, length, p);
}

apr_file_t *wfp_body_file_peek(wfp_body_t *body, apr_off_t *poffset)
{
    const part_t *part = body->baton;
    const later_t *later = body->baton;
    apr_file_t *file = NULL;

    if (body->kind == &file_kind && !body->used) {
        *poffset = part->offset;
        return part->file;
    }
    if (body->kind == &later_kind && !body->used
        && later->open(&file, later->baton, body->pool) == APR_SUCCESS) {
        *poffset = 0;
        return file;
    }
    return NULL;
}
