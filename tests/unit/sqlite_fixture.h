/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SQLITE_FIXTURE_H
#define SQLITE_FIXTURE_H

#include <apr_file_io.h>
#include <apr_strings.h>
#include <stdlib.h>
#include <unistd.h>

#include "core/clock.h"
#include "services/sqlite.h"
#include "tests/unit/wfp_test.h"

/**
 * @file
 * A folder with SQLite files for one case.
 */

typedef struct fixture_t {
    wfp_test_t *t;
    const char *dir;
    wfp_result_t res;
    wfp_sqlite_t *db;
    apr_int64_t cpu_ns;
    char said[200]; /* the first value of the last row, as text */
} fixture_t;

static const wfp_sqlite_open_t tenants = {
    .create = 1, .is_tenants = 1, .file_max = 8 << 20, .temp_max = 4 << 20
};

static apr_status_t remove_dir(void *data)
{
    apr_pool_t *p;
    apr_dir_t *dir;
    apr_finfo_t info;
    const char *path = data;

    apr_pool_create(&p, NULL);
    if (apr_dir_open(&dir, path, p) == APR_SUCCESS) {
        while (apr_dir_read(&info, APR_FINFO_NAME, dir) == APR_SUCCESS) {
            (void)apr_file_remove(apr_pstrcat(p, path, "/", info.name, NULL),
                                  p);
        }
        (void)apr_dir_close(dir);
    }
    (void)apr_dir_remove(path, p);
    apr_pool_destroy(p);
    return APR_SUCCESS;
}

static inline const char *fixture_path(fixture_t *f, const char *name)
{
    return apr_psprintf(f->t->pool, "%s/%s.sqlite", f->dir, name);
}

static inline fixture_t *fixture_make(wfp_test_t *t)
{
    fixture_t *f = apr_pcalloc(t->pool, sizeof(*f));
    char *dir = apr_pstrdup(t->pool, "/tmp/wfp-sqlite-XXXXXX");

    f->t = t;
    f->dir = mkdtemp(dir);
    CHECK(f->dir);
    apr_pool_cleanup_register(t->pool, dir, remove_dir, apr_pool_cleanup_null);
    wfp_result_init(&f->res, t->pool);
    CHECK_INT(wfp_sqlite_start(dir, t->pool), APR_SUCCESS);
    return f;
}

static inline void fixture_open(fixture_t *f, const wfp_sqlite_open_t *how)
{
    wfp_test_t *t = f->t;
    apr_status_t rv = wfp_sqlite_open(&f->db, fixture_path(f, "one"), how,
                                      &f->res, t->pool);

    if (rv != APR_SUCCESS) {
        printf("# %s\n", f->res.message);
    }
    CHECK_INT(rv, APR_SUCCESS);
}

/** Run one statement to its end. @return as step, APR_SUCCESS: it ended */
static inline apr_status_t fixture_run(fixture_t *f, const char *sql)
{
    wfp_sqlite_stmt_t *stmt = NULL;
    wfp_sql_value_t value;
    apr_status_t rv = wfp_sqlite_prepare(&stmt, f->db, sql, strlen(sql), NULL,
                                         &f->res);

    f->said[0] = '\0';
    if (rv != APR_SUCCESS) {
        return rv;
    }
    while ((rv = wfp_sqlite_step(f->db, stmt, &f->res)) == APR_SUCCESS) {
        wfp_sqlite_column(&value, stmt, 0);
        switch (value.kind) {
        case WFP_SQL_INT:
            (void)snprintf(f->said, sizeof(f->said), "%lld",
                           (long long)value.u.i);
            break;
        case WFP_SQL_REAL:
            (void)snprintf(f->said, sizeof(f->said), "%g", value.u.d);
            break;
        case WFP_SQL_NULL:
            (void)snprintf(f->said, sizeof(f->said), "null");
            break;
        default:
            (void)snprintf(f->said, sizeof(f->said), "%.*s", (int)value.u.n,
                           value.s);
        }
    }
    wfp_sqlite_finalize(stmt);
    return rv == APR_EOF ? APR_SUCCESS : rv;
}

/** The same within so much time; 0: no such bound. */
static inline apr_status_t fixture_run_within(fixture_t *f, const char *sql,
                                              apr_int64_t cpu_ms,
                                              apr_int64_t wall_ms)
{
    wfp_sqlite_bounds_t bounds = { 0 };
    apr_status_t rv;

    f->cpu_ns = 0;
    if (cpu_ms) {
        bounds.cpu_ns = &f->cpu_ns;
        bounds.cpu_max_ns = cpu_ms * 1000000;
    }
    if (wall_ms) {
        bounds.until = wfp_clock_now() + apr_time_from_msec(wall_ms);
    }
    wfp_sqlite_bound(f->db, &bounds);
    rv = fixture_run(f, sql);
    wfp_sqlite_bound(f->db, NULL);
    return rv;
}

#endif
