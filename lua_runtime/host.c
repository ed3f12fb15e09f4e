/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An op as a call of the host's table. Called on the invocation's thread by
 * ops.c, and by hosts that have threads on one of those.
 */
#include "lua_runtime/host.h"

void wfp_host_run(const wfp_host_t *host, wfp_host_ctx_t *ctx, wfp_op_t *op)
{
    switch (op->kind) {
    case WFP_OP_FETCH:
        op->rv = host->fetch(&op->resp, ctx, op->req, &op->res);
        break;
    case WFP_OP_DISPATCH:
        op->rv = host->dispatch(&op->resp, ctx, &op->what, op->req, &op->res);
        break;
    case WFP_OP_SERVICE:
        op->rv = host->service(&op->resp, ctx, op->binding, op->req, &op->res);
        break;
    case WFP_OP_SERVICE_CALL:
        op->rv = host->service_call(&op->text, ctx, op->binding, op->method,
                                    op->args, &op->res);
        break;
    case WFP_OP_KV:
        op->rv = host->kv(ctx, op->binding, op->kv, op->is_counted, &op->res);
        break;
    case WFP_OP_R2:
        op->rv = host->r2(ctx, op->binding, op->r2, &op->res);
        break;
    case WFP_OP_QUEUE:
        op->rv = host->queue(ctx, op->binding, op->queue, &op->res);
        break;
    case WFP_OP_SQL:
        op->rv = host->sql(&op->answer, ctx, &op->sql, &op->res);
        break;
    case WFP_OP_BODY:
        host->await_body(ctx, op->body, op->whole);
        op->rv = APR_SUCCESS;
        break;
    }
}
