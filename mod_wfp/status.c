/* SPDX-License-Identifier: Apache-2.0 */
/* Figures of the registry, the invocations and this child's isolates, as a
 * page, as key-value lines and as Prometheus text. */
#include "mod_wfp/status.h"

#include <apr_optional_hooks.h>
#include <apr_strings.h>
#include <http_protocol.h>
#include <mod_status.h>
#include <string.h>

#include "mod_wfp/hold.h"
#include "mod_wfp/log.h"
#include "mod_wfp/server.h"
#include "mod_wfp/status_workers.h"

/* One figure: where it comes from is in collect(). */
typedef struct figure_t {
    const char *name; /* of the metric, without "wfp_" */
    const char *key;  /* of ?auto */
    const char *help;
    const char *type; /* Prometheus: counter or gauge */
    apr_uint64_t value;
} figure_t;

#define FIGURES_MAX 64

typedef struct figures_t {
    figure_t list[FIGURES_MAX];
    int count;
} figures_t;

static void add(figures_t *f, const char *name, const char *key,
                const char *type, const char *help, apr_uint64_t value)
{
    figure_t *figure = &f->list[f->count];

    if (f->count < FIGURES_MAX) {
        figure->name = name;
        figure->key = key;
        figure->type = type;
        figure->help = help;
        figure->value = value;
        f->count++;
    }
}

static void collect_kv_cache(figures_t *f, wfp_server_t *server)
{
    wfp_registry_stats_t r;

    if (!server->kv_cache) {
        return;
    }
    wfp_kv_cache_stats(&r, server->kv_cache);
    add(f, "kv_cache_entries", "WfpKvCacheEntries", "gauge",
        "KV keys whose value, or that they have none, is in memory", r.known);
    add(f, "kv_cache_bytes_used", "WfpKvCacheBytesUsed", "gauge",
        "Bytes of them", r.body_bytes_used);
    add(f, "kv_cache_found_total", "WfpKvCacheFound", "counter",
        "KV keys that were found in memory, as they are or as they were",
        r.hits);
    add(f, "kv_cache_missed_total", "WfpKvCacheMissed", "counter",
        "KV keys that were not", r.misses);
    add(f, "kv_cache_evicted_total", "WfpKvCacheEvicted", "counter",
        "KV keys that gave way to others",
        r.evicted_bodies + r.evicted_entries);
}

static void collect_registry(figures_t *f, wfp_server_t *server)
{
    wfp_registry_stats_t r;

    wfp_registry_stats(&r, server->registry);
    add(f, "registry_slots", "WfpRegistrySlots", "gauge",
        "Places in the registry's index", r.slots);
    add(f, "registry_known", "WfpRegistryKnown", "gauge",
        "Workers and namespaces in the registry", r.known);
    add(f, "registry_bodies", "WfpRegistryBodies", "gauge",
        "Entries whose code is in memory", r.bodies);
    add(f, "registry_body_bytes_used", "WfpRegistryBytesUsed", "gauge",
        "Bytes of bodies in use", r.body_bytes_used);
    add(f, "registry_body_bytes_free", "WfpRegistryBytesFree", "gauge",
        "Bytes of bodies free", r.body_bytes_free);
    add(f, "registry_loads_total", "WfpRegistryLoads", "counter",
        "Entries put in", r.loads);
    add(f, "registry_evicted_bodies_total", "WfpRegistryEvictedBodies",
        "counter", "Bodies that gave way to others", r.evicted_bodies);
    add(f, "registry_evicted_entries_total", "WfpRegistryEvictedEntries",
        "counter", "Entries that gave way to others", r.evicted_entries);
    add(f, "registry_repairs_total", "WfpRegistryRepairs", "counter",
        "Repairs after a writer was killed", r.repairs);
}

static void collect_records(figures_t *f, wfp_server_t *server)
{
    wfp_logring_stats_t ring;

    wfp_logring_stats(&ring, server->ring);
    add(f, "records_total", "WfpRecords", "counter",
        "Records handed to the logs", ring.put);
    add(f, "records_dropped_total", "WfpRecordsDropped", "counter",
        "Records dropped because the logs were behind", ring.dropped);
    add(f, "records_lost_total", "WfpRecordsLost", "counter",
        "Records lost with a process that was killed", ring.lost);
}

static void collect_child(figures_t *f, wfp_server_t *server)
{
    wfp_pool_stats_t pool;
    wfp_client_stats_t client;

    if (server->isolates) {
        wfp_pool_stats(&pool, server->isolates);
        add(f, "child_isolates_idle", "WfpIsolatesIdle", "gauge",
            "Warm isolates of the child that answers", pool.idle);
        add(f, "child_isolates_running", "WfpIsolatesRunning", "gauge",
            "Isolates in use in the child that answers", pool.out);
        add(f, "child_isolate_bytes", "WfpIsolateBytes", "gauge",
            "Memory of the isolates of the child that answers", pool.bytes);
    }
    if (server->client) {
        wfp_client_stats(&client, server->client);
        add(f, "child_transfers_active", "WfpTransfersActive", "gauge",
            "Transfers under way in the child that answers", client.active);
        add(f, "child_transfers_total", "WfpTransfers", "counter",
            "Transfers of the child that answers", client.transfers);
    }
}

