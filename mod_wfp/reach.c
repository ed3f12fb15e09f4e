/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Where the calls of an invocation may go, from what its namespace, its Worker,
 * its binding and its caller say. invoke.c asks when an invocation begins,
 * egress.c when it calls out.
 */
#include "mod_wfp/reach.h"

#include "mod_wfp/sync.h"

/* Which outbound Worker this Worker's fetches pass: the binding's, else
 * WfpOutbound's, else the namespace's; a service keeps its caller's. */
static apr_status_t choose_outbound(wfp_host_ctx_t *ctx, const wfp_call_t *call,
                                    const wfp_entry_t *ns, wfp_result_t *res)
{
    const wfp_outbound_t *of_scope = ctx->work->scope->outbound;
    wfp_namespace_t *settings;
    apr_status_t rv;

    if (ctx->is_outbound) {
        return APR_SUCCESS;
    }
    if (!*call->ns) {
        if (ctx->caller) {
            ctx->outbound = ctx->caller->outbound;
            ctx->is_outbound = ctx->caller->is_outbound;
        }
        return APR_SUCCESS;
    }
    if (call->outbound && call->outbound->service) {
        ctx->outbound = *call->outbound;
        return APR_SUCCESS;
    }
    if (of_scope && of_scope->service) {
        ctx->outbound = *of_scope;
        return APR_SUCCESS;
    }
    if (!(ns->flags & WFP_ENTRY_HAS_OUTBOUND)) {
        return APR_SUCCESS;
    }
    rv = wfp_sync_namespace(&settings, ctx->work->server, call->ns, res,
                            ctx->work->pool);
    if (rv == APR_SUCCESS) {
        ctx->outbound = settings->outbound;
    }
    return rv;
}

static wfp_egress_e egress_of(const wfp_entry_t *entry)
{
    return entry->flags & WFP_ENTRY_EGRESS_NONE       ? WFP_EGRESS_NONE
           : entry->flags & WFP_ENTRY_EGRESS_OUTBOUND ? WFP_EGRESS_OUTBOUND
                                                      : WFP_EGRESS_DIRECT;
}

static wfp_egress_e narrower(wfp_egress_e a, wfp_egress_e b)
{
    return a > b ? a : b;
}

/* The Worker's own setting narrows its namespace's; a service has its
 * caller's at most. */
static void choose_egress(wfp_host_ctx_t *ctx, const wfp_entry_t *ns)
{
    ctx->egress = narrower(egress_of(ns), egress_of(&ctx->entry));
    if (ctx->caller && !*ctx->entry.ns) {
        ctx->egress = narrower(ctx->egress, ctx->caller->egress);
    }
}

static apr_status_t add_rules(wfp_policy_t *policy, int allow,
                              const apr_array_header_t *targets,
                              wfp_result_t *res)
{
    apr_status_t rv = APR_SUCCESS;
    int i;

    for (i = 0; rv == APR_SUCCESS && i < targets->nelts; i++) {
        rv = wfp_policy_add(policy, allow,
                            APR_ARRAY_IDX(targets, i, const char *), res);
    }
    return rv;
}

/* The namespace's own rules on top of the server's. Rules that cannot be read
 * open nothing. */
static apr_status_t choose_policy(wfp_host_ctx_t *ctx, const wfp_entry_t *ns,
                                  wfp_result_t *res)
{
    wfp_namespace_t *settings;
    wfp_result_t why;
    wfp_policy_t *policy;
    apr_status_t rv;

    if (!(ns->flags & WFP_ENTRY_EGRESS_RULES)) {
        return APR_SUCCESS;
    }
    rv = wfp_sync_namespace(&settings, ctx->work->server, ctx->entry.ns, res,
                            ctx->work->pool);
    if (rv != APR_SUCCESS) {
        return rv;
    }
    policy = wfp_policy_merge(ctx->work->conf->egress, NULL, ctx->work->pool);
    wfp_result_init(&why, ctx->work->pool);
    if (add_rules(policy, 1, settings->egress_allow, &why) != APR_SUCCESS
        || add_rules(policy, 0, settings->egress_deny, &why) != APR_SUCCESS) {
        ctx->egress = WFP_EGRESS_NONE;
    }
    ctx->policy = policy;
    return APR_SUCCESS;
}

apr_status_t wfp_reach_choose(wfp_host_ctx_t *ctx, const wfp_call_t *call,
                              const wfp_entry_t *ns, wfp_result_t *res)
{
    apr_status_t rv;

    choose_egress(ctx, ns);
    rv = choose_policy(ctx, ns, res);
    return rv == APR_SUCCESS ? choose_outbound(ctx, call, ns, res) : rv;
}

const wfp_host_ctx_t *wfp_reach_user(const wfp_host_ctx_t *ctx)
{
    while (ctx && !*ctx->entry.ns) {
        ctx = ctx->caller;
    }
    return ctx;
}

const wfp_policy_t *wfp_reach_policy(const wfp_host_ctx_t *ctx,
                                     const wfp_server_conf_t *conf)
{
    const wfp_host_ctx_t *user = wfp_reach_user(ctx);

    if (user && user->policy) {
        return user->policy;
    }
    return conf->egress ? conf->egress : wfp_policy_make(ctx->work->pool);
}
