/* SPDX-License-Identifier: Apache-2.0 */
/* What Workers did, by all that rows have. Called by the API. */
#include "store/ledger_groups.h"

#include "store/dbd.h"
#include "store/ledger_columns.h"

/* Longer than any time since the epoch: one group has all. */
#define ENDLESS ((apr_int64_t)1 << 40)

/* ns, script and time, each the same everywhere when it is not asked for */
#define KEYS 3
#define GROUPS                                                                 \
    "SELECT CASE WHEN CAST(%lld AS BIGINT) = 1 THEN ns ELSE '' END, "          \
    "CASE WHEN CAST(%lld AS BIGINT) = 1 THEN script ELSE '' END, "             \
    "(time / CAST(%lld AS BIGINT)) * CAST(%lld AS BIGINT), " WFP_LEDGER_SUMS   \
    "FROM ledger "
/* of all namespaces: an index begins with the span */
#define OF_ALL                                                                 \
    "WHERE span IN (60, 3600, 86400) AND time >= %lld AND time < %lld "
#define OF_ONE    "WHERE ns = %s AND time >= %lld AND time < %lld "
#define OF_SCRIPT "AND script = %s "
#define IN_ORDER                                                               \
    "GROUP BY 1, 2, 3 HAVING sum(requests) >= CAST(%lld AS BIGINT) "           \
    "ORDER BY 3, 1, 2 LIMIT %lld"
#define MOST_ARGS 10

typedef struct list_t {
    const wfp_ledger_groups_ask_t *ask;
    apr_array_header_t *list;
} list_t;

static void read_group(wfp_ledger_group_t *group, const char **row)
{
    int i;

    group->ns = row[0];
    group->script = row[1];
    group->time = wfp_dbd_int(row[2]);
    for (i = 0; i < WFP_LEDGER_TOLD; i++) {
        group->n[i] = (apr_uint64_t)wfp_dbd_int(row[KEYS + i]);
    }
}

static apr_status_t list_groups(wfp_dbd_t *db, void *baton)
{
    /* [of one namespace][of one script] */
    static const wfp_sql_t statements[2][2] = {
        { { "ledger_groups", GROUPS OF_ALL IN_ORDER },
          { "ledger_groups_script", GROUPS OF_ALL OF_SCRIPT IN_ORDER } },
        { { "ledger_groups_ns", GROUPS OF_ONE IN_ORDER },
          { "ledger_groups_one", GROUPS OF_ONE OF_SCRIPT IN_ORDER } },
    };
    list_t *all = baton;
    const wfp_ledger_groups_ask_t *ask = all->ask;
    const char *span = wfp_dbd_num(db, ask->span ? ask->span : ENDLESS);
    const char *args[MOST_ARGS] = { wfp_dbd_num(db, ask->by_ns != 0),
                                    wfp_dbd_num(db, ask->by_script != 0), span,
                                    span };
    apr_array_header_t *rows;
    apr_status_t rv;
    int i, n = 4;

    if (ask->ns) {
        args[n++] = ask->ns;
    }
    args[n++] = wfp_dbd_num(db, ask->since);
    args[n++] = wfp_dbd_num(db, ask->until);
    if (ask->script) {
        args[n++] = ask->script;
    }
    args[n++] = wfp_dbd_num(db, ask->with_requests != 0);
    args[n] = wfp_dbd_num(db, ask->limit);
    rv = wfp_dbd_rows(&rows, db,
                      &statements[ask->ns != NULL][ask->script != NULL],
                      KEYS + WFP_LEDGER_TOLD, args);
    all->list = apr_array_make(db->pool, 64, sizeof(wfp_ledger_group_t));
    for (i = 0; rv == APR_SUCCESS && i < rows->nelts; i++) {
        read_group(apr_array_push(all->list),
                   APR_ARRAY_IDX(rows, i, const char **));
    }
    return rv;
}

apr_status_t wfp_ledger_groups_list(apr_array_header_t **plist,
                                    wfp_store_t *store,
                                    const wfp_ledger_groups_ask_t *ask,
                                    wfp_result_t *res, apr_pool_t *p)
{
    list_t all = { ask, NULL };
    apr_status_t rv = wfp_dbd_run(store, WFP_DBD_PLAIN, list_groups, &all, res,
                                  p);

    *plist = all.list;
    return rv;
}
