/* SPDX-License-Identifier: Apache-2.0 */
/*
 * References to an account Worker. Called by the API, and by scripts.c before one
 * goes. Only what runs counts: the bindings of versions that are not deployed may
 * name what is gone. What refers to itself does not count.
 */
#include "store/references.h"

#include <apr_strings.h>
#include <string.h>

#include "store/column.h"
#include "store/tx.h"

/* the Workers whose current deployment has a binding */
#define OF_RUNNING                                                             \
    "FROM bindings b JOIN versions v ON v.id = b.version_id "                  \
    "JOIN scripts s ON s.id = v.script_id "                                    \
    "JOIN deployments d ON d.script_id = s.id AND d.stamp = s.stamp "          \
    "AND d.version_id = v.id JOIN namespaces n ON n.id = s.ns_id "

typedef struct ask_t {
    const char *name;
    apr_array_header_t *list;
} ask_t;

/* Rows (namespace, Worker, binding). */
static void add_bindings(apr_array_header_t *list,
                         const apr_array_header_t *rows)
{
    int i;

    for (i = 0; i < rows->nelts; i++) {
        const char **row = APR_ARRAY_IDX(rows, i, const char **);
        wfp_reference_t *ref = apr_array_push(list);

        ref->ns = row[0];
        ref->name = row[1];
        ref->binding = row[2];
        ref->target = NULL;
    }
}

static apr_status_t add_services(wfp_dbd_t *db, ask_t *ask)
{
    static const wfp_sql_t services = {
        "references_services",
        "SELECT DISTINCT n.name, s.name, b.name " OF_RUNNING
        "WHERE b.kind = 'service' AND b.target = %s "
        "AND NOT (n.id = '' AND s.name = %s) "
        "ORDER BY n.name, s.name, b.name LIMIT %lld"
    };
    apr_array_header_t *rows;
    apr_status_t rv = wfp_dbd_rows(&rows, db, &services, 3,
                                   DBD_ARGS(ask->name, ask->name,
                                            wfp_dbd_num(db,
                                                        WFP_REFERENCES_MAX)));

    if (rv == APR_SUCCESS) {
        add_bindings(ask->list, rows);
    }
    return rv;
}

/* Of rows (namespace, Worker, namespace it dispatches into, outbound) those
 * whose outbound Worker it is. */
static apr_status_t add_outbounds(wfp_dbd_t *db, ask_t *ask,
                                  const wfp_sql_t *sql)
{
    apr_array_header_t *rows;
    wfp_outbound_t outbound;
    int i, told = 0;
    apr_status_t rv = wfp_dbd_rows(&rows, db, sql, 4, NULL);

    for (i = 0;
         rv == APR_SUCCESS && i < rows->nelts && told < WFP_REFERENCES_MAX;
         i++) {
        const char **row = APR_ARRAY_IDX(rows, i, const char **);

        if (!*row[0] && !strcmp(row[1], ask->name)) {
            continue;
        }
        memset(&outbound, 0, sizeof(outbound));
        rv = wfp_column_read_outbound(&outbound, row[3], db->res, db->pool);
        if (rv == APR_SUCCESS && outbound.service
            && strcmp(outbound.service, ask->name) == 0) {
            wfp_reference_t *ref = apr_array_push(ask->list);

            ref->ns = row[0];
            ref->name = row[1];
            ref->binding = NULL;
            ref->target = row[2];
            told++;
        }
    }
    return rv;
}

static apr_status_t add_bindings_and_outbounds(wfp_dbd_t *db, ask_t *ask)
{
    static const wfp_sql_t dispatchers = {
        "references_dispatchers",
        "SELECT DISTINCT n.name, s.name, b.target, b.outbound " OF_RUNNING
        "WHERE b.kind = 'dispatch_namespace' AND b.outbound <> '{}' "
        "ORDER BY n.name, s.name, b.target"
    };
    static const wfp_sql_t namespaces = {
        "references_namespaces",
        "SELECT n.name, '', n.name, n.outbound FROM namespaces n "
        "WHERE n.id <> '' AND n.outbound <> '{}' ORDER BY n.name"
    };
    apr_status_t rv = add_services(db, ask);

    if (rv == APR_SUCCESS) {
        rv = add_outbounds(db, ask, &dispatchers);
    }
    return rv == APR_SUCCESS ? add_outbounds(db, ask, &namespaces) : rv;
}

static apr_status_t list_references(wfp_dbd_t *db, void *baton)
{
    ask_t *ask = baton;
    wfp_script_row_t row;
    apr_status_t rv = wfp_scripts_need(&row, db, WFP_ACCOUNT_NS, ask->name);

    ask->list = apr_array_make(db->pool, 4, sizeof(wfp_reference_t));
    return rv == APR_SUCCESS ? add_bindings_and_outbounds(db, ask) : rv;
}

