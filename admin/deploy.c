/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Makes versions. Called by the routes that upload code or change settings,
 * bindings, secrets or tags. Knows nothing of requests.
 */
#include "admin/deploy.h"

#include <apr_strings.h>
#include <string.h>

#include "admin/seal.h"
#include "admin/upload.h"

apr_status_t wfp_deploy_seal(const char **psealed, const wfp_deploy_t *d,
                             const char *key, const char *text,
                             wfp_result_t *res, apr_pool_t *p)
{
    wfp_secret_t secret = { .ns = d->ns, .name = d->name, .key = key };
    apr_status_t rv = wfp_seal_text(&secret, d->keys, text, strlen(text), res,
                                    p);

    if (rv == APR_SUCCESS) {
        *psealed = secret.sealed;
    }
    return rv;
}

/* What the transaction needs to merge. */
typedef struct merge_t {
    const wfp_deploy_t *d;
    const wfp_metadata_t *meta;
    wfp_merge_fn *change;
    void *baton;
} merge_t;

static apr_status_t merge_metadata(wfp_script_t *next, const wfp_script_t *base,
                                   void *baton, wfp_result_t *res,
                                   apr_pool_t *p)
{
    const merge_t *m = baton;
    apr_status_t rv = wfp_metadata_apply(next, m->meta, base, res, p);

    return rv == APR_SUCCESS
               ? wfp_upload_check_settings(next, m->d->policy, res)
               : rv;
}

static apr_status_t merge_bindings(wfp_script_t *next, const wfp_script_t *base,
                                   void *baton, wfp_result_t *res,
                                   apr_pool_t *p)
{
    const merge_t *m = baton;
    apr_status_t rv;

    if (base) {
        next->bindings = apr_array_copy(p, base->bindings);
        next->tags = base->tags;
        next->limits = base->limits;
        next->settings = base->settings;
    }
    rv = m->change(next, base, m->baton, res, p);
    return rv == APR_SUCCESS
               ? wfp_upload_check_settings(next, m->d->policy, res)
               : rv;
}

static apr_status_t put(wfp_deploy_t *d, wfp_script_t *script,
                        wfp_merge_fn *merge, merge_t *m, wfp_result_t *res,
                        apr_pool_t *p)
{
    script->ns = d->ns;
    script->name = d->name;
    d->put.script = script;
    d->put.merge = merge;
    d->put.baton = m;
    if (m->meta) {
        d->put.message = m->meta->message;
    }
    if (!d->put.message) {
        d->put.message = "";
    }
    return wfp_scripts_put(d->store, &d->put, res, p);
}

static apr_status_t seal_bindings(const wfp_deploy_t *d, wfp_metadata_t *meta,
                                  wfp_result_t *res, apr_pool_t *p)
{
    int i;
    apr_status_t rv = APR_SUCCESS;

    for (i = 0; rv == APR_SUCCESS && i < meta->bindings->nelts; i++) {
        wfp_metadata_binding_t *one = &APR_ARRAY_IDX(meta->bindings, i,
                                                     wfp_metadata_binding_t);
        wfp_binding_t *b = &one->binding;

        if (!one->inherit && b->kind == WFP_BINDING_SECRET_TEXT) {
            rv = wfp_deploy_seal(&b->text, d, b->name, b->text, res, p);
            b->text_size = rv == APR_SUCCESS ? strlen(b->text) : 0;
        }
    }
    return rv;
}

/* Check code and what is given with it; what will be inherited was checked when
 * it was given, and all together is once more when it is merged. */
static apr_status_t check_code(wfp_deploy_t *d, const wfp_script_t *script,
                               const wfp_metadata_t *meta, wfp_result_t *res,
                               apr_pool_t *p)
{
    wfp_script_t trial = *script;
    wfp_metadata_t given = *meta;
    apr_status_t rv;

    trial.ns = d->ns;
    trial.name = d->name;
    given.mode = WFP_METADATA_UPLOAD;
    given.strict = 0;
    rv = wfp_metadata_apply(&trial, &given, NULL, res, p);
    return rv == APR_SUCCESS ? wfp_upload_check(&trial, d->policy, d->runtime,
                                                &d->seen, res, p)
                             : rv;
}

apr_status_t wfp_deploy_code(wfp_deploy_t *d, const wfp_upload_form_t *form,
                             wfp_metadata_t *meta, wfp_result_t *res,
                             apr_pool_t *p)
{
    wfp_script_t *script = wfp_script_make(p);
    merge_t m = { .d = d, .meta = meta };
    apr_status_t rv;

    script->modules = form->modules;
    script->main_module = form->main_module;
    script->assets = meta->assets_ref;
    d->put.keep_assets = meta->keep_assets;
    wfp_json_set_str(meta->settings, "body_part",
                     form->has_modules ? NULL : form->main_module);
    rv = check_code(d, script, meta, res, p);
    if (rv == APR_SUCCESS) {
        rv = seal_bindings(d, meta, res, p);
    }
    return rv == APR_SUCCESS ? put(d, script, merge_metadata, &m, res, p) : rv;
}

apr_status_t wfp_deploy_settings(wfp_deploy_t *d, wfp_metadata_t *meta,
                                 wfp_result_t *res, apr_pool_t *p)
{
    merge_t m = { .d = d, .meta = meta };
    apr_status_t rv = seal_bindings(d, meta, res, p);

    return rv == APR_SUCCESS
               ? put(d, wfp_script_make(p), merge_metadata, &m, res, p)
               : rv;
}

apr_status_t wfp_deploy_bindings(wfp_deploy_t *d, wfp_merge_fn *change,
                                 void *baton, wfp_result_t *res, apr_pool_t *p)
{
    merge_t m = { .d = d, .change = change, .baton = baton };

    return put(d, wfp_script_make(p), merge_bindings, &m, res, p);
}
