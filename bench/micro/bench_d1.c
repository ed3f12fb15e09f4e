/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a call of a D1 database costs below Lua: the first row of a small table
 * by its key, warm, and an insert, which ends on the disk. For figures run it
 * alone: make bench/micro/bench_d1 && bench/micro/bench_d1
 */
#include <apr_general.h>
#include <apr_pools.h>
#include <apr_strings.h>
#include <apr_time.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/clock.h"
#include "services/d1.h"
#include "services/sqlite.h"

#define DATABASE "00000000-0000-4000-8000-000000000001"
#define READS    20000
#define WRITES   200

static wfp_d1_t *d1;

static int run(const char *sql, const wfp_sql_value_t *param, apr_pool_t *p)
{
    wfp_sql_query_t query = { sql, strlen(sql), param, param ? 1 : 0 };
    wfp_sql_share_t share = { 0, APR_INT64_C(1) << 60, 0,
                              APR_INT64_C(1) << 40 };
    wfp_sql_call_t call = { .database = DATABASE,
                            .queries = &query,
                            .count = 1,
                            .only_first = 1,
                            .share = &share };
    wfp_sql_answer_t answer = { 0 };
    wfp_result_t res;

    wfp_result_init(&res, p);
    answer.pool = p;
    if (wfp_d1_run(&answer, d1, &call, wfp_clock_now() + apr_time_from_sec(60),
                   NULL, &res)
        != APR_SUCCESS) {
        printf("%s\n", res.message);
        return 0;
    }
    return 1;
}

static int measure(const char *what, const char *sql, int n, apr_pool_t *p)
{
    apr_time_t begun = wfp_clock_now();
    wfp_sql_value_t value = { WFP_SQL_INT, { 0 }, NULL };
    int i;

    for (i = 1; i <= n; i++) {
        value.u.i = i % 100 + 1;
        if (!run(sql, &value, p)) {
            return 0;
        }
        apr_pool_clear(p);
    }
    printf("%-28s %8.2f us\n", what, (double)(wfp_clock_now() - begun) / n);
    return 1;
}

int main(void)
{
    char dir[] = "/tmp/wfp-bench-d1-XXXXXX";
    apr_pool_t *p, *turn;
    wfp_result_t res;
    int ok;

    apr_initialize();
    apr_pool_create(&p, NULL);
    apr_pool_create(&turn, p);
    wfp_result_init(&res, p);
    ok = mkdtemp(dir) && wfp_sqlite_start(dir, p) == APR_SUCCESS
         && wfp_d1_create(&d1, dir, 0, p) == APR_SUCCESS
         && wfp_d1_make(d1, DATABASE, &res) == APR_SUCCESS
         && run("CREATE TABLE t (id INTEGER PRIMARY KEY, name TEXT)", NULL, p)
         && run("INSERT INTO t (name) WITH RECURSIVE n(x) AS (SELECT 1 UNION "
                "ALL SELECT x + 1 FROM n LIMIT 100) SELECT 'name ' || x FROM n",
                NULL, p)
         && measure("first row by its key, warm",
                    "SELECT id, name FROM t WHERE id = ?", READS, turn)
         && measure("insert", "INSERT INTO t (name) VALUES (?)", WRITES, turn)
         && wfp_d1_remove(d1, DATABASE, &res) == APR_SUCCESS;
    apr_pool_destroy(p);
    return ok ? 0 : 1;
}
