/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WFP_S3_ERROR_H
#define WFP_S3_ERROR_H

#include "core/r2.h"
#include "core/result.h"
#include "core/wfp.h"

/** @file The one table of the S3 endpoint's errors: S3's codes. docs/api/s3.md
 *  lists them. */

typedef enum {
    WFP_S3_FINE = 0,
    WFP_S3_ACCESS_DENIED,
    WFP_S3_AUTH_HEADER, /* of a form that is none */
    WFP_S3_AUTH_QUERY,
    WFP_S3_BAD_DIGEST,
    WFP_S3_BUCKET_EXISTS,
    WFP_S3_BUCKET_NAME,
    WFP_S3_BUCKET_NOT_EMPTY,
    WFP_S3_INCOMPLETE_BODY,
    WFP_S3_INTERNAL,
    WFP_S3_INVALID_ARGUMENT,
    WFP_S3_INVALID_DIGEST, /* one that is none in form */
    WFP_S3_INVALID_PART,
    WFP_S3_INVALID_PART_ORDER,
    WFP_S3_INVALID_RANGE,
    WFP_S3_INVALID_REQUEST,
    WFP_S3_INVALID_URI,
    WFP_S3_KEY_TOO_LONG,
    WFP_S3_MALFORMED_XML,
    WFP_S3_METADATA_TOO_LARGE,
    WFP_S3_METHOD,
    WFP_S3_MISSING_LENGTH,
    WFP_S3_NO_BUCKET,
    WFP_S3_NO_KEY,
    WFP_S3_NO_UPLOAD,
    WFP_S3_NOT_IMPLEMENTED,
    WFP_S3_PRECONDITION,
    WFP_S3_SHA256_MISMATCH,
    WFP_S3_SIGNATURE,
    WFP_S3_SLOW_DOWN,
    WFP_S3_STORAGE_CLASS,
    WFP_S3_TIME_SKEWED,
    WFP_S3_TIMEOUT,
    WFP_S3_TOO_LARGE,
    WFP_S3_TOO_SMALL,
    WFP_S3_UNAVAILABLE,
    WFP_S3_UNKNOWN_KEY, /* InvalidAccessKeyId */
    WFP_S3_ERROR_COUNT
} wfp_s3_error_e;

typedef struct wfp_s3_error_row_t {
    int status; /* HTTP */
    const char *code;
    const char *text;
} wfp_s3_error_row_t;

/** The row of an error. */
const wfp_s3_error_row_t *wfp_s3_error_row(wfp_s3_error_e error);

/** What a call of R2 that failed with res is for a client. */
wfp_s3_error_e wfp_s3_error_of_r2(wfp_r2_fault_e fault,
                                  const wfp_result_t *res);

/** The same of the store's buckets. */
wfp_s3_error_e wfp_s3_error_of(const wfp_result_t *res);

#endif
