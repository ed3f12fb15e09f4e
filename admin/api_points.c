/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Questions to a dataset. Points are read page by page, each page in a pool of
 * its own; what is kept are the groups.
 */
#include "admin/api_points.h"

#include <apr_hash.h>
#include <apr_strings.h>
#include <stdlib.h>
#include <string.h>

#include "admin/api_auth.h"
#include "admin/points_ask.h"
#include "admin/show.h"
#include "core/clock.h"

#define GROUPS_MAX 1000
#define POINTS_MAX 1000000
#define TIME_MAX   apr_time_from_sec(10)
typedef struct group_t {
    const char *values[WFP_POINTS_FIELDS_MAX];
    apr_int64_t count;
    double sum[WFP_POINTS_SELECTS_MAX];
    double least[WFP_POINTS_SELECTS_MAX];
    double greatest[WFP_POINTS_SELECTS_MAX];
} group_t;

typedef struct query_t {
    wfp_api_call_t *call;
    wfp_points_ask_t ask;
    wfp_data_points_page_t page;
    apr_hash_t *groups;
    apr_array_header_t *order; /* group_t * */
    apr_int64_t looked;
    apr_time_t until; /* as core/clock.h tells it */
} query_t;

static apr_status_t bad(query_t *q, const char *what)
{
    return wfp_api_answer_error(q->call, WFP_API_BAD_REQUEST, "%s", what);
}

/* The point's group; NULL: there are too many. */
static group_t *group_of(query_t *q, const wfp_data_point_t *row,
                         const wfp_point_t *point, apr_pool_t *p)
{
    const char *values[WFP_POINTS_FIELDS_MAX], *key = "";
    group_t *group;
    int i;

    for (i = 0; i < q->ask.bys; i++) {
        values[i] = wfp_points_ask_value(&q->ask.by[i], row, point, p);
        key = apr_psprintf(p, "%s%" APR_SIZE_T_FMT ":%s", key,
                           strlen(values[i]), values[i]);
    }
    group = apr_hash_get(q->groups, key, APR_HASH_KEY_STRING);
    if (!group && q->order->nelts < GROUPS_MAX) {
        group = apr_pcalloc(q->call->pool, sizeof(*group));
        for (i = 0; i < q->ask.bys; i++) {
            group->values[i] = apr_pstrdup(q->call->pool, values[i]);
        }
        apr_hash_set(q->groups, apr_pstrdup(q->call->pool, key),
                     APR_HASH_KEY_STRING, group);
        APR_ARRAY_PUSH(q->order, group_t *) = group;
    }
    return group;
}

static void add(const query_t *q, group_t *group, const wfp_point_t *point)
{
    int i;

    for (i = 0; i < q->ask.count; i++) {
        int at = q->ask.selects[i].number;
        double n = at < point->doubles ? point->number[at] : 0;

        group->sum[i] += n;
        if (!group->count || n < group->least[i]) {
            group->least[i] = n;
        }
        if (!group->count || n > group->greatest[i]) {
            group->greatest[i] = n;
        }
    }
    group->count++;
}

/* A page of points. @return on failure the error is in the answer, or in res */
static apr_status_t take_page(int *pmore, query_t *q, apr_pool_t *p)
{
    apr_array_header_t *list;
    wfp_data_point_t *row;
    wfp_point_t point;
    int i;
    apr_status_t rv = wfp_data_points_page(&list, q->call->server->store,
                                           &q->page, &q->call->res, p);

    for (i = 0; rv == APR_SUCCESS && i < list->nelts; i++) {
        group_t *group;

        row = &APR_ARRAY_IDX(list, i, wfp_data_point_t);
        if (!wfp_point_read(&point, row->point, p)
            || !wfp_points_ask_passes(&q->ask, row, &point, p)) {
            continue;
        }
        group = group_of(q, row, &point, p);
        if (!group) {
            return bad(q, "more than 1000 groups: ask for less");
        }
        add(q, group, &point);
    }
    *pmore = rv == APR_SUCCESS && list->nelts == WFP_DATA_POINTS_PAGE;
    if (*pmore) {
        row = &APR_ARRAY_IDX(list, list->nelts - 1, wfp_data_point_t);
        q->page.after = row->time;
        q->page.after_id = apr_pstrdup(q->call->pool, row->id);
        q->looked += list->nelts;
        if (q->looked >= POINTS_MAX) {
            return bad(q, "more than 1000000 points: ask for a shorter time");
        }
        if (wfp_clock_now() > q->until) {
            return bad(q, "more than 10 seconds: ask for a shorter time");
        }
    }
    return rv;
}

static wfp_json_t *show(const query_t *q, const group_t *group, apr_pool_t *p)
{
    wfp_json_t *doc = wfp_json_object(p);
    int i;

    for (i = 0; i < q->ask.bys; i++) {
        wfp_json_set_str(doc, q->ask.by[i].name, group->values[i]);
    }
    for (i = 0; i < q->ask.count; i++) {
        const wfp_points_select_t *select = &q->ask.selects[i];
        double n = select->what == WFP_POINTS_SUM     ? group->sum[i]
                   : select->what == WFP_POINTS_LEAST ? group->least[i]
                   : select->what == WFP_POINTS_GREATEST
                       ? group->greatest[i]
                       : group->sum[i] / (double)group->count;

        if (select->what == WFP_POINTS_COUNT) {
            wfp_json_set_int(doc, select->name, group->count);
        }
        else if (n - n == 0) { /* finite */
            wfp_json_set_number(doc, select->name, n);
        }
        else {
            wfp_json_set(doc, select->name, wfp_json_null(p));
        }
    }
    return doc;
}

