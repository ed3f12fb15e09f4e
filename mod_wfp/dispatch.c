/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The story of a request, top to bottom. httpd's hooks come in here; the work
 * is done in request.c (its message), route.c (which Worker), invoke.c (running
 * it) and response.c (the answer).
 */
#include "mod_wfp/dispatch.h"

#include <apr_strings.h>
#include <http_core.h>
#include <http_protocol.h>
#include <http_request.h>
#include <string.h>

#include "core/cdn_loop.h"
#include "mod_wfp/config.h"
#include "mod_wfp/control.h"
#include "mod_wfp/ending.h"
#include "mod_wfp/invoke.h"
#include "mod_wfp/ledger.h"
#include "mod_wfp/log.h"
#include "mod_wfp/raw_path.h"
#include "mod_wfp/request.h"
#include "mod_wfp/response.h"
#include "mod_wfp/route.h"
#include "mod_wfp/trial.h"
#include "mod_wfp/work.h"

#define HANDLER "wfp-worker"

/* What a claimed request keeps until its handler runs: per_dir_config is
 * another one by then. */
typedef struct claim_t {
    const wfp_scope_conf_t *scope; /* NULL: let through, never claim again */
    const char *handler;
    const wfp_work_t *work; /* while its pool is there; NULL */
} claim_t;

static claim_t *claim_of(const request_rec *r)
{
    return ap_get_module_config(r->request_config, &wfp_module);
}

/* passThroughOnException sent it on: as if no Worker were configured. */
static int was_let_through(const request_rec *r)
{
    const request_rec *prev;

    for (prev = r->prev; prev; prev = prev->prev) {
        const claim_t *claim = claim_of(prev);

        if (claim && !claim->scope) {
            return 1;
        }
    }
    return 0;
}

static int has_own_handler(const request_rec *r)
{
    const core_dir_config *core = ap_get_core_module_config(r->per_dir_config);

    return core->handler || core->expr_handler;
}

static int is_workers(const request_rec *r, const wfp_scope_conf_t *scope)
{
    return wfp_config_claims(scope) && !has_own_handler(r)
           && !was_let_through(r);
}

/* What httpd looks up beside an answer: the document of an error, a part of a
 * page. */
static int is_beside(const request_rec *r)
{
    return r->main || (r->prev && ap_is_HTTP_ERROR(r->prev->status));
}

/* Not a Worker's. Of the answer to a trial only this is missing, when it is not
 * the answer itself. */
static int refuse(wfp_trial_t *trial, const request_rec *r)
{
    if (is_beside(r)) {
        return HTTP_NOT_FOUND;
    }
    return wfp_trial_refuse(trial, was_let_through(r) ? WFP_TRY_PASSED
                                                      : WFP_TRY_NO_WORKER);
}

static int claim_it(request_rec *r)
{
    const wfp_scope_conf_t *scope = wfp_config_scope(r->per_dir_config);
    /* the paths of these are as raw as a Worker's */
    const char *control = wfp_control_handler(r, ap_get_core_module_config(
                                                     r->per_dir_config));
    wfp_trial_t *trial = wfp_trial_of(r->connection);
    claim_t *claim;

    if (trial && (r->proxyreq || control || !is_workers(r, scope))) {
        return refuse(trial, r);
    }
    if (r->proxyreq || (!control && !is_workers(r, scope))) {
        return DECLINED;
    }
    claim = apr_pcalloc(r->pool, sizeof(*claim));
    claim->scope = scope;
    claim->handler = control ? control : HANDLER;
    ap_set_module_config(r->request_config, &wfp_module, claim);
    return DONE;
}

/* Sections of the configuration are for decoded paths: one that guards a folder
 * guards it however its name is written, and from Workers, too. */
static int decode_uri(request_rec *r)
{
    char *sent = r->uri;
    int rc;

    r->uri = wfp_raw_path_decode(sent, r->pool);
    if (r->uri == sent) {
        return OK;
    }
    r->per_dir_config = r->server->lookup_defaults;
    rc = ap_location_walk(r);
    return rc == OK ? ap_if_walk(r) : rc;
}

int wfp_dispatch_claim(request_rec *r)
{
    ap_conf_vector_t *conf = r->per_dir_config;
    char *sent = r->uri;
    int rc = decode_uri(r);

    if (rc == OK) {
        rc = claim_it(r);
    }
    if (rc == DECLINED) {
        r->per_dir_config = conf;
        r->uri = sent;
    }
    return rc;
}

int wfp_dispatch_is_claimed(const request_rec *r)
{
    return claim_of(r) != NULL;
}

int wfp_dispatch_translate(request_rec *r)
{
    if (!claim_of(r)) {
        return DECLINED;
    }
    r->filename = apr_pstrcat(r->pool, "wfp:", r->uri, NULL);
    return OK;
}

/* TRACE, where TraceEnable rules, and OPTIONS of the whole server. */
static int is_httpds_own(const request_rec *r)
{
    return r->method_number == M_TRACE
           || (r->method_number == M_OPTIONS && !strcmp(r->uri, "*"));
}

int wfp_dispatch_map(request_rec *r)
{
    const claim_t *claim = claim_of(r);

    if (!claim || (!strcmp(claim->handler, HANDLER) && is_httpds_own(r))) {
        return DECLINED;
    }
    r->handler = claim->handler;
    return OK;
}

int wfp_dispatch_type(request_rec *r)
{
    return claim_of(r) ? OK : DECLINED;
}

