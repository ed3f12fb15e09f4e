/* SPDX-License-Identifier: Apache-2.0 */
/*
 * R2 buckets for Workers: count, do, log. Which bucket it is says the binding of
 * the version that runs, nothing that a script has. Called through the host
 * table and by the follower.
 */
#include "mod_wfp/host_r2.h"

#include <apr_strings.h>

#include "mod_wfp/egress.h"
#include "mod_wfp/log.h"
#include "mod_wfp/quota.h"
#include "mod_wfp/trace.h"
#include "services/r2.h"

/* As Cloudflare's classes: what writes or lists, what reads; deletes are free. */
static apr_status_t take_quota(wfp_host_ctx_t *ctx, const wfp_r2_call_t *call,
                               wfp_result_t *res)
{
    wfp_usage_e kind = call->verb == WFP_R2_GET || call->verb == WFP_R2_HEAD
                           ? WFP_USAGE_R2_CLASS_B
                           : WFP_USAGE_R2_CLASS_A;
    apr_status_t rv = call->verb == WFP_R2_DELETE || call->verb == WFP_R2_ABORT
                          ? APR_SUCCESS
                          : wfp_quota_take(ctx, kind, 1, res);

    if (rv != APR_SUCCESS) {
        res->message = apr_psprintf(res->pool, "%s: %s",
                                    wfp_r2_verb_name(call->verb), res->message);
    }
    return rv;
}

apr_status_t wfp_host_r2_call(wfp_host_ctx_t *ctx, const wfp_binding_t *binding,
                              wfp_r2_call_t *call, wfp_result_t *res)
{
    wfp_server_t *server = ctx->work->server;
    const char *text = NULL;
    apr_status_t rv = wfp_egress_count(ctx, res);

    if (rv == APR_SUCCESS) {
        rv = take_quota(ctx, call, res);
    }
    apr_pool_create(&call->pool, ctx->work->pool);
    if (rv == APR_SUCCESS) {
        call->until = wfp_invoke_earlier(ctx->deadline, ctx->wait_until);
        call->cancel = ctx->work->cancel;
        rv = wfp_r2_run(server->r2, binding->target, call, &text, res);
        wfp_trace_step(ctx->work, "R2 %s: %s", wfp_r2_verb_name(call->verb),
                       rv == APR_SUCCESS ? "ok" : res->message);
        wfp_quota_tell_bytes(res, "r2_bytes", server->conf->r2_bytes);
    }
    else if (call->source) {
        wfp_body_cancel(call->source);
    }
    if (text) {
        ap_log_error(APLOG_MARK, APLOG_ERR, rv, server->main,
                     WFPLOGNO(2601) "R2 bucket %s: %s", binding->target, text);
    }
    return rv;
}

void wfp_host_r2_sweep(wfp_server_t *server, apr_pool_t *p)
{
    wfp_result_t res;
    apr_status_t rv;

    wfp_result_init(&res, p);
    rv = server->r2 ? wfp_r2_sweep(server->r2, &res) : APR_SUCCESS;
    if (rv != APR_SUCCESS) {
        ap_log_error(APLOG_MARK, APLOG_INFO, rv, server->main,
                     WFPLOGNO(2602) "files of R2 stay for now: %s",
                     res.message);
    }
}
