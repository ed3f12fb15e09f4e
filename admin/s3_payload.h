/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WFP_S3_PAYLOAD_H
#define WFP_S3_PAYLOAD_H

#include "admin/s3_call.h"

/** @file The body of a request, as a stream that ends well only when it is what
 *  was signed and promised. */

/**
 * The body of a PUT: aws-chunked is undone, signatures, SHA-256, lengths and
 * check sums (headers x-amz-checksum-*, trailers) are verified while it is read.
 * What does not hold fails its last read at the latest, with the error in
 * call's answer: so nothing may be kept before its end.
 *
 * @param sums  gets what the service verifies (and keeps): Content-MD5 and the
 *              SHA sums that a header gave
 * @return APR_SUCCESS, or the error is in the answer
 */
apr_status_t wfp_s3_payload_open(wfp_body_t **pbody, wfp_r2_sums_t *sums,
                                 wfp_s3_call_t *call) WFP_CHECK;

/** The whole body, verified, of at most max bytes; NUL-terminated. */
apr_status_t wfp_s3_payload_slurp(const char **pdata, apr_size_t *pn,
                                  wfp_s3_call_t *call,
                                  apr_size_t max) WFP_CHECK;

#endif
