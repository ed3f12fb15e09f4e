/* SPDX-License-Identifier: Apache-2.0 */
/* Connections to SQLite files, and what hostile SQL cannot do with one. */
#include "tests/unit/sqlite_fixture.h"

static const wfp_sqlite_open_t plain = { .create = 1 };

static void values_go_in_and_out(wfp_test_t *t)
{
    fixture_t *f = fixture_make(t);
    wfp_sqlite_stmt_t *stmt;
    wfp_sql_value_t v[5] = { { WFP_SQL_INT, { .i = APR_INT64_MAX }, NULL },
                             { WFP_SQL_REAL, { .d = 0.5 }, NULL },
                             { WFP_SQL_TEXT, { .n = 3 }, "a\0c" },
                             { WFP_SQL_BLOB, { .n = 2 }, "\xff\0" },
                             { WFP_SQL_NULL, { 0 }, NULL } };
    wfp_sql_value_t got;
    int i;

    fixture_open(f, &plain);
    CHECK_INT(wfp_sqlite_prepare(&stmt, f->db, "SELECT ?,?,?,?,?", 16, NULL,
                                 &f->res),
              APR_SUCCESS);
    CHECK_INT(wfp_sqlite_params(stmt), 5);
    for (i = 0; i < 5; i++) {
        CHECK_INT(wfp_sqlite_bind(f->db, stmt, i + 1, &v[i], &f->res),
                  APR_SUCCESS);
    }
    CHECK_INT(wfp_sqlite_step(f->db, stmt, &f->res), APR_SUCCESS);
    CHECK_INT(wfp_sqlite_columns(stmt), 5);
    for (i = 0; i < 5; i++) {
        wfp_sqlite_column(&got, stmt, i);
        CHECK_INT(got.kind, v[i].kind);
        if (got.kind == WFP_SQL_TEXT || got.kind == WFP_SQL_BLOB) {
            CHECK_INT(got.u.n, v[i].u.n);
            CHECK(memcmp(got.s, v[i].s, got.u.n) == 0);
        }
    }
    wfp_sqlite_column(&got, stmt, 0);
    CHECK(got.u.i == APR_INT64_MAX);
    CHECK_INT(wfp_sqlite_step(f->db, stmt, &f->res), APR_EOF);
    wfp_sqlite_finalize(stmt);
}

static void a_file_that_is_missing_is_said_so(wfp_test_t *t)
{
    static const wfp_sqlite_open_t how = { .is_tenants = 1 };
    fixture_t *f = fixture_make(t);

    CHECK_INT(wfp_sqlite_open(&f->db, fixture_path(f, "none"), &how, &f->res,
                              t->pool),
              APR_ENOENT);
}

static void a_file_that_was_removed_is_noticed(wfp_test_t *t)
{
    fixture_t *f = fixture_make(t);

    fixture_open(f, &plain);
    CHECK_INT(fixture_run(f, "CREATE TABLE a(b)"), APR_SUCCESS);
    CHECK_INT(wfp_sqlite_has_moved(f->db), 0);
    CHECK_INT(unlink(fixture_path(f, "one")), 0);
    CHECK_INT(wfp_sqlite_has_moved(f->db), 1);
}

static void what_is_no_database_is_refused(wfp_test_t *t)
{
    fixture_t *f = fixture_make(t);
    FILE *out = fopen(fixture_path(f, "one"), "w");

    CHECK(out);
    (void)fprintf(out, "%08192d", 1);
    (void)fclose(out);
    CHECK_INT(wfp_sqlite_open(&f->db, fixture_path(f, "one"), &tenants, &f->res,
                              t->pool),
              APR_EGENERAL);
}

static void statements_of_one_text_come_one_by_one(wfp_test_t *t)
{
    static const char sql[] = " SELECT 1; -- two\nSELECT 2;/* none */ ";
    fixture_t *f = fixture_make(t);
    wfp_sqlite_stmt_t *stmt;
    const char *at = sql;
    apr_size_t used;
    int n = 0;

    fixture_open(f, &tenants);
    for (;;) {
        CHECK_INT(wfp_sqlite_prepare(&stmt, f->db, at, strlen(at), &used,
                                     &f->res),
                  APR_SUCCESS);
        if (!stmt) {
            break;
        }
        n++;
        at += used;
        wfp_sqlite_finalize(stmt);
    }
    CHECK_INT(n, 2);
}

