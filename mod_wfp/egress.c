/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What stands between a Worker's fetch() and the network, in this order:
 * count -> outbound Worker -> (filters of other modules) -> policy and client.
 */
#include "mod_wfp/egress.h"

#include <apr_strings.h>
#include <string.h>
#include <strings.h>

#include "core/cdn_loop.h"
#include "mod_wfp/hangup.h"
#include "mod_wfp/log.h"
#include "mod_wfp/part.h"
#include "outbound/client.h"
#include "outbound/egress.h"
#include "outbound/pipeline.h"

apr_status_t wfp_egress_count(wfp_host_ctx_t *ctx, wfp_result_t *res)
{
    wfp_host_ctx_t *whole = ctx->whole ? ctx->whole : ctx;
    apr_int64_t allowed = ctx->limits.v[WFP_LIMIT_SUBREQUESTS], used;
    apr_status_t rv;

    if (wfp_hangup_was_seen(ctx->work)) {
        return wfp_hangup_tell(res);
    }
    rv = wfp_cancel_check(ctx->work->cancel, res);
    if (rv != APR_SUCCESS) {
        return rv;
    }
    used = __atomic_add_fetch(&whole->subrequests, 1, __ATOMIC_RELAXED);
    wfp_stats_count(ctx->work->server->stats, WFP_STAT_SUBREQUESTS);
    if (used <= allowed) {
        return APR_SUCCESS;
    }
    (void)wfp_result_set(res, WFP_SUBREQUEST_LIMIT, APR_EGENERAL, NULL);
    if (res) {
        res->limit = wfp_limit_row(WFP_LIMIT_SUBREQUESTS)->name;
        res->allowed = allowed;
        res->used = used;
    }
    return APR_EGENERAL;
}

static int filter_count(wfp_egress_t *egress)
{
    apr_status_t rv = wfp_egress_count(egress->invocation, egress->result);

    return rv == APR_SUCCESS ? WFP_EGRESS_DECLINED : rv;
}

/* What the tenant sees of an outbound Worker's failure: no detail of a Worker
 * that is not its own. */
static apr_status_t outbound_failed(wfp_result_t *res, apr_status_t rv)
{
    switch (res->code) {
    case WFP_EGRESS_BLOCKED:
    case WFP_NETWORK_ERROR:
    case WFP_TIMEOUT:
    case WFP_TOO_MANY_REDIRECTS:
    case WFP_BODY_TOO_LARGE:
    case WFP_LOOP_DETECTED:
    case WFP_STORE_UNAVAILABLE:
    case WFP_CLIENT_DISCONNECTED:
    case WFP_ABORTED:
        return rv;
    case WFP_WORKER_NOT_FOUND:
        return wfp_result_set(res, WFP_EGRESS_BLOCKED, rv,
                              "Egress blocked: the outbound Worker is missing");
    default:
        return wfp_result_set(res, WFP_NETWORK_ERROR, rv,
                              "Network error: the outbound Worker failed");
    }
}

static int filter_outbound(wfp_egress_t *egress)
{
    wfp_host_ctx_t *ctx = egress->invocation;
    wfp_call_t call = { 0 };
    apr_status_t rv;

    if (ctx->egress == WFP_EGRESS_NONE) {
        return wfp_result_set(egress->result, WFP_EGRESS_BLOCKED, APR_EACCES,
                              "Egress blocked: this namespace has no egress");
    }
    if (ctx->is_outbound) {
        return WFP_EGRESS_DECLINED;
    }
    if (!ctx->outbound.service) {
        return ctx->egress == WFP_EGRESS_OUTBOUND
                   ? wfp_result_set(egress->result, WFP_EGRESS_BLOCKED,
                                    APR_EACCES,
                                    "Egress blocked: no outbound Worker")
                   : WFP_EGRESS_DECLINED;
    }
    wfp_invoke_trace(ctx->work, "fetch %s %s through outbound Worker %s",
                     egress->request->method, egress->request->url,
                     ctx->outbound.service);
    call.ns = WFP_ACCOUNT_NS;
    call.name = ctx->outbound.service;
    call.params = ctx->outbound.params;
    call.is_outbound = 1;
    rv = wfp_invoke_fetch(&egress->response, ctx->work, ctx, &call,
                          egress->request, egress->result);
    return rv == APR_SUCCESS ? WFP_EGRESS_OK
                             : outbound_failed(egress->result, rv);
}

/* "namespace/name" of the user Worker for whom the request goes out, also by
 * way of an outbound Worker; NULL when no user Worker is involved. */
static const char *user_worker(const wfp_egress_t *egress)
{
    const wfp_host_ctx_t *ctx = egress->invocation;

    while (ctx && !*ctx->entry.ns) {
        ctx = ctx->caller;
    }
    return ctx ? apr_pstrcat(egress->pool, ctx->entry.ns, "/", ctx->entry.name,
                             NULL)
               : NULL;
}

/* Bytes of a request's head: more would be refused by any origin. */
#define HEAD_MAX (128 * 1024)

/* Which names are ours to say; what a script wrote there never leaves. */
static int is_ours(const char *name)
{
    return !strncasecmp(name, "x-wfp-", 6) || !strcasecmp(name, "CDN-Loop");
}

/* The request as it goes out: with our marks. X-Wfp-Worker names the user
 * Worker for whom it goes out. */
