/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One invocation from finding the Worker to giving its isolate back. dispatch.c
 * starts the outermost, host.c and egress.c the nested ones.
 */
#include "mod_wfp/invoke.h"

#include <apr_strings.h>
#include <string.h>

#include "core/clock.h"
#include "mod_wfp/background.h"
#include "mod_wfp/egress_record.h"
#include "mod_wfp/ending.h"
#include "mod_wfp/host_assets.h"
#include "mod_wfp/ledger.h"
#include "mod_wfp/limit_hit.h"
#include "mod_wfp/reach.h"
#include "mod_wfp/record.h"
#include "mod_wfp/rollout.h"
#include "mod_wfp/sync.h"
#include "mod_wfp/trace.h"
#include "mod_wfp/tailed.h"
#include "mod_wfp/trial.h"
#include "mod_wfp/work.h"

#define MB (1024 * 1024)

/* ---- one invocation ------------------------------------------------------------ */

/* The settings of the namespace that matter to an invocation; flags and limits
 * come with the entry, so nothing is unpacked. */
static apr_status_t find_namespace(wfp_entry_t *ns, wfp_work_t *work,
                                   const char *name, wfp_result_t *res)
{
    apr_status_t rv;

    if (!*name) {
        memset(ns, 0, sizeof(*ns));
        wfp_limits_clear(&ns->limits);
        ns->flags = WFP_ENTRY_TRUSTED;
        return APR_SUCCESS;
    }
    rv = wfp_sync_find(ns, work->server, name, "", res, work->pool);
    if (rv == APR_NOTFOUND) {
        return wfp_result_set(res, WFP_WORKER_NOT_FOUND, rv,
                              "Worker not found: no such namespace");
    }
    return rv;
}

static void merge_limits(wfp_host_ctx_t *ctx, const wfp_call_t *call,
                         const wfp_entry_t *ns)
{
    const wfp_limits_t *sources[3];
    apr_time_t own;

    ctx->asked = call->limits ? apr_pmemdup(ctx->work->pool, call->limits,
                                            sizeof(*call->limits))
                              : NULL;
    sources[0] = ctx->asked;
    sources[1] = &ctx->entry.limits;
    sources[2] = &ns->limits;
    wfp_limits_merge(&ctx->limits, &ctx->work->conf->limits, sources, 3);
    own = ctx->begun + apr_time_from_msec(ctx->limits.v[WFP_LIMIT_WALL_MS]);
    ctx->deadline = ctx->caller && ctx->caller->deadline < own
                        ? ctx->caller->deadline
                        : own;
}

static apr_status_t check_cooling(wfp_host_ctx_t *ctx, wfp_result_t *res)
{
    int seconds;

    if (!wfp_stats_is_cooling(&seconds, ctx->work->server->stats, ctx->entry.ns,
                              ctx->entry.name, ctx->begun)) {
        return APR_SUCCESS;
    }
    (void)wfp_result_set(res, WFP_WORKER_OVERLOADED, APR_EAGAIN, NULL);
    res->retry_after_s = seconds;
    return APR_EAGAIN;
}

static apr_size_t memory_bytes(const wfp_host_ctx_t *ctx)
{
    return (apr_size_t)ctx->limits.v[WFP_LIMIT_MEMORY_MB] * MB;
}

/* Who pays for its isolate; NULL: itself. */
static wfp_arena_share_t *payer_of(const wfp_host_ctx_t *ctx)
{
    return ctx->caller ? ctx->caller->share : NULL;
}

