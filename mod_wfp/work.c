/* SPDX-License-Identifier: Apache-2.0 */
/*
 * From a request, or none, to the last of what it led to: the work's pool, which
 * request and background hold, and the way from one to the other. dispatch.c,
 * runner and deliver begin it; response.c releases it, background.c finishes it.
 */
#include "mod_wfp/work.h"

#include <apr_strings.h>

#include "core/clock.h"
#include "mod_wfp/background.h"
#include "mod_wfp/log.h"
#include "mod_wfp/part.h"
#include "mod_wfp/trace.h"
#include "mod_wfp/trial.h"

/* The client may still be sent what lies in the pool, headers and body, while
 * the background is done with it, and the other way round. */
static void let_go(wfp_work_t *work)
{
    if (__atomic_sub_fetch(&work->holders, 1, __ATOMIC_ACQ_REL) == 0) {
        wfp_part_free_all(work);
        wfp_poolcache_give(work->server->pools, work->pool);
    }
}

static int has_pending(const wfp_work_t *work)
{
    const wfp_host_ctx_t *ctx;

    for (ctx = work->first; ctx; ctx = ctx->next) {
        if (ctx->inv && wfp_run_pending(ctx->inv) > 0) {
            return 1;
        }
    }
    return 0;
}

void wfp_work_finish(wfp_work_t *work)
{
    wfp_invoke_end_all(work);
    let_go(work);
}

/* End those that have nothing left to do. Of a function's body the other
 * invocations' functions may still read. */
static void end_idle(wfp_work_t *work)
{
    wfp_host_ctx_t *ctx;

    for (ctx = work->first; ctx; ctx = ctx->next) {
        if (ctx->inv && wfp_run_pending(ctx->inv) == 0
            && !wfp_run_owns_body(ctx->inv)) {
            wfp_invoke_end(ctx);
        }
    }
}

void wfp_work_release(wfp_work_t *work)
{
    if (!work->r) {
        return;
    }
    work->r = NULL;
    if (work->trial) {
        /* who tries is told of all of it */
        wfp_invoke_wait_all(work, wfp_clock_now() + WFP_BACKGROUND_TIME);
        work->running = NULL;
    }
    if (!has_pending(work) || work->trial) {
        wfp_invoke_end_all(work);
        return;
    }
    end_idle(work);
    /* merged for this request, it would go with the request's pool */
    work->scope = apr_pmemdup(work->pool, work->scope, sizeof(*work->scope));
    __atomic_store_n(&work->holders, 2, __ATOMIC_RELAXED);
    wfp_trace_step(work, "waitUntil functions go to the background");
    if (wfp_background_take(work->server->background, work)) {
        return; /* it is the background's now, too: not touched again */
    }
    __atomic_store_n(&work->holders, 1, __ATOMIC_RELAXED);
    ap_log_error(APLOG_MARK, APLOG_INFO, 0, work->server->main,
                 WFPLOGNO(0401) "%s/%s: too much waitUntil work waits; dropped",
                 work->first->entry.ns, work->first->entry.name);
    wfp_invoke_end_all(work);
}

/* The request is over and its response has gone out. */
static apr_status_t work_cleanup(void *data)
{
    wfp_work_t *work = data;

    *work->known = NULL;
    if (__atomic_load_n(&work->server->is_ending, __ATOMIC_RELAXED)) {
        return APR_SUCCESS; /* all it could be given back to goes, too */
    }
    wfp_work_release(work);
    let_go(work); /* it may be another request's now */
    return APR_SUCCESS;
}

static wfp_work_t *make_work(wfp_server_t *server, server_rec *vhost,
                             apr_time_t when)
{
    apr_pool_t *pool = wfp_poolcache_take(server->pools);
    wfp_work_t *work;

    if (!pool) {
        return NULL;
    }
    work = apr_pcalloc(pool, sizeof(*work));
    work->pool = pool;
    work->server = server;
    work->conf = wfp_config_server(vhost);
    work->vhost = vhost;
    work->holders = 1;
    work->request_id = wfp_server_request_id(when, pool);
    return work;
}

wfp_work_t *wfp_work_begin_alone(wfp_server_t *server)
{
    static const wfp_scope_conf_t nowhere = { 0 };
    wfp_work_t *work = make_work(server, server->main, apr_time_now());

    if (work) {
        work->scope = &nowhere;
    }
    return work;
}

wfp_work_t *wfp_work_begin(request_rec *r, const wfp_scope_conf_t *scope,
                           const wfp_work_t **known)
{
    wfp_server_t *server = wfp_server();
    wfp_work_t *work = make_work(server, r->server, r->request_time);

    if (!work) {
        return NULL;
    }
    work->scope = scope;
    work->r = r;
    work->trial = wfp_trial_of(r->connection);
    if (work->trial) {
        wfp_trial_begin(work->trial, work);
    }
    work->known = known;
    *known = work;
    apr_pool_cleanup_register(r->pool, work, work_cleanup,
                              apr_pool_cleanup_null);
    return work;
}

/* ---- what is held for calls ------------------------------------------------------ */

wfp_host_ctx_t *wfp_work_invocation(wfp_host_ctx_t *ctx)
{
    return ctx->whole ? ctx->whole : ctx;
}

void wfp_work_hold(wfp_host_ctx_t *ctx, apr_size_t bytes)
{
    (void)__atomic_add_fetch(&wfp_work_invocation(ctx)->held, bytes,
                             __ATOMIC_RELAXED);
}

apr_size_t wfp_work_held(wfp_host_ctx_t *ctx)
{
    apr_size_t *held = &wfp_work_invocation(ctx)->held;

    /* most calls leave nothing: a look writes to no line of the cache */
    return *ctx->entry.ns && __atomic_load_n(held, __ATOMIC_RELAXED)
               ? __atomic_exchange_n(held, 0, __ATOMIC_RELAXED)
               : 0;
}
