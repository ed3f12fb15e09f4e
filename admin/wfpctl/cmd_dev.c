/* SPDX-License-Identifier: Apache-2.0 */
/*
 * wfpctl dev PATH: a throw-away server on loopback for one Worker, which is
 * deployed again whenever something is saved, and whose records are shown.
 */
#include <apr_strings.h>
#include <apr_time.h>
#include <stdio.h>
#include <string.h>

#include "admin/wfpctl/args.h"
#include "admin/wfpctl/dev.h"
#include "admin/wfpctl/follow.h"
#include "admin/wfpctl/print.h"
#include "admin/wfpctl/remote.h"
#include "admin/wfpctl/tail.h"

#define TICK apr_time_from_msec(100)

/* What it refuses is said, and the version before runs on. @return APR_SUCCESS,
 * or the command line is wrong */
static apr_status_t deploy(wfp_dev_t *dev)
{
    wfp_cmd_t *cmd = wfp_dev_ask(dev, WFP_DEV_WORKER, wfp_args_at(dev->cmd, 0),
                                 NULL);
    apr_status_t rv = wfp_cmd_deploy_read(cmd);

    cmd->json = dev->cmd->json;
    cmd->is_quiet = 0;
    if (rv == APR_SUCCESS) {
        rv = wfp_remote_worker_deploy(cmd);
    }
    if (rv != APR_SUCCESS && cmd->usage) {
        dev->cmd->usage = 1;
        rv = wfp_result_set(&dev->cmd->res, cmd->res.code, rv, "%s",
                            cmd->res.message);
    }
    else if (rv != APR_SUCCESS) {
        /* or it is mended with the next save */
        wfp_print_failure(cmd);
        rv = APR_SUCCESS;
    }
    apr_pool_destroy(cmd->pool);
    return rv;
}

static void tell(wfp_dev_t *dev)
{
    const wfp_cmd_t *cmd = dev->cmd;
    wfp_json_t *doc = wfp_json_object(cmd->pool);

    wfp_print_line(cmd, "%s runs on %s", wfp_args_at(cmd, 0), dev->url);
    wfp_print_line(cmd, "  admin page: %s", dev->admin);
    wfp_print_line(cmd, "  for wfpctl: export WFP_API=%s WFP_TOKEN=%s",
                   dev->api, dev->token);
    wfp_print_line(cmd,
                   "  for wrangler: export CLOUDFLARE_API_BASE_URL=%s "
                   "CLOUDFLARE_API_TOKEN=%s CLOUDFLARE_ACCOUNT_ID=%s",
                   dev->api, dev->token, dev->account);
    wfp_print_line(cmd, "  in %s, %s; Ctrl-C ends it", dev->dir,
                   dev->is_kept ? "which stays" : "which goes with it");
    wfp_json_set_str(doc, "url", dev->url);
    wfp_json_set_str(doc, "admin", dev->admin);
    wfp_json_set_str(doc, "api", dev->api);
    wfp_json_set_str(doc, "token", dev->token);
    wfp_json_set_str(doc, "account", dev->account);
    wfp_json_set_str(doc, "config", dev->conf);
    wfp_print_json(cmd, doc);
    (void)fflush(stdout); /* the next one is looked at */
}

typedef struct shown_t {
    wfp_dev_t *dev;
    apr_pool_t *scratch;
} shown_t;

/* The dispatcher's are not his. @return 0: nobody reads any more */
static int show(void *shownv, const char *line, apr_size_t n)
{
    shown_t *shown = shownv;
    wfp_json_t *doc;
    const char *name = NULL;
    int more = 1;

    if (wfp_json_parse(&doc, line, n, NULL, shown->scratch) == APR_SUCCESS) {
        name = wfp_json_str(wfp_json_get(doc, "scriptName", shown->scratch));
    }
    if (name && !strcmp(name, WFP_DEV_NAME)) {
        more = wfp_tail_show(shown->dev->cmd, line, n, shown->scratch);
    }
    apr_pool_clear(shown->scratch);
    return more;
}

static apr_uint64_t look(const wfp_dev_t *dev)
{
    const char *assets = wfp_args_option(dev->cmd, "assets");
    apr_uint64_t sum = wfp_dev_watch_look(wfp_args_at(dev->cmd, 0),
                                          dev->cmd->pool);

    return assets ? sum + wfp_dev_watch_look(assets, dev->cmd->pool) : sum;
}

/* Until Ctrl-C, or the server or the reader of stdout is gone. */
static apr_status_t run(wfp_dev_t *dev, apr_uint64_t seen)
{
    apr_pool_t *p = dev->cmd->pool;
    shown_t shown = { .dev = dev };
    wfp_follow_t *records;
    apr_uint64_t now, before = seen;
    apr_status_t rv = wfp_follow_open(&records, dev->records, 1, p);

    if (rv != APR_SUCCESS) {
        return wfp_result_set(&dev->cmd->res, WFP_INTERNAL, rv,
                              "%s cannot be read", dev->records);
    }
    apr_pool_create(&shown.scratch, p);
    while (rv == APR_SUCCESS && !wfp_tail_is_over()) {
        if (wfp_dev_server_is_gone(dev)) {
            return wfp_result_set(&dev->cmd->res, WFP_INTERNAL, APR_EGENERAL,
                                  "httpd has ended: %s says why", dev->errors);
        }
        if (!wfp_follow_read(records, show, &shown)) {
            break;
        }
        now = look(dev);
        if (now != seen && now == before) { /* nobody writes just now */
            seen = now;
            rv = deploy(dev);
        }
        before = now;
        (void)fflush(stdout); /* the next one is looked at */
        apr_sleep(TICK);
    }
    return rv;
}

apr_status_t wfp_cmd_dev_run(wfp_cmd_t *cmd)
{
    wfp_dev_t dev = { .cmd = cmd };
    apr_uint64_t seen = 0;
    apr_status_t rv;

    if (wfp_args_option(cmd, "config") || wfp_args_option(cmd, "url")) {
        return wfp_args_usage(cmd, "dev has a server of its own: neither "
                                   "--config nor --url");
    }
    wfp_tail_begin();
    rv = wfp_dev_site_make(&dev);
    if (rv == APR_SUCCESS) {
        rv = wfp_dev_server_start(&dev);
    }
    if (rv == APR_SUCCESS) {
        rv = wfp_dev_bind_make(&dev);
    }
    if (rv == APR_SUCCESS) {
        tell(&dev);
        seen = look(&dev);
        rv = deploy(&dev);
    }
    if (rv == APR_SUCCESS) {
        rv = wfp_dev_bind_events(&dev);
    }
    if (rv == APR_SUCCESS) {
        rv = run(&dev, seen);
    }
    wfp_dev_server_stop(&dev);
    wfp_dev_site_remove(&dev);
    return rv;
}
