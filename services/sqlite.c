/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Connections. Used by the services that keep their data in SQLite files (KV,
 * D1). sqlite_guard.c says what hostile SQL may do, sqlite_bounds.c how long,
 * sqlite_files.c with which files.
 */
#include <apr_strings.h>
#include <string.h>

#include "services/sqlite_guard.h"
#include "services/sqlite_inside.h"

#define VALUE_MAX 2000000
#define TEMP_MAX  (APR_INT64_C(64) << 20)
#define CACHE_KB  1024
#define PAGE_SIZE 4096

/* Instructions of SQLite's machine between two looks at the bounds. */
#define STEPS_A_LOOK 400

/* Everything else that holds for a connection. A WAL that a long reader let
 * grow is cut at the next checkpoint. */
static const char settings[] = "PRAGMA page_size=4096;"
                               "PRAGMA journal_mode=WAL;"
                               "PRAGMA synchronous=FULL;"
                               "PRAGMA journal_size_limit=16777216;"
                               "PRAGMA secure_delete=OFF;"
                               "PRAGMA mmap_size=0;"
                               "PRAGMA temp_store=FILE;";

/* ---- failures -------------------------------------------------------------- */

static apr_status_t status_of(const wfp_sqlite_t *db, int code)
{
    switch (code & 0xff) {
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
        return APR_EBUSY;
    case SQLITE_INTERRUPT:
        return db->over != APR_SUCCESS ? db->over : APR_EINTR;
    case SQLITE_FULL:
        return APR_ENOSPC;
    case SQLITE_NOMEM:
        return APR_ENOMEM;
    case SQLITE_SCHEMA:
        return APR_EAGAIN;
    case SQLITE_CANTOPEN:
        return APR_ENOENT;
    case SQLITE_ERROR:
    case SQLITE_TOOBIG:
    case SQLITE_CONSTRAINT:
    case SQLITE_MISMATCH:
    case SQLITE_AUTH:
    case SQLITE_RANGE:
    case SQLITE_READONLY:
    case SQLITE_PERM:
        return APR_EINVAL;
    default:
        return APR_EGENERAL;
    }
}

apr_status_t wfp_sqlite_failed(wfp_sqlite_t *db, int code, wfp_result_t *res)
{
    apr_status_t rv;

    db->last_code = code & 0xff;
    rv = status_of(db, code);
    return wfp_result_set(res, rv == APR_EINVAL ? WFP_INVALID : WFP_INTERNAL,
                          rv, "%s", sqlite3_errmsg(db->handle));
}

const char *wfp_sqlite_error_name(wfp_sqlite_t *db)
{
    static const char *const names[] = {
        "SQLITE_OK",        "SQLITE_ERROR",      "SQLITE_INTERNAL",
        "SQLITE_PERM",      "SQLITE_ABORT",      "SQLITE_BUSY",
        "SQLITE_LOCKED",    "SQLITE_NOMEM",      "SQLITE_READONLY",
        "SQLITE_INTERRUPT", "SQLITE_IOERR",      "SQLITE_CORRUPT",
        "SQLITE_NOTFOUND",  "SQLITE_FULL",       "SQLITE_CANTOPEN",
        "SQLITE_PROTOCOL",  "SQLITE_EMPTY",      "SQLITE_SCHEMA",
        "SQLITE_TOOBIG",    "SQLITE_CONSTRAINT", "SQLITE_MISMATCH",
        "SQLITE_MISUSE",    "SQLITE_NOLFS",      "SQLITE_AUTH",
        "SQLITE_FORMAT",    "SQLITE_RANGE",      "SQLITE_NOTADB",
    };
    unsigned code = (unsigned)db->last_code;

    return code < sizeof(names) / sizeof(names[0]) ? names[code]
                                                   : "SQLITE_ERROR";
}

/* ---- opening --------------------------------------------------------------- */

static apr_status_t close_cleanup(void *data)
{
    wfp_sqlite_t *db = data;
    sqlite3_stmt *stmt;

    if (db->handle) {
        wfp_sqlite_enter(db);
        while ((stmt = sqlite3_next_stmt(db->handle, NULL)) != NULL) {
            (void)sqlite3_finalize(stmt); /* says how its last step went */
        }
        wfp_sqlite_plain_close(db);
        db->is_ours = 1;
        (void)sqlite3_close(db->handle); /* no statement is left: succeeds */
        db->handle = NULL;
        wfp_sqlite_enter(NULL);
    }
    return APR_SUCCESS;
}

void wfp_sqlite_close(wfp_sqlite_t *db)
{
    apr_pool_cleanup_run(db->pool, db, close_cleanup);
}

