/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A new name for a dispatch namespace. Called by the API. Rows know a namespace
 * by its id, but sealed secrets, dispatch_namespace bindings and tokens know it
 * by name. It must not know how secrets are sealed.
 */
#include <apr_strings.h>
#include <string.h>

#include "core/json.h"
#include "core/name.h"
#include "store/changes.h"
#include "store/column.h"
#include "store/namespaces.h"
#include "store/tx.h"

typedef struct ask_t {
    wfp_rename_t *rename;
    const char *from;
    const char *id;
    apr_array_header_t *changes;
} ask_t;

/* The next change: a number of its own, since a number has one row. */
static apr_status_t add_change(wfp_change_t **pchange, ask_t *ask,
                               wfp_dbd_t *db, const char *ns, const char *name)
{
    wfp_change_t *change = apr_array_push(ask->changes);

    change->kind = *name ? WFP_CHANGE_SCRIPT : WFP_CHANGE_NAMESPACE;
    change->ns = ns;
    change->name = name;
    change->deleted = 0;
    *pchange = change;
    return wfp_changes_take(&change->stamp, db);
}

/* Everything known under a name goes: also what was there before under the new
 * one. */
static apr_status_t forget(ask_t *ask, wfp_dbd_t *db, const char *ns)
{
    wfp_change_t *change;
    apr_status_t rv = add_change(&change, ask, db, ns, "");

    change->deleted = 1;
    return rv == APR_SUCCESS ? wfp_changes_record(db, change) : rv;
}

static apr_status_t need_free(wfp_dbd_t *db, const char *name)
{
    const char *id;
    apr_status_t rv = wfp_namespaces_id(&id, db, name);

    return rv == APR_SUCCESS && id
               ? wfp_result_set(db->res, WFP_CONFLICT, APR_EEXIST,
                                "there is a dispatch namespace '%s' already",
                                name)
               : rv;
}

/* --- deployed again ------------------------------------------------------- */

#define OF "(SELECT s.id FROM scripts s WHERE s.ns_id = %s AND s.id LIKE %s) "

/* What the Workers of a namespace (one: script "%" is all) run is deployed
 * again under a newer number, which is what servers and isolates go by. */
static apr_status_t deploy_again(wfp_dbd_t *db, const ask_t *ask,
                                 const char *ns_id, const char *script,
                                 apr_int64_t stamp)
{
    static const wfp_sql_t copy = {
        "rename_deploy",
        "INSERT INTO deployments (script_id, stamp, version_id, percent, "
        "created, author, source, message) "
        "SELECT d.script_id, CAST(%lld AS BIGINT), d.version_id, d.percent, "
        "CAST(%lld AS BIGINT), CAST(%s AS TEXT), CAST(%s AS TEXT), "
        "CAST(%s AS TEXT) FROM deployments d "
        "JOIN scripts c ON c.id = d.script_id AND c.stamp = d.stamp "
        "WHERE c.id IN " OF
    };
    static const wfp_sql_t versions = {
        "rename_versions",
        "UPDATE versions SET deployed = %lld WHERE id IN "
        "(SELECT d.version_id FROM deployments d WHERE d.stamp = %lld "
        "AND d.script_id IN " OF ")"
    };
    static const wfp_sql_t scripts = {
        "rename_scripts", "UPDATE scripts SET stamp = %lld WHERE id IN " OF
    };
    const wfp_actor_t *actor = ask->rename->actor;
    const char *n = wfp_dbd_num(db, stamp);
    apr_status_t rv;

    rv = wfp_dbd_exec(NULL, db, &copy,
                      DBD_ARGS(n, wfp_dbd_num(db, apr_time_now()),
                               wfp_column_text(actor->name, db->pool),
                               wfp_column_text(actor->source, db->pool),
                               apr_pstrcat(db->pool, "Namespace ", ask->from,
                                           " renamed to ", ask->rename->to,
                                           NULL),
                               ns_id, script));
    if (rv == APR_SUCCESS) {
        rv = wfp_dbd_exec(NULL, db, &versions, DBD_ARGS(n, n, ns_id, script));
    }
    return rv == APR_SUCCESS
               ? wfp_dbd_exec(NULL, db, &scripts, DBD_ARGS(n, ns_id, script))
               : rv;
}

/* A change that is only a number, for a version. */
static apr_status_t take_number(apr_int64_t *pstamp, wfp_dbd_t *db,
                                const char *ns)
{
    wfp_change_t change = { 0, WFP_CHANGE_VERSION, ns, "", 0 };
    apr_status_t rv = wfp_changes_take(&change.stamp, db);

    *pstamp = change.stamp;
    return rv == APR_SUCCESS ? wfp_changes_record(db, &change) : rv;
}

/* Versions of a split are known by their own numbers, which must be newer than
 * what was forgotten and differ within a Worker: as many are used up as the
 * Worker with the most versions has. */
