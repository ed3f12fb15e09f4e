/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The audit trail. Written by the other nouns inside their transactions, with
 * the row of `changes`; read by the API and wfpctl. It must not know what an
 * action means.
 */
#include "store/audit.h"

#include <apr_strings.h>
#include <string.h>

#include "store/column.h"
#include "store/tx.h"

/* pruning every so many changes is enough */
#define PRUNE_EVERY 64

#define COLUMN_COUNT 11

static apr_status_t prune(wfp_dbd_t *db, apr_int64_t stamp, apr_time_t now)
{
    static const wfp_sql_t many = { "audit_prune_many",
                                    "DELETE FROM audit WHERE stamp <= %lld" };
    static const wfp_sql_t old = { "audit_prune_old",
                                   "DELETE FROM audit WHERE created < %lld" };
    apr_time_t oldest = now - apr_time_from_sec(86400) * WFP_AUDIT_DAYS;
    apr_status_t rv;

    rv = wfp_dbd_exec(NULL, db, &many,
                      DBD_ARGS(wfp_dbd_num(db, stamp - WFP_AUDIT_ROWS)));
    return rv == APR_SUCCESS
               ? wfp_dbd_exec(NULL, db, &old, DBD_ARGS(wfp_dbd_num(db, oldest)))
               : rv;
}

apr_status_t wfp_audit_record(wfp_dbd_t *db, const wfp_change_t *change,
                              const wfp_actor_t *actor, const char *action,
                              const char *details)
{
    static const wfp_sql_t insert = {
        "audit_insert",
        "INSERT INTO audit (stamp, created, actor_id, actor_name, source, "
        "address, action, kind, ns, object, details) "
        "VALUES (%lld, %lld, %s, %s, %s, %s, %s, %s, %s, %s, %s)"
    };
    apr_time_t now = apr_time_now();
    apr_status_t rv = wfp_changes_record(db, change);

    if (rv == APR_SUCCESS) {
        rv = wfp_dbd_exec(NULL, db, &insert,
                          DBD_ARGS(wfp_dbd_num(db, change->stamp),
                                   wfp_dbd_num(db, now),
                                   wfp_column_text(actor->id, db->pool),
                                   wfp_column_text(actor->name, db->pool),
                                   wfp_column_text(actor->source, db->pool),
                                   wfp_column_text(actor->address, db->pool),
                                   action, wfp_changes_kind_name(change->kind),
                                   change->ns, change->name,
                                   details ? details : "{}"));
    }
    if (rv == APR_SUCCESS && change->stamp % PRUNE_EVERY == 0) {
        rv = prune(db, change->stamp, now);
    }
    return rv;
}

typedef struct list_t {
    const wfp_audit_ask_t *ask;
    int more;
    apr_array_header_t *list;
} list_t;

static wfp_audit_t *read_row(const char **row, apr_pool_t *p)
{
    wfp_audit_t *audit = apr_pcalloc(p, sizeof(*audit));

    audit->stamp = wfp_dbd_int(row[0]);
    audit->created = wfp_dbd_int(row[1]);
    audit->actor.id = row[2];
    audit->actor.name = row[3];
    audit->actor.source = row[4];
    audit->actor.address = row[5];
    audit->action = row[6];
    audit->kind = row[7];
    audit->ns = row[8];
    audit->object = row[9];
    audit->details = row[10];
    return audit;
}

#define ROWS                                                                   \
    "SELECT stamp, created, actor_id, actor_name, source, address, action, "   \
    "kind, ns, object, details FROM audit "                                    \
    "WHERE stamp < %lld AND created >= %lld "
#define FOUND                                                                  \
    "AND lower(actor_name || ' ' || actor_id || ' ' || address || ' ' || "     \
    "action || ' ' || kind || ' ' || ns || '/' || object || ' ' || details) "  \
    "LIKE lower(%s) ESCAPE '!' "
#define ACTIONS "AND action IN (%s, %s, %s, %s, %s, %s, %s, %s) "
#define ORDER   "ORDER BY stamp DESC LIMIT %lld"

