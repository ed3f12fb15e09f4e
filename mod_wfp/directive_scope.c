/* SPDX-License-Identifier: Apache-2.0 */
/* Setters of directives that say how a vhost or Location is served.
 * Each refuses a wrong value with a text that says what would be right; httpd
 * adds file and line. Named in the rows of directives.c. */
#include "mod_wfp/directive_scope.h"

#include <apr_fnmatch.h>
#include <apr_strings.h>
#include <string.h>

#include "core/headers.h"
#include "core/name.h"
#include "mod_wfp/config.h"
#include "mod_wfp/directive_value.h"

const char *wfp_directive_scope_dispatcher(cmd_parms *cmd, void *scopev,
                                           const char *arg)
{
    wfp_scope_conf_t *scope = scopev;
    const char *err = wfp_directive_value_in_scope(cmd);

    if (err) {
        return err;
    }
    if (scope->ns || scope->by_path == 1) {
        return wfp_directive_value_refuse(
            cmd, arg, "stands beside WfpNamespace: choose one");
    }
    if (!strcasecmp(arg, "off")) {
        scope->dispatcher = "";
        scope->claim_at = NULL;
        return NULL;
    }
    if (!wfp_name_is_valid(arg, strlen(arg))) {
        return wfp_directive_value_refuse(
            cmd, arg, "is no Worker name: 1 to 63 of A-Z a-z 0-9 _ -");
    }
    scope->dispatcher = arg;
    scope->claim_at = cmd->directive;
    scope->route_path = scope->path;
    return NULL;
}

const char *wfp_directive_scope_namespace(cmd_parms *cmd, void *scopev,
                                          const char *arg)
{
    wfp_scope_conf_t *scope = scopev;
    const char *err = wfp_directive_value_in_scope(cmd);

    if (err) {
        return err;
    }
    if (scope->dispatcher) {
        return wfp_directive_value_refuse(
            cmd, arg, "stands beside WfpDispatcher: choose one");
    }
    if (apr_fnmatch_test(scope->path)) {
        return wfp_directive_value_refuse(
            cmd, arg,
            "stands in a <Location> with wildcards: what is below it names "
            "no Worker, use a plain one");
    }
    if (!strcasecmp(arg, "off")) {
        return wfp_directive_value_refuse(
            cmd, arg, "is no namespace: WfpDispatcher off ends what is around");
    }
    if (!strcasecmp(arg, "by-path")) {
        if (scope->route != WFP_CONF_UNSET && scope->route != WFP_ROUTE_PATH) {
            return wfp_directive_value_refuse(
                cmd, arg,
                "stands beside another WfpRouteBy than path: choose one");
        }
        scope->by_path = 1;
        scope->ns = NULL;
    }
    else if (wfp_name_is_valid(arg, strlen(arg))) {
        scope->by_path = 0;
        scope->ns = arg;
    }
    else {
        return wfp_directive_value_refuse(
            cmd, arg, "is no namespace name: 1 to 63 of A-Z a-z 0-9 _ -");
    }
    scope->claim_at = cmd->directive;
    scope->route_path = scope->path;
    return NULL;
}

const char *wfp_directive_scope_route_by(cmd_parms *cmd, void *scopev,
                                         const char *arg)
{
    wfp_scope_conf_t *scope = scopev;
    const char *err = wfp_directive_value_in_scope(cmd);

    if (err) {
        return err;
    }
    if (!strcasecmp(arg, "subdomain")) {
        scope->route = WFP_ROUTE_SUBDOMAIN;
    }
    else if (!strcasecmp(arg, "path")) {
        scope->route = WFP_ROUTE_PATH;
    }
    else if (!strncasecmp(arg, "header:", 7)
             && wfp_headers_is_name(arg + 7, strlen(arg + 7))) {
        scope->route = WFP_ROUTE_HEADER;
        scope->route_header = arg + 7;
    }
    else if (!strcasecmp(arg, "table")) {
        scope->route = WFP_ROUTE_TABLE;
    }
    else {
        return wfp_directive_value_refuse(
            cmd, arg, "is none of subdomain, path, header:NAME, table");
    }
    if (scope->by_path == 1 && scope->route != WFP_ROUTE_PATH) {
        return wfp_directive_value_refuse(
            cmd, arg, "stands beside WfpNamespace by-path: choose one");
    }
    scope->route_at = cmd->directive;
    return NULL;
}

static int has_param(const wfp_outbound_t *outbound, const char *name,
                     apr_size_t n)
{
    int i;

    for (i = 0; i < outbound->params->nelts; i++) {
        const char *had = APR_ARRAY_IDX(outbound->params, i, wfp_param_t).name;

        if (!strncmp(had, name, n) && had[n] == '\0') {
            return 1;
        }
    }
    return 0;
}

static const char *add_params(cmd_parms *cmd, wfp_outbound_t *outbound,
                              int argc, char *const argv[])
{
    int i;

    for (i = 0; i < argc; i++) {
        wfp_param_t *param;
        const char *eq = strchr(argv[i], '=');

        if (!eq || !wfp_name_is_binding(argv[i], (apr_size_t)(eq - argv[i]))) {
            return wfp_directive_value_refuse(cmd, argv[i],
                                              "is not PARAM=VALUE");
        }
        if (has_param(outbound, argv[i], (apr_size_t)(eq - argv[i]))) {
            return wfp_directive_value_refuse(cmd, argv[i],
                                              "gives a PARAM a second time");
        }
        param = apr_array_push(outbound->params);
        param->name = apr_pstrmemdup(cmd->pool, argv[i],
                                     (apr_size_t)(eq - argv[i]));
        param->value = apr_pstrdup(cmd->pool, eq + 1);
    }
    return NULL;
}

const char *wfp_directive_scope_outbound(cmd_parms *cmd, void *scopev, int argc,
                                         char *const argv[])
{
    wfp_scope_conf_t *scope = scopev;
    wfp_outbound_t *outbound;
    const char *err = wfp_directive_value_in_scope(cmd);

    if (err) {
        return err;
    }
    if (argc < 1) {
        return "WfpOutbound: a Worker name or off is missing";
    }
    outbound = apr_pcalloc(cmd->pool, sizeof(*outbound));
    outbound->params = apr_array_make(cmd->pool, 2, sizeof(wfp_param_t));
    scope->outbound = outbound;
    scope->outbound_at = cmd->directive;
    if (!strcasecmp(argv[0], "off")) {
        return argc == 1 ? NULL
                         : wfp_directive_value_refuse(cmd, argv[1],
                                                      "is nothing beside off");
    }
    if (!wfp_name_is_valid(argv[0], strlen(argv[0]))) {
        return wfp_directive_value_refuse(
            cmd, argv[0], "is no Worker name: 1 to 63 of A-Z a-z 0-9 _ -");
    }
    outbound->service = apr_pstrdup(cmd->pool, argv[0]);
    return add_params(cmd, outbound, argc - 1, argv + 1);
}
