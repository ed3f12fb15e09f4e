/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What Workers did, as rows. Called by the server's follower and the API. A server
 * overwrites its rows with greater numbers, so that a transaction of which nobody
 * knows whether it took effect may be made again.
 */
#include "store/ledger_rows.h"

#include <apr_strings.h>
#include <stdlib.h>
#include <string.h>

#include "store/dbd.h"
#include "store/ledger_columns.h"

/* An older teller's numbers are less, or the same. */
#define GROWN(of)                                                              \
    of ".requests + " of ".bytes_in + " of ".bytes_out + " of ".lost"

/* ns, script, span, time, source */
#define KEYS 5

static apr_status_t put_one(wfp_dbd_t *db, const wfp_ledger_item_t *item)
{
    static const wfp_sql_t put = {
        "ledger_put",
        "INSERT INTO ledger (ns, script, span, time, source, " WFP_LEDGER_NAMES
        ") "
        "VALUES (%s, %s, %lld, %lld, %s, " WFP_LEDGER_VALUES ") "
        "ON CONFLICT (ns, script, span, time, source) DO UPDATE SET " WFP_LEDGER_SETS
        "WHERE " GROWN("excluded") " >= " GROWN("ledger")
    };
    const char *args[KEYS + WFP_LEDGER_TOLD] = {
        item->ns, item->script, wfp_dbd_num(db, WFP_LEDGER_ROWS_MINUTE),
        wfp_dbd_num(db, item->time), item->source
    };
    int i;

    for (i = 0; i < WFP_LEDGER_TOLD; i++) {
        args[KEYS + i] = wfp_dbd_num(db, (apr_int64_t)item->n[i]);
    }
    return wfp_dbd_exec(NULL, db, &put, args);
}

static apr_status_t put_all(wfp_dbd_t *db, void *baton)
{
    const apr_array_header_t *items = baton;
    apr_pool_t *whole = db->pool, *turn;
    apr_status_t rv = APR_SUCCESS;
    int i;

    apr_pool_create(&turn, whole);
    db->pool = turn;
    for (i = 0; rv == APR_SUCCESS && i < items->nelts; i++) {
        apr_pool_clear(turn);
        rv = put_one(db, &APR_ARRAY_IDX(items, i, wfp_ledger_item_t));
    }
    db->pool = whole;
    apr_pool_destroy(turn);
    return rv;
}

apr_status_t wfp_ledger_rows_put(wfp_store_t *store,
                                 const apr_array_header_t *items,
                                 wfp_result_t *res, apr_pool_t *p)
{
    return wfp_dbd_run(store, WFP_DBD_WRITE, put_all, (void *)items, res, p);
}

/* ---- older rows become fewer ------------------------------------------------------ */

#define ROLL(label, from, to)                                                             \
    {                                                                                     \
        label,                                                                            \
            "INSERT INTO ledger (ns, script, span, time, source, " WFP_LEDGER_NAMES       \
            ") "                                                                          \
            "SELECT ns, script, " to ", (time / " to ") * " to                            \
            ", '', " WFP_LEDGER_SUMS "FROM ledger WHERE span = " from                     \
            " AND time < %lld "                                                           \
            "GROUP BY ns, script, (time / " to ") * " to " "                              \
            "ON CONFLICT (ns, script, span, time, source) DO UPDATE SET " WFP_LEDGER_ADDS \
    }

