/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Secrets: each change copies the deployed version with other bindings and the
 * same code. Called by wfpctl and the API. It must not know what is sealed.
 */
#include "store/secrets.h"

#include <apr_strings.h>
#include <string.h>

#include "store/column.h"
#include "store/scripts.h"
#include "store/tx.h"
#include "store/versions.h"

typedef struct ask_t {
    const wfp_secret_t *secret;
    int deleting;
} ask_t;

/* The binding of that name: its index, or -1. */
static int find(const apr_array_header_t *bindings, const char *name)
{
    int i;

    for (i = 0; i < bindings->nelts; i++) {
        if (strcmp(APR_ARRAY_IDX(bindings, i, wfp_binding_t).name, name) == 0) {
            return i;
        }
    }
    return -1;
}

static void remove_at(apr_array_header_t *bindings, int at)
{
    int i;

    for (i = at + 1; i < bindings->nelts; i++) {
        APR_ARRAY_IDX(bindings, i - 1,
                      wfp_binding_t) = APR_ARRAY_IDX(bindings, i,
                                                     wfp_binding_t);
    }
    (void)apr_array_pop(bindings);
}

/* Everything of the version before, but the secret. A binding of another kind
 * may not be overwritten by a secret. */
static apr_status_t merge(wfp_script_t *next, const wfp_script_t *base,
                          void *baton, wfp_result_t *res, apr_pool_t *p)
{
    const ask_t *ask = baton;
    const char *key = ask->secret->key;
    int at = find(base->bindings, key);
    wfp_binding_e kind = at < 0
                             ? WFP_BINDING_SECRET_TEXT
                             : APR_ARRAY_IDX(base->bindings, at, wfp_binding_t)
                                   .kind;
    wfp_binding_t *b;

    next->bindings = apr_array_copy(p, base->bindings);
    next->tags = base->tags;
    next->limits = base->limits;
    next->settings = base->settings;
    next->version_tag = base->version_tag;
    if (ask->deleting && (at < 0 || kind != WFP_BINDING_SECRET_TEXT)) {
        return wfp_result_set(res, WFP_NOT_FOUND, APR_NOTFOUND,
                              "there is no secret %s", key);
    }
    if (kind != WFP_BINDING_SECRET_TEXT) {
        return wfp_result_set(res, WFP_CONFLICT, APR_EEXIST,
                              "%s is a binding of type %s", key,
                              wfp_binding_kind_name(kind));
    }
    if (at >= 0) {
        remove_at(next->bindings, at);
    }
    if (!ask->deleting) {
        b = apr_array_push(next->bindings);
        memset(b, 0, sizeof(*b));
        b->name = key;
        b->kind = WFP_BINDING_SECRET_TEXT;
        b->text = ask->secret->sealed;
        b->text_size = strlen(b->text);
    }
    return APR_SUCCESS;
}

static apr_status_t change(wfp_store_t *store, wfp_secret_t *secret,
                           int deleting, wfp_result_t *res, apr_pool_t *p)
{
    ask_t ask = { secret, deleting };
    wfp_put_t put = { .script = wfp_script_make(p),
                      .actor = secret->actor,
                      .action = deleting ? "secret.delete" : "secret.put",
                      .merge = merge,
                      .baton = &ask,
                      .versions_kept = secret->versions_kept };
    apr_status_t rv;

    put.script->ns = secret->ns;
    put.script->name = secret->name;
    put.message = apr_pstrcat(p, deleting ? "Deleted" : "Set", " secret ",
                              secret->key, NULL);
    rv = wfp_scripts_put(store, &put, res, p);
    secret->stamp = put.script->stamp;
    return rv;
}

apr_status_t wfp_secrets_put(wfp_store_t *store, wfp_secret_t *secret,
                             wfp_result_t *res, apr_pool_t *p)
{
    return change(store, secret, 0, res, p);
}

apr_status_t wfp_secrets_delete(wfp_store_t *store, wfp_secret_t *secret,
                                wfp_result_t *res, apr_pool_t *p)
{
    return change(store, secret, 1, res, p);
}

typedef struct list_t {
    const char *ns;
    const char *name;
    apr_array_header_t *names;
} list_t;

static apr_status_t list_secrets(wfp_dbd_t *db, void *baton)
{
    list_t *ask = baton;
    wfp_head_t head;
    int i;
    apr_status_t rv = wfp_versions_head(&head, db, ask->ns, ask->name);

    if (rv != APR_SUCCESS) {
        return rv;
    }
    ask->names = apr_array_make(db->pool, 4, sizeof(const char *));
    for (i = 0; i < head.script->bindings->nelts; i++) {
        const wfp_binding_t *b = &APR_ARRAY_IDX(head.script->bindings, i,
                                                wfp_binding_t);

        if (b->kind == WFP_BINDING_SECRET_TEXT) {
            APR_ARRAY_PUSH(ask->names, const char *) = b->name;
        }
    }
    return APR_SUCCESS;
}

apr_status_t wfp_secrets_list(apr_array_header_t **plist, wfp_store_t *store,
                              const char *ns, const char *name,
                              wfp_result_t *res, apr_pool_t *p)
{
    list_t ask = { ns, name };
    apr_status_t rv = wfp_dbd_run(store, WFP_DBD_SNAPSHOT, list_secrets, &ask,
                                  res, p);

    if (rv == APR_SUCCESS) {
        *plist = ask.names;
    }
    return rv;
}
