/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The log of changes: one number and one row a mutation, without gaps. Written
 * by the other nouns inside their transactions, read by the server's sync. It
 * must not know what a change means.
 */
#include "store/changes.h"

#include <string.h>

#include "store/tx.h"

/* rows kept: a server that was away for longer forgets what it knows */
#define CHANGES_KEPT 100000
/* pruning every so many changes is enough */
#define PRUNE_EVERY 64

static const char *const kind_names[] = {
    [WFP_CHANGE_SCRIPT] = "script",   [WFP_CHANGE_NAMESPACE] = "namespace",
    [WFP_CHANGE_VERSION] = "version", [WFP_CHANGE_HOSTNAME] = "hostname",
    [WFP_CHANGE_TOKEN] = "token",     [WFP_CHANGE_KV] = "kv_namespace",
    [WFP_CHANGE_D1] = "d1_database",  [WFP_CHANGE_QUEUE] = "queue",
    [WFP_CHANGE_KEY] = "key",         [WFP_CHANGE_RENUMBERED] = "renumbered",
    [WFP_CHANGE_R2] = "r2_bucket",    [WFP_CHANGE_KV_VALUE] = "kv_value",
};

const char *wfp_changes_kind_name(wfp_change_e kind)
{
    return kind_names[kind];
}

static wfp_change_e kind_by_name(const char *name)
{
    int kind = WFP_CHANGE_COUNT - 1;

    while (kind > 0 && strcmp(name, kind_names[kind]) != 0) {
        kind--;
    }
    return (wfp_change_e)kind;
}

apr_status_t wfp_changes_take(apr_int64_t *pstamp, wfp_dbd_t *db)
{
    static const wfp_sql_t take = { "changes_take",
                                    "UPDATE counters SET value = value + 1 "
                                    "WHERE name = 'changes' RETURNING value" };
    const char **row;
    apr_status_t rv = wfp_dbd_row(&row, db, &take, 1, NULL);

    if (rv != APR_SUCCESS) {
        return rv;
    }
    if (!row) {
        return wfp_result_set(db->res, WFP_INTERNAL, APR_EGENERAL,
                              "the store has no counter of changes");
    }
    *pstamp = wfp_dbd_int(row[0]);
    return APR_SUCCESS;
}

apr_status_t wfp_changes_record(wfp_dbd_t *db, const wfp_change_t *change)
{
    static const wfp_sql_t insert = {
        "changes_insert",
        "INSERT INTO changes (stamp, kind, ns, name, deleted, created) "
        "VALUES (%lld, %s, %s, %s, %d, %lld)"
    };
    static const wfp_sql_t prune = {
        "changes_prune", "DELETE FROM changes WHERE stamp <= %lld"
    };
    apr_status_t rv;

    rv = wfp_dbd_exec(NULL, db, &insert,
                      DBD_ARGS(wfp_dbd_num(db, change->stamp),
                               kind_names[change->kind], change->ns,
                               change->name, change->deleted ? "1" : "0",
                               wfp_dbd_num(db, apr_time_now())));
    if (rv == APR_SUCCESS && change->stamp % PRUNE_EVERY == 0) {
        rv = wfp_dbd_exec(NULL, db, &prune,
                          DBD_ARGS(
                              wfp_dbd_num(db, change->stamp - CHANGES_KEPT)));
    }
    return rv;
}

typedef struct since_t {
    apr_array_header_t **plist;
    apr_int64_t *platest;
    int *plost;
    apr_int64_t since;
    int max;
} since_t;

apr_status_t wfp_changes_number(apr_int64_t *pnumber, wfp_dbd_t *db)
{
    static const wfp_sql_t latest = {
        "changes_latest", "SELECT value FROM counters WHERE name = 'changes'"
    };
    const char **row;
    apr_status_t rv = wfp_dbd_row(&row, db, &latest, 1, NULL);

    if (rv == APR_SUCCESS) {
        *pnumber = row ? wfp_dbd_int(row[0]) : 0;
    }
    return rv;
}

static apr_status_t read_latest(wfp_dbd_t *db, void *baton)
{
    since_t *ask = baton;

    return wfp_changes_number(ask->platest, db);
}

static apr_status_t read_since(wfp_dbd_t *db, void *baton)
{
    static const wfp_sql_t first = {
        "changes_first", "SELECT COALESCE(min(stamp), 0) FROM changes"
    };
    static const wfp_sql_t list = {
        "changes_list", "SELECT stamp, kind, ns, name, deleted FROM changes "
                        "WHERE stamp > %lld ORDER BY stamp LIMIT %lld"
    };
    since_t *ask = baton;
    apr_array_header_t *rows;
    const char **row;
    int i;
    apr_status_t rv = read_latest(db, ask);

    if (rv == APR_SUCCESS) {
        rv = wfp_dbd_row(&row, db, &first, 1, NULL);
    }
    if (rv != APR_SUCCESS) {
        return rv;
    }
    /* a number from the future: the database is an older copy */
    *ask->plost = ask->since > *ask->platest
                  || wfp_dbd_int(row[0]) > ask->since + 1;
    rv = wfp_dbd_rows(&rows, db, &list, 5,
                      DBD_ARGS(wfp_dbd_num(db, ask->since),
                               wfp_dbd_num(db, ask->max)));
    if (rv != APR_SUCCESS) {
        return rv;
    }
    *ask->plist = apr_array_make(db->pool, rows->nelts + 1,
                                 sizeof(wfp_change_t));
    for (i = 0; i < rows->nelts; i++) {
        wfp_change_t *change = apr_array_push(*ask->plist);

        row = APR_ARRAY_IDX(rows, i, const char **);
        change->stamp = wfp_dbd_int(row[0]);
        change->kind = kind_by_name(row[1]);
        change->ns = row[2];
        change->name = row[3];
        change->deleted = row[4][0] == '1';
    }
    return APR_SUCCESS;
}

apr_status_t wfp_changes_since(apr_array_header_t **plist, apr_int64_t *platest,
                               int *plost, wfp_store_t *store,
                               apr_int64_t since, int max, wfp_result_t *res,
                               apr_pool_t *p)
{
    since_t ask = { plist, platest, plost, since, max };
    apr_status_t rv;

    /* asked four times a second: mostly nothing happened */
    rv = wfp_dbd_run(store, WFP_DBD_PLAIN, read_latest, &ask, res, p);
    if (rv == APR_SUCCESS && *platest == since) {
        *plist = apr_array_make(p, 1, sizeof(wfp_change_t));
        *plost = 0;
        return APR_SUCCESS;
    }
    if (rv == APR_SUCCESS) {
        rv = wfp_dbd_run(store, WFP_DBD_SNAPSHOT, read_since, &ask, res, p);
    }
    return rv;
}
