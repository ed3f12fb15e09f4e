/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WFP_REQUEST_H
#define WFP_REQUEST_H

#include <httpd.h>

#include "core/message.h"
#include "mod_wfp/invoke.h"

/** @file httpd's request as a Worker's. */

/** Is the body in a transfer coding besides `chunked`? httpd only takes that
 *  one off. */
int wfp_request_is_coded(const request_rec *r);

/**
 * The request that the outermost Worker sees: raw path, header fields copied
 * into the work's pool, the body as a stream from the input filters.
 */
wfp_request_t *wfp_request_from_httpd(wfp_work_t *work);

#endif