static apr_status_t make_isolate(wfp_isolate_t **piso, wfp_host_ctx_t *ctx,
                                 apr_int64_t key, int trusted,
                                 wfp_result_t *res)
{
    wfp_server_t *server = ctx->work->server;
    wfp_script_t *script;
    apr_pool_t *scratch;
    apr_status_t rv;

    if (!wfp_pool_admit(server->isolates, ctx->entry.ns, ctx->entry.name,
                        payer_of(ctx))) {
        (void)wfp_result_set(res, WFP_ISOLATE_UNAVAILABLE, APR_ENOMEM, NULL);
        res->retry_after_s = 1;
        return APR_ENOMEM;
    }
    apr_pool_create(&scratch, ctx->work->pool);
    rv = wfp_sync_script(&script, &ctx->entry, server, res, scratch);
    if (rv == APR_SUCCESS) {
        script->stamp = key;
        ctx->cold = 1;
        ctx->work->cold = 1;
        wfp_stats_count(server->stats, WFP_STAT_COLD_STARTS);
        rv = wfp_isolate_create_for(piso, payer_of(ctx), &server->runtime,
                                    script, &ctx->limits, trusted, res,
                                    scratch);
    }
    apr_pool_destroy(scratch);
    if (rv != APR_SUCCESS) {
        wfp_pool_withdraw(server->isolates);
        if (res->code == WFP_ISOLATE_UNAVAILABLE) {
            res->retry_after_s = 1;
        }
    }
    return rv;
}

/* Warm or cold. */
static apr_status_t take_isolate(wfp_isolate_t **piso, wfp_host_ctx_t *ctx,
                                 const wfp_entry_t *ns, wfp_result_t *res)
{
    wfp_pool_t *isolates = ctx->work->server->isolates;
    apr_int64_t key = wfp_rollout_key(&ctx->entry, ns->stamp);

    *piso = NULL;
    if (!isolates) {
        return wfp_result_set(res, WFP_ISOLATE_UNAVAILABLE, APR_EGENERAL, NULL);
    }
    if (wfp_config_num(ctx->work->conf->isolate_reuse, 1)) {
        *piso = wfp_pool_take(isolates, ctx->entry.ns, ctx->entry.name, key,
                              payer_of(ctx));
    }
    if (*piso && wfp_isolate_limit(*piso) > memory_bytes(ctx)) {
        /* this call allows less memory than that isolate was made with */
        wfp_pool_drop(isolates, *piso);
        *piso = NULL;
    }
    if (*piso) {
        return APR_SUCCESS;
    }
    return make_isolate(piso, ctx, key, (ns->flags & WFP_ENTRY_TRUSTED) != 0,
                        res);
}

/* A hard limit of its own ended it: kill says which. */
static void count_kill(wfp_host_ctx_t *ctx, const wfp_result_t *kill)
{
    wfp_server_t *server = ctx->work->server;
    const wfp_server_conf_t *conf = server->conf;
    wfp_cool_down_t rule;

    rule.kills = (int)wfp_config_num(conf->cool_kills, WFP_DEFAULT_COOL_KILLS);
    if (kill->code == WFP_ISOLATE_UNAVAILABLE) {
        rule.kills = 0; /* all together took too much: no offender */
    }
    rule.window = wfp_config_num(conf->cool_window, WFP_DEFAULT_COOL_WINDOW);
    rule.pause = wfp_config_num(conf->cool_pause, WFP_DEFAULT_COOL_PAUSE);
    wfp_stats_kill(server->stats, &rule, ctx->entry.ns, ctx->entry.name,
                   wfp_clock_now());
    if (kill->limit) {
        wfp_stats_limit(server->stats, wfp_limit_by_name(kill->limit));
    }
    if (kill->stage == 2) {
        wfp_stats_count(server->stats, WFP_STAT_KILLS_STAGE2);
        wfp_ending_count(server);
    }
    ctx->kill = kill;
    wfp_limit_hit_note(ctx, kill);
    if (ctx->outcome == WFP_OK) {
        /* after its answer: a body's function, or waitUntil */
        ctx->outcome = kill->code;
        ctx->error = kill->message;
        ctx->error_name = kill->name;
    }
}