static apr_status_t roll(wfp_dbd_t *db, void *baton)
{
    /* another server that does the same waits here, and finds nothing then */
    static const wfp_sql_t lock = { "ledger_lock",
                                    "UPDATE counters SET value = value + 1 "
                                    "WHERE name = 'ledger'" };
    static const wfp_sql_t hours = ROLL("ledger_hours", "60", "3600");
    static const wfp_sql_t days = ROLL("ledger_days", "3600", "86400");
    static const wfp_sql_t drop = {
        "ledger_drop", "DELETE FROM ledger WHERE span = %lld AND time < %lld"
    };
    const apr_int64_t now = apr_time_sec(*(apr_time_t *)baton);
    const struct {
        const wfp_sql_t *sum; /* NULL: they go for good */
        apr_int64_t span, before;
    } steps[] = {
        { &hours, WFP_LEDGER_ROWS_MINUTE,
          (now - WFP_LEDGER_ROWS_MINUTES_KEPT) / WFP_LEDGER_ROWS_HOUR
              * WFP_LEDGER_ROWS_HOUR },
        { &days, WFP_LEDGER_ROWS_HOUR,
          (now - WFP_LEDGER_ROWS_HOURS_KEPT) / WFP_LEDGER_ROWS_DAY
              * WFP_LEDGER_ROWS_DAY },
        { NULL, WFP_LEDGER_ROWS_DAY, now - WFP_LEDGER_ROWS_DAYS_KEPT },
    };
    apr_status_t rv = wfp_dbd_exec(NULL, db, &lock, NULL);
    int i;

    for (i = 0; rv == APR_SUCCESS && i < 3; i++) {
        const char *before = wfp_dbd_num(db, steps[i].before);

        if (steps[i].sum) {
            rv = wfp_dbd_exec(NULL, db, steps[i].sum, DBD_ARGS(before));
        }
        if (rv == APR_SUCCESS) {
            rv = wfp_dbd_exec(NULL, db, &drop,
                              DBD_ARGS(wfp_dbd_num(db, steps[i].span), before));
        }
    }
    return rv;
}

apr_status_t wfp_ledger_rows_roll(wfp_store_t *store, apr_time_t now,
                                  wfp_result_t *res, apr_pool_t *p)
{
    return wfp_dbd_run(store, WFP_DBD_WRITE, roll, &now, res, p);
}

/* ---- what is asked ------------------------------------------------------------- */

/* Those of the orders; what counts as an error is as wfp_show_ledger() has it. */
#define REQUESTS "sum(requests)"
#define CPU      "sum(cpu_us)"
#define ERRORS                                                                 \
    "sum(exceptions + exceeded_cpu + exceeded_memory + exceeded_wall + "       \
    "not_found + shed + canceled + internal)"

/* All rows of a time, whatever their span is; an index begins with that. */
#define OF_ALL                                                                 \
    "FROM ledger WHERE ns <> '' AND span IN (60, 3600, 86400) "                \
    "AND time >= %lld AND time < %lld "
#define OF_ONE "FROM ledger WHERE ns = %s AND time >= %lld AND time < %lld "
#define BUCKETS                                                                \
    "SELECT '', (time / CAST(%lld AS BIGINT)) * CAST(%lld AS BIGINT), " WFP_LEDGER_SUMS
#define GROUPS(by) "SELECT " by ", 0, " WFP_LEDGER_SUMS
#define MOST(what) "GROUP BY 1 ORDER BY " what " DESC, 1 LIMIT %lld"

typedef struct ask_t {
    const wfp_ledger_rows_ask_t *ask;
    apr_array_header_t *list;
} ask_t;

static void read_row(wfp_ledger_rows_t *sum, const char **row)
{
    int i;

    sum->name = row[0];
    sum->time = wfp_dbd_int(row[1]);
    for (i = 0; i < WFP_LEDGER_TOLD; i++) {
        sum->n[i] = (apr_uint64_t)wfp_dbd_int(row[2 + i]);
    }
}

/* Add what a statement says to the list. */
static apr_status_t add_rows(ask_t *all, wfp_dbd_t *db, const wfp_sql_t *sql,
                             const char **args)
{
    apr_array_header_t *rows;
    int i;
    apr_status_t rv = wfp_dbd_rows(&rows, db, sql, 2 + WFP_LEDGER_TOLD, args);

    for (i = 0; rv == APR_SUCCESS && i < rows->nelts; i++) {
        read_row(apr_array_push(all->list),
                 APR_ARRAY_IDX(rows, i, const char **));
    }
    return rv;
}

