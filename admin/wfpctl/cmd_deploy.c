/* SPDX-License-Identifier: Apache-2.0 */
/*
 * wfpctl deploy [NS/]NAME PATH: read, check, store, in this order; a refused
 * Worker changes nothing.
 */
#include <apr_strings.h>
#include <string.h>

#include "admin/upload.h"
#include "admin/wfpctl/args.h"
#include "admin/wfpctl/cmd.h"
#include "admin/wfpctl/folder.h"
#include "admin/wfpctl/print.h"
#include "admin/wfpctl/seal.h"
#include "core/binding_json.h"
#include "core/json.h"
#include "core/name.h"
#include "core/point.h"
#include "core/rate.h"
#include "lua_runtime/run.h"
#include "store/scripts.h"
#include "store/versions.h"

static wfp_binding_t *push_binding(wfp_script_t *script, wfp_binding_e kind,
                                   const char *name)
{
    wfp_binding_t *b = apr_array_push(script->bindings);

    memset(b, 0, sizeof(*b));
    b->kind = kind;
    b->name = name;
    return b;
}

static void set_text(wfp_binding_t *b, const char *text)
{
    b->text = text;
    b->text_size = strlen(text);
}

/* ID:LIMIT/PERIOD */
static apr_status_t set_rate(wfp_binding_t *b, wfp_cmd_t *cmd, char *value)
{
    char *rule = strrchr(value, ':');
    wfp_rate_rule_t unused;

    if (rule) {
        *rule++ = '\0';
    }
    if (!rule || !wfp_rate_is_id(value) || !wfp_rate_read(&unused, rule)) {
        return wfp_result_set(&cmd->res, WFP_INVALID, APR_EINVAL,
                              "binding %s: use ratelimit:NAME=NAMESPACE_ID:"
                              "LIMIT/PERIOD, with a period of 10 or 60 seconds",
                              b->name);
    }
    b->target = value;
    set_text(b, rule);
    return APR_SUCCESS;
}

/* WORKER[,PROPS]; props are read as those of the API's metadata are */
static apr_status_t set_service(wfp_binding_t *b, wfp_cmd_t *cmd, char *value)
{
    char *text = strchr(value, ',');
    apr_pool_t *p = cmd->pool;
    wfp_json_t *props, *one, *arr;
    apr_array_header_t *read;
    apr_status_t rv;

    b->target = value;
    if (!text) {
        return APR_SUCCESS;
    }
    *text++ = '\0';
    rv = wfp_json_read(&props, text, strlen(text), &cmd->res, p);
    if (rv != APR_SUCCESS) {
        return wfp_result_set(&cmd->res, WFP_INVALID, APR_EINVAL,
                              "binding %s: props: %s", b->name,
                              cmd->res.message);
    }
    arr = wfp_json_array(p);
    one = wfp_json_object(p);
    wfp_json_set_str(one, "type", wfp_binding_kind_name(b->kind));
    wfp_json_set_str(one, "name", b->name);
    wfp_json_set_str(one, "service", value);
    wfp_json_set(one, "props", props);
    wfp_json_add(arr, one);
    rv = wfp_binding_json_read(&read, arr, &cmd->res, p);
    if (rv == APR_SUCCESS) {
        *b = APR_ARRAY_IDX(read, 0, wfp_binding_t);
    }
    return rv;
}

static apr_status_t set_dataset(wfp_binding_t *b, wfp_cmd_t *cmd,
                                const char *value)
{
    if (!wfp_point_is_dataset(value)) {
        return wfp_result_set(&cmd->res, WFP_INVALID, APR_EINVAL,
                              "binding %s: '%s' is not a dataset's name",
                              b->name, value);
    }
    b->target = value;
    return APR_SUCCESS;
}

