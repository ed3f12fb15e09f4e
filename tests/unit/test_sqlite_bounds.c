/* SPDX-License-Identifier: Apache-2.0 */
/* How much a statement may take, how long it may run, and what a killed writer
 * leaves. */
#include <apr_thread_proc.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "tests/unit/sqlite_fixture.h"

/* ---- how much, how long --------------------------------------------------------- */

/* Many times a piece, with head and tail. */
static const char *many(wfp_test_t *t, const char *head, const char *piece,
                        int n, const char *tail)
{
    apr_size_t size = strlen(piece);
    char *text = apr_palloc(t->pool, size * (apr_size_t)n + 1);
    int i;

    for (i = 0; i < n; i++) {
        memcpy(text + (apr_size_t)i * size, piece, size);
    }
    text[size * (apr_size_t)n] = '\0';
    return apr_pstrcat(t->pool, head, text, tail, NULL);
}

static void sizes_are_bounded(wfp_test_t *t)
{
    fixture_t *f = fixture_make(t);
    const char *rows[] = {
        "SELECT zeroblob(1e9)",
        "SELECT randomblob(3000000)",
        "SELECT length(hex(zeroblob(1500000)))",
        "SELECT replace(hex(zeroblob(1000)), '0', hex(zeroblob(10000)))",
        "SELECT 'x' LIKE hex(zeroblob(30))",
        "SELECT 'x' GLOB hex(zeroblob(30))",
        "SELECT trim('x', hex(zeroblob(60)))",
        "SELECT group_concat(hex(zeroblob(900000))) FROM (VALUES(1),(2),(3))",
        "SELECT json_group_array(hex(zeroblob(900000))) FROM "
        "(VALUES(1),(2),(3))",
        many(t, "SELECT ", "(", 200, "1"),
        many(t, "SELECT 1", "+1", 5000, ""),
        many(t, "SELECT 1", ",1", 100, ""),
        many(t, "SELECT 1", " UNION SELECT 1", 60, ""),
        many(t, "SELECT max(1", ",1", 32, ")"),
        many(t, "SELECT ?", ",?", 100, ""),
        "SELECT ?101",
        many(t, "SELECT 1 FROM (SELECT 1)", ",(SELECT 1)", 64, ""),
        many(t, "SELECT '", "x", 100000, "'"),
        many(t, "SELECT json('", "[", 3000, "')"),
        "SELECT printf('%.*c', 2000000000, 'x')",
        "SELECT printf('%.*c', -2000000000, 'x')",
        "SELECT format('%.9999999999999c', 'x')",
        "SELECT format('%d%% %-*.*lc', 1, 2, 2000000000, 'x')",
        "SELECT printf(replace(hex(zeroblob(100000)), '00', '%.9000c'))",
        "SELECT json_set('{}', '$' || replace(hex(zeroblob(900000)), '00', "
        "'.a'), 1)",
        "SELECT json_insert('[]', '$[0]', 1, '$' || "
        "replace(hex(zeroblob(600000)), '00', '[0]'), 1)",
        "SELECT json_set('{}', '$.a')",
        "SELECT json_set('{', '$.a', 1)",
    };
    apr_size_t i;

    fixture_open(f, &tenants);
    CHECK_INT(fixture_run(f, "SELECT typeof(printf('%1000000000d', 1))"),
              APR_SUCCESS);
    CHECK_STR(f->said, "null");
    for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        apr_status_t rv = fixture_run_within(f, rows[i], 5000, 0);

        if (rv != APR_EINVAL) {
            printf("# %.60s: %d %s\n", rows[i], rv, f->res.message);
        }
        CHECK_INT(rv, APR_EINVAL);
    }
}

/* "WITH c0 AS (...), c1 AS (SELECT 1 FROM c0,c0), ..." */
static const char *doubling(wfp_test_t *t, int n)
{
    const char *sql = "WITH c0 AS (SELECT 1 AS x)";
    int i;

    for (i = 1; i <= n; i++) {
        sql = apr_psprintf(t->pool,
                           "%s, \"C%d\"(x) AS NOT MATERIALIZED (SELECT 1 FROM "
                           "[c%d] a, c%d b)",
                           sql, i, i - 1, i - 1);
    }
    return apr_psprintf(t->pool, "%s SELECT count(*) FROM c%d WHERE 0", sql, n);
}

