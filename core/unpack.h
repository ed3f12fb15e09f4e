/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WFP_UNPACK_H
#define WFP_UNPACK_H

#include "core/body.h"
#include "core/inflate.h"
#include "core/message.h"

/**
 * @file
 * A response whose body comes unpacked: its content codings (RFC 9110, 8.4)
 * are undone piece by piece while somebody reads, so that a body of any size
 * passes in the memory of WFP_UNPACK_COST a coding. What is no such data, or
 * ends too early, is an error of the read that meets it.
 */

/** Codings that are undone, as a request asks for them. */
#define WFP_UNPACK_ACCEPTS "gzip, deflate"

/** Bytes that one coding takes until its body is closed. */
#define WFP_UNPACK_COST (WFP_INFLATE_COST + 16 * 1024)

/** Codings of one response: each reads through all before it. */
#define WFP_UNPACK_DEPTH_MAX 4

/** Who pays for the work. On the reader's thread; begin and end stand around
 *  each piece of it and contain no read of the source. */
typedef struct wfp_unpack_payer_t {
    void (*begin)(void *baton);
    /** @return APR_SUCCESS, or why it cannot go on: res tells */
    apr_status_t (*end)(void *baton, wfp_result_t *res);
    /** The body of one coding was closed. */
    void (*closed)(void *baton);
    void *baton; /* lives as long as the body */
} wfp_unpack_payer_t;

/** How many codings wfp_unpack_response() will undo; 0: it leaves the response
 *  as it is, since it has no body, no coding, one that is not known, more than
 *  WFP_UNPACK_DEPTH_MAX, or is a part of a body (206). */
int wfp_unpack_depth(const wfp_response_t *resp);

/**
 * The same response with another body, and without the fields that tell of the
 * packed one (Content-Encoding, Content-Length).
 *
 * @param presp  in p; its fields' texts are resp's
 * @param resp   of which wfp_unpack_depth() is not 0; its body, unread, is read
 *               through the new one only
 * @param payer  lives as long
 * @param p      lives as long as resp
 * @return APR_SUCCESS or APR_ENOMEM
 */
apr_status_t wfp_unpack_response(wfp_response_t **presp,
                                 const wfp_response_t *resp,
                                 const wfp_unpack_payer_t *payer,
                                 apr_pool_t *p) WFP_CHECK;

#endif
