/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the routes of Workers share. User Workers and account Workers differ in
 * their path only.
 */
#include "admin/api_worker.h"

#include <apr_strings.h>
#include <string.h>

#include "admin/api_asset_attach.h"

#include "admin/api_auth.h"
#include "core/tail_targets.h"
#include "store/namespaces.h"
#include "store/references.h"

const char *wfp_api_worker_name(const wfp_api_call_t *call)
{
    return wfp_api_call_param(call, "script");
}

const char *wfp_api_worker_if_match(wfp_api_call_t *call)
{
    const char *value = wfp_api_call_header(call, "If-Match");
    apr_size_t n;

    if (!value) {
        return NULL;
    }
    value += strncmp(value, "W/", 2) ? 0 : 2;
    n = strlen(value);
    return n > 1 && value[0] == '"' && value[n - 1] == '"'
               ? apr_pstrmemdup(call->pool, value + 1, n - 2)
               : value;
}

void wfp_api_worker_begin(wfp_deploy_t *d, wfp_api_call_t *call,
                          const char *action)
{
    memset(d, 0, sizeof(*d));
    d->store = call->server->store;
    d->keys = call->server->keys;
    d->policy = call->server->limits;
    d->runtime = call->server->runtime;
    d->ns = wfp_api_call_ns(call);
    d->name = wfp_api_worker_name(call);
    d->put.actor = wfp_api_call_actor(call);
    d->put.action = action;
    d->put.if_match = wfp_api_worker_if_match(call);
    d->put.versions_kept = call->server->versions_kept;
}

void wfp_api_worker_done(wfp_api_call_t *call, const wfp_deploy_t *d)
{
    if (!d->put.no_traffic) {
        wfp_api_call_publish(call, d->put.script->stamp, d->ns, d->name, 0);
    }
}

/* The error of a result that the API's general table knows no better. */
static wfp_api_error_e error_of(const wfp_result_t *res)
{
    switch (res->about) {
    case WFP_ABOUT_NAMESPACE:
        return WFP_API_NO_NAMESPACE_TARGET;
    case WFP_ABOUT_SERVICE:
        return WFP_API_NO_TARGET;
    case WFP_ABOUT_KV_NAMESPACE:
        return WFP_API_NO_KV_TARGET;
    case WFP_ABOUT_D1:
        return WFP_API_NO_D1_TARGET;
    case WFP_ABOUT_QUEUE:
        return WFP_API_NO_QUEUE_TARGET;
    case WFP_ABOUT_R2:
        return WFP_API_NO_R2_TARGET;
    case WFP_ABOUT_INHERIT:
        return WFP_API_INHERIT;
    case WFP_ABOUT_SECRET:
        return WFP_API_NO_BINDING;
    case WFP_ABOUT_VERSION:
        return WFP_API_NO_VERSION;
    case WFP_ABOUT_USERS:
        return WFP_API_IN_USE;
    case WFP_ABOUT_SIZE:
        return WFP_API_SCRIPT_SIZE;
    case WFP_ABOUT_VAR:
        return WFP_API_VAR;
    case WFP_ABOUT_VARS:
        return WFP_API_VARS;
    case WFP_ABOUT_HANDLERS:
        return WFP_API_NO_HANDLERS;
    case WFP_ABOUT_NONE:
    case WFP_ABOUT_SCHEMA:
    case WFP_ABOUT_ROOM: /* the general table knows */
        break;
    }
    if (res->code == WFP_INVALID || res->code == WFP_STARTUP_LIMIT) {
        return WFP_API_VALIDATION;
    }
    if (res->code == WFP_CONFLICT && res->status == APR_EMISMATCH) {
        return WFP_API_PRECONDITION;
    }
    if (res->code == WFP_CONFLICT && res->status == APR_EBUSY) {
        return WFP_API_NOT_DEPLOYED;
    }
    return WFP_API_ERROR_COUNT;
}

/* Is it the namespace that is missing? Some ask for a Worker only. */
static int has_namespace(wfp_api_call_t *call)
{
    const char *name = wfp_api_call_ns(call);
    wfp_namespace_t *ns;
    wfp_result_t res;

    wfp_result_init(&res, call->pool);
    return !*name
           || wfp_namespaces_get(&ns, call->server->store, name, &res,
                                 call->pool)
                  == APR_SUCCESS
           || res.code != WFP_NOT_FOUND;
}

