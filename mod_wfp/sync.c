/* SPDX-License-Identifier: Apache-2.0 */
/*
 * From the store into the registry. Requests come here with a name; the usual way
 * ends in wfp_registry_get(). What changed in the store: follow.c.
 */
#include "mod_wfp/sync.h"

#include <apr_strings.h>
#include <string.h>

#include "core/clock.h"
#include "core/observe.h"
#include "core/settings_json.h"
#include "core/split.h"
#include "core/tail_targets.h"
#include "mod_wfp/log.h"
#include "store/deployments.h"
#include "store/namespaces.h"
#include "store/versions.h"

/* how long a request waits for another process that is loading its Worker */
#define LOAD_WAIT_MAX  apr_time_from_sec(5)
#define LOAD_WAIT_STEP apr_time_from_msec(2)

static apr_uint32_t egress_flags(wfp_egress_e egress)
{
    return egress == WFP_EGRESS_NONE       ? WFP_ENTRY_EGRESS_NONE
           : egress == WFP_EGRESS_OUTBOUND ? WFP_ENTRY_EGRESS_OUTBOUND
                                           : 0;
}

static apr_uint32_t namespace_flags(const wfp_namespace_t *ns)
{
    apr_uint32_t flags = egress_flags(ns->egress);

    if (ns->trusted_workers) {
        flags |= WFP_ENTRY_TRUSTED;
    }
    if (ns->outbound.service) {
        flags |= WFP_ENTRY_HAS_OUTBOUND;
    }
    if ((ns->egress_allow && ns->egress_allow->nelts)
        || (ns->egress_deny && ns->egress_deny->nelts)) {
        flags |= WFP_ENTRY_EGRESS_RULES;
    }
    if (ns->tails->nelts) {
        flags |= WFP_ENTRY_TAILED;
    }
    return flags;
}

static apr_status_t load_namespace(wfp_server_t *server, wfp_store_t *store,
                                   const char *name, wfp_result_t *res,
                                   apr_pool_t *p)
{
    wfp_namespace_t *ns;
    wfp_entry_t entry;
    const char *blob;
    apr_size_t size;
    apr_status_t rv;

    rv = wfp_namespaces_get(&ns, store, name, res, p);
    if (rv != APR_SUCCESS) {
        return rv;
    }
    ns->tails = wfp_tail_targets_of_text(ns->tail_consumers, p);
    wfp_namespace_pack(&blob, &size, ns, p);
    memset(&entry, 0, sizeof(entry));
    apr_cpystrn(entry.ns, name, sizeof(entry.ns));
    entry.stamp = ns->stamp;
    entry.limits = ns->limits;
    entry.flags = namespace_flags(ns);
    return wfp_registry_put(server->registry, &entry, blob, size, res);
}

/* What is looked for. The registry's key of it: */
typedef struct target_t {
    const char *ns;
    const char *name; /* "": the namespace's settings */
    const char *id;   /* of a version; NULL: what runs */
    char version_key[1 + WFP_UUID_SIZE];
} target_t;

static const char *key_of(const target_t *target)
{
    return target->id ? target->version_key : target->name;
}

static void aim(target_t *target, const char *ns, const char *name,
                const char *id)
{
    target->ns = ns;
    target->name = name;
    target->id = id;
    if (id) {
        target->version_key[0] = '@';
        apr_cpystrn(target->version_key + 1, id,
                    sizeof(target->version_key) - 1);
    }
}

/* A binding to assets is one to those of its version. */
static void aim_assets(wfp_script_t *script)
{
    int i;

    for (i = 0; i < script->bindings->nelts; i++) {
        wfp_binding_t *b = &APR_ARRAY_IDX(script->bindings, i, wfp_binding_t);

        if (b->kind == WFP_BINDING_ASSETS) {
            b->target = script->assets;
        }
    }
}

