/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Parts of a work for other threads, and their way back. Used by beside.c. Pools
 * and invocations are for one thread at a time: so a part gets pools of its own,
 * and what its calls need of the invocation is copied. When it is joined its
 * invocations go over to the whole work. Its pool goes back at once when nothing
 * but a short answer is left in it, which is copied; else with the work.
 */
#include "mod_wfp/part.h"

#include <apr_strings.h>

#include "mod_wfp/egress_record.h"
#include "mod_wfp/hangup.h"
#include "mod_wfp/host_kv.h"
#include "mod_wfp/slots.h"
#include "mod_wfp/tailed.h"

/* What a pool takes that holds little. */
#define POOL_BYTES 8192

/* Can the other thread send this? A body that is not in memory belongs to a
 * request's connection, an isolate or a pool of this thread's. */
static int is_movable(const wfp_op_t *op)
{
    apr_size_t n;

    if (op->r2 && op->r2->source) {
        return 0;
    }
    return !op->req || !op->req->body || wfp_body_peek(op->req->body, &n);
}

static wfp_request_t *copy_request(const wfp_request_t *req, apr_pool_t *p)
{
    wfp_request_t *copy = apr_pmemdup(p, req, sizeof(*req));
    apr_size_t n;
    const char *data;

    copy->pool = p;
    copy->headers = wfp_headers_clone(req->headers, p);
    if (req->body) {
        data = wfp_body_peek(req->body, &n);
        copy->body = wfp_body_mem(data, n, p);
        req->body->used = 1;
    }
    return copy;
}

/* The invocation as the other thread sees it: what does not change while its
 * code runs. */
static wfp_host_ctx_t *view_of(wfp_host_ctx_t *ctx, wfp_work_t *part)
{
    wfp_host_ctx_t *view = apr_pcalloc(part->pool, sizeof(*view));

    view->work = part;
    view->whole = ctx;
    view->caller = ctx->caller;
    view->entry = ctx->entry;
    view->limits = ctx->limits;
    view->started = ctx->started;
    view->begun = ctx->begun;
    view->deadline = ctx->deadline;
    view->wait_until = ctx->wait_until;
    view->depth = ctx->depth;
    view->share = ctx->share;
    view->egress = ctx->egress;
    view->policy = ctx->policy;
    view->outbound = ctx->outbound;
    view->beyond = ctx->beyond;
    view->is_outbound = ctx->is_outbound;
    view->tails = ctx->tails;
    view->tails_above = ctx->tails_above;
    return view;
}

/* Whoever waits no longer starts nothing that waits. */
static void pass_word_on(wfp_work_t *part, const wfp_work_t *work)
{
    wfp_code_e why = wfp_hangup_was_seen(work) ? WFP_CLIENT_DISCONNECTED
                                               : wfp_cancel_why(work->cancel);

    if (why != WFP_OK) {
        wfp_cancel_fire(part->cancel, why);
    }
}

apr_status_t wfp_part_make(wfp_host_ctx_t **pctx, wfp_host_ctx_t *ctx,
                           wfp_op_t *op)
{
    wfp_work_t *work = ctx->work, *part;
    apr_pool_t *pool;
    apr_status_t rv = APR_SUCCESS;

    if (!is_movable(op) || work->has_slot) { /* slots.c tells why */
        return APR_ENOTIMPL;
    }
    if (!work->slots) {
        rv = wfp_slots_make(&work->slots, work->pool);
    }
    pool = rv == APR_SUCCESS ? wfp_poolcache_take(work->server->pools) : NULL;
    if (!pool) {
        return APR_ENOMEM;
    }
    part = apr_pcalloc(pool, sizeof(*part));
    part->server = work->server;
    part->conf = work->conf;
    part->scope = work->scope;
    part->vhost = work->vhost;
    part->pool = pool;
    part->request_id = work->request_id;
    part->cdn_loop = work->cdn_loop;
    part->is_tail = work->is_tail;
    part->slots = work->slots;
    part->trial = work->trial;
    rv = wfp_cancel_make(&part->cancel, pool);
    if (rv != APR_SUCCESS) {
        wfp_poolcache_give(work->server->pools, pool);
        return rv;
    }
    pass_word_on(part, work);
    *pctx = view_of(ctx, part);
    part->running = *pctx;
    wfp_result_init(&op->res, pool);
    if (op->req) {
        op->req = copy_request(op->req, pool);
    }
    return APR_SUCCESS;
}