static void collect_limits(figures_t *f, wfp_server_t *server)
{
    wfp_ratelimit_stats_t r;
    wfp_points_stats_t points;

    wfp_ratelimit_stats(&r, server->limits);
    add(f, "ratelimit_allowed_total", "WfpRatelimitAllowed", "counter",
        "Calls of rate limits that were within them", r.allowed);
    add(f, "ratelimit_refused_total", "WfpRatelimitRefused", "counter",
        "Calls of rate limits that were not", r.refused);
    wfp_points_stats(&points, server->points);
    add(f, "data_points_total", "WfpDataPoints", "counter",
        "Data points that Workers wrote", points.put);
    add(f, "data_points_dropped_total", "WfpDataPointsDropped", "counter",
        "Data points for which there was no room", points.dropped);
    add(f, "ratelimit_evicted_total", "WfpRatelimitEvicted", "counter",
        "Counters of rate limits that gave way to others", r.evicted);
}

static void collect_stats(figures_t *f, const wfp_stats_all_t *all)
{
    add(f, "requests_total", "WfpRequests", "counter", "Requests answered",
        all->n[WFP_STAT_REQUESTS]);
    add(f, "invocations_total", "WfpInvocations", "counter",
        "Runs of a handler", all->n[WFP_STAT_INVOCATIONS]);
    add(f, "subrequests_total", "WfpSubrequests", "counter",
        "Subrequests of Workers", all->n[WFP_STAT_SUBREQUESTS]);
    add(f, "cold_starts_total", "WfpColdStarts", "counter", "Isolates made",
        all->n[WFP_STAT_COLD_STARTS]);
    add(f, "kills_total", "WfpKills", "counter",
        "Invocations ended by a hard limit", all->n[WFP_STAT_KILLS]);
    add(f, "kills_stage2_total", "WfpKillsStage2", "counter",
        "Invocations that were ended while stuck in a library",
        all->n[WFP_STAT_KILLS_STAGE2]);
    add(f, "records_unwritten_total", "WfpRecordsUnwritten", "counter",
        "Records that a WfpLog did not take", all->n[WFP_STAT_UNWRITTEN]);
    add(f, "workers_cooling", "WfpWorkersCooling", "gauge",
        "Workers that are cooling down", all->cooling);
}

static void collect(figures_t *f, wfp_server_t *server,
                    const wfp_stats_all_t *all)
{
    f->count = 0;
    collect_stats(f, all);
    collect_registry(f, server);
    collect_kv_cache(f, server);
    collect_limits(f, server);
    collect_records(f, server);
    collect_child(f, server);
}

static int is_used(const wfp_tally_row_t *row)
{
    int i;

    for (i = 0; i < WFP_TALLY_ENDS; i++) {
        if (row->calls[i]) {
            return 1;
        }
    }
    return 0;
}

/* What went out, by namespace: "" are account scripts. */
static void egress_metrics(request_rec *r, wfp_server_t *server)
{
    wfp_tally_row_t row;
    int at = 0, i;

    ap_rputs("# HELP wfp_egress_calls_total Calls of Workers to the outside, "
             "by how they ended.\n# TYPE wfp_egress_calls_total counter\n",
             r);
    while (wfp_tally_read(&row, server->tally, &at)) {
        for (i = 0; i < WFP_TALLY_ENDS; i++) {
            if (row.calls[i]) {
                ap_rprintf(r,
                           "wfp_egress_calls_total{namespace=\"%s\",decision="
                           "\"%s\"} %" APR_UINT64_T_FMT "\n",
                           row.ns, wfp_tally_name((wfp_tally_e)i),
                           row.calls[i]);
            }
        }
    }
    ap_rputs("# HELP wfp_egress_bytes_total Bytes of the bodies of those "
             "calls.\n# TYPE wfp_egress_bytes_total counter\n",
             r);
    for (at = 0; wfp_tally_read(&row, server->tally, &at);) {
        if (is_used(&row)) {
            ap_rprintf(r,
                       "wfp_egress_bytes_total{namespace=\"%s\",direction="
                       "\"out\"} %" APR_UINT64_T_FMT "\n"
                       "wfp_egress_bytes_total{namespace=\"%s\",direction="
                       "\"in\"} %" APR_UINT64_T_FMT "\n",
                       row.ns, row.bytes_out, row.ns, row.bytes_in);
        }
    }
}