static apr_status_t number_versions(wfp_dbd_t *db, const ask_t *ask)
{
    static const wfp_sql_t most = {
        "rename_most", "SELECT COALESCE(max(x.c), 0) FROM (SELECT count(*) "
                       "AS c FROM versions v JOIN scripts s "
                       "ON s.id = v.script_id WHERE s.ns_id = %s "
                       "GROUP BY v.script_id) x"
    };
    static const wfp_sql_t number = {
        "rename_number",
        "UPDATE versions SET stamp = CAST(%lld AS BIGINT) - "
        "(SELECT count(*) FROM versions w WHERE w.script_id = "
        "versions.script_id AND w.number > versions.number) "
        "WHERE script_id IN (SELECT s.id FROM scripts s WHERE s.ns_id = %s)"
    };
    const char **row;
    apr_int64_t left, last = 0;
    apr_status_t rv = wfp_dbd_row(&row, db, &most, 1, DBD_ARGS(ask->id));

    if (rv != APR_SUCCESS) {
        return rv;
    }
    for (left = wfp_dbd_int(row[0]); rv == APR_SUCCESS && left > 0; left--) {
        rv = take_number(&last, db, ask->rename->to);
    }
    return rv == APR_SUCCESS && last > 0
               ? wfp_dbd_exec(NULL, db, &number,
                              DBD_ARGS(wfp_dbd_num(db, last), ask->id))
               : rv;
}

/* --- who knows it by name -------------------------------------------------- */

/* The versions of others that are bound to it. */
static apr_status_t renew_versions(wfp_dbd_t *db, ask_t *ask)
{
    static const wfp_sql_t list = {
        "rename_bound", "SELECT DISTINCT v.id, n.name FROM bindings b "
                        "JOIN versions v ON v.id = b.version_id "
                        "JOIN scripts s ON s.id = v.script_id "
                        "JOIN namespaces n ON n.id = s.ns_id "
                        "WHERE b.kind = 'dispatch_namespace' AND b.target = %s "
                        "AND s.ns_id <> %s"
    };
    static const wfp_sql_t number = {
        "rename_renew", "UPDATE versions SET stamp = %lld WHERE id = %s"
    };
    apr_array_header_t *rows;
    wfp_change_t *change;
    int i;
    apr_status_t rv = wfp_dbd_rows(&rows, db, &list, 2,
                                   DBD_ARGS(ask->from, ask->id));

    for (i = 0; rv == APR_SUCCESS && i < rows->nelts; i++) {
        const char **row = APR_ARRAY_IDX(rows, i, const char **);

        rv = add_change(&change, ask, db, row[1], row[0]);
        change->kind = WFP_CHANGE_RENUMBERED;
        if (rv == APR_SUCCESS) {
            rv = wfp_changes_record(db, change);
        }
        if (rv == APR_SUCCESS) {
            rv = wfp_dbd_exec(NULL, db, &number,
                              DBD_ARGS(wfp_dbd_num(db, change->stamp), row[0]));
        }
    }
    return rv;
}

static apr_status_t turn_bindings(wfp_dbd_t *db, ask_t *ask)
{
    static const wfp_sql_t list = {
        "rename_dispatchers",
        "SELECT DISTINCT s.id, s.ns_id, n.name, s.name FROM bindings b "
        "JOIN versions v ON v.id = b.version_id "
        "JOIN scripts s ON s.id = v.script_id "
        "JOIN namespaces n ON n.id = s.ns_id "
        "WHERE b.kind = 'dispatch_namespace' AND b.target = %s "
        "AND s.ns_id <> %s"
    };
    static const wfp_sql_t turn = {
        "rename_bindings", "UPDATE bindings SET target = %s "
                           "WHERE kind = 'dispatch_namespace' AND target = %s"
    };
    apr_array_header_t *rows;
    wfp_change_t *change;
    int i;
    apr_status_t rv = wfp_dbd_rows(&rows, db, &list, 4,
                                   DBD_ARGS(ask->from, ask->id));

    if (rv == APR_SUCCESS) {
        rv = wfp_dbd_exec(NULL, db, &turn,
                          DBD_ARGS(ask->rename->to, ask->from));
    }
    for (i = 0; rv == APR_SUCCESS && i < rows->nelts; i++) {
        const char **row = APR_ARRAY_IDX(rows, i, const char **);

        rv = add_change(&change, ask, db, row[2], row[3]);
        if (rv == APR_SUCCESS) {
            rv = deploy_again(db, ask, row[1], row[0], change->stamp);
        }
        if (rv == APR_SUCCESS) {
            rv = wfp_changes_record(db, change);
        }
    }
    return rv;
}

/* A token's list with the new name; NULL: it is not limited to the old one. */
static apr_status_t turn_names(const char **pnames, wfp_dbd_t *db,
                               const ask_t *ask, const char *text)
{
    apr_array_header_t *names;
    int i;
    apr_status_t rv = wfp_column_read_names(&names, text, db->res, db->pool);

    *pnames = NULL;
    for (i = 0; rv == APR_SUCCESS && i < names->nelts; i++) {
        if (strcmp(APR_ARRAY_IDX(names, i, const char *), ask->from) == 0) {
            APR_ARRAY_IDX(names, i, const char *) = ask->rename->to;
            *pnames = wfp_column_names(names, db->pool);
        }
    }
    return rv;
}

