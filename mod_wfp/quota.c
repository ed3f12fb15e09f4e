/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Between an invocation's calls of services and their counters; and from these
 * to the store. Called by the host functions and the follower. It must not know
 * what a service does.
 */
#include "mod_wfp/quota.h"

#include "mod_wfp/log.h"
#include "store/service_usage.h"

#define DAY_S 86400

/* How often the store is told, and old days go. */
#define TELL        0
#define TELL_EVERY  apr_time_from_sec(1)
#define PRUNE       1
#define PRUNE_EVERY apr_time_from_sec(3600)

static apr_status_t refuse(wfp_usage_e kind, const wfp_usage_bound_t *bound,
                           apr_time_t now, wfp_result_t *res)
{
    apr_status_t rv = wfp_result_set(res, WFP_QUOTA_EXCEEDED, APR_ENOSPC,
                                     "the quota %s of %" APR_INT64_T_FMT
                                     " a day%s is used up",
                                     wfp_usage_name(kind), bound->allowed,
                                     bound->is_whole ? " of the namespace"
                                                     : "");

    res->limit = wfp_usage_name(kind);
    res->allowed = bound->allowed;
    res->used = bound->used;
    res->retry_after_s = (int)(DAY_S - apr_time_sec(now) % DAY_S);
    return rv;
}

apr_status_t wfp_quota_take(wfp_host_ctx_t *ctx, wfp_usage_e kind,
                            apr_uint64_t n, wfp_result_t *res)
{
    wfp_server_t *server = ctx->work->server;
    apr_time_t now = apr_time_now();
    wfp_usage_bound_t bound;

    if (!wfp_usage_may(&bound, server->usage, &server->conf->quota,
                       ctx->entry.ns, ctx->entry.name, kind, n, now)) {
        return refuse(kind, &bound, now, res);
    }
    wfp_usage_add(server->usage, ctx->entry.ns, ctx->entry.name, kind, n, now);
    return APR_SUCCESS;
}

void wfp_quota_tell_bytes(wfp_result_t *res, const char *name,
                          apr_int64_t allowed)
{
    if (res && res->code == WFP_QUOTA_EXCEEDED && !res->limit) {
        res->limit = name;
        res->allowed = res->used = allowed;
    }
}

void wfp_quota_add(wfp_host_ctx_t *ctx, wfp_usage_e kind, apr_uint64_t n)
{
    wfp_usage_add(ctx->work->server->usage, ctx->entry.ns, ctx->entry.name,
                  kind, n, apr_time_now());
}

static apr_status_t tell(wfp_server_t *server, apr_time_t now,
                         wfp_result_t *res, apr_pool_t *p)
{
    apr_array_header_t *list;
    apr_status_t rv = APR_SUCCESS;
    int i;

    wfp_usage_collect(&list, server->usage, now, p);
    if (list->nelts) {
        rv = wfp_service_usage_put(server->store,
                                   wfp_usage_source(server->usage), list, res,
                                   p);
    }
    for (i = 0; rv == APR_SUCCESS && i < list->nelts; i++) {
        wfp_usage_stored(server->usage,
                         &APR_ARRAY_IDX(list, i, wfp_usage_item_t));
    }
    return rv;
}

void wfp_quota_follow(wfp_server_t *server, apr_pool_t *p)
{
    if (wfp_usage_turn(server->usage, TELL, TELL_EVERY)) {
        wfp_quota_tell(server, p);
    }
}

void wfp_quota_tell(wfp_server_t *server, apr_pool_t *p)
{
    apr_time_t now = apr_time_now();
    wfp_result_t res;
    apr_status_t rv;

    wfp_result_init(&res, p);
    rv = tell(server, now, &res, p);
    if (rv == APR_SUCCESS
        && wfp_usage_turn(server->usage, PRUNE, PRUNE_EVERY)) {
        rv = wfp_service_usage_prune(server->store,
                                     apr_time_sec(now) / DAY_S
                                         - WFP_SERVICE_USAGE_DAYS,
                                     &res, p);
    }
    if (rv != APR_SUCCESS) {
        ap_log_error(APLOG_MARK, APLOG_INFO, rv, server->main,
                     WFPLOGNO(3301) "what Workers used is not in the store "
                                    "yet: %s",
                     res.message);
    }
}
