/* SPDX-License-Identifier: Apache-2.0 */
/*
 * wfpctl namespace create|set|list|delete.
 */
#include <string.h>

#include "admin/show.h"
#include "admin/wfpctl/args.h"
#include "admin/wfpctl/cmd.h"
#include "admin/wfpctl/docs.h"
#include "admin/wfpctl/print.h"
#include "outbound/policy.h"
#include "store/namespaces.h"

static apr_status_t read_egress(wfp_namespace_t *ns, wfp_cmd_t *cmd)
{
    apr_status_t rv = wfp_args_egress(&ns->egress, cmd);

    if (rv != APR_SUCCESS) {
        return rv;
    }
    if (ns->egress == WFP_EGRESS_OUTBOUND && !ns->outbound.service) {
        return wfp_result_set(&cmd->res, WFP_INVALID, APR_EINVAL,
                              "egress outbound needs an outbound Worker");
    }
    return APR_SUCCESS;
}

/* All targets of an option in the place of what was there; "off": none. */
static apr_status_t read_targets(apr_array_header_t **plist, wfp_cmd_t *cmd,
                                 const char *option)
{
    apr_array_header_t *list = wfp_args_all(cmd, option);
    wfp_policy_t *policy = wfp_policy_make(cmd->pool);
    apr_status_t rv = APR_SUCCESS;
    int i;

    if (!list) {
        return APR_SUCCESS;
    }
    *plist = list;
    if (list->nelts == 1
        && strcmp(APR_ARRAY_IDX(list, 0, const char *), "off") == 0) {
        list->nelts = 0;
    }
    for (i = 0; rv == APR_SUCCESS && i < list->nelts; i++) {
        rv = wfp_policy_add(policy, 1, APR_ARRAY_IDX(list, i, const char *),
                            &cmd->res);
    }
    return rv;
}

/* The settings of create and set. Where nobody says where subrequests may go
 * a new outbound Worker is their only way. */
static apr_status_t read_settings(wfp_namespace_t *ns, wfp_cmd_t *cmd)
{
    const char *outbound = wfp_args_option(cmd, "outbound");
    apr_status_t rv = wfp_args_limits(&ns->limits, cmd);

    if (rv != APR_SUCCESS) {
        return rv;
    }
    if (wfp_args_option(cmd, "trusted")) {
        ns->trusted_workers = 1;
    }
    if (wfp_args_option(cmd, "no-trusted")) {
        ns->trusted_workers = 0;
    }
    if (outbound && strcmp(outbound, "off") == 0) {
        ns->outbound.service = NULL;
        if (ns->egress == WFP_EGRESS_OUTBOUND) {
            ns->egress = WFP_EGRESS_DIRECT;
        }
    }
    else if (outbound) {
        rv = wfp_args_outbound(&ns->outbound, cmd, outbound, 1);
        if (ns->egress == WFP_EGRESS_DIRECT) {
            ns->egress = WFP_EGRESS_OUTBOUND;
        }
    }
    if (rv == APR_SUCCESS) {
        rv = read_targets(&ns->egress_allow, cmd, "egress-allow");
    }
    if (rv == APR_SUCCESS) {
        rv = read_targets(&ns->egress_deny, cmd, "egress-deny");
    }
    return rv == APR_SUCCESS ? read_egress(ns, cmd) : rv;
}

apr_status_t wfp_cmd_namespace_create(wfp_cmd_t *cmd)
{
    wfp_namespace_t ns = { .name = wfp_args_at(cmd, 0) };
    apr_status_t rv;

    wfp_limits_clear(&ns.limits);
    rv = read_settings(&ns, cmd);
    if (rv == APR_SUCCESS) {
        rv = wfp_namespaces_create(cmd->store, &ns, wfp_cmd_actor(), &cmd->res,
                                   cmd->pool);
    }
    if (rv == APR_SUCCESS) {
        wfp_print_line(cmd, "Created namespace %s (%s)", ns.name, ns.id);
        wfp_print_json(cmd, wfp_show_namespace(&ns, cmd->pool));
    }
    return rv;
}

apr_status_t wfp_cmd_namespace_set(wfp_cmd_t *cmd)
{
    wfp_namespace_t *ns;
    apr_status_t rv = wfp_namespaces_get(&ns, cmd->store, wfp_args_at(cmd, 0),
                                         &cmd->res, cmd->pool);

    if (rv == APR_SUCCESS) {
        rv = read_settings(ns, cmd);
    }
    if (rv == APR_SUCCESS) {
        rv = wfp_namespaces_update(cmd->store, ns, NULL, wfp_cmd_actor(),
                                   &cmd->res, cmd->pool);
    }
    if (rv == APR_SUCCESS) {
        wfp_print_line(cmd, "Changed namespace %s", ns->name);
        wfp_print_json(cmd, wfp_show_namespace(ns, cmd->pool));
    }
    return rv;
}

apr_status_t wfp_cmd_namespace_list(wfp_cmd_t *cmd)
{
    wfp_json_t *doc = wfp_json_array(cmd->pool);
    apr_array_header_t *list;
    int i;
    apr_status_t rv = wfp_namespaces_list(&list, cmd->store, &cmd->res,
                                          cmd->pool);

    for (i = 0; rv == APR_SUCCESS && i < list->nelts; i++) {
        const wfp_namespace_t *ns = APR_ARRAY_IDX(list, i, wfp_namespace_t *);

        wfp_json_add(doc, wfp_show_namespace(ns, cmd->pool));
    }
    if (rv == APR_SUCCESS) {
        wfp_docs_names(cmd, doc, "namespace_name");
    }
    return rv;
}

apr_status_t wfp_cmd_namespace_delete(wfp_cmd_t *cmd)
{
    const char *name = wfp_args_at(cmd, 0);
    wfp_json_t *doc = wfp_json_object(cmd->pool);
    apr_int64_t stamp;
    apr_status_t rv = wfp_namespaces_delete(&stamp, cmd->store, name, NULL,
                                            wfp_cmd_actor(), &cmd->res,
                                            cmd->pool);

    if (rv == APR_SUCCESS) {
        wfp_print_line(cmd, "Deleted namespace %s and its Workers", name);
        wfp_json_set_str(doc, "namespace_name", name);
        wfp_json_set_int(doc, "stamp", stamp);
        wfp_print_json(cmd, doc);
    }
    return rv;
}
