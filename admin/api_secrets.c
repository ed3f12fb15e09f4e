/* SPDX-License-Identifier: Apache-2.0 */
/* Secrets of a Worker. Values are sealed as soon as they are read and in no
 * answer. docs/api/secrets.md */
#include "admin/api_secrets.h"

#include <apr_strings.h>
#include <string.h>

#include "admin/api_worker.h"
#include "core/name.h"

static wfp_json_t *show(const char *name, apr_pool_t *p)
{
    wfp_json_t *doc = wfp_json_object(p);

    wfp_json_set_str(doc, "name", name);
    wfp_json_set_str(doc, "type", "secret_text");
    return doc;
}

/* ---- reading ----------------------------------------------------------------- */

static int is_secret(const wfp_script_t *script, const char *name)
{
    int i;

    for (i = 0; i < script->bindings->nelts; i++) {
        const wfp_binding_t *b = &APR_ARRAY_IDX(script->bindings, i,
                                                wfp_binding_t);

        if (b->kind == WFP_BINDING_SECRET_TEXT && !strcmp(b->name, name)) {
            return 1;
        }
    }
    return 0;
}

apr_status_t wfp_api_secrets_list(wfp_api_call_t *call)
{
    wfp_json_t *doc = wfp_json_array(call->pool);
    wfp_script_t *script;
    int i;
    apr_status_t rv = wfp_api_worker_head(&script, NULL, call);

    for (i = 0; rv == APR_SUCCESS && i < script->bindings->nelts; i++) {
        const wfp_binding_t *b = &APR_ARRAY_IDX(script->bindings, i,
                                                wfp_binding_t);

        if (b->kind == WFP_BINDING_SECRET_TEXT) {
            wfp_json_add(doc, show(b->name, call->pool));
        }
    }
    return rv == APR_SUCCESS ? wfp_api_answer_json(call, doc) : rv;
}

apr_status_t wfp_api_secrets_get(wfp_api_call_t *call)
{
    const char *name = wfp_api_call_param(call, "secret");
    wfp_script_t *script;
    apr_status_t rv = wfp_api_worker_head(&script, NULL, call);

    if (rv == APR_SUCCESS && !is_secret(script, name)) {
        return wfp_api_answer_error(call, WFP_API_NO_BINDING, NULL);
    }
    return rv == APR_SUCCESS ? wfp_api_answer_json(call, show(name, call->pool))
                             : rv;
}

/* ---- changing ---------------------------------------------------------------- */

/* One to be set, or (sealed NULL) to be deleted. */
typedef struct change_t {
    const char *name;
    const char *sealed;
} change_t;

typedef struct changes_t {
    wfp_api_call_t *call;
    const wfp_deploy_t *d;
    apr_array_header_t *list; /* change_t */
    wfp_json_t *shown;        /* name -> {name, type}, of those that are set */
} changes_t;

static apr_status_t change_one(wfp_script_t *next, const change_t *change,
                               wfp_result_t *res)
{
    apr_array_header_t *bindings = next->bindings;
    wfp_binding_t *b = NULL;
    int i;

    for (i = 0; i < bindings->nelts; i++) {
        if (!strcmp(APR_ARRAY_IDX(bindings, i, wfp_binding_t).name,
                    change->name)) {
            b = &APR_ARRAY_IDX(bindings, i, wfp_binding_t);
            break;
        }
    }
    if (b && b->kind != WFP_BINDING_SECRET_TEXT && change->sealed) {
        return wfp_result_set(res, WFP_INVALID, APR_EINVAL,
                              "binding \"%s\" is of another type",
                              change->name);
    }
    if (!change->sealed) {
        if (!b || b->kind != WFP_BINDING_SECRET_TEXT) {
            return wfp_result_about(
                res, WFP_ABOUT_SECRET,
                wfp_result_set(res, WFP_NOT_FOUND, APR_NOTFOUND,
                               "there is no secret \"%.80s\"", change->name));
        }
        *b = APR_ARRAY_IDX(bindings, bindings->nelts - 1, wfp_binding_t);
        apr_array_pop(bindings);
        return APR_SUCCESS;
    }
    if (!b) {
        b = apr_array_push(bindings);
        memset(b, 0, sizeof(*b));
        b->kind = WFP_BINDING_SECRET_TEXT;
        b->name = change->name;
    }
    b->text = change->sealed;
    b->text_size = strlen(change->sealed);
    return APR_SUCCESS;
}

static apr_status_t change_all(wfp_script_t *next, const wfp_script_t *base,
                               void *baton, wfp_result_t *res, apr_pool_t *p)
{
    const changes_t *changes = baton;
    int i;
    apr_status_t rv = APR_SUCCESS;

    for (i = 0; rv == APR_SUCCESS && i < changes->list->nelts; i++) {
        rv = change_one(next, &APR_ARRAY_IDX(changes->list, i, change_t), res);
    }
    return rv;
}