/* Source and bytecode of a version. */
static apr_status_t put_script(wfp_server_t *server, const target_t *target,
                               wfp_script_t *script, wfp_result_t *res,
                               apr_pool_t *p)
{
    wfp_entry_t entry;
    wfp_limits_t limits;
    wfp_result_t ignored;
    const wfp_limits_t *sources[1];
    const char *blob;
    apr_size_t size;
    apr_status_t rv;

    sources[0] = &script->limits;
    wfp_limits_merge(&limits, &server->conf->limits, sources, 1);
    wfp_result_init(&ignored, p);
    rv = wfp_isolate_compile(script, &limits, &ignored, p);
    if (rv != APR_SUCCESS) {
        /* it compiled when it was uploaded: the isolate will say why not now */
        ap_log_error(APLOG_MARK, APLOG_INFO, rv, server->main,
                     WFPLOGNO(0201) "%s/%s does not compile: %s", target->ns,
                     target->name, ignored.message);
    }
    aim_assets(script);
    script->tails = wfp_tail_targets_of_settings(script->settings, p);
    wfp_script_pack(&blob, &size, script, p);
    memset(&entry, 0, sizeof(entry));
    apr_cpystrn(entry.ns, target->ns, sizeof(entry.ns));
    apr_cpystrn(entry.name, key_of(target), sizeof(entry.name));
    apr_cpystrn(entry.version_id, script->version_id, sizeof(entry.version_id));
    entry.stamp = script->stamp;
    entry.limits = script->limits;
    entry.flags = egress_flags(wfp_settings_json_egress(script->settings, p));
    entry.flags |= wfp_observe_settings(script->settings, p);
    entry.flags |= target->id ? WFP_ENTRY_VERSION : 0;
    entry.flags |= *script->assets ? WFP_ENTRY_ASSETS : 0;
    entry.flags |= script->tails->nelts ? WFP_ENTRY_TAILED : 0;
    return wfp_registry_put(server->registry, &entry, blob, size, res);
}

static apr_status_t put_split(wfp_server_t *server, const target_t *target,
                              const wfp_running_t *running, wfp_result_t *res,
                              apr_pool_t *p)
{
    wfp_entry_t entry;
    const char *blob;
    apr_size_t size;

    wfp_split_pack(&blob, &size, running->shares, p);
    memset(&entry, 0, sizeof(entry));
    apr_cpystrn(entry.ns, target->ns, sizeof(entry.ns));
    apr_cpystrn(entry.name, target->name, sizeof(entry.name));
    apr_cpystrn(entry.version_id, running->script->version_id,
                sizeof(entry.version_id));
    entry.stamp = running->script->stamp;
    wfp_limits_clear(&entry.limits);
    entry.flags = WFP_ENTRY_SPLIT;
    return wfp_registry_put(server->registry, &entry, blob, size, res);
}

static apr_status_t load_running(wfp_server_t *server, wfp_store_t *store,
                                 const target_t *target, wfp_result_t *res,
                                 apr_pool_t *p)
{
    wfp_running_t running;
    apr_status_t rv = wfp_deployments_running(&running, store, target->ns,
                                              target->name, res, p);

    if (rv != APR_SUCCESS) {
        return rv;
    }
    return running.shares ? put_split(server, target, &running, res, p)
                          : put_script(server, target, running.script, res, p);
}

static apr_status_t load_version(wfp_server_t *server, wfp_store_t *store,
                                 const target_t *target, wfp_result_t *res,
                                 apr_pool_t *p)
{
    wfp_script_t *script;
    apr_status_t rv = wfp_versions_get(&script, NULL, store, target->ns,
                                       target->name, target->id, res, p);

    return rv == APR_SUCCESS ? put_script(server, target, script, res, p) : rv;
}

/* From the store into the registry. A miss is remembered. */
static apr_status_t load(wfp_server_t *server, const target_t *target,
                         wfp_result_t *res, apr_pool_t *p)
{
    wfp_store_t *store = server->store;
    apr_status_t rv, rv2;

    if (!store) {
        return wfp_result_set(res, WFP_STORE_UNAVAILABLE, APR_EGENERAL, NULL);
    }
    rv = target->id      ? load_version(server, store, target, res, p)
         : *target->name ? load_running(server, store, target, res, p)
                         : load_namespace(server, store, target->ns, res, p);
    if (rv == APR_NOTFOUND) {
        rv2 = wfp_registry_put_absent(server->registry, target->ns,
                                      key_of(target), 0);
        if (rv2 != APR_SUCCESS) {
            return wfp_result_set(res, WFP_INTERNAL, rv2, "registry failed");
        }
    }
    return rv;
}

