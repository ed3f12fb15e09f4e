/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WFP_SQLITE_INSIDE_H
#define WFP_SQLITE_INSIDE_H

#include <sqlite3.h>

#include "services/sqlite.h"
#include "services/sqlite_weight.h"

/**
 * @file
 * The inside of a connection, for services/sqlite*.c.
 */

struct wfp_sqlite_t {
    sqlite3 *handle; /* NULL: closed */
    apr_pool_t *pool;
    int is_tenants;
    int is_ours; /* SQL of our own is being run */
    wfp_sqlite_bounds_t bounds;
    apr_int64_t stamp_ns;   /* CPU time of the thread that was counted */
    apr_int64_t cpu_ns;     /* of this bound alone */
    apr_time_t busy_until;  /* wait for a writer; 0: not waiting */
    apr_status_t over;      /* why the call had to end; APR_SUCCESS */
    apr_int64_t temp_bytes; /* in temporary files */
    apr_int64_t temp_max;
    unsigned reads; /* of files, since the bounds were looked at */
    int value_base; /* bytes of a value, before a statement was weighed */
    int value_max;  /* of the last statement's */
    wfp_sqlite_views_t *views; /* as of views_version; NULL: not known */
    apr_int64_t views_version;
    apr_int64_t schema_bytes;
    apr_int64_t trigger_makers; /* of all views and triggers */
    apr_pool_t *views_pool;
    sqlite3_stmt *ask_version; /* NULL: not asked for yet */
    sqlite3_stmt *count_pages; /* NULL: not asked for yet */
    sqlite3 *plain;            /* NULL: not opened yet */
    sqlite3_stmt *plain_call;  /* the last one of it; NULL: none */
    int last_code;             /* of the last failure */
};

/** Longest text of SQL, for anybody. */
#define WFP_SQLITE_SQL_MAX (16 * 1024 * 1024)

/** The VFS's name. */
#define WFP_SQLITE_VFS "wfp"

/** Is it time to give up? db->over says why. */
int wfp_sqlite_is_over(wfp_sqlite_t *db);

/** SQLite's questions; data: the connection. */
int wfp_sqlite_on_look(void *data);
int wfp_sqlite_on_busy(void *data, int tries);

/** What failed: SQLite's code, and the connection's text of it. */
apr_status_t wfp_sqlite_failed(wfp_sqlite_t *db, int code, wfp_result_t *res);

/** The connection whose call this thread is in, for files that are opened. */
void wfp_sqlite_enter(wfp_sqlite_t *db);

/** Register the VFS; until p goes. */
apr_status_t wfp_sqlite_files_start(const char *dir, apr_pool_t *p) WFP_CHECK;

#endif
