/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Versions: immutable, numbered 1, 2, ... a Worker, and which of them is
 * deployed. Called by scripts.c, secrets.c, wfpctl and the API.
 */
#include "store/versions.h"

#include <apr_strings.h>
#include <string.h>

#include "store/column.h"
#include "store/tx.h"

/* deployments remembered a Worker, and how seldom the rest is deleted */
#define DEPLOYMENTS_KEPT  "100"
#define DEPLOYMENTS_PRUNE 16

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
        "created, author, source, message, tag) "
        "VALUES (%s, %s, %lld, %s, %s, %lld, %s, %s, %s, %s)"
    };
    const wfp_script_t *s = row->script;
    apr_status_t rv;

    rv = wfp_dbd_exec(NULL, db, &insert,
                      DBD_ARGS(s->version_id, row->script_id,
                               wfp_dbd_num(db, s->number), row->code_id,
                               wfp_column_limits(&s->limits, db->pool),
                               wfp_dbd_num(db, s->created),
                               wfp_column_text(row->author, db->pool),
                               wfp_column_text(row->source, db->pool),
                               wfp_column_text(row->message, db->pool),
                               wfp_column_text(s->version_tag, db->pool)));
    if (rv == APR_SUCCESS) {
        rv = wfp_bindings_insert(db, s->version_id, s->bindings);
    }
    return rv == APR_SUCCESS ? insert_tags(db, s->version_id, s->tags) : rv;
}

/* Make a version the one that runs. number: 0, or that of a new version. */
static apr_status_t deploy(wfp_dbd_t *db, const wfp_change_t *change,
                           const char *script_id, const char *version_id,
                           apr_int64_t number, const char *author)
{
    static const wfp_sql_t insert = {
        "deployments_insert",
        "INSERT INTO deployments (script_id, stamp, version_id, percent, "
        "created, author) VALUES (%s, %lld, %s, 100, %lld, %s)"
    };
    static const wfp_sql_t prune = {
        "deployments_prune",
        "DELETE FROM deployments WHERE script_id = %s AND stamp < "
        "COALESCE((SELECT d.stamp FROM deployments d WHERE d.script_id = %s "
        "ORDER BY d.stamp DESC LIMIT 1 OFFSET " DEPLOYMENTS_KEPT "), 0)"
    };
    static const wfp_sql_t update = {
        "scripts_deploy",
        "UPDATE scripts SET stamp = %lld, modified = %lld, last_number = "
        "CASE WHEN last_number < %lld THEN %lld ELSE last_number END "
        "WHERE id = %s"
    };
    const char *stamp = wfp_dbd_num(db, change->stamp);
    const char *now = wfp_dbd_num(db, apr_time_now());
    const char *last = wfp_dbd_num(db, number);
    apr_status_t rv;

    rv = wfp_dbd_exec(NULL, db, &insert,
                      DBD_ARGS(script_id, stamp, version_id, now,
                               wfp_column_text(author, db->pool)));
    if (rv == APR_SUCCESS && number % DEPLOYMENTS_PRUNE == 0) {
        rv = wfp_dbd_exec(NULL, db, &prune, DBD_ARGS(script_id, script_id));
    }
    if (rv == APR_SUCCESS) {
        rv = wfp_dbd_exec(NULL, db, &update,
                          DBD_ARGS(stamp, now, last, last, script_id));
    }
    return rv == APR_SUCCESS ? wfp_changes_record(db, change) : rv;
}

/* Of the versions that do not run only the newest `kept` stay; code that no
 * version uses goes with them. */