static apr_status_t set_secret(wfp_binding_t *b, wfp_cmd_t *cmd,
                               const wfp_script_t *script, const char *value)
{
    const char *sealed = value; /* a server elsewhere seals it itself */
    apr_status_t rv = cmd->remote
                          ? APR_SUCCESS
                          : wfp_seal_secret(&sealed, cmd, script->ns,
                                            script->name, b->name, value);

    if (rv == APR_SUCCESS) {
        set_text(b, sealed);
    }
    return rv;
}

/* TYPE:NAME[=VALUE] */
static apr_status_t add_binding(wfp_script_t *script, wfp_cmd_t *cmd,
                                const char *text)
{
    char *type = apr_pstrdup(cmd->pool, text);
    char *name = strchr(type, ':');
    char *value = name ? strchr(name, '=') : NULL;
    wfp_binding_t *b;
    wfp_binding_e kind;

    if (!name) {
        return wfp_args_usage(cmd, "--binding '%s': use TYPE:NAME=VALUE", text);
    }
    *name++ = '\0';
    if (value) {
        *value++ = '\0';
    }
    kind = wfp_binding_kind_by_name(type);
    if (kind == WFP_BINDING_KIND_COUNT) {
        return wfp_result_set(&cmd->res, WFP_INVALID, APR_EINVAL,
                              "binding %s: type '%s' is not supported", name,
                              type);
    }
    if (!value && kind != WFP_BINDING_VERSION_METADATA
        && kind != WFP_BINDING_ASSETS) {
        return wfp_args_usage(cmd, "--binding '%s': use TYPE:NAME=VALUE", text);
    }
    b = push_binding(script, kind, name);
    switch (kind) {
    case WFP_BINDING_SERVICE:
        return set_service(b, cmd, value);
    case WFP_BINDING_ANALYTICS:
        return set_dataset(b, cmd, value);
    case WFP_BINDING_RATELIMIT:
        return set_rate(b, cmd, value);
    case WFP_BINDING_SECRET_TEXT:
        return set_secret(b, cmd, script, value);
    case WFP_BINDING_ASSETS:
    case WFP_BINDING_VERSION_METADATA:
        return APR_SUCCESS; /* they have no value */
    default:
        if (wfp_binding_kind_target(kind) != WFP_TARGET_NONE) {
            b->target = value;
        }
        else {
            set_text(b, value);
        }
        return APR_SUCCESS;
    }
}

/* The outbound Worker of the dispatch_namespace bindings. */
static apr_status_t set_outbound(wfp_script_t *script, wfp_cmd_t *cmd)
{
    const char *text = wfp_args_option(cmd, "outbound");
    wfp_outbound_t outbound;
    int i, count = 0;
    apr_status_t rv;

    if (!text) {
        return APR_SUCCESS;
    }
    rv = wfp_args_outbound(&outbound, cmd, text, 0);
    for (i = 0; rv == APR_SUCCESS && i < script->bindings->nelts; i++) {
        wfp_binding_t *b = &APR_ARRAY_IDX(script->bindings, i, wfp_binding_t);

        if (b->kind == WFP_BINDING_DISPATCH_NAMESPACE) {
            b->outbound = outbound;
            count++;
        }
    }
    if (rv == APR_SUCCESS && count == 0) {
        return wfp_args_usage(cmd, "--outbound belongs to a binding "
                                   "dispatch_namespace:NAME=NAMESPACE");
    }
    return rv;
}

/* As metadata's "egress". */
static apr_status_t set_egress(wfp_script_t *script, wfp_cmd_t *cmd)
{
    wfp_json_t *settings = wfp_json_object(cmd->pool);
    wfp_egress_e egress = WFP_EGRESS_DIRECT;
    apr_status_t rv = wfp_args_egress(&egress, cmd);

    if (rv == APR_SUCCESS && wfp_args_option(cmd, "egress")) {
        wfp_json_set_str(settings, "egress", wfp_script_egress_word(egress));
        script->settings = wfp_json_text(settings, cmd->pool);
    }
    return rv;
}