apr_status_t wfp_references_list(apr_array_header_t **plist, wfp_store_t *store,
                                 const char *name, wfp_result_t *res,
                                 apr_pool_t *p)
{
    ask_t ask = { .name = name };
    apr_status_t rv = wfp_dbd_run(store, WFP_DBD_SNAPSHOT, list_references,
                                  &ask, res, p);

    if (rv == APR_SUCCESS) {
        *plist = ask.list;
    }
    return rv;
}

/* Rows (namespace, Worker). */
static apr_status_t add_tails_of(wfp_dbd_t *db, const ask_t *ask,
                                 const wfp_sql_t *sql)
{
    apr_array_header_t *rows;
    int i;
    apr_status_t rv = wfp_dbd_rows(&rows, db, sql, 2,
                                   DBD_ARGS(ask->name,
                                            wfp_dbd_num(db,
                                                        WFP_REFERENCES_MAX)));

    for (i = 0; rv == APR_SUCCESS && i < rows->nelts; i++) {
        const char **row = APR_ARRAY_IDX(rows, i, const char **);
        wfp_reference_t *ref = apr_array_push(ask->list);

        memset(ref, 0, sizeof(*ref));
        ref->ns = row[0];
        ref->name = row[1];
    }
    return rv;
}

static apr_status_t add_tails(wfp_dbd_t *db, const ask_t *ask)
{
    static const wfp_sql_t scripts = { "references_tails",
                                       WFP_REFERENCES_TAILS("%s", "%lld") };
    static const wfp_sql_t namespaces = {
        "references_tails_ns", WFP_REFERENCES_TAILS_NS("%s", "%lld")
    };
    apr_status_t rv = add_tails_of(db, ask, &scripts);

    return rv == APR_SUCCESS ? add_tails_of(db, ask, &namespaces) : rv;
}

static apr_status_t list_tails(wfp_dbd_t *db, void *baton)
{
    ask_t *ask = baton;
    wfp_script_row_t row;
    apr_status_t rv = wfp_scripts_need(&row, db, WFP_ACCOUNT_NS, ask->name);

    ask->list = apr_array_make(db->pool, 4, sizeof(wfp_reference_t));
    return rv == APR_SUCCESS ? add_tails(db, ask) : rv;
}

apr_status_t wfp_references_tails(apr_array_header_t **plist,
                                  wfp_store_t *store, const char *name,
                                  wfp_result_t *res, apr_pool_t *p)
{
    ask_t ask = { .name = name };
    apr_status_t rv = wfp_dbd_run(store, WFP_DBD_SNAPSHOT, list_tails, &ask,
                                  res, p);

    if (rv == APR_SUCCESS) {
        *plist = ask.list;
    }
    return rv;
}

/* ---- in use ------------------------------------------------------------------- */

#define NAMED_MAX 5

/* "NS/NAME", "NAME" of an account Worker, "namespace NS". */
static const char *who(const wfp_reference_t *ref, apr_pool_t *p)
{
    return !*ref->name ? apr_pstrcat(p, "namespace ", ref->ns, NULL)
           : !*ref->ns ? ref->name
                       : apr_pstrcat(p, ref->ns, "/", ref->name, NULL);
}

static const char *what(const wfp_reference_t *ref, apr_pool_t *p)
{
    const char *name = who(ref, p);

    if (ref->binding) {
        return apr_pstrcat(p, name, " (binding ", ref->binding, ")", NULL);
    }
    if (!ref->target) {
        return apr_pstrcat(p, name, " (its tail consumer)", NULL);
    }
    return *ref->name ? apr_pstrcat(p, name, " (its outbound Worker for ",
                                    ref->target, ")", NULL)
                      : apr_pstrcat(p, name, " (its outbound Worker)", NULL);
}

/* Texts of the first of them. */
static void name_some(apr_array_header_t *texts, const apr_array_header_t *list,
                      apr_pool_t *p)
{
    int i;

    for (i = 0; i < list->nelts && texts->nelts <= NAMED_MAX; i++) {
        APR_ARRAY_PUSH(texts,
                       const char *) = what(&APR_ARRAY_IDX(list, i,
                                                           wfp_reference_t),
                                            p);
    }
}

/* The queues whose consumer it is. */
static apr_status_t name_queues(apr_array_header_t *texts, wfp_dbd_t *db,
                                const char *script_id)
{
    static const wfp_sql_t queues = {
        "references_queues",
        "SELECT q.name FROM queue_consumers c "
        "JOIN queues q ON q.id = c.queue_id WHERE c.script_id = %s "
        "ORDER BY q.name LIMIT %lld"
    };
    apr_array_header_t *rows;
    int i;
    apr_status_t rv = wfp_dbd_rows(&rows, db, &queues, 1,
                                   DBD_ARGS(script_id,
                                            wfp_dbd_num(db, NAMED_MAX + 1)));

    for (i = 0; rv == APR_SUCCESS && i < rows->nelts; i++) {
        APR_ARRAY_PUSH(texts, const char *) = apr_pstrcat(
            db->pool, "queue ", *APR_ARRAY_IDX(rows, i, const char **),
            " (its consumer)", NULL);
    }
    return rv;
}

