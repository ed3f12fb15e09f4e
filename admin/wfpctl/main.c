/* SPDX-License-Identifier: Apache-2.0 */
/*
 * wfpctl: the command line of mod_wfp. Works on the store directly, where a
 * running server follows the log of changes, or by a server's REST API. Exit: 0 done, 1 refused, 2 usage.
 */
#include <apr_env.h>
#include <apr_general.h>
#include <apr_strings.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "admin/wfpctl/args.h"
#include "admin/wfpctl/cmd.h"
#include "admin/wfpctl/config.h"
#include "admin/wfpctl/owner.h"
#include "admin/wfpctl/print.h"
#include "admin/wfpctl/remote.h"
#include "store/schedules.h"

const wfp_actor_t *wfp_cmd_actor(void)
{
    static const wfp_actor_t actor = { "", "wfpctl", "wfpctl", "" };

    return &actor;
}

#define EXIT_DONE    0
#define EXIT_REFUSED 1
#define EXIT_USAGE   2

#define WORKER "[NS/]NAME"
#define QUEUE  "QUEUE [--delay S] [--retention S]"
#define SETTINGS                                                               \
    "outbound limit egress egress-allow egress-deny trusted no-trusted"
#define SETTINGS_USAGE                                                         \
    "NAME [--outbound NAME[:PARAM=VALUE,...]|off] [--limit NAME=VALUE]... "    \
    "[--egress none|outbound|direct] [--egress-allow TARGET|off]... "          \
    "[--egress-deny TARGET|off]... [--trusted|--no-trusted]"

