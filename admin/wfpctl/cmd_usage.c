/* SPDX-License-Identifier: Apache-2.0 */
/*
 * wfpctl usage: what a Worker, or all of a namespace, did and used of services by day. A
 * server that runs tells the store once a second.
 */
#include <apr_strings.h>
#include <string.h>

#include "admin/show.h"
#include "admin/wfpctl/args.h"
#include "admin/wfpctl/cmd.h"
#include "admin/wfpctl/docs.h"

#define DAY_S 86400

/* NAME, NS/NAME, or NS/ for the namespace. */
static void read_target(wfp_usage_ask_t *ask, wfp_cmd_t *cmd)
{
    const char *text = wfp_args_at(cmd, 0), *slash = strchr(text, '/');

    ask->ns = slash
                  ? apr_pstrmemdup(cmd->pool, text, (apr_size_t)(slash - text))
                  : WFP_ACCOUNT_NS;
    ask->name = slash ? slash + 1 : text;
}

apr_status_t wfp_cmd_usage_read(wfp_usage_ask_t *ask, wfp_cmd_t *cmd)
{
    const char *text = wfp_args_option(cmd, "days");
    char *end = NULL;

    read_target(ask, cmd);
    ask->days = text ? apr_strtoi64(text, &end, 10) : 7;
    if (text
        && (!*text || *end || ask->days < 1
            || ask->days > WFP_SERVICE_USAGE_DAYS)) {
        return wfp_args_usage(cmd, "--days: a number from 1 to %d",
                              WFP_SERVICE_USAGE_DAYS);
    }
    return APR_SUCCESS;
}

static apr_status_t read_buckets(wfp_json_t **pbuckets, wfp_cmd_t *cmd,
                                 const wfp_usage_ask_t *ask, apr_int64_t today)
{
    wfp_ledger_rows_ask_t what = { .ns = ask->ns,
                                   .script = *ask->name ? ask->name : NULL,
                                   .since = (today - ask->days + 1) * DAY_S,
                                   .until = (today + 1) * DAY_S,
                                   .span = DAY_S };
    apr_array_header_t *list;
    apr_status_t rv = wfp_ledger_rows_list(&list, cmd->store, &what, &cmd->res,
                                           cmd->pool);
    int i;

    *pbuckets = wfp_json_array(cmd->pool);
    for (i = 0; rv == APR_SUCCESS && i < list->nelts; i++) {
        const wfp_ledger_rows_t *row = &APR_ARRAY_IDX(list, i,
                                                      wfp_ledger_rows_t);
        wfp_json_t *one = wfp_json_object(cmd->pool);

        wfp_json_set_str(one, "time",
                         wfp_show_time(apr_time_from_sec(row->time),
                                       cmd->pool));
        wfp_show_ledger(one, row, cmd->pool);
        wfp_json_add(*pbuckets, one);
    }
    return rv;
}

apr_status_t wfp_cmd_usage_show(wfp_cmd_t *cmd)
{
    apr_int64_t today = apr_time_sec(apr_time_now()) / DAY_S;
    wfp_usage_ask_t ask;
    apr_array_header_t *list;
    wfp_json_t *buckets;
    apr_status_t rv = wfp_cmd_usage_read(&ask, cmd);

    if (rv == APR_SUCCESS) {
        rv = wfp_service_usage_list(&list, cmd->store, ask.ns, ask.name,
                                    today - ask.days + 1, &cmd->res, cmd->pool);
    }
    if (rv == APR_SUCCESS) {
        rv = read_buckets(&buckets, cmd, &ask, today);
    }
    if (rv == APR_SUCCESS) {
        wfp_docs_usage(cmd, wfp_show_usage(list, cmd->pool), buckets,
                       (int)ask.days);
    }
    return rv;
}