apr_status_t wfp_api_worker_failed(wfp_api_call_t *call, apr_status_t rv)
{
    wfp_api_error_e error = error_of(&call->res);

    if (call->answer.errors) {
        return rv;
    }
    if (error != WFP_API_ERROR_COUNT) {
        (void)wfp_api_answer_error(call, error, "%s", call->res.message);
        return rv;
    }
    if (call->res.code == WFP_WORKER_NOT_FOUND && !has_namespace(call)) {
        (void)wfp_api_answer_error(call, WFP_API_NO_NAMESPACE, NULL);
        return rv;
    }
    return wfp_api_answer_result(call, rv, WFP_API_NO_NAMESPACE,
                                 WFP_API_CONFLICT);
}

apr_status_t wfp_api_worker_head(wfp_script_t **pscript,
                                 wfp_script_info_t **pinfo,
                                 wfp_api_call_t *call)
{
    wfp_script_info_t *info;
    apr_status_t rv = wfp_scripts_head(pscript, pinfo ? pinfo : &info,
                                       call->server->store,
                                       wfp_api_call_ns(call),
                                       wfp_api_worker_name(call), &call->res,
                                       call->pool);

    return rv == APR_SUCCESS ? rv : wfp_api_worker_failed(call, rv);
}

apr_status_t wfp_api_worker_form(wfp_upload_form_t **pform,
                                 wfp_api_call_t *call, const char *field,
                                 int needs_code)
{
    wfp_upload_source_t from = { 0 };
    apr_status_t rv = wfp_api_call_body(&from.body, &from.size, call,
                                        WFP_API_UPLOAD_MAX);

    if (rv != APR_SUCCESS) {
        return rv;
    }
    from.content_type = wfp_api_call_header(call, "Content-Type");
    from.main_part = wfp_api_call_header(call, "CF-WORKER-MAIN-MODULE-PART");
    from.body_part = wfp_api_call_header(call, "CF-WORKER-BODY-PART");
    from.field = field;
    from.needs_code = needs_code;
    rv = wfp_upload_form_read(pform, &from, &call->res, call->pool);
    return rv == APR_SUCCESS ? rv : wfp_api_worker_failed(call, rv);
}

apr_status_t wfp_api_worker_upload(wfp_upload_form_t **pform,
                                   wfp_metadata_t **pmeta, wfp_api_call_t *call,
                                   wfp_metadata_mode_e mode)
{
    const char *inherit = wfp_api_call_query(call, "bindings_inherit");
    apr_status_t rv = wfp_api_worker_form(pform, call, "metadata", 1);

    if (rv == APR_SUCCESS) {
        rv = wfp_api_worker_metadata(pmeta, call, (*pform)->field, mode);
    }
    if (rv == APR_SUCCESS) {
        rv = wfp_api_asset_attach(*pmeta, !(*pform)->only_assets, call);
    }
    if (rv == APR_SUCCESS) {
        (*pmeta)->strict = inherit && !strcmp(inherit, "strict");
    }
    return rv;
}

void wfp_api_worker_tell(wfp_api_call_t *call, const wfp_metadata_t *meta)
{
    int i;

    for (i = 0; i < meta->notes->nelts; i++) {
        wfp_api_answer_message(call, 10021,
                               APR_ARRAY_IDX(meta->notes, i, const char *));
    }
}

static int is_bucket_of(const wfp_token_t *token, const char *name)
{
    int i;

    for (i = 0; i < token->buckets->nelts; i++) {
        if (!strcmp(APR_ARRAY_IDX(token->buckets, i, const char *), name)) {
            return 1;
        }
    }
    return 0;
}

/* What is the account's, and its id no secret: a limited token may bind what its
 * namespace has, where it can change every Worker anyway. What others have it
 * is not told from what is not there. */
