/* SPDX-License-Identifier: Apache-2.0 */
/*
 * workersInvocationsAdaptive: groups of the store's ledger, as GraphQL wants to see
 * them. How runs ended is counted, and all else only of all runs together: a group
 * by status has the other figures where all of its runs ended in one way.
 */
#include <apr_lib.h>
#include <apr_strings.h>
#include <stdlib.h>
#include <string.h>

#include "admin/graphql_ask.h"
#include "admin/graphql_sets.h"
#include "admin/show.h"

#define TYPE "AccountWorkersInvocationsAdaptive"

/* One row of the answer. */
typedef struct row_t {
    const wfp_graphql_ask_t *ask;
    const wfp_ledger_group_t *group;
    wfp_graphql_status_e status; /* WFP_GRAPHQL_ALL: of any */
} row_t;

/* One cell: a text, a number, or, with neither, null. */
typedef struct cell_t {
    const char *text;
    apr_int64_t n;
    int is_number;
} cell_t;

/* ---- how runs ended --------------------------------------------------------------- */

static const wfp_graphql_status_e status_of[WFP_OUTCOME_COUNT] = {
    [WFP_OUTCOME_OK] = WFP_GRAPHQL_SUCCESS,
    [WFP_OUTCOME_EXCEPTION] = WFP_GRAPHQL_EXCEPTION,
    [WFP_OUTCOME_EXCEEDED_CPU] = WFP_GRAPHQL_RESOURCES,
    [WFP_OUTCOME_EXCEEDED_MEMORY] = WFP_GRAPHQL_RESOURCES,
    [WFP_OUTCOME_EXCEEDED_WALL] = WFP_GRAPHQL_RESOURCES,
    [WFP_OUTCOME_NOT_FOUND] = WFP_GRAPHQL_NOT_FOUND,
    [WFP_OUTCOME_SHED] = WFP_GRAPHQL_SHED,
    [WFP_OUTCOME_CANCELED] = WFP_GRAPHQL_DISCONNECTED,
    [WFP_OUTCOME_INTERNAL] = WFP_GRAPHQL_INTERNAL,
};

/* How many of a group ended so. */
static apr_uint64_t count_of(const wfp_ledger_group_t *group,
                             wfp_graphql_status_e status)
{
    apr_uint64_t all = group->n[WFP_LEDGER_REQUESTS], badly = 0, so = 0;
    int i;

    for (i = WFP_OUTCOME_OK + 1; i < WFP_OUTCOME_COUNT; i++) {
        apr_uint64_t n = group->n[WFP_LEDGER_ENDS + i - 1];

        badly += n;
        so += status_of[i] == status ? n : 0;
    }
    if (status == WFP_GRAPHQL_ALL) {
        return all;
    }
    if (status == WFP_GRAPHQL_SUCCESS) {
        return all > badly ? all - badly : 0;
    }
    return so;
}

/* Those of a row that ended so. */
static apr_int64_t ended(const row_t *row, wfp_graphql_status_e status)
{
    return row->status == WFP_GRAPHQL_ALL || row->status == status
               ? (apr_int64_t)count_of(row->group, status)
               : 0;
}

static apr_int64_t errors(const row_t *row)
{
    apr_int64_t sum = 0;
    int i;

    for (i = WFP_GRAPHQL_SUCCESS + 1; i < WFP_GRAPHQL_STATUS_COUNT; i++) {
        sum += i == WFP_GRAPHQL_DISCONNECTED
                   ? 0
                   : ended(row, (wfp_graphql_status_e)i);
    }
    return sum;
}

/* Are all runs of the group in this row? */
static int is_whole(const row_t *row)
{
    return count_of(row->group, row->status)
           == row->group->n[WFP_LEDGER_REQUESTS];
}

/* ---- cells ------------------------------------------------------------------------ */

static apr_int64_t time_of(const row_t *row, const wfp_graphql_column_t *column)
{
    return row->group->time / column->arg * column->arg;
}

static cell_t number(apr_int64_t n)
{
    return (cell_t){ NULL, n, 1 };
}

static cell_t text(const char *bytes)
{
    return (cell_t){ bytes, 0, 0 };
}

static apr_int64_t quantile(const row_t *row, int per_mille)
{
    return (
        apr_int64_t)wfp_ledger_percentile(&row->group->n[WFP_LEDGER_CPU_STEPS],
                                          wfp_ledger_cpu_bounds(),
                                          per_mille / 1000.0);
}

/* Times are numbers here. */
static cell_t cell_of(const row_t *row, const wfp_graphql_column_t *column)
{
    switch (column->kind) {
    case WFP_GRAPHQL_TIME:
        return number(time_of(row, column));
    case WFP_GRAPHQL_NAMESPACE:
        return text(row->group->ns);
    case WFP_GRAPHQL_SCRIPT:
        return text(row->group->script);
    case WFP_GRAPHQL_STATUS:
        return text(wfp_graphql_ask_status_names[row->status]);
    case WFP_GRAPHQL_REQUESTS:
        return number((apr_int64_t)count_of(row->group, row->status));
    case WFP_GRAPHQL_ERRORS:
        return number(errors(row));
    case WFP_GRAPHQL_DISCONNECTS:
        return number(ended(row, WFP_GRAPHQL_DISCONNECTED));
    case WFP_GRAPHQL_FIGURE:
        return is_whole(row) ? number((apr_int64_t)row->group->n[column->arg])
                             : text(NULL);
    case WFP_GRAPHQL_QUANTILE:
        return is_whole(row) ? number(quantile(row, column->arg)) : text(NULL);
    default:
        return number(column->arg);
    }
}

