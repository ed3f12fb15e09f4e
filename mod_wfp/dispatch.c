/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The story of a request, top to bottom. httpd's hooks come in here; the work
 * is done in request.c (its message), route.c (which Worker), invoke.c (running
 * it) and response.c (the answer).
 */
#include "mod_wfp/dispatch.h"

#include <apr_strings.h>
#include <http_protocol.h>
#include <http_request.h>
#include <string.h>

#include "core/cdn_loop.h"
#include "mod_wfp/claim.h"
#include "mod_wfp/config.h"
#include "mod_wfp/ending.h"
#include "mod_wfp/invoke.h"
#include "mod_wfp/ledger.h"
#include "mod_wfp/log.h"
#include "mod_wfp/request.h"
#include "mod_wfp/response.h"
#include "mod_wfp/route.h"
#include "mod_wfp/trial.h"
#include "mod_wfp/work.h"

const wfp_work_t *wfp_dispatch_work(const request_rec *r)
{
    for (; r; r = r->prev) {
        const wfp_claim_t *claim = wfp_claim_of(r);

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
    wfp_claim_t *claim = wfp_claim_of(r);

    claim->scope = NULL;
    r->status = HTTP_OK;
    r->status_line = NULL;
    wfp_work_release(work);
    ap_internal_redirect(claim->sent, r);
    return OK;
}

int wfp_dispatch_handle(request_rec *r)
{
    wfp_claim_t *claim = wfp_claim_of(r);
    wfp_response_t *resp = NULL;
    wfp_request_t *req;
    wfp_work_t *work;
    wfp_result_t res;
    apr_status_t rv;
    int rc;

    if (!claim || !claim->scope || strcmp(r->handler, wfp_claim_handler)) {
        wfp_trial_t *trial = wfp_trial_of(r->connection);

        return trial ? wfp_claim_refuse(trial, r) : DECLINED;
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
