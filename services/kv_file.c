/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Values of one KV namespace in a SQLite file. Called by kv.c, with a handle
 * that nobody else uses meanwhile. The value is the last column: who looks at
 * the others of a long row does not read its pages.
 */
#include "services/kv_file.h"

#include <apr_time.h>
#include <string.h>

const wfp_sqlite_open_t wfp_kv_file_how = {
    .create = 1,
    .value_max = (int)WFP_KV_VALUE_MAX + 65536,
};

#define TABLE                                                                  \
    "CREATE TABLE IF NOT EXISTS kv (key BLOB NOT NULL PRIMARY KEY, "           \
    "expires INTEGER NOT NULL, metadata TEXT NOT NULL, value BLOB NOT NULL);"  \
    "CREATE INDEX IF NOT EXISTS kv_expires ON kv (expires) WHERE expires > 0;"

typedef enum {
    S_GET = 0,
    S_PUT,
    S_DELETE,
    S_LIST,
    S_SWEEP,
    S_BEGIN,
    S_COMMIT,
    S_COUNT
} statement_e;

static const char *const texts[S_COUNT] = {
    [S_GET] = "SELECT expires, metadata, length(value), "
              "CASE WHEN length(value) <= ?3 THEN value END FROM kv "
              "WHERE key = ?1 AND (expires = 0 OR expires > ?2)",
    [S_PUT] = "INSERT INTO kv (key, expires, metadata, value) "
              "VALUES (?1, ?2, ?3, ?4) ON CONFLICT (key) DO UPDATE SET "
              "expires = ?2, metadata = ?3, value = ?4",
    [S_DELETE] = "DELETE FROM kv WHERE key = ?1",
    [S_LIST] = "SELECT key, expires, metadata FROM kv WHERE key >= ?1 "
               "AND key < ?2 AND (expires = 0 OR expires > ?3) "
               "ORDER BY key LIMIT ?4",
    [S_SWEEP] = "DELETE FROM kv WHERE rowid IN (SELECT rowid FROM kv "
                "WHERE expires > 0 AND expires <= ?1 ORDER BY expires "
                "LIMIT ?2)",
    [S_BEGIN] = "BEGIN IMMEDIATE",
    [S_COMMIT] = "COMMIT",
};

/* The prepared statements of a handle; its baton. */
typedef struct statements_t {
    wfp_sqlite_stmt_t *list[S_COUNT];
} statements_t;

/* One of them, being run. */
typedef struct run_t {
    wfp_sqlite_t *db;
    wfp_sqlite_stmt_t *stmt;
    wfp_result_t *res;
    apr_status_t rv; /* of binding */
} run_t;

static apr_int64_t now_s(void)
{
    return apr_time_sec(apr_time_now());
}

/* @param s  ready to be bound */
static apr_status_t prepare(run_t *s, wfp_kv_handle_t *file, statement_e which,
                            wfp_result_t *res)
{
    statements_t *all = file->baton;
    apr_status_t rv = APR_SUCCESS;

    if (!all) {
        rv = wfp_sqlite_exec(file->db, TABLE, res);
        if (rv != APR_SUCCESS) {
            return rv;
        }
        all = file->baton = apr_pcalloc(file->pool, sizeof(*all));
    }
    if (!all->list[which]) {
        rv = wfp_sqlite_prepare(&all->list[which], file->db, texts[which],
                                strlen(texts[which]), NULL, res);
    }
    s->db = file->db;
    s->stmt = all->list[which];
    s->res = res;
    s->rv = APR_SUCCESS;
    return rv;
}

static void bind_value(run_t *s, int i, const wfp_sql_value_t *value)
{
    if (s->rv == APR_SUCCESS) {
        s->rv = wfp_sqlite_bind(s->db, s->stmt, i, value, s->res);
    }
}

static void bind_bytes(run_t *s, int i, wfp_sql_e kind, const char *data,
                       apr_size_t n)
{
    wfp_sql_value_t value = { .kind = kind, .u.n = n, .s = data };

    bind_value(s, i, &value);
}

static void bind_int(run_t *s, int i, apr_int64_t n)
{
    wfp_sql_value_t value = { .kind = WFP_SQL_INT, .u.i = n };

    bind_value(s, i, &value);
}