/* What is not asked for is not looked at. */
static apr_status_t read_rows(apr_array_header_t **prows, wfp_dbd_t *db,
                              const wfp_audit_ask_t *ask)
{
    /* [contains][actions] */
    static const wfp_sql_t lists[2][2] = {
        { { "audit_list", ROWS ORDER },
          { "audit_list_actions", ROWS ACTIONS ORDER } },
        { { "audit_list_found", ROWS FOUND ORDER },
          { "audit_list_found_actions", ROWS FOUND ACTIONS ORDER } },
    };
    int found = ask->contains && *ask->contains;
    const char *args[4 + WFP_AUDIT_ACTIONS];
    int n = 0, i;

    args[n++] = wfp_dbd_num(db, ask->before > 0 ? ask->before : APR_INT64_MAX);
    args[n++] = wfp_dbd_num(db, ask->since);
    if (found) {
        args[n++] = wfp_column_like(ask->contains, db->pool);
    }
    for (i = 0; ask->actions[0] && i < WFP_AUDIT_ACTIONS; i++) {
        args[n++] = wfp_column_text(ask->actions[i] ? ask->actions[i]
                                                    : ask->actions[0],
                                    db->pool);
    }
    args[n] = wfp_dbd_num(db, ask->limit + 1);
    return wfp_dbd_rows(prows, db, &lists[found][ask->actions[0] != NULL],
                        COLUMN_COUNT, args);
}

static apr_status_t list_audit(wfp_dbd_t *db, void *baton)
{
    list_t *all = baton;
    int limit = all->ask->limit, i;
    apr_array_header_t *rows;
    apr_status_t rv = read_rows(&rows, db, all->ask);

    if (rv != APR_SUCCESS) {
        return rv;
    }
    all->more = rows->nelts > limit;
    all->list = apr_array_make(db->pool, rows->nelts + 1,
                               sizeof(wfp_audit_t *));
    for (i = 0; i < rows->nelts && i < limit; i++) {
        APR_ARRAY_PUSH(all->list,
                       wfp_audit_t *) = read_row(APR_ARRAY_IDX(rows, i,
                                                               const char **),
                                                 db->pool);
    }
    return APR_SUCCESS;
}

apr_status_t wfp_audit_list(apr_array_header_t **plist, int *pmore,
                            wfp_store_t *store, const wfp_audit_ask_t *ask,
                            wfp_result_t *res, apr_pool_t *p)
{
    list_t all = { ask, 0, NULL };
    apr_status_t rv = wfp_dbd_run(store, WFP_DBD_PLAIN, list_audit, &all, res,
                                  p);

    if (rv == APR_SUCCESS) {
        *plist = all.list;
        *pmore = all.more;
    }
    return rv;
}

/* ---- of what objects hold ------------------------------------------------------ */

typedef struct note_t {
    wfp_change_e kind;
    const char *object;
    const char *action;
    const char *details;
    const wfp_actor_t *actor;
} note_t;

static apr_status_t note(wfp_dbd_t *db, void *baton)
{
    const note_t *ask = baton;
    const char *slash = ask->kind == WFP_CHANGE_VERSION
                            ? strchr(ask->object, '/')
                            : NULL;
    wfp_change_t change = { 0, ask->kind, "", ask->object, 0 };
    apr_status_t rv = wfp_changes_take(&change.stamp, db);

    if (slash) {
        change.ns = apr_pstrmemdup(db->pool, ask->object,
                                   (apr_size_t)(slash - ask->object));
        change.name = slash + 1;
    }
    return rv == APR_SUCCESS ? wfp_audit_record(db, &change, ask->actor,
                                                ask->action, ask->details)
                             : rv;
}

apr_status_t wfp_audit_note(wfp_store_t *store, wfp_change_e kind,
                            const char *object, const char *action,
                            const char *details, const wfp_actor_t *actor,
                            wfp_result_t *res, apr_pool_t *p)
{
    note_t ask = { kind, wfp_column_text(object, p), action, details, actor };

    return wfp_dbd_run(store, WFP_DBD_WRITE, note, &ask, res, p);
}