static apr_status_t turn_tokens(wfp_dbd_t *db, const ask_t *ask)
{
    static const wfp_sql_t list = {
        "rename_tokens",
        "SELECT id, namespaces FROM tokens WHERE namespaces <> '[]'"
    };
    static const wfp_sql_t turn = {
        "rename_token", "UPDATE tokens SET namespaces = %s WHERE id = %s"
    };
    apr_array_header_t *rows;
    const char *names;
    int i;
    apr_status_t rv = wfp_dbd_rows(&rows, db, &list, 2, NULL);

    for (i = 0; rv == APR_SUCCESS && i < rows->nelts; i++) {
        const char **row = APR_ARRAY_IDX(rows, i, const char **);

        rv = turn_names(&names, db, ask, row[1]);
        if (rv == APR_SUCCESS && names) {
            rv = wfp_dbd_exec(NULL, db, &turn, DBD_ARGS(names, row[0]));
        }
    }
    return rv;
}

/* --- the noun ------------------------------------------------------------- */

static apr_status_t turn_row(wfp_dbd_t *db, const ask_t *ask)
{
    static const wfp_sql_t turn = {
        "rename_namespace", "UPDATE namespaces SET name = %s WHERE id = %s"
    };

    return wfp_dbd_exec(NULL, db, &turn, DBD_ARGS(ask->rename->to, ask->id));
}

/* The namespace itself: its row, its Workers, the audit. */
static apr_status_t turn_namespace(wfp_dbd_t *db, ask_t *ask)
{
    wfp_namespace_t *ns = ask->rename->ns;
    wfp_json_t *details = wfp_json_object(db->pool);
    wfp_change_t *change;
    apr_status_t rv = add_change(&change, ask, db, ask->rename->to, "");

    if (rv == APR_SUCCESS) {
        ns->stamp = change->stamp;
        rv = wfp_namespaces_write(db, ns, ns->stamp);
    }
    if (rv == APR_SUCCESS) {
        rv = wfp_secrets_reseal(db, ask->id, ask->rename->to,
                                &ask->rename->reseal);
    }
    if (rv == APR_SUCCESS) {
        rv = turn_row(db, ask);
    }
    if (rv == APR_SUCCESS) {
        rv = wfp_data_points_orphan(db, ask->rename->to);
    }
    if (rv == APR_SUCCESS) {
        rv = wfp_data_points_rename(db, ask->from, ask->rename->to);
    }
    if (rv == APR_SUCCESS) {
        rv = wfp_tail_consumers_rename(db, ask->id, ask->from, ask->rename->to);
    }
    if (rv == APR_SUCCESS) {
        rv = deploy_again(db, ask, ask->id, "%", ns->stamp);
    }
    wfp_json_set_str(details, "from", ask->from);
    return rv == APR_SUCCESS
               ? wfp_audit_record(db, change, ask->rename->actor, "rename",
                                  wfp_json_text(details, db->pool))
               : rv;
}

static apr_status_t rename_namespace(wfp_dbd_t *db, void *baton)
{
    ask_t *ask = baton;
    apr_status_t rv;

    ask->changes = apr_array_make(db->pool, 4, sizeof(wfp_change_t));
    rv = forget(ask, db, ask->from);
    if (rv == APR_SUCCESS) {
        rv = forget(ask, db, ask->rename->to);
    }
    if (rv == APR_SUCCESS) {
        rv = wfp_namespaces_need(&ask->id, db, ask->from);
    }
    if (rv == APR_SUCCESS) {
        rv = wfp_namespaces_check(db, ask->from, ask->rename->match);
    }
    if (rv == APR_SUCCESS) {
        rv = need_free(db, ask->rename->to);
    }
    if (rv == APR_SUCCESS) {
        rv = number_versions(db, ask);
    }
    if (rv == APR_SUCCESS) {
        rv = turn_namespace(db, ask);
    }
    if (rv == APR_SUCCESS) {
        rv = renew_versions(db, ask);
    }
    if (rv == APR_SUCCESS) {
        rv = turn_bindings(db, ask);
    }
    return rv == APR_SUCCESS ? turn_tokens(db, ask) : rv;
}

apr_status_t wfp_namespaces_rename(wfp_store_t *store, wfp_rename_t *rename,
                                   wfp_result_t *res, apr_pool_t *p)
{
    ask_t ask = { .rename = rename, .from = rename->ns->name };
    apr_status_t rv;

    if (!wfp_name_is_valid(rename->to, strlen(rename->to))) {
        return wfp_result_set(res, WFP_INVALID, APR_EINVAL,
                              "a name has 1 to 63 of A-Z a-z 0-9 _ -");
    }
    rv = wfp_dbd_alone(store, WFP_DBD_WRITE, rename_namespace, &ask, res, p);
    if (rv == APR_SUCCESS) {
        rename->ns->name = rename->to;
        rename->changes = ask.changes;
    }
    return rv;
}
