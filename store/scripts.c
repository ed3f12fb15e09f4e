/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Workers: upload, read, list, delete. Called by wfpctl, the API and (reading)
 * the server's loader. Whether an upload is sound was checked before
 * (admin/upload); here only what the database must not be given.
 */
#include "store/scripts.h"

#include <apr_strings.h>
#include <string.h>

#include "core/crypto.h"
#include "core/name.h"
#include "store/column.h"
#include "store/tx.h"

/* --- inside other transactions ------------------------------------------- */

apr_status_t wfp_scripts_row(wfp_script_row_t *row, wfp_dbd_t *db,
                             const char *ns, const char *name)
{
    static const wfp_sql_t get = {
        "scripts_row", "SELECT s.id, s.stamp, s.last_number FROM scripts s "
                       "JOIN namespaces n ON n.id = s.ns_id "
                       "WHERE n.name = %s AND s.name = %s"
    };
    const char **found;
    apr_status_t rv = wfp_dbd_row(&found, db, &get, 3, DBD_ARGS(ns, name));

    memset(row, 0, sizeof(*row));
    if (rv == APR_SUCCESS && found) {
        row->id = found[0];
        row->stamp = wfp_dbd_int(found[1]);
        row->last_number = wfp_dbd_int(found[2]);
    }
    return rv;
}

apr_status_t wfp_scripts_need(wfp_script_row_t *row, wfp_dbd_t *db,
                              const char *ns, const char *name)
{
    apr_status_t rv = wfp_scripts_row(row, db, ns, name);

    if (rv == APR_SUCCESS && !row->id) {
        return wfp_result_set(db->res, WFP_WORKER_NOT_FOUND, APR_NOTFOUND,
                              NULL);
    }
    return rv;
}

/* --- upload -------------------------------------------------------------- */

typedef struct put_t {
    wfp_put_t *put;
    wfp_script_t next; /* what the transaction makes of put->script */
    char script_id[WFP_UUID_SIZE]; /* when it is new */
    char version_id[WFP_UUID_SIZE];
} put_t;

static int has_binding(const apr_array_header_t *bindings, const char *name)
{
    int i;

    for (i = 0; i < bindings->nelts; i++) {
        if (strcmp(APR_ARRAY_IDX(bindings, i, wfp_binding_t).name, name) == 0) {
            return 1;
        }
    }
    return 0;
}

static apr_status_t keep_secrets(wfp_dbd_t *db, put_t *ask)
{
    wfp_head_t head;
    int i;
    apr_status_t rv = wfp_versions_head(&head, db, ask->next.ns,
                                        ask->next.name);

    for (i = 0; rv == APR_SUCCESS && i < head.script->bindings->nelts; i++) {
        const wfp_binding_t *b = &APR_ARRAY_IDX(head.script->bindings, i,
                                                wfp_binding_t);

        if (b->kind == WFP_BINDING_SECRET_TEXT
            && !has_binding(ask->next.bindings, b->name)) {
            APR_ARRAY_PUSH(ask->next.bindings, wfp_binding_t) = *b;
        }
    }
    return rv;
}

static apr_status_t insert_script(wfp_script_row_t *row, wfp_dbd_t *db,
                                  const put_t *ask, const char *ns_id)
{
    static const wfp_sql_t insert = {
        "scripts_insert", "INSERT INTO scripts (id, ns_id, name, stamp, "
                          "last_number, created, modified) "
                          "VALUES (%s, %s, %s, %lld, 0, %lld, %lld)"
    };
    const char *now = wfp_dbd_num(db, ask->next.created);

    row->id = ask->script_id;
    return wfp_dbd_exec(NULL, db, &insert,
                        DBD_ARGS(row->id, ns_id, ask->next.name,
                                 wfp_dbd_num(db, ask->next.stamp), now, now));
}

/* The namespace (NULL: there is none) and what it has of that name. */
static apr_status_t find_place(const char **pns_id, wfp_script_row_t *row,
                               wfp_dbd_t *db, const wfp_script_t *script)
{
    static const wfp_sql_t find = {
        "scripts_place",
        "SELECT n.id, COALESCE(s.id, ''), COALESCE(s.stamp, 0), "
        "COALESCE(s.last_number, 0) FROM namespaces n "
        "LEFT JOIN scripts s ON s.ns_id = n.id AND s.name = %s "
        "WHERE n.name = %s"
    };
    const char **found;
    apr_status_t rv = wfp_dbd_row(&found, db, &find, 4,
                                  DBD_ARGS(script->name, script->ns));

    memset(row, 0, sizeof(*row));
    *pns_id = NULL;
    if (rv == APR_SUCCESS && found) {
        *pns_id = found[0];
        row->id = *found[1] ? found[1] : NULL;
        row->stamp = wfp_dbd_int(found[2]);
        row->last_number = wfp_dbd_int(found[3]);
    }
    return rv;
}

