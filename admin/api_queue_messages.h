/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WFP_API_QUEUE_MESSAGES_H
#define WFP_API_QUEUE_MESSAGES_H

#include "admin/api_route.h"

/** @file Messages by the API: push, pull, acknowledge, look. */

wfp_api_fn wfp_api_queue_messages_push;
wfp_api_fn wfp_api_queue_messages_push_batch;
wfp_api_fn wfp_api_queue_messages_pull;
wfp_api_fn wfp_api_queue_messages_peek;
wfp_api_fn wfp_api_queue_messages_ack;

#endif
