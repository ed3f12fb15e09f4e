/* SPDX-License-Identifier: Apache-2.0 */
/*
 * wfpctl deploy, list, get, delete, versions, rollback and secret by a server's
 * REST API.
 */
#include <apr_strings.h>
#include <string.h>

#include "admin/upload_form.h"
#include "admin/wfpctl/args.h"
#include "admin/wfpctl/docs.h"
#include "admin/wfpctl/print.h"
#include "admin/wfpctl/remote.h"
#include "core/binding_json.h"
#include "core/settings_json.h"

/* Where a namespace's Workers are, or the account's. */
static const char *workers_path(const wfp_cmd_t *cmd, const char *ns)
{
    return *ns ? apr_pstrcat(cmd->pool, "/workers/dispatch/namespaces/",
                             wfp_remote_part(cmd, ns), "/scripts", NULL)
               : "/workers/scripts";
}

/* The Worker that the first argument names. @param rest  begins with a slash,
 * or "" */
static const char *worker_path(wfp_cmd_t *cmd, const char *rest)
{
    const char *ns, *name;

    wfp_args_worker(&ns, &name, cmd, 0);
    return apr_pstrcat(cmd->pool, workers_path(cmd, ns), "/",
                       wfp_remote_part(cmd, name), rest, NULL);
}

/* {"namespace":..., "name":...} */
static wfp_json_t *worker_doc(wfp_cmd_t *cmd)
{
    wfp_json_t *doc = wfp_json_object(cmd->pool);
    const char *ns, *name;

    wfp_args_worker(&ns, &name, cmd, 0);
    wfp_json_set_str(doc, "namespace", ns);
    wfp_json_set_str(doc, "name", name);
    return doc;
}

/* --- deploy ----------------------------------------------------------------------- */

static apr_status_t make_metadata(wfp_json_t **pmeta, wfp_cmd_t *cmd)
{
    const wfp_script_t *script = cmd->script;
    const char *message = wfp_args_option(cmd, "message");
    wfp_json_t *meta = wfp_json_object(cmd->pool), *bindings;
    wfp_json_t *kept = wfp_json_array(cmd->pool);
    wfp_json_t *notes = wfp_json_object(cmd->pool);
    apr_status_t rv = wfp_binding_json_write(&bindings, script->bindings, 1,
                                             &cmd->res, cmd->pool);

    if (rv != APR_SUCCESS) {
        return rv;
    }
    wfp_json_set_str(meta, "main_module", script->main_module);
    wfp_json_set(meta, "bindings", bindings);
    wfp_json_add_str(kept, "secret_text");
    wfp_json_set(meta, "keep_bindings", kept);
    wfp_json_set(meta, "tags", wfp_print_texts(script->tags, cmd));
    wfp_json_set(meta, "limits",
                 wfp_settings_json_write_limits(&script->limits, cmd->pool));
    if (wfp_args_option(cmd, "egress")) {
        wfp_json_set_str(meta, "egress", wfp_args_option(cmd, "egress"));
    }
    if (message) {
        wfp_json_set_str(notes, "workers/message", message);
        wfp_json_set(meta, "annotations", notes);
    }
    *pmeta = meta;
    return APR_SUCCESS;
}