static void errors_have_their_text(wfp_test_t *t)
{
    fixture_t *f = fixture_make(t);

    fixture_open(f, &tenants);
    CHECK_INT(fixture_run(f, "SELEKT 1"), APR_EINVAL);
    CHECK_STR(f->res.message, "near \"SELEKT\": syntax error");
    CHECK_STR(wfp_sqlite_error_name(f->db), "SQLITE_ERROR");
    CHECK_INT(fixture_run(f, "CREATE TABLE a(b UNIQUE)"), APR_SUCCESS);
    CHECK_INT(fixture_run(f, "INSERT INTO a VALUES(1)"), APR_SUCCESS);
    CHECK_INT(fixture_run(f, "INSERT INTO a VALUES(1)"), APR_EINVAL);
    CHECK_STR(f->res.message, "UNIQUE constraint failed: a.b");
    CHECK_STR(wfp_sqlite_error_name(f->db), "SQLITE_CONSTRAINT");
}

/* ---- what is not allowed -------------------------------------------------------- */

static void the_guard_refuses(wfp_test_t *t)
{
    static const char *const refused[] = {
        "ATTACH '/tmp/x.db' AS x",
        "DETACH main",
        "VACUUM",
        "VACUUM INTO '/tmp/stolen.db'",
        "BEGIN",
        "COMMIT",
        "SAVEPOINT s",
        "PRAGMA journal_mode=DELETE",
        "PRAGMA writable_schema=1",
        "PRAGMA max_page_count=1000000000",
        "PRAGMA cache_size=1000000",
        "PRAGMA temp_store=MEMORY",
        "PRAGMA temp_store_directory='/etc'",
        "PRAGMA mmap_size=1000000000",
        "PRAGMA hard_heap_limit=1",
        "PRAGMA soft_heap_limit=1",
        "PRAGMA threads=8",
        "PRAGMA trusted_schema=1",
        "PRAGMA database_list",
        "PRAGMA foreign_keys=0",
        "PRAGMA user_version=3",
        "SELECT load_extension('/tmp/x.so')",
        "SELECT fts3_tokenizer('simple')",
        "SELECT fts3_tokenizer('simple', x'00')",
        "SELECT sqlite_compileoption_get(1)",
        "SELECT sqlite_log(1, 'x')",
        "SELECT json_patch('{}', '{}')",
        "SELECT * FROM dbstat",
        "SELECT * FROM sqlite_stmt",
        "SELECT * FROM pragma_compile_options",
        "SELECT * FROM pragma_database_list",
        "CREATE TEMP TABLE x(y)",
        "CREATE TEMP VIEW x AS SELECT 1",
        "CREATE VIRTUAL TABLE x USING fts5(y)",
        "CREATE VIRTUAL TABLE x USING rtree(a,b,c)",
        "UPDATE sqlite_schema SET sql='x'",
        "DELETE FROM sqlite_schema",
        "INSERT INTO sqlite_schema VALUES('table','x','x',2,'CREATE TABLE x(y)')",
    };
    fixture_t *f = fixture_make(t);
    apr_size_t i;

    fixture_open(f, &tenants);
    CHECK_INT(fixture_run(f, "CREATE TABLE a(b)"), APR_SUCCESS);
    for (i = 0; i < sizeof(refused) / sizeof(refused[0]); i++) {
        apr_status_t rv = fixture_run(f, refused[i]);

        if (rv != APR_EINVAL) {
            printf("# %s: %d %s\n", refused[i], rv, f->res.message);
        }
        CHECK_INT(rv, APR_EINVAL);
    }
    CHECK(access("/tmp/stolen.db", F_OK) != 0);
    CHECK_INT(fixture_run(f, "SELECT count(*) FROM a"), APR_SUCCESS);
}