static apr_status_t prune(wfp_dbd_t *db, const wfp_version_row_t *row)
{
    static const wfp_sql_t versions = {
        "versions_prune",
        "DELETE FROM versions WHERE script_id = %s AND id <> %s "
        "AND number <= COALESCE((SELECT v.number FROM versions v "
        "WHERE v.script_id = %s AND v.id <> %s "
        "ORDER BY v.number DESC LIMIT 1 OFFSET %lld), 0)"
    };
    static const wfp_sql_t codes = {
        "codes_prune", "DELETE FROM codes WHERE script_id = %s AND id NOT IN "
                       "(SELECT code_id FROM versions WHERE script_id = %s)"
    };
    const char *script_id = row->script_id;
    const char *id = row->script->version_id;
    int kept = row->kept > 0 ? row->kept : 1;
    int count;
    apr_status_t rv;

    if (row->script->number <= kept + 1) {
        return APR_SUCCESS; /* there cannot be more */
    }
    rv = wfp_dbd_exec(&count, db, &versions,
                      DBD_ARGS(script_id, id, script_id, id,
                               wfp_dbd_num(db, kept)));
    if (rv == APR_SUCCESS && count > 0) {
        rv = wfp_dbd_exec(NULL, db, &codes, DBD_ARGS(script_id, script_id));
    }
    return rv;
}

apr_status_t wfp_versions_add(wfp_dbd_t *db, const wfp_version_row_t *row)
{
    const wfp_script_t *s = row->script;
    wfp_change_t change = { s->stamp, WFP_CHANGE_SCRIPT, s->ns, s->name, 0 };
    apr_status_t rv = insert_version(db, row);

    if (rv == APR_SUCCESS) {
        rv = deploy(db, &change, row->script_id, s->version_id, s->number,
                    row->author);
    }
    return rv == APR_SUCCESS ? prune(db, row) : rv;
}

/* --- reading ------------------------------------------------------------- */