apr_status_t wfp_remote_worker_deploy(wfp_cmd_t *cmd)
{
    const char *folder = wfp_args_option(cmd, "assets");
    wfp_json_t *meta, *made, *doc, *assets;
    apr_int64_t startup_ms = 0;
    const char *id;
    apr_status_t rv = wfp_cmd_deploy_options(cmd);

    if (rv == APR_SUCCESS) {
        rv = make_metadata(&meta, cmd);
    }
    if (rv == APR_SUCCESS && folder) {
        rv = wfp_remote_assets_put(&assets, cmd, worker_path(cmd, ""), folder);
    }
    if (rv == APR_SUCCESS && folder) {
        wfp_json_set(meta, "assets", assets);
    }
    if (rv == APR_SUCCESS) {
        rv = wfp_remote_upload(&made, cmd, worker_path(cmd, ""), meta,
                               cmd->script->modules);
    }
    if (rv != APR_SUCCESS) {
        return rv;
    }
    id = wfp_json_str(wfp_json_get(made, "deployment_id", cmd->pool));
    (void)wfp_json_int(wfp_json_get(made, "startup_time_ms", cmd->pool),
                       &startup_ms); /* 0, then */
    wfp_print_line(cmd, "Deployed %s (%s), start-up %d ms", wfp_args_at(cmd, 0),
                   id ? id : "", (int)startup_ms);
    doc = worker_doc(cmd);
    wfp_json_set_str(doc, "version_id", id);
    wfp_json_set_int(doc, "startup_time_ms", startup_ms);
    wfp_print_json(cmd, doc);
    return APR_SUCCESS;
}

/* --- what there is ------------------------------------------------------------------ */

static apr_status_t add_workers(wfp_cmd_t *cmd, void *all,
                                const wfp_json_t *list)
{
    static const char *const keys[] = { "created_on", "modified_on", "etag",
                                        "tags" };
    apr_pool_t *p = cmd->pool;
    apr_size_t i, j;

    for (i = 0; i < wfp_json_size(list); i++) {
        const wfp_json_t *info = wfp_json_at(list, i, p);
        wfp_json_t *row = wfp_json_object(p);

        wfp_json_set(row, "name", wfp_json_get(info, "id", p));
        wfp_json_set(row, "version_id", wfp_json_get(info, "deployment_id", p));
        for (j = 0; j < sizeof(keys) / sizeof(keys[0]); j++) {
            wfp_json_set(row, keys[j], wfp_json_get(info, keys[j], p));
        }
        wfp_json_add(all, row);
    }
    return APR_SUCCESS;
}

apr_status_t wfp_remote_worker_list(wfp_cmd_t *cmd)
{
    const char *ns = cmd->args->nelts ? wfp_args_at(cmd, 0) : WFP_ACCOUNT_NS;
    wfp_json_t *all = wfp_json_array(cmd->pool);
    apr_status_t rv = wfp_remote_pages(cmd, workers_path(cmd, ns), NULL,
                                       add_workers, all);

    if (rv == APR_SUCCESS) {
        wfp_docs_names(cmd, all, "name");
    }
    return rv;
}

/* The versions of the current deployment: [{version_id, percentage}]. */
static apr_status_t running(wfp_json_t **pversions, wfp_cmd_t *cmd)
{
    wfp_json_t *result, *first;
    apr_status_t rv = wfp_remote_call(&result, cmd, "GET",
                                      worker_path(cmd, "/deployments"), NULL);

    if (rv == APR_SUCCESS) {
        first = wfp_json_at(wfp_json_get(result, "deployments", cmd->pool), 0,
                            cmd->pool);
        *pversions = wfp_json_get(first, "versions", cmd->pool);
    }
    return rv;
}

static int is_running(const wfp_cmd_t *cmd, const wfp_json_t *versions,
                      const char *id)
{
    apr_size_t i;

    for (i = 0; id && i < wfp_json_size(versions); i++) {
        const char *one = wfp_json_str(
            wfp_json_get(wfp_json_at(versions, i, cmd->pool), "version_id",
                         cmd->pool));

        if (one && strcmp(one, id) == 0) {
            return 1;
        }
    }
    return 0;
}

static const char *note(const wfp_cmd_t *cmd, const wfp_json_t *version,
                        const char *key)
{
    const char *text = wfp_json_str(
        wfp_json_get(wfp_json_get(version, "annotations", cmd->pool), key,
                     cmd->pool));

    return text ? text : "";
}

typedef struct versions_t {
    wfp_json_t *rows;
    wfp_json_t *running;
} versions_t;