static const wfp_cmd_row_t rows[] = {
    { "init", wfp_cmd_init_run, WFP_CMD_CONFIG, 0, 0, "", "",
      wfp_cmd_init_read },
    { "doctor", wfp_cmd_doctor_run, WFP_CMD_NOTHING, 0, 0, "api",
      "[--api URL]" },
    { "namespace create", wfp_cmd_namespace_create, WFP_CMD_STORE, 1, 1,
      SETTINGS, SETTINGS_USAGE, NULL, wfp_remote_namespace_create },
    { "namespace set", wfp_cmd_namespace_set, WFP_CMD_STORE, 1, 1, SETTINGS,
      SETTINGS_USAGE, NULL, wfp_remote_namespace_set },
    { "namespace list", wfp_cmd_namespace_list, WFP_CMD_STORE, 0, 0, "", "",
      NULL, wfp_remote_namespace_list },
    { "namespace delete", wfp_cmd_namespace_delete, WFP_CMD_STORE, 1, 1, "",
      "NAME", NULL, wfp_remote_namespace_delete },
    { "deploy", wfp_cmd_deploy_run, WFP_CMD_STORE, 2, 2,
      "binding var tag limit outbound egress message assets",
      WORKER
      " FILE|FOLDER [--binding TYPE:NAME=VALUE]... [--var NAME=VALUE]... "
      "[--tag TAG]... [--limit NAME=VALUE]... "
      "[--outbound NAME[:PARAM,...]] [--egress none|outbound|direct] "
      "[--message TEXT] [--assets FOLDER]",
      wfp_cmd_deploy_read, wfp_remote_worker_deploy },
    { "list", wfp_cmd_worker_list, WFP_CMD_STORE, 0, 1, "", "[NS]", NULL,
      wfp_remote_worker_list },
    { "get", wfp_cmd_worker_get, WFP_CMD_STORE, 1, 1, "", WORKER, NULL,
      wfp_remote_worker_get },
    { "delete", wfp_cmd_worker_delete, WFP_CMD_STORE, 1, 1, "force",
      WORKER " [--force]", NULL, wfp_remote_worker_delete },
    { "versions", wfp_cmd_version_list, WFP_CMD_STORE, 1, 1, "", WORKER, NULL,
      wfp_remote_worker_versions },
    { "rollback", wfp_cmd_version_rollback, WFP_CMD_STORE, 1, 2, "",
      WORKER " [VERSION]", NULL, wfp_remote_worker_rollback },
    { "secret put", wfp_cmd_secret_put, WFP_CMD_STORE, 2, 2, "",
      WORKER " KEY < VALUE", NULL, wfp_remote_worker_secret_put },
    { "secret delete", wfp_cmd_secret_delete, WFP_CMD_STORE, 2, 2, "",
      WORKER " KEY", NULL, wfp_remote_worker_secret_delete },
    { "usage", wfp_cmd_usage_show, WFP_CMD_STORE, 1, 1, "days",
      WORKER " | NS/ [--days N]", NULL, wfp_remote_usage_show },
    { "schedules list", wfp_cmd_schedules_list, WFP_CMD_STORE, 1, 1, "", WORKER,
      NULL, wfp_remote_schedules_list },
    { "schedules put", wfp_cmd_schedules_put, WFP_CMD_STORE, 1,
      1 + WFP_SCHEDULES_MAX, "", WORKER " [CRON]...", NULL,
      wfp_remote_schedules_put },
    { "schedules runs", wfp_cmd_schedules_runs, WFP_CMD_STORE, 1, 1, "", WORKER,
      NULL, wfp_remote_schedules_runs },
    { "queues list", wfp_cmd_queues_list, WFP_CMD_STORE, 0, 0, "", "", NULL,
      wfp_remote_queues_list },
    { "queues get", wfp_cmd_queues_get, WFP_CMD_STORE, 1, 1, "", "QUEUE", NULL,
      wfp_remote_queues_get },
    { "queues create", wfp_cmd_queues_create, WFP_CMD_STORE, 1, 1,
      "delay retention", QUEUE, NULL, wfp_remote_queues_create },
    { "queues set", wfp_cmd_queues_set, WFP_CMD_STORE, 1, 1, "delay retention",
      QUEUE, NULL, wfp_remote_queues_set },
    { "queues delete", wfp_cmd_queues_delete, WFP_CMD_STORE, 1, 1, "", "QUEUE",
      NULL, wfp_remote_queues_delete },
    { "queues pause", wfp_cmd_queues_pause, WFP_CMD_STORE, 1, 1, "", "QUEUE",
      NULL, wfp_remote_queues_pause },
    { "queues resume", wfp_cmd_queues_resume, WFP_CMD_STORE, 1, 1, "", "QUEUE",
      NULL, wfp_remote_queues_resume },
    { "queues purge", wfp_cmd_queues_purge, WFP_CMD_STORE, 1, 1, "", "QUEUE",
      NULL, wfp_remote_queues_purge },
    { "queues consume", wfp_cmd_queues_consume, WFP_CMD_STORE, 2, 2,
      "batch-size max-wait max-retries retry-delay max-concurrency dead-letter",
      "QUEUE " WORKER
      " [--batch-size N] [--max-wait MS] [--max-retries N] [--retry-delay S] "
      "[--max-concurrency N] [--dead-letter QUEUE]",
      NULL, wfp_remote_queues_consume },
    { "queues release", wfp_cmd_queues_release, WFP_CMD_STORE, 1, 1, "",
      "QUEUE", NULL, wfp_remote_queues_release },
    { "hostname list", wfp_cmd_hostname_list, WFP_CMD_STORE, 0, 0, "", "", NULL,
      wfp_remote_hostname_list },
    { "hostname put", wfp_cmd_hostname_put, WFP_CMD_STORE, 2, 2, "metadata",
      "HOSTNAME " WORKER " [--metadata JSON]", NULL, wfp_remote_hostname_put },
    { "hostname delete", wfp_cmd_hostname_delete, WFP_CMD_STORE, 1, 1, "",
      "HOSTNAME", NULL, wfp_remote_hostname_delete },
    { "token create", wfp_cmd_token_create, WFP_CMD_STORE, 0, 0,
      "role namespace name expires-in s3 bucket",
      "--role admin|deploy|read [--namespace NS]... [--name NAME] "
      "[--expires-in DAYS] [--s3 [--bucket BUCKET]...]",
      NULL, wfp_remote_token_create },
    { "token list", wfp_cmd_token_list, WFP_CMD_STORE, 0, 0, "", "", NULL,
      wfp_remote_token_list },
    { "token revoke", wfp_cmd_token_revoke, WFP_CMD_STORE, 1, 1, "", "ID", NULL,
      wfp_remote_token_revoke },
    { "key rotate", wfp_cmd_key_rotate, WFP_CMD_STORE, 0, 0, "prepare",
      "[--prepare]" },
    { "key prune", wfp_cmd_key_prune, WFP_CMD_STORE, 0, 0, "", "" },
    { "logs", wfp_cmd_logs_run, WFP_CMD_STORE, 1, 1,
      "since limit outcome level search",
      WORKER " [--since TIME] [--limit N] [--outcome OUTCOME[,...]] "
             "[--level LEVEL[,...]] [--search TEXT]",
      NULL, wfp_remote_logs_run },
    { "tail", wfp_cmd_tail_run, WFP_CMD_NOTHING, 1, 1,
      "status method search header client-ip version-id sampling-rate",
      WORKER
      " [--status ok|error|canceled]... [--method METHOD]... [--search TEXT] "
      "[--header NAME[:TEXT]] [--client-ip ADDRESS]... [--version-id ID] "
      "[--sampling-rate RATE]",
      NULL, wfp_remote_tail_run },
    { "dev", wfp_cmd_dev_run, WFP_CMD_ALONE, 1, 1,
      "port state schedule consume egress-allow binding var tag limit egress "
      "assets",
      "FILE|FOLDER [--port N] [--state DIR] [--binding TYPE:NAME=VALUE]... "
      "[--var NAME=VALUE]... [--schedule CRON]... [--consume QUEUE]... "
      "[--assets FOLDER] [--egress-allow TARGET]... [--limit NAME=VALUE]... [--tag TAG]... "
      "[--egress none|outbound|direct]" },
};
#define ROW_COUNT (sizeof(rows) / sizeof(rows[0]))

