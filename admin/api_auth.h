/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WFP_API_AUTH_H
#define WFP_API_AUTH_H

#include "admin/api_call.h"

/** @file Who asks, and what a token may do. */

/** Count the call for its address: before anything is asked of the store. On
 *  refusal the error is in the answer. */
apr_status_t wfp_api_auth_address(wfp_api_call_t *call) WFP_CHECK;

/**
 * Find the token of a call and see whether it may do what the route does. The
 * store is asked each time, so that a revoked token ends at once everywhere.
 *
 * @return APR_SUCCESS with call->token set (NULL on a public route without
 *         one); otherwise the error is in the answer
 */
apr_status_t wfp_api_auth_check(wfp_api_call_t *call) WFP_CHECK;

#endif
