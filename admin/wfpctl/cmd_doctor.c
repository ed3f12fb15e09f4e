/* SPDX-License-Identifier: Apache-2.0 */
/*
 * wfpctl doctor: checks the set-up and says how to mend it. Every check is
 * made, whatever the others found.
 */
#include <apr_file_info.h>
#include <apr_strings.h>

#include "admin/wfpctl/cmd.h"
#include "admin/wfpctl/owner.h"
#include "admin/wfpctl/print.h"
#include "core/keyring.h"
#include "store/namespaces.h"
#include "store/tokens.h"

typedef struct report_t {
    wfp_cmd_t *cmd;
    wfp_json_t *doc;
    int problems;
} report_t;

/* @param why  NULL: all is well */
static void say(report_t *report, const char *what, const char *why)
{
    wfp_json_t *row = wfp_json_object(report->cmd->pool);

    report->problems += why != NULL;
    wfp_print_line(report->cmd, "%-8s %s%s", what, why ? "PROBLEM: " : "ok",
                   why ? why : "");
    wfp_json_set_str(row, "check", what);
    wfp_json_set_bool(row, "ok", !why);
    wfp_json_set_str(row, "problem", why);
    wfp_json_add(report->doc, row);
}

static void check_datadir(report_t *report)
{
    wfp_cmd_t *cmd = report->cmd;
    const char *dir = cmd->config.datadir;
    const char *why = NULL;
    apr_finfo_t info;

    if (apr_stat(&info, dir, APR_FINFO_NORM, cmd->pool) != APR_SUCCESS) {
        why = apr_pstrcat(cmd->pool, dir, " is not there: run `wfpctl init`",
                          NULL);
    }
    else if (info.protection
             & (APR_FPROT_GREAD | APR_FPROT_GWRITE | APR_FPROT_GEXECUTE
                | APR_FPROT_WREAD | APR_FPROT_WWRITE | APR_FPROT_WEXECUTE)) {
        why = apr_pstrcat(cmd->pool, dir, " is open to others: chmod 700 ", dir,
                          NULL);
    }
    else if (cmd->config.has_user && cmd->config.uid != 0
             && info.user != cmd->config.uid) {
        why = apr_psprintf(cmd->pool,
                           "%s does not belong to the server's user: chown -R "
                           "%d:%d %s",
                           dir, (int)cmd->config.uid, (int)cmd->config.gid,
                           dir);
    }
    say(report, "datadir", why);
}

static const char *reason(const wfp_cmd_t *cmd)
{
    return cmd->res.message ? cmd->res.message : "no reason given";
}

static void check_store(report_t *report)
{
    wfp_cmd_t *cmd = report->cmd;
    const char *account = NULL;
    apr_array_header_t *list;
    apr_status_t rv = wfp_store_open(&cmd->store, cmd->config.driver,
                                     cmd->config.params, 1, &cmd->res,
                                     cmd->pool);

    say(report, "store", rv == APR_SUCCESS ? NULL : reason(cmd));
    if (rv != APR_SUCCESS) {
        return;
    }
    rv = wfp_store_setting(&account, cmd->store, "account_id", &cmd->res,
                           cmd->pool);
    say(report, "account",
        rv != APR_SUCCESS ? reason(cmd)
        : account         ? NULL
                          : "there is no account id: run `wfpctl init`");
    rv = wfp_tokens_list(&list, cmd->store, &cmd->res, cmd->pool);
    say(report, "tokens",
        rv != APR_SUCCESS ? reason(cmd)
        : list->nelts     ? NULL
                          : "there is none: run `wfpctl token create --role "
                            "admin`");
}

apr_status_t wfp_cmd_doctor_run(wfp_cmd_t *cmd)
{
    report_t report = { cmd, wfp_json_array(cmd->pool), 0 };
    wfp_keys_t keys;
    apr_status_t rv;

    check_datadir(&report);
    rv = wfp_owner_become(cmd);
    if (rv == APR_SUCCESS) {
        rv = wfp_keyring_read(&keys, cmd->config.keyfile, &cmd->res, cmd->pool);
        wfp_crypto_wipe(&keys, sizeof(keys));
        say(&report, "key", rv == APR_SUCCESS ? NULL : reason(cmd));
        check_store(&report);
    }
    wfp_print_json(cmd, report.doc);
    wfp_result_init(&cmd->res, cmd->pool);
    if (report.problems) {
        return wfp_result_set(&cmd->res, WFP_INVALID, APR_EGENERAL,
                              "%d problems", report.problems);
    }
    return APR_SUCCESS;
}
