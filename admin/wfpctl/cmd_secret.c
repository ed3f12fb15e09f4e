/* SPDX-License-Identifier: Apache-2.0 */
/*
 * wfpctl secret put|delete. The value comes from stdin, so that it is in no
 * list of processes and no shell's history; one newline at its end is not
 * part of it.
 */
#include <stdio.h>
#include <string.h>

#include "admin/upload.h"
#include "admin/wfpctl/args.h"
#include "admin/wfpctl/cmd.h"
#include "admin/wfpctl/print.h"
#include "admin/wfpctl/seal.h"
#include "store/scripts.h"
#include "store/secrets.h"

apr_status_t wfp_cmd_secret_read(const char **pvalue, wfp_cmd_t *cmd)
{
    /* room for one byte too many, a newline and NUL */
    apr_size_t room = WFP_UPLOAD_VAR_BYTES_MAX + 3;
    char *text = apr_palloc(cmd->pool, room);
    apr_size_t n = fread(text, 1, room - 1, stdin);

    if (ferror(stdin)) {
        return wfp_result_set(&cmd->res, WFP_INVALID, APR_EGENERAL,
                              "the value cannot be read from stdin");
    }
    if (n > 0 && text[n - 1] == '\n') {
        n--;
    }
    text[n] = '\0';
    if (strlen(text) != n) {
        return wfp_result_set(&cmd->res, WFP_INVALID, APR_EINVAL,
                              "the value has a NUL byte");
    }
    if (n == 0) {
        return wfp_result_set(&cmd->res, WFP_INVALID, APR_EINVAL,
                              "no value on stdin");
    }
    *pvalue = text;
    return APR_SUCCESS;
}

/* One more variable or secret must not be one too many. */
static apr_status_t check_room(wfp_cmd_t *cmd, const wfp_secret_t *secret)
{
    wfp_script_t *script;
    int i, vars = 1;
    apr_status_t rv = wfp_scripts_get(&script, cmd->store, secret->ns,
                                      secret->name, &cmd->res, cmd->pool);

    for (i = 0; rv == APR_SUCCESS && i < script->bindings->nelts; i++) {
        const wfp_binding_t *b = &APR_ARRAY_IDX(script->bindings, i,
                                                wfp_binding_t);

        vars += (b->kind == WFP_BINDING_PLAIN_TEXT
                 || b->kind == WFP_BINDING_SECRET_TEXT
                 || b->kind == WFP_BINDING_JSON)
                && strcmp(b->name, secret->key) != 0;
    }
    if (rv == APR_SUCCESS && vars > WFP_UPLOAD_VARS_MAX) {
        return wfp_result_set(&cmd->res, WFP_INVALID, APR_EINVAL,
                              "more than %d variables and secrets",
                              WFP_UPLOAD_VARS_MAX);
    }
    return rv;
}

static void print_done(const wfp_cmd_t *cmd, const char *verb,
                       const wfp_secret_t *secret)
{
    wfp_json_t *doc = wfp_json_object(cmd->pool);

    wfp_print_line(cmd, "%s secret %s of %s%s%s", verb, secret->key, secret->ns,
                   *secret->ns ? "/" : "", secret->name);
    wfp_json_set_str(doc, "name", secret->key);
    wfp_json_set_str(doc, "type", "secret_text");
    wfp_json_set_int(doc, "stamp", secret->stamp);
    wfp_print_json(cmd, doc);
}

apr_status_t wfp_cmd_secret_put(wfp_cmd_t *cmd)
{
    wfp_secret_t secret = { .key = wfp_args_at(cmd, 1),
                            .actor = wfp_cmd_actor(),
                            .versions_kept = cmd->config.versions_kept };
    const char *value = NULL;
    apr_status_t rv;

    wfp_args_worker(&secret.ns, &secret.name, cmd, 0);
    rv = wfp_cmd_secret_read(&value, cmd);
    if (rv == APR_SUCCESS) {
        rv = wfp_seal_secret(&secret.sealed, cmd, secret.ns, secret.name,
                             secret.key, value);
    }
    if (rv == APR_SUCCESS) {
        rv = check_room(cmd, &secret);
    }
    if (rv == APR_SUCCESS) {
        rv = wfp_secrets_put(cmd->store, &secret, &cmd->res, cmd->pool);
    }
    if (rv == APR_SUCCESS) {
        print_done(cmd, "Set", &secret);
    }
    return rv;
}

apr_status_t wfp_cmd_secret_delete(wfp_cmd_t *cmd)
{
    wfp_secret_t secret = { .key = wfp_args_at(cmd, 1),
                            .actor = wfp_cmd_actor(),
                            .versions_kept = cmd->config.versions_kept };
    apr_status_t rv;

    wfp_args_worker(&secret.ns, &secret.name, cmd, 0);
    rv = wfp_secrets_delete(cmd->store, &secret, &cmd->res, cmd->pool);
    if (rv == APR_SUCCESS) {
        print_done(cmd, "Deleted", &secret);
    }
    return rv;
}
