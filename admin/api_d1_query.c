/* SPDX-License-Identifier: Apache-2.0 */
/*
 * {"sql", "params"?} or {"batch": [{"sql", "params"?}, ...]}: one transaction
 * in any case. A text without parameters may hold several statements.
 */
#include "admin/api_d1_query.h"

#include <apr_strings.h>
#include <string.h>

#include "admin/api_d1.h"
#include "admin/d1_json.h"
#include "services/sqlite_shape.h"
#include "store/audit.h"

#define BATCH_MAX 1000

/* Of a body: values may be larger than those of other routes. */
#define BODY_MAX ((apr_size_t)8 << 20)

/* Far more than SQLite takes of one statement; a body could have millions. */
#define PARAMS_MAX 1000

/* Of the SQL that the audit shows: queries, and bytes of each. */
#define NOTE_QUERIES 10
#define NOTE_BYTES   500

static apr_status_t bad(wfp_api_call_t *call, const char *why)
{
    return wfp_api_answer_error(call, WFP_API_D1_BAD, "%s", why);
}

/* A blob, as answers show it: an array of its bytes. */
static apr_status_t read_bytes(wfp_sql_value_t *value, const wfp_json_t *list,
                               wfp_api_call_t *call)
{
    apr_size_t i, n = wfp_json_size(list);
    char *data = apr_palloc(call->pool, n + 1);
    apr_pool_t *turn;
    apr_int64_t byte = 0;

    apr_pool_create(&turn, call->pool);
    for (i = 0; i < n; i++) {
        if (i % 1024 == 0) {
            apr_pool_clear(turn);
        }
        if (!wfp_json_int(wfp_json_at(list, i, turn), &byte) || byte < 0
            || byte > 255) {
            break;
        }
        data[i] = (char)byte;
    }
    apr_pool_destroy(turn);
    if (i < n) {
        return bad(call, "params: a blob is an array of numbers from 0 to 255");
    }
    value->kind = WFP_SQL_BLOB;
    value->s = data;
    value->u.n = n;
    return APR_SUCCESS;
}

static apr_status_t read_param(wfp_sql_value_t *value, const wfp_json_t *v,
                               wfp_api_call_t *call)
{
    const char *text = wfp_json_str(v);

    if (text) {
        value->kind = WFP_SQL_TEXT;
        value->s = text;
        value->u.n = strlen(text);
    }
    else if (wfp_json_int(v, &value->u.i)) {
        value->kind = WFP_SQL_INT;
    }
    else if (wfp_json_number(v, &value->u.d)) {
        value->kind = WFP_SQL_REAL;
    }
    else if (wfp_json_is_bool(v)) {
        value->kind = WFP_SQL_INT;
        value->u.i = wfp_json_is_true(v);
    }
    else if (wfp_json_is_null(v)) {
        value->kind = WFP_SQL_NULL;
    }
    else if (wfp_json_is_array(v)) {
        return read_bytes(value, v, call);
    }
    else {
        return bad(call, "params: texts, numbers, booleans, null and blobs, "
                         "which are arrays of numbers");
    }
    return APR_SUCCESS;
}

static apr_status_t read_query(wfp_sql_query_t *query, const wfp_json_t *doc,
                               wfp_api_call_t *call)
{
    wfp_json_t *params = wfp_json_get(doc, "params", call->pool);
    wfp_sql_value_t *values;
    apr_size_t i, n = wfp_json_size(params);
    apr_status_t rv = APR_SUCCESS;

    query->sql = wfp_json_str(wfp_json_get(doc, "sql", call->pool));
    if (!query->sql) {
        return bad(call, "sql: a text is needed");
    }
    query->n = strlen(query->sql);
    if (params && !wfp_json_is_null(params) && !wfp_json_is_array(params)) {
        return bad(call, "params: an array is needed");
    }
    if (n > PARAMS_MAX) {
        return bad(call, "params: more than a statement may have");
    }
    values = apr_pcalloc(call->pool, sizeof(*values) * (n + 1));
    for (i = 0; i < n && rv == APR_SUCCESS; i++) {
        rv = read_param(&values[i], wfp_json_at(params, i, call->pool), call);
    }
    query->params = values;
    query->count = (int)n;
    return rv;
}

/* The queries of the body. */
static apr_status_t read_body(wfp_sql_call_t *sql, wfp_api_call_t *call)
{
    wfp_json_t *doc, *batch;
    wfp_sql_query_t *queries;
    apr_size_t i, n = 1;
    apr_status_t rv = wfp_api_call_json_max(&doc, call, BODY_MAX);

    if (rv != APR_SUCCESS) {
        return rv;
    }
    if (!doc || !wfp_json_is_object(doc)) {
        return bad(call, "the body must be a JSON object");
    }
    batch = wfp_json_get(doc, "batch", call->pool);
    if (batch) {
        n = wfp_json_is_array(batch) ? wfp_json_size(batch) : 0;
        if (n == 0 || n > BATCH_MAX) {
            return bad(call, "batch: an array of 1 to 1000 queries is needed");
        }
    }
    queries = apr_pcalloc(call->pool, sizeof(*queries) * n);
    for (i = 0; i < n && rv == APR_SUCCESS; i++) {
        rv = read_query(&queries[i],
                        batch ? wfp_json_at(batch, i, call->pool) : doc, call);
    }
    sql->mode = WFP_SQL_BATCH;
    sql->queries = queries;
    sql->count = (int)n;
    return rv;
}

/* A row of the audit, unless the queries only read. */
static apr_status_t note(wfp_api_call_t *call, const wfp_sql_call_t *sql)
{
    wfp_json_t *details = wfp_json_object(call->pool);
    wfp_json_t *shown = wfp_json_array(call->pool);
    int i, reads = 1;

    for (i = 0; i < sql->count; i++) {
        const wfp_sql_query_t *query = &sql->queries[i];

        reads = reads && wfp_sqlite_shape_is_read(query->sql, query->n);
        if (i < NOTE_QUERIES) {
            wfp_json_add_str(shown,
                             wfp_sqlite_shape_write(query->sql, query->n,
                                                    NOTE_BYTES, call->pool));
        }
    }
    if (reads) {
        return APR_SUCCESS;
    }
    wfp_json_set_int(details, "queries", sql->count);
    wfp_json_set(details, "sql", shown);
    return wfp_api_d1_note(call, sql->database, "query", details);
}

static apr_status_t answer_query(wfp_api_call_t *call, int raw)
{
    wfp_sql_call_t sql = { 0 };
    wfp_sql_answer_t answer;
    wfp_d1_database_t *d1;
    const char *text;
    apr_size_t n;
    apr_status_t rv = wfp_api_d1_find(&d1, call);

    if (rv == APR_SUCCESS) {
        rv = read_body(&sql, call);
    }
    if (rv == APR_SUCCESS) {
        sql.database = d1->id;
        rv = note(call, &sql);
    }
    if (rv == APR_SUCCESS) {
        rv = wfp_api_d1_run(&answer, call, &sql);
    }
    if (rv != APR_SUCCESS) {
        return rv;
    }
    text = wfp_d1_json_answer(&n, &answer, raw);
    return wfp_api_answer_raw(call, "application/json", text, n);
}

apr_status_t wfp_api_d1_query(wfp_api_call_t *call)
{
    return answer_query(call, 0);
}

apr_status_t wfp_api_d1_query_raw(wfp_api_call_t *call)
{
    return answer_query(call, 1);
}
