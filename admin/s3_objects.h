/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WFP_S3_OBJECTS_H
#define WFP_S3_OBJECTS_H

#include "admin/s3_call.h"

/** @file Routes of objects. */

apr_status_t wfp_s3_objects_get(wfp_s3_call_t *call) WFP_CHECK;
apr_status_t wfp_s3_objects_head(wfp_s3_call_t *call) WFP_CHECK;
apr_status_t wfp_s3_objects_put(wfp_s3_call_t *call) WFP_CHECK;
apr_status_t wfp_s3_objects_delete(wfp_s3_call_t *call) WFP_CHECK;

/** POST ?delete: many keys of a bucket. */
apr_status_t wfp_s3_objects_delete_many(wfp_s3_call_t *call) WFP_CHECK;

#endif
