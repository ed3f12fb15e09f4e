/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Questions in GraphQL, of the form that Cloudflare's analytics have:
 * viewer { accounts(filter: {accountTag}) { DATA SET(...) {...} } }. What cannot be
 * answered is an error in GraphQL's form, for the whole question: its clients read
 * that, whatever the status is.
 */
#include "admin/api_graphql.h"

#include <string.h>

#include "admin/api_call.h"
#include "admin/graphql.h"
#include "admin/graphql_sets.h"
#include "core/clock.h"

/* Data sets that one question may ask of: each may read the ledger of a year. All
 * of them together have this time. */
#define SETS_MAX 5
#define TIME_MAX apr_time_from_sec(10)

static const struct {
    const char *name;
    wfp_graphql_set_fn *fn;
} sets[] = {
    { "workersInvocationsAdaptive", wfp_graphql_runs },
    { "r2StorageAdaptiveGroups", wfp_graphql_buckets },
    { NULL },
};

static apr_status_t refuse(wfp_api_call_t *call, const char *what,
                           const char *why)
{
    return wfp_result_set(&call->res, WFP_INVALID, APR_EINVAL, "%.80s: %s",
                          what, why);
}

/* ---- from the account down -------------------------------------------------------- */

static apr_status_t answer_set(wfp_json_t **prows, wfp_api_call_t *call,
                               const wfp_graphql_field_t *field,
                               apr_time_t deadline)
{
    int i;

    for (i = 0; sets[i].name; i++) {
        if (!strcmp(sets[i].name, field->name)) {
            return sets[i].fn(prows, call->server->store, field, deadline,
                              &call->res, call->pool);
        }
    }
    return refuse(call, field->name,
                  "not supported by this server: of an account "
                  "workersInvocationsAdaptive and r2StorageAdaptiveGroups are");
}

/* The account's filter has to name this server's. */
static apr_status_t check_account(wfp_api_call_t *call,
                                  const wfp_graphql_field_t *field)
{
    apr_pool_t *p = call->pool;
    const char *tag = wfp_json_str(
        wfp_json_get(wfp_json_get(field->args, "filter", p), "accountTag", p));
    const char *ours;
    apr_status_t rv = wfp_api_call_account(&ours, call);

    if (rv != APR_SUCCESS) {
        return rv;
    }
    return tag && ours && !strcmp(tag, ours)
               ? APR_SUCCESS
               : refuse(call, field->name,
                        "filter: accountTag has to be this server's account");
}

static apr_status_t answer_accounts(wfp_json_t **paccounts,
                                    wfp_api_call_t *call,
                                    const wfp_graphql_field_t *field)
{
    wfp_json_t *account = wfp_json_object(call->pool), *rows;
    apr_time_t deadline = wfp_clock_now() + TIME_MAX;
    apr_status_t rv;
    int i;

    if (strcmp(field->name, "accounts") != 0 || !field->fields) {
        return refuse(call, field->name,
                      "not supported by this server: accounts, with a data "
                      "set, is");
    }
    if (field->fields->nelts > SETS_MAX) {
        return refuse(call, field->name, "at most 5 data sets");
    }
    rv = check_account(call, field);
    for (i = 0; rv == APR_SUCCESS && i < field->fields->nelts; i++) {
        const wfp_graphql_field_t *set = &APR_ARRAY_IDX(field->fields, i,
                                                        wfp_graphql_field_t);

        rv = answer_set(&rows, call, set, deadline);
        if (rv == APR_SUCCESS) {
            wfp_json_set(account, set->label, rows);
        }
    }
    *paccounts = wfp_json_array(call->pool);
    wfp_json_add(*paccounts, account);
    return rv;
}

/* {"viewer": {"accounts": [...]}}: one of each, so that a question's bound holds */
static apr_status_t answer_fields(wfp_json_t **pdata, wfp_api_call_t *call,
                                  const apr_array_header_t *fields)
{
    const wfp_graphql_field_t *viewer = &APR_ARRAY_IDX(fields, 0,
                                                       wfp_graphql_field_t);
    const wfp_graphql_field_t *accounts;
    wfp_json_t *inner = wfp_json_object(call->pool), *list = NULL;
    apr_status_t rv;

    if (fields->nelts > 1 || strcmp(viewer->name, "viewer") != 0
        || !viewer->fields || viewer->fields->nelts > 1) {
        return refuse(call, viewer->name,
                      "viewer { accounts(filter: {accountTag: ...}) { ... } } "
                      "and nothing beside it is supported by this server");
    }
    accounts = &APR_ARRAY_IDX(viewer->fields, 0, wfp_graphql_field_t);
    rv = answer_accounts(&list, call, accounts);
    *pdata = wfp_json_object(call->pool);
    wfp_json_set(inner, accounts->label, list);
    wfp_json_set(*pdata, viewer->label, inner);
    return rv;
}

/* ---- the answer ------------------------------------------------------------------- */

static apr_status_t answer(wfp_api_call_t *call, wfp_json_t *data,
                           wfp_json_t *errors)
{
    apr_pool_t *p = call->pool;
    wfp_json_t *doc = wfp_json_object(p);
    const char *text;

    wfp_json_set(doc, "data", data ? data : wfp_json_null(p));
    wfp_json_set(doc, "errors", errors ? errors : wfp_json_null(p));
    text = wfp_json_text(doc, p);
    return wfp_api_answer_raw(call, "application/json", text, strlen(text));
}

static apr_status_t answer_refusal(wfp_api_call_t *call)
{
    wfp_json_t *error = wfp_json_object(call->pool);
    wfp_json_t *errors = wfp_json_array(call->pool);

    wfp_json_set_str(error, "message", call->res.message);
    wfp_json_add(errors, error);
    return answer(call, NULL, errors);
}

static apr_status_t bad(wfp_api_call_t *call, const char *why)
{
    return wfp_api_answer_error(call, WFP_API_BAD_REQUEST, "%s", why);
}

apr_status_t wfp_api_graphql_post(wfp_api_call_t *call)
{
    apr_pool_t *p = call->pool;
    const apr_array_header_t *fields;
    wfp_json_t *doc, *variables, *data = NULL;
    const char *query;
    apr_status_t rv = wfp_api_call_object(&doc, call);

    if (rv != APR_SUCCESS) {
        return rv;
    }
    query = wfp_json_str(wfp_json_get(doc, "query", p));
    variables = wfp_json_get(doc, "variables", p);
    if (!query) {
        return bad(call, "query: a text in GraphQL");
    }
    if (variables && !wfp_json_is_object(variables)
        && !wfp_json_is_null(variables)) {
        return bad(call, "variables: an object");
    }
    rv = wfp_graphql_read(&fields, query, variables, &call->res, p);
    if (rv == APR_SUCCESS) {
        rv = answer_fields(&data, call, fields);
    }
    if (rv == APR_SUCCESS) {
        return answer(call, data, NULL);
    }
    return call->res.code == WFP_INVALID ? answer_refusal(call) : rv;
}
