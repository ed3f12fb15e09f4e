/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WFP_S3_META_H
#define WFP_S3_META_H

#include "admin/s3_call.h"

/** @file What is kept with an object, as headers. */

/** Read what a PUT's headers say, in call's pool. Errors are in the answer, those
 *  about headers that ask for what is not there, too. */
apr_status_t wfp_s3_meta_read(wfp_r2_meta_t *meta,
                              wfp_s3_call_t *call) WFP_CHECK;

/** Set the headers of a GET's answer, those that the query overrides as it
 *  says. An error is in the answer. */
apr_status_t wfp_s3_meta_write(wfp_s3_call_t *call,
                               const wfp_r2_object_t *object) WFP_CHECK;

/** S3's word for R2's storage class. */
const char *wfp_s3_meta_storage_class(const char *storage_class);

/** The If-* headers. @param prefix  "" or "x-amz-copy-source-" */
const wfp_r2_condition_t *wfp_s3_meta_condition(const wfp_s3_call_t *call,
                                                const char *prefix);

#endif
