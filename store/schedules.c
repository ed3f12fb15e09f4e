/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Schedules of Workers. Called by the API. Their runs are schedule_runs.c's; here
 * they are only shown.
 */
#include "store/schedules.h"

#include <string.h>

#include "core/cron.h"
#include "store/dbclock.h"
#include "store/tx.h"

typedef struct ask_t {
    const char *ns;
    const char *name;
    const apr_array_header_t *crons;
    const wfp_match_t *match;
    const wfp_actor_t *actor;
    apr_array_header_t *list;
} ask_t;

static int is_in(const apr_array_header_t *crons, const char *cron)
{
    int i;

    for (i = 0; i < crons->nelts; i++) {
        if (!strcmp(APR_ARRAY_IDX(crons, i, const char *), cron)) {
            return 1;
        }
    }
    return 0;
}

static apr_status_t read_all(apr_array_header_t **prows, wfp_dbd_t *db,
                             const char *script_id)
{
    static const wfp_sql_t list = {
        "schedules_list", "SELECT cron, created, modified FROM schedules "
                          "WHERE script_id = %s ORDER BY cron"
    };

    return wfp_dbd_rows(prows, db, &list, 3, DBD_ARGS(script_id));
}

static apr_array_header_t *take_all(const apr_array_header_t *rows,
                                    apr_pool_t *p)
{
    apr_array_header_t *list = apr_array_make(p, rows->nelts + 1,
                                              sizeof(wfp_schedule_t *));
    int i;

    for (i = 0; i < rows->nelts; i++) {
        const char **cols = APR_ARRAY_IDX(rows, i, const char **);
        wfp_schedule_t *one = apr_palloc(p, sizeof(*one));

        one->cron = cols[0];
        one->created = wfp_dbd_int(cols[1]);
        one->modified = wfp_dbd_int(cols[2]);
        APR_ARRAY_PUSH(list, wfp_schedule_t *) = one;
    }
    return list;
}

const char *wfp_schedules_etag(const apr_array_header_t *list, apr_pool_t *p)
{
    const char **crons = apr_palloc(p, sizeof(char *)
                                           * ((apr_size_t)list->nelts + 1));
    int i;

    for (i = 0; i < list->nelts; i++) {
        crons[i] = APR_ARRAY_IDX(list, i, const wfp_schedule_t *)->cron;
    }
    return wfp_etag_of_texts(crons, list->nelts, p);
}

static apr_status_t remove_others(wfp_dbd_t *db, const ask_t *ask,
                                  const char *script_id)
{
    static const wfp_sql_t remove = {
        "schedules_remove",
        "DELETE FROM schedules WHERE script_id = %s AND cron = %s"
    };
    apr_array_header_t *rows;
    apr_status_t rv = read_all(&rows, db, script_id);
    int i;

    for (i = 0; rv == APR_SUCCESS && i < rows->nelts; i++) {
        const char *cron = APR_ARRAY_IDX(rows, i, const char **)[0];

        if (!is_in(ask->crons, cron)) {
            rv = wfp_dbd_exec(NULL, db, &remove, DBD_ARGS(script_id, cron));
        }
    }
    return rv;
}

static apr_status_t insert_all(wfp_dbd_t *db, const ask_t *ask,
                               const char *script_id)
{
    static const wfp_sql_t insert = {
        "schedules_insert",
        "INSERT INTO schedules (script_id, cron, created, modified, next) "
        "VALUES (%s, %s, %lld, %lld, %lld) "
        "ON CONFLICT (script_id, cron) DO NOTHING"
    };
    apr_int64_t now = 0;
    apr_status_t rv = wfp_dbclock_now(&now, db);
    int i;

    for (i = 0; rv == APR_SUCCESS && i < ask->crons->nelts; i++) {
        const char *text = APR_ARRAY_IDX(ask->crons, i, const char *);
        wfp_cron_t cron;

        rv = wfp_cron_parse(&cron, text, db->res);
        if (rv == APR_SUCCESS) {
            rv = wfp_dbd_exec(NULL, db, &insert,
                              DBD_ARGS(script_id, text, wfp_dbd_num(db, now),
                                       wfp_dbd_num(db, now),
                                       wfp_dbd_num(db,
                                                   wfp_cron_next(&cron, now))));
        }
    }
    return rv;
}

/* Are they what they must be? */
static apr_status_t check(wfp_dbd_t *db, const ask_t *ask,
                          const char *script_id)
{
    apr_array_header_t *rows, *list;
    apr_status_t rv = APR_SUCCESS;

    if (ask->match) {
        rv = read_all(&rows, db, script_id);
        if (rv == APR_SUCCESS) {
            list = take_all(rows, db->pool);
            rv = wfp_etag_check(ask->match, wfp_schedules_etag(list, db->pool),
                                "the list of schedules", db->res);
        }
    }
    return rv;
}

