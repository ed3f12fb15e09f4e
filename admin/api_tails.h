/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WFP_API_TAILS_H
#define WFP_API_TAILS_H

#include "admin/api_call.h"

/** @file Live tails of a Worker. docs/api/tails.md */

apr_status_t wfp_api_tails_list(wfp_api_call_t *call);
apr_status_t wfp_api_tails_add(wfp_api_call_t *call);
apr_status_t wfp_api_tails_delete(wfp_api_call_t *call);

/** The records as server-sent events. */
apr_status_t wfp_api_tails_events(wfp_api_call_t *call);

/** The WebSocket of a tail, whose path is its secret. */
apr_status_t wfp_api_tails_socket(wfp_api_call_t *call);

#endif
