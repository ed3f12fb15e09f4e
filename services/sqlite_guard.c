/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The walls around hostile SQL, as lists of what is allowed: what a later
 * version of the library adds is not. A connection is used again by others, so
 * nothing that would stay on it may be set: no pragma that is written but the
 * one that a commit ends, no temporary table, no transaction of the SQL's own.
 */
#include "services/sqlite_guard.h"

#include <stdlib.h>
#include <string.h>

#include "services/sqlite_inside.h"

/* Sorted. Left out: what reads files or the build's options, what is another
 * module's (fts, rtree), and json_patch, whose time grows with the square. */
static const char *const functions[] = {
    "->",
    "->>",
    "abs",
    "acos",
    "acosh",
    "asin",
    "asinh",
    "atan",
    "atan2",
    "atanh",
    "avg",
    "ceil",
    "ceiling",
    "changes",
    "char",
    "coalesce",
    "cos",
    "cosh",
    "count",
    "cume_dist",
    "current_date",
    "current_time",
    "current_timestamp",
    "date",
    "datetime",
    "degrees",
    "dense_rank",
    "exp",
    "first_value",
    "floor",
    "format",
    "glob",
    "group_concat",
    "hex",
    "ifnull",
    "iif",
    "instr",
    "json",
    "json_array",
    "json_array_length",
    "json_extract",
    "json_group_array",
    "json_group_object",
    "json_insert",
    "json_object",
    "json_quote",
    "json_remove",
    "json_replace",
    "json_set",
    "json_type",
    "json_valid",
    "julianday",
    "lag",
    "last_insert_rowid",
    "last_value",
    "lead",
    "length",
    "like",
    "likelihood",
    "likely",
    "ln",
    "log",
    "log10",
    "log2",
    "lower",
    "ltrim",
    "max",
    "min",
    "mod",
    "nth_value",
    "ntile",
    "nullif",
    "octet_length",
    "percent_rank",
    "pi",
    "pow",
    "power",
    "printf",
    "quote",
    "radians",
    "random",
    "randomblob",
    "rank",
    "replace",
    "round",
    "row_number",
    "rtrim",
    "sign",
    "sin",
    "sinh",
    "soundex",
    "sqlite_version",
    "sqrt",
    "strftime",
    "string_agg",
    "substr",
    "substring",
    "subtype",
    "sum",
    "tan",
    "tanh",
    "time",
    "timediff",
    "total",
    "total_changes",
    "trim",
    "trunc",
    "typeof",
    "unhex",
    "unicode",
    "unixepoch",
    "unlikely",
    "upper",
    "zeroblob",
};

/* Sorted. Those that may have an argument are questions about it. */
static const struct {
    const char *name;
    int takes_argument;
} pragmas[] = {
    { "collation_list", 0 },     { "data_version", 0 },
    { "defer_foreign_keys", 1 }, /* until the transaction ends */
    { "encoding", 0 },           { "foreign_key_check", 1 },
    { "foreign_key_list", 1 },   { "foreign_keys", 0 },
    { "freelist_count", 0 },     { "index_info", 1 },
    { "index_list", 1 },         { "index_xinfo", 1 },
    { "optimize", 0 },           { "page_count", 0 },
    { "page_size", 0 },          { "quick_check", 1 },
    { "schema_version", 0 },     { "table_info", 1 },
    { "table_list", 1 },         { "table_xinfo", 1 },
    { "user_version", 0 },
};

#define COUNT(rows) (sizeof(rows) / sizeof((rows)[0]))

/* Tables that are ways to look into the library. */
static const char *const hidden[] = {
    "bytecode",      "dbstat",      "fts3tokenize", "pragma_compile_options",
    "sqlite_dbpage", "sqlite_stmt", "tables_used",
};

static int by_name(const void *key, const void *row)
{
    return strcasecmp(key, *(const char *const *)row);
}

static int is_function(const char *name)
{
    return bsearch(name, functions, COUNT(functions), sizeof(functions[0]),
                   by_name)
           != NULL;
}

static int is_pragma(const char *name, const char *argument)
{
    apr_size_t i;

    for (i = 0; i < COUNT(pragmas); i++) {
        if (!strcasecmp(pragmas[i].name, name)) {
            return !argument || pragmas[i].takes_argument;
        }
    }
    return 0;
}

