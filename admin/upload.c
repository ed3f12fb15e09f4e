/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The check of an upload. Cheap checks first, then every Lua module is
 * compiled, then the top level runs in a throw-away isolate whose host refuses
 * everything. Nothing is stored here.
 */
#include "admin/upload.h"

#include <apr_strings.h>
#include <string.h>

#include "core/clock.h"
#include "core/name.h"
#include "lua_runtime/isolate.h"
#include "lua_runtime/run.h"

static apr_status_t refuse(wfp_result_t *res, const char *what,
                           const char *name, const char *why)
{
    return wfp_result_set(res, WFP_INVALID, APR_EINVAL, "%s '%.80s': %s", what,
                          name, why);
}

static apr_status_t check_names(const wfp_script_t *script, wfp_result_t *res)
{
    if (*script->ns && !wfp_name_is_valid(script->ns, strlen(script->ns))) {
        return refuse(res, "namespace", script->ns,
                      "is no name: 1 to 63 of A-Z a-z 0-9 _ -");
    }
    if (!wfp_name_is_valid(script->name, strlen(script->name))) {
        return refuse(res, "Worker", script->name,
                      "is no name: 1 to 63 of A-Z a-z 0-9 _ -");
    }
    return APR_SUCCESS;
}

static apr_status_t check_module(const wfp_script_t *script, int i,
                                 wfp_result_t *res)
{
    const wfp_module_t *m = &APR_ARRAY_IDX(script->modules, i, wfp_module_t);
    int k;

    if (!wfp_name_is_module(m->name, strlen(m->name))) {
        return refuse(res, "module", m->name, "is no legal path");
    }
    for (k = 0; k < i; k++) {
        if (!strcmp(APR_ARRAY_IDX(script->modules, k, wfp_module_t).name,
                    m->name)) {
            return refuse(res, "module", m->name, "is there twice");
        }
    }
    if (m->kind == WFP_MODULE_LUA && m->size > WFP_UPLOAD_LUA_BYTES_MAX) {
        return wfp_result_about(
            res, WFP_ABOUT_SIZE,
            refuse(res, "module", m->name,
                   "script too large: more than 1 MB of Lua source"));
    }
    return APR_SUCCESS;
}

static apr_status_t check_modules(const wfp_script_t *script, wfp_result_t *res)
{
    const wfp_module_t *entry;
    apr_size_t total = 0;
    apr_status_t rv;
    int i;

    for (i = 0; i < script->modules->nelts; i++) {
        total += APR_ARRAY_IDX(script->modules, i, wfp_module_t).size;
        rv = check_module(script, i, res);
        if (rv != APR_SUCCESS) {
            return rv;
        }
    }
    if (total > WFP_UPLOAD_BYTES_MAX) {
        return wfp_result_about(
            res, WFP_ABOUT_SIZE,
            refuse(res, "Worker", script->name,
                   "script too large: more than 10 MB in all"));
    }
    entry = script->main_module && *script->main_module
                ? wfp_script_module(script, script->main_module)
                : NULL;
    if (!entry) {
        return refuse(res, "main module",
                      script->main_module ? script->main_module : "",
                      "is not among the modules");
    }
    if (entry->kind != WFP_MODULE_LUA) {
        return refuse(res, "main module", entry->name, "is not Lua");
    }
    return APR_SUCCESS;
}

static int is_var(const wfp_binding_t *b)
{
    return b->kind == WFP_BINDING_PLAIN_TEXT
           || b->kind == WFP_BINDING_SECRET_TEXT || b->kind == WFP_BINDING_JSON;
}

static apr_status_t check_binding(const wfp_script_t *script, int i,
                                  wfp_result_t *res)
{
    const wfp_binding_t *b = &APR_ARRAY_IDX(script->bindings, i, wfp_binding_t);
    int k;

    if (!wfp_name_is_binding(b->name, strlen(b->name))) {
        return refuse(res, "binding", b->name, "is no identifier");
    }
    for (k = 0; k < i; k++) {
        if (!strcmp(APR_ARRAY_IDX(script->bindings, k, wfp_binding_t).name,
                    b->name)) {
            return refuse(res, "binding", b->name, "is there twice");
        }
    }
    if (b->kind != WFP_BINDING_SECRET_TEXT
        && b->text_size > WFP_UPLOAD_VAR_BYTES_MAX) {
        return wfp_result_about(res, WFP_ABOUT_VAR,
                                refuse(res, "binding", b->name,
                                       "is larger than 5 KB"));
    }
    return APR_SUCCESS;
}

static apr_status_t check_bindings(const wfp_script_t *script,
                                   wfp_result_t *res)
{
    int i, vars = 0;
    apr_status_t rv;

    if (script->bindings->nelts > WFP_UPLOAD_BINDINGS_MAX) {
        return refuse(res, "Worker", script->name, "more than 1000 bindings");
    }
    for (i = 0; i < script->bindings->nelts; i++) {
        rv = check_binding(script, i, res);
        if (rv != APR_SUCCESS) {
            return rv;
        }
        vars += is_var(&APR_ARRAY_IDX(script->bindings, i, wfp_binding_t));
    }
    if (vars > WFP_UPLOAD_VARS_MAX) {
        return wfp_result_about(res, WFP_ABOUT_VARS,
                                refuse(res, "Worker", script->name,
                                       "more than 128 variables and secrets"));
    }
    return APR_SUCCESS;
}