/* a store that fails is the operator's business; the tenant learns no detail */
static apr_status_t load_failed(wfp_server_t *server, const char *ns,
                                const char *name, apr_status_t rv,
                                wfp_result_t *res)
{
    ap_log_error(APLOG_MARK, APLOG_ERR, rv, server->main,
                 WFPLOGNO(0202) "loading %s/%s: %s", ns, name, res->message);
    (void)wfp_result_set(res,
                         APR_STATUS_IS_ENOSPC(rv) ? WFP_ISOLATE_UNAVAILABLE
                                                  : WFP_STORE_UNAVAILABLE,
                         rv, NULL);
    res->retry_after_s = 1;
    return rv;
}

static apr_status_t not_found(wfp_result_t *res, const char *ns,
                              const char *name)
{
    (void)ns;
    return wfp_result_set(res, WFP_WORKER_NOT_FOUND, APR_NOTFOUND,
                          "Worker not found: %s", name);
}

/* One try to load what the registry does not know. APR_EAGAIN: look again. */
static apr_status_t claim_and_load(wfp_server_t *server, const target_t *target,
                                   wfp_result_t *res, apr_pool_t *p)
{
    apr_pool_t *scratch;
    apr_status_t rv;

    rv = wfp_registry_claim(server->registry, target->ns, key_of(target));
    if (rv == APR_EBUSY) {
        apr_sleep(LOAD_WAIT_STEP);
        return APR_EAGAIN;
    }
    if (rv != APR_SUCCESS) {
        return wfp_result_set(res, WFP_INTERNAL, rv, "registry failed");
    }
    apr_pool_create(&scratch, p);
    rv = load(server, target, res, scratch);
    apr_pool_destroy(scratch);
    if (rv == APR_SUCCESS) {
        return APR_EAGAIN;
    }
    if (rv == APR_NOTFOUND) {
        return not_found(res, target->ns, target->name);
    }
    wfp_registry_unclaim(server->registry, target->ns, key_of(target));
    return load_failed(server, target->ns, target->name, rv, res);
}

static apr_status_t find(wfp_entry_t *entry, wfp_server_t *server,
                         const target_t *target, wfp_result_t *res,
                         apr_pool_t *p)
{
    const char *key = key_of(target);
    apr_status_t rv = wfp_registry_get(entry, server->registry, target->ns,
                                       key);
    apr_time_t until;

    if (rv == APR_SUCCESS) {
        return rv;
    }
    until = wfp_clock_now() + LOAD_WAIT_MAX;
    while (rv == APR_EAGAIN) {
        rv = claim_and_load(server, target, res, p);
        if (rv != APR_EAGAIN) {
            return rv;
        }
        if (wfp_clock_now() > until) {
            return load_failed(server, target->ns, target->name, APR_TIMEUP,
                               res);
        }
        rv = wfp_registry_get(entry, server->registry, target->ns, key);
    }
    if (rv == APR_NOTFOUND) {
        return not_found(res, target->ns, target->name);
    }
    return rv;
}

apr_status_t wfp_sync_find(wfp_entry_t *entry, wfp_server_t *server,
                           const char *ns, const char *name, wfp_result_t *res,
                           apr_pool_t *p)
{
    target_t target;

    aim(&target, ns, name, NULL);
    return find(entry, server, &target, res, p);
}

apr_status_t wfp_sync_find_version(wfp_entry_t *entry, wfp_server_t *server,
                                   const char *ns, const char *name,
                                   const char *id, wfp_result_t *res,
                                   apr_pool_t *p)
{
    target_t target;
    apr_status_t rv;

    aim(&target, ns, name, id);
    rv = find(entry, server, &target, res, p);
    apr_cpystrn(entry->name, name, sizeof(entry->name));
    return rv;
}

