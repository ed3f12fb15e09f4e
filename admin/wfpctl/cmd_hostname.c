/* SPDX-License-Identifier: Apache-2.0 */
/*
 * wfpctl hostname list|put|delete: which Worker serves a host. Servers follow
 * the log of changes.
 */
#include <limits.h>
#include <string.h>

#include "admin/show.h"
#include "admin/wfpctl/args.h"
#include "admin/wfpctl/cmd.h"
#include "admin/wfpctl/docs.h"
#include "admin/wfpctl/print.h"
#include "store/hostnames.h"

apr_status_t wfp_cmd_hostname_metadata(wfp_json_t **pmetadata, wfp_cmd_t *cmd)
{
    const char *text = wfp_args_option(cmd, "metadata");
    apr_status_t rv;

    *pmetadata = NULL;
    if (!text) {
        return APR_SUCCESS;
    }
    rv = wfp_json_read(pmetadata, text, strlen(text), &cmd->res, cmd->pool);
    return rv == APR_SUCCESS ? rv
                             : wfp_result_set(&cmd->res, WFP_INVALID, rv,
                                              "metadata: %s", cmd->res.message);
}

apr_status_t wfp_cmd_hostname_list(wfp_cmd_t *cmd)
{
    wfp_json_t *doc = wfp_json_array(cmd->pool);
    apr_array_header_t *list;
    apr_int64_t total;
    int i;
    apr_status_t rv = wfp_hostnames_list(&list, &total, cmd->store, 0, INT_MAX,
                                         &cmd->res, cmd->pool);

    for (i = 0; rv == APR_SUCCESS && i < list->nelts; i++) {
        wfp_json_add(doc,
                     wfp_show_hostname(APR_ARRAY_IDX(list, i, wfp_hostname_t *),
                                       cmd->pool));
    }
    if (rv == APR_SUCCESS) {
        wfp_docs_hostnames(cmd, doc);
    }
    return rv;
}

apr_status_t wfp_cmd_hostname_put(wfp_cmd_t *cmd)
{
    wfp_hostname_t host = { .hostname = wfp_args_at(cmd, 0) };
    wfp_json_t *metadata, *doc;
    apr_status_t rv = wfp_cmd_hostname_metadata(&metadata, cmd);

    wfp_args_worker(&host.ns, &host.script, cmd, 1);
    if (rv == APR_SUCCESS) {
        rv = wfp_hostnames_read_metadata(&host.metadata, metadata, &cmd->res,
                                         cmd->pool);
    }
    if (rv == APR_SUCCESS) {
        rv = wfp_hostnames_put(cmd->store, &host, NULL, wfp_cmd_actor(),
                               &cmd->res, cmd->pool);
    }
    if (rv == APR_SUCCESS) {
        doc = wfp_show_hostname(&host, cmd->pool);
        wfp_json_set_int(doc, "stamp", host.stamp);
        wfp_docs_hostname(cmd, doc);
    }
    return rv;
}

apr_status_t wfp_cmd_hostname_delete(wfp_cmd_t *cmd)
{
    const char *name = wfp_args_at(cmd, 0);
    wfp_json_t *doc = wfp_json_object(cmd->pool);
    apr_int64_t stamp;
    apr_status_t rv = wfp_hostnames_delete(&stamp, cmd->store, name, NULL,
                                           wfp_cmd_actor(), &cmd->res,
                                           cmd->pool);

    if (rv == APR_SUCCESS) {
        wfp_print_line(cmd, "Deleted hostname %s", name);
        wfp_json_set_str(doc, "hostname", name);
        wfp_json_set_int(doc, "stamp", stamp);
        wfp_print_json(cmd, doc);
    }
    return rv;
}
