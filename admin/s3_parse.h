/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WFP_S3_PARSE_H
#define WFP_S3_PARSE_H

#include "admin/s3_call.h"

/** @file Bodies of XML that requests have: read whole, bounded, verified. */

/** What is to be deleted. */
typedef struct wfp_s3_delete_t {
    const char **keys;
    int count;
    int quiet;
} wfp_s3_delete_t;

/** A <Delete> of 1 to WFP_R2_DELETE_MAX keys. Errors are in the answer. */
apr_status_t wfp_s3_parse_delete(wfp_s3_delete_t *ask,
                                 wfp_s3_call_t *call) WFP_CHECK;

/** A <CompleteMultipartUpload>: its parts, whose numbers ascend. */
apr_status_t wfp_s3_parse_parts(wfp_r2_part_t **pparts, int *pcount,
                                wfp_s3_call_t *call) WFP_CHECK;

/** A <CreateBucketConfiguration>, or nothing: any region is this one. */
apr_status_t wfp_s3_parse_bucket(wfp_s3_call_t *call) WFP_CHECK;

#endif
