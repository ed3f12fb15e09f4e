/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Versions: immutable, numbered 1, 2, ... a Worker. Called by scripts.c, by
 * deployments.c, wfpctl, the API and (reading) the server's loader.
 */
#include "store/versions.h"

#include <apr_strings.h>
#include <string.h>

#include "core/json.h"
#include "core/split.h"
#include "store/column.h"
#include "store/tx.h"

/* --- writing ------------------------------------------------------------- */

static apr_status_t insert_tags(wfp_dbd_t *db, const char *version_id,
                                const apr_array_header_t *tags)
{
    static const wfp_sql_t insert = {
        "tags_insert",
        "INSERT INTO tags (version_id, pos, tag) VALUES (%s, %d, %s)"
    };
    int i;
    apr_status_t rv = APR_SUCCESS;

    for (i = 0; rv == APR_SUCCESS && i < tags->nelts; i++) {
        rv = wfp_dbd_exec(NULL, db, &insert,
                          DBD_ARGS(version_id, wfp_dbd_num(db, i),
                                   wfp_column_text(APR_ARRAY_IDX(tags, i,
                                                                 const char *),
                                                   db->pool)));
    }
    return rv;
}

static apr_status_t insert_version(wfp_dbd_t *db, const wfp_version_row_t *row)
{
    static const wfp_sql_t insert = {
        "versions_insert",
        "INSERT INTO versions (id, script_id, number, code_id, limits, "
        "created, author, source, message, tag, settings, stamp, deployed, "
        "assets) VALUES (%s, %s, %lld, %s, %s, %lld, %s, %s, %s, %s, %s, "
        "%lld, %lld, %s)"
    };
    const wfp_script_t *s = row->script;
    const char *stamp = wfp_dbd_num(db, s->stamp);
    apr_status_t rv;

    rv = wfp_dbd_exec(NULL, db, &insert,
                      DBD_ARGS(s->version_id, row->row->id,
                               wfp_dbd_num(db, s->number), row->code_id,
                               wfp_column_limits(&s->limits, db->pool),
                               wfp_dbd_num(db, s->created),
                               wfp_column_text(row->actor->name, db->pool),
                               wfp_column_text(row->actor->source, db->pool),
                               wfp_column_text(row->message, db->pool),
                               wfp_column_text(s->version_tag, db->pool),
                               s->settings && *s->settings ? s->settings : "{}",
                               stamp, row->no_traffic ? "0" : stamp,
                               s->assets));
    if (rv == APR_SUCCESS) {
        rv = wfp_bindings_insert(db, s->version_id, s->bindings);
    }
    if (rv == APR_SUCCESS) {
        rv = wfp_tail_consumers_insert(db, s->version_id, row->row->ns_id,
                                       s->settings);
    }
    return rv == APR_SUCCESS ? insert_tags(db, s->version_id, s->tags) : rv;
}

#define CURRENT                                                                \
    "(SELECT d.version_id FROM deployments d JOIN scripts s "                  \
    "ON s.id = d.script_id AND s.stamp = d.stamp WHERE s.id = %s) "

/* Of the versions that are not deployed only the newest `kept` stay; code that
 * no version uses goes with them. */
static apr_status_t prune(wfp_dbd_t *db, const wfp_version_row_t *row)
{
    static const wfp_sql_t versions = {
        "versions_prune",
        "DELETE FROM versions WHERE script_id = %s AND id NOT IN " CURRENT
        "AND number <= COALESCE((SELECT v.number FROM versions v "
        "WHERE v.script_id = %s AND v.id NOT IN " CURRENT
        "ORDER BY v.number DESC LIMIT 1 OFFSET %lld), 0)"
    };
    static const wfp_sql_t codes = {
        "codes_prune", "DELETE FROM codes WHERE script_id = %s AND id NOT IN "
                       "(SELECT code_id FROM versions WHERE script_id = %s)"
    };
    const char *id = row->row->id;
    int kept = row->kept > 0 ? row->kept : 1;
    apr_status_t rv;

    if (row->script->number <= kept + 1) {
        return APR_SUCCESS; /* there cannot be more */
    }
    rv = wfp_dbd_exec(NULL, db, &versions,
                      DBD_ARGS(id, id, id, id, wfp_dbd_num(db, kept)));
    return rv == APR_SUCCESS ? wfp_dbd_exec(NULL, db, &codes, DBD_ARGS(id, id))
                             : rv;
}

