/* SPDX-License-Identifier: Apache-2.0 */
/* Who did what to which object from where. */
#include "admin/api_audit.h"

#include <apr_strings.h>
#include <string.h>

#include "admin/api_call.h"
#include "admin/show.h"
#include "store/audit.h"

#define LIMIT_DEFAULT 100
#define LIMIT_MAX     1000

static wfp_json_t *show_actor(const wfp_actor_t *actor, apr_pool_t *p)
{
    wfp_json_t *doc = wfp_json_object(p);

    wfp_json_set_str(doc, "id", *actor->id ? actor->id : NULL);
    wfp_json_set_str(doc, "name", actor->name);
    wfp_json_set_str(doc, "source", actor->source);
    wfp_json_set_str(doc, "ip", *actor->address ? actor->address : NULL);
    return doc;
}

static wfp_json_t *show(const wfp_audit_t *row, apr_pool_t *p)
{
    wfp_json_t *doc = wfp_json_object(p);
    wfp_json_t *object = wfp_json_object(p);
    wfp_json_t *details = NULL;

    if (wfp_json_parse(&details, row->details, strlen(row->details), NULL, p)
        != APR_SUCCESS) {
        details = wfp_json_null(p);
    }
    wfp_json_set_int(doc, "id", row->stamp);
    wfp_json_set_str(doc, "when", wfp_show_time(row->created, p));
    wfp_json_set(doc, "actor", show_actor(&row->actor, p));
    wfp_json_set_str(doc, "action", row->action);
    wfp_json_set_str(object, "type", row->kind);
    wfp_json_set_str(object, "namespace", *row->ns ? row->ns : NULL);
    wfp_json_set_str(object, "name", row->object);
    wfp_json_set(doc, "object", object);
    wfp_json_set(doc, "details", details);
    wfp_json_set_str(doc, "result", "success");
    return doc;
}

/* ?action=upload,deploy */
static apr_status_t read_actions(wfp_audit_ask_t *ask, wfp_api_call_t *call)
{
    const char *text = wfp_api_call_query(call, "action");
    char *rest = text ? apr_pstrdup(call->pool, text) : NULL, *word, *last;
    int n = 0;

    for (word = rest ? apr_strtok(rest, ",", &last) : NULL; word;
         word = apr_strtok(NULL, ",", &last)) {
        if (n == WFP_AUDIT_ACTIONS) {
            return wfp_api_answer_error(call, WFP_API_BAD_REQUEST,
                                        "action: at most %d of them",
                                        WFP_AUDIT_ACTIONS);
        }
        ask->actions[n++] = word;
    }
    return APR_SUCCESS;
}

static apr_status_t read_ask(wfp_audit_ask_t *ask, wfp_api_call_t *call)
{
    const char *text = wfp_api_call_query(call, "since");
    apr_int64_t limit = LIMIT_DEFAULT;
    apr_status_t rv = wfp_api_call_number(&limit, call, "limit", 1, LIMIT_MAX);

    if (rv == APR_SUCCESS && text && !wfp_show_read_time(&ask->since, text)) {
        return wfp_api_answer_error(call, WFP_API_BAD_REQUEST,
                                    "since: a time like 2026-12-31T23:59:59Z");
    }
    if (rv == APR_SUCCESS) {
        rv = wfp_api_call_number(&ask->before, call, "cursor", 1,
                                 APR_INT64_MAX);
    }
    ask->limit = (int)limit;
    ask->contains = wfp_api_call_query(call, "search");
    return rv == APR_SUCCESS ? read_actions(ask, call) : rv;
}

apr_status_t wfp_api_audit_list(wfp_api_call_t *call)
{
    wfp_json_t *doc = wfp_json_array(call->pool);
    wfp_audit_ask_t ask = { 0 };
    apr_array_header_t *list;
    apr_int64_t before = 0;
    int i, more;
    apr_status_t rv = read_ask(&ask, call);

    if (rv == APR_SUCCESS) {
        rv = wfp_audit_list(&list, &more, call->server->store, &ask, &call->res,
                            call->pool);
    }
    for (i = 0; rv == APR_SUCCESS && i < list->nelts; i++) {
        const wfp_audit_t *row = APR_ARRAY_IDX(list, i, wfp_audit_t *);

        wfp_json_add(doc, show(row, call->pool));
        before = row->stamp;
    }
    if (rv != APR_SUCCESS) {
        return rv;
    }
    return wfp_api_answer_cursor(call, doc, doc,
                                 more ? apr_off_t_toa(call->pool, before)
                                      : NULL);
}
