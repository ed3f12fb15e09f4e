/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WFP_S3_UPLOADS_H
#define WFP_S3_UPLOADS_H

#include "admin/s3_call.h"

/** @file Routes of multipart uploads. */

apr_status_t wfp_s3_uploads_create(wfp_s3_call_t *call) WFP_CHECK;
apr_status_t wfp_s3_uploads_put_part(wfp_s3_call_t *call) WFP_CHECK;
apr_status_t wfp_s3_uploads_complete(wfp_s3_call_t *call) WFP_CHECK;
apr_status_t wfp_s3_uploads_abort(wfp_s3_call_t *call) WFP_CHECK;
apr_status_t wfp_s3_uploads_parts(wfp_s3_call_t *call) WFP_CHECK;
apr_status_t wfp_s3_uploads_list(wfp_s3_call_t *call) WFP_CHECK;

/** Which part of which upload: partNumber and uploadId. */
apr_status_t wfp_s3_uploads_read_part(wfp_r2_call_t *r2,
                                      wfp_s3_call_t *call) WFP_CHECK;

#endif
