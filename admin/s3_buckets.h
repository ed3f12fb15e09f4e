/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WFP_S3_BUCKETS_H
#define WFP_S3_BUCKETS_H

#include "admin/s3_call.h"

/** @file Routes of buckets. */

/** GET /: those that the key may reach. */
apr_status_t wfp_s3_buckets_list(wfp_s3_call_t *call) WFP_CHECK;

apr_status_t wfp_s3_buckets_head(wfp_s3_call_t *call) WFP_CHECK;
apr_status_t wfp_s3_buckets_create(wfp_s3_call_t *call) WFP_CHECK;
apr_status_t wfp_s3_buckets_delete(wfp_s3_call_t *call) WFP_CHECK;

/** ?location and ?versioning: there is one region, and no versions. */
apr_status_t wfp_s3_buckets_location(wfp_s3_call_t *call) WFP_CHECK;
apr_status_t wfp_s3_buckets_versioning(wfp_s3_call_t *call) WFP_CHECK;

#endif
