/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WFP_SQL_H
#define WFP_SQL_H

#include <apr.h>
#include <apr_pools.h>

/**
 * @file
 * SQL as plain data: what a statement is given and what comes of it, for the
 * rooms that ask (isolates, the API) and the one that runs it.
 */

typedef enum {
    WFP_SQL_NULL = 0,
    WFP_SQL_INT,
    WFP_SQL_REAL,
    WFP_SQL_TEXT, /* UTF-8 */
    WFP_SQL_BLOB
} wfp_sql_e;

typedef struct wfp_sql_value_t {
    wfp_sql_e kind;
    union {
        apr_int64_t i;
        double d;
        apr_size_t n; /* bytes at s, of TEXT and BLOB */
    } u;
    const char *s;
} wfp_sql_value_t;

/** One statement with its parameters; of WFP_SQL_SCRIPT a text of many. All it
 *  points to stays the caller's. */
typedef struct wfp_sql_query_t {
    const char *sql;
    apr_size_t n;
    const wfp_sql_value_t *params;
    int count;
} wfp_sql_query_t;

typedef enum {
    WFP_SQL_ONE = 0, /* one statement */
    WFP_SQL_BATCH,   /* one or more, all or none; a query may hold several
                      * statements when it has no parameters */
    WFP_SQL_SCRIPT,  /* many, without results, up to the first that fails */
    WFP_SQL_IMPORT   /* the same, all or none */
} wfp_sql_mode_e;

/** What calls of databases, and of buckets as far as it is CPU time, of one invocation share, whatever threads they are on: sums are
 *  atomic. */
typedef struct wfp_sql_share_t {
    apr_int64_t cpu_ns; /* CPU time of all */
    apr_int64_t cpu_max_ns;
    apr_int64_t bytes; /* of answers that are not taken yet */
    apr_int64_t bytes_max;
} wfp_sql_share_t;

typedef struct wfp_sql_call_t {
    const char *database; /* its id */
    wfp_sql_mode_e mode;
    const wfp_sql_query_t *queries;
    int count;
    int only_first; /* row: of what only reads, the rest is not looked for */
    wfp_sql_share_t *share; /* NULL: nobody's */
} wfp_sql_call_t;

typedef struct wfp_sql_row_t {
    struct wfp_sql_row_t *next;
    wfp_sql_value_t values[]; /* as many as the result has columns */
} wfp_sql_row_t;

/** What came of one statement. */
typedef struct wfp_sql_result_t {
    struct wfp_sql_result_t *next;
    int columns;
    const char **names;
    wfp_sql_row_t *first, **last;
    apr_int64_t rows;
    apr_int64_t duration_us;
    apr_int64_t changes;
    apr_int64_t last_rowid;
    apr_int64_t rows_read;
    apr_int64_t rows_written;
    apr_int64_t size_after; /* bytes of the database */
    int changed_db;
} wfp_sql_result_t;

/** What came of a call. */
typedef struct wfp_sql_answer_t {
    apr_pool_t *pool; /* its own, for one thread at a time: everything of it */
    apr_size_t bytes; /* that pool holds so much, about */
    wfp_sql_result_t *first, **last;
    apr_int64_t statements;   /* that were run */
    apr_int64_t rows_written; /* by all of them */
    apr_int64_t size_after;   /* bytes of the database */
    apr_int64_t duration_us;
} wfp_sql_answer_t;

#endif