static apr_status_t check_tags(const wfp_script_t *script, wfp_result_t *res)
{
    int i;

    if (script->tags->nelts > WFP_UPLOAD_TAGS_MAX) {
        return refuse(res, "Worker", script->name, "more than 8 tags");
    }
    for (i = 0; i < script->tags->nelts; i++) {
        const char *tag = APR_ARRAY_IDX(script->tags, i, const char *);

        if (!*tag || strpbrk(tag, ",&") || strlen(tag) > WFP_NAME_MAX) {
            return refuse(res, "tag", tag,
                          "must be 1 to 63 bytes without , and &");
        }
    }
    return APR_SUCCESS;
}

static apr_status_t check_limits(const wfp_script_t *script,
                                 const wfp_limit_policy_t *policy,
                                 wfp_result_t *res)
{
    int i;

    for (i = 0; i < WFP_LIMIT_COUNT; i++) {
        apr_int64_t value = script->limits.v[i];

        if (value != WFP_LIMIT_UNSET) {
            apr_status_t rv = wfp_limit_check(policy, (wfp_limit_e)i, value,
                                              res);
            if (rv != APR_SUCCESS) {
                return rv;
            }
        }
    }
    return APR_SUCCESS;
}

/* At top level nothing of the host can be asked; secrets read as empty. */
static apr_status_t no_secret(const char **ptext, apr_size_t *pn, void *server,
                              const wfp_script_t *script,
                              const wfp_binding_t *binding, apr_pool_t *p)
{
    *ptext = "";
    *pn = 0;
    return APR_SUCCESS;
}

static const wfp_host_t throw_away_host = { .open_secret = no_secret };

/* What stops the top level is the uploader's to mend: one code for all, but the
 * start-up limit keeps its own. */
static apr_status_t top_level_failed(wfp_result_t *res, apr_status_t rv)
{
    if (res->code != WFP_STARTUP_LIMIT && res->code != WFP_INTERNAL
        && res->code != WFP_ISOLATE_UNAVAILABLE) {
        res->code = WFP_INVALID;
    }
    return rv;
}

static apr_array_header_t *handlers_of(const wfp_isolate_t *iso, apr_pool_t *p)
{
    apr_array_header_t *list = apr_array_make(p, 4, sizeof(const char *));
    int i;

    for (i = 0; wfp_isolate_handler_names[i]; i++) {
        if (wfp_isolate_handles(iso, wfp_isolate_handler_names[i])) {
            APR_ARRAY_PUSH(list, const char *) = wfp_isolate_handler_names[i];
        }
    }
    return list;
}

static apr_status_t run_top_level(wfp_script_t *script,
                                  const wfp_limit_policy_t *policy,
                                  const wfp_runtime_t *known,
                                  wfp_upload_seen_t *seen, wfp_result_t *res,
                                  apr_pool_t *p)
{
    const wfp_limits_t *sources[1] = { &script->limits };
    wfp_runtime_t runtime = { 0 };
    wfp_limits_t limits;
    wfp_isolate_t *iso;
    apr_time_t begun;
    apr_status_t rv;

    runtime.host = &throw_away_host;
    runtime.exact_metering = known->exact_metering;
    runtime.vm_rate = wfp_run_rate(known);
    wfp_limits_merge(&limits, policy, sources, 1);
    rv = wfp_isolate_compile(script, &limits, res, p);
    if (rv != APR_SUCCESS) {
        return top_level_failed(res, rv);
    }
    begun = wfp_clock_now();
    rv = wfp_isolate_create(&iso, &runtime, script, &limits, 0, res, p);
    if (rv != APR_SUCCESS) {
        return top_level_failed(res, rv);
    }
    seen->startup_us = wfp_clock_now() - begun;
    seen->handlers = handlers_of(iso, p);
    if (!wfp_isolate_handles(iso, NULL)) {
        rv = wfp_result_about(
            res, WFP_ABOUT_HANDLERS,
            wfp_result_set(res, WFP_INVALID, APR_EINVAL,
                           "%s: the table it returns has no handler, such as "
                           "fetch",
                           script->main_module));
    }
    wfp_isolate_destroy(iso);
    return rv;
}

apr_status_t wfp_upload_check_settings(const wfp_script_t *script,
                                       const wfp_limit_policy_t *policy,
                                       wfp_result_t *res)
{
    apr_status_t rv = check_bindings(script, res);

    if (rv == APR_SUCCESS) {
        rv = check_tags(script, res);
    }
    return rv == APR_SUCCESS ? check_limits(script, policy, res) : rv;
}

apr_status_t wfp_upload_check(wfp_script_t *script,
                              const wfp_limit_policy_t *policy,
                              const wfp_runtime_t *runtime,
                              wfp_upload_seen_t *seen, wfp_result_t *res,
                              apr_pool_t *p)
{
    apr_status_t rv = check_names(script, res);

    if (rv == APR_SUCCESS) {
        rv = check_modules(script, res);
    }
    if (rv == APR_SUCCESS) {
        rv = wfp_upload_check_settings(script, policy, res);
    }
    if (rv == APR_SUCCESS) {
        rv = run_top_level(script, policy, runtime, seen, res, p);
    }
    return rv;
}
