/* SPDX-License-Identifier: Apache-2.0 */
/*
 * wfpctl list|get|delete.
 */
#include <apr_strings.h>

#include "admin/wfpctl/args.h"
#include "admin/wfpctl/cmd.h"
#include "admin/wfpctl/docs.h"
#include "admin/wfpctl/print.h"
#include "core/binding_json.h"
#include "core/settings_json.h"
#include "store/scripts.h"

apr_status_t wfp_cmd_worker_list(wfp_cmd_t *cmd)
{
    const char *ns = cmd->args->nelts ? wfp_args_at(cmd, 0) : WFP_ACCOUNT_NS;
    wfp_json_t *doc = wfp_json_array(cmd->pool);
    apr_array_header_t *list;
    int i;
    apr_status_t rv = wfp_scripts_list(&list, cmd->store, ns, &cmd->res,
                                       cmd->pool);

    for (i = 0; rv == APR_SUCCESS && i < list->nelts; i++) {
        const wfp_script_info_t *info = APR_ARRAY_IDX(list, i,
                                                      wfp_script_info_t *);
        wfp_json_t *row = wfp_json_object(cmd->pool);

        wfp_json_set_str(row, "name", info->name);
        wfp_json_set_str(row, "version_id", info->version_id);
        wfp_json_set_int(row, "number", info->number);
        wfp_json_set_int(row, "stamp", info->stamp);
        wfp_json_set_str(row, "created_on", wfp_print_time(cmd, info->created));
        wfp_json_set_str(row, "modified_on",
                         wfp_print_time(cmd, info->modified));
        wfp_json_set_str(row, "etag", info->etag);
        wfp_json_set(row, "tags", wfp_print_texts(info->tags, cmd));
        wfp_json_add(doc, row);
    }
    if (rv == APR_SUCCESS) {
        wfp_docs_names(cmd, doc, "name");
    }
    return rv;
}

static const char *egress_of(const wfp_cmd_t *cmd, const wfp_script_t *script)
{
    return wfp_script_egress_word(
        wfp_settings_json_egress(script->settings, cmd->pool));
}

apr_status_t wfp_cmd_worker_get(wfp_cmd_t *cmd)
{
    wfp_json_t *doc = wfp_json_object(cmd->pool);
    wfp_json_t *modules = wfp_json_array(cmd->pool);
    wfp_json_t *bindings;
    const char *ns, *name;
    wfp_script_t *script;
    int i;
    apr_status_t rv;

    wfp_args_worker(&ns, &name, cmd, 0);
    rv = wfp_scripts_get(&script, cmd->store, ns, name, &cmd->res, cmd->pool);
    if (rv == APR_SUCCESS) {
        rv = wfp_binding_json_write(&bindings, script->bindings, 0, &cmd->res,
                                    cmd->pool);
    }
    if (rv != APR_SUCCESS) {
        return rv;
    }
    for (i = 0; i < script->modules->nelts; i++) {
        const wfp_module_t *module = &APR_ARRAY_IDX(script->modules, i,
                                                    wfp_module_t);
        wfp_json_t *row = wfp_json_object(cmd->pool);

        wfp_json_set_str(row, "name", module->name);
        wfp_json_set_int(row, "size", (apr_int64_t)module->size);
        wfp_json_add(modules, row);
    }
    wfp_json_set_str(doc, "namespace", script->ns);
    wfp_json_set_str(doc, "name", script->name);
    wfp_json_set_str(doc, "version_id", script->version_id);
    wfp_json_set_int(doc, "number", script->number);
    wfp_json_set_int(doc, "stamp", script->stamp);
    wfp_json_set_str(doc, "created_on", wfp_print_time(cmd, script->created));
    wfp_json_set_str(doc, "main_module", script->main_module);
    wfp_json_set_str(doc, "egress", egress_of(cmd, script));
    wfp_json_set(doc, "modules", modules);
    wfp_json_set(doc, "bindings", bindings);
    wfp_json_set(doc, "tags", wfp_print_texts(script->tags, cmd));
    wfp_json_set(doc, "limits",
                 wfp_settings_json_write_limits(&script->limits, cmd->pool));
    wfp_docs_script(cmd, doc);
    return APR_SUCCESS;
}

apr_status_t wfp_cmd_worker_delete(wfp_cmd_t *cmd)
{
    wfp_json_t *doc = wfp_json_object(cmd->pool);
    wfp_script_delete_t what = { 0 };
    const char *ns, *name;
    apr_int64_t stamp;
    apr_status_t rv;

    wfp_args_worker(&ns, &name, cmd, 0);
    what.ns = ns;
    what.name = name;
    what.force = wfp_args_force(cmd);
    what.actor = wfp_cmd_actor();
    rv = wfp_scripts_delete(&stamp, cmd->store, &what, &cmd->res, cmd->pool);
    if (rv == APR_SUCCESS) {
        wfp_print_line(cmd, "Deleted %s", wfp_args_at(cmd, 0));
        wfp_json_set_str(doc, "namespace", ns);
        wfp_json_set_str(doc, "name", name);
        wfp_json_set_int(doc, "stamp", stamp);
        wfp_print_json(cmd, doc);
    }
    return rv;
}