/* Removes the words of the command from the front of the arguments. */
static const wfp_cmd_row_t *find_row(wfp_cmd_t *cmd)
{
    apr_size_t i;
    int n = cmd->args->nelts;
    const char *one = n > 0 ? wfp_args_at(cmd, 0) : "";
    const char *two = n > 1 ? apr_pstrcat(cmd->pool, one, " ",
                                          wfp_args_at(cmd, 1), NULL)
                            : one;

    for (i = 0; i < ROW_COUNT; i++) {
        int words = strcmp(rows[i].name, one) == 0   ? 1
                    : strcmp(rows[i].name, two) == 0 ? 2
                                                     : 0;

        if (words) {
            apr_array_header_t *rest = apr_array_make(cmd->pool, n,
                                                      sizeof(const char *));

            for (; words < n; words++) {
                APR_ARRAY_PUSH(rest, const char *) = wfp_args_at(cmd, words);
            }
            cmd->args = rest;
            return &rows[i];
        }
    }
    return NULL;
}

static void print_help(void)
{
    apr_size_t i;

    puts(
        "usage: wfpctl [--config FILE] [--json] COMMAND ...\n"
        "       wfpctl --url URL [--token TOKEN|--token-file FILE] [--ca FILE] "
        "[--json] COMMAND ...\n\n"
        "--config: httpd's configuration (default: WFP_CONFIG, else httpd's "
        "own).\n"
        "--url, --token: a server's REST API (default: WFP_API, WFP_TOKEN), "
        "for the\ncommands marked with *.\n");
    for (i = 0; i < ROW_COUNT; i++) {
        if (rows[i].fn) {
            printf("%c  %s %s\n", rows[i].remote ? '*' : ' ', rows[i].name,
                   rows[i].usage);
        }
    }
}

/* Most often it is another user's. */
static apr_status_t open_store(wfp_cmd_t *cmd)
{
    struct stat info;
    apr_status_t rv = wfp_store_open(&cmd->store, cmd->config.driver,
                                     cmd->config.params, 1, &cmd->res,
                                     cmd->pool);

    if (rv != APR_SUCCESS && geteuid() != 0
        && stat(cmd->config.datadir, &info) == 0 && info.st_uid != geteuid()) {
        return wfp_result_set(&cmd->res, cmd->res.code, rv,
                              "%s belongs to user %d: run this as root, or as "
                              "who starts the server (%s)",
                              cmd->config.datadir, (int)info.st_uid,
                              cmd->res.message);
    }
    return rv;
}