static const char *details_of(const wfp_version_row_t *row, apr_pool_t *p)
{
    wfp_json_t *obj = wfp_json_object(p);

    wfp_json_set_str(obj, "version_id", row->script->version_id);
    wfp_json_set_int(obj, "number", row->script->number);
    return wfp_json_text(obj, p);
}

/* Nothing that runs changes: only the number is used up. */
static apr_status_t use_number(wfp_dbd_t *db, const wfp_version_row_t *row)
{
    static const wfp_sql_t update = {
        "scripts_number", "UPDATE scripts SET last_number = %lld WHERE id = %s"
    };

    return wfp_dbd_exec(NULL, db, &update,
                        DBD_ARGS(wfp_dbd_num(db, row->script->number),
                                 row->row->id));
}

static apr_status_t deploy_all(wfp_dbd_t *db, const wfp_version_row_t *row)
{
    apr_array_header_t *shares = apr_array_make(db->pool, 1,
                                                sizeof(wfp_share_t));
    wfp_share_t share = { row->script->version_id, WFP_SPLIT_ALL };
    wfp_deployment_row_t dep = {
        row->row,          row->script->stamp, row->script->number, shares,
        row->script->tags, row->actor,         row->message
    };

    APR_ARRAY_PUSH(shares, wfp_share_t) = share;
    return wfp_deployments_insert(db, &dep);
}

apr_status_t wfp_versions_add(wfp_dbd_t *db, const wfp_version_row_t *row)
{
    const wfp_script_t *s = row->script;
    wfp_change_t change = { s->stamp,
                            row->no_traffic ? WFP_CHANGE_VERSION
                                            : WFP_CHANGE_SCRIPT,
                            s->ns, s->name, 0 };
    apr_status_t rv = insert_version(db, row);

    if (rv == APR_SUCCESS) {
        rv = row->no_traffic ? use_number(db, row) : deploy_all(db, row);
    }
    if (rv == APR_SUCCESS) {
        rv = wfp_audit_record(db, &change, row->actor, row->action,
                              details_of(row, db->pool));
    }
    return rv == APR_SUCCESS ? prune(db, row) : rv;
}

/* --- reading ------------------------------------------------------------- */

apr_status_t wfp_versions_tags(apr_array_header_t **ptags, wfp_dbd_t *db,
                               const char *version_id)
{
    static const wfp_sql_t list = {
        "tags_list", "SELECT tag FROM tags WHERE version_id = %s ORDER BY pos"
    };
    apr_array_header_t *rows;
    int i;
    apr_status_t rv = wfp_dbd_rows(&rows, db, &list, 1, DBD_ARGS(version_id));

    if (rv != APR_SUCCESS) {
        return rv;
    }
    *ptags = apr_array_make(db->pool, rows->nelts + 1, sizeof(const char *));
    for (i = 0; i < rows->nelts; i++) {
        APR_ARRAY_PUSH(*ptags, const char *) = APR_ARRAY_IDX(rows, i,
                                                             const char **)[0];
    }
    return APR_SUCCESS;
}

#define HEAD                                                                   \
    "SELECT v.id, v.number, v.stamp, v.created, v.tag, v.limits, v.settings, " \
    "v.deployed, c.id, c.main_module, c.etag, n.name, s.name, s.stamp, s.id, " \
    "v.assets, v.message "                                                     \
    "FROM scripts s JOIN namespaces n ON n.id = s.ns_id "
#define HEAD_COUNT 17

/* What a row of HEAD says. */
static apr_status_t read_head(wfp_head_t *head, wfp_dbd_t *db, const char **row)
{
    wfp_script_t *script = wfp_script_make(db->pool);
    apr_status_t rv;

    script->id = row[14];
    script->version_id = row[0];
    script->number = wfp_dbd_int(row[1]);
    script->stamp = wfp_dbd_int(row[2]);
    script->created = wfp_dbd_int(row[3]);
    script->version_tag = row[4];
    script->settings = row[6];
    script->main_module = row[9];
    script->ns = row[11];
    script->name = row[12];
    script->assets = row[15];
    script->version_message = row[16];
    head->script = script;
    head->deployed = wfp_dbd_int(row[7]);
    head->code_id = row[8];
    head->etag = row[10];
    rv = wfp_column_read_limits(&script->limits, row[5], db->res, db->pool);
    return rv == APR_SUCCESS
               ? wfp_bindings_read(&script->bindings, &script->tags, db, row[0])
               : rv;
}

