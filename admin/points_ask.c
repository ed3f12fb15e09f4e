/* SPDX-License-Identifier: Apache-2.0 */
/* Questions to a dataset: read, and put to a point. Called by api_points.c. */
#include "admin/points_ask.h"

#include <apr_strings.h>
#include <string.h>

#include "admin/show.h"

static apr_status_t bad(wfp_api_call_t *call, const char *what)
{
    return wfp_api_answer_error(call, WFP_API_BAD_REQUEST, "%s", what);
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

static int read_field(wfp_points_field_t *field, const char *name)
{
    static const struct {
        const char *name;
        wfp_points_field_e kind;
    } words[] = { { "namespace", WFP_POINTS_NS },
                  { "worker", WFP_POINTS_WORKER },
                  { "index1", WFP_POINTS_INDEX },
                  { "day", WFP_POINTS_DAY },
                  { "hour", WFP_POINTS_HOUR } };
    apr_size_t i;

    memset(field, 0, sizeof(*field));
    field->name = name;
    for (i = 0; name && i < sizeof(words) / sizeof(words[0]); i++) {
        if (!strcmp(words[i].name, name)) {
            field->kind = words[i].kind;
            return 1;
        }
    }
    field->kind = WFP_POINTS_BLOB;
    return name
           && read_numbered(&field->number, name, "blob", WFP_POINT_BLOBS_MAX);
}

static int read_select(wfp_points_select_t *select, const char *name)
{
    static const struct {
        const char *name;
        wfp_points_select_e what;
    } words[] = { { "sum:", WFP_POINTS_SUM },
                  { "avg:", WFP_POINTS_AVG },
                  { "min:", WFP_POINTS_LEAST },
                  { "max:", WFP_POINTS_GREATEST } };
    apr_size_t i;

    memset(select, 0, sizeof(*select));
    select->name = name;
    select->what = WFP_POINTS_COUNT;
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

static apr_status_t read_lists(wfp_points_ask_t *ask, const wfp_json_t *doc,
                               wfp_api_call_t *call)
{
    apr_pool_t *p = call->pool;
    wfp_json_t *by = wfp_json_get(doc, "group_by", p);
    wfp_json_t *selects = wfp_json_get(doc, "select", p);
    int i;

    ask->bys = list_size(by, WFP_POINTS_FIELDS_MAX);
    ask->count = list_size(selects, WFP_POINTS_SELECTS_MAX);
    if (ask->bys < 0 || ask->count < 1) {
        return bad(call, "group_by: at most 8 names; select: 1 to 16 names");
    }
    for (i = 0; i < ask->bys; i++) {
        if (!read_field(&ask->by[i],
                        wfp_json_str(wfp_json_at(by, (apr_size_t)i, p)))) {
            return bad(call, "group_by: namespace, worker, index1, blob1 to "
                             "blob20, day, hour");
        }
    }
    for (i = 0; i < ask->count; i++) {
        if (!read_select(&ask->selects[i],
                         wfp_json_str(
                             wfp_json_at(selects, (apr_size_t)i, p)))) {
            return bad(call, "select: count, or sum:, avg:, min: or max: and "
                             "double1 to double20");
        }
    }
    return APR_SUCCESS;
}

static apr_status_t read_where(wfp_points_ask_t *ask, const wfp_json_t *doc,
                               wfp_api_call_t *call)
{
    static const char *const simple[] = { "namespace", "worker", "index1" };
    apr_pool_t *p = call->pool;
    wfp_json_t *where = wfp_json_get(doc, "where", p);
    apr_size_t found = 0;
    int i;

    for (i = 0; i < 3 + WFP_POINT_BLOBS_MAX; i++) {
        const char *name = i < 3 ? simple[i] : apr_psprintf(p, "blob%d", i - 2);
        wfp_json_t *value = wfp_json_get(where, name, p);

        if (!value) {
            continue;
        }
        if (ask->wheres == WFP_POINTS_FIELDS_MAX || !wfp_json_str(value)) {
            return bad(call, "where: at most 8 texts");
        }
        (void)read_field(&ask->where[ask->wheres], name); /* it is one */
        ask->where[ask->wheres++].value = wfp_json_str(value);
        found++;
    }
    if (where && !wfp_json_is_null(where)
        && (!wfp_json_is_object(where) || wfp_json_size(where) != found)) {
        return bad(call, "where: namespace, worker, index1, blob1 to blob20");
    }
    return APR_SUCCESS;
}

static apr_status_t read_times(wfp_points_ask_t *ask, const wfp_json_t *doc,
                               wfp_api_call_t *call)
{
    apr_pool_t *p = call->pool;
    const char *since = wfp_json_str(wfp_json_get(doc, "since", p));
    const char *until = wfp_json_str(wfp_json_get(doc, "until", p));

    ask->until = apr_time_now() + 1;
    if (until && !wfp_show_read_time(&ask->until, until)) {
        return bad(call, "until: a time like 2026-12-31T23:59:59Z");
    }
    ask->since = ask->until - apr_time_from_sec(86400);
    if (since && !wfp_show_read_time(&ask->since, since)) {
        return bad(call, "since: a time like 2026-12-31T23:59:59Z");
    }
    return APR_SUCCESS;
}

apr_status_t wfp_points_ask_read(wfp_points_ask_t *ask, wfp_api_call_t *call)
{
    static const char *const known[] = { "since",  "until",    "where",
                                         "select", "group_by", NULL };
    wfp_json_t *doc;
    apr_status_t rv = wfp_api_call_object(&doc, call);

    memset(ask, 0, sizeof(*ask));
    if (rv == APR_SUCCESS) {
        rv = wfp_api_call_known(call, doc, known, 1);
    }
    if (rv == APR_SUCCESS) {
        rv = read_times(ask, doc, call);
    }
    if (rv == APR_SUCCESS) {
        rv = read_lists(ask, doc, call);
    }
    return rv == APR_SUCCESS ? read_where(ask, doc, call) : rv;
}

const char *wfp_points_ask_value(const wfp_points_field_t *field,
                                 const wfp_data_point_t *row,
                                 const wfp_point_t *point, apr_pool_t *p)
{
    const char *time;

    switch (field->kind) {
    case WFP_POINTS_NS:
        return row->ns;
    case WFP_POINTS_WORKER:
        return row->worker;
    case WFP_POINTS_INDEX:
        return point->index;
    case WFP_POINTS_BLOB:
        return field->number < point->blobs ? point->blob[field->number] : "";
    default:
        time = wfp_show_time(row->time, p);
        return apr_pstrmemdup(p, time, field->kind == WFP_POINTS_DAY ? 10 : 13);
    }
}

int wfp_points_ask_passes(const wfp_points_ask_t *ask,
                          const wfp_data_point_t *row, const wfp_point_t *point,
                          apr_pool_t *p)
{
    int i;

    for (i = 0; i < ask->wheres; i++) {
        if (strcmp(wfp_points_ask_value(&ask->where[i], row, point, p),
                   ask->where[i].value)) {
            return 0;
        }
    }
    return 1;
}
