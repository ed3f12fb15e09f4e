/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WFP_CONTROL_H
#define WFP_CONTROL_H

#include <http_core.h>
#include <httpd.h>

/** @file The doors of the REST API, `SetHandler wfp-api`, of the S3 endpoint,
 *  `SetHandler wfp-s3`, and of the admin page, `SetHandler wfp-admin`. */

extern const char wfp_control_api[];
extern const char wfp_control_s3[];
extern const char wfp_control_page[];

/** Which of the three a section sets as its handler, by expression, too; NULL:
 *  another one, or none. */
const char *wfp_control_handler(request_rec *r, const core_dir_config *dir);

/** hook handler. */
int wfp_control_handle(request_rec *r);

#endif
