/* SPDX-License-Identifier: Apache-2.0 */
/*
 * KV namespaces for Workers: count, do, log. Which namespace it is says the
 * binding of the version that runs, nothing that a script has. Called through
 * the host table, by part.c and by the follower.
 */
#include "mod_wfp/host_kv.h"

#include <apr_strings.h>

#include "mod_wfp/egress.h"
#include "mod_wfp/log.h"
#include "mod_wfp/quota.h"
#include "mod_wfp/trace.h"
#include "services/kv.h"

void wfp_host_kv_log(wfp_server_t *server, const char *ns, apr_status_t rv,
                     const char *text)
{
    if (text) {
        ap_log_error(APLOG_MARK, APLOG_ERR, rv, server->main,
                     WFPLOGNO(2501) "KV namespace %s: %s", ns, text);
    }
}

/* What is counted of it, and told when there is none left. */
static apr_status_t take_quota(wfp_host_ctx_t *ctx, const wfp_kv_call_t *call,
                               wfp_result_t *res)
{
    static const wfp_usage_e kinds[] = {
        [WFP_KV_GET] = WFP_USAGE_KV_READS,
        [WFP_KV_PUT] = WFP_USAGE_KV_WRITES,
        [WFP_KV_DELETE] = WFP_USAGE_KV_WRITES,
        [WFP_KV_LIST] = WFP_USAGE_KV_LISTS,
    };
    int n = call->verb == WFP_KV_LIST ? 1 : call->count;
    apr_status_t rv = wfp_quota_take(ctx, kinds[call->verb], (apr_uint64_t)n,
                                     res);

    if (rv != APR_SUCCESS) {
        res->message = apr_psprintf(res->pool, "KV %s failed: 429 %s",
                                    wfp_kv_method(call->verb), res->message);
    }
    return rv;
}

apr_status_t wfp_host_kv_call(wfp_host_ctx_t *ctx, const wfp_binding_t *binding,
                              wfp_kv_call_t *call, int is_counted,
                              wfp_result_t *res)
{
    wfp_server_t *server = ctx->work->server;
    const char *text;
    apr_status_t rv = is_counted ? APR_SUCCESS : wfp_egress_count(ctx, res);

    if (rv == APR_SUCCESS && !is_counted) {
        rv = take_quota(ctx, call, res);
    }
    if (rv != APR_SUCCESS) {
        return rv;
    }
    apr_pool_create(&call->pool, ctx->work->pool);
    call->until = wfp_invoke_earlier(ctx->deadline, ctx->wait_until);
    rv = wfp_kv_run(server->kv, binding->target, call, &text, res);
    if (rv != APR_SUCCESS) {
        wfp_trace_step(ctx->work, "KV %s: %s", wfp_kv_method(call->verb),
                       res->message);
        wfp_quota_tell_bytes(res, "kv_bytes", server->conf->kv_bytes);
        wfp_host_kv_log(server, binding->target, rv, text);
    }
    return rv;
}

void wfp_host_kv_join(wfp_kv_call_t *call, apr_status_t rv, apr_pool_t *p)
{
    int i;

    call->pool = NULL; /* it goes with the part's */
    if (rv != APR_SUCCESS
        || (call->verb != WFP_KV_GET && call->verb != WFP_KV_LIST)) {
        return;
    }
    apr_pool_create(&call->pool, p);
    if (call->verb == WFP_KV_LIST) {
        call->items = apr_pmemdup(call->pool, call->items,
                                  ((apr_size_t)call->count + 1)
                                      * sizeof(*call->items));
    }
    for (i = 0; i < call->count; i++) {
        wfp_kv_item_t *item = &call->items[i];

        if (call->verb == WFP_KV_LIST) {
            item->key = apr_pmemdup(call->pool, item->key, item->key_size);
        }
        if (item->value) {
            item->value = apr_pmemdup(call->pool, item->value,
                                      item->value_size);
        }
        if (item->metadata) {
            item->metadata = apr_pmemdup(call->pool, item->metadata,
                                         item->metadata_size);
        }
    }
}

apr_status_t wfp_host_kv_changed(wfp_server_t *server, const char *name,
                                 wfp_result_t *res)
{
    return server->kv ? wfp_kv_changed(server->kv, name, res) : APR_SUCCESS;
}

void wfp_host_kv_sweep(wfp_server_t *server, apr_pool_t *p)
{
    wfp_result_t res;
    apr_status_t rv;

    wfp_result_init(&res, p);
    rv = server->kv ? wfp_kv_sweep(server->kv, &res) : APR_SUCCESS;
    if (rv != APR_SUCCESS) {
        ap_log_error(APLOG_MARK, APLOG_INFO, rv, server->main,
                     WFPLOGNO(2502) "expired KV values stay for now: %s",
                     res.message);
    }
}
