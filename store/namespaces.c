/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Dispatch namespaces, as they change; how they are read is namespaces_read.c's.
 * Called by wfpctl and the API. The row with the empty name is the home of
 * account scripts: never listed, never deleted.
 */
#include "store/namespaces.h"

#include <apr_strings.h>
#include <string.h>

#include "core/crypto.h"
#include "core/name.h"
#include "store/column.h"
#include "store/tx.h"

typedef struct ask_t {
    const char *name;
    wfp_namespace_t *ns;
    apr_int64_t stamp;
    const wfp_match_t *match;
    const wfp_actor_t *actor;
    char id[WFP_UUID_SIZE];
} ask_t;

static apr_status_t missing(wfp_result_t *res, const char *name)
{
    return wfp_result_set(res, WFP_NOT_FOUND, APR_NOTFOUND,
                          "there is no dispatch namespace '%s'", name);
}

apr_status_t wfp_namespaces_id(const char **pid, wfp_dbd_t *db,
                               const char *name)
{
    static const wfp_sql_t get = {
        "namespaces_id", "SELECT id FROM namespaces WHERE name = %s"
    };
    const char **row;
    apr_status_t rv = wfp_dbd_row(&row, db, &get, 1, DBD_ARGS(name));

    if (rv == APR_SUCCESS) {
        *pid = row ? row[0] : NULL;
    }
    return rv;
}

apr_status_t wfp_namespaces_need(const char **pid, wfp_dbd_t *db,
                                 const char *name)
{
    apr_status_t rv = wfp_namespaces_id(pid, db, name);

    return rv == APR_SUCCESS && !*pid ? missing(db->res, name) : rv;
}

/* --- writing ------------------------------------------------------------- */

static apr_status_t record(wfp_dbd_t *db, const ask_t *ask, const char *action)
{
    wfp_change_t change = { ask->stamp, WFP_CHANGE_NAMESPACE, ask->name, "",
                            strcmp(action, "delete") == 0 };

    return wfp_audit_record(db, &change, ask->actor, action, NULL);
}

static const char *tail_text(const wfp_namespace_t *ns)
{
    return ns->tail_consumers && *ns->tail_consumers ? ns->tail_consumers
                                                     : "[]";
}

static apr_status_t create_namespace(wfp_dbd_t *db, void *baton)
{
    static const wfp_sql_t insert = {
        "namespaces_insert",
        "INSERT INTO namespaces (id, name, stamp, created, modified, trusted, "
        "egress, limits, outbound, egress_allow, egress_deny, tail_consumers) "
        "VALUES (%s, %s, %lld, %lld, %lld, %d, %s, %s, %s, %s, %s, %s) "
        "ON CONFLICT (name) DO NOTHING"
    };
    ask_t *ask = baton;
    wfp_namespace_t *ns = ask->ns;
    const char *now;
    int n;
    apr_status_t rv = wfp_changes_take(&ask->stamp, db);

    if (rv == APR_SUCCESS) {
        rv = wfp_tail_consumers_check_ns(db, ns);
    }
    if (rv != APR_SUCCESS) {
        return rv;
    }
    ns->created = ns->modified = apr_time_now();
    now = wfp_dbd_num(db, ns->created);
    rv = wfp_dbd_exec(&n, db, &insert,
                      DBD_ARGS(ask->id, ns->name, wfp_dbd_num(db, ask->stamp),
                               now, now, ns->trusted_workers ? "1" : "0",
                               wfp_script_egress_word(ns->egress),
                               wfp_column_limits(&ns->limits, db->pool),
                               wfp_column_outbound(&ns->outbound, db->pool),
                               wfp_column_names(ns->egress_allow, db->pool),
                               wfp_column_names(ns->egress_deny, db->pool),
                               tail_text(ns)));
    if (rv == APR_SUCCESS && n == 0) {
        return wfp_result_set(db->res, WFP_CONFLICT, APR_EEXIST,
                              "there is a dispatch namespace '%s' already",
                              ns->name);
    }
    if (rv == APR_SUCCESS) {
        rv = wfp_tail_consumers_turn_ns(db, ns->name, ns->tail_consumers);
    }
    if (rv == APR_SUCCESS) {
        rv = wfp_data_points_orphan(db, ns->name);
    }
    return rv == APR_SUCCESS ? record(db, ask, "create") : rv;
}