static apr_status_t list_buckets(wfp_dbd_t *db, ask_t *all)
{
    static const wfp_sql_t server = { "ledger_server", BUCKETS OF_ALL
                                      "GROUP BY 2 ORDER BY 2 LIMIT 1500" };
    static const wfp_sql_t script = {
        "ledger_script",
        BUCKETS OF_ONE "AND script = %s GROUP BY 2 ORDER BY 2 LIMIT 1500"
    };
    static const wfp_sql_t whole = { "ledger_whole", BUCKETS OF_ONE
                                     "GROUP BY 2 ORDER BY 2 LIMIT 1500" };
    const wfp_ledger_rows_ask_t *ask = all->ask;
    const char *span = wfp_dbd_num(db, ask->span ? ask->span : 1);
    const char *since = wfp_dbd_num(db, ask->since);
    const char *until = wfp_dbd_num(db, ask->until);

    return !ask->ns
               ? add_rows(all, db, &server, DBD_ARGS(span, span, since, until))
               : add_rows(all, db, ask->script ? &script : &whole,
                          DBD_ARGS(span, span, ask->ns, since, until,
                                   ask->script ? ask->script : ""));
}

static apr_status_t list_names(wfp_dbd_t *db, ask_t *all)
{
    static const wfp_sql_t by_namespace = {
        "ledger_by_namespace",
        GROUPS("ns") OF_ALL "AND ns > %s GROUP BY 1 ORDER BY 1 LIMIT 1001"
    };
    static const wfp_sql_t by_script = {
        "ledger_by_script", GROUPS("script") OF_ONE
        "AND script > %s GROUP BY 1 ORDER BY 1 LIMIT 1001"
    };
    static const wfp_sql_t by_tag = {
        "ledger_by_tag",
        GROUPS(
            "t.tag") "FROM ledger JOIN namespaces n ON n.name = ledger.ns "
                     "JOIN script_tags t ON t.ns_id = n.id AND t.name = ledger.script "
                     "WHERE ledger.ns = %s AND ledger.time >= %lld AND ledger.time < %lld "
                     "AND t.tag > %s GROUP BY 1 ORDER BY 1 LIMIT 1001"
    };
    const wfp_ledger_rows_ask_t *ask = all->ask;
    const char *since = wfp_dbd_num(db, ask->since);
    const char *until = wfp_dbd_num(db, ask->until);
    const char *after = ask->after ? ask->after : "";

    return ask->by == WFP_LEDGER_ROWS_BY_NAMESPACE
               ? add_rows(all, db, &by_namespace, DBD_ARGS(since, until, after))
               : add_rows(all, db,
                          ask->by == WFP_LEDGER_ROWS_BY_TAG ? &by_tag
                                                            : &by_script,
                          DBD_ARGS(ask->ns, since, until, after));
}

static apr_status_t list_most(wfp_dbd_t *db, ask_t *all)
{
    /* [by namespace][order - 1] */
    static const wfp_sql_t most[2][3] = {
        { { "ledger_script_requests", GROUPS("script") OF_ONE MOST(REQUESTS) },
          { "ledger_script_errors", GROUPS("script") OF_ONE MOST(ERRORS) },
          { "ledger_script_cpu", GROUPS("script") OF_ONE MOST(CPU) } },
        { { "ledger_ns_requests", GROUPS("ns") OF_ALL MOST(REQUESTS) },
          { "ledger_ns_errors", GROUPS("ns") OF_ALL MOST(ERRORS) },
          { "ledger_ns_cpu", GROUPS("ns") OF_ALL MOST(CPU) } },
    };
    const wfp_ledger_rows_ask_t *ask = all->ask;
    const char *since = wfp_dbd_num(db, ask->since);
    const char *until = wfp_dbd_num(db, ask->until);
    const char *limit = wfp_dbd_num(db, ask->limit);

    return ask->by == WFP_LEDGER_ROWS_BY_NAMESPACE
               ? add_rows(all, db, &most[1][ask->order - 1],
                          DBD_ARGS(since, until, limit))
               : add_rows(all, db, &most[0][ask->order - 1],
                          DBD_ARGS(ask->ns, since, until, limit));
}

/* ---- of some namespaces: each is asked for, what they say is put together -------- */

static int compare(const void *av, const void *bv)
{
    const wfp_ledger_rows_t *a = av, *b = bv;
    int order = (a->time > b->time) - (a->time < b->time);

    return order ? order : strcmp(a->name, b->name);
}

static apr_uint64_t errors_of(const wfp_ledger_rows_t *row)
{
    apr_uint64_t sum = 0;
    int i;

    for (i = WFP_LEDGER_ENDS; i < WFP_LEDGER_CPU_US; i++) {
        sum += row->n[i];
    }
    return sum;
}

