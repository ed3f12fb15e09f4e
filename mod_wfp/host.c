/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The host table of the isolates: every wish of a Worker becomes a nested
 * invocation, a run of the egress chain, or a line of its record. No policy
 * is decided here.
 */
#include "mod_wfp/host.h"

#include <apr_strings.h>
#include <string.h>

#include "core/clock.h"
#include "core/name.h"
#include "mod_wfp/beside.h"
#include "mod_wfp/egress.h"
#include "mod_wfp/ending.h"
#include "mod_wfp/hangup.h"
#include "mod_wfp/host_assets.h"
#include "mod_wfp/hosts.h"
#include "mod_wfp/host_kv.h"
#include "mod_wfp/host_queue.h"
#include "mod_wfp/host_r2.h"
#include "mod_wfp/invoke.h"
#include "mod_wfp/points.h"
#include "mod_wfp/quota.h"
#include "mod_wfp/record.h"
#include "mod_wfp/socache.h"
#include "mod_wfp/trace.h"
#include "mod_wfp/work.h"

/* Once httpd was told to stop at once, what waited does not go on: what this
 * returns is the last that the invocation sees. */
static apr_status_t give_up(apr_status_t rv, wfp_host_ctx_t *ctx)
{
    if (wfp_ending_is_forced(ctx->work->server) && ctx->inv) {
        ctx->deadline = wfp_clock_now();
        wfp_run_cut(ctx->inv);
    }
    return rv;
}

static apr_status_t host_fetch(wfp_response_t **presp, wfp_host_ctx_t *ctx,
                               wfp_request_t *req, wfp_result_t *res)
{
    return give_up(wfp_egress_fetch(presp, ctx, req, res), ctx);
}

static const char *given_value(const apr_array_header_t *params,
                               const char *name)
{
    int i;

    for (i = 0; params && i < params->nelts; i++) {
        const wfp_param_t *param = &APR_ARRAY_IDX(params, i, wfp_param_t);

        if (!strcmp(param->name, name)) {
            return param->value;
        }
    }
    return NULL;
}

/* The binding says which outbound Worker and which parameters it takes, the
 * dispatcher's call their values. Undeclared ones are not passed on. All is
 * copied: the binding goes with the dispatcher's isolate, which the user Worker
 * may outlive. */
static void fill_outbound(wfp_outbound_t *out, const wfp_dispatch_t *what,
                          apr_pool_t *p)
{
    const apr_array_header_t *declared = what->binding->outbound.params;
    int i;

    out->service = apr_pstrdup(p, what->binding->outbound.service);
    out->params = apr_array_make(p, 4, sizeof(wfp_param_t));
    for (i = 0; declared && i < declared->nelts; i++) {
        const wfp_param_t *d = &APR_ARRAY_IDX(declared, i, wfp_param_t);
        const char *value = given_value(what->params, d->name);

        value = value ? value : d->value;
        if (value) {
            wfp_param_t *param = apr_array_push(out->params);

            param->name = apr_pstrdup(p, d->name);
            param->value = apr_pstrdup(p, value);
        }
    }
}

static apr_status_t host_dispatch(wfp_response_t **presp, wfp_host_ctx_t *ctx,
                                  const wfp_dispatch_t *what,
                                  wfp_request_t *req, wfp_result_t *res)
{
    wfp_outbound_t outbound;
    wfp_call_t call = { 0 };
    apr_status_t rv = wfp_egress_count(ctx, res);

    if (rv != APR_SUCCESS) {
        return rv;
    }
    if (!wfp_name_is_valid(what->name, strlen(what->name))) {
        return wfp_result_set(res, WFP_WORKER_NOT_FOUND, APR_NOTFOUND,
                              "Worker not found: not a name");
    }
    fill_outbound(&outbound, what, ctx->work->pool);
    call.ns = what->binding->target;
    call.name = what->name;
    call.limits = &what->limits;
    call.props = what->props;
    call.outbound = &outbound;
    rv = wfp_invoke_fetch(presp, ctx->work, ctx, &call,
                          wfp_egress_clean(ctx, req), res);
    return give_up(rv, ctx);
}

/* A service is an account Worker; "/NAME" is one of the caller's own namespace,
 * which passes the caller's outbound Worker as well. What it is told (ctx.props)
 * says the binding alone, nothing that a script has. */
static void aim_at_service(wfp_call_t *call, const wfp_host_ctx_t *ctx,
                           const wfp_binding_t *binding)
{
    int is_beside = binding->target[0] == '/';

    memset(call, 0, sizeof(*call));
    call->ns = is_beside ? ctx->entry.ns : WFP_ACCOUNT_NS;
    call->name = binding->target + is_beside;
    call->outbound = is_beside ? &ctx->outbound : NULL;
    if (binding->text_size) {
        call->props = apr_pstrmemdup(ctx->work->pool, binding->text,
                                     binding->text_size);
    }
}

