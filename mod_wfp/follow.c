/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What changed in the store, taken into the registry and told to who keeps
 * something else of it. A thread of each child follows, one process of the host
 * at a time, and does in its turn what is to be done from time to time.
 */
#include "mod_wfp/follow.h"

#include <string.h>

#include "core/clock.h"
#include "lua_runtime/speed.h"
#include "mod_wfp/host_assets.h"
#include "mod_wfp/host_kv.h"
#include "mod_wfp/host_r2.h"
#include "mod_wfp/hosts.h"
#include "mod_wfp/ledger.h"
#include "mod_wfp/log.h"
#include "mod_wfp/points.h"
#include "mod_wfp/quota.h"
#include "mod_wfp/sync.h"
#include "mod_wfp/tail_sender.h"
#include "mod_wfp/threads.h"

/* rows of `changes` a step */
#define CHANGES_MAX 500

/* Hostnames go with it, or name it otherwise from now on. */
static apr_status_t drop_namespace(wfp_server_t *server,
                                   const wfp_change_t *change)
{
    apr_status_t rv = wfp_registry_drop_namespace(server->registry, change->ns,
                                                  change->stamp);

    return rv == APR_SUCCESS ? wfp_hosts_forget(server, change->stamp) : rv;
}

apr_status_t wfp_follow_take_in(wfp_server_t *server,
                                const wfp_change_t *change, wfp_result_t *res)
{
    wfp_registry_t *reg = server->registry;
    apr_status_t rv;

    if (change->kind == WFP_CHANGE_HOSTNAME) {
        rv = wfp_hosts_changed(server, change->name, change->stamp, res->pool);
    }
    else if (change->kind == WFP_CHANGE_KEY) {
        /* bodies hold secrets as they were sealed */
        rv = wfp_registry_drop_all(reg, change->stamp);
    }
    else if (change->kind == WFP_CHANGE_RENUMBERED) {
        rv = wfp_sync_forget_version(server, change->ns, change->name,
                                     change->stamp);
    }
    else if (change->kind == WFP_CHANGE_KV_VALUE
             || (change->kind == WFP_CHANGE_KV && change->deleted)) {
        return wfp_host_kv_changed(server, change->name, res);
    }
    else if (change->kind != WFP_CHANGE_NAMESPACE
             && change->kind != WFP_CHANGE_SCRIPT) {
        wfp_tail_sender_hear(server, change);
        return APR_SUCCESS; /* nothing else of it is kept here */
    }
    else if (change->kind == WFP_CHANGE_NAMESPACE && change->deleted) {
        rv = drop_namespace(server, change);
    }
    else if (change->deleted) {
        rv = wfp_registry_put_absent(reg, change->ns, change->name,
                                     change->stamp);
    }
    else {
        /* loaded by the next request that wants it */
        rv = wfp_registry_invalidate(reg, change->ns, change->name,
                                     change->stamp);
    }
    if (rv != APR_SUCCESS) {
        return wfp_result_set(res, WFP_INTERNAL, rv, "registry failed");
    }
    return rv;
}

/* One step. *pmore: there may be further changes. */
static apr_status_t catch_up_step(int *pmore, wfp_server_t *server,
                                  wfp_store_t *store, wfp_result_t *res,
                                  apr_pool_t *p)
{
    apr_int64_t since = wfp_registry_synced(server->registry), latest;
    apr_array_header_t *list;
    apr_status_t rv;
    int i, lost;

    rv = wfp_changes_since(&list, &latest, &lost, store, since, CHANGES_MAX,
                           res, p);
    if (rv != APR_SUCCESS) {
        return rv;
    }
    if (lost) {
        rv = wfp_registry_start_over(server->registry, latest);
        wfp_host_memo_forget(server->hosts);
        wfp_tail_sender_hear(server, NULL);
        if (rv != APR_SUCCESS) {
            return wfp_result_set(res, WFP_INTERNAL, rv, "registry failed");
        }
        rv = wfp_host_kv_changed(server, NULL, res);
        if (rv != APR_SUCCESS) {
            return rv;
        }
        *pmore = 0;
        return APR_SUCCESS;
    }
    for (i = 0; i < list->nelts; i++) {
        const wfp_change_t *change = &APR_ARRAY_IDX(list, i, wfp_change_t);

        rv = wfp_follow_take_in(server, change, res);
        if (rv != APR_SUCCESS) {
            return rv;
        }
        wfp_registry_set_synced(server->registry, change->stamp);
    }
    *pmore = list->nelts == CHANGES_MAX;
    return APR_SUCCESS;
}

apr_status_t wfp_follow_catch_up(wfp_server_t *server, wfp_store_t *store,
                                 wfp_result_t *res, apr_pool_t *p)
{
    apr_time_t begun = wfp_clock_now();
    apr_pool_t *step;
    apr_status_t rv;
    int more;

    apr_pool_create(&step, p);
    do {
        apr_pool_clear(step);
        rv = catch_up_step(&more, server, store, res, step);
    } while (rv == APR_SUCCESS && more);
    apr_pool_destroy(step);
    if (rv == APR_SUCCESS) {
        wfp_registry_set_followed(server->registry, begun);
    }
    return rv;
}

typedef struct follower_t {
    wfp_server_t *server;
    wfp_store_t *store;
    apr_pool_t *pool;
    int failing;
    apr_uint64_t evicted; /* entries, when last looked at */
    apr_time_t warned;    /* that the registry is too small */
    apr_time_t measured;  /* the VM's speed */
    int missed;           /* turns that another child had */
} follower_t;

