/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Preparing statements. SQLite asks nobody while it does: no progress handler,
 * no bound of memory. So hostile SQL is weighed before, in the same snapshot of
 * the schema, and what it may make of its values is bounded by how many it
 * makes.
 */
#include <apr_strings.h>
#include <string.h>

#include "services/sqlite_guard.h"
#include "services/sqlite_inside.h"
#include "services/sqlite_scan.h"
#include "services/sqlite_weight.h"

/* Tokens of a statement with its views and CTEs; of all views and triggers. */
#define TOKENS_MAX     150000
#define ALL_TOKENS_MAX 200000

/* Text of a schema. Each connection has it parsed. */
#define SCHEMA_MAX (1024 * 1024)

/* Parentheses and operators of a statement that the schema keeps. */
#define KEPT_MAKERS_MAX 400

/* Bytes of all values that a statement may hold at a time, or go through before
 * SQLite looks at the bounds: some 0.3 s. */
#define VALUES_MAX (APR_INT64_C(32) << 20)

static apr_status_t refuse(wfp_sqlite_t *db, wfp_result_t *res, const char *why)
{
    db->last_code = SQLITE_TOOBIG;
    return wfp_result_set(res, WFP_INVALID, APR_EINVAL, "%s", why);
}

/* Number of the schema; -1: the file does not say. */
static apr_int64_t schema_version(wfp_sqlite_t *db)
{
    apr_int64_t version = -1;

    if (!db->ask_version) {
        (void)sqlite3_prepare_v3(db->handle, "PRAGMA schema_version", -1,
                                 SQLITE_PREPARE_PERSISTENT, &db->ask_version,
                                 NULL);
    }
    if (db->ask_version && sqlite3_step(db->ask_version) == SQLITE_ROW) {
        version = sqlite3_column_int64(db->ask_version, 0);
    }
    (void)sqlite3_reset(db->ask_version); /* as its last step went */
    return version;
}

/* The schema's texts, anew. @return of SQLite */
static int read_schema(wfp_sqlite_t *db)
{
    sqlite3_stmt *stmt = NULL;
    int rc = sqlite3_prepare_v2(db->handle,
                                "SELECT type, name, sql FROM sqlite_schema "
                                "WHERE sql IS NOT NULL",
                                -1, &stmt, NULL);

    apr_pool_clear(db->views_pool);
    db->views = wfp_sqlite_views_make(db->views_pool);
    db->schema_bytes = 0;
    while (rc == SQLITE_OK && (rc = sqlite3_step(stmt)) == SQLITE_ROW) {
        const char *type = (const char *)sqlite3_column_text(stmt, 0);
        const char *name = (const char *)sqlite3_column_text(stmt, 1);
        const char *sql = (const char *)sqlite3_column_text(stmt, 2);
        int n = sqlite3_column_bytes(stmt, 2);
        int is_trigger = type && !strcmp(type, "trigger");

        rc = SQLITE_OK;
        db->schema_bytes += n;
        if (type && name && sql && (is_trigger || !strcmp(type, "view"))) {
            wfp_sqlite_views_add(db->views, apr_pstrdup(db->views_pool, name),
                                 apr_pstrmemdup(db->views_pool, sql,
                                                (apr_size_t)n),
                                 (apr_size_t)n, is_trigger);
        }
    }
    (void)sqlite3_finalize(stmt); /* rc tells */
    return rc == SQLITE_DONE ? SQLITE_OK : rc;
}

/* Views and triggers as they are now. */
static int know_views(wfp_sqlite_t *db)
{
    apr_int64_t version = schema_version(db);
    wfp_sqlite_weight_t all;
    int rc;

    if (!db->views_pool) {
        apr_pool_create(&db->views_pool, db->pool);
    }
    if (db->views && version == db->views_version) {
        return SQLITE_OK;
    }
    db->views = NULL;
    rc = read_schema(db);
    if (rc != SQLITE_OK) {
        db->views = NULL;
        return rc;
    }
    db->views_version = version;
    db->trigger_makers = 0;
    if (wfp_sqlite_weigh_all(&all, db->views, ALL_TOKENS_MAX, db->views_pool)) {
        db->trigger_makers = all.makers;
    }
    return SQLITE_OK;
}

/* The name as it is written behind CREATE VIEW: [IF NOT EXISTS] [schema.]name */
static const char *view_name(const char *at, const char *end, apr_pool_t *p)
{
    wfp_sqlite_token_t name, next;

    wfp_sqlite_scan_next(&name, &at, end);
    wfp_sqlite_scan_next(&next, &at, end);
    if (wfp_sqlite_scan_is(&name, "if") && wfp_sqlite_scan_is(&next, "not")) {
        wfp_sqlite_scan_next(&name, &at, end); /* EXISTS */
        wfp_sqlite_scan_next(&name, &at, end);
        wfp_sqlite_scan_next(&next, &at, end);
    }
    if (next.n == 1 && *next.s == '.') {
        wfp_sqlite_scan_next(&name, &at, end);
    }
    return apr_pstrmemdup(p, name.s, name.n);
}

