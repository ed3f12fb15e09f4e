/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WFP_API_QUEUE_CONSUMERS_H
#define WFP_API_QUEUE_CONSUMERS_H

#include "admin/api_route.h"

/** @file Who consumes a queue. */

wfp_api_fn wfp_api_queue_consumers_list;
wfp_api_fn wfp_api_queue_consumers_add;
wfp_api_fn wfp_api_queue_consumers_get;
wfp_api_fn wfp_api_queue_consumers_update;
wfp_api_fn wfp_api_queue_consumers_remove;

#endif
