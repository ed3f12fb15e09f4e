/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Workers send to queues: count, do, log. Which queue it is says the binding of
 * the version that runs, nothing that a script has. Called through the host
 * table.
 */
#include "mod_wfp/host_queue.h"

#include <apr_strings.h>

#include "mod_wfp/egress.h"
#include "mod_wfp/log.h"
#include "mod_wfp/quota.h"

static apr_status_t take_quota(wfp_host_ctx_t *ctx,
                               const wfp_queue_send_t *send, wfp_result_t *res)
{
    apr_status_t rv = wfp_quota_take(ctx, WFP_USAGE_QUEUE_MESSAGES,
                                     (apr_uint64_t)send->count, res);

    if (rv != APR_SUCCESS) {
        res->message = apr_psprintf(res->pool, "Queue %s failed: %s",
                                    send->is_batch ? "sendBatch" : "send",
                                    res->message);
    }
    return rv;
}

apr_status_t wfp_host_queue_send(wfp_host_ctx_t *ctx,
                                 const wfp_binding_t *binding,
                                 const wfp_queue_send_t *send,
                                 wfp_result_t *res)
{
    wfp_server_t *server = ctx->work->server;
    const char *text = NULL;
    apr_pool_t *p;
    apr_status_t rv = wfp_egress_count(ctx, res);

    if (rv == APR_SUCCESS) {
        rv = take_quota(ctx, send, res);
    }
    if (rv != APR_SUCCESS) {
        return rv;
    }
    apr_pool_create(&p, ctx->work->pool);
    rv = wfp_queues_send(server->queues, binding->target, send, &text, res, p);
    if (APR_STATUS_IS_ENOSPC(rv) && res) {
        res->limit = "queue_backlog";
        res->allowed = res->used = wfp_config_num(server->conf->queue_backlog,
                                                  WFP_DEFAULT_QUEUE_BACKLOG);
    }
    if (text) {
        ap_log_error(APLOG_MARK, APLOG_ERR, rv, server->main,
                     WFPLOGNO(3001) "queue %s: %s", binding->target, text);
    }
    apr_pool_destroy(p);
    return rv;
}
