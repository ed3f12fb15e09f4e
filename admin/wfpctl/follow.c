/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A file of WfpLog, followed. Called by cmd_tail.c and cmd_dev.c. It must not know
 * what the lines are.
 */
#include "admin/wfpctl/follow.h"

#include <apr_file_io.h>

#include "admin/wfpctl/tail.h"

/* A line: a record has 512 KB at most. */
#define LINE_BYTES ((apr_size_t)1024 * 1024)

struct wfp_follow_t {
    const char *path;
    apr_pool_t *parent;
    apr_pool_t *pool; /* of the open file; NULL: it is not open */
    apr_file_t *file;
    apr_ino_t inode;
    apr_off_t at;
    char *line; /* what there is of the last one */
    apr_size_t n;
};

static void close_file(wfp_follow_t *f)
{
    if (f->pool) {
        apr_pool_destroy(f->pool);
    }
    f->pool = NULL;
    f->n = 0;
}

static apr_status_t open_file(wfp_follow_t *f, int from_end)
{
    apr_finfo_t info;
    apr_status_t rv;

    apr_pool_create(&f->pool, f->parent);
    rv = apr_file_open(&f->file, f->path, APR_FOPEN_READ, APR_FPROT_OS_DEFAULT,
                       f->pool);
    if (rv == APR_SUCCESS) {
        rv = apr_file_info_get(&info, APR_FINFO_INODE | APR_FINFO_SIZE,
                               f->file);
    }
    f->at = rv == APR_SUCCESS && from_end ? info.size : 0;
    if (rv == APR_SUCCESS) {
        apr_off_t at = f->at;

        f->inode = info.inode;
        rv = apr_file_seek(f->file, APR_SET, &at);
    }
    if (rv != APR_SUCCESS) {
        close_file(f);
    }
    return rv;
}

apr_status_t wfp_follow_open(wfp_follow_t **pf, const char *path, int from_end,
                             apr_pool_t *p)
{
    wfp_follow_t *f = apr_pcalloc(p, sizeof(*f));

    f->path = path;
    f->parent = p;
    f->line = apr_palloc(p, LINE_BYTES + 1);
    *pf = f;
    return open_file(f, from_end);
}

static int read_file(wfp_follow_t *f, wfp_follow_fn *each, void *baton)
{
    char data[65536];
    apr_size_t n = sizeof(data), i;

    while (!wfp_tail_is_over()
           && apr_file_read(f->file, data, &n) == APR_SUCCESS) {
        for (i = 0; i < n; i++) {
            if (data[i] != '\n') {
                if (f->n < LINE_BYTES) {
                    f->line[f->n++] = data[i];
                }
                continue;
            }
            if (!each(baton, f->line, f->n)) {
                return 0;
            }
            f->n = 0;
        }
        f->at += (apr_off_t)n;
        n = sizeof(data);
    }
    return 1;
}

/* Another file of that name, or it was cut off: begin at its start. */
static void look_anew(wfp_follow_t *f)
{
    apr_pool_t *scratch;
    apr_finfo_t info;
    apr_status_t rv;

    apr_pool_create(&scratch, f->parent);
    rv = apr_stat(&info, f->path, APR_FINFO_INODE | APR_FINFO_SIZE, scratch);
    apr_pool_destroy(scratch);
    if (rv != APR_SUCCESS) {
        return; /* in the middle of a rotation */
    }
    if (!f->pool || info.inode != f->inode || info.size < f->at) {
        close_file(f);
        (void)open_file(f, 0); /* or at the next look */
    }
}

int wfp_follow_read(wfp_follow_t *f, wfp_follow_fn *each, void *baton)
{
    int more = !f->pool || read_file(f, each, baton);

    if (more) {
        look_anew(f);
    }
    return more;
}
