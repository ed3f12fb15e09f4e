/* SPDX-License-Identifier: Apache-2.0 */
/*
 * D1's calls: statements, batches and scripts on a connection that is taken for
 * one call. Called by mod_wfp/host.c for Workers and by admin/ for the REST API;
 * knows neither.
 */
#include "services/d1.h"

#include <apr_strings.h>
#include <string.h>

#include "core/clock.h"
#include "services/d1_inside.h"
#include "services/d1_rows.h"
#include "services/sqlite_scan.h"

#define QUERY_MAX apr_time_from_sec(30)

/* A statement is prepared again when the schema changed meanwhile. */
#define TRIES 8

/* Bytes of a statement in an error. */
#define SHOWN_MAX 500

/* One call under way. */
typedef struct run_t {
    wfp_sqlite_held_t *held;
    wfp_sqlite_t *db;
    wfp_sql_answer_t *answer;
    const wfp_sql_call_t *call;
    wfp_cancel_t *cancel;
    wfp_result_t *res;
    int is_full; /* the file has the bytes that it may */
} run_t;

/* ---- failures -------------------------------------------------------------- */

static apr_status_t say(run_t *run, const char *text, const char *code)
{
    return wfp_result_set(run->res, WFP_D1_ERROR, APR_EINVAL, "%s: %s", text,
                          code);
}

/* What the connection failed with, in D1's words. */
static apr_status_t tell(run_t *run, apr_status_t rv)
{
    if (rv == WFP_SQLITE_ECPU) {
        return wfp_result_set(run->res, WFP_CPU_LIMIT, APR_TIMEUP, NULL);
    }
    if (rv == APR_EINTR && wfp_cancel_why(run->cancel) != WFP_OK) {
        return wfp_cancel_check(run->cancel, run->res);
    }
    if (rv == APR_TIMEUP) {
        return say(run, "the query ran longer than it may", "SQLITE_INTERRUPT");
    }
    if (rv == APR_ENOMEM) {
        return say(run, "out of memory", "SQLITE_NOMEM");
    }
    run->is_full |= rv == APR_ENOSPC;
    return say(run, run->res->message, wfp_sqlite_error_name(run->db));
}

/* ---- one statement ----------------------------------------------------------- */

static apr_status_t give_params(run_t *run, wfp_sqlite_stmt_t *stmt,
                                const wfp_sql_query_t *query)
{
    int n = wfp_sqlite_params(stmt), i;
    apr_status_t rv;

    if (n < 0) {
        return say(run, "only ? and ?NNN are parameters", "SQLITE_ERROR");
    }
    if (n != query->count) {
        return say(run, "Wrong number of parameter bindings for SQL query.",
                   "SQLITE_RANGE");
    }
    for (i = 0; i < n; i++) {
        rv = wfp_sqlite_bind(run->db, stmt, i + 1, &query->params[i], run->res);
        if (rv != APR_SUCCESS) {
            return tell(run, rv);
        }
    }
    return APR_SUCCESS;
}

/* Step to the end. @return APR_EAGAIN: nothing happened yet, prepare again */
static apr_status_t step(run_t *run, wfp_sqlite_stmt_t *stmt,
                         wfp_sql_result_t *result)
{
    apr_status_t rv;

    while ((rv = wfp_sqlite_step(run->db, stmt, run->res)) == APR_SUCCESS) {
        if (!result || (run->call->only_first && result->rows)) {
            continue;
        }
        rv = wfp_d1_rows_add(run->answer, result, stmt, run->call->share);
        if (rv != APR_SUCCESS) {
            return say(run,
                       "the result is larger than what is left of the "
                       "Worker's memory",
                       "SQLITE_TOOBIG");
        }
        if (run->call->only_first && wfp_sqlite_is_readonly(stmt)) {
            return APR_SUCCESS;
        }
    }
    return rv == APR_EOF ? APR_SUCCESS : rv == APR_EAGAIN ? rv : tell(run, rv);
}

static void finish(run_t *run, wfp_sqlite_stmt_t *stmt,
                   wfp_sql_result_t *result, apr_int64_t before)
{
    apr_int64_t written = wfp_sqlite_total_changes(run->db) - before;
    apr_int64_t scanned = wfp_sqlite_scanned(stmt);

    result->rows_written = written;
    result->changes = written ? wfp_sqlite_changes(run->db) : 0;
    result->changed_db = written || !wfp_sqlite_is_readonly(stmt);
    result->last_rowid = wfp_sqlite_last_rowid(run->db);
    scanned = scanned ? scanned + 1 : 0;
    result->rows_read = scanned > result->rows ? scanned : result->rows;
    result->size_after = wfp_sqlite_size(run->db);
}

