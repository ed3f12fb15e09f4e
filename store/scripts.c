/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Workers: upload, change, read, delete. Called by wfpctl, the API and
 * (reading) the server's loader. Whether an upload is sound was checked before
 * (admin/upload); here only what the database must not be given. Lists are in
 * scripts_page.c.
 */
#include "store/scripts.h"

#include <apr_strings.h>
#include <string.h>

#include "core/crypto.h"
#include "core/json.h"
#include "core/name.h"
#include "store/column.h"
#include "store/tx.h"

/* --- inside other transactions ------------------------------------------- */

apr_status_t wfp_scripts_row(wfp_script_row_t *row, wfp_dbd_t *db,
                             const char *ns, const char *name)
{
    static const wfp_sql_t find = {
        "scripts_row", "SELECT n.id, COALESCE(s.id, ''), COALESCE(s.stamp, 0), "
                       "COALESCE(s.last_number, 0), COALESCE(s.created, 0), "
                       "COALESCE(s.version_id, ''), COALESCE(s.tags, '[]') "
                       "FROM namespaces n "
                       "LEFT JOIN scripts s ON s.ns_id = n.id AND s.name = %s "
                       "WHERE n.name = %s"
    };
    const char **found;
    apr_status_t rv = wfp_dbd_row(&found, db, &find, 7, DBD_ARGS(name, ns));

    memset(row, 0, sizeof(*row));
    if (rv == APR_SUCCESS && found) {
        row->ns_id = found[0];
        row->id = *found[1] ? found[1] : NULL;
        row->stamp = wfp_dbd_int(found[2]);
        row->last_number = wfp_dbd_int(found[3]);
        row->created = wfp_dbd_int(found[4]);
        row->version_id = found[5];
        row->tags = found[6];
    }
    return rv;
}

static apr_status_t no_namespace(wfp_dbd_t *db, const char *ns)
{
    return wfp_result_set(db->res, WFP_NOT_FOUND, APR_NOTFOUND,
                          "there is no dispatch namespace '%s'", ns);
}

apr_status_t wfp_scripts_need(wfp_script_row_t *row, wfp_dbd_t *db,
                              const char *ns, const char *name)
{
    apr_status_t rv = wfp_scripts_row(row, db, ns, name);

    if (rv == APR_SUCCESS && !row->ns_id) {
        return no_namespace(db, ns);
    }
    if (rv == APR_SUCCESS && !row->id) {
        return wfp_result_set(db->res, WFP_WORKER_NOT_FOUND, APR_NOTFOUND,
                              NULL);
    }
    return rv;
}

/* --- a new version -------------------------------------------------------- */