static apr_status_t add_versions(wfp_cmd_t *cmd, void *allv,
                                 const wfp_json_t *list)
{
    static const char *const keys[] = { "id",     "number", "created_on",
                                        "source", "etag",   "created_by",
                                        "size" };
    const versions_t *all = allv;
    apr_pool_t *p = cmd->pool;
    apr_size_t i, j;

    for (i = 0; i < wfp_json_size(list); i++) {
        const wfp_json_t *v = wfp_json_at(list, i, p);
        wfp_json_t *row = wfp_json_object(p);

        for (j = 0; j < sizeof(keys) / sizeof(keys[0]); j++) {
            wfp_json_set(row, keys[j], wfp_json_get(v, keys[j], p));
        }
        wfp_json_set_str(row, "message", note(cmd, v, "workers/message"));
        wfp_json_set_str(row, "tag", note(cmd, v, "workers/tag"));
        wfp_json_set_bool(row, "deployed",
                          is_running(cmd, all->running,
                                     wfp_json_str(wfp_json_get(v, "id", p))));
        wfp_json_add(all->rows, row);
    }
    return APR_SUCCESS;
}

apr_status_t wfp_remote_worker_versions(wfp_cmd_t *cmd)
{
    versions_t all = { wfp_json_array(cmd->pool), NULL };
    apr_status_t rv = running(&all.running, cmd);

    if (rv == APR_SUCCESS) {
        rv = wfp_remote_pages(cmd, worker_path(cmd, "/versions"), "items",
                              add_versions, &all);
    }
    if (rv == APR_SUCCESS) {
        wfp_docs_versions(cmd, all.rows);
    }
    return rv;
}

static apr_status_t add_modules(wfp_json_t *doc, wfp_cmd_t *cmd)
{
    wfp_upload_source_t from = { .field = "metadata" };
    wfp_json_t *modules = wfp_json_array(cmd->pool);
    wfp_upload_form_t *form;
    int i;
    apr_status_t rv = wfp_remote_content(&from.body, &from.size,
                                         &from.content_type, &from.main_part,
                                         cmd, worker_path(cmd, "/content"));

    if (rv == APR_SUCCESS) {
        rv = wfp_upload_form_read(&form, &from, &cmd->res, cmd->pool);
    }
    for (i = 0; rv == APR_SUCCESS && i < form->modules->nelts; i++) {
        const wfp_module_t *m = &APR_ARRAY_IDX(form->modules, i, wfp_module_t);
        wfp_json_t *row = wfp_json_object(cmd->pool);

        wfp_json_set_str(row, "name", m->name);
        wfp_json_set_int(row, "size", (apr_int64_t)m->size);
        wfp_json_add(modules, row);
    }
    if (rv == APR_SUCCESS) {
        wfp_json_set_str(doc, "main_module", form->main_module);
        wfp_json_set(doc, "modules", modules);
    }
    return rv;
}

/* Of the newest version that runs. */
static apr_status_t add_version(wfp_json_t *doc, wfp_cmd_t *cmd)
{
    apr_pool_t *p = cmd->pool;
    wfp_json_t *versions, *v;
    const char *id;
    apr_status_t rv = running(&versions, cmd);

    if (rv != APR_SUCCESS) {
        return rv;
    }
    id = wfp_json_str(
        wfp_json_get(wfp_json_at(versions, 0, p), "version_id", p));
    rv = wfp_remote_call(&v, cmd, "GET",
                         worker_path(cmd, apr_pstrcat(p, "/versions/",
                                                      id ? id : "", NULL)),
                         NULL);
    if (rv == APR_SUCCESS) {
        wfp_json_set_str(doc, "version_id", id);
        wfp_json_set(doc, "number", wfp_json_get(v, "number", p));
        wfp_json_set(doc, "created_on", wfp_json_get(v, "created_on", p));
    }
    return rv;
}

