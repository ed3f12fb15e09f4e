/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What makes a trial differ from an ordinary request, which is little: its
 * records are told to who asked, one version may be meant, and what is not a
 * Worker is not served. Asked by dispatch, invoke, request and record.
 */
#include "mod_wfp/trial.h"

#include <apr_strings.h>
#include <http_config.h>
#include <string.h>

#include "core/clock.h"
#include "mod_wfp/log.h"
#include "mod_wfp/sync.h"

/* A record in a pool of its own: invocations end on several threads. */
typedef struct slot_t {
    apr_pool_t *pool;
    const char *text;
} slot_t;

struct wfp_trial_t {
    wfp_server_t *server;
    apr_pool_t *pool; /* of who asks */
    conn_rec *client;
    wfp_try_t *ask;
    apr_time_t end;
    int reached;         /* atomic */
    apr_uint32_t count;  /* atomic: of slots, or more than there are */
    apr_uint32_t bytes;  /* atomic: of records that were kept */
    apr_uint32_t missed; /* atomic */
    slot_t slots[WFP_TRY_RECORDS];
};

wfp_trial_t *wfp_trial_make(wfp_server_t *server, request_rec *r,
                            wfp_try_t *ask)
{
    wfp_trial_t *trial = apr_pcalloc(r->pool, sizeof(*trial));

    trial->server = server;
    trial->pool = r->pool;
    trial->client = r->connection;
    trial->ask = ask;
    trial->end = wfp_clock_now() + WFP_TRY_TIME;
    return trial;
}

void wfp_trial_mark(wfp_trial_t *trial, conn_rec *c)
{
    ap_set_module_config(c->conn_config, &wfp_module, trial);
}

wfp_trial_t *wfp_trial_of(const conn_rec *c)
{
    return ap_get_module_config(c->conn_config, &wfp_module);
}

int wfp_trial_refuse(wfp_trial_t *trial, wfp_try_e why)
{
    trial->ask->outcome = why;
    return HTTP_NOT_FOUND;
}

void wfp_trial_begin(wfp_trial_t *trial, const wfp_work_t *work)
{
    trial->ask->request_id = apr_pstrdup(trial->pool, work->request_id);
}

conn_rec *wfp_trial_client(const wfp_trial_t *trial)
{
    return trial->client;
}

apr_time_t wfp_trial_end(const wfp_trial_t *trial)
{
    return trial->end;
}

/* ---- which Workers --------------------------------------------------------------- */

static int is_among(const apr_array_header_t *names, const char *ns)
{
    int i;

    for (i = 0; i < names->nelts; i++) {
        if (!strcmp(APR_ARRAY_IDX(names, i, const char *), ns)) {
            return 1;
        }
    }
    return 0;
}

apr_status_t wfp_trial_admit(const wfp_host_ctx_t *ctx, wfp_result_t *res)
{
    const apr_array_header_t *names = ctx->work->trial->ask->namespaces;
    const wfp_host_ctx_t *by;

    if (!names || !*ctx->entry.ns || is_among(names, ctx->entry.ns)) {
        return APR_SUCCESS;
    }
    for (by = ctx->caller; by; by = by->caller) {
        if (*by->entry.ns) {
            return APR_SUCCESS;
        }
    }
    return wfp_result_set(res, WFP_WORKER_NOT_FOUND, APR_NOTFOUND,
                          "Worker not found: the token that tries is limited "
                          "to other namespaces");
}

static int is_meant(const wfp_trial_t *trial, const wfp_host_ctx_t *ctx)
{
    return !strcmp(trial->ask->name, ctx->entry.name)
           && !strcmp(trial->ask->ns, ctx->entry.ns);
}

apr_status_t wfp_trial_pick(wfp_host_ctx_t *ctx, wfp_result_t *res)
{
    const wfp_trial_t *trial = ctx->work->trial;
    wfp_entry_t found = ctx->entry;

    if (!trial->ask->version_id || !is_meant(trial, ctx)) {
        return APR_SUCCESS;
    }
    return wfp_sync_find_version(&ctx->entry, trial->server, found.ns,
                                 found.name, trial->ask->version_id, res,
                                 ctx->work->pool);
}

/* ---- records ------------------------------------------------------------------- */

static void miss(wfp_trial_t *trial)
{
    __atomic_add_fetch(&trial->missed, 1, __ATOMIC_RELAXED);
}

static void keep(wfp_trial_t *trial, const char *line, apr_size_t n)
{
    apr_uint32_t i = __atomic_fetch_add(&trial->count, 1, __ATOMIC_RELAXED);
    slot_t *slot;

    if (i >= WFP_TRY_RECORDS
        || __atomic_add_fetch(&trial->bytes, (apr_uint32_t)n, __ATOMIC_RELAXED)
               > WFP_TRY_RECORDS_MAX) {
        miss(trial);
        return;
    }
    slot = &trial->slots[i];
    slot->pool = wfp_poolcache_take(trial->server->pools);
    if (!slot->pool) {
        miss(trial);
        return;
    }
    __atomic_store_n(&slot->text, apr_pstrmemdup(slot->pool, line, n),
                     __ATOMIC_RELEASE);
}

void wfp_trial_record(wfp_trial_t *trial, const wfp_host_ctx_t *ctx,
                      const char *line, apr_size_t n)
{
    const apr_array_header_t *names = trial->ask->namespaces;

    if (is_meant(trial, ctx) && *ctx->entry.version_id) {
        __atomic_store_n(&trial->reached, 1, __ATOMIC_RELAXED);
    }
    if (!names || is_among(names, ctx->entry.ns)) {
        keep(trial, line, n);
    }
}

void wfp_trial_tell(wfp_trial_t *trial)
{
    wfp_try_t *ask = trial->ask;
    int i;

    ask->reached = __atomic_load_n(&trial->reached, __ATOMIC_RELAXED);
    ask->dropped = (int)__atomic_load_n(&trial->missed, __ATOMIC_RELAXED);
    ask->records = apr_array_make(trial->pool, 4, sizeof(const char *));
    for (i = 0; i < WFP_TRY_RECORDS; i++) {
        slot_t *slot = &trial->slots[i];
        const char *text = __atomic_load_n(&slot->text, __ATOMIC_ACQUIRE);

        if (text) {
            APR_ARRAY_PUSH(ask->records,
                           const char *) = apr_pstrdup(trial->pool, text);
        }
        if (slot->pool) {
            wfp_poolcache_give(trial->server->pools, slot->pool);
        }
    }
}