static apr_status_t mark_request(wfp_egress_t *egress, const char *worker)
{
    wfp_host_ctx_t *ctx = egress->invocation;
    const wfp_request_t *req = egress->request;
    wfp_request_t *marked = apr_pmemdup(egress->pool, req, sizeof(*req));
    apr_size_t bytes = 0;
    int i;

    marked->headers = wfp_headers_make(egress->pool);
    for (i = 0; i < req->headers->count; i++) {
        const wfp_header_t *h = &req->headers->list[i];

        bytes += strlen(h->name) + strlen(h->value) + 4;
        if (!is_ours(h->name)) {
            wfp_headers_addn(marked->headers, h->name, h->value);
        }
    }
    if (bytes > HEAD_MAX) {
        return wfp_result_set(egress->result, WFP_NETWORK_ERROR, APR_ENOSPC,
                              "Network error: the request's headers are too "
                              "large");
    }
    if (worker && wfp_config_num(ctx->work->conf->worker_header, 0)) {
        wfp_headers_addn(marked->headers, "X-Wfp-Worker", worker);
    }
    wfp_headers_addn(marked->headers, "CDN-Loop",
                     wfp_cdn_loop_add(ctx->work->cdn_loop, egress->pool));
    egress->request = marked;
    return APR_SUCCESS;
}

/* wfp_client_terms_t's is_over */
static int client_hung_up(void *work)
{
    return wfp_hangup_look(wfp_part_whole(work));
}

/* Send it, on one of the connections that the top request may have. A fetch
 * that a function of a request's body makes uses that request's. */
static apr_status_t send_request(wfp_egress_t *egress,
                                 const wfp_client_terms_t *terms)
{
    wfp_host_ctx_t *ctx = egress->invocation, *payer = ctx;
    wfp_work_t *work = ctx->work;
    int takes = work->slots && !work->has_slot;
    apr_status_t rv;

    while (payer->is_outbound && payer->caller) {
        payer = payer->caller;
    }
    if (takes) {
        rv = wfp_slots_take(work->slots, payer->limits.v[WFP_LIMIT_CONNECTIONS],
                            work->cancel, terms->deadline, egress->result);
        if (rv != APR_SUCCESS) {
            return rv;
        }
        work->has_slot = 1;
    }
    rv = wfp_client_send(&egress->response, work->server->client,
                         egress->request, terms, egress->result);
    if (takes) {
        work->has_slot = 0;
        wfp_slots_give(work->slots);
    }
    return rv;
}

static int filter_client(wfp_egress_t *egress)
{
    wfp_host_ctx_t *ctx = egress->invocation;
    const wfp_server_conf_t *conf = egress->server_conf;
    wfp_client_terms_t terms = { 0 };
    apr_status_t rv;

    terms.policy = conf->egress ? conf->egress : wfp_policy_make(egress->pool);
    terms.connect_timeout = wfp_config_num(conf->egress_connect,
                                           WFP_DEFAULT_EGRESS_CONNECT);
    terms.total_timeout = wfp_config_num(conf->egress_total,
                                         WFP_DEFAULT_EGRESS_TOTAL);
    terms.deadline = egress->deadline;
    if (egress->request->timeout_ms > 0
        && apr_time_from_msec(egress->request->timeout_ms)
               < terms.total_timeout) {
        terms.total_timeout = apr_time_from_msec(egress->request->timeout_ms);
    }
    terms.owner = user_worker(egress);
    terms.is_over = client_hung_up;
    terms.is_over_arg = ctx->work;
    terms.cancel = ctx->work->cancel;
    terms.look = WFP_HANGUP_LOOK;
    rv = mark_request(egress, terms.owner);
    if (rv != APR_SUCCESS) {
        return rv;
    }
    wfp_invoke_trace(ctx->work, "fetch %s %s goes out, hop %d",
                     egress->request->method, egress->request->url,
                     egress->hop);
    rv = send_request(egress, &terms);
    return rv == APR_SUCCESS ? WFP_EGRESS_OK : rv;
}

void wfp_egress_register(void)
{
    APR_OPTIONAL_HOOK(wfp, egress, filter_count, NULL, NULL,
                      APR_HOOK_REALLY_FIRST);
    APR_OPTIONAL_HOOK(wfp, egress, filter_outbound, NULL, NULL,
                      APR_HOOK_MIDDLE);
    APR_OPTIONAL_HOOK(wfp, egress, filter_client, NULL, NULL,
                      APR_HOOK_REALLY_LAST);
}

apr_status_t wfp_egress_fetch(wfp_response_t **presp, wfp_host_ctx_t *ctx,
                              wfp_request_t *req, wfp_result_t *res)
{
    wfp_egress_t egress = { 0 };
    apr_status_t rv;

    egress.request = req;
    egress.result = res;
    egress.ns = ctx->entry.ns;
    egress.worker = ctx->entry.name;
    egress.deadline = wfp_invoke_earlier(ctx->deadline,
                                         wfp_invoke_earlier(ctx->wait_until,
                                                            req->abort_at));
    egress.invocation = ctx;
    egress.server_conf = ctx->work->conf;
    egress.pool = ctx->work->pool;
    rv = wfp_pipeline_run(&egress);
    *presp = egress.response;
    return rv;
}