/* The member of a secret that is not right, with why; NULL: all are. */
static const char *ill_formed(wfp_api_call_t *call, const char *key,
                              const wfp_json_t *obj)
{
    const wfp_json_t *name = wfp_json_get(obj, "name", call->pool);
    const wfp_json_t *type = wfp_json_get(obj, "type", call->pool);
    const char *text = wfp_json_str(type);

    if (!wfp_json_is_object(obj)) {
        return "is no object";
    }
    if (key && name
        && (!wfp_json_str(name) || strcmp(key, wfp_json_str(name)))) {
        return "has another \"name\"";
    }
    if (type && !text) {
        return "\"type\" is not a string";
    }
    if (text && strcmp(text, "secret_text")) {
        return apr_psprintf(call->pool, "type \"%.80s\" is not supported",
                            text);
    }
    return wfp_json_str(wfp_json_get(obj, "text", call->pool))
               ? NULL
               : "\"text\" is missing or not a string";
}

/* {"name","text","type":"secret_text"}, or null. @param key name where obj has
 * none, or NULL */
static apr_status_t read_change(changes_t *changes, const char *key,
                                const wfp_json_t *obj)
{
    static const char *const members[] = { "name", "text", "type", NULL };
    wfp_api_call_t *call = changes->call;
    change_t change = { key, NULL };
    const char *wrong;
    apr_status_t rv;

    if (!key) {
        change.name = wfp_json_str(wfp_json_get(obj, "name", call->pool));
    }
    if (!change.name
        || !wfp_name_is_binding(change.name, strlen(change.name))) {
        return wfp_api_answer_error(call, WFP_API_BINDING_NAME,
                                    "a secret's \"name\" must be an identifier "
                                    "of at most 63 bytes");
    }
    if (key && (!obj || wfp_json_is_null(obj))) {
        APR_ARRAY_PUSH(changes->list, change_t) = change;
        return APR_SUCCESS;
    }
    wrong = ill_formed(call, key, obj);
    if (wrong) {
        return wfp_api_answer_error(call, WFP_API_VALIDATION,
                                    "secret \"%s\": %s", change.name, wrong);
    }
    rv = wfp_api_call_known(call, obj, members, 0);
    if (rv != APR_SUCCESS) {
        return rv;
    }
    rv = wfp_deploy_seal(&change.sealed, changes->d, change.name,
                         wfp_json_str(wfp_json_get(obj, "text", call->pool)),
                         &call->res, call->pool);
    if (rv != APR_SUCCESS) {
        return wfp_api_worker_failed(call, rv);
    }
    APR_ARRAY_PUSH(changes->list, change_t) = change;
    wfp_json_set(changes->shown, change.name, show(change.name, call->pool));
    return rv;
}

static void begin(changes_t *changes, wfp_deploy_t *d, wfp_api_call_t *call,
                  const char *action)
{
    wfp_api_worker_begin(d, call, action);
    changes->call = call;
    changes->d = d;
    changes->list = apr_array_make(call->pool, 4, sizeof(change_t));
    changes->shown = wfp_json_object(call->pool);
}

/* @param result what to answer with */
static apr_status_t make(changes_t *changes, wfp_deploy_t *d,
                         const wfp_json_t *result)
{
    wfp_api_call_t *call = changes->call;
    apr_status_t rv = wfp_deploy_bindings(d, change_all, changes, &call->res,
                                          call->pool);

    if (rv == APR_SUCCESS) {
        wfp_api_worker_done(call, d);
        return wfp_api_answer_json(call, result);
    }
    return wfp_api_worker_failed(call, rv);
}

apr_status_t wfp_api_secrets_put(wfp_api_call_t *call)
{
    changes_t changes;
    wfp_json_t *obj;
    wfp_deploy_t d;
    apr_status_t rv = wfp_api_call_object(&obj, call);

    if (rv == APR_SUCCESS) {
        begin(&changes, &d, call, "secret");
        rv = read_change(&changes, NULL, obj);
    }
    return rv == APR_SUCCESS
               ? make(&changes, &d,
                      show(APR_ARRAY_IDX(changes.list, 0, change_t).name,
                           call->pool))
               : rv;
}

apr_status_t wfp_api_secrets_delete(wfp_api_call_t *call)
{
    const char *name = wfp_api_call_param(call, "secret");
    changes_t changes;
    wfp_deploy_t d;

    begin(&changes, &d, call, "secret");
    APR_ARRAY_PUSH(changes.list, change_t) = (change_t){ name, NULL };
    return make(&changes, &d, NULL);
}

static apr_status_t read_member(void *baton, const char *key, wfp_json_t *v)
{
    changes_t *changes = baton;

    return read_change(changes, apr_pstrdup(changes->call->pool, key), v);
}

apr_status_t wfp_api_secrets_bulk(wfp_api_call_t *call)
{
    static const char *const bulk_members[] = { "secrets", NULL };
    changes_t changes;
    wfp_json_t *obj, *secrets;
    wfp_deploy_t d;
    apr_status_t rv = wfp_api_call_object(&obj, call);

    if (rv != APR_SUCCESS) {
        return rv;
    }
    secrets = wfp_json_get(obj, "secrets", call->pool);
    if (!wfp_json_is_object(secrets) || !wfp_json_size(secrets)) {
        return wfp_api_answer_error(call, WFP_API_VALIDATION,
                                    "\"secrets\" must be an object with at "
                                    "least one secret");
    }
    rv = wfp_api_call_known(call, obj, bulk_members, 0);
    if (rv != APR_SUCCESS) {
        return rv;
    }
    begin(&changes, &d, call, "secret");
    rv = wfp_json_each(secrets, read_member, &changes, call->pool);
    return rv == APR_SUCCESS ? make(&changes, &d, changes.shown) : rv;
}