static apr_status_t put_all(wfp_dbd_t *db, void *baton)
{
    const ask_t *ask = baton;
    wfp_change_t change = { 0, WFP_CHANGE_VERSION, ask->ns, ask->name, 0 };
    wfp_script_row_t row;
    apr_status_t rv = wfp_changes_take(&change.stamp, db);

    if (rv == APR_SUCCESS) {
        rv = wfp_scripts_need(&row, db, ask->ns, ask->name);
    }
    if (rv == APR_SUCCESS) {
        rv = check(db, ask, row.id);
    }
    if (rv == APR_SUCCESS) {
        rv = remove_others(db, ask, row.id);
    }
    if (rv == APR_SUCCESS) {
        rv = insert_all(db, ask, row.id);
    }
    return rv == APR_SUCCESS
               ? wfp_audit_record(db, &change, ask->actor, "schedules", NULL)
               : rv;
}

apr_status_t wfp_schedules_put(wfp_store_t *store, const char *ns,
                               const char *name,
                               const apr_array_header_t *crons,
                               const wfp_match_t *match,
                               const wfp_actor_t *actor, wfp_result_t *res,
                               apr_pool_t *p)
{
    ask_t ask = {
        .ns = ns, .name = name, .crons = crons, .match = match, .actor = actor
    };

    return wfp_dbd_run(store, WFP_DBD_WRITE, put_all, &ask, res, p);
}

static apr_status_t list_all(wfp_dbd_t *db, void *baton)
{
    ask_t *ask = baton;
    apr_array_header_t *rows;
    wfp_script_row_t row;
    apr_status_t rv = wfp_scripts_need(&row, db, ask->ns, ask->name);

    if (rv == APR_SUCCESS) {
        rv = read_all(&rows, db, row.id);
    }
    if (rv == APR_SUCCESS) {
        ask->list = take_all(rows, db->pool);
    }
    return rv;
}

apr_status_t wfp_schedules_list(apr_array_header_t **plist, wfp_store_t *store,
                                const char *ns, const char *name,
                                wfp_result_t *res, apr_pool_t *p)
{
    ask_t ask = { .ns = ns, .name = name };
    apr_status_t rv = wfp_dbd_run(store, WFP_DBD_SNAPSHOT, list_all, &ask, res,
                                  p);

    *plist = ask.list;
    return rv;
}

static apr_status_t list_runs(wfp_dbd_t *db, void *baton)
{
    static const wfp_sql_t list = {
        "schedules_runs", "SELECT seq, cron, due, state, attempts, began, "
                          "ended, outcome, error FROM schedule_runs WHERE "
                          "script_id = %s ORDER BY seq DESC LIMIT %lld"
    };
    ask_t *ask = baton;
    apr_array_header_t *rows;
    wfp_script_row_t row;
    apr_status_t rv = wfp_scripts_need(&row, db, ask->ns, ask->name);
    int i;

    ask->list = apr_array_make(db->pool, 8, sizeof(wfp_schedule_run_t *));
    if (rv == APR_SUCCESS) {
        rv = wfp_dbd_rows(&rows, db, &list, 9,
                          DBD_ARGS(row.id,
                                   wfp_dbd_num(db, WFP_SCHEDULE_RUNS_KEPT)));
    }
    for (i = 0; rv == APR_SUCCESS && i < rows->nelts; i++) {
        const char **cols = APR_ARRAY_IDX(rows, i, const char **);
        wfp_schedule_run_t *run = apr_pcalloc(db->pool, sizeof(*run));

        run->seq = wfp_dbd_int(cols[0]);
        run->ns = ask->ns;
        run->name = ask->name;
        run->cron = cols[1];
        run->due = wfp_dbd_int(cols[2]);
        run->state = cols[3];
        run->attempts = wfp_dbd_int(cols[4]);
        run->began = wfp_dbd_int(cols[5]);
        run->ended = wfp_dbd_int(cols[6]);
        run->outcome = cols[7];
        run->error = cols[8];
        APR_ARRAY_PUSH(ask->list, wfp_schedule_run_t *) = run;
    }
    return rv;
}

apr_status_t wfp_schedules_runs(apr_array_header_t **plist, wfp_store_t *store,
                                const char *ns, const char *name,
                                wfp_result_t *res, apr_pool_t *p)
{
    ask_t ask = { .ns = ns, .name = name };
    apr_status_t rv = wfp_dbd_run(store, WFP_DBD_SNAPSHOT, list_runs, &ask, res,
                                  p);

    *plist = ask.list;
    return rv;
}