static int compare_most(const wfp_ledger_rows_t *a, const wfp_ledger_rows_t *b,
                        apr_uint64_t of_a, apr_uint64_t of_b)
{
    int order = (of_a < of_b) - (of_a > of_b);

    return order ? order : strcmp(a->name, b->name);
}

static int compare_requests(const void *a, const void *b)
{
    return compare_most(a, b,
                        ((const wfp_ledger_rows_t *)a)->n[WFP_LEDGER_REQUESTS],
                        ((const wfp_ledger_rows_t *)b)->n[WFP_LEDGER_REQUESTS]);
}

static int compare_errors(const void *a, const void *b)
{
    return compare_most(a, b, errors_of(a), errors_of(b));
}

static int compare_cpu(const void *a, const void *b)
{
    return compare_most(a, b,
                        ((const wfp_ledger_rows_t *)a)->n[WFP_LEDGER_CPU_US],
                        ((const wfp_ledger_rows_t *)b)->n[WFP_LEDGER_CPU_US]);
}

/* Those of the same name and time become one. */
static void put_together(apr_array_header_t *list)
{
    wfp_ledger_rows_t *rows = (wfp_ledger_rows_t *)list->elts;
    int i, k, n = 0;

    qsort(rows, (size_t)list->nelts, sizeof(*rows), compare);
    for (i = 0; i < list->nelts; i++) {
        if (n && !compare(&rows[n - 1], &rows[i])) {
            for (k = 0; k < WFP_LEDGER_TOLD; k++) {
                rows[n - 1].n[k] += rows[i].n[k];
            }
        }
        else {
            rows[n++] = rows[i];
        }
    }
    list->nelts = n;
}

static apr_status_t add_only(wfp_dbd_t *db, ask_t *all)
{
    static const wfp_sql_t each = { "ledger_one_namespace",
                                    GROUPS("ns") OF_ONE "GROUP BY 1" };
    static int (*const orders[])(const void *, const void *) = {
        compare, compare_requests, compare_errors, compare_cpu
    };
    const wfp_ledger_rows_ask_t *ask = all->ask;
    wfp_ledger_rows_ask_t one = *ask;
    ask_t part = { &one, all->list };
    apr_status_t rv = APR_SUCCESS;
    int i;

    for (i = 0; rv == APR_SUCCESS && i < ask->only->nelts; i++) {
        one.ns = APR_ARRAY_IDX(ask->only, i, const char *);
        if (ask->by == WFP_LEDGER_ROWS_BY_TIME) {
            rv = list_buckets(db, &part);
        }
        else if (!ask->after || strcmp(one.ns, ask->after) > 0) {
            rv = add_rows(&part, db, &each,
                          DBD_ARGS(one.ns, wfp_dbd_num(db, ask->since),
                                   wfp_dbd_num(db, ask->until)));
        }
    }
    put_together(all->list);
    if (ask->order) {
        qsort(all->list->elts, (size_t)all->list->nelts,
              sizeof(wfp_ledger_rows_t), orders[ask->order]);
        if (all->list->nelts > ask->limit) {
            all->list->nelts = (int)ask->limit;
        }
    }
    return rv;
}

static apr_status_t list_all(wfp_dbd_t *db, void *baton)
{
    ask_t *all = baton;
    const wfp_ledger_rows_ask_t *ask = all->ask;

    all->list = apr_array_make(db->pool, 64, sizeof(wfp_ledger_rows_t));
    if (ask->only) {
        return add_only(db, all);
    }
    if (ask->by == WFP_LEDGER_ROWS_BY_TIME) {
        return list_buckets(db, all);
    }
    return ask->order ? list_most(db, all) : list_names(db, all);
}

apr_status_t wfp_ledger_rows_list(apr_array_header_t **plist,
                                  wfp_store_t *store,
                                  const wfp_ledger_rows_ask_t *ask,
                                  wfp_result_t *res, apr_pool_t *p)
{
    ask_t all = { ask, NULL };
    apr_status_t rv = wfp_dbd_run(store,
                                  ask->only ? WFP_DBD_SNAPSHOT : WFP_DBD_PLAIN,
                                  list_all, &all, res, p);

    *plist = all.list;
    return rv;
}
