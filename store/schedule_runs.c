/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Runs of schedules as rows. Called by mod_wfp/cron.c. Each call has a transaction
 * of its own, which locks the lease first.
 */
#include "store/schedule_runs.h"

#include <apr_strings.h>

#include "core/cron.h"
#include "store/column.h"
#include "store/dbclock.h"
#include "store/lease_check.h"

#define TURN_MAX     "100"
#define ATTEMPTS_MAX 2
#define ERROR_MAX    1000

typedef struct ask_t {
    const wfp_fence_t *fence;
    apr_int64_t seq;
    const char *process;
    const char *outcome;
    const char *error;
    apr_array_header_t *list;
    int count;
} ask_t;

static apr_status_t run(wfp_store_t *store, wfp_dbd_fn *fn, ask_t *ask,
                        wfp_result_t *res, apr_pool_t *p)
{
    return wfp_dbd_alone(store, WFP_DBD_WRITE, fn, ask, res, p);
}

static apr_status_t begin(apr_int64_t *pnow, wfp_dbd_t *db, const ask_t *ask)
{
    apr_status_t rv = APR_SUCCESS;

    if (ask->fence) {
        rv = wfp_leases_check(db, ask->fence->lease, ask->fence->number);
    }
    return rv == APR_SUCCESS ? wfp_dbclock_now(pnow, db) : rv;
}

/* ---- ticks become rows -------------------------------------------------------- */

/* The latest time that is over, 0 when none is within the window; *pnext: the
 * first that is not. */
static apr_int64_t latest(apr_int64_t *pnext, const wfp_cron_t *cron,
                          apr_int64_t first, apr_int64_t now)
{
    apr_int64_t from = now - WFP_SCHEDULE_WINDOW_MS, tick = 0, next;

    next = first > from ? first : wfp_cron_next(cron, from);
    while (next && next <= now) {
        tick = next;
        next = wfp_cron_next(cron, next);
    }
    *pnext = next;
    return tick;
}

static apr_status_t make_one(wfp_dbd_t *db, const char **cols, apr_int64_t now)
{
    static const wfp_sql_t advance = {
        "schedule_advance",
        "UPDATE schedules SET next = %lld WHERE script_id = %s AND cron = %s"
    };
    static const wfp_sql_t insert = {
        "schedule_tick",
        "INSERT INTO schedule_runs (script_id, cron, due, state, attempts, "
        "no_retry, process, alive, began, ended, outcome, error) "
        "SELECT s.script_id, s.cron, CAST(%lld AS BIGINT), 'waiting', 0, 0, "
        "'', 0, 0, 0, '', '' FROM schedules s WHERE s.script_id = %s "
        "AND s.cron = %s AND NOT EXISTS (SELECT 1 FROM schedule_runs r "
        "WHERE r.state = 'waiting' AND r.script_id = s.script_id "
        "AND r.cron = s.cron)"
    };
    apr_int64_t tick, next;
    wfp_cron_t cron;
    apr_status_t rv = wfp_cron_parse(&cron, cols[1], db->res);

    if (rv != APR_SUCCESS) {
        return rv;
    }
    tick = latest(&next, &cron, wfp_dbd_int(cols[2]), now);
    rv = wfp_dbd_exec(NULL, db, &advance,
                      DBD_ARGS(wfp_dbd_num(db, next), cols[0], cols[1]));
    if (rv == APR_SUCCESS && tick) {
        rv = wfp_dbd_exec(NULL, db, &insert,
                          DBD_ARGS(wfp_dbd_num(db, tick), cols[0], cols[1]));
    }
    return rv;
}

static apr_status_t revive(wfp_dbd_t *db, apr_int64_t now)
{
    static const wfp_sql_t again = {
        "schedule_again",
        "UPDATE schedule_runs SET state = 'waiting', process = '' "
        "WHERE state = 'running' AND alive < %lld AND attempts < %lld "
        "AND no_retry = 0"
    };
    static const wfp_sql_t over = {
        "schedule_interrupted",
        "UPDATE schedule_runs SET state = 'done', outcome = 'interrupted', "
        "ended = %lld WHERE state = 'running' AND alive < %lld"
    };
    static const wfp_sql_t skip = {
        "schedule_skip",
        "UPDATE schedule_runs SET state = 'done', outcome = 'skipped', "
        "ended = %lld WHERE state = 'waiting' AND due < %lld"
    };
    const char *at = wfp_dbd_num(db, now);
    apr_status_t rv = wfp_dbd_exec(NULL, db, &again,
                                   DBD_ARGS(at, wfp_dbd_num(db, ATTEMPTS_MAX)));

    if (rv == APR_SUCCESS) {
        rv = wfp_dbd_exec(NULL, db, &over, DBD_ARGS(at, at));
    }
    return rv == APR_SUCCESS ? wfp_dbd_exec(
               NULL, db, &skip,
               DBD_ARGS(at, wfp_dbd_num(db, now - WFP_SCHEDULE_WINDOW_MS)))
                             : rv;
}

