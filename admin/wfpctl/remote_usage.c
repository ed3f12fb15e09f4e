/* SPDX-License-Identifier: Apache-2.0 */
/* wfpctl usage by a server's REST API. */
#include <apr_strings.h>

#include "admin/wfpctl/docs.h"
#include "admin/wfpctl/remote.h"

apr_status_t wfp_remote_usage_show(wfp_cmd_t *cmd)
{
    apr_pool_t *p = cmd->pool;
    const char *path;
    wfp_usage_ask_t ask;
    wfp_json_t *result;
    apr_status_t rv = wfp_cmd_usage_read(&ask, cmd);

    path = *ask.ns ? apr_pstrcat(p, "/workers/dispatch/namespaces/",
                                 wfp_remote_part(cmd, ask.ns), NULL)
                   : "/workers";
    if (*ask.name) {
        path = apr_pstrcat(p, path, "/scripts/", wfp_remote_part(cmd, ask.name),
                           NULL);
    }
    path = apr_psprintf(p, "%s/quota?days=%" APR_INT64_T_FMT, path, ask.days);
    if (rv == APR_SUCCESS) {
        rv = wfp_remote_call(&result, cmd, "GET", path, NULL);
    }
    if (rv == APR_SUCCESS) {
        wfp_docs_usage(cmd, wfp_json_get(result, "usage", p));
    }
    return rv;
}
