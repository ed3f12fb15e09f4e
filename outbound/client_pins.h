/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WFP_CLIENT_PINS_H
#define WFP_CLIENT_PINS_H

#include "core/url.h"
#include "outbound/client_transfer.h"

/**
 * @file
 * The addresses that one transfer may use. Private to outbound/client*.c.
 */

/** Give t->easy a place of its own for pinned addresses. */
apr_status_t wfp_client_pins_create(wfp_client_transfer_t *t) WFP_CHECK;

/** After t->easy has gone. */
void wfp_client_pins_destroy(wfp_client_transfer_t *t);

/**
 * Look the URL's host up and pin the addresses that the policy lets pass. On
 * the request's thread, while curl does not have the handle; t's policy and
 * host are set.
 *
 * @param until  core/clock.h
 * @param p      the list lives there, as long as the transfer runs
 * @return APR_SUCCESS; else res: WFP_EGRESS_BLOCKED (none may be used),
 *         WFP_NETWORK_ERROR, WFP_TIMEOUT, WFP_CLIENT_DISCONNECTED, or what a
 *         cancel says
 */
apr_status_t wfp_client_pins_set(wfp_client_transfer_t *t, const wfp_url_t *url,
                                 const wfp_client_terms_t *terms,
                                 apr_time_t until, wfp_result_t *res,
                                 apr_pool_t *p) WFP_CHECK;

/** May the transfer talk to this address? Remembers in t why not. Any thread
 *  that has t. */
int wfp_client_pins_may(wfp_client_transfer_t *t, int family, const void *bytes,
                        int port);

#endif