static void limit_metrics(request_rec *r, const wfp_stats_all_t *all)
{
    int i;

    ap_rputs("# HELP wfp_kills_by_limit_total Invocations ended by a hard "
             "limit, by which it was.\n"
             "# TYPE wfp_kills_by_limit_total counter\n",
             r);
    for (i = 0; i < WFP_LIMIT_COUNT; i++) {
        if (all->limits[i]) {
            ap_rprintf(r,
                       "wfp_kills_by_limit_total{limit=\"%s\"} "
                       "%" APR_UINT64_T_FMT "\n",
                       wfp_limit_row((wfp_limit_e)i)->name, all->limits[i]);
        }
    }
}

static void metrics(request_rec *r, wfp_server_t *server)
{
    wfp_stats_all_t all;
    figures_t f;
    int i;

    wfp_stats_read(&all, server->stats, r->request_time);
    collect(&f, server, &all);
    ap_set_content_type(r, "text/plain; version=0.0.4; charset=utf-8");
    for (i = 0; i < f.count; i++) {
        const figure_t *x = &f.list[i];

        ap_rprintf(r,
                   "# HELP wfp_%s %s.\n# TYPE wfp_%s %s\nwfp_%s "
                   "%" APR_UINT64_T_FMT "\n",
                   x->name, x->help, x->name, x->type, x->name, x->value);
    }
    ap_rputs("# HELP wfp_errors_total Errors by code.\n"
             "# TYPE wfp_errors_total counter\n",
             r);
    for (i = 0; i < WFP_CODE_COUNT; i++) {
        if (all.errors[i]) {
            ap_rprintf(r,
                       "wfp_errors_total{code=\"%s\"} %" APR_UINT64_T_FMT "\n",
                       wfp_code_row((wfp_code_e)i)->code, all.errors[i]);
        }
    }
    limit_metrics(r, &all);
    egress_metrics(r, server);
    wfp_status_workers_metrics(r, server);
}

static void egress_row(request_rec *r, const wfp_tally_row_t *row, int brief)
{
    int i;

    ap_rprintf(r, brief ? "WfpEgress[%s]:" : "<dt>Calls from \"%s\":", row->ns);
    for (i = 0; i < WFP_TALLY_ENDS; i++) {
        ap_rprintf(r, " %s=%" APR_UINT64_T_FMT, wfp_tally_name((wfp_tally_e)i),
                   row->calls[i]);
    }
    ap_rprintf(r, " out=%" APR_UINT64_T_FMT " in=%" APR_UINT64_T_FMT "%s\n",
               row->bytes_out, row->bytes_in, brief ? "" : "</dt>");
}

static void egress_status(request_rec *r, wfp_server_t *server, int brief)
{
    wfp_tally_row_t row;
    int at = 0;

    while (wfp_tally_read(&row, server->tally, &at)) {
        if (is_used(&row)) {
            egress_row(r, &row, brief);
        }
    }
}

static int status_section(request_rec *r, int flags)
{
    wfp_server_t *server = wfp_server();
    wfp_stats_all_t all;
    figures_t f;
    int i;

    if (!server) {
        return OK;
    }
    wfp_hold_enter(server->hold, NULL);
    wfp_stats_read(&all, server->stats, r->request_time);
    collect(&f, server, &all);
    wfp_hold_leave(server->hold);
    if (!(flags & AP_STATUS_SHORT)) {
        ap_rputs("<hr />\n<h2>Workers</h2>\n<dl>\n", r);
    }
    for (i = 0; i < f.count; i++) {
        if (flags & AP_STATUS_SHORT) {
            ap_rprintf(r, "%s: %" APR_UINT64_T_FMT "\n", f.list[i].key,
                       f.list[i].value);
        }
        else {
            ap_rprintf(r, "<dt>%s: %" APR_UINT64_T_FMT "</dt>\n",
                       f.list[i].help, f.list[i].value);
        }
    }
    egress_status(r, server, (flags & AP_STATUS_SHORT) != 0);
    wfp_status_workers_lines(r, server, (flags & AP_STATUS_SHORT) != 0);
    if (!(flags & AP_STATUS_SHORT)) {
        ap_rputs("</dl>\n", r);
    }
    return OK;
}

void wfp_status_register(apr_pool_t *p)
{
    APR_OPTIONAL_HOOK(ap, status_hook, status_section, NULL, NULL,
                      APR_HOOK_MIDDLE);
}

int wfp_status_handle(request_rec *r)
{
    wfp_server_t *server = wfp_server();

    if (!r->handler || strcmp(r->handler, "wfp-metrics")) {
        return DECLINED;
    }
    if (r->method_number != M_GET) {
        r->allowed = AP_METHOD_BIT << M_GET;
        return HTTP_METHOD_NOT_ALLOWED;
    }
    if (!server) {
        return HTTP_SERVICE_UNAVAILABLE;
    }
    metrics(r, server);
    return OK;
}