apr_status_t wfp_remote_worker_get(wfp_cmd_t *cmd)
{
    wfp_json_t *doc = worker_doc(cmd), *settings;
    const char *egress;
    apr_pool_t *p = cmd->pool;
    apr_status_t rv = wfp_remote_call(&settings, cmd, "GET",
                                      worker_path(cmd, "/settings"), NULL);

    if (rv == APR_SUCCESS) {
        rv = add_version(doc, cmd);
    }
    if (rv == APR_SUCCESS) {
        rv = add_modules(doc, cmd);
    }
    if (rv != APR_SUCCESS) {
        return rv;
    }
    egress = wfp_json_str(wfp_json_get(settings, "egress", p));
    wfp_json_set_str(doc, "egress",
                     egress ? egress
                            : wfp_script_egress_word(WFP_EGRESS_DIRECT));
    wfp_json_set(doc, "bindings", wfp_json_get(settings, "bindings", p));
    wfp_json_set(doc, "tags", wfp_json_get(settings, "tags", p));
    wfp_json_set(doc, "limits", wfp_json_get(settings, "limits", p));
    wfp_docs_script(cmd, doc);
    return APR_SUCCESS;
}

/* --- changes ----------------------------------------------------------------------- */

apr_status_t wfp_remote_worker_delete(wfp_cmd_t *cmd)
{
    apr_status_t rv = wfp_remote_call(NULL, cmd, "DELETE",
                                      worker_path(cmd, wfp_args_force(cmd)
                                                           ? "?force=true"
                                                           : ""),
                                      NULL);

    if (rv == APR_SUCCESS) {
        wfp_print_line(cmd, "Deleted %s", wfp_args_at(cmd, 0));
        wfp_print_json(cmd, worker_doc(cmd));
    }
    return rv;
}

apr_status_t wfp_remote_worker_rollback(wfp_cmd_t *cmd)
{
    const char *id = cmd->args->nelts > 1 ? wfp_args_at(cmd, 1) : NULL;
    wfp_json_t *ask = wfp_json_object(cmd->pool);
    apr_status_t rv;

    if (id) {
        wfp_json_set_str(ask, "version_id", id);
    }
    rv = wfp_remote_call(NULL, cmd, "POST", worker_path(cmd, "/rollback"), ask);
    if (rv == APR_SUCCESS) {
        wfp_print_line(cmd, "%s runs %s", wfp_args_at(cmd, 0),
                       id ? id : "the version before");
        wfp_print_json(cmd, worker_doc(cmd));
    }
    return rv;
}

static void print_secret(wfp_cmd_t *cmd, const char *verb)
{
    wfp_json_t *doc = wfp_json_object(cmd->pool);

    wfp_print_line(cmd, "%s secret %s of %s", verb, wfp_args_at(cmd, 1),
                   wfp_args_at(cmd, 0));
    wfp_json_set_str(doc, "name", wfp_args_at(cmd, 1));
    wfp_json_set_str(doc, "type", "secret_text");
    wfp_print_json(cmd, doc);
}

apr_status_t wfp_remote_worker_secret_put(wfp_cmd_t *cmd)
{
    wfp_json_t *ask = wfp_json_object(cmd->pool);
    const char *value;
    apr_status_t rv = wfp_cmd_secret_read(&value, cmd);

    if (rv == APR_SUCCESS) {
        wfp_json_set_str(ask, "name", wfp_args_at(cmd, 1));
        wfp_json_set_str(ask, "text", value);
        wfp_json_set_str(ask, "type", "secret_text");
        rv = wfp_remote_call(NULL, cmd, "PUT", worker_path(cmd, "/secrets"),
                             ask);
    }
    if (rv == APR_SUCCESS) {
        print_secret(cmd, "Set");
    }
    return rv;
}

apr_status_t wfp_remote_worker_secret_delete(wfp_cmd_t *cmd)
{
    const char *path = apr_pstrcat(cmd->pool, "/secrets/",
                                   wfp_remote_part(cmd, wfp_args_at(cmd, 1)),
                                   NULL);
    apr_status_t rv = wfp_remote_call(NULL, cmd, "DELETE",
                                      worker_path(cmd, path), NULL);

    if (rv == APR_SUCCESS) {
        print_secret(cmd, "Deleted");
    }
    return rv;
}