static apr_status_t prepare(wfp_cmd_t *cmd, const wfp_cmd_row_t *row)
{
    apr_status_t rv = row->needs >= WFP_CMD_NOTHING ? APR_SUCCESS
                                                    : wfp_config_read(cmd);

    if (rv == APR_SUCCESS && row->first) {
        rv = row->first(cmd);
    }
    if (rv == APR_SUCCESS && row->fn == wfp_cmd_init_run) {
        rv = wfp_owner_make_dir(cmd);
    }
    if (rv == APR_SUCCESS && row->needs < WFP_CMD_NOTHING) {
        rv = wfp_owner_become(cmd);
    }
    if (rv == APR_SUCCESS && row->needs == WFP_CMD_STORE) {
        rv = open_store(cmd);
    }
    return rv;
}

static apr_status_t run_remote(wfp_cmd_t *cmd, const wfp_cmd_row_t *row)
{
    apr_status_t rv;

    if (!row->remote) {
        return wfp_result_set(&cmd->res, WFP_UNSUPPORTED, APR_ENOTIMPL,
                              "%s works on the server itself: run it there, "
                              "with --config or without --url and WFP_API",
                              row->name);
    }
    rv = wfp_remote_open(cmd);
    if (rv == APR_SUCCESS && row->first) {
        rv = row->first(cmd);
    }
    if (rv == APR_SUCCESS) {
        rv = row->remote(cmd);
    }
    return rv == APR_SUCCESS ? wfp_print_flush(cmd) : rv;
}

static apr_status_t run(wfp_cmd_t *cmd, int argc, const char *const *argv)
{
    const wfp_cmd_row_t *row;
    char *file = NULL;
    apr_status_t rv = wfp_args_parse(cmd, argc, argv);

    cmd->json = rv == APR_SUCCESS && wfp_args_option(cmd, "json") != NULL;
    if (rv != APR_SUCCESS) {
        return rv;
    }
    if (wfp_args_option(cmd, "help")) {
        print_help();
        return APR_SUCCESS;
    }
    row = find_row(cmd);
    if (!row) {
        return wfp_args_usage(cmd, "no such command; wfpctl --help lists them");
    }
    rv = wfp_args_check(cmd, row);
    if (rv != APR_SUCCESS) {
        return rv;
    }
    if (row->needs != WFP_CMD_ALONE && wfp_remote_is_wanted(cmd)) {
        return run_remote(cmd, row);
    }
    cmd->config_file = wfp_args_option(cmd, "config");
    if (!cmd->config_file
        && apr_env_get(&file, "WFP_CONFIG", cmd->pool) == APR_SUCCESS) {
        cmd->config_file = file;
    }
    rv = prepare(cmd, row);
    if (rv == APR_SUCCESS) {
        rv = row->fn(cmd);
    }
    return rv == APR_SUCCESS ? wfp_print_flush(cmd) : rv;
}

int main(int argc, const char *const *argv)
{
    wfp_cmd_t *cmd;
    apr_pool_t *pool;
    int end = EXIT_DONE;

    umask(077);
    if (apr_initialize() != APR_SUCCESS
        || apr_pool_create(&pool, NULL) != APR_SUCCESS) {
        fputs("wfpctl: no memory\n", stderr);
        return EXIT_REFUSED;
    }
    cmd = apr_pcalloc(pool, sizeof(*cmd));
    cmd->pool = pool;
    wfp_result_init(&cmd->res, pool);
    if (run(cmd, argc, argv) != APR_SUCCESS) {
        wfp_print_failure(cmd);
        end = cmd->usage ? EXIT_USAGE : EXIT_REFUSED;
    }
    apr_pool_destroy(pool);
    apr_terminate();
    return end;
}
