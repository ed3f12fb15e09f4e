/* SPDX-License-Identifier: Apache-2.0 */
/*
 * From a field of GraphQL to what the store is asked. Columns that Cloudflare has
 * and nobody counts here are refused by name: a zero would be a lie.
 */
#include "admin/graphql_ask.h"

#include <apr_strings.h>
#include <string.h>

#include "admin/show.h"

const char *const wfp_graphql_ask_status_names[WFP_GRAPHQL_STATUS_COUNT] = {
    "success",  "scriptThrewException", "exceededResources", "scriptNotFound",
    "loadShed", "clientDisconnected",   "internalError",
};

const char *const wfp_graphql_ask_parts[] = { "sum", "quantiles", "dimensions",
                                              "avg", NULL };

static const wfp_graphql_column_t columns[] = {
    { "dimensions", "datetime", WFP_GRAPHQL_TIME, 60 },
    { "dimensions", "datetimeMinute", WFP_GRAPHQL_TIME, 60 },
    { "dimensions", "datetimeFiveMinutes", WFP_GRAPHQL_TIME, 300 },
    { "dimensions", "datetimeFifteenMinutes", WFP_GRAPHQL_TIME, 900 },
    { "dimensions", "datetimeHour", WFP_GRAPHQL_TIME, 3600 },
    { "dimensions", "date", WFP_GRAPHQL_TIME, 86400 },
    { "dimensions", "dispatchNamespaceName", WFP_GRAPHQL_NAMESPACE, 0 },
    { "dimensions", "scriptName", WFP_GRAPHQL_SCRIPT, 0 },
    { "dimensions", "status", WFP_GRAPHQL_STATUS, 0 },
    { "sum", "requests", WFP_GRAPHQL_REQUESTS, 0 },
    { "sum", "errors", WFP_GRAPHQL_ERRORS, 0 },
    { "sum", "clientDisconnects", WFP_GRAPHQL_DISCONNECTS, 0 },
    { "sum", "subrequests", WFP_GRAPHQL_FIGURE, WFP_LEDGER_SUBREQUESTS },
    { "sum", "cpuTimeUs", WFP_GRAPHQL_FIGURE, WFP_LEDGER_CPU_US },
    { "sum", "wallTime", WFP_GRAPHQL_FIGURE, WFP_LEDGER_WALL_US },
    { "sum", "responseBodySize", WFP_GRAPHQL_FIGURE, WFP_LEDGER_BYTES_OUT },
    { "quantiles", "cpuTimeP25", WFP_GRAPHQL_QUANTILE, 250 },
    { "quantiles", "cpuTimeP50", WFP_GRAPHQL_QUANTILE, 500 },
    { "quantiles", "cpuTimeP75", WFP_GRAPHQL_QUANTILE, 750 },
    { "quantiles", "cpuTimeP90", WFP_GRAPHQL_QUANTILE, 900 },
    { "quantiles", "cpuTimeP95", WFP_GRAPHQL_QUANTILE, 950 },
    { "quantiles", "cpuTimeP99", WFP_GRAPHQL_QUANTILE, 990 },
    { "quantiles", "cpuTimeP999", WFP_GRAPHQL_QUANTILE, 999 },
    { "avg", "sampleInterval", WFP_GRAPHQL_CONSTANT, 1 },
    { NULL },
};

const wfp_graphql_column_t *wfp_graphql_ask_column(const char *part,
                                                   const char *name)
{
    const wfp_graphql_column_t *column = columns;

    while (column->name
           && (strcmp(column->part, part) || strcmp(column->name, name))) {
        column++;
    }
    return column->name ? column : NULL;
}

typedef struct reader_t {
    wfp_graphql_ask_t *ask;
    wfp_result_t *res;
    apr_pool_t *p;
    apr_time_t since, until; /* 0: not said */
} reader_t;

static apr_status_t refuse(const reader_t *r, const char *what, const char *why)
{
    return wfp_result_set(r->res, WFP_INVALID, APR_EINVAL,
                          "workersInvocationsAdaptive: %.160s: %s", what, why);
}

/* ---- what is selected ------------------------------------------------------------- */

static void add_column(wfp_graphql_ask_t *ask,
                       const wfp_graphql_column_t *column)
{
    switch (column->kind) {
    case WFP_GRAPHQL_TIME: /* the shortest has the others in it */
        if (!ask->groups.span || column->arg < ask->groups.span) {
            ask->groups.span = column->arg;
        }
        break;
    case WFP_GRAPHQL_NAMESPACE:
        ask->groups.by_ns = 1;
        break;
    case WFP_GRAPHQL_SCRIPT:
        ask->groups.by_script = 1;
        break;
    case WFP_GRAPHQL_STATUS:
        ask->by_status = 1;
        break;
    default:
        break;
    }
}