apr_status_t wfp_namespaces_create(wfp_store_t *store, wfp_namespace_t *ns,
                                   const wfp_actor_t *actor, wfp_result_t *res,
                                   apr_pool_t *p)
{
    ask_t ask = { .name = ns->name, .ns = ns, .actor = actor };
    apr_status_t rv;

    if (!wfp_name_is_valid(ns->name, strlen(ns->name))) {
        return wfp_result_set(res, WFP_INVALID, APR_EINVAL,
                              "a name has 1 to 63 of A-Z a-z 0-9 _ -");
    }
    rv = wfp_crypto_uuid(ask.id);
    if (rv != APR_SUCCESS) {
        return wfp_result_set(res, WFP_INTERNAL, rv, "no random bytes");
    }
    rv = wfp_dbd_run(store, WFP_DBD_WRITE, create_namespace, &ask, res, p);
    if (rv == APR_SUCCESS) {
        ns->id = apr_pstrdup(p, ask.id);
        ns->stamp = ask.stamp;
    }
    return rv;
}

apr_status_t wfp_namespaces_write(wfp_dbd_t *db, wfp_namespace_t *ns,
                                  apr_int64_t stamp)
{
    static const wfp_sql_t update = {
        "namespaces_update",
        "UPDATE namespaces SET stamp = %lld, modified = %lld, trusted = %d, "
        "egress = %s, limits = %s, outbound = %s, egress_allow = %s, "
        "egress_deny = %s, tail_consumers = %s "
        "WHERE name = %s AND id <> ''"
    };
    int n;
    apr_status_t rv = wfp_tail_consumers_check_ns(db, ns);

    if (rv != APR_SUCCESS) {
        return rv;
    }
    ns->modified = apr_time_now();
    rv = wfp_dbd_exec(&n, db, &update,
                      DBD_ARGS(wfp_dbd_num(db, stamp),
                               wfp_dbd_num(db, ns->modified),
                               ns->trusted_workers ? "1" : "0",
                               wfp_script_egress_word(ns->egress),
                               wfp_column_limits(&ns->limits, db->pool),
                               wfp_column_outbound(&ns->outbound, db->pool),
                               wfp_column_names(ns->egress_allow, db->pool),
                               wfp_column_names(ns->egress_deny, db->pool),
                               tail_text(ns), ns->name));
    if (rv == APR_SUCCESS && n == 0) {
        return missing(db->res, ns->name);
    }
    return rv == APR_SUCCESS
               ? wfp_tail_consumers_turn_ns(db, ns->name, ns->tail_consumers)
               : rv;
}

static apr_status_t update_namespace(wfp_dbd_t *db, void *baton)
{
    ask_t *ask = baton;
    apr_status_t rv = wfp_changes_take(&ask->stamp, db);

    if (rv == APR_SUCCESS) {
        rv = wfp_namespaces_check(db, ask->name, ask->match);
    }
    if (rv == APR_SUCCESS) {
        rv = wfp_namespaces_write(db, ask->ns, ask->stamp);
    }
    return rv == APR_SUCCESS ? record(db, ask, "update") : rv;
}

apr_status_t wfp_namespaces_update(wfp_store_t *store, wfp_namespace_t *ns,
                                   const wfp_match_t *match,
                                   const wfp_actor_t *actor, wfp_result_t *res,
                                   apr_pool_t *p)
{
    ask_t ask = { .name = ns->name, .ns = ns, .match = match, .actor = actor };
    apr_status_t rv = wfp_dbd_run(store, WFP_DBD_WRITE, update_namespace, &ask,
                                  res, p);

    if (rv == APR_SUCCESS) {
        ns->stamp = ask.stamp;
    }
    return rv;
}

static apr_status_t delete_namespace(wfp_dbd_t *db, void *baton)
{
    static const wfp_sql_t delete = {
        "namespaces_delete",
        "DELETE FROM namespaces WHERE name = %s AND id <> ''"
    };
    ask_t *ask = baton;
    int n;
    apr_status_t rv = wfp_changes_take(&ask->stamp, db);

    if (rv == APR_SUCCESS) {
        rv = wfp_namespaces_check(db, ask->name, ask->match);
    }
    if (rv == APR_SUCCESS) {
        rv = wfp_log_records_lose_all(db, ask->name);
    }
    if (rv == APR_SUCCESS) {
        rv = wfp_dbd_exec(&n, db, &delete, DBD_ARGS(ask->name));
    }
    if (rv == APR_SUCCESS && n == 0) {
        return missing(db->res, ask->name);
    }
    return rv == APR_SUCCESS ? record(db, ask, "delete") : rv;
}

apr_status_t wfp_namespaces_delete(apr_int64_t *pstamp, wfp_store_t *store,
                                   const char *name, const wfp_match_t *match,
                                   const wfp_actor_t *actor, wfp_result_t *res,
                                   apr_pool_t *p)
{
    ask_t ask = { .name = name, .match = match, .actor = actor };
    apr_status_t rv = wfp_dbd_run(store, WFP_DBD_WRITE, delete_namespace, &ask,
                                  res, p);

    if (rv == APR_SUCCESS) {
        *pstamp = ask.stamp;
    }
    return rv;
}