apr_status_t wfp_versions_head(wfp_head_t *head, wfp_dbd_t *db, const char *ns,
                               const char *name)
{
    static const wfp_sql_t get = { "versions_head", HEAD
                                   "JOIN versions v ON v.id = s.version_id "
                                   "JOIN codes c ON c.id = v.code_id "
                                   "WHERE n.name = %s AND s.name = %s" };
    const char **row;
    apr_status_t rv = wfp_dbd_row(&row, db, &get, HEAD_COUNT,
                                  DBD_ARGS(ns, name));

    if (rv == APR_SUCCESS && !row) {
        return wfp_result_set(db->res, WFP_WORKER_NOT_FOUND, APR_NOTFOUND,
                              NULL);
    }
    if (rv == APR_SUCCESS) {
        rv = read_head(head, db, row);
    }
    if (rv == APR_SUCCESS) {
        head->script->stamp = wfp_dbd_int(row[13]);
    }
    return rv;
}

apr_status_t wfp_versions_base(wfp_head_t *head, wfp_dbd_t *db,
                               const wfp_script_row_t *script)
{
    static const wfp_sql_t get = {
        "versions_base",
        HEAD "JOIN versions v ON v.script_id = s.id AND v.number = "
             "(SELECT max(w.number) FROM versions w WHERE w.script_id = s.id "
             "AND (w.deployed = 0 OR w.id = s.version_id)) "
             "JOIN codes c ON c.id = v.code_id WHERE s.id = %s"
    };
    const char **row;
    apr_status_t rv = wfp_dbd_row(&row, db, &get, HEAD_COUNT,
                                  DBD_ARGS(script->id));

    if (rv == APR_SUCCESS && !row) {
        return wfp_result_set(db->res, WFP_WORKER_NOT_FOUND, APR_NOTFOUND,
                              NULL);
    }
    return rv == APR_SUCCESS ? read_head(head, db, row) : rv;
}

apr_status_t wfp_versions_by_id(wfp_head_t *head, wfp_dbd_t *db,
                                const wfp_script_row_t *script, const char *id)
{
    static const wfp_sql_t get = { "versions_by_id",
                                   HEAD "JOIN versions v ON v.script_id = s.id "
                                        "JOIN codes c ON c.id = v.code_id "
                                        "WHERE s.id = %s AND v.id = %s" };
    const char **row;
    apr_status_t rv = wfp_dbd_row(&row, db, &get, HEAD_COUNT,
                                  DBD_ARGS(script->id, id));

    if (rv == APR_SUCCESS && !row) {
        return wfp_result_about(db->res, WFP_ABOUT_VERSION,
                                wfp_result_set(db->res, WFP_NOT_FOUND,
                                               APR_NOTFOUND,
                                               "there is no such version"));
    }
    return rv == APR_SUCCESS ? read_head(head, db, row) : rv;
}

apr_status_t wfp_versions_latest(const char **pid, wfp_dbd_t *db,
                                 const char *script_id)
{
    static const wfp_sql_t get = {
        "versions_latest", "SELECT id FROM versions WHERE script_id = %s "
                           "ORDER BY number DESC LIMIT 1"
    };
    const char **row;
    apr_status_t rv = wfp_dbd_row(&row, db, &get, 1, DBD_ARGS(script_id));

    if (rv == APR_SUCCESS) {
        *pid = row ? row[0] : NULL;
    }
    return rv;
}

apr_status_t wfp_versions_match(wfp_dbd_t *db, const wfp_script_row_t *script,
                                const char *want)
{
    static const wfp_sql_t get = {
        "versions_etag", "SELECT c.etag FROM versions v "
                         "JOIN codes c ON c.id = v.code_id WHERE v.id = %s"
    };
    const char **row;
    apr_status_t rv;

    if (!want || (script->id && strcmp(want, "*") == 0)) {
        return APR_SUCCESS;
    }
    if (script->id) {
        rv = wfp_dbd_row(&row, db, &get, 1, DBD_ARGS(script->version_id));
        if (rv != APR_SUCCESS || (row && strcmp(row[0], want) == 0)
            || strcmp(script->version_id, want) == 0) {
            return rv;
        }
    }
    return wfp_result_set(db->res, WFP_CONFLICT, APR_EMISMATCH,
                          "the Worker is not what If-Match says");
}

