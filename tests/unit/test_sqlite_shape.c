/* SPDX-License-Identifier: Apache-2.0 */
/* What the audit shows of SQL: no value, whatever quotes it is in. */
#include "services/sqlite_shape.h"

#include <string.h>

#include "tests/unit/wfp_test.h"

static const char *shape(wfp_test_t *t, const char *sql)
{
    return wfp_sqlite_shape_write(sql, strlen(sql), 60, t->pool);
}

static void values(wfp_test_t *t)
{
    CHECK_STR(shape(t, "INSERT INTO t VALUES ('geheim', 4711, x'0815')"),
              "INSERT INTO t VALUES (?, ?, x?)");
    CHECK_STR(shape(t, "UPDATE t SET a=\"geheim\" WHERE b = [geheim]"),
              "UPDATE t SET a=? WHERE b = ?");
    CHECK_STR(shape(t, "DELETE FROM t WHERE a = 'it''s' OR a = `x`"),
              "DELETE FROM t WHERE a = ? OR a = ?");
    CHECK_STR(shape(t, "  UPDATE t SET a = -12.5e10 /* geheim */ -- geheim\n;"),
              "UPDATE t SET a = -?.? ;");
    CHECK_STR(shape(t, "DELETE FROM t1 WHERE a = 'geheim"),
              "DELETE FROM t1 WHERE a = ?");
    CHECK_STR(shape(t, "DELETE FROM t WHERE a = /* geheim"),
              "DELETE FROM t WHERE a =");
    CHECK_STR(shape(t, ""), "");
}

static void length(wfp_test_t *t)
{
    CHECK_STR(shape(t, "DELETE FROM table_of_a_long_name WHERE a_column_of_it "
                       "= b_column"),
              "DELETE FROM table_of_a_long_name WHERE a_column_of_it = ...");
    CHECK_STR(shape(t, "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
                       "aaaaaaaaaaaaa"),
              " ...");
}

static int reads(const char *sql)
{
    return wfp_sqlite_shape_is_read(sql, strlen(sql));
}

static void what_reads(wfp_test_t *t)
{
    CHECK(reads("SELECT 1"));
    CHECK(reads(" (select 1); ; values (1);\n-- end"));
    CHECK(reads("PRAGMA table_info(t); EXPLAIN DELETE FROM t"));
    CHECK(reads(""));
    CHECK(!reads("SELECT 1; DELETE FROM t"));
    CHECK(!reads("/* SELECT */ INSERT INTO t VALUES (1)"));
    CHECK(!reads("WITH x AS (SELECT 1) DELETE FROM t"));
    CHECK(!reads("CREATE TRIGGER a AFTER DELETE ON t BEGIN SELECT 1; END"));
}

int main(void)
{
    static const wfp_test_case_t cases[] = {
        { "values do not show", values },
        { "a long text is cut", length },
        { "what only reads", what_reads },
        { NULL, NULL },
    };

    return wfp_test_run(cases);
}
