/* SPDX-License-Identifier: Apache-2.0 */
/*
 * wfpctl token create|list|revoke.
 */
#include <apr_strings.h>
#include <errno.h>
#include <string.h>

#include "admin/show.h"
#include "admin/wfpctl/args.h"
#include "admin/wfpctl/cmd.h"
#include "admin/wfpctl/docs.h"
#include "admin/wfpctl/print.h"
#include "admin/wfpctl/seal.h"
#include "core/name.h"
#include "store/tokens.h"

#define DAYS_MAX 36500

/* All values of an option that names something. */
static apr_status_t read_names(apr_array_header_t **pnames, wfp_cmd_t *cmd,
                               const char *which)
{
    int i;

    *pnames = apr_array_make(cmd->pool, 2, sizeof(const char *));
    for (i = 0; i < cmd->options->nelts; i++) {
        const wfp_param_t *option = &APR_ARRAY_IDX(cmd->options, i,
                                                   wfp_param_t);

        if (strcmp(option->name, which) != 0) {
            continue;
        }
        if (!wfp_name_is_valid(option->value, strlen(option->value))) {
            return wfp_result_set(&cmd->res, WFP_INVALID, APR_EINVAL,
                                  "%s '%s' is no name", which, option->value);
        }
        APR_ARRAY_PUSH(*pnames, const char *) = option->value;
    }
    return APR_SUCCESS;
}

static apr_status_t check_s3(const wfp_token_t *token, wfp_cmd_t *cmd)
{
    int s3 = wfp_args_option(cmd, "s3") != NULL;

    if (token->buckets->nelts && !s3) {
        return wfp_args_usage(cmd, "--bucket limits an S3 key: --s3");
    }
    if (s3 && token->namespaces->nelts && !token->buckets->nelts) {
        return wfp_args_usage(cmd, "--s3 with --namespace needs --bucket");
    }
    return APR_SUCCESS;
}

apr_status_t wfp_cmd_token_read(wfp_token_t *token, wfp_cmd_t *cmd)
{
    const char *name = wfp_args_option(cmd, "name");
    const char *days = wfp_args_option(cmd, "expires-in");
    apr_status_t rv;

    token->name = name ? name : "";
    token->role = wfp_args_option(cmd, "role");
    if (!token->role) {
        return wfp_args_usage(cmd, "token create needs --role "
                                   "admin|deploy|read");
    }
    rv = read_names(&token->namespaces, cmd, "namespace");
    if (rv == APR_SUCCESS) {
        rv = read_names(&token->buckets, cmd, "bucket");
    }
    if (rv == APR_SUCCESS) {
        rv = check_s3(token, cmd);
    }
    if (rv != APR_SUCCESS) {
        return rv;
    }
    if (days) {
        char *end;
        apr_int64_t n = apr_strtoi64(days, &end, 10);

        if (*end || n < 1 || n > DAYS_MAX) {
            return wfp_args_usage(cmd, "--expires-in: 1 to %d days", DAYS_MAX);
        }
        token->expires = apr_time_now() + apr_time_from_sec(n * 86400);
    }
    return APR_SUCCESS;
}

apr_status_t wfp_cmd_token_create(wfp_cmd_t *cmd)
{
    wfp_token_t token = { 0 };
    wfp_json_t *doc;
    const char *secret, *s3_secret = NULL;
    apr_status_t rv = wfp_cmd_token_read(&token, cmd);

    if (rv == APR_SUCCESS && wfp_args_option(cmd, "s3")) {
        rv = wfp_seal_token(&s3_secret, &token, cmd);
    }
    if (rv == APR_SUCCESS) {
        rv = wfp_tokens_create(&secret, cmd->store, &token, wfp_cmd_actor(),
                               &cmd->res, cmd->pool);
    }
    if (rv != APR_SUCCESS) {
        return rv;
    }
    doc = wfp_show_token(&token, cmd->pool);
    wfp_json_set_str(doc, "token", secret);
    if (s3_secret) {
        wfp_json_set_str(doc, "access_key_id", token.id);
        wfp_json_set_str(doc, "secret_access_key", s3_secret);
    }
    wfp_docs_token(cmd, doc);
    return APR_SUCCESS;
}

apr_status_t wfp_cmd_token_list(wfp_cmd_t *cmd)
{
    wfp_json_t *doc = wfp_json_array(cmd->pool);
    apr_array_header_t *list;
    int i;
    apr_status_t rv = wfp_tokens_list(&list, cmd->store, &cmd->res, cmd->pool);

    for (i = 0; rv == APR_SUCCESS && i < list->nelts; i++) {
        const wfp_token_t *token = APR_ARRAY_IDX(list, i, wfp_token_t *);

        wfp_json_add(doc, wfp_show_token(token, cmd->pool));
    }
    if (rv == APR_SUCCESS) {
        wfp_docs_tokens(cmd, doc);
    }
    return rv;
}

apr_status_t wfp_cmd_token_revoke(wfp_cmd_t *cmd)
{
    const char *id = wfp_args_at(cmd, 0);
    wfp_json_t *doc = wfp_json_object(cmd->pool);
    apr_status_t rv = wfp_tokens_revoke(cmd->store, id, wfp_cmd_actor(),
                                        &cmd->res, cmd->pool);

    if (rv == APR_SUCCESS) {
        wfp_print_line(cmd, "Revoked %s", id);
        wfp_json_set_str(doc, "id", id);
        wfp_print_json(cmd, doc);
    }
    return rv;
}
