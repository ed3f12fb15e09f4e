/* SPDX-License-Identifier: Apache-2.0 */
/*
 * wfpctl versions and rollback.
 */
#include "admin/wfpctl/args.h"
#include "admin/wfpctl/cmd.h"
#include "admin/wfpctl/docs.h"
#include "admin/wfpctl/print.h"
#include "store/deployments.h"
#include "store/versions.h"

apr_status_t wfp_cmd_version_list(wfp_cmd_t *cmd)
{
    wfp_json_t *doc = wfp_json_array(cmd->pool);
    const char *ns, *name;
    apr_array_header_t *list;
    int i;
    apr_status_t rv;

    wfp_args_worker(&ns, &name, cmd, 0);
    rv = wfp_versions_list(&list, cmd->store, ns, name, &cmd->res, cmd->pool);
    for (i = 0; rv == APR_SUCCESS && i < list->nelts; i++) {
        const wfp_version_info_t *v = APR_ARRAY_IDX(list, i,
                                                    wfp_version_info_t *);
        wfp_json_t *row = wfp_json_object(cmd->pool);

        wfp_json_set_str(row, "id", v->id);
        wfp_json_set_int(row, "number", v->number);
        wfp_json_set_str(row, "created_on", wfp_print_time(cmd, v->created));
        wfp_json_set_str(row, "created_by", v->author);
        wfp_json_set_str(row, "source", v->source);
        wfp_json_set_str(row, "message", v->message);
        wfp_json_set_str(row, "tag", v->tag);
        wfp_json_set_str(row, "etag", v->etag);
        wfp_json_set_int(row, "size", v->size);
        wfp_json_set_bool(row, "deployed", v->deployed);
        wfp_json_add(doc, row);
    }
    if (rv == APR_SUCCESS) {
        wfp_docs_versions(cmd, doc);
    }
    return rv;
}

apr_status_t wfp_cmd_version_rollback(wfp_cmd_t *cmd)
{
    const char *id = cmd->args->nelts > 1 ? wfp_args_at(cmd, 1) : NULL;
    wfp_json_t *doc = wfp_json_object(cmd->pool);
    const char *ns, *name;
    wfp_rollout_t deploy = { .version_id = id,
                             .message = "",
                             .actor = wfp_cmd_actor() };
    wfp_deployment_t *done;
    apr_status_t rv;

    wfp_args_worker(&ns, &name, cmd, 0);
    deploy.ns = ns;
    deploy.name = name;
    rv = wfp_deployments_rollback(&done, cmd->store, &deploy, &cmd->res,
                                  cmd->pool);
    if (rv == APR_SUCCESS) {
        wfp_print_line(cmd, "%s runs %s", wfp_args_at(cmd, 0),
                       id ? id : "the version before");
        wfp_json_set_str(doc, "namespace", ns);
        wfp_json_set_str(doc, "name", name);
        wfp_json_set_int(doc, "stamp", done->stamp);
        wfp_print_json(cmd, doc);
    }
    return rv;
}
