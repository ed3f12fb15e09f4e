/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What Workers did, as rows. Called by the server's follower and the API. A server
 * overwrites its rows with greater numbers, so that a transaction of which nobody
 * knows whether it took effect may be made again.
 */
#include "store/ledger_rows.h"

#include <apr_strings.h>

#include "store/dbd.h"

/* Columns in the order of wfp_ledger_e. */
#define NAMES                                                                  \
    "requests, exceptions, exceeded_cpu, exceeded_memory, "                    \
    "exceeded_wall, not_found, shed, canceled, internal, cpu_us, "             \
    "wall_us, instructions, subrequests, bytes_in, bytes_out, "                \
    "cold_starts, cpu_step_0, cpu_step_1, cpu_step_2, "                        \
    "cpu_step_3, cpu_step_4, cpu_step_5, cpu_step_6, cpu_step_7, "             \
    "cpu_step_8, cpu_step_9, cpu_step_10, cpu_step_11, "                       \
    "cpu_step_12, cpu_step_13 "
#define SUMS                                                                   \
    "sum(requests), sum(exceptions), sum(exceeded_cpu), "                      \
    "sum(exceeded_memory), sum(exceeded_wall), sum(not_found), "               \
    "sum(shed), sum(canceled), sum(internal), sum(cpu_us), "                   \
    "sum(wall_us), sum(instructions), sum(subrequests), "                      \
    "sum(bytes_in), sum(bytes_out), sum(cold_starts), "                        \
    "sum(cpu_step_0), sum(cpu_step_1), sum(cpu_step_2), "                      \
    "sum(cpu_step_3), sum(cpu_step_4), sum(cpu_step_5), "                      \
    "sum(cpu_step_6), sum(cpu_step_7), sum(cpu_step_8), "                      \
    "sum(cpu_step_9), sum(cpu_step_10), sum(cpu_step_11), "                    \
    "sum(cpu_step_12), sum(cpu_step_13) "
#define SETS                                                                   \
    "requests = excluded.requests, "                                           \
    "exceptions = excluded.exceptions, "                                       \
    "exceeded_cpu = excluded.exceeded_cpu, "                                   \
    "exceeded_memory = excluded.exceeded_memory, "                             \
    "exceeded_wall = excluded.exceeded_wall, "                                 \
    "not_found = excluded.not_found, shed = excluded.shed, "                   \
    "canceled = excluded.canceled, internal = excluded.internal, "             \
    "cpu_us = excluded.cpu_us, wall_us = excluded.wall_us, "                   \
    "instructions = excluded.instructions, "                                   \
    "subrequests = excluded.subrequests, "                                     \
    "bytes_in = excluded.bytes_in, "                                           \
    "bytes_out = excluded.bytes_out, "                                         \
    "cold_starts = excluded.cold_starts, "                                     \
    "cpu_step_0 = excluded.cpu_step_0, "                                       \
    "cpu_step_1 = excluded.cpu_step_1, "                                       \
    "cpu_step_2 = excluded.cpu_step_2, "                                       \
    "cpu_step_3 = excluded.cpu_step_3, "                                       \
    "cpu_step_4 = excluded.cpu_step_4, "                                       \
    "cpu_step_5 = excluded.cpu_step_5, "                                       \
    "cpu_step_6 = excluded.cpu_step_6, "                                       \
    "cpu_step_7 = excluded.cpu_step_7, "                                       \
    "cpu_step_8 = excluded.cpu_step_8, "                                       \
    "cpu_step_9 = excluded.cpu_step_9, "                                       \
    "cpu_step_10 = excluded.cpu_step_10, "                                     \
    "cpu_step_11 = excluded.cpu_step_11, "                                     \
    "cpu_step_12 = excluded.cpu_step_12, "                                     \
    "cpu_step_13 = excluded.cpu_step_13 "
