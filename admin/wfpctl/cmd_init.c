/* SPDX-License-Identifier: Apache-2.0 */
/*
 * wfpctl init: schema, key, account id, first admin token. May be run again:
 * what is there stays.
 */
#include <apr_env.h>
#include <apr_file_info.h>
#include <apr_strings.h>
#include <unistd.h>

#include "admin/wfpctl/cmd.h"
#include "admin/wfpctl/print.h"
#include "core/crypto.h"
#include "core/keyring.h"
#include "store/tokens.h"

#define ACCOUNT_BYTES 16

/* Beside a program that was built and not installed lie the sources' files. */
static const char *schema_dir(apr_pool_t *p)
{
    char path[4096];
    char *dir, *slash;
    apr_finfo_t info;
    ssize_t n;

    if (apr_env_get(&dir, "WFP_SCHEMA_DIR", p) == APR_SUCCESS) {
        return dir;
    }
    n = readlink("/proc/self/exe", path, sizeof(path) - 1);
    if (n > 0) {
        path[n] = '\0';
        slash = strrchr(path, '/');
        *slash = '\0';
        dir = apr_pstrcat(p, path, "/../conf/schema", NULL);
        if (apr_stat(&info, dir, APR_FINFO_TYPE, p) == APR_SUCCESS) {
            return dir;
        }
    }
    return WFP_SCHEMA_DIR;
}

static apr_status_t make_account(const char **paccount, wfp_cmd_t *cmd)
{
    unsigned char bytes[ACCOUNT_BYTES];
    const char *wanted = cmd->config.account;
    apr_status_t rv = wfp_crypto_random(bytes, sizeof(bytes));

    if (rv != APR_SUCCESS) {
        return wfp_result_set(&cmd->res, WFP_INTERNAL, rv, "no random bytes");
    }
    if (!wanted) {
        wanted = wfp_crypto_hex(bytes, sizeof(bytes), cmd->pool);
    }
    return wfp_store_setting_once(paccount, cmd->store, "account_id", wanted,
                                  &cmd->res, cmd->pool);
}

/* *psecret NULL: there are tokens already. */
static apr_status_t make_token(const char **psecret, wfp_cmd_t *cmd)
{
    wfp_token_t token = { .name = "admin", .role = "admin" };
    apr_array_header_t *list;
    apr_status_t rv = wfp_tokens_list(&list, cmd->store, &cmd->res, cmd->pool);

    *psecret = NULL;
    if (rv == APR_SUCCESS && list->nelts == 0) {
        rv = wfp_tokens_create(psecret, cmd->store, &token, wfp_cmd_actor(),
                               &cmd->res, cmd->pool);
    }
    return rv;
}

apr_status_t wfp_cmd_init_read(wfp_cmd_t *cmd)
{
    return wfp_store_read_schema(&cmd->schema, cmd->config.driver,
                                 schema_dir(cmd->pool), &cmd->res, cmd->pool);
}

apr_status_t wfp_cmd_init_run(wfp_cmd_t *cmd)
{
    const wfp_ctl_config_t *config = &cmd->config;
    wfp_json_t *doc = wfp_json_object(cmd->pool);
    const char *account, *token;
    int applied, new_key = 0;
    apr_status_t rv;

    rv = wfp_store_open(&cmd->store, config->driver, config->params, 0,
                        &cmd->res, cmd->pool);
    if (rv == APR_SUCCESS) {
        rv = wfp_store_migrate(&applied, cmd->store, cmd->schema, &cmd->res,
                               cmd->pool);
    }
    if (rv != APR_SUCCESS) {
        return rv;
    }
    rv = wfp_keyring_make(config->keyfile, &cmd->res, cmd->pool);
    new_key = rv == APR_SUCCESS;
    if (APR_STATUS_IS_EEXIST(rv)) {
        wfp_result_init(&cmd->res, cmd->pool);
        rv = APR_SUCCESS;
    }
    if (rv == APR_SUCCESS) {
        rv = make_account(&account, cmd);
    }
    if (rv == APR_SUCCESS) {
        rv = make_token(&token, cmd);
    }
    if (rv != APR_SUCCESS) {
        return rv;
    }
    wfp_print_line(cmd, "schema   version %d, %s", WFP_SCHEMA_VERSION,
                   applied ? "made" : "there already");
    wfp_print_line(cmd, "key      %s, %s", config->keyfile,
                   new_key ? "made" : "there already");
    wfp_print_line(cmd, "account  %s", account);
    if (token) {
        wfp_print_line(cmd, "token    %s", token);
        wfp_print_line(cmd, "The token has the role admin. It is shown once.");
    }
    wfp_json_set_int(doc, "schema", WFP_SCHEMA_VERSION);
    wfp_json_set_int(doc, "applied", applied);
    wfp_json_set_str(doc, "keyfile", config->keyfile);
    wfp_json_set_bool(doc, "key_made", new_key);
    wfp_json_set_str(doc, "account", account);
    wfp_json_set_str(doc, "token", token);
    wfp_print_json(cmd, doc);
    return APR_SUCCESS;
}
