/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WFP_RECORD_REQUEST_H
#define WFP_RECORD_REQUEST_H

#include "core/headers.h"
#include "core/json_out.h"

/**
 * @file
 * The request in a record's member "event", in the form of a TraceItem's. Clients
 * may send anything: it is bounded, and what may be secret is not told. Any thread.
 */

/** Fields that are told; those behind them are left out. */
#define WFP_RECORD_HEADERS_MAX 100

/** What is known of it. */
typedef struct wfp_record_request_t {
    const char *method; /* NULL: it is told as null */
    const char *url;    /* the same */
    const char *client; /* the client's address; NULL: it is not told */
    const wfp_headers_t *headers; /* NULL: there is nothing to tell of them */
} wfp_record_request_t;

/**
 * Tell it, as an object.
 *
 * @param is_open  as it came, with its secrets
 * @param p  for an address that has ids
 * @return 0: some of its headers, or of its address, were left out
 */
int wfp_record_request_tell(wfp_json_out_t *out,
                            const wfp_record_request_t *request, int is_open,
                            apr_pool_t *p);

/** Is it told otherwise than it came? There are headers. */
int wfp_record_request_has_secrets(const wfp_record_request_t *request,
                                   apr_pool_t *p);

#endif