apr_status_t wfp_cmd_deploy_options(wfp_cmd_t *cmd)
{
    wfp_script_t *script = cmd->script;
    int i;
    apr_status_t rv;

    wfp_args_worker(&script->ns, &script->name, cmd, 0);
    rv = wfp_args_limits(&script->limits, cmd);

    for (i = 0; rv == APR_SUCCESS && i < cmd->options->nelts; i++) {
        const wfp_param_t *option = &APR_ARRAY_IDX(cmd->options, i,
                                                   wfp_param_t);

        if (strcmp(option->name, "binding") == 0) {
            rv = add_binding(script, cmd, option->value);
        }
        else if (strcmp(option->name, "var") == 0) {
            const char *name, *value;

            rv = wfp_args_pair(&name, &value, cmd, "var", option->value);
            if (rv == APR_SUCCESS) {
                set_text(push_binding(script, WFP_BINDING_PLAIN_TEXT, name),
                         value);
            }
        }
        else if (strcmp(option->name, "tag") == 0) {
            APR_ARRAY_PUSH(script->tags, const char *) = option->value;
        }
    }
    rv = rv == APR_SUCCESS ? set_egress(script, cmd) : rv;
    return rv == APR_SUCCESS ? set_outbound(script, cmd) : rv;
}

static void print_deployed(const wfp_cmd_t *cmd, const wfp_script_t *script,
                           apr_int64_t startup_us)
{
    wfp_json_t *doc = wfp_json_object(cmd->pool);

    wfp_print_line(cmd,
                   "Deployed %s%s%s version %" APR_INT64_T_FMT
                   " (%s), start-up %d.%03d ms",
                   script->ns, *script->ns ? "/" : "", script->name,
                   script->number, script->version_id, (int)startup_us / 1000,
                   (int)startup_us % 1000);
    wfp_json_set_str(doc, "namespace", script->ns);
    wfp_json_set_str(doc, "name", script->name);
    wfp_json_set_str(doc, "version_id", script->version_id);
    wfp_json_set_int(doc, "number", script->number);
    wfp_json_set_int(doc, "stamp", script->stamp);
    wfp_json_set_int(doc, "startup_time_ms", (startup_us + 999) / 1000);
    wfp_print_json(cmd, doc);
}

/* The caller's files may be closed to the store's owner. */
apr_status_t wfp_cmd_deploy_read(wfp_cmd_t *cmd)
{
    cmd->script = wfp_script_make(cmd->pool);
    return wfp_folder_read(cmd->script, wfp_args_at(cmd, 1), &cmd->res,
                           cmd->pool);
}

apr_status_t wfp_cmd_deploy_run(wfp_cmd_t *cmd)
{
    wfp_script_t *script = cmd->script;
    const char *message = wfp_args_option(cmd, "message");
    wfp_put_t put = { .script = script,
                      .message = message ? message : "",
                      .actor = wfp_cmd_actor(),
                      .keep = 1u << WFP_BINDING_SECRET_TEXT,
                      .versions_kept = cmd->config.versions_kept };
    /* one top level: to count it costs less than to learn the machine's speed */
    wfp_runtime_t runtime = { .exact_metering = 1 };
    wfp_upload_seen_t seen = { 0 };
    apr_status_t rv;

    if (wfp_args_option(cmd, "assets")) {
        return wfp_args_usage(cmd, "--assets goes by the REST API: --url and "
                                   "--token");
    }
    rv = wfp_cmd_deploy_options(cmd);
    if (rv == APR_SUCCESS) {
        rv = wfp_run_child_init(&runtime, &cmd->res);
    }
    if (rv == APR_SUCCESS) {
        rv = wfp_upload_check(script, &cmd->config.limits, &runtime, &seen,
                              &cmd->res, cmd->pool);
    }
    if (rv == APR_SUCCESS) {
        rv = wfp_scripts_put(cmd->store, &put, &cmd->res, cmd->pool);
    }
    if (rv == APR_SUCCESS) {
        print_deployed(cmd, script, seen.startup_us);
    }
    return rv;
}
