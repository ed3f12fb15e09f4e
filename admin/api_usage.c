/* SPDX-License-Identifier: Apache-2.0 */
/* What a Worker, a namespace or all of them did: by minute, hour or day, by
 * Worker, tag or namespace. */
#include "admin/api_usage.h"

#include <string.h>

#include "admin/api_auth.h"
#include "admin/api_call.h"
#include "admin/show.h"
#include "store/ledger_rows.h"

/* Groups with most of something, when it is not said how many. */
#define MOST_DEFAULT 10

typedef struct bucket_t {
    const char *name;
    apr_int64_t span;
    apr_int64_t back; /* how long, when it is not said */
} bucket_t;

static const bucket_t buckets[] = {
    { "hour", WFP_LEDGER_ROWS_HOUR, WFP_LEDGER_ROWS_DAY },
    { "minute", WFP_LEDGER_ROWS_MINUTE, WFP_LEDGER_ROWS_HOUR },
    { "day", WFP_LEDGER_ROWS_DAY, (apr_int64_t)30 * WFP_LEDGER_ROWS_DAY },
    { NULL },
};

static apr_status_t bad(wfp_api_call_t *call, const char *why)
{
    return wfp_api_answer_error(call, WFP_API_BAD_REQUEST, "%s", why);
}

/* A time of the query in seconds. @return 0: it is none */
static int read_time(apr_int64_t *pat, const wfp_api_call_t *call,
                     const char *name, apr_int64_t otherwise)
{
    const char *text = wfp_api_call_query(call, name);
    apr_time_t at;

    *pat = otherwise;
    if (text && !wfp_show_read_time(&at, text)) {
        return 0;
    }
    if (text) {
        *pat = apr_time_sec(at);
    }
    return 1;
}

static const char *read_ask(wfp_ledger_rows_ask_t *ask,
                            const bucket_t **pbucket,
                            const wfp_api_call_t *call)
{
    const char *name = wfp_api_call_query(call, "bucket");
    const bucket_t *bucket = buckets;

    while (name && bucket->name && strcmp(name, bucket->name) != 0) {
        bucket++;
    }
    *pbucket = bucket;
    if (!bucket->name) {
        return "bucket: minute, hour or day";
    }
    if (!read_time(&ask->until, call, "until",
                   apr_time_sec(apr_time_now()) + 1)) {
        return "until: a time like 2026-12-31T23:59:59Z";
    }
    if (!read_time(&ask->since, call, "since", ask->until - bucket->back)) {
        return "since: a time like 2026-12-31T23:59:59Z";
    }
    ask->span = bucket->span;
    ask->since = ask->since / ask->span * ask->span;
    if (ask->until < ask->since) {
        return "until: later than since";
    }
    return NULL;
}

static wfp_json_t *begin_answer(const wfp_ledger_rows_ask_t *ask, apr_pool_t *p)
{
    wfp_json_t *doc = wfp_json_object(p);

    wfp_json_set_str(doc, "since",
                     wfp_show_time(apr_time_from_sec(ask->since), p));
    wfp_json_set_str(doc, "until",
                     wfp_show_time(apr_time_from_sec(ask->until), p));
    return doc;
}

static apr_status_t list_of(apr_array_header_t **plist,
                            const wfp_ledger_rows_ask_t *ask,
                            wfp_api_call_t *call)
{
    return wfp_ledger_rows_list(plist, call->server->store, ask, &call->res,
                                call->pool);
}

static apr_status_t answer_buckets(wfp_api_call_t *call,
                                   wfp_ledger_rows_ask_t *ask,
                                   const bucket_t *bucket)
{
    wfp_json_t *doc = begin_answer(ask, call->pool);
    wfp_json_t *shown = wfp_json_array(call->pool);
    apr_array_header_t *list;
    apr_status_t rv;
    int i;

    if ((ask->until - ask->since) / ask->span >= WFP_LEDGER_ROWS_BUCKETS) {
        return bad(call, "at most 1500 buckets: a later since, or longer ones");
    }
    rv = list_of(&list, ask, call);
    if (rv != APR_SUCCESS) {
        return rv;
    }
    for (i = 0; i < list->nelts; i++) {
        const wfp_ledger_rows_t *row = &APR_ARRAY_IDX(list, i,
                                                      wfp_ledger_rows_t);
        wfp_json_t *one = wfp_json_object(call->pool);

        wfp_json_set_str(one, "time",
                         wfp_show_time(apr_time_from_sec(row->time),
                                       call->pool));
        wfp_show_ledger(one, row, call->pool);
        wfp_json_add(shown, one);
    }
    wfp_json_set_str(doc, "bucket", bucket->name);
    wfp_json_set(doc, "buckets", shown);
    return wfp_api_answer_json(call, doc);
}

