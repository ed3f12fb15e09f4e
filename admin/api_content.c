/* SPDX-License-Identifier: Apache-2.0 */
/* A Worker's modules, read back as they came, and replaced while all else
 * stays. docs/api/scripts.md */
#include "admin/api_content.h"

#include <apr_strings.h>
#include <string.h>

#include "admin/api_scripts.h"
#include "admin/api_worker.h"
#include "core/crypto.h"

#define BOUNDARY_SIZE 16

static const char *type_of(wfp_module_e kind)
{
    switch (kind) {
    case WFP_MODULE_LUA:
        return "text/x-lua";
    case WFP_MODULE_JSON:
        return "application/json";
    case WFP_MODULE_TEXT:
        return "text/plain";
    default:
        return "application/octet-stream";
    }
}

/* As browsers send names; control characters are in no module's name. */
static const char *quoted(const char *name, apr_pool_t *p)
{
    const char *out = "";

    for (; *name; name++) {
        out = *name == '"' ? apr_pstrcat(p, out, "%22", NULL)
                           : apr_psprintf(p, "%s%c", out, *name);
    }
    return out;
}

static const char *head_of(const wfp_module_t *m, const char *boundary,
                           apr_pool_t *p)
{
    const char *name = strchr(m->name, '"') ? quoted(m->name, p) : m->name;

    return apr_psprintf(p,
                        "--%s\r\nContent-Disposition: form-data; name=\"%s\"; "
                        "filename=\"%s\"\r\nContent-Type: %s\r\n\r\n",
                        boundary, name, name, type_of(m->kind));
}

/* All modules as multipart/form-data; the boundary is random, so that no
 * module can hold it. */
static apr_status_t answer_form(wfp_api_call_t *call,
                                const wfp_script_t *script)
{
    apr_pool_t *p = call->pool;
    struct iovec *parts = apr_pcalloc(p,
                                      sizeof(*parts)
                                          * (3 * script->modules->nelts + 1));
    unsigned char random[BOUNDARY_SIZE];
    const char *boundary, *body;
    apr_size_t size;
    int i, n = 0;
    apr_status_t rv = wfp_crypto_random(random, sizeof(random));

    if (rv != APR_SUCCESS) {
        return wfp_api_answer_error(call, WFP_API_INTERNAL, NULL);
    }
    boundary = wfp_crypto_hex(random, sizeof(random), p);
    for (i = 0; i < script->modules->nelts; i++) {
        const wfp_module_t *m = &APR_ARRAY_IDX(script->modules, i,
                                               wfp_module_t);
        const char *head = head_of(m, boundary, p);

        parts[n].iov_base = (void *)head;
        parts[n++].iov_len = strlen(head);
        parts[n].iov_base = (void *)m->data;
        parts[n++].iov_len = m->size;
        parts[n].iov_base = (void *)"\r\n";
        parts[n++].iov_len = 2;
    }
    parts[n].iov_base = apr_psprintf(p, "--%s--\r\n", boundary);
    parts[n].iov_len = strlen(parts[n].iov_base);
    body = apr_pstrcatv(p, parts, (apr_size_t)n + 1, &size);
    apr_table_setn(call->r->headers_out, "cf-entrypoint", script->main_module);
    return wfp_api_answer_raw(call,
                              apr_pstrcat(p, "multipart/form-data; boundary=",
                                          boundary, NULL),
                              body, size);
}

static int is_single(const wfp_script_t *script, apr_pool_t *p)
{
    wfp_json_t *settings = NULL;

    return *script->settings
           && wfp_json_parse(&settings, script->settings,
                             strlen(script->settings), NULL, p)
                  == APR_SUCCESS
           && wfp_json_str(wfp_json_get(settings, "body_part", p));
}

apr_status_t wfp_api_content_get(wfp_api_call_t *call)
{
    const wfp_module_t *m;
    wfp_script_t *script;
    apr_status_t rv = wfp_scripts_get(&script, call->server->store,
                                      wfp_api_call_ns(call),
                                      wfp_api_worker_name(call), &call->res,
                                      call->pool);

    if (rv != APR_SUCCESS) {
        return wfp_api_worker_failed(call, rv);
    }
    m = wfp_script_module(script, script->main_module);
    if (m && script->modules->nelts == 1 && is_single(script, call->pool)) {
        return wfp_api_answer_raw(call, "application/javascript", m->data,
                                  m->size);
    }
    return answer_form(call, script);
}

apr_status_t wfp_api_content_put(wfp_api_call_t *call)
{
    wfp_upload_form_t *form;
    wfp_metadata_t *meta;
    wfp_deploy_t d;
    int is_free;
    apr_status_t rv;

    wfp_api_worker_begin(&d, call, "content");
    is_free = !d.put.if_match;
    if (is_free) {
        d.put.if_match = "*"; /* a Worker is not made here */
    }
    rv = wfp_api_worker_form(&form, call, "metadata", 1);
    if (rv == APR_SUCCESS) {
        rv = wfp_metadata_read(&meta, NULL, WFP_METADATA_PATCH, NULL,
                               &call->res, call->pool);
    }
    if (rv == APR_SUCCESS) {
        rv = wfp_deploy_code(&d, form, meta, &call->res, call->pool);
    }
    if (rv != APR_SUCCESS && is_free && call->res.code == WFP_CONFLICT) {
        return wfp_api_answer_error(call, WFP_API_NO_WORKER, NULL);
    }
    if (rv != APR_SUCCESS) {
        return wfp_api_worker_failed(call, rv);
    }
    wfp_api_worker_done(call, &d);
    return wfp_api_answer_json(call,
                               wfp_api_scripts_show_uploaded(&d, call->pool));
}