static apr_status_t put_script(wfp_dbd_t *db, void *baton)
{
    put_t *ask = baton;
    const wfp_put_t *put = ask->put;
    wfp_script_t *next = &ask->next;
    wfp_version_row_t version = { .script = next,
                                  .author = put->author,
                                  .source = put->source,
                                  .message = put->message,
                                  .kept = put->versions_kept };
    wfp_script_row_t row;
    const char *ns_id;
    int is_account = put->script->ns[0] == '\0';
    apr_status_t rv;

    *next = *put->script; /* anew at each attempt */
    next->bindings = apr_array_copy(db->pool, put->script->bindings);
    next->version_id = ask->version_id;
    next->created = apr_time_now();
    rv = wfp_changes_take(&next->stamp, db);
    if (rv == APR_SUCCESS) {
        rv = find_place(&ns_id, &row, db, next);
    }
    if (rv == APR_SUCCESS && !ns_id) {
        return wfp_result_set(db->res, WFP_NOT_FOUND, APR_NOTFOUND,
                              "there is no dispatch namespace '%s'", next->ns);
    }
    if (rv == APR_SUCCESS) {
        rv = wfp_bindings_check(db, next->bindings,
                                is_account ? next->name : NULL);
    }
    if (rv == APR_SUCCESS && !row.id) {
        rv = insert_script(&row, db, ask, ns_id);
    }
    else if (rv == APR_SUCCESS && put->keep_secrets) {
        rv = keep_secrets(db, ask);
    }
    if (rv == APR_SUCCESS) {
        next->number = row.last_number + 1;
        version.script_id = row.id;
        rv = wfp_modules_insert(&version.code_id, db, row.id, next);
    }
    return rv == APR_SUCCESS ? wfp_versions_add(db, &version) : rv;
}

/* What would only be found out by a driver's error, which looks like a dead
 * database. */
static apr_status_t check_put(const wfp_script_t *script, wfp_result_t *res,
                              apr_pool_t *p)
{
    int i;

    if (!wfp_name_is_valid(script->name, strlen(script->name))
        || (script->ns[0]
            && !wfp_name_is_valid(script->ns, strlen(script->ns)))) {
        return wfp_result_set(res, WFP_INVALID, APR_EINVAL,
                              "a name has 1 to 63 of A-Z a-z 0-9 _ -");
    }
    for (i = 0; i < script->modules->nelts; i++) {
        const wfp_module_t *module = &APR_ARRAY_IDX(script->modules, i,
                                                    wfp_module_t);

        if (strcmp(wfp_column_text(module->name, p), module->name) != 0) {
            return wfp_result_set(res, WFP_INVALID, APR_EINVAL,
                                  "a module's name is no UTF-8");
        }
        if (module->size > WFP_COLUMN_BYTES_MAX) {
            return wfp_result_set(res, WFP_INVALID, APR_EINVAL,
                                  "module %s is too large", module->name);
        }
    }
    return APR_SUCCESS;
}

apr_status_t wfp_scripts_put(wfp_store_t *store, wfp_put_t *put,
                             wfp_result_t *res, apr_pool_t *p)
{
    put_t ask = { .put = put };
    apr_status_t rv = check_put(put->script, res, p);

    if (rv != APR_SUCCESS) {
        return rv;
    }
    rv = wfp_crypto_uuid(ask.script_id);
    if (rv == APR_SUCCESS) {
        rv = wfp_crypto_uuid(ask.version_id);
    }
    if (rv != APR_SUCCESS) {
        return wfp_result_set(res, WFP_INTERNAL, rv, "no random bytes");
    }
    rv = wfp_dbd_run(store, WFP_DBD_WRITE, put_script, &ask, res, p);
    if (rv == APR_SUCCESS) {
        *put->script = ask.next;
        put->script->version_id = apr_pstrdup(p, ask.version_id);
    }
    return rv;
}

/* --- reading ------------------------------------------------------------- */

typedef struct ask_t {
    const char *ns;
    const char *name;
    wfp_script_t *script;
    apr_array_header_t *list;
    apr_int64_t stamp;
} ask_t;

static apr_status_t get_script(wfp_dbd_t *db, void *baton)
{
    ask_t *ask = baton;
    wfp_head_t head;
    apr_status_t rv = wfp_versions_head(&head, db, ask->ns, ask->name);

    if (rv == APR_SUCCESS) {
        ask->script = head.script;
        rv = wfp_modules_read(head.script, db, head.code_id);
    }
    return rv;
}

apr_status_t wfp_scripts_get(wfp_script_t **pscript, wfp_store_t *store,
                             const char *ns, const char *name,
                             wfp_result_t *res, apr_pool_t *p)
{
    ask_t ask = { ns, name };
    apr_status_t rv = wfp_dbd_run(store, WFP_DBD_SNAPSHOT, get_script, &ask,
                                  res, p);

    if (rv == APR_SUCCESS) {
        *pscript = ask.script;
    }
    return rv;
}