static apr_status_t host_service(wfp_response_t **presp, wfp_host_ctx_t *ctx,
                                 const wfp_binding_t *binding,
                                 wfp_request_t *req, wfp_result_t *res)
{
    wfp_call_t call;
    apr_status_t rv = wfp_egress_count(ctx, res);

    if (rv != APR_SUCCESS) {
        return rv;
    }
    if (binding->kind == WFP_BINDING_ASSETS) {
        return wfp_host_assets_fetch(presp, ctx, binding, req, res);
    }
    aim_at_service(&call, ctx, binding);
    rv = wfp_invoke_fetch(presp, ctx->work, ctx, &call,
                          wfp_egress_clean(ctx, req), res);
    return give_up(rv, ctx);
}

static apr_status_t host_service_call(const char **presult, wfp_host_ctx_t *ctx,
                                      const wfp_binding_t *binding,
                                      const char *method, const char *args,
                                      wfp_result_t *res)
{
    wfp_call_t call;
    apr_status_t rv = wfp_egress_count(ctx, res);

    if (rv != APR_SUCCESS) {
        return rv;
    }
    aim_at_service(&call, ctx, binding);
    rv = wfp_invoke_call(presult, ctx->work, ctx, &call, method, args, res);
    return give_up(rv, ctx);
}

/* Rows are known when they were read: a query may begin while any are left. */
static apr_status_t may_query(wfp_host_ctx_t *ctx, const wfp_sql_call_t *call,
                              wfp_result_t *res)
{
    apr_status_t rv = wfp_quota_take(ctx, WFP_USAGE_D1_ROWS_READ, 0, res);

    if (rv == APR_SUCCESS) {
        rv = wfp_quota_take(ctx, WFP_USAGE_D1_ROWS_WRITTEN, 0, res);
    }
    if (rv == APR_SUCCESS) {
        rv = wfp_quota_take(ctx, WFP_USAGE_D1_QUERIES,
                            (apr_uint64_t)call->count, res);
    }
    if (rv != APR_SUCCESS) {
        res->message = apr_psprintf(res->pool, "D1_ERROR: %s", res->message);
    }
    return rv;
}

static void count_rows(wfp_host_ctx_t *ctx, const wfp_sql_answer_t *answer)
{
    const wfp_sql_result_t *result;
    apr_int64_t rows_read = 0;

    for (result = answer->first; result; result = result->next) {
        rows_read += result->rows_read;
    }
    wfp_quota_add(ctx, WFP_USAGE_D1_ROWS_READ, (apr_uint64_t)rows_read);
    wfp_quota_add(ctx, WFP_USAGE_D1_ROWS_WRITTEN,
                  (apr_uint64_t)answer->rows_written);
}

static apr_status_t host_sql(wfp_sql_answer_t **panswer, wfp_host_ctx_t *ctx,
                             const wfp_sql_call_t *call, wfp_result_t *res)
{
    apr_status_t rv = wfp_egress_count(ctx, res);
    wfp_sql_answer_t *answer;
    apr_pool_t *p;

    *panswer = NULL;
    if (rv == APR_SUCCESS) {
        rv = may_query(ctx, call, res);
    }
    if (rv != APR_SUCCESS) {
        return rv;
    }
    apr_pool_create(&p, ctx->work->pool);
    answer = apr_pcalloc(p, sizeof(*answer));
    answer->pool = p;
    rv = wfp_d1_run(answer, ctx->work->server->d1, call,
                    wfp_invoke_earlier(ctx->deadline, ctx->wait_until),
                    ctx->work->cancel, res);
    wfp_trace_step(ctx->work, "D1, %d statements: %s", call->count,
                   rv == APR_SUCCESS ? "ok" : res->message);
    if (rv != APR_SUCCESS) {
        __atomic_sub_fetch(&call->share->bytes, (apr_int64_t)answer->bytes,
                           __ATOMIC_RELAXED);
        apr_pool_destroy(p);
        return give_up(rv, ctx);
    }
    count_rows(ctx, answer);
    *panswer = answer;
    return give_up(rv, ctx);
}

static void host_log(wfp_host_ctx_t *ctx, wfp_log_e level, const char *text,
                     apr_size_t n)
{
    wfp_record_line(ctx, level, text, n);
}

/* A piece of a sleep: until then, or less. @return why it is over */
static apr_status_t doze(wfp_host_ctx_t *ctx, apr_time_t now, apr_time_t until,
                         wfp_result_t *res)
{
    wfp_work_t *work = ctx->work;
    int looks = until - now > WFP_HANGUP_LOOK;

    if (looks) {
        until = now + WFP_HANGUP_LOOK;
    }
    if (work->cancel) {
        wfp_cancel_sleep(work->cancel, until);
        return wfp_cancel_check(work->cancel, res);
    }
    wfp_ending_sleep(work->server, until);
    return looks && wfp_hangup_look(work) ? wfp_hangup_tell(res) : APR_SUCCESS;
}

