/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Assets on their way into a version: those of an upload session, or those of
 * the version before, with the configuration that comes with the code.
 */
#include "admin/api_asset_attach.h"

#include <string.h>

#include "admin/api_assets.h"
#include "admin/api_worker.h"
#include "admin/asset_manifest.h"
#include "admin/asset_token.h"

/* From then on a browser that goes to a page gets the assets' answer. */
#define NAVIGATES_SINCE "2025-04-01"

static apr_status_t copy_member(void *baton, const char *key, wfp_json_t *v)
{
    wfp_json_set(baton, key, v);
    return APR_SUCCESS;
}

/* Does a browser that goes to a page get the assets' answer to it? */
static int navigates(const wfp_metadata_t *meta, apr_pool_t *p)
{
    const wfp_json_t *flags = wfp_json_get(meta->settings,
                                           "compatibility_flags", p);
    const char *date = wfp_json_str(
        wfp_json_get(meta->settings, "compatibility_date", p));
    int yes = date && strcmp(date, NAVIGATES_SINCE) >= 0;
    apr_size_t i;

    for (i = 0; i < wfp_json_size(flags); i++) {
        const char *flag = wfp_json_str(wfp_json_at(flags, i, p));

        if (flag && !strcmp(flag, "assets_navigation_prefers_asset_serving")) {
            yes = 1;
        }
        if (flag && !strcmp(flag, "assets_navigation_has_no_effect")) {
            yes = 0;
        }
    }
    return yes;
}

/* assets.config as the index keeps it. */
static apr_status_t read_config(const char **ptext, wfp_metadata_t *meta,
                                int has_worker, wfp_api_call_t *call)
{
    apr_pool_t *p = call->pool;
    const wfp_json_t *given = wfp_json_get(meta->assets, "config", p);
    wfp_json_t *config = wfp_json_object(p);
    wfp_asset_config_t *checked;
    apr_status_t rv = wfp_asset_config_read(&checked, given, meta->notes,
                                            &call->res, p);

    if (rv == APR_SUCCESS) {
        rv = wfp_json_each(given, copy_member, config, p);
    }
    wfp_json_set_bool(config, "navigates", navigates(meta, p));
    wfp_json_set_bool(config, "no_worker", !has_worker);
    *ptext = wfp_json_text(config, p);
    return rv;
}

static apr_status_t attach_session(wfp_metadata_t *meta, const char *token,
                                   const char *config, wfp_api_call_t *call)
{
    wfp_store_t *store = call->server->store;
    wfp_asset_session_t *session;
    apr_array_header_t *list;
    apr_hash_t *files;
    wfp_json_t *ignored;
    apr_pool_t *p = call->pool;
    apr_status_t rv = wfp_asset_token_find(&session, store, token, &call->res,
                                           p);

    if (rv == APR_SUCCESS && !wfp_api_call_sees(call, session->ns)) {
        return wfp_api_answer_error(call, WFP_API_FORBIDDEN,
                                    "Authentication error: the assets are of a "
                                    "namespace that the token is not for");
    }
    if (rv == APR_SUCCESS) {
        rv = wfp_asset_manifest_parse(&list, session->manifest, &call->res, p);
    }
    if (rv == APR_SUCCESS) {
        rv = wfp_asset_uploads_files(&files, store, session->owner, &call->res,
                                     p);
    }
    if (rv != APR_SUCCESS) {
        return rv;
    }
    if (wfp_asset_manifest_missing(&ignored, list, files, p) > 0) {
        return wfp_result_set(&call->res, WFP_INVALID, APR_EINVAL,
                              "assets.jwt: not all files of its session were "
                              "uploaded");
    }
    rv = wfp_assets_seal(&meta->assets_ref, call->server->assets,
                         session->owner,
                         wfp_asset_manifest_assets(list, files, p), config,
                         call->server->asset_bytes, &call->res, p);
    if (APR_STATUS_IS_ENOENT(rv)) {
        call->res.code = WFP_INVALID;
    }
    return rv;
}

/* The files of the version before, served as this one says. */
static apr_status_t reconfigure(wfp_metadata_t *meta, const char *config,
                                wfp_api_call_t *call)
{
    wfp_script_info_t *info;
    wfp_script_t *script;
    apr_status_t rv = wfp_scripts_head(&script, &info, call->server->store,
                                       wfp_api_call_ns(call),
                                       wfp_api_worker_name(call), &call->res,
                                       call->pool);

    if (rv == APR_SUCCESS && *script->assets) {
        return wfp_assets_reconfigure(&meta->assets_ref, call->server->assets,
                                      script->assets, config,
                                      call->server->asset_bytes, &call->res,
                                      call->pool);
    }
    if (rv == APR_NOTFOUND) {
        wfp_result_init(&call->res, call->pool);
        return APR_SUCCESS; /* nothing is kept */
    }
    return rv;
}

apr_status_t wfp_api_asset_attach(wfp_metadata_t *meta, int has_worker,
                                  wfp_api_call_t *call)
{
    const char *token = wfp_json_str(
        wfp_json_get(meta->assets, "jwt", call->pool));
    const char *config;
    apr_status_t rv;

    if (!meta->assets) {
        return APR_SUCCESS;
    }
    rv = read_config(&config, meta, has_worker, call);
    if (rv != APR_SUCCESS) {
        return rv;
    }
    if (token) {
        return wfp_api_assets_too_much(call, attach_session(meta, token, config,
                                                            call));
    }
    return meta->keep_assets
               ? wfp_api_assets_too_much(call, reconfigure(meta, config, call))
               : wfp_result_set(&call->res, WFP_INVALID, APR_EINVAL,
                                "\"assets\" has no \"jwt\" of an upload "
                                "session");
}
