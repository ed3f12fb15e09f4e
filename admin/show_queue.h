/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WFP_SHOW_QUEUE_H
#define WFP_SHOW_QUEUE_H

#include "core/json.h"
#include "store/queues.h"

/** @file How queues are shown, by the API and wfpctl alike. */

/** A queue with its settings, consumer and producers (which the store is asked
 *  for). */
apr_status_t wfp_show_queue(wfp_json_t **pdoc, wfp_store_t *store,
                            const wfp_queue_t *queue, wfp_result_t *res,
                            apr_pool_t *p) WFP_CHECK;

/** Its consumer. */
wfp_json_t *wfp_show_queue_consumer(const wfp_queue_t *queue, apr_pool_t *p);

#endif
