/* SPDX-License-Identifier: Apache-2.0 */
/*
 * wfpctl tail on the server itself: follows the files of WfpLog, from their ends on,
 * also when they are rotated. Records of live tails are in the server's memory,
 * where only the REST API gets at them (remote_tail.c).
 */
#include <apr_file_io.h>
#include <apr_strings.h>
#include <apr_time.h>
#include <string.h>

#include "admin/wfpctl/args.h"
#include "admin/wfpctl/cmd.h"
#include "admin/wfpctl/config.h"
#include "admin/wfpctl/tail.h"
#include "core/tail_filter.h"

/* Between two looks. */
#define TICK apr_time_from_msec(200)

/* A line: a record has 512 KB at most. */
#define LINE_BYTES ((apr_size_t)1024 * 1024)

/* A file that is followed. */
typedef struct followed_t {
    const char *path;
    apr_pool_t *pool; /* of the open file; NULL: it is not open */
    apr_file_t *file;
    apr_ino_t inode;
    apr_off_t at;
    char *line; /* what there is of the last one */
    apr_size_t n;
} followed_t;

typedef struct tail_t {
    wfp_cmd_t *cmd;
    const char *ns;
    const char *name;
    wfp_tail_filter_t *filter;
    apr_pool_t *scratch;
    apr_array_header_t *files; /* followed_t */
    int is_over;
} tail_t;

static void close_one(followed_t *f)
{
    if (f->pool) {
        apr_pool_destroy(f->pool);
    }
    f->pool = NULL;
    f->n = 0;
}

/* @param from_end  0: a new one, all of it is new */
static apr_status_t open_one(followed_t *f, int from_end, apr_pool_t *parent)
{
    apr_finfo_t info;
    apr_status_t rv;

    apr_pool_create(&f->pool, parent);
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
        close_one(f);
    }
    return rv;
}

/* As the caller: the server's user need not be able to read the logs. */
static apr_status_t open_all(tail_t *t)
{
    wfp_cmd_t *cmd = t->cmd;
    const apr_array_header_t *logs = cmd->config.logs;
    apr_status_t rv = APR_SUCCESS;
    int i;

    t->files = apr_array_make(cmd->pool, 2, sizeof(followed_t));
    for (i = 0; rv == APR_SUCCESS && i < logs->nelts; i++) {
        const char *path = APR_ARRAY_IDX(logs, i, const char *);
        followed_t *f;

        if (*path == '|') {
            continue;
        }
        f = apr_array_push(t->files);
        memset(f, 0, sizeof(*f));
        f->path = path;
        f->line = apr_palloc(cmd->pool, LINE_BYTES + 1);
        rv = open_one(f, 1, cmd->pool);
        if (rv != APR_SUCCESS) {
            return wfp_result_set(&cmd->res, WFP_INVALID, rv,
                                  "WfpLog %s cannot be read", path);
        }
    }
    if (!t->files->nelts) {
        return wfp_result_set(&cmd->res, WFP_UNSUPPORTED, APR_ENOTIMPL,
                              "tail follows WfpLog, and the configuration has "
                              "none that is a file: set one, or ask the "
                              "server's REST API with --url");
    }
    return rv;
}

static int is_of(const tail_t *t, const char *line, apr_size_t n)
{
    const char *ns, *name;
    wfp_json_t *doc;

    if (wfp_json_parse(&doc, line, n, NULL, t->scratch) != APR_SUCCESS) {
        return 0;
    }
    name = wfp_json_str(wfp_json_get(doc, "scriptName", t->scratch));
    ns = wfp_json_str(wfp_json_get(doc, "dispatchNamespace", t->scratch));
    return name && !strcmp(name, t->name) && !strcmp(ns ? ns : "", t->ns);
}

static void take_line(tail_t *t, const char *line, apr_size_t n)
{
    if (is_of(t, line, n)
        && wfp_tail_filter_meets(t->filter, line, n, t->scratch)) {
        t->is_over = !wfp_tail_show(t->cmd, line, n, t->scratch);
    }
    apr_pool_clear(t->scratch);
}

/* What is new in it. */
static void read_one(tail_t *t, followed_t *f)
{
    char data[65536];
    apr_size_t n = sizeof(data), i;

    while (!t->is_over && !wfp_tail_is_over()
           && apr_file_read(f->file, data, &n) == APR_SUCCESS) {
        for (i = 0; i < n && !t->is_over; i++) {
            if (data[i] == '\n') {
                take_line(t, f->line, f->n);
                f->n = 0;
            }
            else if (f->n < LINE_BYTES) {
                f->line[f->n++] = data[i];
            }
        }
        f->at += (apr_off_t)n;
        n = sizeof(data);
    }
}

/* Another file of that name, or it was cut off: begin at its start. */
static void look_anew(followed_t *f, apr_pool_t *parent, apr_pool_t *scratch)
{
    apr_finfo_t info;

    if (apr_stat(&info, f->path, APR_FINFO_INODE | APR_FINFO_SIZE, scratch)
        != APR_SUCCESS) {
        return; /* in the middle of a rotation */
    }
    if (!f->pool || info.inode != f->inode || info.size < f->at) {
        close_one(f);
        (void)open_one(f, 0, parent); /* or at the next look */
    }
}

static void follow(tail_t *t, followed_t *f)
{
    if (f->pool) {
        read_one(t, f);
    }
    look_anew(f, t->cmd->pool, t->scratch);
}

apr_status_t wfp_cmd_tail_run(wfp_cmd_t *cmd)
{
    tail_t t = { .cmd = cmd };
    wfp_json_t *arr = NULL;
    const char *filters;
    int i;
    apr_status_t rv = wfp_tail_filters(&filters, cmd);

    wfp_args_worker(&t.ns, &t.name, cmd, 0);
    if (rv == APR_SUCCESS) {
        rv = wfp_json_parse(&arr, filters, strlen(filters), &cmd->res,
                            cmd->pool);
    }
    if (rv == APR_SUCCESS) {
        rv = wfp_tail_filter_read(&t.filter, arr, "127.0.0.1", &cmd->res,
                                  cmd->pool);
    }
    if (rv == APR_SUCCESS) {
        rv = wfp_config_read(cmd);
    }
    if (rv == APR_SUCCESS) {
        rv = open_all(&t);
    }
    if (rv != APR_SUCCESS) {
        return rv;
    }
    apr_pool_create(&t.scratch, cmd->pool);
    wfp_tail_begin();
    while (!t.is_over && !wfp_tail_is_over()) {
        for (i = 0; i < t.files->nelts; i++) {
            follow(&t, &APR_ARRAY_IDX(t.files, i, followed_t));
        }
        apr_sleep(TICK);
    }
    return APR_SUCCESS;
}