static apr_status_t make_all(wfp_dbd_t *db, void *baton)
{
    static const wfp_sql_t due = {
        "schedule_due", "SELECT script_id, cron, next FROM schedules WHERE "
                        "next <= %lld AND next > 0 ORDER BY next "
                        "LIMIT " TURN_MAX
    };
    apr_array_header_t *rows;
    apr_int64_t now = 0;
    apr_status_t rv = begin(&now, db, baton);
    int i;

    if (rv == APR_SUCCESS) {
        rv = wfp_dbd_rows(&rows, db, &due, 3, DBD_ARGS(wfp_dbd_num(db, now)));
    }
    for (i = 0; rv == APR_SUCCESS && i < rows->nelts; i++) {
        rv = make_one(db, APR_ARRAY_IDX(rows, i, const char **), now);
    }
    return rv == APR_SUCCESS ? revive(db, now) : rv;
}

/* Is there anything to write? Mostly not, and then nothing is. */
static apr_status_t look(wfp_dbd_t *db, void *baton)
{
    static const wfp_sql_t any = {
        "schedule_any",
        "SELECT 1 WHERE EXISTS (SELECT 1 FROM schedules WHERE next <= %lld "
        "AND next > 0) OR EXISTS (SELECT 1 FROM schedule_runs WHERE "
        "state = 'running' AND alive < %lld) OR EXISTS (SELECT 1 FROM "
        "schedule_runs WHERE state = 'waiting' AND due < %lld)"
    };
    ask_t *ask = baton;
    apr_int64_t now = 0;
    const char **row = NULL;
    apr_status_t rv = wfp_dbclock_now(&now, db);

    if (rv == APR_SUCCESS) {
        rv = wfp_dbd_row(&row, db, &any, 1,
                         DBD_ARGS(wfp_dbd_num(db, now), wfp_dbd_num(db, now),
                                  wfp_dbd_num(db,
                                              now - WFP_SCHEDULE_WINDOW_MS)));
    }
    ask->count = rv == APR_SUCCESS && row;
    return rv;
}

apr_status_t wfp_schedule_runs_make(wfp_store_t *store,
                                    const wfp_fence_t *fence, wfp_result_t *res,
                                    apr_pool_t *p)
{
    ask_t ask = { fence, 0, NULL, NULL, NULL, NULL, 0 };
    apr_status_t rv = wfp_dbd_run(store, WFP_DBD_SNAPSHOT, look, &ask, res, p);

    return rv == APR_SUCCESS && ask.count ? run(store, make_all, &ask, res, p)
                                          : rv;
}

/* ---- one of them --------------------------------------------------------------- */

static apr_status_t list_waiting(wfp_dbd_t *db, void *baton)
{
    static const wfp_sql_t waiting = {
        "schedule_waiting",
        "SELECT r.seq, n.name, s.name, r.cron, r.due FROM schedule_runs r "
        "JOIN scripts s ON s.id = r.script_id "
        "JOIN namespaces n ON n.id = s.ns_id "
        "WHERE r.state = 'waiting' AND r.seq > %lld ORDER BY r.seq "
        "LIMIT " TURN_MAX
    };
    ask_t *ask = baton;
    apr_array_header_t *rows;
    apr_status_t rv = wfp_dbd_rows(&rows, db, &waiting, 5,
                                   DBD_ARGS(wfp_dbd_num(db, ask->seq)));
    int i;

    ask->list = apr_array_make(db->pool, 8, sizeof(wfp_schedule_run_t *));
    for (i = 0; rv == APR_SUCCESS && i < rows->nelts; i++) {
        const char **cols = APR_ARRAY_IDX(rows, i, const char **);
        wfp_schedule_run_t *one = apr_pcalloc(db->pool, sizeof(*one));

        one->seq = wfp_dbd_int(cols[0]);
        one->ns = cols[1];
        one->name = cols[2];
        one->cron = cols[3];
        one->due = wfp_dbd_int(cols[4]);
        APR_ARRAY_PUSH(ask->list, wfp_schedule_run_t *) = one;
    }
    return rv;
}

apr_status_t wfp_schedule_runs_waiting(apr_array_header_t **plist,
                                       wfp_store_t *store, apr_int64_t seq,
                                       wfp_result_t *res, apr_pool_t *p)
{
    ask_t ask = { NULL, seq, NULL, NULL, NULL, NULL, 0 };
    apr_status_t rv = wfp_dbd_run(store, WFP_DBD_PLAIN, list_waiting, &ask, res,
                                  p);

    *plist = ask.list;
    return rv;
}