static apr_int64_t int_of(const run_t *s, int col)
{
    wfp_sql_value_t value;

    wfp_sqlite_column(&value, s->stmt, col);
    return value.kind == WFP_SQL_INT ? value.u.i : 0;
}

static apr_status_t step(run_t *s)
{
    return s->rv == APR_SUCCESS ? wfp_sqlite_step(s->db, s->stmt, s->res)
                                : s->rv;
}

/* Run a statement that gives no rows. */
static apr_status_t run(run_t *s)
{
    apr_status_t rv = step(s);

    wfp_sqlite_reset(s->stmt);
    return APR_STATUS_IS_EOF(rv) ? APR_SUCCESS : rv;
}

static apr_status_t run_plain(wfp_kv_handle_t *file, statement_e which,
                              wfp_result_t *res)
{
    run_t s;
    apr_status_t rv = prepare(&s, file, which, res);

    return rv == APR_SUCCESS ? run(&s) : rv;
}

/* ---- reading ---------------------------------------------------------------- */

/* A column's bytes, with a NUL behind. */
static const char *copy_bytes(apr_size_t *pn, const run_t *s, int col,
                              apr_pool_t *p)
{
    wfp_sql_value_t value;
    char *copy;

    wfp_sqlite_column(&value, s->stmt, col);
    *pn = value.kind == WFP_SQL_TEXT || value.kind == WFP_SQL_BLOB ? value.u.n
                                                                   : 0;
    copy = apr_palloc(p, *pn + 1);
    if (*pn) {
        memcpy(copy, value.s, *pn);
    }
    copy[*pn] = '\0';
    return copy;
}

/* expires and metadata of the row */
static void take_head(wfp_kv_item_t *item, const run_t *s, int col,
                      apr_pool_t *p)
{
    item->expiration = int_of(s, col);
    item->metadata = copy_bytes(&item->metadata_size, s, col + 1, p);
    if (!item->metadata_size) {
        item->metadata = NULL;
    }
}

/* @param left  bytes that values may still have */
static apr_status_t take_value(wfp_kv_item_t *item, apr_size_t *left,
                               const run_t *s, wfp_kv_call_t *call)
{
    take_head(item, s, 0, call->pool);
    item->value = "";
    item->value_size = 0;
    if (call->no_values) {
        return APR_SUCCESS;
    }
    if (int_of(s, 2) > (apr_int64_t)*left) {
        return wfp_result_set(s->res, WFP_BODY_TOO_LARGE, APR_ENOSPC, NULL);
    }
    item->value = copy_bytes(&item->value_size, s, 3, call->pool);
    *left -= item->value_size;
    return APR_SUCCESS;
}

static apr_status_t get_one(wfp_kv_item_t *item, apr_size_t *left, run_t *s,
                            wfp_kv_call_t *call)
{
    apr_status_t rv;

    item->value = NULL;
    bind_bytes(s, 1, WFP_SQL_BLOB, item->key, item->key_size);
    bind_int(s, 2, now_s());
    bind_int(s, 3, call->no_values ? -1 : (apr_int64_t)*left);
    rv = step(s);
    if (rv == APR_SUCCESS) {
        rv = take_value(item, left, s, call);
    }
    wfp_sqlite_reset(s->stmt);
    return APR_STATUS_IS_EOF(rv) ? APR_SUCCESS : rv;
}

static apr_status_t get_all(wfp_kv_handle_t *file, wfp_kv_call_t *call,
                            wfp_result_t *res)
{
    apr_size_t left = call->max;
    run_t s;
    int i;
    apr_status_t rv = prepare(&s, file, S_GET, res);

    for (i = 0; rv == APR_SUCCESS && i < call->count; i++) {
        rv = get_one(&call->items[i], &left, &s, call);
    }
    return rv;
}

