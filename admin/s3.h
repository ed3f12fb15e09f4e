/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WFP_S3_H
#define WFP_S3_H

#include <httpd.h>

#include "admin/api.h"

/** @file The S3-compatible endpoint of R2 buckets (`SetHandler wfp-s3`). */

/**
 * Answer one request.
 *
 * @param path  the request's, encoded as it was sent
 * @param base  where the Location begins: "" for the root
 * @return for httpd's handler hook
 * @note request scope
 */
int wfp_s3_handle(request_rec *r, const char *path, const char *base,
                  const wfp_api_server_t *server);

#endif
