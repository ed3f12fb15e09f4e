/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WFP_S3_COPY_H
#define WFP_S3_COPY_H

#include "admin/s3_call.h"

/** @file Objects and parts whose bytes are another object's. */

/** PUT with x-amz-copy-source: CopyObject. */
apr_status_t wfp_s3_copy_object(wfp_s3_call_t *call) WFP_CHECK;

/** The same with partNumber and uploadId: UploadPartCopy. */
apr_status_t wfp_s3_copy_part(wfp_s3_call_t *call) WFP_CHECK;

#endif
