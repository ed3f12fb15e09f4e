/* SPDX-License-Identifier: Apache-2.0 */
/*
 * KV namespaces. Called by the API and wfpctl. It must not know of keys and
 * values.
 */
#include "store/kv_namespaces.h"

#include <apr_strings.h>
#include <string.h>

#include "core/crypto.h"
#include "core/json.h"
#include "store/column.h"
#include "store/page.h"
#include "store/tx.h"

#define COLUMNS      "SELECT id, title, created, modified, bytes FROM kv_namespaces "
#define COLUMN_COUNT 5

typedef struct ask_t {
    wfp_kv_namespace_t *kv;
    const wfp_actor_t *actor;
} ask_t;

static apr_status_t missing(wfp_dbd_t *db)
{
    return wfp_result_set(db->res, WFP_NOT_FOUND, APR_NOTFOUND,
                          "there is no such KV namespace");
}

static apr_status_t read_row(void **pkv, wfp_dbd_t *db, const char **row)
{
    wfp_kv_namespace_t *kv = apr_pcalloc(db->pool, sizeof(*kv));

    kv->id = row[0];
    kv->title = row[1];
    kv->created = wfp_dbd_int(row[2]);
    kv->modified = wfp_dbd_int(row[3]);
    kv->bytes = wfp_dbd_int(row[4]);
    *pkv = kv;
    return APR_SUCCESS;
}

/* --- writing -------------------------------------------------------------- */

static apr_status_t record(wfp_dbd_t *db, const ask_t *ask, const char *action)
{
    wfp_change_t change = { 0, WFP_CHANGE_KV, "", ask->kv->id,
                            strcmp(action, "delete") == 0 };
    wfp_json_t *details = wfp_json_object(db->pool);
    apr_status_t rv = wfp_changes_take(&change.stamp, db);

    if (ask->kv->title) {
        wfp_json_set_str(details, "title", ask->kv->title);
    }
    return rv == APR_SUCCESS
               ? wfp_audit_record(db, &change, ask->actor, action,
                                  wfp_json_text(details, db->pool))
               : rv;
}

static apr_status_t check_title(const char *title, wfp_result_t *res,
                                apr_pool_t *p)
{
    if (!title || !*title || strlen(title) > WFP_KV_TITLE_MAX
        || strcmp(wfp_column_text(title, p), title) != 0) {
        return wfp_result_set(res, WFP_INVALID, APR_EINVAL,
                              "a title is a text of 1 to 512 bytes");
    }
    return APR_SUCCESS;
}

static apr_status_t taken(wfp_dbd_t *db)
{
    return wfp_result_set(db->res, WFP_CONFLICT, APR_EEXIST,
                          "there is a KV namespace of that title already");
}

static apr_status_t create_kv(wfp_dbd_t *db, void *baton)
{
    static const wfp_sql_t insert = {
        "kv_insert", "INSERT INTO kv_namespaces (id, title, created, modified) "
                     "VALUES (%s, %s, %lld, %lld) "
                     "ON CONFLICT (title) DO NOTHING"
    };
    ask_t *ask = baton;
    wfp_kv_namespace_t *kv = ask->kv;
    const char *now;
    int n;
    apr_status_t rv = record(db, ask, "create");

    if (rv != APR_SUCCESS) {
        return rv;
    }
    kv->created = kv->modified = apr_time_now();
    now = wfp_dbd_num(db, kv->created);
    rv = wfp_dbd_exec(&n, db, &insert, DBD_ARGS(kv->id, kv->title, now, now));
    return rv == APR_SUCCESS && n == 0 ? taken(db) : rv;
}

apr_status_t wfp_kv_namespaces_create(wfp_store_t *store,
                                      wfp_kv_namespace_t *kv,
                                      const wfp_actor_t *actor,
                                      wfp_result_t *res, apr_pool_t *p)
{
    ask_t ask = { .kv = kv, .actor = actor };
    unsigned char id[16];
    apr_status_t rv = check_title(kv->title, res, p);

    if (rv != APR_SUCCESS) {
        return rv;
    }
    rv = wfp_crypto_random(id, sizeof(id));
    if (rv != APR_SUCCESS) {
        return wfp_result_set(res, WFP_INTERNAL, rv, "no random bytes");
    }
    kv->id = wfp_crypto_hex(id, sizeof(id), p);
    return wfp_dbd_run(store, WFP_DBD_WRITE, create_kv, &ask, res, p);
}

static apr_status_t find_kv(const char ***prow, wfp_dbd_t *db, const char *id)
{
    static const wfp_sql_t get = { "kv_get", COLUMNS "WHERE id = %s" };
    apr_status_t rv = wfp_dbd_row(prow, db, &get, COLUMN_COUNT,
                                  DBD_ARGS(wfp_column_text(id, db->pool)));

    return rv == APR_SUCCESS && !*prow ? missing(db) : rv;
}

static apr_status_t rename_kv(wfp_dbd_t *db, void *baton)
{
    static const wfp_sql_t other = {
        "kv_other", "SELECT id FROM kv_namespaces WHERE title = %s AND id <> %s"
    };
    static const wfp_sql_t update = {
        "kv_update",
        "UPDATE kv_namespaces SET title = %s, modified = %lld WHERE id = %s"
    };
    ask_t *ask = baton;
    wfp_kv_namespace_t *kv = ask->kv;
    const char **row;
    apr_status_t rv = record(db, ask, "update");

    if (rv == APR_SUCCESS) {
        rv = find_kv(&row, db, kv->id);
    }
    if (rv == APR_SUCCESS) {
        kv->created = wfp_dbd_int(row[2]);
        kv->modified = apr_time_now();
        rv = wfp_dbd_row(&row, db, &other, 1, DBD_ARGS(kv->title, kv->id));
    }
    if (rv == APR_SUCCESS && row) {
        return taken(db);
    }
    return rv == APR_SUCCESS
               ? wfp_dbd_exec(NULL, db, &update,
                              DBD_ARGS(kv->title, wfp_dbd_num(db, kv->modified),
                                       kv->id))
               : rv;
}

