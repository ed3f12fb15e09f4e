/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A database as SQL text, in one snapshot: tables with their rows, then what
 * stands on them. Called by the API's export.
 */
#include <apr_file_io.h>
#include <apr_strings.h>
#include <stdio.h>
#include <string.h>

#include "services/d1_inside.h"

typedef struct dump_t {
    wfp_d1_session_t *session;
    const wfp_d1_dump_t *what;
    apr_file_t *out;
    apr_status_t rv; /* of writing */
    apr_pool_t *pool;
} dump_t;

static void put(dump_t *d, const char *s, apr_size_t n)
{
    if (d->rv == APR_SUCCESS) {
        d->rv = apr_file_write_full(d->out, s, n, NULL);
    }
}

static void put_word(dump_t *d, const char *s)
{
    put(d, s, strlen(s));
}

/* s with every quote doubled, in quotes. */
static void put_quoted(dump_t *d, const char *s, apr_size_t n, char quote)
{
    const char *end = s + n, *at;

    put(d, &quote, 1);
    while ((at = memchr(s, quote, (apr_size_t)(end - s))) != NULL) {
        put(d, s, (apr_size_t)(at + 1 - s));
        put(d, &quote, 1);
        s = at + 1;
    }
    put(d, s, (apr_size_t)(end - s));
    put(d, &quote, 1);
}

static void put_hex(dump_t *d, const char *s, apr_size_t n)
{
    static const char digits[] = "0123456789abcdef";
    char two[2];
    apr_size_t i;

    put_word(d, "X'");
    for (i = 0; i < n; i++) {
        two[0] = digits[(unsigned char)s[i] >> 4];
        two[1] = digits[s[i] & 15];
        put(d, two, 2);
    }
    put_word(d, "'");
}

static void put_value(dump_t *d, const wfp_sql_value_t *value)
{
    char text[48];

    switch (value->kind) {
    case WFP_SQL_INT:
        (void)apr_snprintf(text, sizeof(text), "%" APR_INT64_T_FMT, value->u.i);
        put_word(d, text);
        break;
    case WFP_SQL_REAL:
        if (value->u.d - value->u.d != 0) {
            put_word(d, value->u.d > 0 ? "1e999" : "-1e999");
            break;
        }
        /* APR's does not know large exponents */
        (void)snprintf(text, sizeof(text), "%.17e", value->u.d);
        put_word(d, text);
        break;
    case WFP_SQL_TEXT:
        if (value->u.n && memchr(value->s, '\0', value->u.n)) {
            put_word(d, "CAST(");
            put_hex(d, value->s, value->u.n);
            put_word(d, " AS TEXT)");
            break;
        }
        put_quoted(d, value->u.n ? value->s : "", value->u.n, '\'');
        break;
    case WFP_SQL_BLOB:
        put_hex(d, value->s, value->u.n);
        break;
    default:
        put_word(d, "NULL");
    }
}

static int is_wanted(const dump_t *d, const char *table)
{
    int i;

    for (i = 0; d->what->tables && i < d->what->tables->nelts; i++) {
        if (!strcmp(APR_ARRAY_IDX(d->what->tables, i, const char *), table)) {
            return 1;
        }
    }
    return !d->what->tables || !d->what->tables->nelts;
}

static const char *name_of(const char *name, apr_pool_t *p)
{
    char *to = apr_palloc(p, 2 * strlen(name) + 3), *at = to;

    *at++ = '"';
    for (; *name; name++) {
        *at++ = *name;
        if (*name == '"') {
            *at++ = '"';
        }
    }
    *at++ = '"';
    *at = '\0';
    return to;
}

/* Rows of a statement, each given to fn. */
static apr_status_t each_row(dump_t *d, const char *sql,
                             void (*fn)(dump_t *d, wfp_sqlite_stmt_t *stmt,
                                        void *baton),
                             void *baton)
{
    wfp_sqlite_t *db = d->session->db;
    wfp_sqlite_stmt_t *stmt = NULL;
    wfp_result_t *res = d->session->res;
    apr_status_t rv = wfp_sqlite_prepare(&stmt, db, sql, strlen(sql), NULL,
                                         res);

    while (rv == APR_SUCCESS
           && (rv = wfp_sqlite_step(db, stmt, res)) == APR_SUCCESS) {
        fn(d, stmt, baton);
        rv = d->rv;
    }
    if (stmt) {
        wfp_sqlite_finalize(stmt);
    }
    return rv == APR_EOF ? APR_SUCCESS : rv;
}

static const char *text_of(wfp_sqlite_stmt_t *stmt, int i, apr_pool_t *p)
{
    wfp_sql_value_t value;

    wfp_sqlite_column(&value, stmt, i);
    return value.kind == WFP_SQL_TEXT && value.u.n
               ? apr_pstrmemdup(p, value.s, value.u.n)
               : "";
}

/* name, sql */
typedef struct object_t {
    const char *name;
    const char *sql;
} object_t;