#define ADDS                                                                   \
    "requests = ledger.requests + excluded.requests, "                         \
    "exceptions = ledger.exceptions + excluded.exceptions, "                   \
    "exceeded_cpu = ledger.exceeded_cpu + excluded.exceeded_cpu, "             \
    "exceeded_memory = ledger.exceeded_memory + excluded.exceeded_memory, "    \
    "exceeded_wall = ledger.exceeded_wall + excluded.exceeded_wall, "          \
    "not_found = ledger.not_found + excluded.not_found, "                      \
    "shed = ledger.shed + excluded.shed, "                                     \
    "canceled = ledger.canceled + excluded.canceled, "                         \
    "internal = ledger.internal + excluded.internal, "                         \
    "cpu_us = ledger.cpu_us + excluded.cpu_us, "                               \
    "wall_us = ledger.wall_us + excluded.wall_us, "                            \
    "instructions = ledger.instructions + excluded.instructions, "             \
    "subrequests = ledger.subrequests + excluded.subrequests, "                \
    "bytes_in = ledger.bytes_in + excluded.bytes_in, "                         \
    "bytes_out = ledger.bytes_out + excluded.bytes_out, "                      \
    "cold_starts = ledger.cold_starts + excluded.cold_starts, "                \
    "cpu_step_0 = ledger.cpu_step_0 + excluded.cpu_step_0, "                   \
    "cpu_step_1 = ledger.cpu_step_1 + excluded.cpu_step_1, "                   \
    "cpu_step_2 = ledger.cpu_step_2 + excluded.cpu_step_2, "                   \
    "cpu_step_3 = ledger.cpu_step_3 + excluded.cpu_step_3, "                   \
    "cpu_step_4 = ledger.cpu_step_4 + excluded.cpu_step_4, "                   \
    "cpu_step_5 = ledger.cpu_step_5 + excluded.cpu_step_5, "                   \
    "cpu_step_6 = ledger.cpu_step_6 + excluded.cpu_step_6, "                   \
    "cpu_step_7 = ledger.cpu_step_7 + excluded.cpu_step_7, "                   \
    "cpu_step_8 = ledger.cpu_step_8 + excluded.cpu_step_8, "                   \
    "cpu_step_9 = ledger.cpu_step_9 + excluded.cpu_step_9, "                   \
    "cpu_step_10 = ledger.cpu_step_10 + excluded.cpu_step_10, "                \
    "cpu_step_11 = ledger.cpu_step_11 + excluded.cpu_step_11, "                \
    "cpu_step_12 = ledger.cpu_step_12 + excluded.cpu_step_12, "                \
    "cpu_step_13 = ledger.cpu_step_13 + excluded.cpu_step_13 "
#define VALUES                                                                 \
    "%lld, %lld, %lld, %lld, %lld, %lld, %lld, %lld, %lld, %lld, "             \
    "%lld, %lld, %lld, %lld, %lld, %lld, %lld, %lld, %lld, %lld, "             \
    "%lld, %lld, %lld, %lld, %lld, %lld, %lld, %lld, %lld, %lld"

_Static_assert(WFP_LEDGER_TOLD == 30, "columns of the table");

/* ns, script, span, time, source */
#define KEYS 5

