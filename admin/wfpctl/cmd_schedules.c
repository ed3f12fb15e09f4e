/* SPDX-License-Identifier: Apache-2.0 */
/* wfpctl schedules list|put|runs: when a Worker runs without a request. */
#include <string.h>

#include "admin/show_schedule.h"
#include "admin/wfpctl/args.h"
#include "admin/wfpctl/docs.h"
#include "admin/wfpctl/queues.h"
#include "core/cron.h"

apr_status_t wfp_cmd_schedules_read(apr_array_header_t **pcrons, wfp_cmd_t *cmd)
{
    apr_array_header_t *crons = apr_array_make(cmd->pool, 4,
                                               sizeof(const char *));
    wfp_cron_t cron;
    int i, k;

    for (i = 1; i < cmd->args->nelts; i++) {
        const char *text = wfp_args_at(cmd, i);

        if (wfp_cron_parse(&cron, text, &cmd->res) != APR_SUCCESS) {
            return wfp_result_set(&cmd->res, WFP_INVALID, APR_EINVAL,
                                  "invalid cron string '%.100s': %s", text,
                                  cmd->res.message);
        }
        for (k = 0; k < crons->nelts; k++) {
            if (!strcmp(APR_ARRAY_IDX(crons, k, const char *), text)) {
                return wfp_result_set(&cmd->res, WFP_INVALID, APR_EINVAL,
                                      "the schedule '%s' is there twice", text);
            }
        }
        APR_ARRAY_PUSH(crons, const char *) = text;
    }
    *pcrons = crons;
    return APR_SUCCESS;
}

apr_status_t wfp_cmd_schedules_list(wfp_cmd_t *cmd)
{
    const char *ns, *name;
    apr_array_header_t *list;
    apr_status_t rv;

    wfp_args_worker(&ns, &name, cmd, 0);
    rv = wfp_schedules_list(&list, cmd->store, ns, name, &cmd->res, cmd->pool);
    if (rv == APR_SUCCESS) {
        wfp_docs_schedules(cmd, wfp_show_schedule_list(list, cmd->pool));
    }
    return rv;
}

apr_status_t wfp_cmd_schedules_put(wfp_cmd_t *cmd)
{
    const char *ns, *name;
    apr_array_header_t *crons;
    apr_status_t rv = wfp_cmd_schedules_read(&crons, cmd);

    wfp_args_worker(&ns, &name, cmd, 0);
    if (rv == APR_SUCCESS) {
        rv = wfp_schedules_put(cmd->store, ns, name, crons, NULL,
                               wfp_cmd_actor(), &cmd->res, cmd->pool);
    }
    return rv == APR_SUCCESS ? wfp_cmd_schedules_list(cmd) : rv;
}

apr_status_t wfp_cmd_schedules_runs(wfp_cmd_t *cmd)
{
    const char *ns, *name;
    apr_array_header_t *list;
    apr_status_t rv;

    wfp_args_worker(&ns, &name, cmd, 0);
    rv = wfp_schedules_runs(&list, cmd->store, ns, name, &cmd->res, cmd->pool);
    if (rv == APR_SUCCESS) {
        wfp_docs_runs(cmd, wfp_show_schedule_runs(list, cmd->pool));
    }
    return rv;
}