/* Run a statement that is prepared. result: NULL: not wanted */
static apr_status_t run_prepared(run_t *run, wfp_sqlite_stmt_t *stmt,
                                 const wfp_sql_query_t *query,
                                 wfp_sql_result_t *result)
{
    apr_int64_t before = wfp_sqlite_total_changes(run->db);
    apr_time_t begun = wfp_clock_now();
    apr_status_t rv = give_params(run, stmt, query);

    if (rv == APR_SUCCESS) {
        if (result) {
            wfp_d1_rows_begin(run->answer, result, stmt);
        }
        rv = step(run, stmt, result);
    }
    if (rv == APR_SUCCESS && result) {
        finish(run, stmt, result, before);
        result->duration_us = wfp_clock_now() - begun;
        *run->answer->last = result;
        run->answer->last = &result->next;
    }
    run->answer->statements += rv == APR_SUCCESS;
    return rv;
}

/* The first statement of a query's text from *pat on, which goes behind it;
 * *pfound 0: there is none. */
static apr_status_t run_first(run_t *run, const wfp_sql_query_t *query,
                              const char **pat, int *pfound, int wants)
{
    const char *end = query->sql + query->n;
    apr_size_t n = wfp_sqlite_scan_statement(*pat, (apr_size_t)(end - *pat));
    wfp_sqlite_stmt_t *stmt;
    apr_status_t rv = wfp_sqlite_check(run->db);
    int i;

    if (rv != APR_SUCCESS) {
        return tell(run, rv);
    }
    rv = APR_EAGAIN;
    for (i = 0; i < TRIES && rv == APR_EAGAIN; i++) {
        stmt = NULL;
        rv = wfp_sqlite_pool_prepare(&stmt, run->held, *pat, n, NULL, run->res);
        if (rv != APR_SUCCESS) {
            rv = rv == APR_EAGAIN ? rv : tell(run, rv);
            continue;
        }
        *pfound = stmt != NULL;
        if (!stmt) {
            break;
        }
        rv = run_prepared(run, stmt, query,
                          wants ? apr_pcalloc(run->answer->pool,
                                              sizeof(wfp_sql_result_t))
                                : NULL);
        wfp_sqlite_pool_release(run->held, stmt, rv == APR_EAGAIN);
    }
    *pat += n;
    return rv == APR_EAGAIN
               ? say(run, "database schema has changed", "SQLITE_SCHEMA")
               : rv;
}

/* ---- the modes ----------------------------------------------------------------- */

static apr_status_t run_one(run_t *run, const wfp_sql_query_t *query)
{
    const char *at = query->sql, *end = query->sql + query->n;
    wfp_sqlite_token_t token;
    apr_size_t n = wfp_sqlite_scan_statement(at, query->n);
    const char *rest = at + n;
    int found = 0;
    apr_status_t rv;

    wfp_sqlite_scan_next(&token, &rest, end);
    if (token.kind != WFP_SQLITE_END) {
        return say(run,
                   "A prepared SQL statement must contain only one "
                   "statement.",
                   "SQLITE_ERROR");
    }
    rv = run_first(run, query, &at, &found, 1);
    return rv == APR_SUCCESS && !found
               ? say(run, "No SQL statements detected.", "SQLITE_ERROR")
               : rv;
}

/* A batch's query, which may be several. */
static apr_status_t run_several(run_t *run, const wfp_sql_query_t *query)
{
    const char *at = query->sql, *end = query->sql + query->n;
    apr_status_t rv = APR_SUCCESS;
    int found, any = 0;

    while (at < end && rv == APR_SUCCESS) {
        found = 0;
        rv = run_first(run, query, &at, &found, 1);
        any |= found;
    }
    return rv == APR_SUCCESS && !any
               ? say(run, "No SQL statements detected.", "SQLITE_ERROR")
               : rv;
}

/* Does no statement of the call write, as far as its first word tells? */
static int only_reads(const wfp_sql_call_t *call)
{
    int i;

    for (i = 0; i < call->count; i++) {
        const char *at = call->queries[i].sql, *end = at + call->queries[i].n;

        while (at < end) {
            const char *first = at;
            wfp_sqlite_token_t token;

            at += wfp_sqlite_scan_statement(at, (apr_size_t)(end - at));
            wfp_sqlite_scan_next(&token, &first, end);
            if (token.kind != WFP_SQLITE_END
                && !wfp_sqlite_scan_is(&token, "select")
                && !wfp_sqlite_scan_is(&token, "values")) {
                return 0;
            }
        }
    }
    return 1;
}

static apr_status_t run_batch(run_t *run)
{
    const wfp_sql_call_t *call = run->call;
    apr_status_t rv;
    int i;

    rv = wfp_sqlite_exec(run->db,
                         only_reads(call) ? "BEGIN" : "BEGIN IMMEDIATE",
                         run->res);
    if (rv != APR_SUCCESS) {
        return tell(run, rv);
    }
    for (i = 0; i < call->count && rv == APR_SUCCESS; i++) {
        rv = run_several(run, &call->queries[i]);
    }
    if (rv == APR_SUCCESS) {
        rv = wfp_sqlite_exec(run->db, "COMMIT", run->res);
        rv = rv == APR_SUCCESS ? rv : tell(run, rv);
    }
    /* what is open is undone when the connection is given back */
    return rv;
}

