/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What stands between a Worker's fetch() and the network, in this order:
 * count -> limits of the head -> outbound Worker -> (filters of other modules)
 * -> policy -> client.
 */
#include "mod_wfp/egress.h"

#include <apr_strings.h>
#include <string.h>
#include <strings.h>

#include "core/clock.h"
#include "core/cdn_loop.h"
#include "core/url.h"
#include "mod_wfp/egress_record.h"
#include "mod_wfp/hangup.h"
#include "mod_wfp/limit_hit.h"
#include "mod_wfp/log.h"
#include "mod_wfp/part.h"
#include "mod_wfp/reach.h"
#include "mod_wfp/trace.h"
#include "mod_wfp/work.h"
#include "outbound/client.h"
#include "outbound/egress.h"
#include "outbound/head.h"
#include "outbound/pipeline.h"

/* Other modules' filters have their own order between ours. */
enum {
    ORDER_COUNT = -1000,
    ORDER_HEAD,
    ORDER_OUTBOUND,
    ORDER_POLICY = 1000,
    ORDER_CLIENT
};

/* What a hop takes of the pool: records, structures, and its URL in as many
 * copies, whole or in parts. */
#define HOP_BYTES  1024
#define URL_COPIES 24

/* Bytes of a request's head: more would be refused by any origin. */
#define HEAD_MAX (128 * 1024)
#define URL_MAX  (16 * 1024)

/* The user Worker whose call has led to this one; NULL: none's. */
static wfp_host_ctx_t *user_above(const wfp_host_ctx_t *ctx)
{
    wfp_host_ctx_t *up = ctx->caller;

    while (up && !*up->entry.ns) {
        up = up->caller;
    }
    return up ? wfp_work_invocation(up) : NULL;
}

/* One more of its own, or of user Workers that it led to. @return 0: too many */
static int count_one(wfp_host_ctx_t *ctx, apr_int64_t *count)
{
    (void)__atomic_add_fetch(count, 1, __ATOMIC_RELAXED);
    return wfp_limit_hit_subrequests(ctx)
           <= ctx->limits.v[WFP_LIMIT_SUBREQUESTS];
}

/* A user Worker's are also those of each user Worker above it: else one that
 * calls itself would have so many to the power of `depth`, all in one pool. */
static apr_status_t count_above(const wfp_host_ctx_t *ctx, wfp_result_t *res)
{
    wfp_host_ctx_t *up = *ctx->entry.ns ? user_above(ctx) : NULL;

    for (; up; up = user_above(up)) {
        if (!count_one(up, &up->led)) {
            (void)wfp_result_set(res, WFP_SUBREQUEST_LIMIT, APR_EGENERAL, NULL);
            /* no copy: a loop would fill the pool with them */
            res->message = "Too many subrequests of the Worker that called, "
                           "with those of Workers it led to";
            return APR_EGENERAL;
        }
    }
    return APR_SUCCESS;
}

apr_status_t wfp_egress_count(wfp_host_ctx_t *ctx, wfp_result_t *res)
{
    wfp_host_ctx_t *whole = wfp_work_invocation(ctx);
    apr_int64_t allowed = ctx->limits.v[WFP_LIMIT_SUBREQUESTS], used;
    apr_status_t rv;
    int fits;

    if (wfp_hangup_was_seen(ctx->work)) {
        return wfp_hangup_tell(res);
    }
    rv = wfp_cancel_check(ctx->work->cancel, res);
    if (rv != APR_SUCCESS) {
        return rv;
    }
    fits = count_one(whole, &whole->subrequests);
    used = wfp_limit_hit_subrequests(whole);
    wfp_stats_count(ctx->work->server->stats, WFP_STAT_SUBREQUESTS);
    wfp_trace_step(ctx->work,
                   "%s: subrequest %" APR_INT64_T_FMT " of %" APR_INT64_T_FMT,
                   ctx->entry.name, used, allowed);
    if (fits) {
        return count_above(whole, res);
    }
    (void)wfp_result_set(res, WFP_SUBREQUEST_LIMIT, APR_EGENERAL, NULL);
    wfp_limit_tell(res, WFP_LIMIT_SUBREQUESTS, allowed, used);
    return APR_EGENERAL;
}

static apr_size_t head_bytes(const wfp_headers_t *headers)
{
    apr_size_t bytes = 0;
    int i;

    for (i = 0; i < headers->count; i++) {
        const wfp_header_t *h = &headers->list[i];

        bytes += strlen(h->name) + strlen(h->value) + 4;
    }
    return bytes;
}

/* A message's fields, and its list in a few copies. */
static apr_size_t held_of(const wfp_headers_t *headers)
{
    return head_bytes(headers)
           + (apr_size_t)headers->count * 6 * sizeof(wfp_header_t);
}

static void hold_request(const wfp_egress_t *egress)
{
    const wfp_request_t *req = egress->request;

    wfp_work_hold(egress->invocation, HOP_BYTES + URL_COPIES * strlen(req->url)
                                          + held_of(req->headers));
}

