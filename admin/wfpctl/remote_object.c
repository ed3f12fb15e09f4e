/* SPDX-License-Identifier: Apache-2.0 */
/*
 * wfpctl namespace, hostname and token by a server's REST API.
 */
#include <apr_strings.h>
#include <string.h>

#include "admin/show.h"
#include "admin/wfpctl/args.h"
#include "admin/wfpctl/docs.h"
#include "admin/wfpctl/print.h"
#include "admin/wfpctl/remote.h"
#include "core/settings_json.h"

#define NAMESPACES "/workers/dispatch/namespaces"
#define HOSTNAMES  "/hostnames"
#define TOKENS     "/tokens"

static const char *path_of(const wfp_cmd_t *cmd, const char *all)
{
    return apr_pstrcat(cmd->pool, all, "/",
                       wfp_remote_part(cmd, wfp_args_at(cmd, 0)), NULL);
}

/* --- namespaces --------------------------------------------------------------- */

/* "off" alone takes all away. */
static void add_targets(wfp_json_t *doc, const wfp_cmd_t *cmd,
                        const char *option, const char *key)
{
    apr_array_header_t *list = wfp_args_all(cmd, option);

    if (list && list->nelts == 1
        && strcmp(APR_ARRAY_IDX(list, 0, const char *), "off") == 0) {
        list->nelts = 0;
    }
    if (list) {
        wfp_json_set(doc, key, wfp_print_texts(list, cmd));
    }
}

static apr_status_t add_outbound(wfp_json_t *doc, wfp_cmd_t *cmd)
{
    const char *text = wfp_args_option(cmd, "outbound");
    wfp_outbound_t outbound = { 0 };
    apr_status_t rv = APR_SUCCESS;

    if (!text) {
        return APR_SUCCESS;
    }
    if (strcmp(text, "off") != 0) {
        rv = wfp_args_outbound(&outbound, cmd, text, 1);
    }
    wfp_json_set(doc, "outbound",
                 wfp_settings_json_write_outbound(&outbound, cmd->pool));
    return rv;
}

/* What the options say on top of the limits that are set. */
static apr_status_t add_limits(wfp_json_t *doc, wfp_cmd_t *cmd,
                               const wfp_json_t *before)
{
    wfp_limits_t limits;
    apr_status_t rv;

    if (!wfp_args_option(cmd, "limit")) {
        return APR_SUCCESS;
    }
    rv = wfp_settings_json_read_limits(&limits, before, NULL, &cmd->res,
                                       cmd->pool);
    if (rv == APR_SUCCESS) {
        rv = wfp_args_limits(&limits, cmd);
    }
    if (rv == APR_SUCCESS) {
        wfp_json_set(doc, "limits",
                     wfp_settings_json_write_limits(&limits, cmd->pool));
    }
    return rv;
}

static apr_status_t add_settings(wfp_json_t *doc, wfp_cmd_t *cmd,
                                 const wfp_json_t *limits)
{
    wfp_egress_e egress = WFP_EGRESS_DIRECT;
    apr_status_t rv = add_outbound(doc, cmd);

    if (rv == APR_SUCCESS) {
        rv = add_limits(doc, cmd, limits);
    }
    if (rv == APR_SUCCESS) {
        rv = wfp_args_egress(&egress, cmd);
    }
    if (rv == APR_SUCCESS && wfp_args_option(cmd, "egress")) {
        wfp_json_set_str(doc, "egress", wfp_script_egress_word(egress));
    }
    add_targets(doc, cmd, "egress-allow", "egress_allow");
    add_targets(doc, cmd, "egress-deny", "egress_deny");
    if (wfp_args_option(cmd, "trusted")) {
        wfp_json_set_bool(doc, "trusted_workers", 1);
    }
    if (wfp_args_option(cmd, "no-trusted")) {
        wfp_json_set_bool(doc, "trusted_workers", 0);
    }
    return rv;
}

apr_status_t wfp_remote_namespace_create(wfp_cmd_t *cmd)
{
    wfp_json_t *doc = wfp_json_object(cmd->pool), *made;
    apr_status_t rv = add_settings(doc, cmd, NULL);

    wfp_json_set_str(doc, "name", wfp_args_at(cmd, 0));
    if (rv == APR_SUCCESS) {
        rv = wfp_remote_call(&made, cmd, "POST", NAMESPACES, doc);
    }
    if (rv == APR_SUCCESS) {
        wfp_print_line(cmd, "Created namespace %s", wfp_args_at(cmd, 0));
        wfp_print_json(cmd, made);
    }
    return rv;
}

apr_status_t wfp_remote_namespace_set(wfp_cmd_t *cmd)
{
    const char *path = path_of(cmd, NAMESPACES);
    wfp_json_t *doc = wfp_json_object(cmd->pool), *ns;
    apr_status_t rv = wfp_remote_call(&ns, cmd, "GET", path, NULL);

    if (rv == APR_SUCCESS) {
        rv = add_settings(doc, cmd, wfp_json_get(ns, "limits", cmd->pool));
    }
    if (rv == APR_SUCCESS) {
        rv = wfp_remote_call(&ns, cmd, "PATCH", path, doc);
    }
    if (rv == APR_SUCCESS) {
        wfp_print_line(cmd, "Changed namespace %s", wfp_args_at(cmd, 0));
        wfp_print_json(cmd, ns);
    }
    return rv;
}

apr_status_t wfp_remote_namespace_list(wfp_cmd_t *cmd)
{
    wfp_json_t *list;
    apr_status_t rv = wfp_remote_call(&list, cmd, "GET", NAMESPACES, NULL);

    if (rv == APR_SUCCESS) {
        wfp_docs_names(cmd, list, "namespace_name");
    }
    return rv;
}

