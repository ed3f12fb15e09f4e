/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WFP_SLOTS_H
#define WFP_SLOTS_H

#include <apr_pools.h>

#include "outbound/client.h"

/**
 * @file
 * How many outbound connections a top request has at the same time (limit
 * `connections`), counted from the begin of a fetch until the response's header
 * is there. Shared by all threads that work for the request.
 */

typedef struct wfp_slots_t wfp_slots_t;

/** None taken; in p. */
apr_status_t wfp_slots_make(wfp_slots_t **pslots, apr_pool_t *p) WFP_CHECK;

/**
 * Take one as soon as less than max are taken.
 *
 * @param terms  of the transfer that it is for: until when and for whom
 * @return APR_SUCCESS; else res: WFP_TIMEOUT, WFP_CLIENT_DISCONNECTED, or why
 *         the terms' cancel was told
 */
apr_status_t wfp_slots_take(wfp_slots_t *slots, apr_int64_t max,
                            const wfp_client_terms_t *terms,
                            wfp_result_t *res) WFP_CHECK;

void wfp_slots_give(wfp_slots_t *slots);

#endif
