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
#include "admin/show.h"
#include "core/clock.h"
#include "core/point.h"
#include "store/data_points.h"

#define GROUPS_MAX  1000
#define POINTS_MAX  1000000
#define TIME_MAX    apr_time_from_sec(10)
#define FIELDS_MAX  8
#define SELECTS_MAX 16

/* What can be asked of a point. */
typedef enum {
    NS = 0,
    WORKER,
    INDEX,
    BLOB,
    DOUBLE,
    DAY,
    HOUR
} field_e;

typedef struct field_t {
    field_e kind;
    int number; /* of a blob or double, from 0 */
    const char *name;
    const char *value; /* of a condition */
} field_t;

typedef struct select_t {
    const char *name; /* "sum:double1" */
    char what;        /* c, s, a, m, M */
    int number;
} select_t;

typedef struct group_t {
    const char *values[FIELDS_MAX];
    apr_int64_t count;
    double sum[SELECTS_MAX];
    double least[SELECTS_MAX];
    double greatest[SELECTS_MAX];
} group_t;

typedef struct query_t {
    wfp_api_call_t *call;
    wfp_data_points_page_t page;
    field_t by[FIELDS_MAX], where[FIELDS_MAX];
    int bys, wheres;
    select_t selects[SELECTS_MAX];
    int count;
    apr_hash_t *groups;
    apr_array_header_t *order; /* group_t * */
    apr_int64_t looked;
    apr_time_t until; /* as core/clock.h tells it */
} query_t;

static apr_status_t bad(query_t *q, const char *what)
{
    return wfp_api_answer_error(q->call, WFP_API_BAD_REQUEST, "%s", what);
}

/* "blob1" to "blob20". @return 0: it is none */
static int read_numbered(int *pnumber, const char *name, const char *word,
                         int max)
{
    apr_size_t n = strlen(word);
    const char *digits = name + n;

    if (strncmp(name, word, n) || strlen(digits) < 1 || strlen(digits) > 2
        || strspn(digits, "0123456789") != strlen(digits) || *digits == '0') {
        return 0;
    }
    *pnumber = (int)apr_strtoi64(digits, NULL, 10) - 1;
    return *pnumber < max;
}

static int read_field(field_t *field, const char *name)
{
    static const struct {
        const char *name;
        field_e kind;
    } words[] = { { "namespace", NS },
                  { "worker", WORKER },
                  { "index1", INDEX },
                  { "day", DAY },
                  { "hour", HOUR } };
    apr_size_t i;

    memset(field, 0, sizeof(*field));
    field->name = name;
    for (i = 0; name && i < sizeof(words) / sizeof(words[0]); i++) {
        if (!strcmp(words[i].name, name)) {
            field->kind = words[i].kind;
            return 1;
        }
    }
    field->kind = BLOB;
    return name
           && read_numbered(&field->number, name, "blob", WFP_POINT_BLOBS_MAX);
}

static int read_select(select_t *select, const char *name)
{
    static const struct {
        const char *name;
        char what;
    } words[] = {
        { "sum:", 's' }, { "avg:", 'a' }, { "min:", 'm' }, { "max:", 'M' }
    };
    apr_size_t i;

    memset(select, 0, sizeof(*select));
    select->name = name;
    select->what = 'c';
    if (!name || !strcmp(name, "count")) {
        return name != NULL;
    }
    for (i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
        if (!strncmp(name, words[i].name, 4)) {
            select->what = words[i].what;
            return read_numbered(&select->number, name + 4, "double",
                                 WFP_POINT_DOUBLES_MAX);
        }
    }
    return 0;
}

/* A list of names of at most max elements. @return its size; -1: it is none */
static int list_size(const wfp_json_t *list, int max)
{
    if (!list || wfp_json_is_null(list)) {
        return 0;
    }
    return wfp_json_is_array(list) && wfp_json_size(list) <= (apr_size_t)max
               ? (int)wfp_json_size(list)
               : -1;
}

static apr_status_t read_lists(query_t *q, const wfp_json_t *doc)
{
    apr_pool_t *p = q->call->pool;
    wfp_json_t *by = wfp_json_get(doc, "group_by", p);
    wfp_json_t *selects = wfp_json_get(doc, "select", p);
    int i;

    q->bys = list_size(by, FIELDS_MAX);
    q->count = list_size(selects, SELECTS_MAX);
    if (q->bys < 0 || q->count < 1) {
        return bad(q, "group_by: at most 8 names; select: 1 to 16 names");
    }
    for (i = 0; i < q->bys; i++) {
        if (!read_field(&q->by[i],
                        wfp_json_str(wfp_json_at(by, (apr_size_t)i, p)))) {
            return bad(q, "group_by: namespace, worker, index1, blob1 to "
                          "blob20, day, hour");
        }
    }
    for (i = 0; i < q->count; i++) {
        if (!read_select(&q->selects[i],
                         wfp_json_str(
                             wfp_json_at(selects, (apr_size_t)i, p)))) {
            return bad(q, "select: count, or sum:, avg:, min: or max: and "
                          "double1 to double20");
        }
    }
    return APR_SUCCESS;
}