const wfp_work_t *wfp_dispatch_work(const request_rec *r)
{
    for (; r; r = r->prev) {
        const claim_t *claim = claim_of(r);

        if (claim && claim->work) {
            return claim->work;
        }
    }
    return NULL;
}

/* Names of the last user Worker and sums, for CustomLog. Added, not set: names
 * that begin alike make every set a walk over the others. */
static void set_notes(wfp_work_t *work, wfp_code_e outcome)
{
    request_rec *r = work->r;
    apr_pool_t *p = r->pool;
    const wfp_host_ctx_t *user = work->last_user ? work->last_user
                                                 : work->first;

    if (user) {
        apr_table_addn(r->notes, "wfp-worker", user->entry.name);
        apr_table_addn(r->notes, "wfp-namespace", user->entry.ns);
        apr_table_addn(r->notes, "wfp-version", user->entry.version_id);
    }
    apr_table_addn(r->notes, "wfp-outcome", wfp_code_row(outcome)->code);
    apr_table_addn(r->notes, "wfp-cpu-us", apr_off_t_toa(p, work->cpu_us));
    apr_table_addn(r->notes, "wfp-instructions",
                   apr_off_t_toa(p, work->instructions));
    apr_table_addn(r->notes, "wfp-subrequests",
                   apr_off_t_toa(p, work->subrequests));
    apr_table_addn(r->notes, "wfp-cold", work->cold ? "1" : "0");
    apr_table_addn(r->notes, "wfp-request-id", work->request_id);
}

static apr_status_t run(wfp_response_t **presp, wfp_work_t *work,
                        wfp_request_t *req, wfp_result_t *res)
{
    const wfp_scope_conf_t *scope = work->scope;
    wfp_call_t call = { 0 };
    apr_status_t rv;

    if (wfp_cdn_loop_count(work->cdn_loop) > WFP_CDN_LOOP_MAX) {
        return wfp_result_set(res, WFP_LOOP_DETECTED, APR_EGENERAL, NULL);
    }
    if (scope->dispatcher && *scope->dispatcher) {
        call.ns = WFP_ACCOUNT_NS;
        call.name = scope->dispatcher;
    }
    else {
        rv = wfp_route_find(&call.ns, &call.name, work, res);
        if (rv != APR_SUCCESS) {
            return rv;
        }
    }
    ap_log_rerror(APLOG_MARK, APLOG_TRACE1, 0, work->r,
                  "request %s: %s %s goes to %s/%s", work->request_id,
                  req->method, req->url, call.ns, call.name);
    return wfp_invoke_fetch(presp, work, NULL, &call, req, res);
}

/* May the request go on as if no Worker were configured? */
static int may_pass_through(const wfp_work_t *work, const wfp_request_t *req,
                            const wfp_result_t *res)
{
    return work->pass_through && !wfp_code_row(res->code)->hard
           && res->code != WFP_CLIENT_DISCONNECTED
           && !(req->body && req->body->used);
}

static int let_through(wfp_work_t *work)
{
    request_rec *r = work->r;
    claim_t *claim = claim_of(r);

    claim->scope = NULL;
    r->status = HTTP_OK;
    r->status_line = NULL;
    wfp_work_release(work);
    ap_internal_redirect(r->unparsed_uri, r);
    return OK;
}

int wfp_dispatch_handle(request_rec *r)
{
    claim_t *claim = claim_of(r);
    wfp_response_t *resp = NULL;
    wfp_request_t *req;
    wfp_work_t *work;
    wfp_result_t res;
    apr_status_t rv;
    int rc;

    if (!claim || !claim->scope || strcmp(r->handler, HANDLER)) {
        wfp_trial_t *trial = wfp_trial_of(r->connection);

        return trial ? refuse(trial, r) : DECLINED;
    }
    if (r->method_number == M_CONNECT) {
        return HTTP_METHOD_NOT_ALLOWED; /* there is no tunnel to a Worker */
    }
    if (wfp_request_is_coded(r)) {
        return HTTP_NOT_IMPLEMENTED;
    }
    work = wfp_work_begin(r, claim->scope, &claim->work);
    if (!work) {
        return HTTP_SERVICE_UNAVAILABLE;
    }
    if (wfp_ending_is_retiring(work->server)) {
        r->connection->keepalive = AP_CONN_CLOSE;
    }
    wfp_result_init(&res, work->pool);
    req = wfp_request_from_httpd(work);
    rv = run(&resp, work, req, &res);
    set_notes(work, rv == APR_SUCCESS ? WFP_OK : res.code);
    wfp_stats_count(work->server->stats, WFP_STAT_REQUESTS);
    rc = DECLINED;
    if (rv == APR_SUCCESS) {
        ap_log_rerror(APLOG_MARK, APLOG_TRACE1, 0, r,
                      "request %s: answered with %d", work->request_id,
                      resp->status);
        rc = wfp_response_send(work, resp, &res);
        if (res.code != WFP_OK) {
            apr_table_setn(r->notes, "wfp-outcome",
                           wfp_code_row(res.code)->code);
        }
    }
    if (rc == DECLINED) {
        rc = may_pass_through(work, req, &res) ? let_through(work)
                                               : wfp_response_error(work, &res);
    }
    wfp_ledger_transfer(work, r);
    ap_log_rerror(APLOG_MARK, APLOG_TRACE1, 0, r,
                  "request %s: over: %s, %" APR_OFF_T_FMT " bytes of body",
                  work->request_id, wfp_code_row(res.code)->code,
                  r->bytes_sent);
    wfp_work_release(work);
    return rc;
}
