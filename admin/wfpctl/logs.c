/* SPDX-License-Identifier: Apache-2.0 */
/* What `wfpctl logs` is asked, and shows. */
#include "admin/wfpctl/logs.h"

#include <apr_strings.h>
#include <string.h>

#include "admin/wfpctl/args.h"
#include "admin/wfpctl/tail.h"

apr_status_t wfp_logs_read(wfp_log_list_t *ask, wfp_log_list_texts_t *texts,
                           wfp_cmd_t *cmd)
{
    const char *limit = wfp_args_option(cmd, "limit"), *wrong;
    char *end = NULL;

    memset(texts, 0, sizeof(*texts));
    memset(ask, 0, sizeof(*ask));
    ask->store = cmd->store;
    ask->res = &cmd->res;
    ask->pool = cmd->pool;
    ask->limit = limit ? apr_strtoi64(limit, &end, 10) : WFP_LOG_LIST_DEFAULT;
    if (limit
        && (!*limit || *end || ask->limit < 1
            || ask->limit > WFP_LOG_LIST_MAX)) {
        return wfp_args_usage(cmd, "--limit: a number from 1 to %d",
                              WFP_LOG_LIST_MAX);
    }
    texts->since = wfp_args_option(cmd, "since");
    texts->outcome = wfp_args_option(cmd, "outcome");
    texts->level = wfp_args_option(cmd, "level");
    texts->query = wfp_args_option(cmd, "search");
    wrong = wfp_log_list_read(ask, texts);
    return wrong ? wfp_args_usage(cmd, "--%s", wrong) : APR_SUCCESS;
}

void wfp_logs_show(const wfp_cmd_t *cmd, const wfp_json_t *records)
{
    apr_size_t i = wfp_json_size(records);
    apr_pool_t *p;
    int goes_on = 1;

    if (!i) {
        wfp_tail_say(cmd, "no such record is kept: without `observability` in "
                          "the Worker's settings only those of failures are");
    }
    apr_pool_create(&p, cmd->pool);
    while (goes_on && i-- > 0) {
        const char *text;

        apr_pool_clear(p);
        text = wfp_json_text(wfp_json_at(records, i, p), p);
        goes_on = wfp_tail_show(cmd, text, strlen(text), p);
    }
    apr_pool_destroy(p);
}
