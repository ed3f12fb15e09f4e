/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Deployments. Called by versions.c for an upload, by wfpctl, the API and the
 * server's loader. The stamp of a deployment is also the Worker's.
 */
#include "store/deployments.h"

#include <apr_strings.h>
#include <stdlib.h>
#include <string.h>

#include "core/json.h"
#include "store/column.h"
#include "store/tx.h"

/* rows remembered a Worker, and how seldom the rest is deleted */
#define ROWS_KEPT   "100"
#define PRUNE_EVERY 16

/* --- writing -------------------------------------------------------------- */

static apr_status_t insert_shares(wfp_dbd_t *db,
                                  const wfp_deployment_row_t *dep)
{
    static const wfp_sql_t insert = {
        "deployments_insert",
        "INSERT INTO deployments (script_id, stamp, version_id, percent, "
        "created, author, source, message) "
        "VALUES (%s, %lld, %s, %lld, %lld, %s, %s, %s)"
    };
    const char *now = wfp_dbd_num(db, apr_time_now());
    int i;
    apr_status_t rv = APR_SUCCESS;

    for (i = 0; rv == APR_SUCCESS && i < dep->shares->nelts; i++) {
        const wfp_share_t *share = &APR_ARRAY_IDX(dep->shares, i, wfp_share_t);

        rv = wfp_dbd_exec(NULL, db, &insert,
                          DBD_ARGS(dep->row->id, wfp_dbd_num(db, dep->stamp),
                                   share->version_id,
                                   wfp_dbd_num(db, share->share), now,
                                   wfp_column_text(dep->actor->name, db->pool),
                                   wfp_column_text(dep->actor->source,
                                                   db->pool),
                                   wfp_column_text(dep->message, db->pool)));
    }
    return rv;
}

static apr_status_t prune(wfp_dbd_t *db, const char *script_id)
{
    static const wfp_sql_t old = {
        "deployments_prune",
        "DELETE FROM deployments WHERE script_id = %s AND stamp < "
        "COALESCE((SELECT d.stamp FROM deployments d WHERE d.script_id = %s "
        "ORDER BY d.stamp DESC LIMIT 1 OFFSET " ROWS_KEPT "), 0)"
    };

    return wfp_dbd_exec(NULL, db, &old, DBD_ARGS(script_id, script_id));
}

/* Which Workers have a tag, for lists. */
static apr_status_t turn_tags(wfp_dbd_t *db, const char *script_id)
{
    static const wfp_sql_t drop = {
        "script_tags_drop", "DELETE FROM script_tags WHERE script_id = %s"
    };
    static const wfp_sql_t add = {
        "script_tags_add",
        "INSERT INTO script_tags (ns_id, tag, name, script_id, modified) "
        "SELECT DISTINCT s.ns_id, t.tag, s.name, s.id, s.modified "
        "FROM scripts s "
        "JOIN tags t ON t.version_id = s.version_id WHERE s.id = %s"
    };
    apr_status_t rv = wfp_dbd_exec(NULL, db, &drop, DBD_ARGS(script_id));

    return rv == APR_SUCCESS ? wfp_dbd_exec(NULL, db, &add, DBD_ARGS(script_id))
                             : rv;
}

/* The tags are as they were, the time is not. */
static apr_status_t touch_tags(wfp_dbd_t *db, const char *script_id,
                               const char *now)
{
    static const wfp_sql_t touch = {
        "script_tags_touch",
        "UPDATE script_tags SET modified = %lld WHERE script_id = %s"
    };

    return wfp_dbd_exec(NULL, db, &touch, DBD_ARGS(now, script_id));
}

apr_status_t wfp_deployments_insert(wfp_dbd_t *db,
                                    const wfp_deployment_row_t *dep)
{
    static const wfp_sql_t update = {
        "scripts_deploy",
        "UPDATE scripts SET stamp = %lld, modified = %lld, version_id = %s, "
        "tags = %s, last_number = "
        "CASE WHEN last_number < %lld THEN %lld ELSE last_number END "
        "WHERE id = %s"
    };
    const char *last = wfp_dbd_num(db, dep->number);
    const char *tags = wfp_column_names(dep->tags, db->pool);
    const char *now = wfp_dbd_num(db, apr_time_now());
    apr_status_t rv = insert_shares(db, dep);

    if (rv == APR_SUCCESS && dep->number % PRUNE_EVERY == 0) {
        rv = prune(db, dep->row->id);
    }
    if (rv == APR_SUCCESS) {
        rv = wfp_dbd_exec(NULL, db, &update,
                          DBD_ARGS(wfp_dbd_num(db, dep->stamp), now,
                                   APR_ARRAY_IDX(dep->shares, 0, wfp_share_t)
                                       .version_id,
                                   tags, last, last, dep->row->id));
    }
    if (rv == APR_SUCCESS && strcmp(tags, dep->row->tags) != 0) {
        return turn_tags(db, dep->row->id);
    }
    return rv == APR_SUCCESS && dep->tags && dep->tags->nelts > 0
               ? touch_tags(db, dep->row->id, now)
               : rv;
}

