/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WFP_HEAD_H
#define WFP_HEAD_H

#include <apr_pools.h>

#include "core/message.h"
#include "core/wfp.h"

/**
 * @file
 * The head of a message on the wire: which fields of a request go out, and a
 * response's head from its text.
 */

/** Does this field belong to one connection (RFC 9110 7.6.1), or does the
 *  transport set it (Host, Content-Length, Expect)? Then it is not sent. */
int wfp_head_is_dropped(const char *name);

/** Does a Connection field name this one (but not what says what the body is),
 *  so that it ends with the connection? */
int wfp_head_is_listed(const wfp_headers_t *h, const char *name);

/** Is this field the hops' to say: X-Forwarded-*, Forwarded, Via, CDN-Loop,
 *  CF-*, X-Wfp-*, and names for the client's address; '_' counts as '-'? */
int wfp_head_is_reserved(const char *name);

/** Without the fields that belong to one connection. The list is new, names
 *  and values are not. */
wfp_headers_t *wfp_head_end_to_end(const wfp_headers_t *h, apr_pool_t *p);

/** A request that leaves a tenant's hands, as others may believe it: a copy
 *  without what belongs to a connection or is reserved. */
wfp_request_t *wfp_head_of_tenant(const wfp_request_t *req, apr_pool_t *p);

/** Is the method one that may be sent: a token, not CONNECT or TRACE? */
int wfp_head_is_method(const char *method);

/** Is it the same whether such a request is done once or twice? */
int wfp_head_is_idempotent(const char *method);

/** Does this line of n bytes name a transfer coding other than `chunked`? */
int wfp_head_is_coded(const char *line, apr_size_t n);

/** The status in a status line of n bytes; 0: it is none. */
int wfp_head_status(const char *line, apr_size_t n);

/**
 * A response from its head as received: status line and fields, each line
 * with its end. Fields of the connection and malformed ones are left out.
 *
 * @param presp    in p; body NULL
 * @param plength  of the body by Content-Length, -1: not known
 * @param text     NUL-terminated; changed, must live as long as p
 * @return APR_SUCCESS or APR_EINVAL: no legal status line, or lengths that
 *         differ or are no number
 */
apr_status_t wfp_head_parse(wfp_response_t **presp, apr_off_t *plength,
                            char *text, apr_pool_t *p) WFP_CHECK;

#endif