/* The same when an isolate that had begun is given back dead. */
static void tell_kill(wfp_host_ctx_t *ctx)
{
    wfp_result_t *kill = apr_pcalloc(ctx->work->pool, sizeof(*kill));

    wfp_result_init(kill, ctx->work->pool);
    if (wfp_run_tell(kill, ctx->inv)) {
        count_kill(ctx, kill);
    }
}

static wfp_host_ctx_t *make_ctx(wfp_work_t *work, wfp_host_ctx_t *caller,
                                const wfp_call_t *call)
{
    wfp_host_ctx_t *ctx = apr_pcalloc(work->pool, sizeof(*ctx));

    ctx->work = work;
    ctx->caller = caller;
    ctx->depth = caller ? caller->depth + 1 : 1;
    ctx->started = apr_time_now();
    ctx->begun = wfp_clock_now();
    ctx->wait_until = caller ? caller->wait_until : 0;
    ctx->is_outbound = call->is_outbound;
    /* for the record of one that is not found */
    (void)apr_cpystrn(ctx->entry.ns, call->ns, sizeof(ctx->entry.ns));
    (void)apr_cpystrn(ctx->entry.name, call->name, sizeof(ctx->entry.name));
    wfp_record_ask(ctx);
    wfp_ledger_begins(ctx);
    ctx->next = work->first;
    work->first = ctx;
    return ctx;
}

static apr_status_t check_depth(const wfp_host_ctx_t *ctx, wfp_result_t *res)
{
    apr_int64_t most = ctx->caller ? ctx->caller->limits.v[WFP_LIMIT_DEPTH]
                                   : wfp_limit_row(WFP_LIMIT_DEPTH)->standard;

    if (ctx->depth <= most) {
        return APR_SUCCESS;
    }
    (void)wfp_result_set(res, WFP_LOOP_DETECTED, APR_EGENERAL, NULL);
    wfp_limit_tell(res, WFP_LIMIT_DEPTH, most, ctx->depth);
    return APR_EGENERAL;
}

/* Which Worker, in which version, within which limits. */
static apr_status_t find_worker(wfp_entry_t *ns, wfp_host_ctx_t *ctx,
                                const wfp_call_t *call,
                                const wfp_headers_t *headers, wfp_result_t *res)
{
    apr_status_t rv;

    rv = check_depth(ctx, res);
    if (rv == APR_SUCCESS && ctx->work->trial) {
        rv = wfp_trial_admit(ctx, res);
    }
    if (rv == APR_SUCCESS) {
        rv = find_namespace(ns, ctx->work, call->ns, res);
    }
    if (rv == APR_SUCCESS) {
        rv = wfp_sync_find(&ctx->entry, ctx->work->server, call->ns, call->name,
                           res, ctx->work->pool);
    }
    if (rv == APR_SUCCESS) {
        rv = check_cooling(ctx, res);
    }
    if (rv == APR_SUCCESS && ctx->work->trial) {
        rv = wfp_trial_pick(ctx, res);
    }
    if (rv == APR_SUCCESS && (ctx->entry.flags & WFP_ENTRY_SPLIT)) {
        rv = wfp_rollout_pick(&ctx->entry, ctx->work->server, headers, res,
                              ctx->work->pool);
    }
    if (rv != APR_SUCCESS) {
        return rv;
    }
    wfp_ledger_names(ctx);
    if (*call->ns) {
        ctx->work->last_user = ctx;
    }
    merge_limits(ctx, call, ns);
    wfp_tailed_begin(ctx, ns);
    ctx->recorded |= wfp_record_is_kept(ctx);
    return rv;
}

