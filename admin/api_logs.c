/* SPDX-License-Identifier: Apache-2.0 */
/* Records of a Worker that the store keeps. docs/api/logs.md */
#include "admin/api_logs.h"

#include "admin/api_worker.h"
#include "admin/log_list.h"

static const char *read_ask(wfp_log_list_t *ask, const wfp_api_call_t *call)
{
    wfp_log_list_texts_t texts;

    texts.since = wfp_api_call_query(call, "since");
    texts.outcome = wfp_api_call_query(call, "outcome");
    texts.level = wfp_api_call_query(call, "level");
    texts.query = wfp_api_call_query(call, "query");
    texts.cursor = wfp_api_call_query(call, "cursor");
    return wfp_log_list_read(ask, &texts);
}

/* What is too old is not shown, though it may be there for some seconds yet. */
static void bound_since(wfp_log_list_t *ask, const wfp_api_call_t *call)
{
    apr_time_t first = apr_time_now() - call->server->log_age;

    if (ask->since < first) {
        ask->since = first;
    }
}

apr_status_t wfp_api_logs_list(wfp_api_call_t *call)
{
    wfp_log_list_t ask = { .store = call->server->store,
                           .res = &call->res,
                           .pool = call->pool,
                           .limit = WFP_LOG_LIST_DEFAULT };
    wfp_script_t *script;
    const char *wrong, *next;
    apr_status_t rv = wfp_api_call_number(&ask.limit, call, "limit", 1,
                                          WFP_LOG_LIST_MAX);

    if (rv != APR_SUCCESS) {
        return rv;
    }
    wrong = read_ask(&ask, call);
    if (wrong) {
        return wfp_api_answer_error(call, WFP_API_BAD_REQUEST, "%s", wrong);
    }
    rv = wfp_api_worker_head(&script, NULL, call);
    if (rv != APR_SUCCESS) {
        return rv;
    }
    ask.script_id = script->id;
    bound_since(&ask, call);
    rv = wfp_log_list_run(&next, &ask);
    return rv == APR_SUCCESS
               ? wfp_api_answer_cursor(call, ask.records, ask.records, next)
               : rv;
}