/* --- the noun ------------------------------------------------------------ */

#define INFO                                                                   \
    "SELECT v.id, v.number, v.created, v.author, v.source, v.message, "        \
    "v.tag, c.etag, c.size, "                                                  \
    "(SELECT count(*) FROM deployments d JOIN scripts s "                      \
    "ON s.id = d.script_id AND s.stamp = d.stamp "                             \
    "WHERE d.script_id = v.script_id AND d.version_id = v.id) "                \
    "FROM versions v JOIN codes c ON c.id = v.code_id WHERE v.script_id = %s "
#define INFO_COUNT 10

static wfp_version_info_t *read_info(const char **row, apr_pool_t *p)
{
    wfp_version_info_t *v = apr_pcalloc(p, sizeof(*v));

    v->id = row[0];
    v->number = wfp_dbd_int(row[1]);
    v->created = wfp_dbd_int(row[2]);
    v->author = row[3];
    v->source = row[4];
    v->message = row[5];
    v->tag = row[6];
    v->etag = row[7];
    v->size = wfp_dbd_int(row[8]);
    v->deployed = wfp_dbd_int(row[9]) > 0;
    return v;
}

typedef struct ask_t {
    const char *ns;
    const char *name;
    const char *id;
    apr_array_header_t *list;
    wfp_script_t *script;
    wfp_version_info_t *info;
} ask_t;

static apr_status_t list_versions(wfp_dbd_t *db, void *baton)
{
    static const wfp_sql_t select = { "versions_list",
                                      INFO "ORDER BY v.number DESC" };
    ask_t *ask = baton;
    wfp_script_row_t script;
    apr_array_header_t *rows;
    int i;
    apr_status_t rv = wfp_scripts_need(&script, db, ask->ns, ask->name);

    if (rv == APR_SUCCESS) {
        rv = wfp_dbd_rows(&rows, db, &select, INFO_COUNT, DBD_ARGS(script.id));
    }
    if (rv != APR_SUCCESS) {
        return rv;
    }
    ask->list = apr_array_make(db->pool, rows->nelts + 1,
                               sizeof(wfp_version_info_t *));
    for (i = 0; i < rows->nelts; i++) {
        APR_ARRAY_PUSH(ask->list, wfp_version_info_t *) =
            read_info(APR_ARRAY_IDX(rows, i, const char **), db->pool);
    }
    return APR_SUCCESS;
}

apr_status_t wfp_versions_list(apr_array_header_t **plist, wfp_store_t *store,
                               const char *ns, const char *name,
                               wfp_result_t *res, apr_pool_t *p)
{
    ask_t ask = { ns, name };
    apr_status_t rv = wfp_dbd_run(store, WFP_DBD_SNAPSHOT, list_versions, &ask,
                                  res, p);

    *plist = ask.list;
    return rv;
}

static apr_status_t get_version(wfp_dbd_t *db, void *baton)
{
    static const wfp_sql_t get = { "versions_info", INFO "AND v.id = %s" };
    ask_t *ask = baton;
    wfp_script_row_t script;
    wfp_head_t head;
    const char **row;
    apr_status_t rv = wfp_scripts_need(&script, db, ask->ns, ask->name);

    if (rv == APR_SUCCESS) {
        rv = wfp_versions_by_id(&head, db, &script, ask->id);
    }
    if (rv == APR_SUCCESS) {
        ask->script = head.script;
        rv = wfp_modules_read(head.script, db, head.code_id);
    }
    if (rv == APR_SUCCESS) {
        rv = wfp_dbd_row(&row, db, &get, INFO_COUNT,
                         DBD_ARGS(script.id, ask->id));
    }
    if (rv == APR_SUCCESS) {
        ask->info = read_info(row, db->pool);
    }
    return rv;
}

apr_status_t wfp_versions_get(wfp_script_t **pscript,
                              wfp_version_info_t **pinfo, wfp_store_t *store,
                              const char *ns, const char *name, const char *id,
                              wfp_result_t *res, apr_pool_t *p)
{
    ask_t ask = { ns, name, id };
    apr_status_t rv = wfp_dbd_run(store, WFP_DBD_SNAPSHOT, get_version, &ask,
                                  res, p);

    if (rv == APR_SUCCESS) {
        *pscript = ask.script;
        if (pinfo) {
            *pinfo = ask.info;
        }
    }
    return rv;
}