static apr_status_t read_part(reader_t *r, const wfp_graphql_field_t *part)
{
    int i;

    for (i = 0; i < part->fields->nelts; i++) {
        const wfp_graphql_field_t *field = &APR_ARRAY_IDX(part->fields, i,
                                                          wfp_graphql_field_t);
        const wfp_graphql_column_t
            *column = wfp_graphql_ask_column(part->name, field->name);

        if (column && !field->args && !field->fields) {
            add_column(r->ask, column);
        }
        else if (column || strcmp(field->name, "__typename") != 0) {
            return refuse(r,
                          apr_pstrcat(r->p, part->name, ".", field->name, NULL),
                          "not known here: docs/api/graphql.md has what is");
        }
    }
    return APR_SUCCESS;
}

static apr_status_t read_selection(reader_t *r,
                                   const wfp_graphql_field_t *field)
{
    apr_status_t rv = APR_SUCCESS;
    int i, k;

    for (i = 0; rv == APR_SUCCESS && i < field->fields->nelts; i++) {
        const wfp_graphql_field_t *part = &APR_ARRAY_IDX(field->fields, i,
                                                         wfp_graphql_field_t);

        for (k = 0; wfp_graphql_ask_parts[k]
                    && strcmp(wfp_graphql_ask_parts[k], part->name) != 0;
             k++) {
        }
        if (wfp_graphql_ask_parts[k] && part->fields && !part->args) {
            rv = read_part(r, part);
        }
        else if (strcmp(part->name, "__typename") != 0) {
            rv = refuse(r, part->name,
                        "sum, quantiles, dimensions and avg are known, each "
                        "with fields");
        }
    }
    return rv;
}

/* ---- the filter ------------------------------------------------------------------- */

static apr_time_t up(apr_time_t t, apr_time_t step)
{
    return (t + step - 1) / step * step;
}

/* Rows whose column compares with a time like that: none else begin from since
 * on and before until. */
static apr_status_t bound(reader_t *r, const char *op, apr_time_t at,
                          apr_time_t step)
{
    apr_time_t since = 0, until = 0;

    if (!strcmp(op, "geq")) {
        since = up(at, step);
    }
    else if (!strcmp(op, "gt")) {
        since = at / step * step + step;
    }
    else if (!strcmp(op, "leq")) {
        until = at / step * step + step;
    }
    else if (!strcmp(op, "lt")) {
        until = up(at, step);
    }
    else if (!*op) {
        since = up(at, step);
        until = at / step * step + step;
    }
    else {
        return refuse(r, op,
                      "filter: what a time can have is _geq, _gt, _leq, _lt");
    }
    if (*op != 'l' && since >= r->since) {
        r->since = since > 0 ? since : 1;
    }
    if (*op != 'g' && (!r->until || until < r->until)) {
        r->until = until > 0 ? until : 1;
    }
    return APR_SUCCESS;
}

/* "datetime_geq", "date": @return the time's column, or NULL */
static const wfp_graphql_column_t *time_column(const char **pop,
                                               const char *key, apr_pool_t *p)
{
    const char *bar = strchr(key, '_');
    const wfp_graphql_column_t *column = wfp_graphql_ask_column(
        "dimensions",
        bar ? apr_pstrmemdup(p, key, (apr_size_t)(bar - key)) : key);

    *pop = bar ? bar + 1 : "";
    return column && column->kind == WFP_GRAPHQL_TIME ? column : NULL;
}

static apr_status_t read_status(reader_t *r, const char *text)
{
    int i;

    for (i = 0; i < WFP_GRAPHQL_STATUS_COUNT; i++) {
        if (!strcmp(wfp_graphql_ask_status_names[i], text)) {
            r->ask->only = (wfp_graphql_status_e)i;
            r->ask->by_status = 1;
            return APR_SUCCESS;
        }
    }
    return refuse(r, text, "filter: no status is called like that");
}

static apr_status_t read_condition(void *baton, const char *key, wfp_json_t *v)
{
    reader_t *r = baton;
    const char *text = wfp_json_str(v), *op;
    const wfp_graphql_column_t *column = time_column(&op, key, r->p);
    /* as it is written, a datetime is a moment and no minute */
    const int is_moment = column && !strcmp(column->name, "datetime");
    apr_time_t at;

    if (!text) {
        return refuse(r, key, "filter: a text expected");
    }
    if (column) {
        return wfp_show_read_moment(&at, text, r->p)
                   ? bound(r, op, at,
                           is_moment ? 1 : apr_time_from_sec(column->arg))
                   : refuse(r, key, "filter: a time like 2026-12-31T23:59:59Z");
    }
    if (!strcmp(key, "scriptName")) {
        r->ask->groups.script = text;
        return APR_SUCCESS;
    }
    if (!strcmp(key, "dispatchNamespaceName")) {
        r->ask->groups.ns = text;
        return APR_SUCCESS;
    }
    return !strcmp(key, "status")
               ? read_status(r, text)
               : refuse(r, key,
                        "filter: not known here: scriptName, "
                        "dispatchNamespaceName, status and times are");
}