static long used_kb(void)
{
    struct rusage usage;

    return getrusage(RUSAGE_SELF, &usage) == 0 ? usage.ru_maxrss : 0;
}

static void copies_of_ctes_are_counted_before(wfp_test_t *t)
{
    fixture_t *f = fixture_make(t);

    fixture_open(f, &tenants);
    CHECK_INT(fixture_run(f, doubling(t, 5)), APR_SUCCESS);
    CHECK_INT(fixture_run(f, doubling(t, 30)), APR_EINVAL);
    CHECK_STR(f->res.message, "the statement is too complex");
    CHECK_INT(fixture_run(f, many(t, "SELECT ", "a(", 20000, "")), APR_EINVAL);
    CHECK_INT(fixture_run(f, many(t, "WITH ", "a AS (", 12000, "")),
              APR_EINVAL);
    /* what is counted too lightly inside another is counted again outside */
    CHECK_INT(fixture_run(f,
                          apr_pstrcat(t->pool, doubling(t, 11), " UNION ALL ",
                                      many(t,
                                           "SELECT 1 FROM (WITH y AS (SELECT 1 "
                                           "FROM c11) SELECT 1 FROM y",
                                           ",y", 60, ")"),
                                      NULL)),
              APR_EINVAL);
    CHECK_STR(f->res.message, "the statement is too complex");
    CHECK(used_kb() < 400 * 1024);
}

static void views_cannot_grow_by_naming_each_other(wfp_test_t *t)
{
    fixture_t *f = fixture_make(t);
    apr_status_t rv = APR_SUCCESS;
    int i;

    fixture_open(f, &tenants);
    CHECK_INT(fixture_run(f, "CREATE TABLE v0(x)"), APR_SUCCESS);
    for (i = 1; i < 30 && rv == APR_SUCCESS; i++) {
        rv = fixture_run(f,
                         apr_psprintf(t->pool,
                                      "CREATE VIEW IF NOT EXISTS main.v%d AS "
                                      "SELECT 1 AS x FROM v%d a, v%d b",
                                      i, i - 1, i - 1));
    }
    CHECK_INT(rv, APR_EINVAL);
    CHECK_STR(f->res.message, "the views and triggers are too complex");
    CHECK(i > 5 && i < 20);
    /* nor when what they name becomes a view later */
    CHECK_INT(fixture_run(f, "DROP TABLE v0"), APR_SUCCESS);
    CHECK_INT(fixture_run(f, many(t, "CREATE VIEW v0 AS SELECT 1 AS x, 1", "+1",
                                  80, "")),
              APR_EINVAL);
    CHECK_INT(fixture_run(f, "CREATE VIEW small AS SELECT 1 AS x"),
              APR_SUCCESS);
    CHECK_INT(fixture_run(f, many(t, "SELECT 1 FROM small", ",v10", 60, "")),
              APR_EINVAL);
    CHECK_STR(f->res.message, "the statement is too complex");
}

static void the_more_values_the_smaller_they_are(wfp_test_t *t)
{
    fixture_t *f = fixture_make(t);
    long before = used_kb();

    fixture_open(f, &tenants);
    CHECK_INT(fixture_run_within(f,
                                 many(t, "SELECT 1 WHERE 0",
                                      " OR zeroblob(1900000)||'1'='x'", 90, ""),
                                 2000, 0),
              APR_EINVAL);
    CHECK_STR(f->res.message, "string or blob too big");
    CHECK_INT(fixture_run_within(f,
                                 many(t,
                                      "SELECT max((SELECT zeroblob(100000)"
                                      "||'1')",
                                      ",(SELECT zeroblob(100000)||'1')", 31,
                                      ") IS NULL"),
                                 2000, 0),
              APR_SUCCESS);
    /* it holds for that statement only */
    CHECK_INT(fixture_run(f, "SELECT length(zeroblob(1900000))"), APR_SUCCESS);
    CHECK(used_kb() - before < 300 * 1024);
}

