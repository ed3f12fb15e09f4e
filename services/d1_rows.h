/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WFP_D1_ROWS_H
#define WFP_D1_ROWS_H

#include "core/sql.h"
#include "services/sqlite.h"

/** @file Rows of a statement, copied into an answer. For d1.c. */

/** The columns' names. */
void wfp_d1_rows_begin(wfp_sql_answer_t *answer, wfp_sql_result_t *result,
                       wfp_sqlite_stmt_t *stmt);

/** One more row. @return APR_ENOSPC: it is more than share allows */
apr_status_t wfp_d1_rows_add(wfp_sql_answer_t *answer, wfp_sql_result_t *result,
                             wfp_sqlite_stmt_t *stmt,
                             wfp_sql_share_t *share) WFP_CHECK;

#endif
