/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WFP_S3_CHUNKS_H
#define WFP_S3_CHUNKS_H

#include "admin/s3_call.h"
#include "admin/s3_checksum.h"

/** @file The content coding aws-chunked: chunks with signatures, and trailers. */

/**
 * What a body is without its chunks, whose signatures are verified as they end.
 *
 * @param inner     is read through the new body only
 * @param length    bytes that there must be without the coding
 * @param checksum  gets trailers; NULL: none may come
 * @return a body that fails with the error in call's answer
 * @note bytes of a chunk are given before its signature was seen
 */
wfp_body_t *wfp_s3_chunks_open(wfp_body_t *inner, apr_off_t length,
                               wfp_s3_checksum_t *checksum,
                               wfp_s3_call_t *call);

#endif