/* A statement that the schema will keep. */
static apr_status_t check_kept(wfp_sqlite_t *db, const char *sql, apr_size_t n,
                               const wfp_sqlite_weight_t *weight,
                               wfp_result_t *res, apr_pool_t *p)
{
    const char *at = sql, *end = sql + n;
    wfp_sqlite_weight_t all;
    wfp_sqlite_views_t *views;
    wfp_sqlite_token_t token;
    int is_view = 0, is_trigger = 0, i;

    wfp_sqlite_scan_next(&token, &at, end);
    if (!wfp_sqlite_scan_is(&token, "create")
        && !wfp_sqlite_scan_is(&token, "alter")) {
        return APR_SUCCESS;
    }
    if (db->schema_bytes + (apr_int64_t)n > SCHEMA_MAX) {
        return refuse(db, res, "the schema is too large");
    }
    if (weight->makers > KEPT_MAKERS_MAX) {
        return refuse(db, res, "the definition is too complex");
    }
    for (i = 0; i < 3 && !is_view && !is_trigger; i++) {
        wfp_sqlite_scan_next(&token, &at, end);
        is_view = wfp_sqlite_scan_is(&token, "view");
        is_trigger = wfp_sqlite_scan_is(&token, "trigger");
    }
    if (!is_view && !is_trigger) {
        return APR_SUCCESS;
    }
    views = wfp_sqlite_views_copy(db->views, p);
    if (is_view) {
        wfp_sqlite_views_add_token(views, view_name(at, end, p), sql, n);
    }
    wfp_sqlite_views_add(views, "", sql, n, 1);
    return wfp_sqlite_weigh_all(&all, views, ALL_TOKENS_MAX, p)
               ? APR_SUCCESS
               : refuse(db, res, "the views and triggers are too complex");
}

static apr_status_t weigh(wfp_sqlite_t *db, const char *sql, apr_size_t n,
                          wfp_result_t *res, apr_pool_t *p)
{
    wfp_sqlite_weight_t weight;
    apr_int64_t most = db->value_base;

    if (!wfp_sqlite_weigh(&weight, db->views, sql, n, TOKENS_MAX, p)) {
        return refuse(db, res, "the statement is too complex");
    }
    weight.makers += db->trigger_makers;
    if (weight.makers * most > VALUES_MAX) {
        most = VALUES_MAX / weight.makers;
    }
    db->value_max = (int)most;
    weight.makers -= db->trigger_makers;
    return check_kept(db, sql, n, &weight, res, p);
}

void wfp_sqlite_set_value_max(wfp_sqlite_t *db, int n)
{
    db->value_max = n;
    (void)sqlite3_limit(db->handle, SQLITE_LIMIT_LENGTH, n);
}

int wfp_sqlite_value_max(const wfp_sqlite_t *db)
{
    return db->value_max;
}

/* A tenant's is prepared in the old way: one of the new way prepares itself
 * again when the schema changed, unseen by the guard. */
static apr_status_t prepare_guarded(sqlite3_stmt **pstmt, wfp_sqlite_t *db,
                                    const char *sql, apr_size_t n,
                                    const char **pend, wfp_result_t *res)
{
    int begins = sqlite3_get_autocommit(db->handle), rc = SQLITE_OK;
    apr_pool_t *p;
    apr_status_t rv;

    wfp_sqlite_set_value_max(db, db->value_base);
    if (begins) {
        rc = sqlite3_exec(db->handle, "BEGIN", NULL, NULL, NULL);
    }
    if (rc == SQLITE_OK) {
        rc = know_views(db);
    }
    if (rc != SQLITE_OK) {
        return wfp_sqlite_failed(db, rc, res);
    }
    apr_pool_create(&p, db->pool);
    rv = weigh(db, sql, n, res, p);
    apr_pool_destroy(p);
    if (rv == APR_SUCCESS) {
        db->is_ours--;
        rc = sqlite3_prepare(db->handle, sql, (int)n, pstmt, pend);
        db->is_ours++;
        if (rc != SQLITE_OK) {
            rv = wfp_sqlite_failed(db, rc, res);
        }
        wfp_sqlite_set_value_max(db, db->value_max);
    }
    if (begins) {
        /* it only read */
        (void)sqlite3_exec(db->handle, "COMMIT", NULL, NULL, NULL);
    }
    return rv;
}

apr_status_t wfp_sqlite_prepare(wfp_sqlite_stmt_t **pstmt, wfp_sqlite_t *db,
                                const char *sql, apr_size_t n,
                                apr_size_t *pused, wfp_result_t *res)
{
    const char *end = sql;
    sqlite3_stmt *stmt = NULL;
    apr_status_t rv = APR_SUCCESS;
    int rc;

    if (n > (db->is_tenants ? WFP_SQLITE_TENANT_SQL_MAX : WFP_SQLITE_SQL_MAX)) {
        return refuse(db, res, "statement too long");
    }
    wfp_sqlite_enter(db);
    if (db->is_tenants) {
        db->is_ours++;
        rv = prepare_guarded(&stmt, db, sql, n, &end, res);
        db->is_ours--;
    }
    else {
        rc = sqlite3_prepare_v3(db->handle, sql, (int)n,
                                SQLITE_PREPARE_PERSISTENT, &stmt, &end);
        rv = rc == SQLITE_OK ? rv : wfp_sqlite_failed(db, rc, res);
    }
    wfp_sqlite_enter(NULL);
    if (rv == APR_SUCCESS) {
        *pstmt = stmt;
        if (pused) {
            *pused = (apr_size_t)(end - sql);
        }
    }
    return rv;
}
