/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The REST API's door: what admin/ needs of the server is filled in here.
 */
#include "mod_wfp/control.h"

#include <string.h>

#include "admin/api.h"
#include "mod_wfp/config.h"
#include "mod_wfp/dispatch.h"
#include "mod_wfp/log.h"
#include "mod_wfp/server.h"
#include "mod_wfp/stall.h"
#include "mod_wfp/sync.h"
#include "outbound/policy.h"

static void publish(void *baton, const wfp_change_t *change, apr_pool_t *p)
{
    wfp_server_t *server = baton;
    wfp_result_t res;
    apr_status_t rv;

    wfp_result_init(&res, p);
    rv = wfp_sync_take_in(server, change, &res);
    if (rv != APR_SUCCESS) {
        ap_log_error(APLOG_MARK, APLOG_WARNING, rv, server->main,
                     WFPLOGNO(2301) "a change is seen by the next poll only: "
                                    "%s",
                     res.message);
    }
}

static apr_status_t check_target(const char *target, wfp_result_t *res,
                                 apr_pool_t *p)
{
    return wfp_policy_add(wfp_policy_make(p), 1, target, res);
}

/* As it was sent; what another module made of it (mod_rewrite) is decoded. */
static const char *path_of(request_rec *r)
{
    const char *sent = r->parsed_uri.path;

    if (!wfp_dispatch_is_claimed(r)) {
        return ap_os_escape_path(r->pool, r->uri, 1);
    }
    return sent ? sent : "";
}

static apr_status_t read_body(void *baton, request_rec *r,
                              apr_bucket_brigade *bb, apr_size_t max)
{
    return wfp_stall_read_request(baton, r, bb, max);
}

int wfp_control_handle(request_rec *r)
{
    wfp_server_t *server = wfp_server();
    wfp_api_server_t api = { 0 };

    if (!r->handler || strcmp(r->handler, WFP_CONTROL_HANDLER)) {
        return DECLINED;
    }
    if (!server) {
        return HTTP_SERVICE_UNAVAILABLE;
    }
    api.store = server->store;
    api.kv = server->kv;
    api.d1 = server->d1;
    api.queues = server->queues;
    api.r2 = server->r2;
    api.assets = server->assets;
    api.keys = server->keys;
    api.account = server->conf->account;
    api.limits = &server->conf->limits;
    api.runtime = &server->runtime;
    api.versions_kept = (int)wfp_config_num(server->conf->versions_kept,
                                            WFP_DEFAULT_VERSIONS_KEPT);
    api.rate = server->api_rate;
    api.rate_requests = (apr_uint32_t)wfp_config_num(server->conf->api_requests,
                                                     WFP_DEFAULT_API_REQUESTS);
    api.rate_window = wfp_config_num(server->conf->api_window,
                                     WFP_DEFAULT_API_WINDOW);
    api.registry = server->registry;
    api.quota = &server->conf->quota;
    api.read_body = read_body;
    api.publish = publish;
    api.check_target = check_target;
    api.baton = server;
    return wfp_api_handle(r, path_of(r), &api);
}