apr_status_t wfp_remote_namespace_delete(wfp_cmd_t *cmd)
{
    wfp_json_t *doc = wfp_json_object(cmd->pool);
    apr_status_t rv = wfp_remote_call(NULL, cmd, "DELETE",
                                      path_of(cmd, NAMESPACES), NULL);

    if (rv == APR_SUCCESS) {
        wfp_print_line(cmd, "Deleted namespace %s and its Workers",
                       wfp_args_at(cmd, 0));
        wfp_json_set_str(doc, "namespace_name", wfp_args_at(cmd, 0));
        wfp_print_json(cmd, doc);
    }
    return rv;
}

/* --- hostnames -------------------------------------------------------------- */

static apr_status_t add_hostnames(wfp_cmd_t *cmd, void *all,
                                  const wfp_json_t *list)
{
    apr_size_t i;

    for (i = 0; i < wfp_json_size(list); i++) {
        wfp_json_add(all, wfp_json_at(list, i, cmd->pool));
    }
    return APR_SUCCESS;
}

apr_status_t wfp_remote_hostname_list(wfp_cmd_t *cmd)
{
    wfp_json_t *all = wfp_json_array(cmd->pool);
    apr_status_t rv = wfp_remote_pages(cmd, HOSTNAMES "?per_page=1000", NULL,
                                       add_hostnames, all);

    if (rv == APR_SUCCESS) {
        wfp_docs_hostnames(cmd, all);
    }
    return rv;
}

apr_status_t wfp_remote_hostname_put(wfp_cmd_t *cmd)
{
    wfp_json_t *doc = wfp_json_object(cmd->pool), *metadata, *host;
    const char *ns, *name;
    apr_status_t rv = wfp_cmd_hostname_metadata(&metadata, cmd);

    wfp_args_worker(&ns, &name, cmd, 1);
    wfp_json_set_str(doc, "namespace", *ns ? ns : NULL);
    wfp_json_set_str(doc, "script", name);
    if (rv == APR_SUCCESS && metadata) {
        wfp_json_set(doc, "metadata", metadata);
    }
    if (rv == APR_SUCCESS) {
        rv = wfp_remote_call(&host, cmd, "PUT", path_of(cmd, HOSTNAMES), doc);
    }
    if (rv == APR_SUCCESS) {
        wfp_docs_hostname(cmd, host);
    }
    return rv;
}

apr_status_t wfp_remote_hostname_delete(wfp_cmd_t *cmd)
{
    wfp_json_t *doc = wfp_json_object(cmd->pool);
    apr_status_t rv = wfp_remote_call(NULL, cmd, "DELETE",
                                      path_of(cmd, HOSTNAMES), NULL);

    if (rv == APR_SUCCESS) {
        wfp_print_line(cmd, "Deleted hostname %s", wfp_args_at(cmd, 0));
        wfp_json_set_str(doc, "hostname", wfp_args_at(cmd, 0));
        wfp_print_json(cmd, doc);
    }
    return rv;
}

/* --- tokens --------------------------------------------------------------------- */

apr_status_t wfp_remote_token_create(wfp_cmd_t *cmd)
{
    static const char *const keys[] = { "id",
                                        "name",
                                        "role",
                                        "namespaces",
                                        "s3",
                                        "buckets",
                                        "created_on",
                                        "expires_on",
                                        "access_key_id",
                                        "secret_access_key" };
    wfp_json_t *doc = wfp_json_object(cmd->pool), *made;
    wfp_json_t *shown = wfp_json_object(cmd->pool);
    wfp_token_t token = { 0 };
    apr_size_t i;
    apr_status_t rv = wfp_cmd_token_read(&token, cmd);

    if (rv != APR_SUCCESS) {
        return rv;
    }
    wfp_json_set_str(doc, "name", token.name);
    wfp_json_set_str(doc, "role", token.role);
    wfp_json_set(doc, "namespaces", wfp_print_texts(token.namespaces, cmd));
    if (wfp_args_option(cmd, "s3")) {
        wfp_json_set_bool(doc, "s3", 1);
        wfp_json_set(doc, "buckets", wfp_print_texts(token.buckets, cmd));
    }
    if (token.expires) {
        wfp_json_set_str(doc, "expires_on",
                         wfp_show_time(token.expires, cmd->pool));
    }
    rv = wfp_remote_call(&made, cmd, "POST", TOKENS, doc);
    if (rv == APR_SUCCESS) {
        for (i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
            wfp_json_t *v = wfp_json_get(made, keys[i], cmd->pool);

            if (v) {
                wfp_json_set(shown, keys[i], v);
            }
        }
        wfp_json_set(shown, "token", wfp_json_get(made, "value", cmd->pool));
        wfp_docs_token(cmd, shown);
    }
    return rv;
}

apr_status_t wfp_remote_token_list(wfp_cmd_t *cmd)
{
    wfp_json_t *list;
    apr_status_t rv = wfp_remote_call(&list, cmd, "GET", TOKENS, NULL);

    if (rv == APR_SUCCESS) {
        wfp_docs_tokens(cmd, list);
    }
    return rv;
}

apr_status_t wfp_remote_token_revoke(wfp_cmd_t *cmd)
{
    wfp_json_t *doc = wfp_json_object(cmd->pool);
    apr_status_t rv = wfp_remote_call(NULL, cmd, "DELETE", path_of(cmd, TOKENS),
                                      NULL);

    if (rv == APR_SUCCESS) {
        wfp_print_line(cmd, "Revoked %s", wfp_args_at(cmd, 0));
        wfp_json_set_str(doc, "id", wfp_args_at(cmd, 0));
        wfp_print_json(cmd, doc);
    }
    return rv;
}