static apr_status_t read_tags(apr_array_header_t **ptags, wfp_dbd_t *db,
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

apr_status_t wfp_versions_head(wfp_head_t *head, wfp_dbd_t *db, const char *ns,
                               const char *name)
{
    static const wfp_sql_t get = {
        "versions_head",
        "SELECT v.id, v.number, s.stamp, v.created, v.tag, v.limits, c.id, "
        "c.main_module FROM scripts s "
        "JOIN namespaces n ON n.id = s.ns_id "
        "JOIN deployments d ON d.script_id = s.id AND d.stamp = s.stamp "
        "JOIN versions v ON v.id = d.version_id "
        "JOIN codes c ON c.id = v.code_id "
        "WHERE n.name = %s AND s.name = %s"
    };
    wfp_script_t *script = wfp_script_make(db->pool);
    const char **row;
    apr_status_t rv = wfp_dbd_row(&row, db, &get, 8, DBD_ARGS(ns, name));

    if (rv != APR_SUCCESS) {
        return rv;
    }
    if (!row) {
        return wfp_result_set(db->res, WFP_WORKER_NOT_FOUND, APR_NOTFOUND,
                              NULL);
    }
    script->ns = apr_pstrdup(db->pool, ns);
    script->name = apr_pstrdup(db->pool, name);
    script->version_id = row[0];
    script->number = wfp_dbd_int(row[1]);
    script->stamp = wfp_dbd_int(row[2]);
    script->created = wfp_dbd_int(row[3]);
    script->version_tag = row[4];
    script->main_module = row[7];
    head->script = script;
    head->code_id = row[6];
    rv = wfp_column_read_limits(&script->limits, row[5], db->res, db->pool);
    if (rv == APR_SUCCESS) {
        rv = wfp_bindings_read(&script->bindings, db, row[0]);
    }
    return rv == APR_SUCCESS ? read_tags(&script->tags, db, row[0]) : rv;
}

/* --- the noun ------------------------------------------------------------ */

typedef struct list_t {
    apr_array_header_t *list;
    const char *ns;
    const char *name;
} list_t;

static apr_status_t list_versions(wfp_dbd_t *db, void *baton)
{
    static const wfp_sql_t select = {
        "versions_list",
        "SELECT v.id, v.number, v.created, v.author, v.source, v.message, "
        "v.tag, c.etag, c.size, "
        "(SELECT count(*) FROM deployments d JOIN scripts s "
        "ON s.id = d.script_id AND s.stamp = d.stamp "
        "WHERE d.script_id = v.script_id AND d.version_id = v.id) "
        "FROM versions v JOIN codes c ON c.id = v.code_id "
        "WHERE v.script_id = %s ORDER BY v.number DESC"
    };
    list_t *ask = baton;
    wfp_script_row_t script;
    apr_array_header_t *rows;
    int i;
    apr_status_t rv = wfp_scripts_need(&script, db, ask->ns, ask->name);

    if (rv == APR_SUCCESS) {
        rv = wfp_dbd_rows(&rows, db, &select, 10, DBD_ARGS(script.id));
    }
    if (rv != APR_SUCCESS) {
        return rv;
    }
    ask->list = apr_array_make(db->pool, rows->nelts + 1,
                               sizeof(wfp_version_info_t *));
    for (i = 0; i < rows->nelts; i++) {
        const char **row = APR_ARRAY_IDX(rows, i, const char **);
        wfp_version_info_t *v = apr_pcalloc(db->pool, sizeof(*v));

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
        APR_ARRAY_PUSH(ask->list, wfp_version_info_t *) = v;
    }
    return APR_SUCCESS;
}

apr_status_t wfp_versions_list(apr_array_header_t **plist, wfp_store_t *store,
                               const char *ns, const char *name,
                               wfp_result_t *res, apr_pool_t *p)
{
    list_t ask = { NULL, ns, name };
    apr_status_t rv = wfp_dbd_run(store, WFP_DBD_SNAPSHOT, list_versions, &ask,
                                  res, p);

    *plist = ask.list;
    return rv;
}

typedef struct deploy_t {
    apr_int64_t stamp;
    const char *ns;
    const char *name;
    const char *id;
    const char *author;
} deploy_t;

static apr_status_t deploy_version(wfp_dbd_t *db, void *baton)
{
    static const wfp_sql_t by_id = {
        "versions_by_id",
        "SELECT id FROM versions WHERE script_id = %s AND id = %s"
    };
    static const wfp_sql_t before = {
        "versions_before",
        "SELECT id FROM versions WHERE script_id = %s AND number < %lld "
        "ORDER BY number DESC LIMIT 1"
    };
    deploy_t *ask = baton;
    wfp_change_t change = { 0, WFP_CHANGE_SCRIPT, ask->ns, ask->name, 0 };
    wfp_script_row_t script;
    wfp_head_t head;
    const char **row;
    apr_status_t rv = wfp_changes_take(&change.stamp, db);

    if (rv == APR_SUCCESS) {
        rv = wfp_scripts_need(&script, db, ask->ns, ask->name);
    }
    if (rv == APR_SUCCESS) {
        rv = wfp_versions_head(&head, db, ask->ns, ask->name);
    }
    if (rv != APR_SUCCESS) {
        return rv;
    }
    rv = ask->id
             ? wfp_dbd_row(&row, db, &by_id, 1, DBD_ARGS(script.id, ask->id))
             : wfp_dbd_row(&row, db, &before, 1,
                           DBD_ARGS(script.id,
                                    wfp_dbd_num(db, head.script->number)));
    if (rv == APR_SUCCESS && !row) {
        return wfp_result_set(db->res, WFP_NOT_FOUND, APR_NOTFOUND,
                              ask->id ? "there is no such version"
                                      : "there is no version before this one");
    }
    if (rv == APR_SUCCESS) {
        rv = deploy(db, &change, script.id, row[0], 0, ask->author);
    }
    ask->stamp = change.stamp;
    return rv;
}

apr_status_t wfp_versions_deploy(apr_int64_t *pstamp, wfp_store_t *store,
                                 const char *ns, const char *name,
                                 const char *id, const char *author,
                                 wfp_result_t *res, apr_pool_t *p)
{
    deploy_t ask = { 0, ns, name, id, author };
    apr_status_t rv = wfp_dbd_run(store, WFP_DBD_WRITE, deploy_version, &ask,
                                  res, p);

    if (rv == APR_SUCCESS) {
        *pstamp = ask.stamp;
    }
    return rv;
}
