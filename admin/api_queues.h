/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WFP_API_QUEUES_H
#define WFP_API_QUEUES_H

#include "admin/api_call.h"
#include "store/queues.h"

/** @file Queues: list, create, get, update, delete, how full they are, purge. */

wfp_api_fn wfp_api_queues_list;
wfp_api_fn wfp_api_queues_create;
wfp_api_fn wfp_api_queues_get;
wfp_api_fn wfp_api_queues_update;
wfp_api_fn wfp_api_queues_delete;
wfp_api_fn wfp_api_queues_metrics;
wfp_api_fn wfp_api_queues_purge;

/** The queue that the path names, by id. On failure the error is in the
 *  answer. */
apr_status_t wfp_api_queues_find(wfp_queue_t **pqueue,
                                 wfp_api_call_t *call) WFP_CHECK;

/** Say what call->res says of a queue. @return rv */
apr_status_t wfp_api_queues_failed(wfp_api_call_t *call, apr_status_t rv);

/** {backlog_count, backlog_bytes, oldest_message_timestamp_ms} of a queue as it
 *  is now. */
apr_status_t wfp_api_queues_measure(wfp_json_t **pdoc, wfp_api_call_t *call,
                                    const char *id) WFP_CHECK;

/** A whole number of an object, between min and max; where it is missing or null
 *  *pn stays. On failure `error` is in the answer. */
apr_status_t wfp_api_queues_number(apr_int64_t *pn, wfp_api_call_t *call,
                                   const wfp_json_t *obj, const char *name,
                                   apr_int64_t min, apr_int64_t max,
                                   wfp_api_error_e error) WFP_CHECK;

#endif
