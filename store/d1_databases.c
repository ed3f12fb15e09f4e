/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The list of D1 databases. Called by the API. It must not know of their files.
 */
#include "store/d1_databases.h"

#include <apr_strings.h>
#include <string.h>

#include "core/crypto.h"
#include "core/json.h"
#include "store/column.h"
#include "store/page.h"
#include "store/tx.h"

#define COLUMNS      "SELECT id, name, created FROM d1_databases "
#define COLUMN_COUNT 3

typedef struct ask_t {
    wfp_d1_database_t *d1;
    const wfp_actor_t *actor;
} ask_t;

static apr_status_t read_row(void **pobject, wfp_dbd_t *db, const char **row)
{
    wfp_d1_database_t *d1 = apr_pcalloc(db->pool, sizeof(*d1));

    d1->id = row[0];
    d1->name = row[1];
    d1->created = wfp_dbd_int(row[2]);
    *pobject = d1;
    return APR_SUCCESS;
}

/* By id, else by name. */
static apr_status_t find_d1(const char ***prow, wfp_dbd_t *db, const char *id)
{
    static const wfp_sql_t by_id = { "d1_get", COLUMNS "WHERE id = %s" };
    static const wfp_sql_t by_name = { "d1_named", COLUMNS "WHERE name = %s" };
    const char *text = wfp_column_text(id, db->pool);
    apr_status_t rv = wfp_dbd_row(prow, db, &by_id, COLUMN_COUNT,
                                  DBD_ARGS(text));

    if (rv == APR_SUCCESS && !*prow) {
        rv = wfp_dbd_row(prow, db, &by_name, COLUMN_COUNT, DBD_ARGS(text));
    }
    return rv == APR_SUCCESS && !*prow
               ? wfp_result_set(db->res, WFP_NOT_FOUND, APR_NOTFOUND,
                                "The database %.63s could not be found", text)
               : rv;
}

static apr_status_t record(wfp_dbd_t *db, const ask_t *ask, const char *action)
{
    wfp_change_t change = { 0, WFP_CHANGE_D1, "", ask->d1->id,
                            strcmp(action, "delete") == 0 };
    wfp_json_t *details = wfp_json_object(db->pool);
    apr_status_t rv = wfp_changes_take(&change.stamp, db);

    wfp_json_set_str(details, "name", ask->d1->name);
    return rv == APR_SUCCESS
               ? wfp_audit_record(db, &change, ask->actor, action,
                                  wfp_json_text(details, db->pool))
               : rv;
}

static apr_status_t create_d1(wfp_dbd_t *db, void *baton)
{
    static const wfp_sql_t insert = {
        "d1_insert", "INSERT INTO d1_databases (id, name, created) "
                     "VALUES (%s, %s, %lld) ON CONFLICT (name) DO NOTHING"
    };
    ask_t *ask = baton;
    wfp_d1_database_t *d1 = ask->d1;
    int n;
    apr_status_t rv = record(db, ask, "create");

    if (rv == APR_SUCCESS) {
        d1->created = apr_time_now();
        rv = wfp_dbd_exec(&n, db, &insert,
                          DBD_ARGS(d1->id, d1->name,
                                   wfp_dbd_num(db, d1->created)));
    }
    return rv == APR_SUCCESS && n == 0
               ? wfp_result_set(db->res, WFP_CONFLICT, APR_EEXIST,
                                "There is a database named %s already",
                                d1->name)
               : rv;
}

apr_status_t wfp_d1_databases_create(wfp_store_t *store, wfp_d1_database_t *d1,
                                     const wfp_actor_t *actor,
                                     wfp_result_t *res, apr_pool_t *p)
{
    ask_t ask = { .d1 = d1, .actor = actor };
    char *id = apr_palloc(p, WFP_UUID_SIZE);
    apr_status_t rv = wfp_crypto_uuid(id);

    if (rv != APR_SUCCESS) {
        return wfp_result_set(res, WFP_INTERNAL, rv, "no random bytes");
    }
    d1->id = id;
    return wfp_dbd_run(store, WFP_DBD_WRITE, create_d1, &ask, res, p);
}

static apr_status_t get_d1(wfp_dbd_t *db, void *baton)
{
    ask_t *ask = baton;
    const char **row;
    void *d1 = NULL;
    apr_status_t rv = find_d1(&row, db, ask->d1->id);

    if (rv == APR_SUCCESS) {
        rv = read_row(&d1, db, row);
        ask->d1 = d1;
    }
    return rv;
}

apr_status_t wfp_d1_databases_get(wfp_d1_database_t **pd1, wfp_store_t *store,
                                  const char *id_or_name, wfp_result_t *res,
                                  apr_pool_t *p)
{
    wfp_d1_database_t want = { .id = id_or_name };
    ask_t ask = { .d1 = &want };
    apr_status_t rv = wfp_dbd_run(store, WFP_DBD_PLAIN, get_d1, &ask, res, p);

    if (rv == APR_SUCCESS) {
        *pd1 = ask.d1;
    }
    return rv;
}

static apr_status_t delete_d1(wfp_dbd_t *db, void *baton)
{
    static const wfp_sql_t delete = {
        "d1_delete", "DELETE FROM d1_databases WHERE id = %s"
    };
    ask_t *ask = baton;
    apr_status_t rv = get_d1(db, ask);

    if (rv == APR_SUCCESS) {
        rv = record(db, ask, "delete");
    }
    return rv == APR_SUCCESS
               ? wfp_dbd_exec(NULL, db, &delete, DBD_ARGS(ask->d1->id))
               : rv;
}

apr_status_t wfp_d1_databases_delete(wfp_store_t *store, const char *id,
                                     const wfp_actor_t *actor,
                                     wfp_result_t *res, apr_pool_t *p)
{
    wfp_d1_database_t d1 = { .id = id };
    ask_t ask = { .d1 = &d1, .actor = actor };

    return wfp_dbd_run(store, WFP_DBD_WRITE, delete_d1, &ask, res, p);
}

apr_status_t wfp_d1_databases_list(apr_array_header_t **plist,
                                   apr_int64_t *ptotal, wfp_store_t *store,
                                   const wfp_list_t *which, wfp_result_t *res,
                                   apr_pool_t *p)
{
    static const wfp_sql_t count = { "d1_count",
                                     "SELECT count(*) FROM d1_databases "
                                     "WHERE lower(name) LIKE %s ESCAPE '!'" };
    static const wfp_sql_t list = { "d1_list", COLUMNS
                                    "WHERE lower(name) LIKE %s ESCAPE '!' "
                                    "ORDER BY name LIMIT %lld OFFSET %lld" };
    const wfp_page_t page = { .list = &list,
                              .count = &count,
                              .columns = COLUMN_COUNT,
                              .read = read_row,
                              .which = which,
                              .has_pattern = 1 };

    return wfp_page_read(plist, ptotal, store, &page, res, p);
}