static void straight_lines_end_in_time(wfp_test_t *t)
{
    static const char *const pieces[] = {
        " OR x LIKE '%aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaab'",
        " OR x GLOB '*[a][a][a][a][a][a][a][a]b'",
        " OR json_set(x,'$',1)=1",
        " OR x=y COLLATE NOCASE",
        " OR hex(x)='1'",
    };
    fixture_t *f = fixture_make(t);
    apr_size_t i;

    fixture_open(f, &tenants);
    CHECK_INT(fixture_run(f, "CREATE TABLE one AS SELECT replace(hex(zeroblob("
                             "450000)),'0','a') AS x, replace(hex(zeroblob("
                             "450000)),'0','A') AS y"),
              APR_SUCCESS);
    for (i = 0; i < sizeof(pieces) / sizeof(pieces[0]); i++) {
        apr_status_t rv = fixture_run_within(f,
                                             many(t,
                                                  "SELECT 1 FROM one WHERE 0",
                                                  pieces[i], 90, ""),
                                             20, 0);

        CHECK(rv == WFP_SQLITE_ECPU || rv == APR_EINVAL);
        CHECK(f->cpu_ns < APR_INT64_C(2000000000));
    }
    CHECK_INT(fixture_run(f, "SELECT x LIKE 'A%' FROM one"), APR_SUCCESS);
    CHECK_STR(f->said, "1");
}

static void runaways_end_with_their_cpu_time(wfp_test_t *t)
{
    static const char *const rows[] = {
        "WITH RECURSIVE r(x) AS (SELECT 1 UNION ALL SELECT x+1 FROM r) "
        "SELECT count(*) FROM r",
        "WITH RECURSIVE r(x) AS (SELECT 1 UNION SELECT x+1 FROM r) "
        "SELECT count(*) FROM r",
        "SELECT count(*) FROM s a,s b,s c,s d,s e,s f,s g,s h",
        "SELECT count(*) FROM s a,s b,s c WHERE a.x+b.x+c.x LIKE '%1%2%3%4%'",
        "SELECT count(DISTINCT hex(a.x*1000+b.x)) FROM s a,s b,s c",
        "SELECT a.x FROM s a,s b,s c ORDER BY random()",
        "SELECT group_concat(a.x) OVER (ORDER BY a.x,b.x,c.x) FROM s a,s b,s c",
        "SELECT sum(length(randomblob(100000))) FROM s a,s b,s c",
        "SELECT sum(instr(hex(zeroblob(900000)),hex(zeroblob(400000))||'1')) "
        "FROM s a,s b,s c",
        "SELECT count(*) FROM json_each((SELECT json_group_array(x) FROM s)) "
        "a,json_each((SELECT json_group_array(x) FROM s)) b,s c",
        "INSERT INTO big SELECT 1 FROM s a,s b,s c WHERE a.x+b.x+c.x<0",
        "UPDATE s SET x=x WHERE (SELECT count(*) FROM s a,s b,s c)>0",
        "CREATE TABLE copy AS SELECT a.x FROM s a,s b,s c WHERE a.x+b.x+c.x<0",
    };
    fixture_t *f = fixture_make(t);
    apr_size_t i;

    fixture_open(f, &tenants);
    CHECK_INT(fixture_run(f, "CREATE TABLE s(x)"), APR_SUCCESS);
    CHECK_INT(fixture_run(f, "CREATE TABLE big(x)"), APR_SUCCESS);
    CHECK_INT(fixture_run(f, "INSERT INTO s WITH RECURSIVE r(x) AS (SELECT 1 "
                             "UNION ALL SELECT x+1 FROM r LIMIT 1000) SELECT x "
                             "FROM r"),
              APR_SUCCESS);
    for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        apr_status_t rv = fixture_run_within(f, rows[i], 50, 0);

        if (rv != WFP_SQLITE_ECPU && rv != APR_ENOSPC) {
            printf("# %s: %d %s\n", rows[i], rv, f->res.message);
        }
        CHECK(rv == WFP_SQLITE_ECPU || rv == APR_ENOSPC);
        /* what it had begun is undone, and the connection serves on */
        CHECK_INT(fixture_run(f, "SELECT count(*) FROM s"), APR_SUCCESS);
        CHECK_STR(f->said, "1000");
    }
    CHECK_INT(fixture_run(f, "SELECT count(*) FROM big"), APR_SUCCESS);
    CHECK_STR(f->said, "0");
}