static apr_status_t claim(wfp_dbd_t *db, void *baton)
{
    static const wfp_sql_t take = {
        "schedule_claim",
        "UPDATE schedule_runs SET state = 'running', attempts = attempts + 1, "
        "process = %s, began = %lld, alive = %lld "
        "WHERE seq = %lld AND state = 'waiting'"
    };
    ask_t *ask = baton;
    apr_int64_t now = 0;
    apr_status_t rv = begin(&now, db, ask);

    return rv == APR_SUCCESS
               ? wfp_dbd_exec(&ask->count, db, &take,
                              DBD_ARGS(ask->process, wfp_dbd_num(db, now),
                                       wfp_dbd_num(db,
                                                   now + WFP_SCHEDULE_ALIVE_MS),
                                       wfp_dbd_num(db, ask->seq)))
               : rv;
}

apr_status_t wfp_schedule_runs_claim(int *ptaken, wfp_store_t *store,
                                     const wfp_fence_t *fence, apr_int64_t seq,
                                     const char *process, wfp_result_t *res,
                                     apr_pool_t *p)
{
    ask_t ask = { fence, seq, process, NULL, NULL, NULL, 0 };
    apr_status_t rv = run(store, claim, &ask, res, p);

    *ptaken = rv == APR_SUCCESS && ask.count > 0;
    return rv;
}

static apr_status_t tend(wfp_dbd_t *db, void *baton)
{
    static const wfp_sql_t alive = { "schedule_alive",
                                     "UPDATE schedule_runs SET alive = %lld "
                                     "WHERE state = 'running' "
                                     "AND process = %s" };
    const ask_t *ask = baton;
    apr_int64_t now = 0;
    apr_status_t rv = begin(&now, db, ask);

    return rv == APR_SUCCESS
               ? wfp_dbd_exec(NULL, db, &alive,
                              DBD_ARGS(wfp_dbd_num(db,
                                                   now + WFP_SCHEDULE_ALIVE_MS),
                                       ask->process))
               : rv;
}

apr_status_t wfp_schedule_runs_tend(wfp_store_t *store, const char *process,
                                    wfp_result_t *res, apr_pool_t *p)
{
    ask_t ask = { NULL, 0, process, NULL, NULL, NULL, 0 };

    return run(store, tend, &ask, res, p);
}

static apr_status_t no_retry(wfp_dbd_t *db, void *baton)
{
    static const wfp_sql_t update = {
        "schedule_no_retry",
        "UPDATE schedule_runs SET no_retry = 1 WHERE seq = %lld"
    };
    const ask_t *ask = baton;

    return wfp_dbd_exec(NULL, db, &update, DBD_ARGS(wfp_dbd_num(db, ask->seq)));
}

apr_status_t wfp_schedule_runs_no_retry(wfp_store_t *store, apr_int64_t seq,
                                        wfp_result_t *res, apr_pool_t *p)
{
    ask_t ask = { NULL, seq, NULL, NULL, NULL, NULL, 0 };

    return run(store, no_retry, &ask, res, p);
}

static apr_status_t done(wfp_dbd_t *db, void *baton)
{
    static const wfp_sql_t end = {
        "schedule_done",
        "UPDATE schedule_runs SET state = 'done', ended = %lld, outcome = %s, "
        "error = %s WHERE seq = %lld AND process = %s AND state = 'running'"
    };
    static const wfp_sql_t prune = {
        "schedule_prune",
        "DELETE FROM schedule_runs WHERE state = 'done' AND script_id = "
        "(SELECT script_id FROM schedule_runs WHERE seq = %lld) AND seq < "
        "COALESCE((SELECT seq FROM schedule_runs WHERE script_id = (SELECT "
        "script_id FROM schedule_runs WHERE seq = %lld) "
        "ORDER BY seq DESC LIMIT 1 OFFSET 99), 0)"
    };
    const ask_t *ask = baton;
    const char *seq = wfp_dbd_num(db, ask->seq);
    apr_int64_t now = 0;
    apr_status_t rv = begin(&now, db, ask);

    if (rv == APR_SUCCESS) {
        rv = wfp_dbd_exec(NULL, db, &end,
                          DBD_ARGS(wfp_dbd_num(db, now), ask->outcome,
                                   wfp_column_text(ask->error, db->pool), seq,
                                   ask->process));
    }
    return rv == APR_SUCCESS
               ? wfp_dbd_exec(NULL, db, &prune, DBD_ARGS(seq, seq))
               : rv;
}

apr_status_t wfp_schedule_runs_done(wfp_store_t *store, apr_int64_t seq,
                                    const char *process, const char *outcome,
                                    const char *error, wfp_result_t *res,
                                    apr_pool_t *p)
{
    ask_t ask = { NULL, seq, process, outcome, NULL, NULL, 0 };

    ask.error = error ? apr_pstrndup(p, error, ERROR_MAX) : "";
    return run(store, done, &ask, res, p);
}
