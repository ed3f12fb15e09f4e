/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WFP_SQLITE_H
#define WFP_SQLITE_H

#include <apr_errno.h>
#include <apr_pools.h>
#include <apr_time.h>

#include "core/cancel.h"
#include "core/result.h"
#include "core/sql.h"
#include "core/wfp.h"

/**
 * @file
 * Connections to SQLite files of ours, through libsqlite3 itself. apr_dbd's
 * driver uses the same library in the same process, so nothing that holds for
 * the process is set here. A connection and its statements are used by one
 * thread at a time, whichever.
 *
 * Every file is in WAL mode: readers never wait, writers for each other. A
 * commit is on disk when it returns.
 *
 * What fails: APR_EBUSY another writer did not end in time; APR_TIMEUP the wall
 * clock's bound; WFP_SQLITE_ECPU that of CPU time; APR_EINTR cancelled;
 * APR_ENOSPC the file, or temporary ones, would be too large; APR_ENOMEM all of
 * SQLite has too much memory; APR_EINVAL the SQL's fault, or the data's: the
 * text may be shown to who wrote the SQL; APR_EAGAIN the schema is another since
 * the statement was prepared: prepare again; any other value: the file is gone,
 * broken or not one of SQLite's, the text is for the log.
 */

/** The bound of CPU time was reached. */
#define WFP_SQLITE_ECPU (APR_OS_START_USERERR + 1)

typedef struct wfp_sqlite_t wfp_sqlite_t;
typedef struct sqlite3_stmt wfp_sqlite_stmt_t;

/** How to open a file; all sizes in bytes. */
typedef struct wfp_sqlite_open_t {
    int create;           /* else a file that is missing is APR_ENOENT */
    int is_tenants;       /* the SQL is hostile: sqlite_guard.h */
    int value_max;        /* of a string, blob or row; 0: 2,000,000 */
    apr_int64_t file_max; /* of the database; 0: none */
    apr_int64_t temp_max; /* of its temporary files; 0: 64 MB */
    int cache_kb;         /* pages kept in memory; 0: 1024 */
} wfp_sqlite_open_t;

/** What a call may take; 0 and NULL: no such bound. */
typedef struct wfp_sqlite_bounds_t {
    apr_time_t until;       /* core/clock.h */
    wfp_cancel_t *cancel;   /* ends it early */
    apr_int64_t *cpu_ns;    /* atomic: CPU time is added here... */
    apr_int64_t cpu_max_ns; /* ...and bounded by this */
} wfp_sqlite_bounds_t;

/**
 * The child's: temporary files are made in dir (absolute, there), without a
 * name, and bounded. Before anything is opened; until p goes, which comes after
 * all connections are closed. child scope, once.
 */
apr_status_t wfp_sqlite_start(const char *dir, apr_pool_t *p) WFP_CHECK;

/**
 * Open a file. Makes no folders.
 *
 * @param path  absolute
 * @param p     the connection is closed when it goes, at the latest
 * @return APR_SUCCESS; APR_ENOENT: no such file; or as above
 */
apr_status_t wfp_sqlite_open(wfp_sqlite_t **pdb, const char *path,
                             const wfp_sqlite_open_t *how, wfp_result_t *res,
                             apr_pool_t *p) WFP_CHECK;

/** Close, with all its statements; what is open of a transaction is undone. */
void wfp_sqlite_close(wfp_sqlite_t *db);

/** From now on calls are bounded so (copied); NULL: no more. CPU time is that of
 *  the thread between the two calls. A writer waits for another 5 s at most. */
void wfp_sqlite_bound(wfp_sqlite_t *db, const wfp_sqlite_bounds_t *bounds);

/** Between statements, which may each be too short to be looked at: may the call
 *  go on? @return as what fails, without a text */
apr_status_t wfp_sqlite_check(wfp_sqlite_t *db) WFP_CHECK;

/** What one user of a connection would see of another: the last rowid. */
void wfp_sqlite_forget(wfp_sqlite_t *db);

/** Was the file deleted or replaced since it was opened? One stat. */
int wfp_sqlite_has_moved(wfp_sqlite_t *db);

/** Run statements of our own: no guard, no results. */
apr_status_t wfp_sqlite_exec(wfp_sqlite_t *db, const char *sql,
                             wfp_result_t *res) WFP_CHECK;

/** Undo the transaction that is open, if one is. @return other than APR_SUCCESS:
 *  the connection must be closed, which undoes it, too */
apr_status_t wfp_sqlite_rollback(wfp_sqlite_t *db) WFP_CHECK;

/**
 * Prepare the first statement of a text.
 *
 * @param pstmt  NULL when there is none: blanks and comments
 * @param n      bytes of sql
 * @param pused  bytes that it took; NULL
 */
apr_status_t wfp_sqlite_prepare(wfp_sqlite_stmt_t **pstmt, wfp_sqlite_t *db,
                                const char *sql, apr_size_t n,
                                apr_size_t *pused, wfp_result_t *res) WFP_CHECK;

/** Bytes that a value of the statement prepared last may have: the more it makes,
 *  the fewer. To be set again before one that is kept is run. */
int wfp_sqlite_value_max(const wfp_sqlite_t *db);
void wfp_sqlite_set_value_max(wfp_sqlite_t *db, int n);

void wfp_sqlite_finalize(wfp_sqlite_stmt_t *stmt);

/** Values of a statement's parameters, from 1. Bytes stay the caller's and in
 *  place until the reset. APR_EINVAL: no such parameter, or too large */
apr_status_t wfp_sqlite_bind(wfp_sqlite_t *db, wfp_sqlite_stmt_t *stmt, int i,
                             const wfp_sql_value_t *value,
                             wfp_result_t *res) WFP_CHECK;

/** How many parameters it has; -1: some have names. */
int wfp_sqlite_params(wfp_sqlite_stmt_t *stmt);

/** Go on. @return APR_SUCCESS: a row; APR_EOF: done; or as above, and the
 *  statement is reset */
apr_status_t wfp_sqlite_step(wfp_sqlite_t *db, wfp_sqlite_stmt_t *stmt,
                             wfp_result_t *res) WFP_CHECK;

/** Back to the start, without parameters. */
void wfp_sqlite_reset(wfp_sqlite_stmt_t *stmt);

/** Columns of a statement, from 0; the row's values until the next step. */
int wfp_sqlite_columns(wfp_sqlite_stmt_t *stmt);
const char *wfp_sqlite_column_name(wfp_sqlite_stmt_t *stmt, int i);
void wfp_sqlite_column(wfp_sql_value_t *value, wfp_sqlite_stmt_t *stmt, int i);

/** Does it leave the file as it is? */
int wfp_sqlite_is_readonly(wfp_sqlite_stmt_t *stmt);

/** Rows that its scans looked at, since the last call. */
apr_int64_t wfp_sqlite_scanned(wfp_sqlite_stmt_t *stmt);

/** Rows of the last INSERT, UPDATE or DELETE; rows of all, triggers' included;
 *  the last rowid. */
apr_int64_t wfp_sqlite_changes(wfp_sqlite_t *db);
apr_int64_t wfp_sqlite_total_changes(wfp_sqlite_t *db);
apr_int64_t wfp_sqlite_last_rowid(wfp_sqlite_t *db);

/** Bytes of the database as it is now; 0: not known. */
apr_int64_t wfp_sqlite_size(wfp_sqlite_t *db);

/** "SQLITE_ERROR" and such: the kind of the last failure. */
const char *wfp_sqlite_error_name(wfp_sqlite_t *db);

#endif