static void the_wall_clock_and_a_cancel_end_it(wfp_test_t *t)
{
    static const char sql[] = "WITH RECURSIVE r(x) AS (SELECT 1 UNION ALL "
                              "SELECT x+1 FROM r) SELECT count(*) FROM r";
    fixture_t *f = fixture_make(t);
    wfp_sqlite_bounds_t bounds = { 0 };

    fixture_open(f, &tenants);
    CHECK_INT(fixture_run_within(f, sql, 0, 30), APR_TIMEUP);
    CHECK_INT(wfp_cancel_make(&bounds.cancel, t->pool), APR_SUCCESS);
    wfp_cancel_fire(bounds.cancel, WFP_ABORTED);
    wfp_sqlite_bound(f->db, &bounds);
    CHECK_INT(fixture_run(f, sql), APR_EINTR);
    wfp_sqlite_bound(f->db, NULL);
    CHECK_INT(fixture_run(f, "SELECT 1"), APR_SUCCESS);
}

static apr_off_t size_of(const char *path)
{
    struct stat st;

    return stat(path, &st) == 0 ? st.st_size : 0;
}

static void files_stay_within_their_sizes(wfp_test_t *t)
{
    fixture_t *f = fixture_make(t);
    const char *wal = apr_pstrcat(t->pool, fixture_path(f, "one"), "-wal",
                                  NULL);

    fixture_open(f, &tenants);
    CHECK_INT(fixture_run(f, "CREATE TABLE a(b)"), APR_SUCCESS);
    CHECK_INT(fixture_run(f, "INSERT INTO a WITH RECURSIVE r(x) AS (SELECT 1 "
                             "UNION ALL SELECT x+1 FROM r LIMIT 5000) SELECT "
                             "randomblob(10000) FROM r"),
              APR_ENOSPC);
    CHECK(size_of(fixture_path(f, "one")) <= 8 << 20);
    CHECK(size_of(wal) <= 40 << 20);
    CHECK_INT(fixture_run(f, "SELECT count(*) FROM a"), APR_SUCCESS);
    CHECK_STR(f->said, "0");
    /* a sort that does not fit into memory, nor into its files */
    CHECK_INT(fixture_run(f, "WITH RECURSIVE r(x,y) AS (SELECT 1,randomblob("
                             "1000) UNION ALL SELECT x+1,randomblob(1000) FROM "
                             "r LIMIT 20000) SELECT y FROM r ORDER BY y"),
              APR_ENOSPC);
    CHECK_INT(fixture_run(f, "SELECT count(*) FROM (WITH RECURSIVE r(x) AS "
                             "(SELECT 1 UNION ALL SELECT x+1 FROM r LIMIT 999) "
                             "SELECT DISTINCT x FROM r)"),
              APR_SUCCESS);
    CHECK_STR(f->said, "999");
}

static void temporary_files_have_no_names(wfp_test_t *t)
{
    fixture_t *f = fixture_make(t);
    wfp_sqlite_stmt_t *stmt;
    apr_dir_t *dir;
    apr_finfo_t info;
    static const char sql[] =
        "WITH RECURSIVE r(x,y) AS (SELECT 1,randomblob("
        "1000) UNION ALL SELECT x+1,randomblob(1000) FROM "
        "r LIMIT 3000) SELECT y FROM r ORDER BY y";

    fixture_open(f, &tenants);
    CHECK_INT(wfp_sqlite_prepare(&stmt, f->db, sql, sizeof(sql) - 1, NULL,
                                 &f->res),
              APR_SUCCESS);
    CHECK_INT(wfp_sqlite_step(f->db, stmt, &f->res), APR_SUCCESS);
    CHECK_INT(apr_dir_open(&dir, f->dir, t->pool), APR_SUCCESS);
    while (apr_dir_read(&info, APR_FINFO_NAME, dir) == APR_SUCCESS) {
        CHECK(*info.name == '.' || strncmp(info.name, "one.sqlite", 10) == 0);
    }
    (void)apr_dir_close(dir);
    wfp_sqlite_finalize(stmt);
}