/* Everything up to the point where the handler can be called. */
static apr_status_t begin(wfp_host_ctx_t *ctx, const wfp_call_t *call,
                          const wfp_entry_t *ns, wfp_result_t *res)
{
    wfp_isolate_t *iso;
    apr_status_t rv = wfp_reach_choose(ctx, call, ns, res);

    if (rv == APR_SUCCESS) {
        rv = take_isolate(&iso, ctx, ns, res);
        wfp_trace_step(ctx->work, "%s/%s version %s, depth %d: %s isolate",
                       ctx->entry.ns, ctx->entry.name, ctx->entry.version_id,
                       ctx->depth,
                       rv != APR_SUCCESS ? "no"
                       : ctx->cold       ? "new"
                                         : "warm");
    }
    if (rv != APR_SUCCESS) {
        if (wfp_code_row(res->code)->hard) {
            wfp_result_t *kill = apr_pcalloc(ctx->work->pool, sizeof(*kill));

            wfp_result_init(kill, ctx->work->pool);
            wfp_result_copy(kill, res);
            count_kill(ctx, kill);
        }
        return rv;
    }
    rv = wfp_run_begin(&ctx->inv, iso, ctx, &ctx->limits, ctx->deadline,
                       call->props, call->params, ctx->work->pool);
    if (rv != APR_SUCCESS) {
        wfp_pool_give(ctx->work->server->isolates, iso);
        return wfp_result_set(res, WFP_INTERNAL, rv, "cannot begin");
    }
    ctx->share = wfp_pool_share(iso);
    if (ctx->share) {
        ctx->work->payer = ctx->share;
    }
    ctx->script = wfp_isolate_script(iso);
    wfp_tailed_know(ctx, ctx->script);
    return rv;
}

static void note_error(wfp_host_ctx_t *ctx, const wfp_result_t *res)
{
    ctx->outcome = res->code;
    ctx->error = apr_pstrdup(ctx->work->pool, res->message);
    ctx->error_name = apr_pstrdup(ctx->work->pool, res->name);
    ctx->stack = apr_pstrdup(ctx->work->pool, res->stack);
    wfp_limit_hit_note(ctx, res);
}

void wfp_invoke_blame(wfp_work_t *work, const wfp_result_t *res)
{
    wfp_host_ctx_t *ctx;

    for (ctx = work->first; ctx; ctx = ctx->next) {
        if (ctx->inv && ctx->outcome == WFP_OK && res->worker
            && !strcmp(ctx->entry.name, res->worker)
            && !strcmp(ctx->entry.ns, res->ns)) {
            note_error(ctx, res);
            return;
        }
    }
}

/* Bytes of a pool that an invocation takes beside what it is charged for. */
#define OWN_BYTES (sizeof(wfp_host_ctx_t) + 1024)

/* An error takes room for where it was raised, and is copied on its way to the
 * caller and into the record. */
#define ERROR_BYTES  5120
#define ERROR_COPIES 4

/* What it took of the pool stays there, though it has ended: its caller's. */
static void hold_for_caller(wfp_host_ctx_t *ctx, const wfp_usage_t *usage)
{
    apr_size_t n = OWN_BYTES + (apr_size_t)usage->charged
                   + wfp_record_held(ctx, usage)
                   + __atomic_exchange_n(&ctx->held, 0, __ATOMIC_RELAXED);

    if (ctx->error) {
        n += ERROR_BYTES
             + ERROR_COPIES
                   * (strlen(ctx->error)
                      + (ctx->stack ? strlen(ctx->stack) : 0));
    }
    wfp_work_hold(ctx->caller, n);
}

/* It is over: counters, error log, record. */
static void tell_end(wfp_host_ctx_t *ctx, const wfp_usage_t *usage)
{
    ctx->ended = wfp_clock_now();
    if (ctx->caller) {
        hold_for_caller(ctx, usage);
    }
    wfp_stats_error(ctx->work->server->stats, ctx->outcome);
    wfp_ledger_here(ctx, usage);
    wfp_limit_hit_log(ctx, usage);
    wfp_record_write(ctx, usage);
}

