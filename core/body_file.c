/* SPDX-License-Identifier: Apache-2.0 */
/* Bodies over files: assets of Workers, what services keep as files. Nothing is
 * read before a reader asks; buckets of the file are given, not its bytes. */
#include "core/body_file.h"

typedef struct part_t {
    apr_file_t *file;
    apr_off_t offset;
} part_t;

static apr_status_t file_read(wfp_body_t *body, apr_bucket_brigade *bb,
                              apr_size_t max, wfp_result_t *res)
{
    const part_t *part = body->baton;
    apr_off_t left = body->length - body->done;

    (void)res; /* that a file cannot be read is told by its bucket */
    if (left == 0) {
        return APR_EOF;
    }
    if (left > (apr_off_t)max) {
        left = (apr_off_t)max;
    }
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
    return 1;
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

apr_file_t *wfp_body_file_peek(const wfp_body_t *body, apr_off_t *poffset)
{
    const part_t *part = body->baton;

    if (body->kind != &file_kind || body->used) {
        return NULL;
    }
    *poffset = part->offset;
    return part->file;
}