static apr_status_t list_all(wfp_kv_handle_t *file, wfp_kv_call_t *call,
                             wfp_result_t *res)
{
    char from[WFP_KV_KEY_MAX + 1], end[WFP_KV_KEY_MAX + 1];
    apr_size_t n;
    run_t s;
    apr_status_t rv = prepare(&s, file, S_LIST, res);

    if (rv != APR_SUCCESS) {
        return rv;
    }
    bind_bytes(&s, 1, WFP_SQL_BLOB, from, wfp_kv_list_from(from, call));
    n = wfp_kv_list_end(end, call);
    if (!n) { /* no key is as long */
        n = sizeof(end);
        memset(end, 0xff, n);
    }
    bind_bytes(&s, 2, WFP_SQL_BLOB, end, n);
    bind_int(&s, 3, now_s());
    bind_int(&s, 4, call->limit + 1);
    call->items = apr_pcalloc(call->pool, ((apr_size_t)call->limit + 1)
                                              * sizeof(*call->items));
    call->count = 0;
    while ((rv = step(&s)) == APR_SUCCESS && call->count < call->limit) {
        wfp_kv_item_t *item = &call->items[call->count++];

        item->key = copy_bytes(&item->key_size, &s, 0, call->pool);
        take_head(item, &s, 1, call->pool);
    }
    call->complete = APR_STATUS_IS_EOF(rv);
    wfp_sqlite_reset(s.stmt);
    return APR_STATUS_IS_EOF(rv) ? APR_SUCCESS : rv;
}

/* ---- writing ---------------------------------------------------------------- */

static apr_status_t write_one(run_t *s, const wfp_kv_call_t *call,
                              const wfp_kv_item_t *item)
{
    bind_bytes(s, 1, WFP_SQL_BLOB, item->key, item->key_size);
    if (call->verb == WFP_KV_PUT) {
        bind_int(s, 2, item->expiration);
        bind_bytes(s, 3, WFP_SQL_TEXT, item->metadata ? item->metadata : "",
                   item->metadata ? item->metadata_size : 0);
        bind_bytes(s, 4, WFP_SQL_BLOB, item->value, item->value_size);
    }
    return run(s);
}

/* Is the key what it must be? */
static apr_status_t check(wfp_kv_handle_t *file, wfp_kv_call_t *call,
                          wfp_result_t *res)
{
    wfp_kv_item_t is = { .key = call->items->key,
                         .key_size = call->items->key_size };
    apr_size_t left = WFP_KV_VALUE_MAX;
    run_t s;
    apr_status_t rv = prepare(&s, file, S_GET, res);

    if (rv == APR_SUCCESS) {
        rv = get_one(&is, &left, &s, call);
    }
    return rv == APR_SUCCESS ? wfp_kv_check_match(call, &is, res) : rv;
}

static apr_status_t write_all(wfp_kv_handle_t *file, wfp_kv_call_t *call,
                              wfp_result_t *res)
{
    int is_one = call->count <= 1 && !call->match; /* statement */
    int i;
    run_t s;
    apr_status_t rv = prepare(&s, file,
                              call->verb == WFP_KV_PUT ? S_PUT : S_DELETE, res);

    if (rv == APR_SUCCESS && !is_one) {
        rv = run_plain(file, S_BEGIN, res);
    }
    if (rv == APR_SUCCESS && call->match) {
        rv = check(file, call, res);
    }
    for (i = 0; rv == APR_SUCCESS && i < call->count; i++) {
        rv = write_one(&s, call, &call->items[i]);
    }
    if (rv == APR_SUCCESS && !is_one) {
        rv = run_plain(file, S_COMMIT, res);
    }
    /* a connection that failed is closed, which undoes it */
    return rv;
}

apr_status_t wfp_kv_file_run(wfp_kv_handle_t *file, wfp_kv_call_t *call,
                             wfp_result_t *res)
{
    switch (call->verb) {
    case WFP_KV_GET:
        return get_all(file, call, res);
    case WFP_KV_LIST:
        return list_all(file, call, res);
    default:
        return write_all(file, call, res);
    }
}

apr_status_t wfp_kv_file_sweep(int *pcount, wfp_kv_handle_t *file, int max,
                               wfp_result_t *res)
{
    run_t s;
    apr_status_t rv = prepare(&s, file, S_SWEEP, res);

    *pcount = 0;
    if (rv != APR_SUCCESS) {
        return rv;
    }
    bind_int(&s, 1, now_s());
    bind_int(&s, 2, max);
    rv = run(&s);
    if (rv == APR_SUCCESS) {
        *pcount = (int)wfp_sqlite_changes(file->db);
    }
    return rv;
}