static apr_status_t read_filter(reader_t *r, const wfp_json_t *filter)
{
    wfp_ledger_groups_ask_t *groups = &r->ask->groups;
    apr_status_t rv = wfp_json_each(filter, read_condition, r, r->p);

    if (rv != APR_SUCCESS) {
        return rv;
    }
    if (!r->since) {
        return refuse(r, "filter",
                      "datetime_geq, or another time that it begins with, is "
                      "needed");
    }
    /* what begins within a second begins with the next one */
    groups->since = apr_time_sec(up(r->since, APR_USEC_PER_SEC));
    groups->until = r->until ? apr_time_sec(up(r->until, APR_USEC_PER_SEC))
                             : apr_time_sec(apr_time_now()) + 1;
    return APR_SUCCESS;
}

/* ---- order and limit -------------------------------------------------------------- */

static const wfp_graphql_column_t *order_column(const char *name, apr_pool_t *p)
{
    const char *bar = strchr(name, '_');

    return bar ? wfp_graphql_ask_column(apr_pstrmemdup(p, name,
                                                       (apr_size_t)(bar
                                                                    - name)),
                                        bar + 1)
               : wfp_graphql_ask_column("dimensions", name);
}

static int is_selected(const wfp_graphql_ask_t *ask,
                       const wfp_graphql_column_t *column)
{
    switch (column->kind) {
    case WFP_GRAPHQL_TIME:
        return ask->groups.span != 0 && ask->groups.span <= column->arg;
    case WFP_GRAPHQL_NAMESPACE:
        return ask->groups.by_ns;
    case WFP_GRAPHQL_SCRIPT:
        return ask->groups.by_script;
    case WFP_GRAPHQL_STATUS:
        return ask->by_status;
    default:
        return 1;
    }
}

/* "sum_requests_DESC" */
static apr_status_t add_order(reader_t *r, const char *text)
{
    const char *bar = text ? strrchr(text, '_') : NULL;
    wfp_graphql_order_t *order = &r->ask->order[r->ask->order_count];

    if (r->ask->order_count == WFP_GRAPHQL_ORDER_MAX) {
        return refuse(r, "orderBy", "too many");
    }
    if (bar && (!strcmp(bar, "_ASC") || !strcmp(bar, "_DESC"))) {
        order->is_down = bar[1] == 'D';
        order->column = order_column(apr_pstrmemdup(r->p, text,
                                                    (apr_size_t)(bar - text)),
                                     r->p);
    }
    if (!order->column) {
        return refuse(r, text ? text : "orderBy",
                      "orderBy: a dimension, sum_ or quantiles_ with a field, "
                      "and _ASC or _DESC");
    }
    if (!is_selected(r->ask, order->column)) {
        return refuse(r, order->column->name,
                      "orderBy: not among the dimensions");
    }
    r->ask->order_count++;
    return APR_SUCCESS;
}

static apr_status_t read_order(reader_t *r, const wfp_json_t *order)
{
    apr_status_t rv = APR_SUCCESS;
    apr_size_t i;

    if (order && !wfp_json_is_array(order)) {
        return add_order(r, wfp_json_str(order));
    }
    for (i = 0; rv == APR_SUCCESS && i < wfp_json_size(order); i++) {
        rv = add_order(r, wfp_json_str(wfp_json_at(order, i, r->p)));
    }
    return rv;
}

static apr_status_t read_argument(void *baton, const char *key, wfp_json_t *v)
{
    reader_t *r = baton;
    apr_int64_t n;

    if (!strcmp(key, "limit")) {
        if (!wfp_json_int(v, &n) || n < 1 || n > WFP_LEDGER_GROUPS_MAX) {
            return refuse(r, key, "1 to 10000");
        }
        r->ask->limit = n;
        return APR_SUCCESS;
    }
    if (!strcmp(key, "filter")) {
        return wfp_json_is_object(v) ? read_filter(r, v)
                                     : refuse(r, key, "an object expected");
    }
    return !strcmp(key, "orderBy")
               ? read_order(r, v)
               : refuse(r, key, "limit, filter and orderBy are known");
}

apr_status_t wfp_graphql_ask_read(wfp_graphql_ask_t *ask,
                                  const wfp_graphql_field_t *field,
                                  wfp_result_t *res, apr_pool_t *p)
{
    reader_t r = { ask, res, p, 0, 0 };
    apr_status_t rv;

    memset(ask, 0, sizeof(*ask));
    ask->only = WFP_GRAPHQL_ALL;
    ask->limit = WFP_LEDGER_GROUPS_MAX;
    if (!field->fields) {
        return refuse(&r, field->label, "its fields are needed");
    }
    rv = read_selection(&r, field);
    if (rv == APR_SUCCESS) {
        rv = wfp_json_each(field->args, read_argument, &r, p);
    }
    if (rv == APR_SUCCESS && !r.since) {
        rv = read_filter(&r, NULL); /* says what is missing */
    }
    ask->groups.with_requests = ask->by_status;
    /* all are needed to choose among them; one more tells that there are too many */
    ask->groups.limit = ask->order_count || ask->only != WFP_GRAPHQL_ALL
                            ? WFP_LEDGER_GROUPS_MAX + 1
                            : ask->limit;
    return rv;
}
