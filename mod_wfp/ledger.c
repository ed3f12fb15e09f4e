/* SPDX-License-Identifier: Apache-2.0 */
/*
 * From invocations to the ledger, and from there to the store. Called by invoke,
 * dispatch and the follower.
 */
#include "mod_wfp/ledger.h"

#include "core/clock.h"
#include "mod_wfp/log.h"
#include "store/ledger_rows.h"

#define TELL       0
#define TELL_EVERY apr_time_from_sec(1)
#define ROLL       1
#define ROLL_EVERY apr_time_from_sec(600)

/* Rows of a transaction, and transactions of a turn. */
#define ROWS_MAX  500
#define TURNS_MAX 20

/* How long a child's end waits for another one that tells, and how often it
 * looks. */
#define WAIT apr_time_from_sec(2)
#define LOOK apr_time_from_msec(20)

void wfp_ledger_begins(wfp_host_ctx_t *ctx)
{
    const wfp_server_t *server = ctx->work->server;

    ctx->run = wfp_runs_begin(server->runs, server->child_place);
}

void wfp_ledger_names(const wfp_host_ctx_t *ctx)
{
    const wfp_server_t *server = ctx->work->server;

    wfp_runs_name(server->runs, ctx->run, server->child_place, ctx->entry.ns,
                  ctx->entry.name);
}

void wfp_ledger_here(const wfp_host_ctx_t *ctx, const wfp_usage_t *usage)
{
    wfp_ledger_run_t run;

    run.outcome = wfp_code_outcome(ctx->outcome);
    run.cpu_us = (apr_uint64_t)usage->cpu_us;
    run.wall_us = ctx->ended > ctx->begun
                      ? (apr_uint64_t)(ctx->ended - ctx->begun)
                      : 0;
    run.instructions = (apr_uint64_t)usage->instructions;
    run.subrequests = (apr_uint64_t)ctx->subrequests;
    run.cold = ctx->cold;
    run.killed_by = ctx->kill && ctx->kill->limit
                        ? 1 + (int)wfp_limit_by_name(ctx->kill->limit)
                        : 0;
    /* a name that was not looked up is whatever somebody sent */
    wfp_ledger_count(ctx->work->server->ledger, ctx->entry.ns,
                     *ctx->entry.version_id ? ctx->entry.name : NULL, &run,
                     ctx->ended);
    /* last: one that is killed in between is counted twice, not lost unseen */
    wfp_runs_end(ctx->work->server->runs, ctx->run,
                 ctx->work->server->child_place);
}

void wfp_ledger_transfer(const wfp_work_t *work, const request_rec *r)
{
    const wfp_host_ctx_t *ctx = work->last_user ? work->last_user : work->first;

    if (ctx && *ctx->entry.version_id) {
        wfp_ledger_bytes(work->server->ledger, ctx->entry.ns, ctx->entry.name,
                         work->bytes_in,
                         r->bytes_sent > 0 ? (apr_uint64_t)r->bytes_sent : 0,
                         wfp_clock_now());
    }
}

/* One transaction. *pmore: there is more to tell. */
static apr_status_t tell_some(int *pmore, wfp_server_t *server,
                              wfp_result_t *res, apr_pool_t *p)
{
    apr_array_header_t *list;
    apr_status_t rv = APR_SUCCESS;
    int i;

    *pmore = wfp_ledger_collect(&list, server->ledger, apr_time_now(), ROWS_MAX,
                                p);
    if (list->nelts) {
        rv = wfp_ledger_rows_put(server->store, list, res, p);
    }
    for (i = 0; rv == APR_SUCCESS && i < list->nelts; i++) {
        wfp_ledger_stored(server->ledger,
                          &APR_ARRAY_IDX(list, i, wfp_ledger_item_t));
    }
    return rv;
}

/* By who may: wfp_ledger_begin(). */
static void tell(wfp_server_t *server, apr_pool_t *p)
{
    apr_status_t rv = APR_SUCCESS;
    int more = 1, i;

    for (i = 0; rv == APR_SUCCESS && more && i < TURNS_MAX; i++) {
        wfp_result_t res;
        apr_pool_t *turn;

        apr_pool_create(&turn, p);
        wfp_result_init(&res, turn);
        rv = tell_some(&more, server, &res, turn);
        if (rv == APR_SUCCESS && !more
            && wfp_ledger_turn(server->ledger, ROLL, ROLL_EVERY)) {
            rv = wfp_ledger_rows_roll(server->store, apr_time_now(), &res,
                                      turn);
        }
        if (rv != APR_SUCCESS) {
            ap_log_error(APLOG_MARK, APLOG_INFO, rv, server->main,
                         WFPLOGNO(3801) "what Workers did is not in the store "
                                        "yet: %s",
                         res.message);
        }
        apr_pool_destroy(turn);
    }
    wfp_ledger_tidy(server->ledger, wfp_clock_now());
    wfp_ledger_end(server->ledger);
}

void wfp_ledger_follow(wfp_server_t *server, apr_pool_t *p)
{
    if (wfp_ledger_turn(server->ledger, TELL, TELL_EVERY)
        && wfp_ledger_begin(server->ledger, wfp_clock_now())) {
        tell(server, p);
    }
}

void wfp_ledger_last(wfp_server_t *server, apr_pool_t *p)
{
    apr_time_t until = wfp_clock_now() + WAIT;

    while (!wfp_ledger_begin(server->ledger, wfp_clock_now())) {
        if (wfp_clock_now() > until) {
            return;
        }
        wfp_clock_sleep(wfp_clock_now() + LOOK);
    }
    tell(server, p);
}
