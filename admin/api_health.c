/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Health. Who has no token is told one word, and nothing is asked of the database
 * for it: many may ask, and often. 200 as long as Workers are served, however
 * little of the server is well; 503 when none is.
 */
#include "admin/api_health.h"

#include "admin/api_auth.h"
#include "admin/api_call.h"
#include "core/clock.h"
#include "store/changes.h"

/* The store is taken for gone when it was not heard of for so many intervals, and
 * so long. */
#define LATE_TURNS 10
#define LATE       apr_time_from_sec(5)

/* Of places in the index. */
#define FULL_PERCENT 95

typedef struct health_t {
    wfp_registry_stats_t registry;
    apr_interval_time_t lag;
    int is_reachable;
    int is_writable;
    int is_late;
    int is_full;
    const char *status;
} health_t;

static void look(health_t *health, const wfp_api_server_t *server)
{
    apr_interval_time_t most = LATE_TURNS * server->sync_interval;

    wfp_registry_stats(&health->registry, server->registry);
    health->lag = wfp_clock_now() - wfp_registry_followed(server->registry);
    if (health->lag < 0) {
        health->lag = 0;
    }
    health->is_late = health->lag > (most > LATE ? most : LATE);
    health->is_reachable = wfp_latency_is_up(server->latency, WFP_LATENCY_READ)
                           && !health->is_late;
    health->is_writable = wfp_latency_is_up(server->latency, WFP_LATENCY_WRITE);
    health->is_full = health->registry.known * 100
                      > health->registry.slots * FULL_PERCENT;
    health->status = health->is_reachable && health->is_writable
                             && !health->is_full
                         ? "ok"
                         : "degraded";
}

static void show_registry(wfp_json_t *doc, const health_t *health,
                          wfp_api_call_t *call)
{
    const wfp_registry_stats_t *r = &health->registry;
    apr_uint64_t bytes = r->body_bytes_used + r->body_bytes_free;
    wfp_json_t *reg = wfp_json_object(call->pool);

    wfp_json_set_int(reg, "slots", (apr_int64_t)r->slots);
    wfp_json_set_int(reg, "known", (apr_int64_t)r->known);
    wfp_json_set_int(reg, "body_bytes_used", (apr_int64_t)r->body_bytes_used);
    wfp_json_set_int(reg, "body_bytes_free", (apr_int64_t)r->body_bytes_free);
    wfp_json_set_number(reg, "fill",
                        r->slots ? (double)r->known / (double)r->slots : 0);
    wfp_json_set_number(reg, "body_fill",
                        bytes ? (double)r->body_bytes_used / (double)bytes : 0);
    wfp_json_set_int(reg, "evicted",
                     (apr_int64_t)(r->evicted_entries + r->evicted_bodies));
    wfp_json_set(doc, "registry", reg);
}

/* Why it is not "ok", each with what to do. */
static void show_problems(wfp_json_t *doc, const health_t *health,
                          wfp_api_call_t *call)
{
    wfp_json_t *list = wfp_json_array(call->pool);

    if (health->is_late) {
        wfp_json_add_str(list,
                         "this host has not heard of changes for a while: "
                         "is the database slow, or a child stuck?");
    }
    else if (!health->is_reachable) {
        wfp_json_add_str(list, "the store does not answer: the error log and "
                               "`wfpctl doctor` say why");
    }
    else if (!health->is_writable) {
        wfp_json_add_str(list, "the store takes no changes: is its disk full? "
                               "The error log and `wfpctl doctor` say why");
    }
    if (health->is_full) {
        wfp_json_add_str(list, "the registry is almost full: raise "
                               "WfpRegistrySize");
    }
    wfp_json_set(doc, "problems", list);
}

/* Changes that this host has not taken in; -1: the store does not say. */
static apr_int64_t behind(wfp_api_call_t *call)
{
    apr_int64_t synced = wfp_registry_synced(call->server->registry), latest;
    apr_array_header_t *list;
    int lost;

    if (wfp_changes_since(&list, &latest, &lost, call->server->store, synced, 1,
                          &call->res, call->pool)
        != APR_SUCCESS) {
        return -1;
    }
    return latest > synced ? latest - synced : 0;
}

apr_status_t wfp_api_health_get(wfp_api_call_t *call)
{
    wfp_json_t *doc = wfp_json_object(call->pool);
    health_t health;

    look(&health, call->server);
    if (!call->server->is_serving
        || (!health.is_reachable && !health.registry.known)) {
        return wfp_api_answer_error(call, WFP_API_STORE_DOWN,
                                    "unavailable: no Worker can be served");
    }
    if (call->token && !wfp_api_auth_is_limited(call->token)) {
        apr_int64_t changes = behind(call);

        if (changes < 0 && health.is_reachable) {
            look(&health, call->server); /* it is known by now */
        }
        wfp_json_set_str(doc, "store",
                         health.is_reachable ? "reachable" : "unreachable");
        wfp_json_set_number(doc, "sync_lag",
                            (double)apr_time_as_msec(health.lag) / 1000);
        if (changes >= 0) {
            wfp_json_set_int(doc, "changes_behind", changes);
        }
        show_registry(doc, &health, call);
        show_problems(doc, &health, call);
    }
    wfp_json_set_str(doc, "status", health.status);
    return wfp_api_answer_json(call, doc);
}