static void hold_response(const wfp_egress_t *egress)
{
    const wfp_response_t *resp = egress->response;
    apr_size_t n = 0;

    if (resp->body) {
        (void)wfp_body_peek(resp->body, &n); /* 0: it is not in memory */
    }
    wfp_work_hold(egress->invocation, n + held_of(resp->headers));
}

static int filter_count(wfp_egress_t *egress)
{
    apr_status_t rv;

    hold_request(egress);
    wfp_egress_record_begin(egress);
    rv = wfp_egress_count(egress->invocation, egress->result);
    if (rv == APR_SUCCESS) {
        return WFP_EGRESS_DECLINED;
    }
    egress->by = "count";
    return rv;
}

static const char *why_too_large(const wfp_request_t *req)
{
    if (strlen(req->url) > URL_MAX) {
        return "Network error: the request's URL is too long";
    }
    if (req->headers->count > WFP_HEADERS_MAX) {
        return "Network error: the request has too many headers";
    }
    return head_bytes(req->headers) > HEAD_MAX
               ? "Network error: the request's headers are too large"
               : NULL;
}

wfp_request_t *wfp_egress_clean(const wfp_host_ctx_t *ctx, wfp_request_t *req)
{
    return *ctx->entry.ns ? wfp_head_of_tenant(req, ctx->work->pool) : req;
}

/* How large, and what a tenant may not say: whoever comes behind, outbound
 * Worker and origin, may believe what is left. */