static void keep_object(dump_t *d, wfp_sqlite_stmt_t *stmt, void *baton)
{
    object_t *object = apr_array_push(baton);

    object->name = text_of(stmt, 0, d->pool);
    object->sql = text_of(stmt, 1, d->pool);
}

static void keep_column(dump_t *d, wfp_sqlite_stmt_t *stmt, void *baton)
{
    apr_array_header_t *columns = baton;

    APR_ARRAY_PUSH(columns, const char *) = name_of(text_of(stmt, 0, d->pool),
                                                    d->pool);
}

static void put_row(dump_t *d, wfp_sqlite_stmt_t *stmt, void *baton)
{
    int i, n = wfp_sqlite_columns(stmt);
    wfp_sql_value_t value;

    put_word(d, baton);
    for (i = 0; i < n; i++) {
        wfp_sqlite_column(&value, stmt, i);
        put_word(d, i ? "," : "");
        put_value(d, &value);
    }
    put_word(d, ");\n");
}

/* Columns that are stored, not computed. */
static apr_status_t put_rows(dump_t *d, const char *table)
{
    apr_array_header_t *columns = apr_array_make(d->pool, 16, sizeof(char *));
    const char *name = name_of(table, d->pool), *list, *sql;
    apr_status_t rv;

    sql = apr_psprintf(d->pool,
                       "SELECT name FROM pragma_table_xinfo(%s) WHERE hidden=0",
                       name);
    rv = each_row(d, sql, keep_column, columns);
    if (rv != APR_SUCCESS || columns->nelts == 0) {
        return rv;
    }
    list = apr_array_pstrcat(d->pool, columns, ',');
    return each_row(d,
                    apr_pstrcat(d->pool, "SELECT ", list, " FROM ", name, NULL),
                    put_row,
                    apr_pstrcat(d->pool, "INSERT INTO ", name, " (", list,
                                ") VALUES(", NULL));
}

static apr_status_t put_objects(dump_t *d, const char *where, int are_tables)
{
    apr_array_header_t *objects = apr_array_make(d->pool, 16, sizeof(object_t));
    apr_status_t rv;
    int i;

    rv =
        each_row(d,
                 apr_pstrcat(d->pool,
                             "SELECT name, sql FROM sqlite_schema WHERE sql IS "
                             "NOT NULL AND name NOT LIKE 'sqlite!_%' ESCAPE "
                             "'!' AND ",
                             where, " ORDER BY rowid", NULL),
                 keep_object, objects);
    for (i = 0; i < objects->nelts && rv == APR_SUCCESS; i++) {
        const object_t *object = &APR_ARRAY_IDX(objects, i, object_t);

        if (are_tables && !is_wanted(d, object->name)) {
            continue;
        }
        if (!d->what->no_schema) {
            put_word(d, object->sql);
            put_word(d, ";\n");
        }
        if (are_tables && !d->what->no_data) {
            rv = put_rows(d, object->name);
        }
    }
    return rv;
}

static apr_status_t write_all(dump_t *d)
{
    apr_status_t rv = wfp_sqlite_exec(d->session->db, "BEGIN", d->session->res);

    put_word(d, "PRAGMA defer_foreign_keys=TRUE;\n");
    if (rv == APR_SUCCESS) {
        rv = put_objects(d, "type='table'", 1);
    }
    if (rv == APR_SUCCESS && !d->what->no_schema
        && (!d->what->tables || !d->what->tables->nelts)) {
        rv = put_objects(d, "type<>'table'", 0);
    }
    return rv == APR_SUCCESS ? d->rv : rv;
}

apr_status_t wfp_d1_dump(wfp_d1_t *d1, const char *id,
                         const wfp_d1_dump_t *what, const char *path,
                         wfp_result_t *res)
{
    wfp_d1_session_t session;
    dump_t d = { .session = &session, .what = what };
    apr_status_t rv = wfp_d1_session_begin(&session, d1, id, res);

    if (rv != APR_SUCCESS) {
        return rv;
    }
    apr_pool_create(&d.pool, res->pool);
    rv = apr_file_open(&d.out, path,
                       APR_FOPEN_WRITE | APR_FOPEN_CREATE | APR_FOPEN_EXCL
                           | APR_FOPEN_BUFFERED,
                       APR_FPROT_UREAD | APR_FPROT_UWRITE, d.pool);
    if (rv == APR_SUCCESS) {
        rv = write_all(&d);
        if (rv == APR_SUCCESS) {
            rv = apr_file_close(d.out);
        }
        if (rv != APR_SUCCESS) {
            (void)apr_file_remove(path, d.pool); /* it says less than all */
        }
    }
    if (rv != APR_SUCCESS) {
        rv = wfp_result_set(res, WFP_D1_ERROR, rv,
                            "the database could not be written out");
    }
    wfp_d1_session_end(&session);
    apr_pool_destroy(d.pool);
    return rv;
}