static apr_status_t need_own(const wfp_binding_t *b, wfp_api_call_t *call)
{
    int has = b->kind == WFP_BINDING_R2_BUCKET
              && is_bucket_of(call->token, b->target);
    apr_status_t rv = APR_SUCCESS;

    if (!has) {
        rv = wfp_references_has(&has, call->server->store,
                                wfp_api_call_ns(call), b->kind, b->target,
                                &call->res, call->pool);
    }
    return rv == APR_SUCCESS && !has
               ? wfp_api_answer_error(call, WFP_API_FORBIDDEN,
                                      "Authentication error: the token is "
                                      "limited to namespaces, and none of its "
                                      "Workers here has what binding \"%s\" "
                                      "names",
                                      b->name)
               : rv;
}

/* What a Worker that a limited token makes can call: what is in the namespace,
 * and the namespaces of the token. */
static apr_status_t narrow(wfp_binding_t *b, wfp_api_call_t *call)
{
    if (b->kind == WFP_BINDING_SERVICE && *b->target != '/') {
        b->target = apr_pstrcat(call->pool, "/", b->target, NULL);
    }
    if (wfp_binding_kind_target(b->kind) == WFP_TARGET_RESOURCE) {
        return need_own(b, call);
    }
    if (b->kind != WFP_BINDING_DISPATCH_NAMESPACE) {
        return APR_SUCCESS;
    }
    if (!wfp_api_call_sees(call, b->target)) {
        return wfp_api_answer_error(call, WFP_API_FORBIDDEN,
                                    "Authentication error: the token is "
                                    "limited to other namespaces than the one "
                                    "of binding \"%s\"",
                                    b->name);
    }
    return b->outbound.service
               ? wfp_api_answer_error(call, WFP_API_FORBIDDEN,
                                      "Authentication error: binding \"%s\": "
                                      "an outbound Worker is not for a token "
                                      "that is limited to namespaces",
                                      b->name)
               : APR_SUCCESS;
}

/* An account Worker is not theirs to run. */
static apr_status_t need_own_tails(const wfp_metadata_t *meta,
                                   wfp_api_call_t *call)
{
    apr_array_header_t *targets;
    int i;
    apr_status_t rv = wfp_tail_targets_read(&targets,
                                            wfp_json_get(meta->settings,
                                                         "tail_consumers",
                                                         call->pool),
                                            NULL, &call->res, call->pool);

    for (i = 0; rv == APR_SUCCESS && i < targets->nelts; i++) {
        const char *target = APR_ARRAY_IDX(targets, i, const char *);

        if (*target != '/') {
            return wfp_api_answer_error(call, WFP_API_FORBIDDEN,
                                        "Authentication error: tail_consumers: "
                                        "a token that is limited to namespaces "
                                        "names Workers of its own, with "
                                        "\"namespace\"");
        }
    }
    return rv;
}

apr_status_t wfp_api_worker_metadata(wfp_metadata_t **pmeta,
                                     wfp_api_call_t *call,
                                     const wfp_json_t *obj,
                                     wfp_metadata_mode_e mode)
{
    int i;
    apr_status_t rv = wfp_metadata_read(pmeta, obj, mode, call->server->limits,
                                        &call->res, call->pool);

    if (rv != APR_SUCCESS || !wfp_api_auth_is_limited(call->token)) {
        return rv;
    }
    for (i = 0; rv == APR_SUCCESS && i < (*pmeta)->bindings->nelts; i++) {
        wfp_metadata_binding_t *one = &APR_ARRAY_IDX((*pmeta)->bindings, i,
                                                     wfp_metadata_binding_t);

        if (!one->inherit) {
            rv = narrow(&one->binding, call);
        }
    }
    return rv == APR_SUCCESS ? need_own_tails(*pmeta, call) : rv;
}

apr_status_t wfp_api_worker_patch(wfp_api_call_t *call, const wfp_json_t *obj,
                                  const char *action, wfp_script_t **pscript)
{
    wfp_metadata_t *meta;
    wfp_deploy_t d;
    apr_status_t rv = wfp_api_worker_metadata(&meta, call, obj,
                                              WFP_METADATA_PATCH);

    if (rv == APR_SUCCESS) {
        wfp_api_worker_begin(&d, call, action);
        rv = wfp_deploy_settings(&d, meta, &call->res, call->pool);
    }
    if (rv != APR_SUCCESS) {
        return wfp_api_worker_failed(call, rv);
    }
    wfp_api_worker_done(call, &d);
    wfp_api_worker_tell(call, meta);
    *pscript = d.put.script;
    return rv;
}