static apr_status_t set_up(wfp_sqlite_t *db, const wfp_sqlite_open_t *how,
                           wfp_result_t *res, apr_pool_t *p)
{
    const char *sql = apr_psprintf(p, "%sPRAGMA cache_size=-%d;", settings,
                                   how->cache_kb ? how->cache_kb : CACHE_KB);
    apr_status_t rv;
    int tries = 0;

    if (how->file_max) {
        sql = apr_psprintf(p, "%sPRAGMA max_page_count=%" APR_INT64_T_FMT ";",
                           sql, how->file_max / PAGE_SIZE);
    }
    db->value_base = how->value_max ? how->value_max : VALUE_MAX;
    wfp_sqlite_set_value_max(db, db->value_base);
    do { /* SQLite does not ask on_busy where WAL begins */
        rv = wfp_sqlite_exec(db, sql, res);
    } while (APR_STATUS_IS_EBUSY(rv) && wfp_sqlite_on_busy(db, tries++));
    return rv == APR_SUCCESS && how->is_tenants ? wfp_sqlite_guard(db, res)
                                                : rv;
}

apr_status_t wfp_sqlite_open(wfp_sqlite_t **pdb, const char *path,
                             const wfp_sqlite_open_t *how, wfp_result_t *res,
                             apr_pool_t *p)
{
    wfp_sqlite_t *db = apr_pcalloc(p, sizeof(*db));
    int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX
                | SQLITE_OPEN_PRIVATECACHE | SQLITE_OPEN_EXRESCODE
                | (how->create ? SQLITE_OPEN_CREATE : 0);
    apr_status_t rv;
    int rc;

    db->pool = p;
    db->is_tenants = how->is_tenants;
    db->temp_max = how->temp_max ? how->temp_max : TEMP_MAX;
    wfp_sqlite_enter(db);
    rc = sqlite3_open_v2(path, &db->handle, flags, WFP_SQLITE_VFS);
    wfp_sqlite_enter(NULL);
    if (!db->handle) {
        return wfp_result_set(res, WFP_INTERNAL, APR_ENOMEM,
                              "SQLite: out of memory");
    }
    apr_pool_cleanup_register(p, db, close_cleanup, apr_pool_cleanup_null);
    if (rc == SQLITE_OK) {
        (void)sqlite3_busy_handler(db->handle, wfp_sqlite_on_busy, db);
        sqlite3_progress_handler(db->handle, STEPS_A_LOOK, wfp_sqlite_on_look,
                                 db);
        rv = set_up(db, how, res, p);
    }
    else {
        rv = wfp_sqlite_failed(db, rc, res);
    }
    if (rv != APR_SUCCESS) {
        wfp_sqlite_close(db);
        return rv;
    }
    *pdb = db;
    return APR_SUCCESS;
}

apr_status_t wfp_sqlite_start(const char *dir, apr_pool_t *p)
{
    return wfp_sqlite_files_start(dir, p);
}

void wfp_sqlite_forget(wfp_sqlite_t *db)
{
    sqlite3_set_last_insert_rowid(db->handle, 0);
}

int wfp_sqlite_has_moved(wfp_sqlite_t *db)
{
    int moved = 0;

    /* a VFS that does not know leaves it 0 */
    (void)sqlite3_file_control(db->handle, "main", SQLITE_FCNTL_HAS_MOVED,
                               &moved);
    return moved;
}

/* ---- statements ------------------------------------------------------------ */

apr_status_t wfp_sqlite_exec(wfp_sqlite_t *db, const char *sql,
                             wfp_result_t *res)
{
    int rc;

    wfp_sqlite_enter(db);
    db->is_ours++;
    rc = sqlite3_exec(db->handle, sql, NULL, NULL, NULL);
    db->is_ours--;
    wfp_sqlite_enter(NULL);
    return rc == SQLITE_OK ? APR_SUCCESS : wfp_sqlite_failed(db, rc, res);
}

apr_status_t wfp_sqlite_rollback(wfp_sqlite_t *db)
{
    return sqlite3_get_autocommit(db->handle)
               ? APR_SUCCESS
               : wfp_sqlite_exec(db, "ROLLBACK", NULL);
}

void wfp_sqlite_finalize(wfp_sqlite_stmt_t *stmt)
{
    (void)sqlite3_finalize(stmt); /* says how its last step went */
}

apr_status_t wfp_sqlite_bind(wfp_sqlite_t *db, wfp_sqlite_stmt_t *stmt, int i,
                             const wfp_sql_value_t *value, wfp_result_t *res)
{
    int rc = SQLITE_OK;

    switch (value->kind) {
    case WFP_SQL_NULL:
        rc = sqlite3_bind_null(stmt, i);
        break;
    case WFP_SQL_INT:
        rc = sqlite3_bind_int64(stmt, i, value->u.i);
        break;
    case WFP_SQL_REAL:
        rc = sqlite3_bind_double(stmt, i, value->u.d);
        break;
    case WFP_SQL_TEXT:
        rc = sqlite3_bind_text64(stmt, i, value->s, value->u.n, SQLITE_STATIC,
                                 SQLITE_UTF8);
        break;
    case WFP_SQL_BLOB:
        rc = sqlite3_bind_blob64(stmt, i, value->u.n ? value->s : "",
                                 value->u.n, SQLITE_STATIC);
        break;
    }
    return rc == SQLITE_OK ? APR_SUCCESS : wfp_sqlite_failed(db, rc, res);
}