static apr_status_t put_one(wfp_dbd_t *db, const wfp_ledger_item_t *item)
{
    static const wfp_sql_t put = {
        "ledger_put",
        "INSERT INTO ledger (ns, script, span, time, source, " NAMES ") "
        "VALUES (%s, %s, %lld, %lld, %s, " VALUES ") "
        "ON CONFLICT (ns, script, span, time, source) DO UPDATE SET " SETS
        "WHERE excluded.requests >= ledger.requests"
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

#define ROLL(label, from, to)                                                  \
    {                                                                          \
        label,                                                                 \
            "INSERT INTO ledger (ns, script, span, time, source, " NAMES ") "  \
            "SELECT ns, script, " to ", (time / " to ") * " to ", '', " SUMS   \
            "FROM ledger WHERE span = " from " AND time < %lld "               \
            "GROUP BY ns, script, (time / " to ") * " to " "                   \
            "ON CONFLICT (ns, script, span, time, source) DO UPDATE SET " ADDS \
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

typedef struct ask_t {
    const wfp_ledger_rows_ask_t *ask;
    apr_array_header_t *list;
} ask_t;

static const wfp_sql_t *statement(const wfp_ledger_rows_ask_t *ask)
{
    static const wfp_sql_t script = {
        "ledger_script",
        "SELECT '', (time / CAST(%lld AS BIGINT)) * CAST(%lld AS BIGINT), " SUMS
        "FROM ledger WHERE ns = %s AND time >= %lld AND time < %lld "
        "AND script = %s GROUP BY 2 ORDER BY 2 LIMIT 1500"
    };
    static const wfp_sql_t whole = {
        "ledger_whole",
        "SELECT '', (time / CAST(%lld AS BIGINT)) * CAST(%lld AS BIGINT), " SUMS
        "FROM ledger WHERE ns = %s AND time >= %lld AND time < %lld "
        "AND '' = %s GROUP BY 2 ORDER BY 2 LIMIT 1500"
    };
    static const wfp_sql_t by_script = {
        "ledger_by_script",
        "SELECT script, CAST(%lld AS BIGINT) - CAST(%lld AS BIGINT), " SUMS
        "FROM ledger WHERE ns = %s AND time >= %lld AND time < %lld "
        "AND script > %s GROUP BY 1 ORDER BY 1 LIMIT 1001"
    };
    static const wfp_sql_t by_tag = {
        "ledger_by_tag",
        "SELECT t.tag, CAST(%lld AS BIGINT) - CAST(%lld AS BIGINT), " SUMS
        "FROM ledger JOIN namespaces n ON n.name = ledger.ns "
        "JOIN script_tags t ON t.ns_id = n.id AND t.name = ledger.script "
        "WHERE ledger.ns = %s AND ledger.time >= %lld AND ledger.time < %lld "
        "AND t.tag > %s GROUP BY 1 ORDER BY 1 LIMIT 1001"
    };

    switch (ask->by) {
    case WFP_LEDGER_ROWS_BY_SCRIPT:
        return &by_script;
    case WFP_LEDGER_ROWS_BY_TAG:
        return &by_tag;
    default:
        return ask->script ? &script : &whole;
    }
}

static void read_row(wfp_ledger_rows_t *sum, const char **row)
{
    int i;

    sum->name = row[0];
    sum->time = wfp_dbd_int(row[1]);
    for (i = 0; i < WFP_LEDGER_TOLD; i++) {
        sum->n[i] = (apr_uint64_t)wfp_dbd_int(row[2 + i]);
    }
}

static apr_status_t list_all(wfp_dbd_t *db, void *baton)
{
    ask_t *all = baton;
    const wfp_ledger_rows_ask_t *ask = all->ask;
    const char *span = wfp_dbd_num(db, ask->span ? ask->span : 1);
    const char *name = ask->by == WFP_LEDGER_ROWS_BY_TIME ? ask->script
                                                          : ask->after;
    apr_array_header_t *rows;
    int i;
    apr_status_t rv = wfp_dbd_rows(&rows, db, statement(ask),
                                   2 + WFP_LEDGER_TOLD,
                                   DBD_ARGS(span, span, ask->ns,
                                            wfp_dbd_num(db, ask->since),
                                            wfp_dbd_num(db, ask->until),
                                            name ? name : ""));

    if (rv != APR_SUCCESS) {
        return rv;
    }
    all->list = apr_array_make(db->pool, rows->nelts + 1,
                               sizeof(wfp_ledger_rows_t));
    for (i = 0; i < rows->nelts; i++) {
        read_row(apr_array_push(all->list),
                 APR_ARRAY_IDX(rows, i, const char **));
    }
    return rv;
}

apr_status_t wfp_ledger_rows_list(apr_array_header_t **plist,
                                  wfp_store_t *store,
                                  const wfp_ledger_rows_ask_t *ask,
                                  wfp_result_t *res, apr_pool_t *p)
{
    ask_t all = { ask, NULL };
    apr_status_t rv = wfp_dbd_run(store, WFP_DBD_PLAIN, list_all, &all, res, p);

    *plist = all.list;
    return rv;
}
