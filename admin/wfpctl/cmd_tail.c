/* SPDX-License-Identifier: Apache-2.0 */
/*
 * wfpctl tail on the server itself: follows the files of WfpLog, from their ends on,
 * also when they are rotated. Records of live tails are in the server's memory,
 * where only the REST API gets at them (remote_tail.c).
 */
#include <apr_strings.h>
#include <apr_time.h>
#include <string.h>

#include "admin/wfpctl/args.h"
#include "admin/wfpctl/cmd.h"
#include "admin/wfpctl/config.h"
#include "admin/wfpctl/follow.h"
#include "admin/wfpctl/tail.h"
#include "core/tail_filter.h"

/* Between two looks. */
#define TICK apr_time_from_msec(200)

typedef struct tail_t {
    wfp_cmd_t *cmd;
    const char *ns;
    const char *name;
    wfp_tail_filter_t *filter;
    apr_pool_t *scratch;
    apr_array_header_t *files; /* wfp_follow_t * */
} tail_t;

/* As the caller: the server's user need not be able to read the logs. */
static apr_status_t open_all(tail_t *t)
{
    wfp_cmd_t *cmd = t->cmd;
    const apr_array_header_t *logs = cmd->config.logs;
    apr_status_t rv = APR_SUCCESS;
    int i;

    t->files = apr_array_make(cmd->pool, 2, sizeof(wfp_follow_t *));
    for (i = 0; rv == APR_SUCCESS && i < logs->nelts; i++) {
        const char *path = APR_ARRAY_IDX(logs, i, const char *);
        wfp_follow_t *f;

        if (*path == '|') {
            continue;
        }
        rv = wfp_follow_open(&f, path, 1, cmd->pool);
        APR_ARRAY_PUSH(t->files, wfp_follow_t *) = f;
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

static int take_line(void *tailv, const char *line, apr_size_t n)
{
    tail_t *t = tailv;
    int more = 1;

    if (is_of(t, line, n)
        && wfp_tail_filter_meets(t->filter, line, n, t->scratch)) {
        more = wfp_tail_show(t->cmd, line, n, t->scratch);
    }
    apr_pool_clear(t->scratch);
    return more;
}

apr_status_t wfp_cmd_tail_run(wfp_cmd_t *cmd)
{
    tail_t t = { .cmd = cmd };
    wfp_json_t *arr = NULL;
    const char *filters;
    int i, more = 1;
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
    while (more && !wfp_tail_is_over()) {
        for (i = 0; more && i < t.files->nelts; i++) {
            more = wfp_follow_read(APR_ARRAY_IDX(t.files, i, wfp_follow_t *),
                                   take_line, &t);
        }
        apr_sleep(TICK);
    }
    return APR_SUCCESS;
}
