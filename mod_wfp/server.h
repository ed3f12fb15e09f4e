/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WFP_SERVER_H
#define WFP_SERVER_H

#include <apr_hash.h>
#include <apr_pools.h>
#include <httpd.h>

#include "admin/api_rate.h"
#include "admin/sign_guard.h"
#include "core/children.h"
#include "core/runs.h"
#include "core/seat.h"
#include "core/host_memo.h"
#include "core/keyring.h"
#include "core/latency.h"
#include "core/ledger.h"
#include "core/logring.h"
#include "core/registry.h"
#include "core/stats.h"
#include "core/tails.h"
#include "core/tally.h"
#include "core/usage.h"
#include "lua_runtime/isolate.h"
#include "lua_runtime/pool.h"
#include "mod_wfp/config.h"
#include "mod_wfp/poolcache.h"
#include "outbound/client.h"
#include "services/assets.h"
#include "services/d1.h"
#include "services/kv.h"
#include "services/queues.h"
#include "services/r2.h"
#include "services/points.h"
#include "services/ratelimit.h"
#include "store/store.h"

/**
 * @file
 * The one context of the module. Made in the parent (registry, counters, key),
 * completed in each child (store handles, isolates, outbound client, threads).
 * There is no other mutable global.
 */

typedef struct wfp_archive_t wfp_archive_t;
typedef struct wfp_archiver_t wfp_archiver_t;
typedef struct wfp_background_t wfp_background_t;
typedef struct wfp_beside_t wfp_beside_t;
typedef struct wfp_deliver_t wfp_deliver_t;
typedef struct wfp_stalls_t wfp_stalls_t;
typedef struct wfp_ending_t wfp_ending_t;
typedef struct wfp_prefork_t wfp_prefork_t;
typedef struct wfp_runner_t wfp_runner_t;
typedef struct wfp_socache_t wfp_socache_t;
typedef struct wfp_tail_sender_t wfp_tail_sender_t;
typedef struct wfp_tailers_t wfp_tailers_t;
typedef struct wfp_tail_memo_t wfp_tail_memo_t;
typedef struct wfp_trial_t wfp_trial_t;

typedef struct wfp_server_t {
    /* start scope, inherited by the children */
    server_rec *main;
    const wfp_server_conf_t *conf; /* the main server's */
    wfp_registry_t *registry;
    wfp_stats_t *stats;
    wfp_api_rate_t *api_rate;
    wfp_tally_t *tally;
    wfp_host_memo_t *hosts;
    wfp_usage_t *usage;       /* of all generations */
    wfp_kv_cache_t *kv_cache; /* NULL: WfpKvCache off */
    wfp_ratelimit_t *limits;
    wfp_points_t *points;
    wfp_sign_guard_t *guard;  /* wrong sign-ins at the admin page */
    wfp_ledger_t *ledger;     /* what Workers did; of all generations */
    wfp_tails_t *tails;       /* who follows records; of all generations */
    wfp_children_t *children; /* figures of each; of all generations */
    wfp_runs_t *runs;         /* what they are at; the same */
    wfp_latency_t *latency;   /* of the store; of all generations */
    wfp_logring_t *ring;      /* records on their way to the logs */
    wfp_logring_t *tail_ring; /* to readers of live tails */
    wfp_archive_t *archive;   /* and to the store; of all generations */
    wfp_seat_t *watch;        /* of the child that looks for records */
    apr_array_header_t *logs; /* logger.c's: each WfpLog once */
    wfp_socache_t *socache;   /* NULL: caches keep nothing */
    wfp_keyring_t *keys;
    apr_hash_t *pages; /* the admin page's files */
    wfp_runner_t *runner;
    int is_schema_known;       /* the store had the right one at the start */
    int is_hardened;           /* WfpHardening, as decided */
    apr_array_header_t *paths; /* wfp_landlock_path_t that children keep; NULL:
                                * all */
    /* child scope */
    int child_place;          /* in children */
    wfp_archiver_t *archiver; /* atomic; NULL: not started */
    apr_pool_t *pool;         /* of the child, mutex-protected */
    wfp_store_t *store;       /* NULL: could not be opened */
    wfp_kv_t *kv;
    wfp_queues_t *queues;
    wfp_deliver_t *deliver;
    wfp_r2_t *r2;
    wfp_d1_t *d1;
    wfp_assets_t *assets;
    wfp_runtime_t runtime;
    wfp_pool_t *isolates;
    wfp_client_t *client;
    wfp_poolcache_t *pools; /* of the works of requests */
    wfp_beside_t *beside;
    wfp_background_t *background;
    wfp_stalls_t *stalls;
    wfp_tail_sender_t *tail_sender;
    wfp_tailers_t *tailers;
    wfp_tail_memo_t *tail_memo;
    wfp_ending_t *ending;
    wfp_prefork_t *prefork; /* NULL: a threaded MPM */
    char id_prefix[17];     /* of request ids: 16 hex digits */
    apr_time_t pruned;      /* data points: the follower's */
    volatile apr_uint32_t id_next;
    volatile apr_uint32_t host_lookups; /* under way (hosts.c) */
    int is_ending; /* atomic: the child scope is about to go */
} wfp_server_t;

/** The context; NULL before post_config. */
wfp_server_t *wfp_server(void);

/** hook post_config: registry, copy of the old generation, key, store check. */
int wfp_server_post_config(apr_pool_t *pconf, apr_pool_t *plog,
                           apr_pool_t *ptemp, server_rec *s);

/** hook child_init. */
void wfp_server_child_init(apr_pool_t *pchild, server_rec *s);

/** The VM's speed was measured as this, 0: was not; the greatest of all that was
 *  measured anywhere in this server is what instructions are counted by. */
void wfp_server_tell_rate(wfp_server_t *server, double rate);

/** Next request id: 32 hex digits in p. @param when it began, wall clock */
const char *wfp_server_request_id(apr_time_t when, apr_pool_t *p);

#endif
