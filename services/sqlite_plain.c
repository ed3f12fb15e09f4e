/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Functions of SQLite's that are right for most arguments and ruinous for some:
 * format(), which is printf(), repeats a character as often as "%.*c" says,
 * whether the text has become too large or not, and json_set() and json_insert()
 * call themselves for each step of a path that is not there yet. The arguments
 * are looked at here; then SQLite's own answers. Once it is replaced a connection
 * has it no more, so that is another connection's, to no file.
 */
#include <apr_strings.h>
#include <string.h>

#include "services/sqlite_guard.h"
#include "services/sqlite_inside.h"

/* Arguments of which it is looked first whether the call is over: SQLite itself
 * looks only where a statement loops. */
#define LONG_BYTES 10000

/* Steps of a path; each takes some hundred bytes of a thread's stack. */
#define PATH_STEPS_MAX 500

/* What sqlite3_value_subtype() says of JSON. */
#define JSON_SUBTYPE 'J'

/* "SELECT json_insert(?1,json(?2),...)" of as many as the guard lets through */
#define ARGS_MAX 127
#define SQL_SIZE (32 + ARGS_MAX * 12)

#ifndef SQLITE_RESULT_SUBTYPE /* SQLite 3.45 wants to be told */
#define SQLITE_RESULT_SUBTYPE 0
#endif

/* ---- SQLite's own ---------------------------------------------------------------- */

void wfp_sqlite_plain_close(wfp_sqlite_t *db)
{
    (void)sqlite3_finalize(db->plain_call); /* says how its last step went */
    (void)sqlite3_close(db->plain);         /* no statement is left: succeeds */
    db->plain_call = NULL;
    db->plain = NULL;
}

static int open_plain(wfp_sqlite_t *db)
{
    int rc;

    if (db->plain) {
        return SQLITE_OK;
    }
    rc = sqlite3_open_v2(":memory:", &db->plain,
                         SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX
                             | SQLITE_OPEN_PRIVATECACHE,
                         WFP_SQLITE_VFS);
    if (rc != SQLITE_OK) {
        wfp_sqlite_plain_close(db);
        return rc;
    }
    (void)sqlite3_db_config(db->plain, SQLITE_DBCONFIG_LOOKASIDE, NULL, 0, 0);
    return rc;
}

/* The statement of a call, which is the last one's where that was alike. */
static int prepare(wfp_sqlite_t *db, const char *name, int argc,
                   sqlite3_value **argv)
{
    char sql[SQL_SIZE], *at = sql, *end = sql + sizeof(sql);
    const char *before;
    int i;

    at += apr_snprintf(at, (apr_size_t)(end - at), "SELECT %s(", name);
    for (i = 0; i < argc; i++) {
        at += apr_snprintf(at, (apr_size_t)(end - at),
                           sqlite3_value_subtype(argv[i]) == JSON_SUBTYPE
                               ? "%sjson(?%d)"
                               : "%s?%d",
                           i ? "," : "", i + 1);
    }
    (void)apr_snprintf(at, (apr_size_t)(end - at), ")");
    before = db->plain_call ? sqlite3_sql(db->plain_call) : NULL;
    if (before && !strcmp(before, sql)) {
        return SQLITE_OK;
    }
    (void)sqlite3_finalize(db->plain_call); /* says how its last step went */
    db->plain_call = NULL;
    return sqlite3_prepare_v2(db->plain, sql, -1, &db->plain_call, NULL);
}

static int ask(sqlite3_context *context, wfp_sqlite_t *db, int argc,
               sqlite3_value **argv)
{
    sqlite3_value *said;
    int rc = SQLITE_OK, i;

    for (i = 0; rc == SQLITE_OK && i < argc; i++) {
        rc = sqlite3_bind_value(db->plain_call, i + 1, argv[i]);
    }
    if (rc == SQLITE_OK && sqlite3_step(db->plain_call) == SQLITE_ROW) {
        said = sqlite3_column_value(db->plain_call, 0);
        sqlite3_result_value(context, said);
        /* a value that took the whole document's place is no JSON */
        sqlite3_result_subtype(context, sqlite3_value_subtype(said));
    }
    return rc == SQLITE_OK ? sqlite3_reset(db->plain_call) : rc;
}

/* Let SQLite's own function answer. */
static void answer(sqlite3_context *context, const char *name, int argc,
                   sqlite3_value **argv)
{
    wfp_sqlite_t *db = sqlite3_user_data(context);
    int rc = argc <= ARGS_MAX ? open_plain(db) : SQLITE_ERROR;

    if (rc == SQLITE_OK) {
        (void)sqlite3_limit(db->plain, SQLITE_LIMIT_LENGTH,
                            sqlite3_limit(db->handle, SQLITE_LIMIT_LENGTH, -1));
        rc = prepare(db, name, argc, argv);
    }
    if (rc == SQLITE_OK) {
        rc = ask(context, db, argc, argv);
    }
    if (rc != SQLITE_OK) {
        sqlite3_result_error(context,
                             db->plain ? sqlite3_errmsg(db->plain) : name, -1);
        if ((rc & 0xff) != SQLITE_ERROR) {
            sqlite3_result_error_code(context, rc);
        }
    }
    if (db->plain_call) {
        (void)sqlite3_reset(db->plain_call); /* says how its last step went */
        (void)sqlite3_clear_bindings(db->plain_call);
    }
}