/* The handler has ended one way or the other. */
static void settle(wfp_host_ctx_t *ctx, apr_status_t rv, wfp_result_t *res)
{
    wfp_trace_step(ctx->work, "%s/%s ended: %s", ctx->entry.ns, ctx->entry.name,
                   rv == APR_SUCCESS ? "ok" : wfp_code_row(res->code)->code);
    if (rv != APR_SUCCESS) {
        note_error(ctx, res);
        if (!res->worker) {
            res->ns = apr_pstrdup(res->pool, ctx->entry.ns);
            res->worker = apr_pstrdup(res->pool, ctx->entry.name);
            res->version = apr_pstrdup(res->pool, ctx->entry.version_id);
        }
    }
    if (!ctx->inv) {
        wfp_usage_t none = { 0 };

        tell_end(ctx, &none);
    }
    else if (!wfp_run_owns_body(ctx->inv) && wfp_run_pending(ctx->inv) == 0) {
        wfp_invoke_end(ctx);
    }
}

apr_time_t wfp_invoke_earlier(apr_time_t a, apr_time_t b)
{
    return a && (!b || a < b) ? a : b;
}

apr_status_t wfp_invoke_fetch(wfp_response_t **presp, wfp_work_t *work,
                              wfp_host_ctx_t *caller, const wfp_call_t *call,
                              wfp_request_t *req, wfp_result_t *res)
{
    wfp_host_ctx_t *ctx = make_ctx(work, caller, call);
    wfp_entry_t ns;
    apr_status_t rv = find_worker(&ns, ctx, call, req->headers, res);

    *presp = NULL;
    if (rv == APR_SUCCESS && (ctx->entry.flags & WFP_ENTRY_ASSETS)
        && !call->is_outbound) {
        rv = wfp_host_assets_before(presp, ctx, req, res);
    }
    if (rv == APR_SUCCESS && !*presp) {
        rv = begin(ctx, call, &ns, res);
    }
    ctx->wait_until = wfp_invoke_earlier(ctx->wait_until, req->abort_at);
    ctx->req = req;
    ctx->method = req->method;
    ctx->url = req->url;
    if (rv == APR_SUCCESS && !*presp) {
        work->running = ctx;
        rv = wfp_run_fetch(presp, ctx->inv, req, res);
        work->running = caller;
    }
    if (rv == APR_SUCCESS) {
        ctx->status = (*presp)->status;
        rv = wfp_limit_hit_cap(*presp, ctx, res);
    }
    settle(ctx, rv, res);
    return rv;
}

apr_status_t wfp_invoke_call(const char **presult, wfp_work_t *work,
                             wfp_host_ctx_t *caller, const wfp_call_t *call,
                             const char *method, const char *args,
                             wfp_result_t *res)
{
    wfp_host_ctx_t *ctx = make_ctx(work, caller, call);
    wfp_entry_t ns;
    apr_status_t rv = find_worker(&ns, ctx, call, NULL, res);

    if (rv == APR_SUCCESS) {
        rv = begin(ctx, call, &ns, res);
    }
    if (rv == APR_SUCCESS) {
        work->running = ctx;
        rv = wfp_run_call(presult, ctx->inv, method, args, res);
        work->running = caller;
    }
    settle(ctx, rv, res);
    return rv;
}

void wfp_invoke_end(wfp_host_ctx_t *ctx)
{
    wfp_work_t *work = ctx->work;
    wfp_usage_t usage = { 0 };
    wfp_isolate_t *iso;

    if (!ctx->inv) {
        return;
    }
    wfp_record_expect(ctx);
    wfp_run_usage(&usage, ctx->inv);
    work->cpu_us += usage.cpu_us;
    work->instructions += usage.instructions;
    work->subrequests += ctx->subrequests;
    tell_kill(ctx);
    if (work->hung_up && ctx->outcome == WFP_OK) {
        ctx->outcome = WFP_CLIENT_DISCONNECTED;
        ctx->error = wfp_code_row(ctx->outcome)->message;
    }
    iso = wfp_run_end(ctx->inv);
    ctx->inv = NULL;
    wfp_stats_count(work->server->stats, WFP_STAT_INVOCATIONS);
    wfp_egress_record_count(ctx);
    tell_end(ctx, &usage);
    ctx->script = NULL;
    if (wfp_config_num(work->conf->isolate_reuse, 1)) {
        wfp_pool_give(work->server->isolates, iso);
    }
    else {
        wfp_pool_drop(work->server->isolates, iso);
    }
}

