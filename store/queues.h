/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WFP_QUEUES_H
#define WFP_QUEUES_H

#include <apr_pools.h>
#include <apr_tables.h>

#include "core/etag.h"
#include "store/audit.h"
#include "store/list.h"
#include "store/store.h"

/** @file Queues. Who consumes them: queue_consumers.h; what is in them:
 *  queue_messages.h. */

/** Who gets the messages of a queue, and how. Times have their unit in the name. */
typedef struct wfp_queue_consumer_t {
    const char *id; /* 32 hex digits */
    int is_pull;    /* by the API; else a Worker: */
    const char *ns; /* WFP_ACCOUNT_NS: an account Worker */
    const char *script;
    apr_time_t created;
    apr_int64_t batch_size;
    apr_int64_t max_wait_ms;
    apr_int64_t max_retries;
    apr_int64_t retry_delay_s;
    apr_int64_t max_concurrency; /* 0: as the server can */
    apr_int64_t visibility_ms;   /* of those that are pulled */
    const char *dead_letter;     /* name of a queue, "" none */
} wfp_queue_consumer_t;

typedef struct wfp_queue_t {
    const char *id; /* 32 hex digits */
    const char *name;
    apr_time_t created;
    apr_time_t modified;
    apr_int64_t delivery_delay_s;
    int is_paused;
    apr_int64_t retention_s;
    apr_int64_t backlog_count;
    apr_int64_t backlog_bytes;
    wfp_queue_consumer_t *consumer; /* NULL: it has none */
} wfp_queue_t;

/** Make one; all but id, times and backlog are read. WFP_CONFLICT with
 *  APR_EEXIST: there is one of that name. */
apr_status_t wfp_queues_create(wfp_store_t *store, wfp_queue_t *queue,
                               const wfp_actor_t *actor, wfp_result_t *res,
                               apr_pool_t *p) WFP_CHECK;

/** The one of this id. WFP_NOT_FOUND. */
apr_status_t wfp_queues_get(wfp_queue_t **pqueue, wfp_store_t *store,
                            const char *id, wfp_result_t *res,
                            apr_pool_t *p) WFP_CHECK;

/** The one of this name. WFP_NOT_FOUND. */
apr_status_t wfp_queues_get_named(wfp_queue_t **pqueue, wfp_store_t *store,
                                  const char *name, wfp_result_t *res,
                                  apr_pool_t *p) WFP_CHECK;

/** One page, by name. @param plist array of wfp_queue_t * @param ptotal how many
 *  there are of such names */
apr_status_t wfp_queues_list(apr_array_header_t **plist, apr_int64_t *ptotal,
                             wfp_store_t *store, const wfp_list_t *which,
                             wfp_result_t *res, apr_pool_t *p) WFP_CHECK;

/**
 * Queues that have messages and a Worker that gets them, not paused, by id.
 *
 * @param plist  array of wfp_queue_t *, at most limit
 * @param after  those behind this id; "": from the first
 */
apr_status_t wfp_queues_busy(apr_array_header_t **plist, wfp_store_t *store,
                             const char *after, int limit, wfp_result_t *res,
                             apr_pool_t *p) WFP_CHECK;

/** Its settings, its consumer excepted; NULL: no memory. */
const char *wfp_queues_etag(const wfp_queue_t *queue, apr_pool_t *p);

/** Change delivery_delay_s, is_paused and retention_s (of what is sent from now
 *  on) of the one of queue->id. WFP_NOT_FOUND; as wfp_etag_check() says. */
apr_status_t wfp_queues_update(wfp_store_t *store, wfp_queue_t *queue,
                               const wfp_match_t *match,
                               const wfp_actor_t *actor, wfp_result_t *res,
                               apr_pool_t *p) WFP_CHECK;

/** Delete it and what is in it, whoever has a binding to it. WFP_NOT_FOUND; as
 *  wfp_etag_check() says. */
apr_status_t wfp_queues_delete(wfp_store_t *store, const char *id,
                               const wfp_match_t *match,
                               const wfp_actor_t *actor, wfp_result_t *res,
                               apr_pool_t *p) WFP_CHECK;

/** A Worker whose current deployment sends to a queue. */
typedef struct wfp_queue_producer_t {
    const char *ns;
    const char *script;
} wfp_queue_producer_t;

/** They, by namespace and name, 100 at most: array of wfp_queue_producer_t. */
apr_status_t wfp_queues_producers(apr_array_header_t **plist,
                                  wfp_store_t *store, const char *name,
                                  wfp_result_t *res, apr_pool_t *p) WFP_CHECK;

#endif