static void the_guard_lets_pass(wfp_test_t *t)
{
    static const char *const rows[][2] = {
        { "CREATE TABLE a(b INTEGER PRIMARY KEY, c TEXT NOT NULL)", "" },
        { "CREATE INDEX i ON a(c)", "" },
        { "CREATE VIEW v AS SELECT c FROM a", "" },
        { "CREATE TABLE log(x)", "" },
        { "CREATE TRIGGER tr AFTER INSERT ON a BEGIN INSERT INTO log "
          "VALUES(new.c); END",
          "" },
        { "INSERT INTO a(c) VALUES('x'),('y') RETURNING b", "2" },
        { "SELECT count(*) FROM log", "2" },
        { "UPDATE a SET c='z' WHERE b=1", "" },
        { "SELECT c FROM v ORDER BY c DESC LIMIT 1", "z" },
        { "DELETE FROM a WHERE b=1", "" },
        { "ALTER TABLE a ADD COLUMN d DEFAULT 4", "" },
        { "SELECT d FROM a", "4" },
        { "PRAGMA table_info(a)", "2" },
        { "PRAGMA table_list(a)", "main" },
        { "PRAGMA defer_foreign_keys=on", "" },
        { "PRAGMA foreign_keys", "1" },
        { "PRAGMA quick_check", "ok" },
        { "PRAGMA optimize", "" },
        { "ANALYZE", "" },
        { "REINDEX", "" },
        { "SELECT name FROM sqlite_schema WHERE type='view'", "v" },
        { "SELECT value FROM json_each('[1,2,7]')", "7" },
        { "SELECT '{\"a\":5}' ->> 'a'", "5" },
        { "SELECT max(x) FROM (WITH RECURSIVE r(x) AS (SELECT 1 UNION ALL "
          "SELECT x+1 FROM r LIMIT 100) SELECT x FROM r)",
          "100" },
        { "SELECT sum(b) OVER (ORDER BY b) FROM a", "2" },
        { "SELECT typeof(datetime('now'))", "text" },
        { "DROP TRIGGER tr", "" },
        { "DROP VIEW v", "" },
        { "DROP TABLE a", "" },
    };
    fixture_t *f = fixture_make(t);
    apr_size_t i;

    fixture_open(f, &tenants);
    for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        apr_status_t rv = fixture_run(f, rows[i][0]);

        if (rv != APR_SUCCESS) {
            printf("# %s: %d %s\n", rows[i][0], rv, f->res.message);
        }
        CHECK_INT(rv, APR_SUCCESS);
        CHECK_STR(f->said, rows[i][1]);
    }
}

static void our_functions_do_as_the_manual_says(wfp_test_t *t)
{
    static const char *const rows[][2] = {
        { "instr('abcabc','ca')", "3" },
        { "instr('abc','x')", "0" },
        { "instr('\xc3\xa4"
          "b','b')",
          "2" },
        { "instr(x'c3a462',x'62')", "3" },
        { "instr(NULL,'a')", "null" },
        { "instr('a',NULL)", "null" },
        { "instr('abc','')", "1" },
        { "instr(12345,34)", "3" },
        { "replace('aXbX','X','yy')", "ayybyy" },
        { "replace('abc','','x')", "abc" },
        { "replace('aaa','aa','b')", "ba" },
        { "replace('abc','b',NULL)", "null" },
        { "replace('abc','b','')", "ac" },
        { "'['||trim('  a b ')||']'", "[a b]" },
        { "ltrim('xxaxx','x')", "axx" },
        { "rtrim('xxaxx','x')", "xxa" },
        { "trim('xyaxy','xy')", "a" },
        { "trim('aa','a')", "" },
        { "trim('\xc3\xa4"
          "b\xc3\xa4','\xc3\xa4')",
          "b" },
        { "trim('a','')", "a" },
        { "trim(NULL)", "null" },
        { "trim('a',NULL)", "null" },
        { "'Abc' LIKE 'a_C'", "1" },
        { "'a%c' LIKE 'a!%c' ESCAPE '!'", "1" },
        { "'abc' LIKE 'a!%c' ESCAPE '!'", "0" },
        { "'abc' GLOB 'a[a-c]?'", "1" },
        { "'Abc' GLOB 'a*'", "0" },
        { "NULL LIKE 'a'", "null" },
        { "5 LIKE '5'", "1" },
        { "x'61' LIKE 'a'", "0" },
        { "typeof(trim(1))", "text" },
    };
    fixture_t *f = fixture_make(t);
    apr_size_t i;

    fixture_open(f, &tenants);
    for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        CHECK_INT(fixture_run(f, apr_pstrcat(t->pool, "SELECT ", rows[i][0],
                                             NULL)),
                  APR_SUCCESS);
        if (strcmp(f->said, rows[i][1]) != 0) {
            printf("# %s\n", rows[i][0]);
        }
        CHECK_STR(f->said, rows[i][1]);
    }
}

