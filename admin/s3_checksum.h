/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WFP_S3_CHECKSUM_H
#define WFP_S3_CHECKSUM_H

#include "admin/s3_call.h"

/** @file Digests and check sums that clients send with a body, in headers before
 *  it or in trailers behind it. */

typedef struct wfp_s3_checksum_t wfp_s3_checksum_t;

/**
 * Read what the headers promise.
 *
 * @param pchecksum  what is to be verified here; NULL: nothing
 * @param sums       gets what the service verifies: MD5 and SHA
 * @return APR_SUCCESS, or the error is in the answer
 */
apr_status_t wfp_s3_checksum_read(wfp_s3_checksum_t **pchecksum,
                                  wfp_r2_sums_t *sums,
                                  wfp_s3_call_t *call) WFP_CHECK;

/** Add bytes of the body. */
apr_status_t wfp_s3_checksum_add(wfp_s3_checksum_t *checksum, const char *data,
                                 apr_size_t n) WFP_CHECK;

/** A trailer was read. @return 0: not the one that was announced */
int wfp_s3_checksum_trailer(wfp_s3_checksum_t *checksum, const char *name,
                            const char *value);

/** That was all. @return APR_SUCCESS, or the error is in the answer */
apr_status_t wfp_s3_checksum_end(wfp_s3_checksum_t *checksum,
                                 wfp_s3_call_t *call) WFP_CHECK;

/** Base64 of so many bytes as hex digits; NULL: it is none. */
const char *wfp_s3_checksum_hex(const char *base64, apr_size_t n,
                                apr_pool_t *p);

/** The other way round. */
const char *wfp_s3_checksum_base64(const char *hex, apr_pool_t *p);

#endif
