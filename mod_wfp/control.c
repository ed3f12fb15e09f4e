/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The doors of the REST API, the S3 endpoint and the admin page: what admin/ needs of the server
 * is filled in here.
 */
#include "mod_wfp/control.h"

#include <ap_expr.h>
#include <apr_strings.h>
#include <http_core.h>
#include <string.h>

#include "admin/api.h"
#include "admin/s3.h"
#include "admin/session.h"
#include "mod_wfp/config.h"
#include "mod_wfp/claim.h"
#include "mod_wfp/follow.h"
#include "mod_wfp/log.h"
#include "mod_wfp/pages.h"
#include "mod_wfp/server.h"
#include "mod_wfp/stall.h"
#include "mod_wfp/tail_door.h"
#include "mod_wfp/trial_conn.h"
#include "mod_wfp/trial_doors.h"
#include "outbound/policy.h"

static void publish(void *baton, const wfp_change_t *change, apr_pool_t *p)
{
    wfp_server_t *server = baton;
    wfp_result_t res;
    apr_status_t rv;

    wfp_result_init(&res, p);
    rv = wfp_follow_take_in(server, change, &res);
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

    if (!wfp_claim_is_ours(r)) {
        return ap_os_escape_path(r->pool, r->uri, 1);
    }
    return sent ? sent : "";
}

/* Before httpd took steps ("..", "//") out of it: they belong to keys. */
static const char *raw_path_of(request_rec *r)
{
    const char *sent = r->unparsed_uri;

    if (!wfp_claim_is_ours(r) || !sent || *sent != '/') {
        return path_of(r);
    }
    return apr_pstrmemdup(r->pool, sent, strcspn(sent, "?#"));
}

static apr_status_t read_body(void *baton, request_rec *r,
                              apr_bucket_brigade *bb, apr_size_t max)
{
    return wfp_stall_read_request(baton, r, bb, max);
}

static apr_status_t serve_tail(int *prc, void *baton, request_rec *r,
                               const wfp_tails_entry_t *tail, int is_websocket)
{
    return wfp_tail_door_serve(prc, baton, r, tail, is_websocket);
}

const char wfp_control_api[] = "wfp-api";
const char wfp_control_s3[] = "wfp-s3";
const char wfp_control_page[] = "wfp-admin";

static const char *which(const char *handler)
{
    return !strcmp(handler, wfp_control_api)    ? wfp_control_api
           : !strcmp(handler, wfp_control_s3)   ? wfp_control_s3
           : !strcmp(handler, wfp_control_page) ? wfp_control_page
                                                : NULL;
}

const char *wfp_control_handler(request_rec *r, const core_dir_config *dir)
{
    const char *err = NULL;
    const char *handler = dir->expr_handler
                              ? ap_expr_str_exec(r, dir->expr_handler, &err)
                              : dir->handler;

    return handler && !err ? which(handler) : NULL;
}

/* Where the Location with this handler begins: the last one that fits the path,
 * as httpd merges them. "" for the root, and where a pattern or a file says it. */
static const char *base_of(request_rec *r, const char *handler)
{
    const core_server_config *core = ap_get_core_module_config(
        r->server->module_config);
    const char *base = "";
    int i;

    for (i = 0; core->sec_url && i < core->sec_url->nelts; i++) {
        ap_conf_vector_t *section = APR_ARRAY_IDX(core->sec_url, i,
                                                  ap_conf_vector_t *);
        const core_dir_config *dir = ap_get_core_module_config(section);
        apr_size_t n = dir->d ? strlen(dir->d) : 0;

        while (n > 0 && dir->d[n - 1] == '/') {
            n--;
        }
        if (dir->d && !dir->r && !dir->d_is_fnmatch
            && !strncmp(r->uri, dir->d, n) && (r->uri[n] == '/' || !r->uri[n])
            && wfp_control_handler(r, dir) == handler) {
            base = apr_pstrmemdup(r->pool, dir->d, n);
        }
    }
    return base;
}

static void fill_in(wfp_api_server_t *api, wfp_server_t *server)
{
    memset(api, 0, sizeof(*api));
    api->store = server->store;
    api->kv = server->kv;
    api->d1 = server->d1;
    api->r2 = server->r2;
    api->assets = server->assets;
    api->queues = server->queues;
    api->keys = server->keys;
    api->account = server->conf->account;
    api->limits = &server->conf->limits;
    api->runtime = &server->runtime;
    api->versions_kept = (int)wfp_config_num(server->conf->versions_kept,
                                             WFP_DEFAULT_VERSIONS_KEPT);
    api->log_age = wfp_config_num(server->conf->log_age, WFP_DEFAULT_LOG_AGE);
    api->rate = server->api_rate;
    api->rate_requests = (apr_uint32_t)
        wfp_config_num(server->conf->api_requests, WFP_DEFAULT_API_REQUESTS);
    api->rate_window = wfp_config_num(server->conf->api_window,
                                      WFP_DEFAULT_API_WINDOW);
    api->guard = server->guard;
    api->session_time = wfp_config_num(server->conf->session_time,
                                       WFP_DEFAULT_SESSION_TIME);
    api->registry = server->registry;
    api->latency = server->latency;
    api->sync_interval = wfp_config_num(server->conf->sync_interval,
                                        WFP_DEFAULT_SYNC_INTERVAL);
    api->is_serving = server->isolates != NULL;
    api->tails = server->tails;
    api->serve_tail = serve_tail;
    api->quota = &server->conf->quota;
    api->asset_bytes = server->conf->asset_bytes;
    api->read_body = read_body;
    api->publish = publish;
    api->check_target = check_target;
    api->try_worker = wfp_trial_conn_send;
    api->doors = wfp_trial_doors_list;
    api->baton = server;
}

/* What the page asks of the server. DECLINED: it is one of its files. */
static int handle_session(request_rec *r, const char *base,
                          const wfp_api_server_t *api)
{
    const char *path = path_of(r);
    apr_size_t n = strlen(base);

    return !strncmp(path, base, n) && path[n] == '/'
               ? wfp_session_handle(r, base, path + n + 1, api)
               : DECLINED;
}

int wfp_control_handle(request_rec *r)
{
    const char *handler = r->handler ? which(r->handler) : NULL;
    wfp_server_t *server = wfp_server();
    wfp_api_server_t api;
    const char *base;

    if (!handler) {
        return DECLINED;
    }
    if (!server) {
        return HTTP_SERVICE_UNAVAILABLE;
    }
    base = base_of(r, handler);
    fill_in(&api, server);
    if (handler == wfp_control_page) {
        int rc = handle_session(r, base, &api);

        return rc == DECLINED ? wfp_pages_handle(r, base, server) : rc;
    }
    return handler == wfp_control_api
               ? wfp_api_handle(r, path_of(r), &api)
               : wfp_s3_handle(r, raw_path_of(r), base, &api);
}