static apr_status_t refuse(wfp_dbd_t *db, const char *name,
                           const apr_array_header_t *texts)
{
    const char *some = "";
    int i;

    for (i = 0; i < texts->nelts && i < NAMED_MAX; i++) {
        some = apr_pstrcat(db->pool, some, i ? ", " : "",
                           APR_ARRAY_IDX(texts, i, const char *), NULL);
    }
    return wfp_result_about(
        db->res, WFP_ABOUT_USERS,
        wfp_result_set(db->res, WFP_CONFLICT, APR_EBUSY,
                       "Worker %s is still in use by %s%s: to delete it "
                       "nevertheless needs force",
                       name, some, i < texts->nelts ? " and others" : ""));
}

apr_status_t wfp_references_need_none(wfp_dbd_t *db, const char *name,
                                      const char *script_id)
{
    ask_t ask = { .name = name };
    apr_array_header_t *texts = apr_array_make(db->pool, NAMED_MAX + 1,
                                               sizeof(const char *));
    apr_status_t rv;

    ask.list = apr_array_make(db->pool, 4, sizeof(wfp_reference_t));
    rv = add_bindings_and_outbounds(db, &ask);
    if (rv == APR_SUCCESS) {
        rv = add_tails(db, &ask);
    }
    name_some(texts, ask.list, db->pool);
    if (rv == APR_SUCCESS) {
        rv = name_queues(texts, db, script_id);
    }
    return rv == APR_SUCCESS && texts->nelts > 0 ? refuse(db, name, texts) : rv;
}

/* ---- has it? ------------------------------------------------------------------ */

typedef struct has_t {
    const char *ns;
    const char *kind;
    const char *target;
    int has;
} has_t;

static apr_status_t find_binding(wfp_dbd_t *db, void *baton)
{
    static const wfp_sql_t find = {
        "references_has",
        "SELECT b.name FROM bindings b JOIN versions v ON v.id = b.version_id "
        "JOIN scripts s ON s.id = v.script_id "
        "JOIN namespaces n ON n.id = s.ns_id "
        "WHERE b.kind = %s AND b.target = %s AND n.name = %s LIMIT 1"
    };
    has_t *ask = baton;
    const char **row;
    apr_status_t rv = wfp_dbd_row(&row, db, &find, 1,
                                  DBD_ARGS(ask->kind, ask->target, ask->ns));

    ask->has = rv == APR_SUCCESS && row;
    return rv;
}

apr_status_t wfp_references_has(int *phas, wfp_store_t *store, const char *ns,
                                wfp_binding_e kind, const char *target,
                                wfp_result_t *res, apr_pool_t *p)
{
    has_t ask = { wfp_column_text(ns, p), wfp_binding_kind_name(kind),
                  wfp_column_text(target, p), 0 };
    apr_status_t rv = wfp_dbd_run(store, WFP_DBD_PLAIN, find_binding, &ask, res,
                                  p);

    *phas = ask.has;
    return rv;
}

/* ---- users -------------------------------------------------------------------- */

typedef struct users_t {
    const char *kind;
    const char *target;
    apr_array_header_t *list;
} users_t;

static apr_status_t list_users(wfp_dbd_t *db, void *baton)
{
    static const wfp_sql_t users = {
        "references_users", "SELECT DISTINCT n.name, s.name, b.name " OF_RUNNING
                            "WHERE b.kind = %s AND b.target = %s "
                            "ORDER BY n.name, s.name, b.name LIMIT %lld"
    };
    users_t *ask = baton;
    apr_array_header_t *rows;
    apr_status_t rv = wfp_dbd_rows(&rows, db, &users, 3,
                                   DBD_ARGS(ask->kind, ask->target,
                                            wfp_dbd_num(db,
                                                        WFP_REFERENCES_MAX)));

    ask->list = apr_array_make(db->pool, 4, sizeof(wfp_reference_t));
    if (rv == APR_SUCCESS) {
        add_bindings(ask->list, rows);
    }
    return rv;
}

apr_status_t wfp_references_users(apr_array_header_t **plist,
                                  wfp_store_t *store, wfp_binding_e kind,
                                  const char *target, wfp_result_t *res,
                                  apr_pool_t *p)
{
    users_t ask = { wfp_binding_kind_name(kind), wfp_column_text(target, p),
                    NULL };
    apr_status_t rv = wfp_dbd_run(store, WFP_DBD_PLAIN, list_users, &ask, res,
                                  p);

    *plist = ask.list;
    return rv;
}
