/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Migrations: numbered files of SQL, each applied once, in one transaction
 * with the row that says so. Called by wfpctl init and by tests; the check by
 * whoever opens a store. It must not know what the tables mean.
 */
#include "store/schema.h"

#include <apr_atomic.h>
#include <apr_file_info.h>
#include <apr_file_io.h>
#include <apr_lib.h>
#include <apr_strings.h>
#include <apr_tables.h>
#include <stdlib.h>
#include <string.h>

#include "store/dbd.h"
#include "store/slot.h"

#define FILE_MAX (1024 * 1024)

typedef struct migration_t {
    int version;
    const char *text;
    int applied;
} migration_t;

/* 0: an empty database. */
static apr_status_t read_version(int *pversion, wfp_dbd_t *db)
{
    static const wfp_sql_t sqlite_tables = {
        "schema_tables_sqlite3",
        "SELECT count(*) FROM sqlite_master WHERE name = 'migrations'"
    };
    static const wfp_sql_t pgsql_tables = {
        "schema_tables_pgsql",
        "SELECT count(*) FROM information_schema.tables "
        "WHERE table_schema = current_schema() AND table_name = 'migrations'"
    };
    static const wfp_sql_t version = {
        "schema_version", "SELECT COALESCE(max(version), 0) FROM migrations"
    };
    const char **row;
    apr_status_t rv;

    *pversion = 0;
    rv = wfp_dbd_row(&row, db,
                     strcmp(db->driver, "sqlite3") == 0 ? &sqlite_tables
                                                        : &pgsql_tables,
                     1, NULL);
    if (rv != APR_SUCCESS || !row || wfp_dbd_int(row[0]) == 0) {
        return rv;
    }
    rv = wfp_dbd_row(&row, db, &version, 1, NULL);
    if (rv == APR_SUCCESS && row) {
        *pversion = (int)wfp_dbd_int(row[0]);
    }
    return rv;
}

static apr_status_t ask_version(wfp_dbd_t *db, void *baton)
{
    return read_version(baton, db);
}

static apr_status_t refuse(wfp_result_t *res, wfp_code_e code,
                           apr_status_t status, const char *begin, int version)
{
    if (version > WFP_SCHEMA_VERSION) {
        return wfp_result_set(res, code, status,
                              "%sthe database has schema version %d, newer "
                              "than this program's %d: upgrade the program",
                              begin, version, WFP_SCHEMA_VERSION);
    }
    return wfp_result_set(res, code, status,
                          "%sthe database has schema version %d, this program "
                          "needs %d: run `wfpctl init`",
                          begin, version, WFP_SCHEMA_VERSION);
}

apr_status_t wfp_schema_misfit(int version, wfp_result_t *res)
{
    apr_status_t rv = refuse(res, WFP_STORE_UNAVAILABLE, APR_EGENERAL,
                             "Store unavailable: ", version);

    return wfp_result_about(res, WFP_ABOUT_SCHEMA, rv);
}

apr_status_t wfp_schema_vet(wfp_slot_t *slot, wfp_result_t *res)
{
    wfp_store_t *store = slot->store;
    wfp_dbd_t db = { .res = res, .driver = store->driver_name, .slot = slot };
    int version = 0;
    apr_status_t rv = apr_pool_create(&db.pool, slot->conn_pool);

    if (rv != APR_SUCCESS) {
        return wfp_slot_unavailable(res, "no memory for a connection", NULL);
    }
    rv = read_version(&version, &db);
    apr_pool_destroy(db.pool);
    if (rv != APR_SUCCESS) {
        return rv;
    }
    if (version != WFP_SCHEMA_VERSION) {
        apr_atomic_set32(&store->misfit, (apr_uint32_t)version + 1);
        return wfp_schema_misfit(version, res);
    }
    apr_atomic_set32(&store->misfit, 0);
    return APR_SUCCESS;
}

apr_status_t wfp_schema_check(wfp_store_t *store, wfp_result_t *res,
                              apr_pool_t *p)
{
    int version = 0;
    apr_status_t rv = wfp_dbd_run(store, WFP_DBD_PLAIN, ask_version, &version,
                                  res, p);

    if (rv != APR_SUCCESS || version == WFP_SCHEMA_VERSION) {
        return rv;
    }
    return refuse(res, WFP_INVALID, APR_EINCOMPLETE, "", version);
}

/* The statements of a file: each ends with ";" at the end of a line. One at a
 * time, since the sqlite3 driver forgets an error when another statement
 * follows in the same text. */
static apr_status_t run_text(wfp_dbd_t *db, const char *text)
{
    char *rest = apr_pstrdup(db->pool, text);
    char *line, *next;
    const char *statement = "";

    for (line = rest; line; line = next) {
        apr_size_t n;

        next = strchr(line, '\n');
        if (next) {
            *next++ = '\0';
        }
        n = strlen(line);
        while (n > 0 && apr_isspace(line[n - 1])) {
            line[--n] = '\0';
        }
        if (n == 0 || strncmp(line, "--", 2) == 0) {
            continue;
        }
        /* nothing may follow the ";": the driver would run that, too */
        statement = apr_pstrcat(db->pool, statement, *statement ? "\n" : "",
                                line, NULL);
        if (line[n - 1] == ';') {
            apr_status_t rv = wfp_dbd_direct(db, statement);

            if (rv != APR_SUCCESS) {
                return rv;
            }
            statement = "";
        }
    }
    if (*statement) {
        return wfp_result_set(db->res, WFP_INVALID, APR_EINVAL,
                              "a schema file ends inside a statement");
    }
    return APR_SUCCESS;
}

