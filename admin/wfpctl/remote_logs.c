/* SPDX-License-Identifier: Apache-2.0 */
/* wfpctl logs by a server's REST API. */
#include <apr_escape.h>
#include <apr_strings.h>

#include "admin/wfpctl/args.h"
#include "admin/wfpctl/logs.h"
#include "admin/wfpctl/remote.h"

static const char *add(const char *path, const char *name, const char *value,
                       wfp_cmd_t *cmd)
{
    return value ? apr_pstrcat(cmd->pool, path, "&", name, "=",
                               wfp_remote_part(cmd, value), NULL)
                 : path;
}

apr_status_t wfp_remote_logs_run(wfp_cmd_t *cmd)
{
    apr_pool_t *p = cmd->pool;
    wfp_log_list_texts_t texts;
    wfp_log_list_t ask;
    const char *ns, *name, *path;
    wfp_json_t *records;
    apr_status_t rv = wfp_logs_read(&ask, &texts, cmd);

    if (rv != APR_SUCCESS) {
        return rv;
    }
    wfp_args_worker(&ns, &name, cmd, 0);
    path = *ns ? apr_pstrcat(p, "/workers/dispatch/namespaces/",
                             wfp_remote_part(cmd, ns), NULL)
               : "/workers";
    path = apr_psprintf(p, "%s/scripts/%s/logs?limit=%" APR_INT64_T_FMT, path,
                        wfp_remote_part(cmd, name), ask.limit);
    path = add(path, "since", texts.since, cmd);
    path = add(path, "outcome", texts.outcome, cmd);
    path = add(path, "level", texts.level, cmd);
    path = add(path, "query", texts.query, cmd);
    rv = wfp_remote_call(&records, cmd, "GET", path, NULL);
    if (rv == APR_SUCCESS) {
        wfp_logs_show(cmd, records);
    }
    return rv;
}