static int line_of(const char *text, const char *at)
{
    int line = 1;

    for (; text < at; text++) {
        line += *text == '\n';
    }
    return line;
}

/* Bytes of a statement that an error shows: not its semicolon, nor all. */
static int shown(const char *from, const char *to)
{
    while (to > from && (to[-1] == ';' || to[-1] == '\n' || to[-1] == '\r')) {
        to--;
    }
    return to - from > SHOWN_MAX ? SHOWN_MAX : (int)(to - from);
}

static apr_status_t run_script(run_t *run, const wfp_sql_query_t *query)
{
    const char *at = query->sql, *end = query->sql + query->n, *first;
    apr_status_t rv = APR_SUCCESS;
    wfp_sqlite_token_t token;
    int found;

    while (at < end && rv == APR_SUCCESS) {
        first = at;
        rv = run_first(run, query, &at, &found, 0);
        if (rv != APR_SUCCESS && run->res->code == WFP_D1_ERROR) {
            wfp_sqlite_scan_next(&token, &first, end);
            rv = wfp_result_set(run->res, WFP_D1_ERROR, rv,
                                "Error in line %d: %.*s: %s",
                                line_of(query->sql, token.s),
                                shown(token.s, at), token.s, run->res->message);
        }
    }
    return rv;
}

static apr_status_t run_import(run_t *run)
{
    apr_status_t rv = wfp_sqlite_exec(run->db,
                                      "BEGIN IMMEDIATE;"
                                      "PRAGMA defer_foreign_keys=ON",
                                      run->res);

    if (rv != APR_SUCCESS) {
        return tell(run, rv);
    }
    rv = run_script(run, run->call->queries);
    if (rv == APR_SUCCESS) {
        rv = wfp_sqlite_exec(run->db, "COMMIT", run->res);
        rv = rv == APR_SUCCESS ? rv : tell(run, rv);
    }
    return rv;
}

static apr_status_t run_call(run_t *run)
{
    switch (run->call->mode) {
    case WFP_SQL_IMPORT:
        return run_import(run);
    case WFP_SQL_BATCH:
        return run_batch(run);
    case WFP_SQL_SCRIPT:
        return run_script(run, run->call->queries);
    default:
        return run_one(run, run->call->queries);
    }
}

apr_status_t wfp_d1_session_begin(wfp_d1_session_t *session, wfp_d1_t *d1,
                                  const char *id, wfp_result_t *res)
{
    wfp_sqlite_bounds_t bounds = { .until = wfp_clock_now() + QUERY_MAX };
    apr_status_t rv = wfp_d1_take(&session->held, d1, id, res);

    if (rv == APR_SUCCESS) {
        session->db = wfp_sqlite_pool_db(session->held);
        session->res = res;
        wfp_sqlite_bound(session->db, &bounds);
    }
    return rv;
}

void wfp_d1_session_end(wfp_d1_session_t *session)
{
    wfp_sqlite_pool_give(session->held);
}

apr_status_t wfp_d1_run(wfp_sql_answer_t *answer, wfp_d1_t *d1,
                        const wfp_sql_call_t *call, apr_time_t until,
                        wfp_cancel_t *cancel, wfp_result_t *res)
{
    run_t run = {
        .answer = answer, .call = call, .cancel = cancel, .res = res
    };
    wfp_sqlite_bounds_t bounds = { .until = until, .cancel = cancel };
    apr_time_t begun = wfp_clock_now();
    apr_int64_t before;
    apr_status_t rv;

    answer->first = NULL;
    answer->last = &answer->first;
    rv = wfp_d1_take(&run.held, d1, call->database, res);
    if (rv != APR_SUCCESS) {
        return rv;
    }
    if (until == 0 || until > begun + QUERY_MAX) {
        bounds.until = begun + QUERY_MAX;
    }
    if (call->share) {
        bounds.cpu_ns = &call->share->cpu_ns;
        bounds.cpu_max_ns = call->share->cpu_max_ns;
    }
    run.db = wfp_sqlite_pool_db(run.held);
    wfp_sqlite_bound(run.db, &bounds);
    before = wfp_sqlite_total_changes(run.db);
    rv = run_call(&run);
    answer->rows_written = wfp_sqlite_total_changes(run.db) - before;
    answer->size_after = wfp_sqlite_size(run.db);
    wfp_sqlite_pool_give(run.held);
    if (rv != APR_SUCCESS && run.is_full && res) {
        res->limit = "d1_bytes";
        res->allowed = res->used = wfp_d1_bytes_max(d1);
    }
    answer->duration_us = wfp_clock_now() - begun;
    return rv;
}