static apr_status_t answer_groups(wfp_api_call_t *call,
                                  wfp_ledger_rows_ask_t *ask, const char *by)
{
    wfp_json_t *doc = begin_answer(ask, call->pool);
    wfp_json_t *shown = wfp_json_array(call->pool);
    const char *last = NULL;
    apr_array_header_t *list;
    apr_status_t rv = list_of(&list, ask, call);
    int i;

    if (rv != APR_SUCCESS) {
        return rv;
    }
    for (i = 0; i < list->nelts && i < WFP_LEDGER_ROWS_GROUPS; i++) {
        const wfp_ledger_rows_t *row = &APR_ARRAY_IDX(list, i,
                                                      wfp_ledger_rows_t);
        wfp_json_t *one = wfp_json_object(call->pool);

        wfp_json_set_str(one, by, row->name);
        wfp_show_ledger(one, row, call->pool);
        wfp_json_add(shown, one);
        last = row->name;
    }
    wfp_json_set_str(doc, "group_by", by);
    wfp_json_set(doc, "groups", shown);
    return wfp_api_answer_cursor(call, doc, shown,
                                 list->nelts > WFP_LEDGER_ROWS_GROUPS ? last
                                                                      : NULL);
}

/* ?order=requests&limit=10 */
static apr_status_t read_order(wfp_ledger_rows_ask_t *ask, wfp_api_call_t *call)
{
    static const struct {
        const char *word;
        wfp_ledger_rows_order_e order;
    } orders[] = { { "name", WFP_LEDGER_ROWS_NAMES },
                   { "requests", WFP_LEDGER_ROWS_MOST_REQUESTS },
                   { "errors", WFP_LEDGER_ROWS_MOST_ERRORS },
                   { "cpu", WFP_LEDGER_ROWS_MOST_CPU } };
    const char *word = wfp_api_call_query(call, "order");
    apr_size_t i, count = sizeof(orders) / sizeof(*orders);

    for (i = 0; word && i < count && strcmp(word, orders[i].word) != 0; i++) {
    }
    if (word && i == count) {
        return bad(call, "order: name, requests, errors or cpu");
    }
    ask->order = word ? orders[i].order : WFP_LEDGER_ROWS_NAMES;
    if (ask->order && ask->by == WFP_LEDGER_ROWS_BY_TAG) {
        return bad(call, "order: tags are by name only");
    }
    ask->limit = MOST_DEFAULT;
    return wfp_api_call_number(&ask->limit, call, "limit", 1,
                               WFP_LEDGER_ROWS_GROUPS);
}

static apr_status_t answer(wfp_api_call_t *call, wfp_ledger_rows_ask_t *ask)
{
    const char *by = ask->script ? NULL : wfp_api_call_query(call, "group_by");
    const bucket_t *bucket;
    const char *why = read_ask(ask, &bucket, call);
    apr_status_t rv;

    if (why) {
        return bad(call, why);
    }
    if (!by) {
        return answer_buckets(call, ask, bucket);
    }
    if (ask->ns && strcmp(by, "script") != 0 && strcmp(by, "tag") != 0) {
        return bad(call, "group_by: script or tag");
    }
    if (!ask->ns && strcmp(by, "namespace") != 0) {
        return bad(call, "group_by: namespace");
    }
    ask->by = !ask->ns     ? WFP_LEDGER_ROWS_BY_NAMESPACE
              : *by == 's' ? WFP_LEDGER_ROWS_BY_SCRIPT
                           : WFP_LEDGER_ROWS_BY_TAG;
    ask->after = wfp_api_call_query(call, "cursor");
    rv = read_order(ask, call);
    return rv == APR_SUCCESS ? answer_groups(call, ask, by) : rv;
}

apr_status_t wfp_api_usage_script(wfp_api_call_t *call)
{
    wfp_ledger_rows_ask_t ask = { .ns = wfp_api_call_ns(call),
                                  .script = wfp_api_call_param(call,
                                                               "script") };

    return answer(call, &ask);
}

apr_status_t wfp_api_usage_namespace(wfp_api_call_t *call)
{
    wfp_ledger_rows_ask_t ask = { .ns = wfp_api_call_ns(call) };

    return answer(call, &ask);
}

/* Of all namespaces that the token sees. */
apr_status_t wfp_api_usage_all(wfp_api_call_t *call)
{
    wfp_ledger_rows_ask_t ask = { 0 };

    if (wfp_api_auth_is_limited(call->token)) {
        ask.only = call->token->namespaces;
    }
    return answer(call, &ask);
}
