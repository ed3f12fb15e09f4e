/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WFP_API_BODY_H
#define WFP_API_BODY_H

#include <httpd.h>

#include "admin/api.h"
#include "core/body.h"
#include "core/result.h"

/** @file Bodies of requests and answers that pass as streams. */

/** The request's body: fresh, read to its end or left. It fails with
 *  WFP_BODY_TOO_LARGE (LimitRequestBody), WFP_TIMEOUT or
 *  WFP_CLIENT_DISCONNECTED. */
wfp_body_t *wfp_api_body_open(const wfp_api_server_t *server, request_rec *r);

/** Did httpd refuse the request's body while it came (LimitRequestBody of chunks,
 *  broken chunks)? The client has httpd's answer then, and the handler returns
 *  AP_FILTER_ERROR. */
int wfp_api_body_is_answered(const request_rec *r);

/** Send a body as the answer's, to its end. One that fails after its first bytes
 *  breaks the connection off. */
void wfp_api_body_send(request_rec *r, wfp_body_t *body, wfp_result_t *res);

/** Send bytes that are there; NULL: none. */
void wfp_api_body_send_bytes(request_rec *r, apr_bucket_brigade *bytes);

/**
 * What becomes of a request's body that nobody read, after the answer. A short
 * one is passed over by httpd. A long one, one of unknown length, and one that
 * waits to be asked for should not come: the connection ends with the answer.
 * One of HTTP/2 has others' streams, too: the answer does not wait until the
 * body is passed over.
 *
 * @param read  1: it was read to its end
 */
void wfp_api_body_leave(request_rec *r, int read);

/** The content type is set: a document that browsers run scripts of gets an origin
 *  of its own. What tenants keep comes from here, and so may the admin page. */
void wfp_api_body_sandbox(request_rec *r);

#endif