static int is_over(sqlite3_context *context, sqlite3_int64 bytes)
{
    wfp_sqlite_t *db = sqlite3_user_data(context);

    if (bytes < LONG_BYTES || db->is_ours || !wfp_sqlite_is_over(db)) {
        return 0;
    }
    sqlite3_result_error_code(context, SQLITE_INTERRUPT);
    return 1;
}

/* ---- format ---------------------------------------------------------------------- */

/* No size is larger. */
#define SIZE_MOST 0x7fffffff

/* The arguments that conversions take. */
typedef struct args_t {
    int left;
    sqlite3_value **at;
} args_t;

static int take(args_t *args)
{
    if (args->left <= 0) {
        return 0;
    }
    args->left--;
    return sqlite3_value_int(*args->at++);
}

/* A width or a precision; below 0 it is as much to the left. */
static sqlite3_int64 read_size(const char **ps, args_t *args)
{
    sqlite3_int64 n = 0;
    const char *s = *ps;

    if (*s == '*') {
        *ps = s + 1;
        n = take(args);
        return n < 0 ? -n : n;
    }
    for (; *s >= '0' && *s <= '9'; s++) {
        n = n > SIZE_MOST / 10 ? SIZE_MOST : n * 10 + (*s - '0');
    }
    *ps = s;
    return n;
}

/* How many times characters are written, in all. */
static sqlite3_int64 repeats(const char *s, args_t args)
{
    sqlite3_int64 sum = 0;

    while ((s = strchr(s, '%')) != NULL) {
        sqlite3_int64 precision = 0;

        s++;
        s += strspn(s, "-+ #!0,");
        (void)read_size(&s, &args);
        if (*s == '.') {
            s++;
            precision = read_size(&s, &args);
        }
        s += strspn(s, "l");
        if (!*s) {
            break;
        }
        sum += *s == 'c' ? precision : 0;
        if (*s != '%' && *s != 'n') {
            (void)take(&args);
        }
        s++;
    }
    return sum;
}

static void f_format(sqlite3_context *context, int argc, sqlite3_value **argv)
{
    args_t args = { argc - 1, argv + 1 };
    const char *text = argc > 0 ? (const char *)sqlite3_value_text(argv[0])
                                : NULL;
    sqlite3_int64 sum = text ? repeats(text, args) : 0;

    if (sum > sqlite3_limit(sqlite3_context_db_handle(context),
                            SQLITE_LIMIT_LENGTH, -1)) {
        sqlite3_result_error_toobig(context);
        return;
    }
    if (!is_over(context, sum)) {
        answer(context, "printf", argc, argv);
    }
}

/* ---- paths of JSON --------------------------------------------------------------- */

static int is_deep(sqlite3_value *path)
{
    const char *s = (const char *)sqlite3_value_text(path);
    int steps = 0;

    while (s && (s = strpbrk(s, ".[")) != NULL && steps <= PATH_STEPS_MAX) {
        steps++;
        s++;
    }
    return steps > PATH_STEPS_MAX;
}

static void edit(sqlite3_context *context, const char *name, int argc,
                 sqlite3_value **argv)
{
    int i;

    for (i = 1; i < argc; i += 2) {
        if (is_deep(argv[i])) {
            sqlite3_result_error(context, "JSON path has too many steps", -1);
            return;
        }
    }
    if (argc == 0 || !is_over(context, sqlite3_value_bytes(argv[0]))) {
        answer(context, name, argc, argv);
    }
}

static void f_json_insert(sqlite3_context *context, int argc,
                          sqlite3_value **argv)
{
    edit(context, "json_insert", argc, argv);
}

static void f_json_set(sqlite3_context *context, int argc, sqlite3_value **argv)
{
    edit(context, "json_set", argc, argv);
}

apr_status_t wfp_sqlite_plain(wfp_sqlite_t *db, wfp_result_t *res)
{
    static const struct {
        const char *name;
        int flags;
        void (*call)(sqlite3_context *, int, sqlite3_value **);
    } rows[] = {
        { "format", 0, f_format },
        { "printf", 0, f_format },
        { "json_insert", SQLITE_SUBTYPE | SQLITE_RESULT_SUBTYPE,
          f_json_insert },
        { "json_set", SQLITE_SUBTYPE | SQLITE_RESULT_SUBTYPE, f_json_set },
    };
    size_t i;

    for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        int rc = sqlite3_create_function_v2(db->handle, rows[i].name, -1,
                                            SQLITE_UTF8 | SQLITE_DETERMINISTIC
                                                | SQLITE_INNOCUOUS
                                                | rows[i].flags,
                                            db, rows[i].call, NULL, NULL, NULL);

        if (rc != SQLITE_OK) {
            return wfp_result_set(res, WFP_INTERNAL, APR_EGENERAL,
                                  "SQLite: %s cannot be replaced",
                                  rows[i].name);
        }
    }
    return APR_SUCCESS;
}