/* The meter ends the invocation when this returns after its deadline. */
static apr_status_t host_wait(wfp_host_ctx_t *ctx, apr_interval_time_t time,
                              wfp_result_t *res)
{
    apr_time_t now = wfp_clock_now(), until = now + time, last;
    apr_status_t rv = APR_SUCCESS;

    last = wfp_invoke_earlier(ctx->deadline, ctx->wait_until);
    while (rv == APR_SUCCESS && now < until && now < last
           && !wfp_ending_is_forced(ctx->work->server)) {
        rv = doze(ctx, now, until < last ? until : last, res);
        now = wfp_clock_now();
    }
    if (rv == APR_SUCCESS && now < until && now >= last) {
        rv = wfp_result_set(res, WFP_TIMEOUT, APR_TIMEUP, NULL);
    }
    return give_up(rv, ctx);
}

static void host_pass_through(wfp_host_ctx_t *ctx)
{
    if (!ctx->caller) {
        ctx->work->pass_through = 1;
    }
}

static apr_status_t host_open_secret(const char **ptext, apr_size_t *pn,
                                     void *serverv, const wfp_script_t *script,
                                     const wfp_binding_t *binding,
                                     apr_pool_t *p)
{
    wfp_server_t *server = serverv;
    const char *context = apr_pstrcat(p, script->ns, "/", script->name, "/",
                                      binding->name, NULL);

    if (!server->keys) {
        return APR_EINVAL;
    }
    return wfp_keyring_open(ptext, pn, server->keys, context, binding->text, p);
}

static void host_await_body(wfp_host_ctx_t *ctx, wfp_body_t *body, int whole)
{
    /* who reads it looks what came */
    (void)body->kind->is_there(body, whole, 1, ctx->work->cancel);
}

static apr_status_t host_metadata(const char **pjson, wfp_host_ctx_t *ctx,
                                  const wfp_cf_t *cf, wfp_result_t *res)
{
    wfp_host_entry_t entry;
    apr_status_t rv = wfp_hosts_find(&entry, ctx->work->server, cf->host, res,
                                     ctx->work->pool);

    *pjson = rv == APR_SUCCESS ? entry.metadata : NULL;
    return rv == APR_NOTFOUND ? APR_SUCCESS : rv;
}

static wfp_op_t *host_wait_op(wfp_host_ctx_t *ctx, apr_time_t until)
{
    wfp_op_t *op = wfp_beside_wait(ctx, until);

    (void)give_up(APR_SUCCESS, ctx); /* cannot fail */
    return op;
}

static apr_status_t host_kv(wfp_host_ctx_t *ctx, const wfp_binding_t *binding,
                            wfp_kv_call_t *call, int is_counted,
                            wfp_result_t *res)
{
    return give_up(wfp_host_kv_call(ctx, binding, call, is_counted, res), ctx);
}

static apr_status_t host_r2(wfp_host_ctx_t *ctx, const wfp_binding_t *binding,
                            wfp_r2_call_t *call, wfp_result_t *res)
{
    return give_up(wfp_host_r2_call(ctx, binding, call, res), ctx);
}

static apr_status_t host_cache(wfp_host_ctx_t *ctx, wfp_cache_call_t *call,
                               wfp_result_t *res)
{
    apr_status_t rv = wfp_egress_count(ctx, res);

    if (rv == APR_SUCCESS) {
        rv = wfp_quota_take(ctx, WFP_USAGE_CACHE_CALLS, 1, res);
    }
    if (rv != APR_SUCCESS) {
        return rv;
    }
    apr_pool_create(&call->pool, ctx->work->pool);
    rv = wfp_socache_run(ctx->work->server, call, res);
    if (!call->resp) {
        apr_pool_destroy(call->pool); /* there may be many calls */
        call->pool = NULL;
    }
    return give_up(rv, ctx);
}

static int host_limit(wfp_host_ctx_t *ctx, const wfp_rate_ask_t *ask)
{
    return wfp_ratelimit_take(ctx->work->server->limits, ask, wfp_clock_now());
}

static apr_status_t host_point(wfp_host_ctx_t *ctx, const char *dataset,
                               const char *owner, const wfp_point_t *point,
                               wfp_result_t *res)
{
    apr_status_t rv = wfp_quota_take(ctx, WFP_USAGE_DATA_POINTS, 1, res);

    if (rv == APR_SUCCESS) {
        wfp_points_here(ctx, dataset, owner, point);
    }
    return rv;
}

static apr_status_t host_queue(wfp_host_ctx_t *ctx,
                               const wfp_binding_t *binding,
                               const wfp_queue_send_t *send, wfp_result_t *res)
{
    return give_up(wfp_host_queue_send(ctx, binding, send, res), ctx);
}

const wfp_host_t wfp_host_functions = {
    host_fetch,        host_dispatch,   host_service,     host_service_call,
    host_sql,          host_log,        host_wait,        host_pass_through,
    host_open_secret,  host_await_body, wfp_beside_start, host_wait_op,
    wfp_beside_cancel, host_metadata,   host_kv,          host_queue,
    host_r2,           host_cache,      host_limit,       host_point,
    wfp_work_held,
};
