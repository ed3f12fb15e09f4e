/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Secrets sealed anew: those of a namespace for its new name, all of them for
 * another key. Called by namespaces_rename.c and wfpctl. It must not know how
 * anything is sealed.
 */
#include <apr_strings.h>
#include <string.h>

#include "core/json.h"
#include "store/column.h"
#include "store/secrets.h"
#include "store/tx.h"

#define COLUMN_COUNT 6
#define PAGE         200

#define SELECT_SECRETS                                                         \
    "SELECT b.version_id, b.pos, n.name, s.name, b.name, b.value "             \
    "FROM bindings b JOIN versions v ON v.id = b.version_id "                  \
    "JOIN scripts s ON s.id = v.script_id "                                    \
    "JOIN namespaces n ON n.id = s.ns_id "                                     \
    "WHERE b.kind = 'secret_text' AND (b.version_id, b.pos) > (%s, %d) "
#define IN_ORDER "ORDER BY b.version_id, b.pos LIMIT %lld"

/* Somebody else may have sealed it anew meanwhile (a rename): then it stays. */
static apr_status_t write_row(wfp_reseal_at_t *at, wfp_dbd_t *db,
                              const char **row, const char *sealed)
{
    static const wfp_sql_t update = {
        "secrets_reseal", "UPDATE bindings SET value = %s "
                          "WHERE version_id = %s AND pos = %d AND value = %s"
    };

    at->changed++;
    return wfp_dbd_exec(NULL, db, &update,
                        DBD_ARGS(wfp_column_base64(sealed, strlen(sealed),
                                                   db->pool),
                                 row[0], row[1], row[5]));
}

/* @param to  NULL: its namespace keeps its name */
static apr_status_t reseal_row(wfp_reseal_at_t *at, wfp_dbd_t *db,
                               const char **row, const char *to,
                               const wfp_reseal_t *reseal)
{
    wfp_sealed_t secret = { row[2], row[3], row[4], NULL };
    const char *sealed = NULL;
    apr_size_t n;
    apr_status_t rv;

    wfp_column_unbase64(&secret.sealed, &n, row[5], db->pool);
    rv = reseal->fn(&sealed, reseal->baton, &secret, to ? to : secret.ns,
                    db->res, db->pool);
    at->seen++;
    apr_cpystrn(at->version_id, row[0], sizeof(at->version_id));
    at->pos = wfp_dbd_int(row[1]);
    return rv == APR_SUCCESS && sealed ? write_row(at, db, row, sealed) : rv;
}

/* The next ones behind *at, which goes on. @param ns_id  NULL: of all */
static apr_status_t reseal_page(wfp_reseal_at_t *at, wfp_dbd_t *db,
                                const char *ns_id, const char *to,
                                const wfp_reseal_t *reseal)
{
    static const wfp_sql_t all = { "secrets_page", SELECT_SECRETS IN_ORDER };
    static const wfp_sql_t of_namespace = { "secrets_page_ns", SELECT_SECRETS
                                            "AND s.ns_id = %s " IN_ORDER };
    const char *pos = wfp_dbd_num(db, at->pos);
    const char *limit = wfp_dbd_num(db, PAGE);
    apr_array_header_t *rows;
    int i;
    apr_status_t rv;

    rv = ns_id ? wfp_dbd_rows(&rows, db, &of_namespace, COLUMN_COUNT,
                              DBD_ARGS(at->version_id, pos, ns_id, limit))
               : wfp_dbd_rows(&rows, db, &all, COLUMN_COUNT,
                              DBD_ARGS(at->version_id, pos, limit));
    if (rv != APR_SUCCESS) {
        return rv;
    }
    at->more = rows->nelts == PAGE;
    for (i = 0; rv == APR_SUCCESS && i < rows->nelts; i++) {
        rv = reseal_row(at, db, APR_ARRAY_IDX(rows, i, const char **), to,
                        reseal);
    }
    return rv;
}

apr_status_t wfp_secrets_reseal(wfp_dbd_t *db, const char *ns_id,
                                const char *to, const wfp_reseal_t *reseal)
{
    wfp_reseal_at_t at = WFP_RESEAL_BEGIN;
    apr_pool_t *whole = db->pool;
    apr_status_t rv;

    do {
        apr_pool_create(&db->pool, whole); /* a page may be of any size */
        rv = reseal_page(&at, db, ns_id, to, reseal);
        apr_pool_destroy(db->pool);
        db->pool = whole;
    } while (rv == APR_SUCCESS && at.more);
    return rv;
}

/* --- another key ----------------------------------------------------------- */

typedef struct step_t {
    wfp_reseal_at_t *at;
    wfp_reseal_at_t next;
    const wfp_reseal_t *reseal;
} step_t;

static apr_status_t reseal_step(wfp_dbd_t *db, void *baton)
{
    step_t *step = baton;

    step->next = *step->at; /* it may run more than once */
    return reseal_page(&step->next, db, NULL, NULL, step->reseal);
}

apr_status_t wfp_secrets_reseal_step(wfp_reseal_at_t *at, wfp_store_t *store,
                                     const wfp_reseal_t *reseal,
                                     wfp_result_t *res, apr_pool_t *p)
{
    step_t step = { .at = at, .reseal = reseal };
    apr_status_t rv = wfp_dbd_run(store,
                                  at->only_look ? WFP_DBD_PLAIN : WFP_DBD_WRITE,
                                  reseal_step, &step, res, p);

    if (rv == APR_SUCCESS) {
        *at = step.next;
    }
    return rv;
}

typedef struct resealed_t {
    const wfp_actor_t *actor;
    const char *action;
    apr_int64_t count;
} resealed_t;

static apr_status_t record_resealed(wfp_dbd_t *db, void *baton)
{
    const resealed_t *ask = baton;
    wfp_change_t change = { 0, WFP_CHANGE_KEY, "", "", 0 };
    wfp_json_t *details = wfp_json_object(db->pool);
    apr_status_t rv = wfp_changes_take(&change.stamp, db);

    wfp_json_set_int(details, "secrets", ask->count);
    return rv == APR_SUCCESS
               ? wfp_audit_record(db, &change, ask->actor, ask->action,
                                  wfp_json_text(details, db->pool))
               : rv;
}

apr_status_t wfp_secrets_resealed(wfp_store_t *store, const wfp_actor_t *actor,
                                  const char *action, apr_int64_t count,
                                  wfp_result_t *res, apr_pool_t *p)
{
    resealed_t ask = { actor, action, count };

    return wfp_dbd_run(store, WFP_DBD_WRITE, record_resealed, &ask, res, p);
}
