/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WFP_CLIENT_RESOLVER_H
#define WFP_CLIENT_RESOLVER_H

#include <apr_time.h>

#include "outbound/address.h"
#include "outbound/client.h"

/**
 * @file
 * Looks names up for the client, by the system's resolver, which can neither
 * be told to stop nor how long it may take. So each look-up has a thread of
 * its own, there are few at a time, one owner has a few of these at most, those
 * that nobody waits for any more included, and nobody ever waits for such a
 * thread's end. Answers are kept for a while, "no such name" too. Private to
 * outbound/client*.c.
 */

typedef struct wfp_client_resolver_t wfp_client_resolver_t;

/** Addresses of a name that are looked at. */
#define WFP_CLIENT_ADDRESSES_MAX 8

typedef struct wfp_client_found_t {
    int count;
    wfp_address_t list[WFP_CLIENT_ADDRESSES_MAX];
} wfp_client_found_t;

/**
 * @param look_ups_max  at a time, 1 to 1024; an eighth of them, at least one,
 *                      for one owner
 * @return APR_SUCCESS or what failed
 */
apr_status_t wfp_client_resolver_create(wfp_client_resolver_t **presolver,
                                        int look_ups_max) WFP_CHECK;

/** Nobody waits any more, now and later. Async-signal-safe. */
void wfp_client_resolver_abort(wfp_client_resolver_t *resolver);

/** After the last user. Look-ups that hang are left to the process's end,
 *  with what they need. */
void wfp_client_resolver_destroy(wfp_client_resolver_t *resolver);

/**
 * The addresses of a name. localhost and what is below it is loopback,
 * whatever a server says.
 *
 * @param terms  owner, is_over, look, cancel
 * @param until  core/clock.h
 * @return APR_SUCCESS: one at least; APR_NOTFOUND: there are none, or nobody
 *         could say; APR_TIMEUP; APR_ECONNABORTED: it is over, or was told
 * @note request scope; blocks
 */
apr_status_t wfp_client_resolver_find(wfp_client_found_t *found,
                                      wfp_client_resolver_t *resolver,
                                      const char *name,
                                      const wfp_client_terms_t *terms,
                                      apr_time_t until) WFP_CHECK;

/** Look-ups that are under way. */
int wfp_client_resolver_busy(wfp_client_resolver_t *resolver);

#endif