int wfp_sqlite_params(wfp_sqlite_stmt_t *stmt)
{
    int n = sqlite3_bind_parameter_count(stmt), i;

    for (i = 1; i <= n; i++) {
        const char *name = sqlite3_bind_parameter_name(stmt, i);

        if (name && *name != '?') {
            return -1;
        }
    }
    return n;
}

apr_status_t wfp_sqlite_step(wfp_sqlite_t *db, wfp_sqlite_stmt_t *stmt,
                             wfp_result_t *res)
{
    int rc;

    wfp_sqlite_enter(db);
    rc = sqlite3_step(stmt);
    if (rc != SQLITE_ROW && rc != SQLITE_DONE) {
        rc = sqlite3_reset(stmt); /* the old way's reason comes from here */
        rc = rc == SQLITE_OK ? SQLITE_ERROR : rc;
    }
    wfp_sqlite_enter(NULL);
    return rc == SQLITE_ROW    ? APR_SUCCESS
           : rc == SQLITE_DONE ? APR_EOF
                               : wfp_sqlite_failed(db, rc, res);
}

void wfp_sqlite_reset(wfp_sqlite_stmt_t *stmt)
{
    (void)sqlite3_reset(stmt); /* says how its last step went */
    (void)sqlite3_clear_bindings(stmt);
}

int wfp_sqlite_columns(wfp_sqlite_stmt_t *stmt)
{
    return sqlite3_column_count(stmt);
}

const char *wfp_sqlite_column_name(wfp_sqlite_stmt_t *stmt, int i)
{
    const char *name = sqlite3_column_name(stmt, i);

    return name ? name : "";
}

void wfp_sqlite_column(wfp_sql_value_t *value, wfp_sqlite_stmt_t *stmt, int i)
{
    value->s = NULL;
    switch (sqlite3_column_type(stmt, i)) {
    case SQLITE_INTEGER:
        value->kind = WFP_SQL_INT;
        value->u.i = sqlite3_column_int64(stmt, i);
        break;
    case SQLITE_FLOAT:
        value->kind = WFP_SQL_REAL;
        value->u.d = sqlite3_column_double(stmt, i);
        break;
    case SQLITE_TEXT:
        value->kind = WFP_SQL_TEXT;
        value->s = (const char *)sqlite3_column_text(stmt, i);
        value->u.n = (apr_size_t)sqlite3_column_bytes(stmt, i);
        break;
    case SQLITE_BLOB:
        value->kind = WFP_SQL_BLOB;
        value->s = sqlite3_column_blob(stmt, i);
        value->u.n = (apr_size_t)sqlite3_column_bytes(stmt, i);
        break;
    default:
        value->kind = WFP_SQL_NULL;
        value->u.i = 0;
    }
}

int wfp_sqlite_is_readonly(wfp_sqlite_stmt_t *stmt)
{
    return sqlite3_stmt_readonly(stmt);
}

apr_int64_t wfp_sqlite_scanned(wfp_sqlite_stmt_t *stmt)
{
    return sqlite3_stmt_status(stmt, SQLITE_STMTSTATUS_FULLSCAN_STEP, 1);
}

apr_int64_t wfp_sqlite_changes(wfp_sqlite_t *db)
{
    return sqlite3_changes64(db->handle);
}

apr_int64_t wfp_sqlite_total_changes(wfp_sqlite_t *db)
{
    return sqlite3_total_changes64(db->handle);
}

apr_int64_t wfp_sqlite_last_rowid(wfp_sqlite_t *db)
{
    return sqlite3_last_insert_rowid(db->handle);
}

apr_int64_t wfp_sqlite_size(wfp_sqlite_t *db)
{
    apr_int64_t pages = 0;

    wfp_sqlite_enter(db);
    db->is_ours++;
    if (!db->count_pages) {
        /* without it the size is not known */
        (void)sqlite3_prepare_v3(db->handle, "PRAGMA page_count", -1,
                                 SQLITE_PREPARE_PERSISTENT, &db->count_pages,
                                 NULL);
    }
    if (db->count_pages && sqlite3_step(db->count_pages) == SQLITE_ROW) {
        pages = sqlite3_column_int64(db->count_pages, 0);
    }
    (void)sqlite3_reset(db->count_pages); /* as its last step went */
    db->is_ours--;
    wfp_sqlite_enter(NULL);
    return pages * PAGE_SIZE;
}