static int is_hidden(const char *table)
{
    apr_size_t i;

    for (i = 0; i < COUNT(hidden); i++) {
        if (!strcasecmp(hidden[i], table)) {
            return 1;
        }
    }
    return 0;
}

static int is_allowed(int action, const char *a, const char *b)
{
    switch (action) {
    case SQLITE_SELECT:
    case SQLITE_RECURSIVE:
    case SQLITE_INSERT:
    case SQLITE_UPDATE:
    case SQLITE_DELETE:
    case SQLITE_CREATE_TABLE:
    case SQLITE_CREATE_INDEX:
    case SQLITE_CREATE_VIEW:
    case SQLITE_CREATE_TRIGGER:
    case SQLITE_DROP_TABLE:
    case SQLITE_DROP_INDEX:
    case SQLITE_DROP_VIEW:
    case SQLITE_DROP_TRIGGER:
    case SQLITE_ALTER_TABLE:
    case SQLITE_REINDEX:
    case SQLITE_ANALYZE:
        return 1;
    case SQLITE_READ:
        return !a || !is_hidden(a);
    case SQLITE_FUNCTION:
        return b && is_function(b);
    case SQLITE_PRAGMA:
        return a && is_pragma(a, b);
    default:
        return 0; /* ATTACH, DETACH, transactions, temporary and virtual
                   * tables, and what is not known */
    }
}

/* b: of SQLITE_FUNCTION its name, of SQLITE_PRAGMA the argument */
static int on_authorize(void *data, int action, const char *a, const char *b,
                        const char *database, const char *inside)
{
    const wfp_sqlite_t *db = data;

    (void)database;
    (void)inside;
    return db->is_ours || is_allowed(action, a, b) ? SQLITE_OK : SQLITE_DENY;
}

static void set_limits(sqlite3 *handle)
{
    static const struct {
        int limit;
        int value;
    } rows[] = {
        { SQLITE_LIMIT_SQL_LENGTH, WFP_SQLITE_TENANT_SQL_MAX },
        { SQLITE_LIMIT_COLUMN, 100 },
        { SQLITE_LIMIT_EXPR_DEPTH, 100 },
        { SQLITE_LIMIT_COMPOUND_SELECT, 50 },
        { SQLITE_LIMIT_VDBE_OP, 50000 },
        { SQLITE_LIMIT_FUNCTION_ARG, 32 },
        { SQLITE_LIMIT_ATTACHED, 0 },
        { SQLITE_LIMIT_LIKE_PATTERN_LENGTH, 50 },
        { SQLITE_LIMIT_VARIABLE_NUMBER, 100 },
        { SQLITE_LIMIT_TRIGGER_DEPTH, 10 },
        { SQLITE_LIMIT_WORKER_THREADS, 0 },
    };
    apr_size_t i;

    for (i = 0; i < COUNT(rows); i++) {
        (void)sqlite3_limit(handle, rows[i].limit, rows[i].value);
    }
}

static int configure(sqlite3 *handle)
{
    static const struct {
        int option;
        int value;
    } rows[] = {
        { SQLITE_DBCONFIG_DEFENSIVE, 1 },
        { SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0 },
        { SQLITE_DBCONFIG_WRITABLE_SCHEMA, 0 },
        { SQLITE_DBCONFIG_ENABLE_LOAD_EXTENSION, 0 },
        { SQLITE_DBCONFIG_ENABLE_FTS3_TOKENIZER, 0 },
        { SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 0 },
        { SQLITE_DBCONFIG_ENABLE_FKEY, 1 },
    };
    apr_size_t i;

    for (i = 0; i < COUNT(rows); i++) {
        int is = -1;

        if (sqlite3_db_config(handle, rows[i].option, rows[i].value, &is)
                != SQLITE_OK
            || is != rows[i].value) {
            return 0;
        }
    }
    return 1;
}

apr_status_t wfp_sqlite_guard(wfp_sqlite_t *db, wfp_result_t *res)
{
    apr_status_t rv;

    if (!configure(db->handle)
        || sqlite3_set_authorizer(db->handle, on_authorize, db) != SQLITE_OK) {
        return wfp_result_set(res, WFP_INTERNAL, APR_EGENERAL,
                              "SQLite: this library cannot be guarded");
    }
    set_limits(db->handle);
    rv = wfp_sqlite_functions(db, res);
    return rv == APR_SUCCESS ? wfp_sqlite_plain(db, res) : rv;
}
