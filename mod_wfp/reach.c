/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Where the calls of an invocation may go, from what its namespace, its Worker,
 * its binding and its caller say. invoke.c asks when an invocation begins,
 * egress.c when it calls out.
 */
#include "mod_wfp/reach.h"

#include <string.h>

#include "mod_wfp/sync.h"

/* The caller that ctx may do no more than, when a tenant's call has led here;
 * NULL: none. What an outbound Worker starts is the platform's own affair. */
static const wfp_host_ctx_t *bound_by(const wfp_host_ctx_t *ctx)
{
    const wfp_host_ctx_t *caller = ctx->caller;

    return caller && !caller->is_outbound && wfp_reach_user(caller) ? caller
                                                                    : NULL;
}

static int are_same_params(const apr_array_header_t *a,
                           const apr_array_header_t *b)
{
    int i, n = a ? a->nelts : 0;

    if (n != (b ? b->nelts : 0)) {
        return 0;
    }
    for (i = 0; i < n; i++) {
        const wfp_param_t *one = &APR_ARRAY_IDX(a, i, wfp_param_t);
        const wfp_param_t *two = &APR_ARRAY_IDX(b, i, wfp_param_t);

        if (strcmp(one->name, two->name) != 0
            || strcmp(one->value ? one->value : "",
                      two->value ? two->value : "")
                   != 0) {
            return 0;
        }
    }
    return 1;
}

/* What caller's fetches pass, those of ctx pass as well: behind its own outbound
 * Worker, unless that is the same one told the same. */
static void pass_as(wfp_host_ctx_t *ctx, const wfp_host_ctx_t *caller)
{
    const wfp_outbound_t *own = &ctx->outbound, *theirs = &caller->outbound;

    if (!theirs->service) {
        return;
    }
    if (!own->service) {
        ctx->outbound = *theirs;
        ctx->beyond = caller->beyond;
    }
    else if (!strcmp(own->service, theirs->service)
             && are_same_params(own->params, theirs->params)) {
        ctx->beyond = caller->beyond;
    }
    else {
        ctx->beyond = caller;
    }
}

/* A user Worker's own outbound Worker: the binding's, else WfpOutbound's, else
 * the namespace's. */
static apr_status_t find_outbound(wfp_host_ctx_t *ctx, const wfp_call_t *call,
                                  const wfp_entry_t *ns, wfp_result_t *res)
{
    const wfp_outbound_t *of_scope = ctx->work->scope->outbound;
    wfp_namespace_t *settings;
    apr_status_t rv = APR_SUCCESS;

    if (call->outbound && call->outbound->service) {
        ctx->outbound = *call->outbound;
    }
    else if (of_scope && of_scope->service) {
        ctx->outbound = *of_scope;
    }
    else if (ns->flags & WFP_ENTRY_HAS_OUTBOUND) {
        rv = wfp_sync_namespace(&settings, ctx->work->server, call->ns, res,
                                ctx->work->pool);
        if (rv == APR_SUCCESS) {
            ctx->outbound = settings->outbound;
        }
    }
    return rv;
}

/* Which outbound Worker this Worker's fetches pass. A service keeps its
 * caller's; an outbound Worker's own pass what comes behind it. */
static apr_status_t choose_outbound(wfp_host_ctx_t *ctx, const wfp_call_t *call,
                                    const wfp_entry_t *ns, wfp_result_t *res)
{
    const wfp_host_ctx_t *caller = ctx->caller;
    apr_status_t rv;

    if (ctx->is_outbound) {
        if (caller->beyond) {
            ctx->outbound = caller->beyond->outbound;
            ctx->beyond = caller->beyond->beyond;
        }
        return APR_SUCCESS;
    }
    if (!*call->ns) {
        if (caller) {
            ctx->outbound = caller->outbound;
            ctx->beyond = caller->beyond;
            ctx->is_outbound = caller->is_outbound;
        }
        return APR_SUCCESS;
    }
    rv = find_outbound(ctx, call, ns, res);
    if (rv == APR_SUCCESS && bound_by(ctx)) {
        pass_as(ctx, caller);
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

/* The Worker's own setting narrows its namespace's; a service, and what a
 * tenant's call has led to, has its caller's at most. */
static void choose_egress(wfp_host_ctx_t *ctx, const wfp_entry_t *ns)
{
    ctx->egress = narrower(egress_of(ns), egress_of(&ctx->entry));
    if (ctx->caller && (!*ctx->entry.ns || bound_by(ctx))) {
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
static apr_status_t find_policy(wfp_host_ctx_t *ctx, const wfp_entry_t *ns,
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

/* Where a tenant's call has led to another user Worker, what may be reached is
 * what both may reach. */
static apr_status_t choose_policy(wfp_host_ctx_t *ctx, const wfp_entry_t *ns,
                                  wfp_result_t *res)
{
    const wfp_host_ctx_t *user = *ctx->entry.ns ? bound_by(ctx) : NULL;
    const wfp_policy_t *of_all = ctx->work->conf->egress;
    apr_status_t rv;

    user = wfp_reach_user(user);
    if (user && user->policy && !strcmp(user->entry.ns, ctx->entry.ns)) {
        ctx->policy = user->policy;
        return APR_SUCCESS;
    }
    rv = find_policy(ctx, ns, res);
    if (rv == APR_SUCCESS && user && (user->policy || ctx->policy)) {
        ctx->policy = wfp_policy_both(ctx->policy ? ctx->policy : of_all,
                                      user->policy ? user->policy : of_all,
                                      ctx->work->pool);
    }
    return rv;
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

const wfp_host_ctx_t *wfp_reach_payer(const wfp_host_ctx_t *ctx)
{
    const wfp_host_ctx_t *payer = NULL;

    for (; ctx; ctx = ctx->caller) {
        if (*ctx->entry.ns) {
            payer = ctx;
        }
    }
    return payer;
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