static int filter_head(wfp_egress_t *egress)
{
    const char *why = why_too_large(egress->request);

    if (why) {
        egress->by = "head";
        return wfp_result_set(egress->result, WFP_NETWORK_ERROR, APR_ENOSPC,
                              "%s", why);
    }
    egress->request = wfp_egress_clean(egress->invocation, egress->request);
    return WFP_EGRESS_DECLINED;
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

static int refuse(wfp_egress_t *egress, const char *by, const char *text)
{
    egress->by = by;
    return wfp_result_set(egress->result, WFP_EGRESS_BLOCKED, APR_EACCES, "%s",
                          text);
}

static int call_outbound(wfp_egress_t *egress)
{
    wfp_host_ctx_t *ctx = egress->invocation;
    wfp_call_t call = { 0 };
    apr_status_t rv;

    wfp_trace_step(ctx->work, "fetch %s %s through outbound Worker %s",
                   egress->request->method, egress->request->url,
                   ctx->outbound.service);
    egress->by = apr_pstrcat(egress->pool, "outbound Worker ",
                             ctx->outbound.service, NULL);
    call.ns = WFP_ACCOUNT_NS;
    call.name = ctx->outbound.service;
    call.params = ctx->outbound.params;
    call.is_outbound = 1;
    rv = wfp_invoke_fetch(&egress->response, ctx->work, ctx, &call,
                          egress->request, egress->result);
    return rv == APR_SUCCESS ? WFP_EGRESS_OK
                             : outbound_failed(egress->result, rv);
}

static int filter_outbound(wfp_egress_t *egress)
{
    wfp_host_ctx_t *ctx = egress->invocation;

    if (ctx->egress == WFP_EGRESS_NONE) {
        return refuse(egress, "egress",
                      "Egress blocked: this Worker has no egress");
    }
    if (ctx->outbound.service) {
        return call_outbound(egress);
    }
    if (ctx->is_outbound) {
        return WFP_EGRESS_DECLINED;
    }
    return ctx->egress == WFP_EGRESS_OUTBOUND
               ? refuse(egress, "egress", "Egress blocked: no outbound Worker")
               : WFP_EGRESS_DECLINED;
}

/* "namespace/name", or NULL */
static const char *full_name(const wfp_egress_t *egress,
                             const wfp_host_ctx_t *user)
{
    return user ? apr_pstrcat(egress->pool, user->entry.ns, "/",
                              user->entry.name, NULL)
                : NULL;
}

/* Which names are ours to say; what a script wrote there never leaves. */
static int is_ours(const char *name)
{
    return !strncasecmp(name, "x-wfp-", 6) || !strcasecmp(name, "CDN-Loop");
}

/* The request as it goes out: with our marks. X-Wfp-Worker names the user
 * Worker for whom it goes out. */
static void mark_request(wfp_egress_t *egress)
{
    wfp_host_ctx_t *ctx = egress->invocation;
    const wfp_host_ctx_t *user = wfp_reach_user(ctx);
    const wfp_request_t *req = egress->request;
    wfp_request_t *marked = apr_pmemdup(egress->pool, req, sizeof(*req));
    int i, kept = 0;

    marked->headers = wfp_head_end_to_end(req->headers, egress->pool);
    for (i = 0; i < marked->headers->count; i++) {
        if (!is_ours(marked->headers->list[i].name)) {
            marked->headers->list[kept++] = marked->headers->list[i];
        }
    }
    marked->headers->count = kept;
    if (user && wfp_config_num(ctx->work->conf->worker_header, 0)) {
        wfp_headers_addn(marked->headers, "X-Wfp-Worker",
                         full_name(egress, user));
    }
    wfp_headers_addn(marked->headers, "CDN-Loop",
                     wfp_cdn_loop_add(ctx->work->cdn_loop, egress->pool));
    egress->request = marked;
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
                            terms, egress->result);
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

static const wfp_policy_t *policy_of(const wfp_egress_t *egress)
{
    return wfp_reach_policy(egress->invocation, egress->server_conf);
}

/* By name. The client asks again, by address, when it knows that. */
static int filter_policy(wfp_egress_t *egress)
{
    const char *why;
    wfp_url_t url;
    apr_status_t rv = wfp_url_parse(&url, egress->request->url, NULL,
                                    egress->result, egress->pool);

    if (rv != APR_SUCCESS) {
        egress->by = "policy";
        return rv;
    }
    if (strcmp(url.scheme, "http") != 0 && strcmp(url.scheme, "https") != 0) {
        egress->by = "policy";
        return wfp_result_set(egress->result, WFP_NETWORK_ERROR, APR_EINVAL,
                              "Network error: only http and https");
    }
    if (!wfp_policy_name_ok(policy_of(egress), url.host, url.port, &why)) {
        return refuse(egress, "policy",
                      apr_pstrcat(egress->pool, "Egress blocked: ", why, NULL));
    }
    return WFP_EGRESS_DECLINED;
}

static void set_terms(wfp_client_terms_t *terms, wfp_egress_t *egress)
{
    const wfp_host_ctx_t *ctx = egress->invocation;
    const wfp_server_conf_t *conf = egress->server_conf;
    apr_interval_time_t own = apr_time_from_msec(egress->request->timeout_ms);

    terms->policy = policy_of(egress);
    terms->connect_timeout = wfp_config_num(conf->egress_connect,
                                            WFP_DEFAULT_EGRESS_CONNECT);
    terms->total_timeout = wfp_config_num(conf->egress_total,
                                          WFP_DEFAULT_EGRESS_TOTAL);
    terms->idle_timeout = wfp_config_num(conf->egress_idle,
                                         WFP_DEFAULT_EGRESS_IDLE);
    terms->deadline = egress->ends;
    if (own > 0 && own < terms->total_timeout) {
        terms->total_timeout = own;
    }
    terms->owner = full_name(egress, wfp_reach_payer(ctx));
    terms->is_over = client_hung_up;
    terms->is_over_arg = ctx->work;
    terms->cancel = ctx->work->cancel;
    terms->look = WFP_HANGUP_LOOK;
    terms->times = wfp_egress_record_times(egress);
}

static int filter_client(wfp_egress_t *egress)
{
    wfp_host_ctx_t *ctx = egress->invocation;
    wfp_client_terms_t terms = { 0 };
    apr_status_t rv;

    set_terms(&terms, egress);
    mark_request(egress);
    wfp_trace_step(ctx->work, "fetch %s %s goes out, hop %d",
                   egress->request->method, egress->request->url, egress->hop);
    rv = send_request(egress, &terms);
    if (rv == APR_SUCCESS) {
        hold_response(egress);
    }
    /* the client only blocks what the policy says of an address */
    egress->by = rv != APR_SUCCESS && egress->result->code == WFP_EGRESS_BLOCKED
                     ? "policy"
                     : "client";
    return rv == APR_SUCCESS ? WFP_EGRESS_OK : rv;
}

void wfp_egress_register(void)
{
    APR_OPTIONAL_HOOK(wfp, egress, filter_count, NULL, NULL, ORDER_COUNT);
    APR_OPTIONAL_HOOK(wfp, egress, filter_head, NULL, NULL, ORDER_HEAD);
    APR_OPTIONAL_HOOK(wfp, egress, filter_outbound, NULL, NULL, ORDER_OUTBOUND);
    APR_OPTIONAL_HOOK(wfp, egress, filter_policy, NULL, NULL, ORDER_POLICY);
    APR_OPTIONAL_HOOK(wfp, egress, filter_client, NULL, NULL, ORDER_CLIENT);
}

apr_status_t wfp_egress_fetch(wfp_response_t **presp, wfp_host_ctx_t *ctx,
                              wfp_request_t *req, wfp_result_t *res)
{
    const wfp_host_ctx_t *user = wfp_reach_user(ctx->caller);
    wfp_egress_t egress = { 0 };
    apr_status_t rv;

    if (user && !*ctx->entry.ns) {
        egress.user_ns = user->entry.ns;
        egress.user_worker = user->entry.name;
    }
    egress.request_id = ctx->work->request_id;
    egress.server = ctx->work->vhost;
    egress.note = wfp_egress_record_note;
    egress.request = req;
    egress.result = res;
    egress.ns = ctx->entry.ns;
    egress.worker = ctx->entry.name;
    egress.ends = wfp_invoke_earlier(ctx->deadline,
                                     wfp_invoke_earlier(ctx->wait_until,
                                                        req->abort_at));
    egress.deadline = apr_time_now() + (egress.ends - wfp_clock_now());
    egress.invocation = ctx;
    egress.server_conf = ctx->work->conf;
    egress.pool = ctx->work->pool;
    rv = wfp_pipeline_run(&egress);
    *presp = egress.response;
    return rv;
}
