/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WFP_API_LOGS_H
#define WFP_API_LOGS_H

#include "admin/api_call.h"

/** @file Records of a Worker's invocations that the store has. */

apr_status_t wfp_api_logs_list(wfp_api_call_t *call) WFP_CHECK;

#endif