/* How often a registry that is too small is complained about. */
#define WARN_EVERY apr_time_from_sec(60)

static apr_interval_time_t sync_interval(const wfp_server_t *server)
{
    return wfp_config_num(server->conf->sync_interval,
                          WFP_DEFAULT_SYNC_INTERVAL);
}

/* A full index evicts entries that the next request has to load again. */
static void warn_when_full(follower_t *f)
{
    wfp_registry_stats_t stats;
    apr_time_t now = wfp_clock_now();
    apr_int64_t size = wfp_config_num(f->server->conf->registry_size,
                                      WFP_DEFAULT_REGISTRY_SIZE);

    if (f->warned && now - f->warned < WARN_EVERY) {
        return;
    }
    wfp_registry_stats(&stats, f->server->registry);
    if (stats.evicted_entries > f->evicted) {
        f->warned = now;
        ap_log_error(
            APLOG_MARK, APLOG_WARNING, 0, f->server->main,
            WFPLOGNO(0205) "the registry is full: it knows %" APR_UINT64_T_FMT
                           " Workers and has evicted %" APR_UINT64_T_FMT
                           "; WfpRegistrySize %" APR_INT64_T_FMT
                           "M would know twice as many",
            stats.known, stats.evicted_entries, (size >> 20) * 2);
    }
    f->evicted = stats.evicted_entries;
}

/* How often the VM's speed is measured again: a machine that was busy when the
 * server began is faster later. */
#define MEASURE_EVERY apr_time_from_sec(60)

/* A child that found another one at it so many times stands by: it looks that
 * seldom. */
#define MISSED_MAX 4
#define STANDBY    apr_time_from_sec(1)

static void measure_again(follower_t *f)
{
    apr_time_t now = wfp_clock_now();
    double rate;

    if (now - f->measured > MEASURE_EVERY
        && wfp_speed_measure(&rate) == APR_SUCCESS) {
        wfp_server_tell_rate(f->server, rate);
        f->measured = now;
    }
}

/* Another child follows the store, it seems: that one is looked after now and
 * then. */
static apr_interval_time_t stand_by(follower_t *f)
{
    apr_interval_time_t interval = sync_interval(f->server);

    if (f->missed < MISSED_MAX) {
        f->missed++;
        return interval;
    }
    return interval < STANDBY ? STANDBY : interval;
}

/* Logs when the store goes and when it is back: once a server, as the turn
 * goes from child to child. */
static void tell_failing(follower_t *f, apr_status_t rv,
                         const wfp_result_t *res)
{
    if (!wfp_registry_tell_failing(f->server->registry, f->failing)) {
        return;
    }
    if (f->failing) {
        ap_log_error(APLOG_MARK, APLOG_ERR, rv, f->server->main,
                     WFPLOGNO(0203) "the store does not answer; serving from "
                                    "the registry: %s",
                     res->message);
    }
    else {
        ap_log_error(APLOG_MARK, APLOG_NOTICE, 0, f->server->main,
                     WFPLOGNO(0204) "the store answers again");
    }
}

/* One turn of the follower. */
static apr_interval_time_t follow(void *data)
{
    follower_t *f = data;
    apr_time_t begun = wfp_clock_now();
    wfp_result_t res;
    apr_pool_t *turn;
    apr_status_t rv;

    wfp_server_tell_rate(f->server, 0);
    if (!wfp_registry_take_sync_turn(f->server->registry,
                                     apr_time_as_msec(
                                         sync_interval(f->server)))) {
        return stand_by(f);
    }
    f->missed = 0;
    apr_pool_create(&turn, f->pool);
    wfp_result_init(&res, turn);
    rv = wfp_follow_catch_up(f->server, f->store, &res, turn);
    if (rv == APR_SUCCESS && f->server->kv) {
        wfp_kv_followed(f->server->kv, begun);
    }
    f->failing = rv != APR_SUCCESS;
    tell_failing(f, rv, &res);
    wfp_host_kv_sweep(f->server, turn);
    wfp_points_turn(f->server, turn);
    wfp_host_r2_sweep(f->server, turn);
    wfp_host_assets_sweep(f->server, turn);
    if (!f->failing) {
        wfp_quota_follow(f->server, turn);
        wfp_ledger_follow(f->server, turn);
    }
    apr_pool_destroy(turn);
    warn_when_full(f);
    measure_again(f);
    return sync_interval(f->server);
}

/* What was counted since the last turn; not when that would have to wait. */
static apr_status_t tell_last(void *data)
{
    follower_t *f = data;

    if (!f->failing) {
        wfp_quota_tell(f->server, f->pool);
        wfp_ledger_last(f->server, f->pool);
    }
    return APR_SUCCESS;
}

apr_status_t wfp_follow_start(wfp_server_t *server, apr_pool_t *p)
{
    follower_t *f = apr_pcalloc(p, sizeof(*f));
    wfp_ticker_t *ticker;

    f->server = server;
    f->measured = wfp_clock_now();
    f->store = server->store;
    if (!f->store) {
        return APR_SUCCESS;
    }
    apr_pool_create(&f->pool, p);
    /* pre-cleanups run in the opposite order: after the thread's end */
    apr_pool_pre_cleanup_register(p, f, tell_last);
    return wfp_threads_paced(&ticker, follow, f, p);
}