static void a_writer_that_stays_gives_an_error_in_time(wfp_test_t *t)
{
    fixture_t *f = fixture_make(t);
    wfp_sqlite_t *other;
    apr_time_t begun;

    fixture_open(f, &tenants);
    CHECK_INT(fixture_run(f, "CREATE TABLE a(b)"), APR_SUCCESS);
    CHECK_INT(wfp_sqlite_open(&other, fixture_path(f, "one"), &tenants, &f->res,
                              t->pool),
              APR_SUCCESS);
    CHECK_INT(wfp_sqlite_exec(other, "BEGIN IMMEDIATE; INSERT INTO a VALUES(1)",
                              &f->res),
              APR_SUCCESS);
    begun = apr_time_now();
    CHECK_INT(fixture_run_within(f, "INSERT INTO a VALUES(2)", 0, 50),
              APR_EBUSY);
    CHECK(apr_time_now() - begun < apr_time_from_sec(4));
    /* readers see what was there before */
    CHECK_INT(fixture_run(f, "SELECT count(*) FROM a"), APR_SUCCESS);
    CHECK_STR(f->said, "0");
    CHECK_INT(wfp_sqlite_exec(other, "COMMIT", &f->res), APR_SUCCESS);
    CHECK_INT(fixture_run(f, "INSERT INTO a VALUES(2)"), APR_SUCCESS);
    CHECK_INT(fixture_run(f, "SELECT count(*) FROM a"), APR_SUCCESS);
    CHECK_STR(f->said, "2");
}

/* ---- killed writers --------------------------------------------------------------- */

static void write_for_ever(fixture_t *f, int out)
{
    int i;

    if (wfp_sqlite_open(&f->db, fixture_path(f, "one"), &tenants, &f->res,
                        f->t->pool)
        != APR_SUCCESS) {
        _exit(1);
    }
    for (i = 1;; i++) {
        const char *sql = apr_psprintf(f->t->pool,
                                       "INSERT INTO a VALUES(%d, "
                                       "randomblob(3000))",
                                       i);

        if (fixture_run(f, sql) != APR_SUCCESS
            || write(out, &i, sizeof(i)) != sizeof(i)) {
            _exit(2);
        }
    }
}

static void what_was_written_outlives_a_killed_writer(wfp_test_t *t)
{
    fixture_t *f = fixture_make(t);
    int round, i, last, fds[2], status;
    pid_t pid;

    for (round = 0; round < 4; round++) {
        fixture_open(f, &tenants);
        CHECK_INT(fixture_run(f, "DROP TABLE IF EXISTS a"), APR_SUCCESS);
        CHECK_INT(fixture_run(f, "CREATE TABLE a(b INTEGER, c)"), APR_SUCCESS);
        wfp_sqlite_close(f->db);
        CHECK_INT(pipe(fds), 0);
        pid = fork();
        if (pid == 0) {
            write_for_ever(f, fds[1]);
        }
        CHECK(pid > 0);
        (void)close(fds[1]);
        last = 0;
        for (i = 0; i < 20 + 7 * round; i++) {
            CHECK_INT(read(fds[0], &last, sizeof(last)), sizeof(last));
        }
        CHECK_INT(kill(pid, SIGKILL), 0);
        CHECK_INT(waitpid(pid, &status, 0), pid);
        while (read(fds[0], &last, sizeof(last)) == sizeof(last)) {
        }
        (void)close(fds[0]);
        fixture_open(f, &tenants);
        CHECK_INT(fixture_run(f, apr_psprintf(t->pool,
                                              "SELECT count(*) FROM a WHERE b "
                                              "<= %d",
                                              last)),
                  APR_SUCCESS);
        CHECK_INT(apr_atoi64(f->said), last);
        CHECK_INT(fixture_run(f, "PRAGMA quick_check"), APR_SUCCESS);
        CHECK_STR(f->said, "ok");
        wfp_sqlite_close(f->db);
    }
}

static const wfp_test_case_t cases[] = {
    { "sizes are bounded", sizes_are_bounded },
    { "copies of CTEs are counted before", copies_of_ctes_are_counted_before },
    { "views cannot grow by naming each other",
      views_cannot_grow_by_naming_each_other },
    { "the more values, the smaller they are",
      the_more_values_the_smaller_they_are },
    { "straight lines end in time", straight_lines_end_in_time },
    { "runaways end with their CPU time", runaways_end_with_their_cpu_time },
    { "the wall clock and a cancel end it",
      the_wall_clock_and_a_cancel_end_it },
    { "files stay within their sizes", files_stay_within_their_sizes },
    { "temporary files have no names", temporary_files_have_no_names },
    { "a writer that stays gives an error in time",
      a_writer_that_stays_gives_an_error_in_time },
    { "what was written outlives a killed writer",
      what_was_written_outlives_a_killed_writer },
    { NULL, NULL },
};

int main(void)
{
    return wfp_test_run(cases);
}