apr_status_t wfp_kv_namespaces_rename(wfp_store_t *store,
                                      wfp_kv_namespace_t *kv,
                                      const wfp_actor_t *actor,
                                      wfp_result_t *res, apr_pool_t *p)
{
    ask_t ask = { .kv = kv, .actor = actor };
    apr_status_t rv = check_title(kv->title, res, p);

    kv->id = wfp_column_text(kv->id, p);
    return rv == APR_SUCCESS
               ? wfp_dbd_run(store, WFP_DBD_WRITE, rename_kv, &ask, res, p)
               : rv;
}

/* A Worker that would be left without it. */
static apr_status_t check_unbound(wfp_dbd_t *db, const char *id)
{
    static const wfp_sql_t find = {
        "kv_bound",
        "SELECT n.name, s.name FROM bindings b "
        "JOIN deployments d ON d.version_id = b.version_id "
        "JOIN scripts s ON s.id = d.script_id AND s.stamp = d.stamp "
        "JOIN namespaces n ON n.id = s.ns_id "
        "WHERE b.kind = 'kv_namespace' AND b.target = %s LIMIT 1"
    };
    const char **row;
    apr_status_t rv = wfp_dbd_row(&row, db, &find, 2, DBD_ARGS(id));

    if (rv == APR_SUCCESS && row) {
        return wfp_result_set(db->res, WFP_CONFLICT, APR_EBUSY,
                              "the Worker %s%s%s has a binding to this KV "
                              "namespace",
                              row[0], *row[0] ? "/" : "", row[1]);
    }
    return rv;
}

static apr_status_t delete_kv(wfp_dbd_t *db, void *baton)
{
    static const wfp_sql_t delete = {
        "kv_delete", "DELETE FROM kv_namespaces WHERE id = %s"
    };
    ask_t *ask = baton;
    const char *id = ask->kv->id;
    const char **row;
    apr_status_t rv = find_kv(&row, db, id);

    if (rv == APR_SUCCESS) {
        rv = record(db, ask, "delete");
    }
    if (rv == APR_SUCCESS) {
        rv = check_unbound(db, id);
    }
    return rv == APR_SUCCESS ? wfp_dbd_exec(NULL, db, &delete, DBD_ARGS(id))
                             : rv;
}

apr_status_t wfp_kv_namespaces_delete(wfp_store_t *store, const char *id,
                                      const wfp_actor_t *actor,
                                      wfp_result_t *res, apr_pool_t *p)
{
    wfp_kv_namespace_t kv = { .id = wfp_column_text(id, p) };
    ask_t ask = { .kv = &kv, .actor = actor };

    return wfp_dbd_run(store, WFP_DBD_WRITE, delete_kv, &ask, res, p);
}

/* --- reading -------------------------------------------------------------- */

static apr_status_t get_kv(wfp_dbd_t *db, void *baton)
{
    ask_t *ask = baton;
    const char **row;
    void *kv = NULL;
    apr_status_t rv = find_kv(&row, db, ask->kv->id);

    if (rv == APR_SUCCESS) {
        rv = read_row(&kv, db, row);
        ask->kv = kv;
    }
    return rv;
}

apr_status_t wfp_kv_namespaces_get(wfp_kv_namespace_t **pkv, wfp_store_t *store,
                                   const char *id, wfp_result_t *res,
                                   apr_pool_t *p)
{
    wfp_kv_namespace_t want = { .id = id };
    ask_t ask = { .kv = &want };
    apr_status_t rv = wfp_dbd_run(store, WFP_DBD_PLAIN, get_kv, &ask, res, p);

    if (rv == APR_SUCCESS) {
        *pkv = ask.kv;
    }
    return rv;
}

#define NAMED "WHERE lower(title) LIKE lower(%s) ESCAPE '!' "
#define PAGE  " LIMIT %lld OFFSET %lld"

apr_status_t wfp_kv_namespaces_list(apr_array_header_t **plist,
                                    apr_int64_t *ptotal, wfp_store_t *store,
                                    wfp_kv_order_t order,
                                    const wfp_list_t *which, wfp_result_t *res,
                                    apr_pool_t *p)
{
    static const wfp_sql_t count = {
        "kv_count", "SELECT count(*) FROM kv_namespaces " NAMED
    };
    static const wfp_sql_t lists[2][2] = {
        { { "kv_title", COLUMNS NAMED "ORDER BY title" PAGE },
          { "kv_title_d", COLUMNS NAMED "ORDER BY title DESC" PAGE } },
        { { "kv_id", COLUMNS NAMED "ORDER BY id" PAGE },
          { "kv_id_d", COLUMNS NAMED "ORDER BY id DESC" PAGE } },
    };
    const wfp_page_t page = {
        .list = &lists[order.by_id != 0][order.descending != 0],
        .count = &count,
        .columns = COLUMN_COUNT,
        .read = read_row,
        .which = which,
        .has_pattern = 1,
    };

    return wfp_page_read(plist, ptotal, store, &page, res, p);
}