/* Is nothing left in the part's pool but what op got? */
static int is_over(const wfp_work_t *part, const wfp_op_t *op)
{
    const wfp_host_ctx_t *ctx;
    apr_size_t n;

    for (ctx = part->first; ctx; ctx = ctx->next) {
        if (ctx->inv) {
            return 0;
        }
    }
    if (op->answer || op->r2) {
        return 0;
    }
    return op->rv != APR_SUCCESS || !op->resp || !op->resp->body
           || wfp_body_peek(op->resp->body, &n);
}

static wfp_response_t *copy_response(const wfp_response_t *resp, apr_pool_t *p)
{
    wfp_response_t *copy = wfp_response_make(resp->status, p);
    apr_size_t n;

    copy->status_text = apr_pstrdup(p, resp->status_text);
    copy->headers = wfp_headers_clone(resp->headers, p);
    copy->url = apr_pstrdup(p, resp->url);
    copy->redirected = resp->redirected;
    if (resp->body) {
        const char *data = wfp_body_peek(resp->body, &n);

        copy->body = wfp_body_mem(apr_pmemdup(p, data, n), n, p);
    }
    return copy;
}

/* What came of op, out of the part's pool. */
static void copy_outcome(wfp_op_t *op, apr_pool_t *p)
{
    wfp_result_t res = op->res;

    if (op->rv == APR_SUCCESS && op->resp) {
        op->resp = copy_response(op->resp, p);
    }
    if (op->kv) {
        wfp_host_kv_join(op->kv, op->rv, p);
    }
    op->text = apr_pstrdup(p, op->text);
    wfp_result_init(&op->res, p);
    wfp_result_copy(&op->res, &res);
}

static void take_invocations(wfp_work_t *work, wfp_work_t *part)
{
    wfp_host_ctx_t **link;

    for (link = &part->first; *link; link = &(*link)->next) {
        (*link)->work = work;
    }
    *link = work->first;
    work->first = part->first;
}

static void take_sums(wfp_work_t *work, const wfp_work_t *part)
{
    work->cpu_us += part->cpu_us;
    work->instructions += part->instructions;
    work->subrequests += part->subrequests;
    work->cold |= part->cold;
    if (part->last_user) {
        work->last_user = part->last_user;
    }
    if (part->payer) {
        work->payer = part->payer;
    }
}

static void take_parts(wfp_work_t *work, wfp_work_t *first)
{
    wfp_work_t **link = &first;

    while (*link) {
        link = &(*link)->next_part;
    }
    *link = work->parts;
    work->parts = first;
}

void wfp_part_join(wfp_host_ctx_t *ctx, wfp_op_t *op)
{
    wfp_work_t *part = ctx->work, *work = ctx->whole->work;
    int over = is_over(part, op);

    take_sums(work, part);
    wfp_tailed_join(work, part);
    wfp_egress_record_join(ctx->whole, ctx, !over);
    if (over) {
        if (part->last_user) {
            work->last_user = apr_pmemdup(work->pool, part->last_user,
                                          sizeof(*part->last_user));
        }
        copy_outcome(op, work->pool);
        op->req = NULL;
        wfp_part_free_all(part);
        wfp_poolcache_give(work->server->pools, part->pool);
        return;
    }
    take_invocations(work, part);
    take_parts(work, part->parts);
    part->parts = NULL;
    part->next_part = NULL;
    part->whole = work;
    ctx->work = work;
    take_parts(work, part);
    op->kept = POOL_BYTES;
}

wfp_work_t *wfp_part_whole(wfp_work_t *work)
{
    while (work->whole) {
        work = work->whole;
    }
    return work;
}

void wfp_part_free_all(wfp_work_t *work)
{
    while (work->parts) {
        wfp_work_t *part = work->parts;

        work->parts = part->next_part;
        wfp_poolcache_give(work->server->pools, part->pool);
    }
}
