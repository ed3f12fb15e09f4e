/* SPDX-License-Identifier: Apache-2.0 */
/* wfpctl usage by a server's REST API. */
#include <apr_strings.h>

#include "admin/show.h"
#include "admin/wfpctl/docs.h"
#include "admin/wfpctl/remote.h"

static apr_status_t ask_days(wfp_json_t **pdays, wfp_json_t **pbuckets,
                             wfp_cmd_t *cmd, const wfp_usage_ask_t *ask,
                             const char *path)
{
    apr_pool_t *p = cmd->pool;
    apr_time_t since = apr_time_now()
                       - apr_time_from_sec(86400 * (ask->days - 1));
    wfp_json_t *result;
    apr_status_t rv = wfp_remote_call(
        &result, cmd, "GET",
        apr_psprintf(p, "%s/quota?days=%" APR_INT64_T_FMT, path, ask->days),
        NULL);

    if (rv == APR_SUCCESS) {
        *pdays = wfp_json_get(result, "usage", p);
        rv = wfp_remote_call(&result, cmd, "GET",
                             apr_pstrcat(p, path, "/usage?bucket=day&since=",
                                         wfp_show_time(since, p), NULL),
                             NULL);
    }
    if (rv == APR_SUCCESS) {
        *pbuckets = wfp_json_get(result, "buckets", p);
    }
    return rv;
}

apr_status_t wfp_remote_usage_show(wfp_cmd_t *cmd)
{
    apr_pool_t *p = cmd->pool;
    const char *path;
    wfp_usage_ask_t ask;
    wfp_json_t *days, *buckets;
    apr_status_t rv = wfp_cmd_usage_read(&ask, cmd);

    if (rv != APR_SUCCESS) {
        return rv;
    }
    path = *ask.ns ? apr_pstrcat(p, "/workers/dispatch/namespaces/",
                                 wfp_remote_part(cmd, ask.ns), NULL)
                   : "/workers";
    if (*ask.name) {
        path = apr_pstrcat(p, path, "/scripts/", wfp_remote_part(cmd, ask.name),
                           NULL);
    }
    rv = ask_days(&days, &buckets, cmd, &ask, path);
    if (rv == APR_SUCCESS) {
        wfp_docs_usage(cmd, days, buckets, (int)ask.days);
    }
    return rv;
}