/* --- asked for by name ---------------------------------------------------- */

typedef struct ask_t {
    const wfp_rollout_t *deploy;
    int rollback;
    wfp_script_row_t row;
    apr_array_header_t *shares; /* wfp_share_t, newest first */
    wfp_deployment_t *done;
} ask_t;

typedef struct ranked_t {
    wfp_share_t share;
    apr_int64_t number;
} ranked_t;

static int newest_first(const void *a, const void *b)
{
    apr_int64_t x = ((const ranked_t *)a)->number;
    apr_int64_t y = ((const ranked_t *)b)->number;

    return x < y ? 1 : x > y ? -1 : 0;
}

static apr_status_t bad_shares(wfp_dbd_t *db, const char *why)
{
    return wfp_result_set(db->res, WFP_INVALID, APR_EINVAL, "%s", why);
}

static apr_status_t check_shares(wfp_dbd_t *db,
                                 const apr_array_header_t *shares)
{
    int i, k, sum = 0;

    if (shares->nelts < 1 || shares->nelts > WFP_SPLIT_MAX) {
        return bad_shares(db, "a deployment has 1 to 10 versions");
    }
    for (i = 0; i < shares->nelts; i++) {
        const wfp_share_t *share = &APR_ARRAY_IDX(shares, i, wfp_share_t);

        if (share->share < 0 || share->share > WFP_SPLIT_ALL) {
            return bad_shares(db, "a percentage is a number from 0 to 100");
        }
        sum += share->share;
        for (k = 0; k < i; k++) {
            if (strcmp(APR_ARRAY_IDX(shares, k, wfp_share_t).version_id,
                       share->version_id)
                == 0) {
                return bad_shares(db, "a version is there twice");
            }
        }
    }
    return sum == WFP_SPLIT_ALL
               ? APR_SUCCESS
               : bad_shares(db, "the percentages do not sum up to 100");
}

/* The shares as asked, newest version first. */
static apr_status_t sort_shares(wfp_dbd_t *db, ask_t *ask)
{
    static const wfp_sql_t get = {
        "deployments_number",
        "SELECT id, number FROM versions WHERE script_id = %s AND id = %s"
    };
    const apr_array_header_t *shares = ask->deploy->shares;
    ranked_t ranked[WFP_SPLIT_MAX];
    int i;
    apr_status_t rv = check_shares(db, shares);

    for (i = 0; rv == APR_SUCCESS && i < shares->nelts; i++) {
        const char **row;

        ranked[i].share = APR_ARRAY_IDX(shares, i, wfp_share_t);
        rv = wfp_dbd_row(&row, db, &get, 2,
                         DBD_ARGS(ask->row.id, ranked[i].share.version_id));
        if (rv == APR_SUCCESS && !row) {
            return wfp_result_about(db->res, WFP_ABOUT_VERSION,
                                    wfp_result_set(db->res, WFP_NOT_FOUND,
                                                   APR_NOTFOUND,
                                                   "there is no version '%s'",
                                                   ranked[i].share.version_id));
        }
        if (rv == APR_SUCCESS) {
            ranked[i].share.version_id = row[0];
            ranked[i].number = wfp_dbd_int(row[1]);
        }
    }
    if (rv != APR_SUCCESS) {
        return rv;
    }
    qsort(ranked, (size_t)shares->nelts, sizeof(ranked[0]), newest_first);
    for (i = 0; i < shares->nelts; i++) {
        APR_ARRAY_PUSH(ask->shares, wfp_share_t) = ranked[i].share;
    }
    return rv;
}

/* The one version that a rollback means. */
static apr_status_t find_earlier(wfp_dbd_t *db, ask_t *ask)
{
    static const wfp_sql_t by_id = {
        "versions_exists",
        "SELECT id FROM versions WHERE script_id = %s AND id = %s"
    };
    static const wfp_sql_t before = {
        "versions_before",
        "SELECT id FROM versions WHERE script_id = %s AND deployed > 0 "
        "AND number < (SELECT number FROM versions WHERE id = %s) "
        "ORDER BY number DESC LIMIT 1"
    };
    const char *id = ask->deploy->version_id;
    const char **row;
    wfp_share_t share = { NULL, WFP_SPLIT_ALL };
    apr_status_t rv;

    rv = wfp_dbd_row(&row, db, id ? &by_id : &before, 1,
                     DBD_ARGS(ask->row.id, id ? id : ask->row.version_id));
    if (rv == APR_SUCCESS && !row) {
        return wfp_result_about(
            db->res, WFP_ABOUT_VERSION,
            wfp_result_set(db->res, WFP_NOT_FOUND, APR_NOTFOUND,
                           id ? "there is no such version"
                              : "there is no version before this one"));
    }
    if (rv == APR_SUCCESS) {
        share.version_id = row[0];
        APR_ARRAY_PUSH(ask->shares, wfp_share_t) = share;
    }
    return rv;
}