void wfp_invoke_end_all(wfp_work_t *work)
{
    wfp_host_ctx_t *ctx;

    for (ctx = work->first; ctx; ctx = ctx->next) {
        wfp_invoke_end(ctx);
    }
    wfp_tailed_flush(work);
}

apr_time_t wfp_invoke_next_end(const wfp_work_t *work)
{
    const wfp_host_ctx_t *ctx;
    apr_time_t next = 0;

    for (ctx = work->first; ctx; ctx = ctx->next) {
        if (ctx->inv) {
            next = wfp_invoke_earlier(next, ctx->deadline);
        }
    }
    return next;
}

/* Its client takes nothing. */
static void expire(wfp_host_ctx_t *ctx, apr_time_t at)
{
    wfp_result_t res;

    wfp_result_init(&res, ctx->work->pool);
    (void)wfp_result_set(&res, WFP_WALL_LIMIT, APR_TIMEUP,
                         "Wall time limit exceeded: nobody took the answer");
    wfp_limit_tell(&res, WFP_LIMIT_WALL_MS, ctx->limits.v[WFP_LIMIT_WALL_MS],
                   apr_time_as_msec(at - ctx->begun));
    note_error(ctx, &res);
}

apr_time_t wfp_invoke_expire(wfp_work_t *work, apr_time_t at)
{
    wfp_host_ctx_t *ctx;

    for (ctx = work->first; ctx; ctx = ctx->next) {
        if (ctx->inv && ctx->deadline <= at) {
            if (ctx->outcome == WFP_OK) {
                expire(ctx, at);
            }
            wfp_invoke_end(ctx);
        }
    }
    return wfp_invoke_next_end(work);
}

void wfp_invoke_wait_until(wfp_host_ctx_t *ctx, apr_time_t until)
{
    wfp_result_t res;
    apr_status_t rv;

    wfp_result_init(&res, ctx->work->pool);
    ctx->deadline = until;
    rv = wfp_run_wait_until(ctx->inv, ctx, until, &res);
    if (rv != APR_SUCCESS && ctx->outcome == WFP_OK) {
        note_error(ctx, &res);
    }
}

void wfp_invoke_wait_all(wfp_work_t *work, apr_time_t until)
{
    wfp_host_ctx_t *ctx;

    for (ctx = work->first; ctx; ctx = ctx->next) {
        if (ctx->inv && wfp_run_pending(ctx->inv) > 0) {
            wfp_invoke_wait_until(ctx, until);
        }
    }
}

wfp_code_e wfp_invoke_event(const char **perror, wfp_work_t *work,
                            const wfp_call_t *call, const wfp_event_t *event)
{
    wfp_host_ctx_t *ctx = make_ctx(work, NULL, call);
    wfp_entry_t ns;
    wfp_result_t res;
    apr_status_t rv;

    wfp_result_init(&res, work->pool);
    ctx->event = event;
    rv = find_worker(&ns, ctx, call, NULL, &res);
    if (rv == APR_SUCCESS) {
        rv = begin(ctx, call, &ns, &res);
    }
    if (rv == APR_SUCCESS) {
        work->running = ctx;
        rv = wfp_run_event(ctx->inv, event, &res);
        work->running = NULL;
    }
    settle(ctx, rv, &res);
    wfp_invoke_wait_all(work, wfp_clock_now() + WFP_BACKGROUND_TIME);
    wfp_invoke_end_all(work);
    *perror = ctx->outcome == WFP_OK ? NULL : ctx->error;
    return ctx->outcome;
}