/* The body where it lies: *entry keeps the Worker's name. */
static apr_status_t body_at(const char **pblob, wfp_server_t *server,
                            const wfp_entry_t *entry, const target_t *target,
                            apr_pool_t *p)
{
    wfp_entry_t at;

    if (!target->id) {
        return wfp_registry_body(pblob, server->registry, entry, p);
    }
    at = *entry;
    apr_cpystrn(at.name, key_of(target), sizeof(at.name));
    return wfp_registry_body(pblob, server->registry, &at, p);
}

/* The packed body of an entry, found anew as long as it changes. */
static apr_status_t body_of(const char **pblob, wfp_entry_t *entry,
                            wfp_server_t *server, wfp_result_t *res,
                            apr_pool_t *p)
{
    char ns[WFP_NAME_MAX + 1], name[WFP_NAME_MAX + 1], id[WFP_UUID_SIZE];
    target_t target;
    apr_status_t rv;
    int tries;

    apr_cpystrn(ns, entry->ns, sizeof(ns));
    apr_cpystrn(name, entry->name, sizeof(name));
    apr_cpystrn(id, entry->version_id, sizeof(id));
    aim(&target, ns, name, entry->flags & WFP_ENTRY_VERSION ? id : NULL);
    for (tries = 0; tries < 10; tries++) {
        rv = body_at(pblob, server, entry, &target, p);
        if (rv != APR_EAGAIN) {
            return rv;
        }
        rv = find(entry, server, &target, res, p);
        if (rv != APR_SUCCESS) {
            return rv;
        }
        apr_cpystrn(entry->name, name, sizeof(entry->name));
    }
    return wfp_result_set(res, WFP_INTERNAL, APR_EAGAIN,
                          "registry too small: its bodies are evicted at once");
}

static apr_status_t damaged(apr_status_t rv, wfp_result_t *res)
{
    return wfp_result_set(res, WFP_INTERNAL, rv, "registry body damaged");
}

apr_status_t wfp_sync_split(apr_array_header_t **pshares, wfp_entry_t *entry,
                            wfp_server_t *server, wfp_result_t *res,
                            apr_pool_t *p)
{
    const char *blob;
    apr_status_t rv = body_of(&blob, entry, server, res, p);

    *pshares = NULL;
    if (rv != APR_SUCCESS || !(entry->flags & WFP_ENTRY_SPLIT)) {
        return rv; /* it is one version by now */
    }
    rv = wfp_split_unpack(pshares, blob, entry->body_size, p);
    return rv == APR_SUCCESS ? rv : damaged(rv, res);
}

apr_status_t wfp_sync_script(wfp_script_t **pscript, wfp_entry_t *entry,
                             wfp_server_t *server, wfp_result_t *res,
                             apr_pool_t *p)
{
    const char *blob;
    apr_status_t rv = body_of(&blob, entry, server, res, p);

    if (rv != APR_SUCCESS) {
        return rv;
    }
    rv = wfp_script_unpack(pscript, blob, entry->body_size, p);
    return rv == APR_SUCCESS ? rv : damaged(rv, res);
}

apr_status_t wfp_sync_namespace(wfp_namespace_t **pns, wfp_server_t *server,
                                const char *name, wfp_result_t *res,
                                apr_pool_t *p)
{
    wfp_entry_t entry;
    const char *blob;
    apr_status_t rv;

    rv = wfp_sync_find(&entry, server, name, "", res, p);
    if (rv == APR_SUCCESS) {
        rv = body_of(&blob, &entry, server, res, p);
    }
    if (rv != APR_SUCCESS) {
        return rv;
    }
    rv = wfp_namespace_unpack(pns, blob, entry.body_size, p);
    return rv == APR_SUCCESS ? rv : damaged(rv, res);
}

apr_status_t wfp_sync_forget_version(wfp_server_t *server, const char *ns,
                                     const char *id, apr_int64_t stamp)
{
    target_t target;

    aim(&target, ns, "", id);
    return wfp_registry_invalidate(server->registry, ns, key_of(&target),
                                   stamp);
}