static apr_status_t read_where(query_t *q, const wfp_json_t *doc)
{
    static const char *const simple[] = { "namespace", "worker", "index1" };
    apr_pool_t *p = q->call->pool;
    wfp_json_t *where = wfp_json_get(doc, "where", p);
    apr_size_t found = 0;
    int i;

    for (i = 0; i < 3 + WFP_POINT_BLOBS_MAX; i++) {
        const char *name = i < 3 ? simple[i] : apr_psprintf(p, "blob%d", i - 2);
        wfp_json_t *value = wfp_json_get(where, name, p);

        if (!value) {
            continue;
        }
        if (q->wheres == FIELDS_MAX || !wfp_json_str(value)) {
            return bad(q, "where: at most 8 texts");
        }
        (void)read_field(&q->where[q->wheres], name); /* it is one */
        q->where[q->wheres++].value = wfp_json_str(value);
        found++;
    }
    if (where && !wfp_json_is_null(where)
        && (!wfp_json_is_object(where) || wfp_json_size(where) != found)) {
        return bad(q, "where: namespace, worker, index1, blob1 to blob20");
    }
    return APR_SUCCESS;
}

static apr_status_t read_times(query_t *q, const wfp_json_t *doc)
{
    apr_pool_t *p = q->call->pool;
    const char *since = wfp_json_str(wfp_json_get(doc, "since", p));
    const char *until = wfp_json_str(wfp_json_get(doc, "until", p));

    q->page.until = apr_time_now() + 1;
    if (until && !wfp_show_read_time(&q->page.until, until)) {
        return bad(q, "until: a time like 2026-12-31T23:59:59Z");
    }
    q->page.since = q->page.until - apr_time_from_sec(86400);
    if (since && !wfp_show_read_time(&q->page.since, since)) {
        return bad(q, "since: a time like 2026-12-31T23:59:59Z");
    }
    return APR_SUCCESS;
}

/* What a point has there, as text. */
static const char *value_of(const field_t *field, const wfp_data_point_t *row,
                            const wfp_point_t *point, apr_pool_t *p)
{
    const char *time;

    switch (field->kind) {
    case NS:
        return row->ns;
    case WORKER:
        return row->worker;
    case INDEX:
        return point->index;
    case BLOB:
        return field->number < point->blobs ? point->blob[field->number] : "";
    default:
        time = wfp_show_time(row->time, p);
        return apr_pstrmemdup(p, time, field->kind == DAY ? 10 : 13);
    }
}

static int passes(const query_t *q, const wfp_data_point_t *row,
                  const wfp_point_t *point, apr_pool_t *p)
{
    int i;

    for (i = 0; i < q->wheres; i++) {
        if (strcmp(value_of(&q->where[i], row, point, p), q->where[i].value)) {
            return 0;
        }
    }
    return 1;
}

/* The point's group; NULL: there are too many. */
static group_t *group_of(query_t *q, const wfp_data_point_t *row,
                         const wfp_point_t *point, apr_pool_t *p)
{
    const char *values[FIELDS_MAX], *key = "";
    group_t *group;
    int i;

    for (i = 0; i < q->bys; i++) {
        values[i] = value_of(&q->by[i], row, point, p);
        key = apr_psprintf(p, "%s%" APR_SIZE_T_FMT ":%s", key,
                           strlen(values[i]), values[i]);
    }
    group = apr_hash_get(q->groups, key, APR_HASH_KEY_STRING);
    if (!group && q->order->nelts < GROUPS_MAX) {
        group = apr_pcalloc(q->call->pool, sizeof(*group));
        for (i = 0; i < q->bys; i++) {
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

    for (i = 0; i < q->count; i++) {
        int at = q->selects[i].number;
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
            || !passes(q, row, &point, p)) {
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

    for (i = 0; i < q->bys; i++) {
        wfp_json_set_str(doc, q->by[i].name, group->values[i]);
    }
    for (i = 0; i < q->count; i++) {
        const select_t *select = &q->selects[i];
        double n = select->what == 's'   ? group->sum[i]
                   : select->what == 'm' ? group->least[i]
                   : select->what == 'M' ? group->greatest[i]
                                         : group->sum[i] / (double)group->count;

        if (select->what == 'c') {
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
    static const char *const known[] = { "since",  "until",    "where",
                                         "select", "group_by", NULL };
    query_t *q = apr_pcalloc(call->pool, sizeof(*q));
    wfp_json_t *doc;
    apr_status_t rv = wfp_api_call_object(&doc, call);

    q->call = call;
    q->page.dataset = wfp_api_call_param(call, "dataset");
    if (rv == APR_SUCCESS) {
        rv = wfp_api_call_known(call, doc, known, 1);
    }
    if (rv == APR_SUCCESS) {
        rv = read_times(q, doc);
    }
    if (rv == APR_SUCCESS) {
        rv = read_lists(q, doc);
    }
    if (rv == APR_SUCCESS) {
        rv = read_where(q, doc);
    }
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
