/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which URIs are Workers', from pre_translate_name to type_checker. dispatch.c
 * serves what is claimed here, control.c what is claimed for its handlers.
 */
#include "mod_wfp/claim.h"

#include <apr_strings.h>
#include <http_core.h>
#include <http_protocol.h>
#include <http_request.h>
#include <string.h>
#include <strings.h>

#include "mod_wfp/control.h"
#include "mod_wfp/log.h"
#include "mod_wfp/raw_path.h"
#include "mod_wfp/rewrite.h"

const char wfp_claim_handler[] = "wfp-worker";

wfp_claim_t *wfp_claim_of(const request_rec *r)
{
    return ap_get_module_config(r->request_config, &wfp_module);
}

/* passThroughOnException sent it on: as if no Worker were configured. */
static int was_let_through(const request_rec *r)
{
    const request_rec *prev;

    for (prev = r->prev; prev; prev = prev->prev) {
        const wfp_claim_t *claim = wfp_claim_of(prev);

        if (claim && !claim->scope) {
            return 1;
        }
    }
    return 0;
}

/* "none" undoes the handler of a scope around. */
static int has_own_handler(request_rec *r)
{
    const core_dir_config *core = ap_get_core_module_config(r->per_dir_config);
    const char *handler = core->handler, *err = NULL;

    if (core->expr_handler) {
        handler = ap_expr_str_exec(r, core->expr_handler, &err);
    }
    return err || (handler && strcasecmp(handler, "none") != 0);
}

static int is_workers(request_rec *r, const wfp_scope_conf_t *scope)
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
int wfp_claim_refuse(wfp_trial_t *trial, const request_rec *r)
{
    if (is_beside(r)) {
        return HTTP_NOT_FOUND;
    }
    return wfp_trial_refuse(trial, was_let_through(r) ? WFP_TRY_PASSED
                                                      : WFP_TRY_NO_WORKER);
}

static void claim_it(request_rec *r, const wfp_scope_conf_t *scope,
                     const char *handler)
{
    wfp_claim_t *claim = apr_pcalloc(r->pool, sizeof(*claim));

    claim->scope = scope;
    claim->handler = handler;
    claim->sent = r->unparsed_uri;
    ap_set_module_config(r->request_config, &wfp_module, claim);
}

static int claim_as_sent(request_rec *r)
{
    const wfp_scope_conf_t *scope = wfp_config_scope(r->per_dir_config);
    /* the paths of these are as raw as a Worker's */
    const char *control = wfp_control_handler(r, ap_get_core_module_config(
                                                     r->per_dir_config));
    wfp_trial_t *trial = wfp_trial_of(r->connection);

    if (trial && (r->proxyreq || control || !is_workers(r, scope))) {
        return wfp_claim_refuse(trial, r);
    }
    if (r->proxyreq || (!control && !is_workers(r, scope))) {
        return DECLINED;
    }
    claim_it(r, scope, control ? control : wfp_claim_handler);
    return DONE;
}

/* What the configuration says of r->uri. */
static int walk(request_rec *r)
{
    int rc;

    r->per_dir_config = r->server->lookup_defaults;
    rc = ap_location_walk(r);
    return rc == OK ? ap_if_walk(r) : rc;
}

/* Sections of the configuration are for decoded paths: one that guards a folder
 * guards it however its name is written, and from Workers, too. */
static int decode_uri(request_rec *r)
{
    char *sent = r->uri;

    r->uri = wfp_raw_path_decode(sent, r->pool);
    return r->uri == sent ? OK : walk(r);
}

int wfp_claim_sent(request_rec *r)
{
    ap_conf_vector_t *conf = r->per_dir_config;
    char *sent = r->uri;
    int rc = decode_uri(r);

    if (rc == OK) {
        rc = claim_as_sent(r);
    }
    if (rc == DECLINED) {
        r->per_dir_config = conf;
        r->uri = sent;
    }
    return rc;
}

int wfp_claim_is_ours(const request_rec *r)
{
    return wfp_claim_of(r) != NULL;
}

static int is_no_file(request_rec *r)
{
    r->filename = apr_pstrcat(r->pool, "wfp:", r->uri, NULL);
    return OK;
}

/* What a Worker is asked for is what the rules made of it. */
static void aim(request_rec *r, const char *sent)
{
    char *path = wfp_raw_path_encode(r->uri, sent, r->pool);

    r->parsed_uri.path = path;
    r->parsed_uri.query = r->args;
    r->unparsed_uri = r->args ? apr_pstrcat(r->pool, path, "?", r->args, NULL)
                              : path;
}

/* r->uri is another one than what was sent. */
static int claim_passed_on(request_rec *r, const char *sent)
{
    ap_conf_vector_t *conf = r->per_dir_config;
    wfp_trial_t *trial = wfp_trial_of(r->connection);
    const wfp_scope_conf_t *scope;
    int rc = walk(r);

    if (rc != OK) {
        return rc;
    }
    scope = wfp_config_scope(r->per_dir_config);
    if (r->proxyreq || !is_workers(r, scope)) {
        r->per_dir_config = conf;
        return trial ? wfp_claim_refuse(trial, r) : DECLINED;
    }
    claim_it(r, scope, wfp_claim_handler);
    aim(r, sent);
    return is_no_file(r);
}

static int is_same(const char *a, const char *b)
{
    return a && b ? !strcmp(a, b) : a == b;
}

int wfp_claim_translate(request_rec *r)
{
    const char *uri = r->uri, *args = r->args;
    wfp_trial_t *trial = wfp_trial_of(r->connection);
    int rc;

    if (!wfp_claim_of(r)) {
        return DECLINED;
    }
    rc = wfp_rewrite_ask(r);
    if (rc == DECLINED && is_same(uri, r->uri) && is_same(args, r->args)) {
        return is_no_file(r);
    }
    if (rc != DECLINED && rc != OK) {
        return rc;
    }
    ap_set_module_config(r->request_config, &wfp_module, NULL);
    if (rc == DECLINED) {
        return claim_passed_on(r, r->parsed_uri.path);
    }
    return trial ? wfp_claim_refuse(trial, r) : OK;
}

int wfp_claim_rewritten(request_rec *r)
{
    /* what mod_rewrite passes on is in both, and not the same */
    if (wfp_claim_of(r) || !r->filename || !strcmp(r->filename, r->uri)) {
        return DECLINED;
    }
    return claim_passed_on(r, NULL);
}

/* TRACE, where TraceEnable rules, and OPTIONS of the whole server. */
static int is_httpds_own(const request_rec *r)
{
    return r->method_number == M_TRACE
           || (r->method_number == M_OPTIONS && !strcmp(r->uri, "*"));
}

int wfp_claim_map(request_rec *r)
{
    const wfp_claim_t *claim = wfp_claim_of(r);

    if (!claim
        || (!strcmp(claim->handler, wfp_claim_handler) && is_httpds_own(r))) {
        return DECLINED;
    }
    r->handler = claim->handler;
    return OK;
}

int wfp_claim_type(request_rec *r)
{
    return wfp_claim_of(r) ? OK : DECLINED;
}