static apr_status_t apply(wfp_dbd_t *db, void *baton)
{
    static const wfp_sql_t insert = {
        "schema_insert",
        "INSERT INTO migrations (version, applied) VALUES (%d, %lld)"
    };
    migration_t *migration = baton;
    int version;
    apr_status_t rv = read_version(&version, db);

    migration->applied = 0;
    if (rv != APR_SUCCESS || version >= migration->version) {
        return rv;
    }
    rv = run_text(db, migration->text);
    if (rv == APR_SUCCESS) {
        rv = wfp_dbd_exec(NULL, db, &insert,
                          DBD_ARGS(wfp_dbd_num(db, migration->version),
                                   wfp_dbd_num(db, apr_time_now())));
    }
    migration->applied = rv == APR_SUCCESS;
    return rv;
}

static int by_name(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* NNN_*.sql, sorted: array of const char * (full paths). */
static apr_status_t list_files(apr_array_header_t **pfiles, const char *dir,
                               wfp_result_t *res, apr_pool_t *p)
{
    apr_dir_t *d;
    apr_finfo_t info;
    apr_status_t rv = apr_dir_open(&d, dir, p);

    if (rv != APR_SUCCESS) {
        return wfp_result_set(res, WFP_INVALID, rv,
                              "cannot read the schema's folder %s", dir);
    }
    *pfiles = apr_array_make(p, 4, sizeof(const char *));
    while (apr_dir_read(&info, APR_FINFO_NAME, d) == APR_SUCCESS) {
        const char *s = info.name;
        apr_size_t n = strlen(s);

        if (n > 8 && apr_isdigit(s[0]) && apr_isdigit(s[1]) && apr_isdigit(s[2])
            && s[3] == '_' && strcmp(s + n - 4, ".sql") == 0) {
            APR_ARRAY_PUSH(*pfiles, const char *) = apr_pstrcat(p, dir, "/", s,
                                                                NULL);
        }
    }
    rv = apr_dir_close(d);
    qsort((*pfiles)->elts, (size_t)(*pfiles)->nelts, sizeof(const char *),
          by_name);
    if (rv != APR_SUCCESS || (*pfiles)->nelts == 0) {
        return wfp_result_set(res, WFP_INVALID, APR_ENOENT,
                              "no schema files in %s", dir);
    }
    return APR_SUCCESS;
}

static apr_status_t read_file(const char **ptext, const char *path,
                              wfp_result_t *res, apr_pool_t *p)
{
    apr_file_t *file;
    apr_finfo_t info;
    char *text;
    apr_status_t rv = apr_file_open(&file, path, APR_FOPEN_READ,
                                    APR_FPROT_OS_DEFAULT, p);

    if (rv == APR_SUCCESS) {
        rv = apr_file_info_get(&info, APR_FINFO_SIZE, file);
        if (rv == APR_SUCCESS && info.size > FILE_MAX) {
            rv = APR_EINVAL;
        }
        if (rv == APR_SUCCESS) {
            text = apr_pcalloc(p, (apr_size_t)info.size + 1);
            rv = apr_file_read_full(file, text, (apr_size_t)info.size, NULL);
            *ptext = text;
        }
        (void)apr_file_close(file); /* it was only read */
    }
    if (rv != APR_SUCCESS) {
        return wfp_result_set(res, WFP_INVALID, rv, "cannot read %s", path);
    }
    return APR_SUCCESS;
}

apr_status_t wfp_schema_read(apr_array_header_t **pschema, const char *driver,
                             const char *schema_dir, wfp_result_t *res,
                             apr_pool_t *p)
{
    apr_array_header_t *files = NULL;
    const char *dir = apr_pstrcat(p, schema_dir, "/", driver, NULL);
    int i;
    apr_status_t rv = list_files(&files, dir, res, p);

    if (rv != APR_SUCCESS) {
        return rv;
    }
    *pschema = apr_array_make(p, files->nelts, sizeof(migration_t));
    for (i = 0; i < files->nelts; i++) {
        const char *path = APR_ARRAY_IDX(files, i, const char *);
        migration_t *migration = apr_array_push(*pschema);

        rv = read_file(&migration->text, path, res, p);
        if (rv != APR_SUCCESS) {
            return rv;
        }
        migration->version = (int)apr_strtoi64(path + strlen(dir) + 1, NULL,
                                               10);
        migration->applied = 0;
    }
    return APR_SUCCESS;
}

apr_status_t wfp_schema_migrate(int *papplied, wfp_store_t *store,
                                const apr_array_header_t *schema,
                                wfp_result_t *res, apr_pool_t *p)
{
    int i;

    *papplied = 0;
    wfp_dbd_allow_create(store);
    for (i = 0; i < schema->nelts; i++) {
        migration_t migration = APR_ARRAY_IDX(schema, i, migration_t);
        apr_status_t rv = wfp_dbd_run(store, WFP_DBD_WRITE, apply, &migration,
                                      res, p);

        if (rv != APR_SUCCESS) {
            return rv;
        }
        *papplied += migration.applied;
    }
    return wfp_schema_check(store, res, p);
}
