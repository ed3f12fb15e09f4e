/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Whom a Worker or a namespace gives its records to (core/tail_targets.h), as far
 * as the store has to know: it is in their settings, and the other way round in
 * tables. These have ids of namespaces, so a new name of one changes nothing there.
 * Called by scripts.c, versions.c and namespaces.c inside their transactions.
 */
#include <apr_strings.h>
#include <string.h>

#include "core/tail_targets.h"
#include "store/tx.h"

/* One of ns, when the target says so. */
static apr_status_t need(wfp_dbd_t *db, const char *ns, const char *target)
{
    int own = *target == '/';
    wfp_script_row_t row;
    apr_status_t rv = wfp_scripts_row(&row, db, own ? ns : WFP_ACCOUNT_NS,
                                      target + own);

    if (rv != APR_SUCCESS || row.id) {
        return rv;
    }
    return wfp_result_about(
        db->res, WFP_ABOUT_SERVICE,
        wfp_result_set(db->res, WFP_NOT_FOUND, APR_NOTFOUND,
                       own ? "tail_consumers: there is no Worker '%s' in the "
                             "namespace"
                           : "tail_consumers: there is no account Worker '%s'",
                       target + own));
}

/* @param name  of the Worker whose records they are; NULL: a namespace's */
static apr_status_t check(wfp_dbd_t *db, const wfp_json_t *arr, const char *ns,
                          const char *name)
{
    apr_array_header_t *targets;
    int i;
    apr_status_t rv = wfp_tail_targets_read(&targets, arr, ns, db->res,
                                            db->pool);

    for (i = 0; rv == APR_SUCCESS && i < targets->nelts; i++) {
        const char *target = APR_ARRAY_IDX(targets, i, const char *);
        int own = *target == '/';

        if (name && own == (*ns != '\0') && !strcmp(target + own, name)) {
            return wfp_result_set(db->res, WFP_INVALID, APR_EINVAL,
                                  "\"tail_consumers\" names the Worker itself");
        }
        rv = need(db, ns, target);
    }
    return rv;
}

apr_status_t wfp_tail_consumers_check(wfp_dbd_t *db, const wfp_script_t *script)
{
    wfp_json_t *obj;
    apr_status_t rv;

    if (!script->settings || !strstr(script->settings, "\"tail_consumers\"")) {
        return APR_SUCCESS;
    }
    rv = wfp_json_parse(&obj, script->settings, strlen(script->settings),
                        db->res, db->pool);
    return rv == APR_SUCCESS
               ? check(db, wfp_json_get(obj, "tail_consumers", db->pool),
                       script->ns, script->name)
               : rv;
}

apr_status_t wfp_tail_consumers_check_ns(wfp_dbd_t *db,
                                         const wfp_namespace_t *ns)
{
    wfp_json_t *arr;
    apr_status_t rv;

    if (!ns->has_new_tails || !ns->tail_consumers) {
        return APR_SUCCESS;
    }
    rv = wfp_json_parse(&arr, ns->tail_consumers, strlen(ns->tail_consumers),
                        db->res, db->pool);
    return rv == APR_SUCCESS ? check(db, arr, ns->name, NULL) : rv;
}

/* ---- the other way round --------------------------------------------------------- */

/* @param owner  the id of a version, or of ns itself */
static apr_status_t insert_all(wfp_dbd_t *db, const wfp_sql_t *insert,
                               const apr_array_header_t *targets,
                               const char *owner, const char *ns_id)
{
    int i;
    apr_status_t rv = APR_SUCCESS;

    for (i = 0; rv == APR_SUCCESS && i < targets->nelts; i++) {
        const char *target = APR_ARRAY_IDX(targets, i, const char *);
        int own = *target == '/';

        rv = wfp_dbd_exec(NULL, db, insert,
                          DBD_ARGS(owner, own ? ns_id : "", target + own));
    }
    return rv;
}

apr_status_t wfp_tail_consumers_insert(wfp_dbd_t *db, const char *version_id,
                                       const char *ns_id, const char *settings)
{
    static const wfp_sql_t insert = {
        "tails_insert",
        "INSERT INTO version_tails (version_id, consumer_ns, consumer) "
        "VALUES (%s, %s, %s)"
    };

    return insert_all(db, &insert,
                      wfp_tail_targets_of_settings(settings, db->pool),
                      version_id, ns_id);
}

apr_status_t wfp_tail_consumers_turn_ns(wfp_dbd_t *db, const char *ns,
                                        const char *targets)
{
    static const wfp_sql_t find = { "tails_ns", "SELECT id FROM namespaces "
                                                "WHERE name = %s" };
    static const wfp_sql_t drop = { "tails_ns_drop",
                                    "DELETE FROM namespace_tails "
                                    "WHERE ns_id = %s" };
    static const wfp_sql_t insert = {
        "tails_ns_insert",
        "INSERT INTO namespace_tails (ns_id, consumer_ns, consumer) "
        "VALUES (%s, %s, %s)"
    };
    const char **row;
    apr_status_t rv = wfp_dbd_row(&row, db, &find, 1, DBD_ARGS(ns));

    if (rv != APR_SUCCESS || !row) {
        return rv;
    }
    rv = wfp_dbd_exec(NULL, db, &drop, DBD_ARGS(row[0]));
    return rv == APR_SUCCESS
               ? insert_all(db, &insert,
                            wfp_tail_targets_of_text(targets, db->pool), row[0],
                            row[0])
               : rv;
}

/* ---- a namespace's new name ------------------------------------------------------ */

/* The texts were written by us: a member looks the same everywhere. */
static const char *member(const char *name, apr_pool_t *p)
{
    return apr_pstrcat(p, "\"namespace\":\"", name, "\"", NULL);
}

apr_status_t wfp_tail_consumers_rename(wfp_dbd_t *db, const char *ns_id,
                                       const char *from, const char *to)
{
    static const wfp_sql_t versions = {
        "tails_rename",
        "UPDATE versions SET settings = replace(settings, %s, %s) "
        "WHERE script_id IN (SELECT s.id FROM scripts s WHERE s.ns_id = %s) "
        "AND settings LIKE %s AND settings LIKE %s"
    };
    static const wfp_sql_t namespaces = {
        "tails_rename_ns", "UPDATE namespaces SET tail_consumers = "
                           "replace(tail_consumers, %s, %s) WHERE id = %s"
    };
    const char *was = member(from, db->pool), *is = member(to, db->pool);
    apr_status_t rv = wfp_dbd_exec(NULL, db, &versions,
                                   DBD_ARGS(was, is, ns_id,
                                            "%\"tail_consumers\":[{%",
                                            apr_pstrcat(db->pool, "%", was, "%",
                                                        NULL)));

    return rv == APR_SUCCESS
               ? wfp_dbd_exec(NULL, db, &namespaces, DBD_ARGS(was, is, ns_id))
               : rv;
}