static void show_cell(wfp_json_t *obj, const char *label, const row_t *row,
                      const wfp_graphql_column_t *column, apr_pool_t *p)
{
    cell_t cell = cell_of(row, column);

    if (column->kind == WFP_GRAPHQL_TIME) {
        const char *at = wfp_show_time(apr_time_from_sec(cell.n), p);

        wfp_json_set_str(obj, label,
                         !strcmp(column->name, "date")
                             ? apr_pstrmemdup(p, at, strcspn(at, "T"))
                             : at);
    }
    else if (cell.is_number) {
        wfp_json_set_int(obj, label, cell.n);
    }
    else {
        wfp_json_set_str(obj, label, cell.text);
    }
}

/* ---- rows ------------------------------------------------------------------------- */

static wfp_json_t *show_part(const row_t *row, const wfp_graphql_field_t *part,
                             apr_pool_t *p)
{
    wfp_json_t *obj = wfp_json_object(p);
    int i;

    for (i = 0; i < part->fields->nelts; i++) {
        const wfp_graphql_field_t *field = &APR_ARRAY_IDX(part->fields, i,
                                                          wfp_graphql_field_t);
        const wfp_graphql_column_t
            *column = wfp_graphql_ask_column(part->name, field->name);

        if (column) {
            show_cell(obj, field->label, row, column, p);
        }
        else {
            char *type = apr_pstrcat(p, TYPE, part->name, NULL);

            type[sizeof(TYPE) - 1] = (char)apr_toupper(type[sizeof(TYPE) - 1]);
            wfp_json_set_str(obj, field->label, type);
        }
    }
    return obj;
}

static wfp_json_t *show_row(const row_t *row, const wfp_graphql_field_t *field,
                            apr_pool_t *p)
{
    wfp_json_t *obj = wfp_json_object(p);
    int i;

    for (i = 0; i < field->fields->nelts; i++) {
        const wfp_graphql_field_t *part = &APR_ARRAY_IDX(field->fields, i,
                                                         wfp_graphql_field_t);

        if (part->fields) {
            wfp_json_set(obj, part->label, show_part(row, part, p));
        }
        else {
            wfp_json_set_str(obj, part->label, TYPE);
        }
    }
    return obj;
}

/* A row for each way in which runs of a group ended, or one for all. */
static void add_rows(apr_array_header_t *rows, const wfp_graphql_ask_t *ask,
                     const wfp_ledger_group_t *group)
{
    int i;

    if (!ask->by_status) {
        APR_ARRAY_PUSH(rows, row_t) = (row_t){ ask, group, WFP_GRAPHQL_ALL };
        return;
    }
    for (i = 0; i < WFP_GRAPHQL_STATUS_COUNT; i++) {
        const row_t row = { ask, group, (wfp_graphql_status_e)i };

        if ((ask->only == WFP_GRAPHQL_ALL || ask->only == row.status)
            && count_of(group, row.status)) {
            APR_ARRAY_PUSH(rows, row_t) = row;
        }
    }
}

/* What is not known comes first. */
static int compare_cells(const cell_t *a, const cell_t *b)
{
    if (a->text && b->text) {
        return strcmp(a->text, b->text);
    }
    if (a->is_number != b->is_number) {
        return a->is_number - b->is_number;
    }
    return (a->n > b->n) - (a->n < b->n);
}

static int compare(const void *av, const void *bv)
{
    const row_t *a = av, *b = bv;
    int i, order = 0;

    for (i = 0; !order && i < a->ask->order_count; i++) {
        const wfp_graphql_order_t *by = &a->ask->order[i];
        const cell_t of_a = cell_of(a, by->column);
        const cell_t of_b = cell_of(b, by->column);

        order = compare_cells(&of_a, &of_b);
        order = by->is_down ? -order : order;
    }
    /* otherwise as they came */
    return order ? order
                 : (a->group > b->group) - (a->group < b->group)
                       + (a->group == b->group ? (int)a->status - (int)b->status
                                               : 0);
}

apr_status_t wfp_graphql_runs(wfp_json_t **prows, wfp_store_t *store,
                              const wfp_graphql_field_t *field,
                              apr_time_t deadline, wfp_result_t *res,
                              apr_pool_t *p)
{
    apr_array_header_t *groups, *rows;
    wfp_graphql_ask_t ask;
    apr_status_t rv = wfp_graphql_ask_read(&ask, field, res, p);
    int i;

    ask.groups.deadline = deadline;
    if (rv == APR_SUCCESS) {
        rv = wfp_ledger_groups_list(&groups, store, &ask.groups, res, p);
    }
    if (rv != APR_SUCCESS) {
        return rv;
    }
    rows = apr_array_make(p, groups->nelts + 1, sizeof(row_t));
    for (i = 0; i < groups->nelts; i++) {
        add_rows(rows, &ask, &APR_ARRAY_IDX(groups, i, wfp_ledger_group_t));
    }
    if (ask.order_count) {
        qsort(rows->elts, (size_t)rows->nelts, sizeof(row_t), compare);
    }
    *prows = wfp_json_array(p);
    for (i = 0; i < rows->nelts && i < ask.limit; i++) {
        wfp_json_add(*prows,
                     show_row(&APR_ARRAY_IDX(rows, i, row_t), field, p));
    }
    return APR_SUCCESS;
}