static void what_is_looked_at_before_is_answered_by_sqlite(wfp_test_t *t)
{
    static const char *const rows[] = {
        "printf('%d|%5.2f|%-6s|%q|%Q|%w', 7, 1.239, 'ab', 'it''s', NULL, '\"')",
        "printf('%.3c|%5.2c|%-4c|%c', 'x', '\xc3\xa4', 'ab', NULL)",
        "printf('%*d|%-*d|%.*f', 5, 1, 4, 2, 1, 2.25)",
        "printf('%,d|%!.3s|%x|%%|%lld', 1234567, '\xc3\xa4xyz', 255, 5)",
        "format('%s')",
        "printf()",
        "printf(NULL, 1)",
        "typeof(printf('a'))",
        "json_set('{\"a\":1}', '$.a', 2, '$.b', json('[1]'), '$.c', '[1]')",
        "json_set('[1,2]', '$[#]', 3, '$[0]', NULL, '$[1]', 1.5)",
        "json_insert('{\"a\":1}', '$.a', 2, '$.b.c[0].d', 'x')",
        "json_set(NULL, '$.a', 1)",
        "json_set('{}')",
        "json_array(json_set('{}', '$.a', 1), json_insert('[]', '$[0]', 1))",
        "json_array(json_set('{}', '$', 'x'), json_insert('{}', '$', 1), "
        "json_set('{}', '$', json('[]')), printf('[1]'))",
        "typeof(json_set('{}', '$.a', 1))",
        "(SELECT group_concat(json_set('{}', '$.a', value, '$.b', "
        "json_array(value))) FROM json_each('[1,\"x\",null]'))",
        "(SELECT group_concat(printf('%s-%d', value, value) || "
        "json_insert('[]', '$[0]', value)) FROM json_each('[1,\"x\"]'))",
    };
    fixture_t *f = fixture_make(t);
    wfp_sqlite_open_t own = tenants;
    apr_size_t i;
    const char *said[sizeof(rows) / sizeof(rows[0])];

    own.is_tenants = 0;
    fixture_open(f, &own);
    for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        CHECK_INT(fixture_run(f,
                              apr_pstrcat(t->pool, "SELECT ", rows[i], NULL)),
                  APR_SUCCESS);
        said[i] = apr_pstrdup(t->pool, f->said);
    }
    fixture_open(f, &tenants);
    for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        CHECK_INT(fixture_run(f,
                              apr_pstrcat(t->pool, "SELECT ", rows[i], NULL)),
                  APR_SUCCESS);
        CHECK_STR(f->said, said[i]);
    }
    CHECK_INT(fixture_run(f,
                          "CREATE TABLE t (j, i AS (json_set(j, '$.a', 1)))"),
              APR_SUCCESS);
    CHECK_INT(fixture_run(f, "CREATE INDEX x ON t (printf('%04d', j), i)"),
              APR_SUCCESS);
    CHECK_INT(fixture_run(f, "INSERT INTO t VALUES ('{}'), ('[]')"),
              APR_SUCCESS);
    CHECK_INT(fixture_run(f, "SELECT i FROM t WHERE i LIKE '{%'"), APR_SUCCESS);
    CHECK_STR(f->said, "{\"a\":1}");
}

static const wfp_test_case_t cases[] = {
    { "values go in and out", values_go_in_and_out },
    { "a file that is missing is said so", a_file_that_is_missing_is_said_so },
    { "a file that was removed is noticed",
      a_file_that_was_removed_is_noticed },
    { "what is no database is refused", what_is_no_database_is_refused },
    { "statements of one text come one by one",
      statements_of_one_text_come_one_by_one },
    { "errors have their text", errors_have_their_text },
    { "the guard refuses", the_guard_refuses },
    { "the guard lets pass", the_guard_lets_pass },
    { "our functions do as the manual says",
      our_functions_do_as_the_manual_says },
    { "what is looked at before is answered by SQLite",
      what_is_looked_at_before_is_answered_by_sqlite },
    { NULL, NULL },
};

int main(void)
{
    return wfp_test_run(cases);
}
