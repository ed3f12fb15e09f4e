/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WFP_API_H
#define WFP_API_H

#include <apr_buckets.h>
#include <apr_pools.h>
#include <httpd.h>

#include "admin/api_rate.h"
#include "admin/sign_guard.h"
#include "admin/try.h"
#include "core/keyring.h"
#include "core/limits.h"
#include "core/registry.h"
#include "core/tails.h"
#include "core/usage.h"
#include "core/wfp.h"
#include "lua_runtime/isolate.h"
#include "services/assets.h"
#include "services/kv.h"
#include "services/queues.h"
#include "services/r2.h"
#include "store/changes.h"
#include "services/d1.h"
#include "store/store.h"

/**
 * @file
 * The REST API (`SetHandler wfp-api`). mod_wfp hands a request in; what the API
 * needs of the server comes through one struct.
 */

/** Tell all children of this host a change that was just committed, so that
 *  the next request sees it. Never fails: the follower repeats it. */
typedef void wfp_api_publish_fn(void *baton, const wfp_change_t *change,
                                apr_pool_t *p);

/** Is this a target as WfpEgressAllow has them? APR_EINVAL: no. */
typedef apr_status_t wfp_api_target_fn(const char *target, wfp_result_t *res,
                                       apr_pool_t *p);

/** Read some of the request's body, as ap_get_brigade() does that blocks. */
typedef apr_status_t wfp_api_read_fn(void *baton, request_rec *r,
                                     apr_bucket_brigade *bb, apr_size_t max);

/** Serve a tail by the request's connection: mod_wfp/tail_door.h says how, and
 *  what is returned. */
typedef apr_status_t wfp_api_tail_fn(int *prc, void *baton, request_rec *r,
                                     const wfp_tails_entry_t *tail,
                                     int is_websocket);

/** What the API needs of the server. Read only, lives as long as the child. */
typedef struct wfp_api_server_t {
    wfp_store_t *store; /* NULL: could not be opened */
    wfp_kv_t *kv;       /* NULL: no values */
    wfp_d1_t *d1;       /* NULL: no databases */
    wfp_queues_t *queues;
    wfp_r2_t *r2; /* NULL: no objects */
    wfp_assets_t *assets;
    wfp_keyring_t *keys; /* seal secrets */
    const char *account; /* WfpAccount; NULL: what the store says */
    const wfp_limit_policy_t *limits;
    const wfp_runtime_t *runtime;
    const wfp_usage_quota_t *quota; /* what they may use; NULL: no bounds */
    apr_int64_t asset_bytes;        /* of a Worker's assets; 0: no bound */
    int versions_kept;              /* undeployed ones a Worker */
    apr_interval_time_t log_age;    /* of records in the store */
    wfp_registry_t *registry;
    wfp_latency_t *latency;            /* of the store */
    apr_interval_time_t sync_interval; /* how often it is asked */
    int is_serving;                    /* this process can run Workers */
    wfp_tails_t *tails;
    wfp_api_rate_t *rate;
    apr_uint32_t rate_requests; /* a token; an address has ten times that */
    apr_interval_time_t rate_window;
    wfp_sign_guard_t *guard;          /* wrong sign-ins at the admin page */
    apr_interval_time_t session_time; /* how long one is signed in there */
    wfp_api_read_fn *read_body;
    wfp_api_publish_fn *publish;
    wfp_api_target_fn *check_target;
    wfp_api_tail_fn *serve_tail;
    wfp_try_fn *try_worker;
    wfp_doors_fn *doors;
    void *baton;
} wfp_api_server_t;

/**
 * Answer one request. Whatever is before "/client/v4" in its path is the
 * Location's business.
 *
 * @param path  the request's, still encoded
 * @return for httpd's handler hook
 * @note request scope
 */
int wfp_api_handle(request_rec *r, const char *path,
                   const wfp_api_server_t *server);

/** The same for who is signed in at the admin page: by the session's cookie,
 *  and by nothing else. */
int wfp_api_handle_session(request_rec *r, const char *path,
                           const wfp_api_server_t *server);

#endif
