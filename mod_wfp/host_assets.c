/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which version's assets a request is answered from. Called by invoke.c when an
 * entry says that it has assets, and through the host table. The usual way looks
 * an open index up and opens the file; no store is asked.
 */
#include "mod_wfp/host_assets.h"

#include <apr_strings.h>
#include <http_core.h>

#include "mod_wfp/log.h"
#include "mod_wfp/quota.h"
#include "mod_wfp/sync.h"
#include "services/asset_serve.h"

/* May httpd hand the file to the kernel? As EnableSendfile says. */
static apr_int32_t file_flags(const request_rec *r)
{
    const core_dir_config *core;

    if (!r) {
        return 0;
    }
    core = ap_get_core_module_config(r->per_dir_config);
    return core->enable_sendfile == ENABLE_SENDFILE_ON
               ? APR_FOPEN_SENDFILE_ENABLED
               : 0;
}

/* The operator's business; the asker learns no detail. */
static apr_status_t failed(wfp_host_ctx_t *ctx, apr_status_t rv,
                           wfp_result_t *res)
{
    ap_log_error(APLOG_MARK, APLOG_ERR, rv, ctx->work->server->main,
                 WFPLOGNO(2801) "assets of %s/%s: %s", ctx->entry.ns,
                 ctx->entry.name, res->message);
    return wfp_result_set(res, WFP_INTERNAL, rv, NULL);
}

/* Of an answer, if there is one: what is the Worker's own to answer is no use of
 * assets. */
static apr_status_t take_quota(wfp_response_t **presp, wfp_host_ctx_t *ctx,
                               wfp_result_t *res)
{
    apr_status_t rv = *presp ? wfp_quota_take(ctx, WFP_USAGE_ASSET_REQUESTS, 1,
                                              res)
                             : APR_SUCCESS;

    if (rv != APR_SUCCESS) {
        if ((*presp)->body) {
            wfp_body_cancel((*presp)->body);
        }
        *presp = NULL;
    }
    return rv;
}

static apr_status_t answer(wfp_response_t **presp, wfp_host_ctx_t *ctx,
                           wfp_asset_set_t *set, const wfp_request_t *req,
                           int is_binding, wfp_result_t *res)
{
    wfp_work_t *work = ctx->work;
    wfp_assets_t *assets = work->server->assets;
    wfp_asset_ask_t ask = { .req = req,
                            .base = ctx->caller || is_binding ? 0
                                                              : work->routed,
                            .is_binding = is_binding,
                            .is_last = !ctx->caller && !is_binding,
                            .flags = file_flags(work->r),
                            .pool = work->pool };
    apr_status_t rv = wfp_asset_serve(presp, assets, set, &ask, res);

    wfp_assets_give(assets, set);
    return rv == APR_SUCCESS ? take_quota(presp, ctx, res)
                             : failed(ctx, rv, res);
}

apr_status_t wfp_host_assets_before(wfp_response_t **presp, wfp_host_ctx_t *ctx,
                                    const wfp_request_t *req, wfp_result_t *res)
{
    wfp_server_t *server = ctx->work->server;
    wfp_asset_set_t *set = wfp_assets_take(server->assets,
                                           ctx->entry.version_id);
    wfp_script_t *script;
    apr_pool_t *scratch;
    apr_status_t rv = APR_SUCCESS;

    *presp = NULL;
    if (!set) {
        apr_pool_create(&scratch, ctx->work->pool);
        rv = wfp_sync_script(&script, &ctx->entry, server, res, scratch);
        if (rv == APR_SUCCESS && *script->assets) {
            rv = wfp_assets_open(&set, server->assets, ctx->entry.version_id,
                                 script->assets, res);
            rv = rv == APR_SUCCESS ? rv : failed(ctx, rv, res);
        }
        apr_pool_destroy(scratch);
    }
    /* without a set: it has changed, and has none any more */
    return set ? answer(presp, ctx, set, req, 0, res) : rv;
}

apr_status_t wfp_host_assets_fetch(wfp_response_t **presp, wfp_host_ctx_t *ctx,
                                   const wfp_binding_t *binding,
                                   const wfp_request_t *req, wfp_result_t *res)
{
    wfp_assets_t *assets = ctx->work->server->assets;
    wfp_asset_set_t *set;
    apr_status_t rv = APR_SUCCESS;

    if (!binding->target || !*binding->target) {
        *presp = wfp_response_make(404, ctx->work->pool);
        return rv;
    }
    set = wfp_assets_take(assets, ctx->entry.version_id);
    if (!set) {
        rv = wfp_assets_open(&set, assets, ctx->entry.version_id,
                             binding->target, res);
    }
    return rv == APR_SUCCESS ? answer(presp, ctx, set, req, 1, res)
                             : failed(ctx, rv, res);
}

void wfp_host_assets_sweep(wfp_server_t *server, apr_pool_t *p)
{
    wfp_result_t res;
    apr_status_t rv;

    wfp_result_init(&res, p);
    rv = server->assets ? wfp_assets_sweep(server->assets, &res, p)
                        : APR_SUCCESS;
    if (rv != APR_SUCCESS) {
        ap_log_error(APLOG_MARK, APLOG_INFO, rv, server->main,
                     WFPLOGNO(2802) "assets that no version has stay for now: "
                                    "%s",
                     res.code ? res.message : "their folder cannot be read");
    }
}
