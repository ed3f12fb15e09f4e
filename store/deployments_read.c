/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Deployments as they are: those of a Worker, and what it runs. Called by wfpctl,
 * the API and the server's loader.
 */
#include <apr_strings.h>

#include "store/column.h"
#include "store/deployments.h"
#include "store/tx.h"

const char *wfp_deployments_id(apr_int64_t stamp, apr_pool_t *p)
{
    /* the custom kind of UUIDs, version 8 */
    return apr_psprintf(p, "00000000-0000-8000-8000-%012" APR_UINT64_T_HEX_FMT,
                        (apr_uint64_t)stamp);
}

apr_status_t wfp_deployments_width(int *pcount, wfp_dbd_t *db,
                                   const wfp_script_row_t *script)
{
    static const wfp_sql_t get = { "deployments_width",
                                   "SELECT count(*) FROM deployments "
                                   "WHERE script_id = %s AND stamp = %lld" };
    const char **row;
    apr_status_t rv = wfp_dbd_row(&row, db, &get, 1,
                                  DBD_ARGS(script->id,
                                           wfp_dbd_num(db, script->stamp)));

    if (rv == APR_SUCCESS) {
        *pcount = row ? (int)wfp_dbd_int(row[0]) : 0;
    }
    return rv;
}

typedef struct list_t {
    const char *ns;
    const char *name;
    int limit;
    apr_array_header_t *list;
} list_t;

static void add_row(list_t *ask, const char **row, apr_pool_t *p)
{
    apr_int64_t stamp = wfp_dbd_int(row[0]);
    int n = ask->list->nelts;
    wfp_deployment_t *dep = n ? APR_ARRAY_IDX(ask->list, n - 1,
                                              wfp_deployment_t *)
                              : NULL;
    wfp_share_t *share;

    if (!dep || dep->stamp != stamp) {
        if (n == ask->limit) {
            return;
        }
        dep = apr_pcalloc(p, sizeof(*dep));
        dep->stamp = stamp;
        dep->id = wfp_deployments_id(stamp, p);
        dep->created = wfp_dbd_int(row[3]);
        dep->author = row[4];
        dep->source = row[5];
        dep->message = row[6];
        dep->shares = apr_array_make(p, 2, sizeof(wfp_share_t));
        APR_ARRAY_PUSH(ask->list, wfp_deployment_t *) = dep;
    }
    share = apr_array_push(dep->shares);
    share->version_id = row[1];
    share->share = (int)wfp_dbd_int(row[2]);
}

static apr_status_t list_deployments(wfp_dbd_t *db, void *baton)
{
    static const wfp_sql_t select = {
        "deployments_list",
        "SELECT d.stamp, d.version_id, d.percent, d.created, d.author, "
        "d.source, d.message FROM deployments d "
        "LEFT JOIN versions v ON v.id = d.version_id "
        "WHERE d.script_id = %s ORDER BY d.stamp DESC, v.number DESC "
        "LIMIT %lld"
    };
    list_t *ask = baton;
    wfp_script_row_t script;
    apr_array_header_t *rows;
    int i, most = ask->limit < 1000 ? ask->limit : 1000;
    apr_status_t rv = wfp_scripts_need(&script, db, ask->ns, ask->name);

    if (rv == APR_SUCCESS) {
        rv = wfp_dbd_rows(&rows, db, &select, 7,
                          DBD_ARGS(script.id,
                                   wfp_dbd_num(db, most * WFP_SPLIT_MAX)));
    }
    ask->list = apr_array_make(db->pool, 8, sizeof(wfp_deployment_t *));
    for (i = 0; rv == APR_SUCCESS && i < rows->nelts; i++) {
        add_row(ask, APR_ARRAY_IDX(rows, i, const char **), db->pool);
    }
    return rv;
}

apr_status_t wfp_deployments_list(apr_array_header_t **plist,
                                  wfp_store_t *store, const char *ns,
                                  const char *name, int limit,
                                  wfp_result_t *res, apr_pool_t *p)
{
    list_t ask = { ns, name, limit };
    apr_status_t rv = wfp_dbd_run(store, WFP_DBD_SNAPSHOT, list_deployments,
                                  &ask, res, p);

    *plist = ask.list;
    return rv;
}

typedef struct run_t {
    const char *ns;
    const char *name;
    wfp_running_t *running;
} run_t;

static apr_status_t get_running(wfp_dbd_t *db, void *baton)
{
    static const wfp_sql_t select = {
        "deployments_running",
        "SELECT d.version_id, d.percent FROM deployments d "
        "JOIN scripts s ON s.id = d.script_id AND s.stamp = d.stamp "
        "JOIN namespaces n ON n.id = s.ns_id "
        "JOIN versions v ON v.id = d.version_id "
        "WHERE n.name = %s AND s.name = %s ORDER BY v.number DESC"
    };
    run_t *ask = baton;
    wfp_running_t *running = ask->running;
    apr_array_header_t *rows;
    wfp_head_t head;
    int i;
    apr_status_t rv = wfp_versions_head(&head, db, ask->ns, ask->name);

    if (rv == APR_SUCCESS) {
        running->script = head.script;
        rv = wfp_dbd_rows(&rows, db, &select, 2, DBD_ARGS(ask->ns, ask->name));
    }
    if (rv != APR_SUCCESS || rows->nelts < 2) {
        running->shares = NULL;
        return rv == APR_SUCCESS
                   ? wfp_modules_read(head.script, db, head.code_id)
                   : rv;
    }
    running->shares = apr_array_make(db->pool, rows->nelts,
                                     sizeof(wfp_share_t));
    for (i = 0; i < rows->nelts; i++) {
        const char **row = APR_ARRAY_IDX(rows, i, const char **);
        wfp_share_t *share = apr_array_push(running->shares);

        share->version_id = row[0];
        share->share = (int)wfp_dbd_int(row[1]);
    }
    return rv;
}

apr_status_t wfp_deployments_running(wfp_running_t *running, wfp_store_t *store,
                                     const char *ns, const char *name,
                                     wfp_result_t *res, apr_pool_t *p)
{
    run_t ask = { ns, name, running };

    return wfp_dbd_run(store, WFP_DBD_SNAPSHOT, get_running, &ask, res, p);
}