static wfp_script_info_t *info_of(const ask_t *ask, const char **row,
                                  apr_pool_t *p)
{
    wfp_script_info_t *info = apr_pcalloc(p, sizeof(*info));

    info->ns = apr_pstrdup(p, ask->ns);
    info->name = row[0];
    info->version_id = row[1];
    info->number = wfp_dbd_int(row[2]);
    info->stamp = wfp_dbd_int(row[3]);
    info->created = wfp_dbd_int(row[4]);
    info->modified = wfp_dbd_int(row[5]);
    info->etag = row[6];
    info->tags = apr_array_make(p, 2, sizeof(const char *));
    return info;
}

/* Both lists are in the order of names. */
static void add_tags(apr_array_header_t *list, const apr_array_header_t *tags)
{
    int i, at = 0;

    for (i = 0; i < tags->nelts; i++) {
        const char **row = APR_ARRAY_IDX(tags, i, const char **);

        while (
            at < list->nelts
            && strcmp(APR_ARRAY_IDX(list, at, wfp_script_info_t *)->version_id,
                      row[0])
                   != 0) {
            at++;
        }
        if (at == list->nelts) {
            return;
        }
        APR_ARRAY_PUSH(APR_ARRAY_IDX(list, at, wfp_script_info_t *)->tags,
                       const char *) = row[1];
    }
}

static apr_status_t list_scripts(wfp_dbd_t *db, void *baton)
{
    static const wfp_sql_t select = {
        "scripts_list",
        "SELECT s.name, v.id, v.number, s.stamp, s.created, s.modified, c.etag "
        "FROM scripts s "
        "JOIN deployments d ON d.script_id = s.id AND d.stamp = s.stamp "
        "JOIN versions v ON v.id = d.version_id "
        "JOIN codes c ON c.id = v.code_id "
        "WHERE s.ns_id = %s ORDER BY s.name"
    };
    static const wfp_sql_t tags = {
        "scripts_list_tags",
        "SELECT d.version_id, t.tag FROM scripts s "
        "JOIN deployments d ON d.script_id = s.id AND d.stamp = s.stamp "
        "JOIN tags t ON t.version_id = d.version_id "
        "WHERE s.ns_id = %s ORDER BY s.name, t.pos"
    };
    ask_t *ask = baton;
    apr_array_header_t *rows;
    const char *ns_id;
    int i;
    apr_status_t rv = wfp_namespaces_id(&ns_id, db, ask->ns);

    if (rv == APR_SUCCESS && !ns_id) {
        return wfp_result_set(db->res, WFP_NOT_FOUND, APR_NOTFOUND,
                              "there is no dispatch namespace '%s'", ask->ns);
    }
    if (rv == APR_SUCCESS) {
        rv = wfp_dbd_rows(&rows, db, &select, 7, DBD_ARGS(ns_id));
    }
    if (rv != APR_SUCCESS) {
        return rv;
    }
    ask->list = apr_array_make(db->pool, rows->nelts + 1,
                               sizeof(wfp_script_info_t *));
    for (i = 0; i < rows->nelts; i++) {
        APR_ARRAY_PUSH(ask->list, wfp_script_info_t *) =
            info_of(ask, APR_ARRAY_IDX(rows, i, const char **), db->pool);
    }
    rv = wfp_dbd_rows(&rows, db, &tags, 2, DBD_ARGS(ns_id));
    if (rv == APR_SUCCESS) {
        add_tags(ask->list, rows);
    }
    return rv;
}

apr_status_t wfp_scripts_list(apr_array_header_t **plist, wfp_store_t *store,
                              const char *ns, wfp_result_t *res, apr_pool_t *p)
{
    ask_t ask = { ns };
    apr_status_t rv = wfp_dbd_run(store, WFP_DBD_SNAPSHOT, list_scripts, &ask,
                                  res, p);

    if (rv == APR_SUCCESS) {
        *plist = ask.list;
    }
    return rv;
}

/* --- deleting ------------------------------------------------------------ */

static apr_status_t delete_script(wfp_dbd_t *db, void *baton)
{
    static const wfp_sql_t delete = { "scripts_delete",
                                      "DELETE FROM scripts WHERE id = %s" };
    ask_t *ask = baton;
    wfp_change_t change = { 0, WFP_CHANGE_SCRIPT, ask->ns, ask->name, 1 };
    wfp_script_row_t row;
    apr_status_t rv = wfp_changes_take(&change.stamp, db);

    if (rv == APR_SUCCESS) {
        rv = wfp_scripts_need(&row, db, ask->ns, ask->name);
    }
    if (rv == APR_SUCCESS) {
        rv = wfp_dbd_exec(NULL, db, &delete, DBD_ARGS(row.id));
    }
    ask->stamp = change.stamp;
    return rv == APR_SUCCESS ? wfp_changes_record(db, &change) : rv;
}

apr_status_t wfp_scripts_delete(apr_int64_t *pstamp, wfp_store_t *store,
                                const char *ns, const char *name,
                                wfp_result_t *res, apr_pool_t *p)
{
    ask_t ask = { ns, name };
    apr_status_t rv = wfp_dbd_run(store, WFP_DBD_WRITE, delete_script, &ask,
                                  res, p);

    if (rv == APR_SUCCESS) {
        *pstamp = ask.stamp;
    }
    return rv;
}