static apr_status_t note_deployed(wfp_dbd_t *db, const ask_t *ask,
                                  const char *stamp)
{
    static const wfp_sql_t update = {
        "versions_deployed", "UPDATE versions SET deployed = %lld WHERE id = %s"
    };
    int i;
    apr_status_t rv = APR_SUCCESS;

    for (i = 0; rv == APR_SUCCESS && i < ask->shares->nelts; i++) {
        rv = wfp_dbd_exec(NULL, db, &update,
                          DBD_ARGS(stamp,
                                   APR_ARRAY_IDX(ask->shares, i, wfp_share_t)
                                       .version_id));
    }
    return rv;
}

static const char *details_of(const ask_t *ask, apr_pool_t *p)
{
    wfp_json_t *obj = wfp_json_object(p), *arr = wfp_json_array(p);
    int i;

    for (i = 0; i < ask->shares->nelts; i++) {
        wfp_json_add_str(arr,
                         APR_ARRAY_IDX(ask->shares, i, wfp_share_t).version_id);
    }
    wfp_json_set_str(obj, "deployment_id", ask->done->id);
    wfp_json_set(obj, "versions", arr);
    return wfp_json_text(obj, p);
}

static apr_status_t insert(wfp_dbd_t *db, ask_t *ask)
{
    wfp_deployment_row_t dep = { .row = &ask->row,
                                 .stamp = ask->done->stamp,
                                 .shares = ask->shares,
                                 .actor = ask->deploy->actor,
                                 .message = ask->deploy->message };
    apr_array_header_t *tags;
    apr_status_t rv;

    rv = wfp_versions_tags(
        &tags, db, APR_ARRAY_IDX(ask->shares, 0, wfp_share_t).version_id);
    if (rv == APR_SUCCESS) {
        dep.tags = tags;
        rv = wfp_deployments_insert(db, &dep);
    }
    return rv == APR_SUCCESS
               ? note_deployed(db, ask, wfp_dbd_num(db, dep.stamp))
               : rv;
}

static apr_status_t add_deployment(wfp_dbd_t *db, void *baton)
{
    ask_t *ask = baton;
    const wfp_rollout_t *deploy = ask->deploy;
    wfp_change_t change = { 0, WFP_CHANGE_SCRIPT, deploy->ns, deploy->name, 0 };
    apr_status_t rv = wfp_changes_take(&change.stamp, db);

    ask->shares = apr_array_make(db->pool, WFP_SPLIT_MAX, sizeof(wfp_share_t));
    if (rv == APR_SUCCESS) {
        rv = wfp_scripts_need(&ask->row, db, deploy->ns, deploy->name);
    }
    if (rv == APR_SUCCESS) {
        rv = wfp_versions_match(db, &ask->row, deploy->if_match);
    }
    if (rv == APR_SUCCESS) {
        rv = ask->rollback ? find_earlier(db, ask) : sort_shares(db, ask);
    }
    if (rv != APR_SUCCESS) {
        return rv;
    }
    ask->done = apr_pcalloc(db->pool, sizeof(*ask->done));
    ask->done->stamp = change.stamp;
    ask->done->id = wfp_deployments_id(change.stamp, db->pool);
    ask->done->created = apr_time_now();
    ask->done->author = deploy->actor->name;
    ask->done->source = deploy->actor->source;
    ask->done->message = deploy->message;
    ask->done->shares = ask->shares;
    rv = insert(db, ask);
    return rv == APR_SUCCESS
               ? wfp_audit_record(db, &change, deploy->actor,
                                  ask->rollback ? "rollback" : "deploy",
                                  details_of(ask, db->pool))
               : rv;
}

static apr_status_t add(wfp_deployment_t **pdeployment, int rollback,
                        wfp_store_t *store, const wfp_rollout_t *deploy,
                        wfp_result_t *res, apr_pool_t *p)
{
    ask_t ask = { .deploy = deploy, .rollback = rollback };
    apr_status_t rv = wfp_dbd_run(store, WFP_DBD_WRITE, add_deployment, &ask,
                                  res, p);

    if (rv == APR_SUCCESS) {
        *pdeployment = ask.done;
    }
    return rv;
}

apr_status_t wfp_deployments_add(wfp_deployment_t **pdeployment,
                                 wfp_store_t *store,
                                 const wfp_rollout_t *deploy, wfp_result_t *res,
                                 apr_pool_t *p)
{
    return add(pdeployment, 0, store, deploy, res, p);
}

apr_status_t wfp_deployments_rollback(wfp_deployment_t **pdeployment,
                                      wfp_store_t *store,
                                      const wfp_rollout_t *deploy,
                                      wfp_result_t *res, apr_pool_t *p)
{
    return add(pdeployment, 1, store, deploy, res, p);
}
