/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Rows out of SQLite into the pool of an answer, counted against what the
 * invocation may hold: a Worker must not fill the server's memory with them.
 */
#include "services/d1_rows.h"

#include <apr_strings.h>

/* What a pool takes beside the bytes asked for. */
#define ROUND 8

/* Count before it is taken. */
static apr_status_t take(wfp_sql_answer_t *answer, wfp_sql_share_t *share,
                         apr_size_t n)
{
    apr_int64_t all;

    answer->bytes += n;
    if (!share) {
        return APR_SUCCESS;
    }
    all = __atomic_add_fetch(&share->bytes, (apr_int64_t)n, __ATOMIC_RELAXED);
    return all > __atomic_load_n(&share->bytes_max, __ATOMIC_RELAXED)
               ? APR_ENOSPC
               : APR_SUCCESS;
}

void wfp_d1_rows_begin(wfp_sql_answer_t *answer, wfp_sql_result_t *result,
                       wfp_sqlite_stmt_t *stmt)
{
    int i;

    result->columns = wfp_sqlite_columns(stmt);
    result->names = apr_palloc(answer->pool,
                               sizeof(char *) * (size_t)(result->columns + 1));
    for (i = 0; i < result->columns; i++) {
        result->names[i] = apr_pstrdup(answer->pool,
                                       wfp_sqlite_column_name(stmt, i));
    }
    result->first = NULL;
    result->last = &result->first;
}

apr_status_t wfp_d1_rows_add(wfp_sql_answer_t *answer, wfp_sql_result_t *result,
                             wfp_sqlite_stmt_t *stmt, wfp_sql_share_t *share)
{
    apr_size_t size = sizeof(wfp_sql_row_t)
                      + (apr_size_t)result->columns * sizeof(wfp_sql_value_t);
    wfp_sql_row_t *row;
    int i;

    if (take(answer, share, size + ROUND) != APR_SUCCESS) {
        return APR_ENOSPC;
    }
    row = apr_palloc(answer->pool, size);
    row->next = NULL;
    for (i = 0; i < result->columns; i++) {
        wfp_sql_value_t *value = &row->values[i];

        wfp_sqlite_column(value, stmt, i);
        if (value->kind != WFP_SQL_TEXT && value->kind != WFP_SQL_BLOB) {
            continue;
        }
        if (take(answer, share, value->u.n + ROUND) != APR_SUCCESS) {
            return APR_ENOSPC;
        }
        value->s = value->u.n ? apr_pmemdup(answer->pool, value->s, value->u.n)
                              : "";
    }
    *result->last = row;
    result->last = &row->next;
    result->rows++;
    return APR_SUCCESS;
}