typedef struct put_t {
    wfp_put_t *put;
    wfp_script_t next; /* what the transaction makes of put->script */
    char script_id[WFP_UUID_SIZE]; /* when it is new */
    char version_id[WFP_UUID_SIZE];
    wfp_script_row_t row;
    wfp_head_t base; /* script NULL: the Worker is new */
    const char *etag;
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

static void carry_over(wfp_script_t *next, const wfp_script_t *base,
                       unsigned kinds)
{
    int i;

    for (i = 0; i < base->bindings->nelts; i++) {
        const wfp_binding_t *b = &APR_ARRAY_IDX(base->bindings, i,
                                                wfp_binding_t);

        if (kinds & (1u << b->kind) && !has_binding(next->bindings, b->name)) {
            APR_ARRAY_PUSH(next->bindings, wfp_binding_t) = *b;
        }
    }
}

static apr_status_t insert_script(wfp_dbd_t *db, put_t *ask)
{
    static const wfp_sql_t insert = {
        "scripts_insert", "INSERT INTO scripts (id, ns_id, name, stamp, "
                          "last_number, created, modified) "
                          "VALUES (%s, %s, %s, %lld, 0, %lld, %lld)"
    };
    const char *now = wfp_dbd_num(db, ask->next.created);

    ask->row.id = ask->script_id;
    ask->row.created = ask->next.created;
    ask->row.tags = "[]";
    return wfp_dbd_exec(NULL, db, &insert,
                        DBD_ARGS(ask->row.id, ask->row.ns_id, ask->next.name,
                                 wfp_dbd_num(db, ask->next.stamp), now, now));
}

/* A change that keeps the code would bring along, or leave out, what the
 * caller has not seen. */
static apr_status_t check_settled(wfp_dbd_t *db, const put_t *ask)
{
    int width;
    apr_status_t rv = wfp_deployments_width(&width, db, &ask->row);

    if (rv != APR_SUCCESS) {
        return rv;
    }
    if (width > 1) {
        return wfp_result_set(db->res, WFP_CONFLICT, APR_EBUSY,
                              "the Worker's traffic is split between versions: "
                              "deploy one of them first");
    }
    if (strcmp(ask->base.script->version_id, ask->row.version_id) != 0) {
        return wfp_result_set(db->res, WFP_CONFLICT, APR_EBUSY,
                              "the Worker's latest version is not deployed: "
                              "deploy it first");
    }
    return rv;
}

/* Is the newest version the one that the caller last saw? */
static apr_status_t check_latest(wfp_dbd_t *db, const put_t *ask)
{
    const char *wanted = ask->put->if_latest;
    const char *latest;
    apr_status_t rv;

    if (!wanted) {
        return APR_SUCCESS;
    }
    rv = wfp_versions_latest(&latest, db, ask->row.id ? ask->row.id : "");
    if (rv == APR_SUCCESS && (!latest || strcmp(latest, wanted) != 0)) {
        return wfp_result_set(db->res, WFP_CONFLICT, APR_EMISMATCH,
                              "the Worker's latest version is another one");
    }
    return rv;
}

/* Does the Worker stand where the caller thinks it does? */
static apr_status_t check_place(wfp_dbd_t *db, put_t *ask)
{
    const wfp_put_t *put = ask->put;
    int keeps_code = put->script->modules->nelts == 0;
    apr_status_t rv = wfp_scripts_row(&ask->row, db, ask->next.ns,
                                      ask->next.name);

    if (rv == APR_SUCCESS && !ask->row.ns_id) {
        return no_namespace(db, ask->next.ns);
    }
    if (rv == APR_SUCCESS && !ask->row.id && (keeps_code || put->no_traffic)) {
        return wfp_result_set(db->res, WFP_WORKER_NOT_FOUND, APR_NOTFOUND,
                              NULL);
    }
    if (rv == APR_SUCCESS) {
        rv = wfp_versions_match(db, &ask->row, put->if_match);
    }
    return rv == APR_SUCCESS ? check_latest(db, ask) : rv;
}

/* What there is of the Worker, and may it be changed? */
static apr_status_t find_place(wfp_dbd_t *db, put_t *ask)
{
    const wfp_put_t *put = ask->put;
    int keeps_code = put->script->modules->nelts == 0;
    apr_status_t rv = check_place(db, ask);

    ask->base.script = NULL;
    if (rv != APR_SUCCESS || !ask->row.id
        || !(keeps_code || put->keep || put->keep_assets || put->merge)) {
        return rv;
    }
    rv = wfp_versions_base(&ask->base, db, &ask->row);
    return rv == APR_SUCCESS && keeps_code && !put->no_traffic
               ? check_settled(db, ask)
               : rv;
}

static apr_status_t merge(wfp_dbd_t *db, put_t *ask)
{
    const wfp_put_t *put = ask->put;
    const wfp_script_t *base = ask->base.script;
    wfp_script_t *next = &ask->next;
    apr_status_t rv = APR_SUCCESS;

    if (base) {
        carry_over(next, base, put->keep);
    }
    if (base && !*next->assets
        && (put->keep_assets || next->modules->nelts == 0)) {
        next->assets = base->assets;
    }
    if (put->merge) {
        rv = put->merge(next, base, put->baton, db->res, db->pool);
    }
    if (rv == APR_SUCCESS) {
        rv = wfp_bindings_check(db, next);
    }
    return rv == APR_SUCCESS ? wfp_tail_consumers_check(db, next) : rv;
}

static apr_status_t put_script(wfp_dbd_t *db, void *baton)
{
    put_t *ask = baton;
    const wfp_put_t *put = ask->put;
    wfp_script_t *next = &ask->next;
    wfp_version_row_t version = { .row = &ask->row,
                                  .script = next,
                                  .actor = put->actor,
                                  .action = put->action ? put->action
                                                        : "upload",
                                  .message = put->message,
                                  .no_traffic = put->no_traffic,
                                  .kept = put->versions_kept };
    apr_status_t rv;

    *next = *put->script; /* anew at each attempt */
    next->bindings = apr_array_copy(db->pool, put->script->bindings);
    next->tags = apr_array_copy(db->pool, put->script->tags);
    next->version_id = ask->version_id;
    next->created = apr_time_now();
    rv = wfp_changes_take(&next->stamp, db);
    if (rv == APR_SUCCESS) {
        rv = find_place(db, ask);
    }
    if (rv == APR_SUCCESS) {
        rv = merge(db, ask);
    }
    if (rv == APR_SUCCESS && !ask->row.id) {
        rv = insert_script(db, ask);
    }
    if (rv != APR_SUCCESS) {
        return rv;
    }
    next->number = ask->row.last_number + 1;
    if (next->modules->nelts > 0) {
        rv = wfp_modules_insert(&version.code_id, &ask->etag, db, ask->row.id,
                                next);
    }
    else {
        version.code_id = ask->base.code_id;
        ask->etag = ask->base.etag;
        next->main_module = ask->base.script->main_module;
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
        put->script_id = apr_pstrdup(p, ask.row.id);
        put->made = ask.row.created;
        put->etag = ask.etag;
    }
    return rv;
}

/* --- reading ------------------------------------------------------------- */

typedef struct ask_t {
    const char *ns;
    const char *name;
    wfp_script_t *script;
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

/* --- deleting ------------------------------------------------------------ */

apr_status_t wfp_scripts_remove(wfp_dbd_t *db, const wfp_script_row_t *row,
                                const wfp_change_t *change,
                                const wfp_actor_t *actor)
{
    /* what was uploaded for it is not for the next of its name */
    static const wfp_sql_t owner = {
        "scripts_delete_owner",
        "DELETE FROM asset_owners WHERE EXISTS (SELECT 1 FROM scripts s "
        "WHERE s.id = %s AND s.ns_id = asset_owners.ns_id "
        "AND s.name = asset_owners.script)"
    };
    static const wfp_sql_t delete = { "scripts_delete",
                                      "DELETE FROM scripts WHERE id = %s" };
    apr_status_t rv = wfp_dbd_exec(NULL, db, &owner, DBD_ARGS(row->id));

    if (rv == APR_SUCCESS) {
        rv = wfp_log_records_lose(db, row->id);
    }
    if (rv == APR_SUCCESS) {
        rv = wfp_dbd_exec(NULL, db, &delete, DBD_ARGS(row->id));
    }
    return rv == APR_SUCCESS
               ? wfp_audit_record(db, change, actor, "delete", NULL)
               : rv;
}

typedef struct delete_t {
    const wfp_script_delete_t *what;
    apr_int64_t stamp;
} delete_t;

static apr_status_t delete_script(wfp_dbd_t *db, void *baton)
{
    delete_t *ask = baton;
    const wfp_script_delete_t *what = ask->what;
    wfp_change_t change = { 0, WFP_CHANGE_SCRIPT, what->ns, what->name, 1 };
    wfp_script_row_t row;
    apr_status_t rv = wfp_changes_take(&change.stamp, db);

    if (rv == APR_SUCCESS) {
        rv = wfp_scripts_need(&row, db, what->ns, what->name);
    }
    if (rv == APR_SUCCESS) {
        rv = wfp_versions_match(db, &row, what->if_match);
    }
    if (rv == APR_SUCCESS && !*what->ns && !what->force) {
        rv = wfp_references_need_none(db, what->name, row.id);
    }
    ask->stamp = change.stamp;
    return rv == APR_SUCCESS
               ? wfp_scripts_remove(db, &row, &change, what->actor)
               : rv;
}

apr_status_t wfp_scripts_delete(apr_int64_t *pstamp, wfp_store_t *store,
                                const wfp_script_delete_t *what,
                                wfp_result_t *res, apr_pool_t *p)
{
    delete_t ask = { .what = what };
    apr_status_t rv = wfp_dbd_run(store, WFP_DBD_WRITE, delete_script, &ask,
                                  res, p);

    if (rv == APR_SUCCESS) {
        *pstamp = ask.stamp;
    }
    return rv;
}
