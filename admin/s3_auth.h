/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WFP_S3_AUTH_H
#define WFP_S3_AUTH_H

#include "admin/s3_call.h"

/** @file Who asks: the signature of a request, in its headers or its query. */

/**
 * Find the key that a request was signed with and see whether the signature is
 * its. The store is asked each time, so that a revoked key ends at once
 * everywhere.
 *
 * @return APR_SUCCESS with call->token and call->proof set; otherwise the error
 *         is in the answer
 */
apr_status_t wfp_s3_auth_check(wfp_s3_call_t *call) WFP_CHECK;

#endif