/* @param ns  of a token's; NULL: all */
static apr_status_t take_all(query_t *q, const char *ns)
{
    apr_pool_t *p;
    apr_status_t rv;
    int more;

    q->page.ns = ns;
    q->page.after = 0;
    q->page.after_id = "";
    apr_pool_create(&p, q->call->pool);
    do {
        apr_pool_clear(p);
        rv = take_page(&more, q, p);
    } while (rv == APR_SUCCESS && more);
    apr_pool_destroy(p);
    return rv;
}

/* Namespaces that the token is limited to, in their order; NULL: it is not. */
static const apr_array_header_t *limits_of(const wfp_api_call_t *call)
{
    return wfp_api_auth_is_limited(call->token) ? call->token->namespaces
                                                : NULL;
}

static apr_status_t run(query_t *q)
{
    wfp_json_t *doc = wfp_json_array(q->call->pool);
    const apr_array_header_t *names = limits_of(q->call);
    apr_status_t rv = APR_SUCCESS;
    int i;

    q->groups = apr_hash_make(q->call->pool);
    q->order = apr_array_make(q->call->pool, 16, sizeof(group_t *));
    q->until = wfp_clock_now() + TIME_MAX;
    if (!names) {
        rv = take_all(q, NULL);
    }
    for (i = 0; names && rv == APR_SUCCESS && i < names->nelts; i++) {
        rv = take_all(q, APR_ARRAY_IDX(names, i, const char *));
    }
    for (i = 0; rv == APR_SUCCESS && i < q->order->nelts; i++) {
        wfp_json_add(doc, show(q, APR_ARRAY_IDX(q->order, i, group_t *),
                               q->call->pool));
    }
    return rv == APR_SUCCESS ? wfp_api_answer_json(q->call, doc) : rv;
}

apr_status_t wfp_api_points_query(wfp_api_call_t *call)
{
    query_t *q = apr_pcalloc(call->pool, sizeof(*q));
    apr_status_t rv = wfp_points_ask_read(&q->ask, call);

    q->call = call;
    q->page.dataset = wfp_api_call_param(call, "dataset");
    q->page.since = q->ask.since;
    q->page.until = q->ask.until;
    return rv == APR_SUCCESS ? run(q) : rv;
}

/* Those of one namespace, or of all, added to what is there. */
static apr_status_t add_datasets(apr_hash_t *all, wfp_api_call_t *call,
                                 const char *ns)
{
    apr_array_header_t *list;
    int i;
    apr_status_t rv = wfp_data_points_datasets(&list, call->server->store, ns,
                                               &call->res, call->pool);

    for (i = 0; rv == APR_SUCCESS && i < list->nelts; i++) {
        wfp_dataset_t *one = &APR_ARRAY_IDX(list, i, wfp_dataset_t);
        wfp_dataset_t *sum = apr_hash_get(all, one->name, APR_HASH_KEY_STRING);

        if (!sum) {
            apr_hash_set(all, one->name, APR_HASH_KEY_STRING, one);
            continue;
        }
        sum->points += one->points;
        sum->first = one->first < sum->first ? one->first : sum->first;
        sum->last = one->last > sum->last ? one->last : sum->last;
    }
    return rv;
}

static int by_name(const void *a, const void *b)
{
    const wfp_dataset_t *const *x = a, *const *y = b;

    return strcmp((*x)->name, (*y)->name);
}

static apr_array_header_t *sorted(apr_hash_t *all, apr_pool_t *p)
{
    apr_array_header_t *list = apr_array_make(p, 16, sizeof(wfp_dataset_t *));
    apr_hash_index_t *at;

    for (at = apr_hash_first(p, all); at; at = apr_hash_next(at)) {
        APR_ARRAY_PUSH(list, wfp_dataset_t *) = apr_hash_this_val(at);
    }
    qsort(list->elts, (size_t)list->nelts, sizeof(wfp_dataset_t *), by_name);
    return list;
}

apr_status_t wfp_api_points_datasets(wfp_api_call_t *call)
{
    wfp_json_t *doc = wfp_json_array(call->pool);
    const apr_array_header_t *names = limits_of(call);
    apr_hash_t *all = apr_hash_make(call->pool);
    apr_array_header_t *list;
    apr_status_t rv = names ? APR_SUCCESS : add_datasets(all, call, NULL);
    int i;

    for (i = 0; names && rv == APR_SUCCESS && i < names->nelts; i++) {
        rv = add_datasets(all, call, APR_ARRAY_IDX(names, i, const char *));
    }
    list = sorted(all, call->pool);
    for (i = 0; rv == APR_SUCCESS && i < list->nelts; i++) {
        const wfp_dataset_t *one = APR_ARRAY_IDX(list, i, wfp_dataset_t *);
        wfp_json_t *row = wfp_json_object(call->pool);

        wfp_json_set_str(row, "name", one->name);
        wfp_json_set_int(row, "points", one->points);
        wfp_json_set_str(row, "first", wfp_show_time(one->first, call->pool));
        wfp_json_set_str(row, "last", wfp_show_time(one->last, call->pool));
        wfp_json_add(doc, row);
    }
    return rv == APR_SUCCESS ? wfp_api_answer_json(call, doc) : rv;
}
