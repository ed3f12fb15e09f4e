/* SPDX-License-Identifier: Apache-2.0 */
/* wfpctl logs: the records of a Worker that the store keeps, the last one last. */
#include "admin/wfpctl/args.h"
#include "admin/wfpctl/logs.h"
#include "store/scripts.h"

/* Pages until there are enough, or no more. */
static apr_status_t read_all(wfp_json_t *all, wfp_log_list_t *ask)
{
    apr_status_t rv;
    const char *next;
    apr_size_t i;

    do {
        rv = wfp_log_list_run(&next, ask);
        for (i = 0; rv == APR_SUCCESS && i < ask->found; i++) {
            wfp_json_add(all, wfp_json_at(ask->records, i, ask->pool));
        }
        ask->limit -= (apr_int64_t)ask->found;
    } while (rv == APR_SUCCESS && next && ask->limit > 0);
    return rv;
}

apr_status_t wfp_cmd_logs_run(wfp_cmd_t *cmd)
{
    wfp_json_t *all = wfp_json_array(cmd->pool);
    const char *ns, *name;
    wfp_log_list_texts_t texts;
    wfp_log_list_t ask;
    wfp_script_info_t *info;
    wfp_script_t *script;
    apr_status_t rv = wfp_logs_read(&ask, &texts, cmd);

    wfp_args_worker(&ns, &name, cmd, 0);
    if (rv == APR_SUCCESS) {
        rv = wfp_scripts_head(&script, &info, cmd->store, ns, name, &cmd->res,
                              cmd->pool);
    }
    if (rv == APR_SUCCESS) {
        ask.script_id = script->id;
        rv = read_all(all, &ask);
    }
    if (rv == APR_SUCCESS) {
        wfp_logs_show(cmd, all);
    }
    return rv;
}
