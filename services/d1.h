/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WFP_D1_H
#define WFP_D1_H

#include <apr_tables.h>

#include "core/cancel.h"
#include "core/result.h"
#include "core/sql.h"

/**
 * @file
 * D1: databases of Workers, one SQLite file each below WfpDataDir. Which there
 * are is the store's business; an id that is none has no file.
 */

typedef struct wfp_d1_t wfp_d1_t;

/** child scope; wfp_sqlite_start() was called. @param bytes_max  of one
 *  database; 0: 1 GB */
apr_status_t wfp_d1_create(wfp_d1_t **pd1, const char *data_dir,
                           apr_int64_t bytes_max, apr_pool_t *p) WFP_CHECK;

/** Make the file of a database, empty. */
apr_status_t wfp_d1_make(wfp_d1_t *d1, const char *id,
                         wfp_result_t *res) WFP_CHECK;

/** Remove the file; calls that run end with what they have. */
apr_status_t wfp_d1_remove(wfp_d1_t *d1, const char *id,
                           wfp_result_t *res) WFP_CHECK;

/**
 * Run a call. Any thread.
 *
 * @param answer  in its pool, which is set
 * @param until   core/clock.h; 30 s from now at the latest
 * @param cancel  NULL: nobody ends it early
 * @param res     WFP_D1_ERROR with SQLite's text, then ": SQLITE_..."; when the
 *                share's CPU time is used up WFP_CPU_LIMIT; WFP_NOT_FOUND: no
 *                such database; or cancel's reason
 */
apr_status_t wfp_d1_run(wfp_sql_answer_t *answer, wfp_d1_t *d1,
                        const wfp_sql_call_t *call, apr_time_t until,
                        wfp_cancel_t *cancel, wfp_result_t *res) WFP_CHECK;

/** What of a database is written out. */
typedef struct wfp_d1_dump_t {
    int no_schema;
    int no_data;
    const apr_array_header_t *tables; /* const char *: these only; NULL: all */
} wfp_d1_dump_t;

/** Write a database as SQL into a new file. */
apr_status_t wfp_d1_dump(wfp_d1_t *d1, const char *id,
                         const wfp_d1_dump_t *what, const char *path,
                         wfp_result_t *res) WFP_CHECK;

/** Remove files of SQL of a database that are older than that; 0: all. */
void wfp_d1_tidy(wfp_d1_t *d1, const char *id, apr_time_t before,
                 apr_pool_t *p);

/** Path of a file of SQL of a database, under a name nobody can guess: 32 hex
 *  digits; NULL: the id or the name is none. */
const char *wfp_d1_file(wfp_d1_t *d1, const char *id, const char *name,
                        apr_pool_t *p);

#endif
