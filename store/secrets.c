/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Secrets: each change copies the deployed version with other bindings and the
 * same code. Called by wfpctl and the API. It must not know what is sealed.
 */
#include "store/secrets.h"

#include <apr_strings.h>
#include <string.h>

#include "core/crypto.h"
#include "store/tx.h"
#include "store/versions.h"

typedef struct ask_t {
    wfp_secret_t *secret;
    int deleting;
    char version_id[WFP_UUID_SIZE];
} ask_t;

/* Every binding but the secret; *pfound: it was there. A binding of another
 * kind may not be overwritten by a secret. */
static apr_status_t without(apr_array_header_t **pout, int *pfound,
                            wfp_dbd_t *db, const ask_t *ask,
                            const apr_array_header_t *bindings)
{
    int i;

    *pfound = 0;
    *pout = apr_array_make(db->pool, bindings->nelts + 1,
                           sizeof(wfp_binding_t));
    for (i = 0; i < bindings->nelts; i++) {
        const wfp_binding_t *b = &APR_ARRAY_IDX(bindings, i, wfp_binding_t);

        if (strcmp(b->name, ask->secret->key) != 0) {
            APR_ARRAY_PUSH(*pout, wfp_binding_t) = *b;
        }
        else if (b->kind == WFP_BINDING_SECRET_TEXT) {
            *pfound = 1;
        }
        else if (!ask->deleting) {
            return wfp_result_set(db->res, WFP_CONFLICT, APR_EEXIST,
                                  "%s is a binding of type %s",
                                  ask->secret->key,
                                  wfp_binding_kind_name(b->kind));
        }
        else {
            APR_ARRAY_PUSH(*pout, wfp_binding_t) = *b;
        }
    }
    return APR_SUCCESS;
}

static apr_status_t change_secret(wfp_dbd_t *db, void *baton)
{
    ask_t *ask = baton;
    wfp_head_t head;
    wfp_script_row_t script;
    wfp_secret_t *secret = ask->secret;
    wfp_version_row_t version = { .author = secret->author,
                                  .source = "secret",
                                  .kept = WFP_VERSIONS_KEPT };
    apr_array_header_t *bindings;
    int found;
    apr_status_t rv = wfp_changes_take(&secret->stamp, db);

    if (rv == APR_SUCCESS) {
        rv = wfp_scripts_need(&script, db, secret->ns, secret->name);
    }
    if (rv == APR_SUCCESS) {
        rv = wfp_versions_head(&head, db, secret->ns, secret->name);
    }
    if (rv == APR_SUCCESS) {
        rv = without(&bindings, &found, db, ask, head.script->bindings);
    }
    if (rv != APR_SUCCESS) {
        return rv;
    }
    if (!ask->deleting) {
        wfp_binding_t *b = apr_array_push(bindings);

        b->name = ask->secret->key;
        b->kind = WFP_BINDING_SECRET_TEXT;
        b->text = secret->sealed;
        b->text_size = strlen(secret->sealed);
    }
    else if (!found) {
        return wfp_result_set(db->res, WFP_NOT_FOUND, APR_NOTFOUND,
                              "there is no secret %s", ask->secret->key);
    }
    head.script->bindings = bindings;
    head.script->stamp = secret->stamp;
    head.script->version_id = ask->version_id;
    head.script->number = script.last_number + 1;
    head.script->created = apr_time_now();
    version.script_id = script.id;
    version.code_id = head.code_id;
    version.script = head.script;
    version.message = apr_pstrcat(db->pool, ask->deleting ? "Deleted" : "Set",
                                  " secret ", ask->secret->key, NULL);
    return wfp_versions_add(db, &version);
}

static apr_status_t change(wfp_store_t *store, wfp_secret_t *secret,
                           int deleting, wfp_result_t *res, apr_pool_t *p)
{
    ask_t ask = { secret, deleting };
    apr_status_t rv = wfp_crypto_uuid(ask.version_id);

    if (rv != APR_SUCCESS) {
        return wfp_result_set(res, WFP_INTERNAL, rv, "no random bytes");
    }
    return wfp_dbd_run(store, WFP_DBD_WRITE, change_secret, &ask, res, p);
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
