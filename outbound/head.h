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

/** Is the method one that may be sent: a token, not CONNECT or TRACE? */
int wfp_head_is_method(const char *method);

/** The status in a status line of n bytes; 0: it is none. */
int wfp_head_status(const char *line, apr_size_t n);

/**
 * A response from its head as received: status line and fields, each line
 * with its end. Fields of the connection and malformed ones are left out.
 *
 * @param presp    in p; body NULL
 * @param plength  of the body by Content-Length, -1: not known
 * @param text     NUL-terminated; changed, must live as long as p
 * @return APR_SUCCESS or APR_EINVAL: no legal status line, or two
 *         different lengths
 */
apr_status_t wfp_head_parse(wfp_response_t **presp, apr_off_t *plength,
                            char *text, apr_pool_t *p) WFP_CHECK;

#endif
