/* SPDX-License-Identifier: Apache-2.0 */
/* The figures without labels: where each comes from. Called by status.c. */
#include "mod_wfp/figures.h"

#include "core/clock.h"
#include "mod_wfp/archive.h"
#include "mod_wfp/children.h"

static void add(wfp_figures_t *f, const char *name, const char *key,
                const char *type, const char *help, apr_uint64_t value)
{
    wfp_figure_t *figure = &f->list[f->count];

    if (f->count < WFP_FIGURES_MAX) {
        figure->name = name;
        figure->key = key;
        figure->type = type;
        figure->help = help;
        figure->value = value;
        figure->is_time = 0;
        f->count++;
    }
}

static void collect_kv_cache(wfp_figures_t *f, wfp_server_t *server)
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

static void collect_registry(wfp_figures_t *f, wfp_server_t *server)
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

static void collect_records(wfp_figures_t *f, wfp_server_t *server)
{
    wfp_logring_stats_t ring;
    wfp_archive_stats_t archive;

    wfp_logring_stats(&ring, server->ring);
    add(f, "records_total", "WfpRecords", "counter",
        "Records handed to the logs", ring.taken);
    add(f, "records_dropped_total", "WfpRecordsDropped", "counter",
        "Records dropped because the logs were behind", ring.dropped);
    add(f, "records_lost_total", "WfpRecordsLost", "counter",
        "Records lost with a process that was killed", ring.lost);
    wfp_logring_stats(&ring, server->tail_ring);
    add(f, "records_tailed_total", "WfpRecordsTailed", "counter",
        "Records handed to readers of live tails", ring.taken);
    wfp_archive_stats(&archive, server->archive);
    add(f, "records_stored_total", "WfpRecordsStored", "counter",
        "Records that are in the store", archive.stored);
    add(f, "records_unstored_total", "WfpRecordsUnstored", "counter",
        "Records for the store that were dropped", archive.dropped);
}

/* Of this child now, of the others a second ago at most. */
static void collect_children(wfp_figures_t *f, wfp_server_t *server)
{
    wfp_child_figures_t sum;
    int n;

    wfp_children_here(server);
    n = wfp_children_sum(&sum, server->children);
    add(f, "children", "WfpChildren", "gauge",
        "Processes that run Workers, those that end included", (apr_uint64_t)n);
    add(f, "isolates_idle", "WfpIsolatesIdle", "gauge",
        "Warm isolates of all children", sum.n[WFP_CHILD_IDLE]);
    add(f, "isolates_running", "WfpIsolatesRunning", "gauge",
        "Isolates in use in all children", sum.n[WFP_CHILD_RUNNING]);
    add(f, "isolate_bytes", "WfpIsolateBytes", "gauge",
        "Memory of the isolates of all children", sum.n[WFP_CHILD_BYTES]);
    add(f, "isolates_evicted_total", "WfpIsolatesEvicted", "counter",
        "Warm isolates that gave way to others", sum.n[WFP_CHILD_EVICTED]);
    add(f, "transfers_active", "WfpTransfersActive", "gauge",
        "Transfers under way in all children",
        sum.n[WFP_CHILD_TRANSFERS_ACTIVE]);
    add(f, "transfers_total", "WfpTransfers", "counter",
        "Transfers of all children", sum.n[WFP_CHILD_TRANSFERS]);
    add(f, "runs_lost_total", "WfpRunsLost", "counter",
        "Runs of a handler that a process did not live to the end of",
        wfp_runs_lost(server->runs));
}

/* How far the registry is behind the database. */
static void collect_sync(wfp_figures_t *f, wfp_server_t *server)
{
    apr_time_t lag = wfp_clock_now() - wfp_registry_followed(server->registry);

    add(f, "sync_lag_seconds", "WfpSyncLag", "gauge",
        "Time since the store was asked what changed, and all of it was taken "
        "in",
        (apr_uint64_t)(lag > 0 ? lag : 0));
    f->list[f->count - 1].is_time = 1;
    add(f, "store_up", "WfpStoreUp", "gauge",
        "1: the last call of the store went well",
        (apr_uint64_t)(wfp_latency_is_up(server->latency, WFP_LATENCY_READ)
                       && wfp_latency_is_up(server->latency,
                                            WFP_LATENCY_WRITE)));
}

static void collect_limits(wfp_figures_t *f, wfp_server_t *server)
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

static void collect_stats(wfp_figures_t *f, const wfp_stats_all_t *all)
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
    add(f, "tail_events_dropped_total", "WfpTailEventsDropped", "counter",
        "Records that tail handlers were too slow for",
        all->n[WFP_STAT_TAIL_DROPPED]);
    add(f, "workers_cooling", "WfpWorkersCooling", "gauge",
        "Workers that are cooling down", all->cooling);
}

void wfp_figures_collect(wfp_figures_t *f, wfp_server_t *server,
                         const wfp_stats_all_t *all)
{
    f->count = 0;
    collect_stats(f, all);
    collect_registry(f, server);
    collect_kv_cache(f, server);
    collect_limits(f, server);
    collect_records(f, server);
    collect_children(f, server);
    collect_sync(f, server);
}
