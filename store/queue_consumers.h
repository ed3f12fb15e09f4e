/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WFP_QUEUE_CONSUMERS_H
#define WFP_QUEUE_CONSUMERS_H

#include "store/queues.h"

/** @file Who consumes a queue; wfp_queue_t has its consumer. */

/** What holds where nothing is said: numbers only. */
void wfp_queue_consumers_standard(wfp_queue_consumer_t *consumer);

/** Which Worker, or that it pulls, and its settings; NULL: no memory. */
const char *wfp_queue_consumers_etag(const wfp_queue_consumer_t *consumer,
                                     apr_pool_t *p);

/**
 * Make the consumer of a queue, or change the one of consumer->id (NULL: make).
 *
 * @param queue_id  its id; consumer->id and created are filled in
 * @return WFP_NOT_FOUND: no such queue, consumer or dead letter queue;
 *         WFP_WORKER_NOT_FOUND; WFP_CONFLICT with APR_EEXIST: it has one; as
 *         wfp_etag_check() says
 */
apr_status_t wfp_queue_consumers_put(wfp_store_t *store, const char *queue_id,
                                     wfp_queue_consumer_t *consumer,
                                     const wfp_match_t *match,
                                     const wfp_actor_t *actor,
                                     wfp_result_t *res,
                                     apr_pool_t *p) WFP_CHECK;

/** Remove the consumer of that id from a queue. WFP_NOT_FOUND; as
 *  wfp_etag_check() says. */
apr_status_t wfp_queue_consumers_remove(wfp_store_t *store,
                                        const char *queue_id, const char *id,
                                        const wfp_match_t *match,
                                        const wfp_actor_t *actor,
                                        wfp_result_t *res,
                                        apr_pool_t *p) WFP_CHECK;

#endif
