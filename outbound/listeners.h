/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WFP_LISTENERS_H
#define WFP_LISTENERS_H

#include <apr_pools.h>

#include "core/wfp.h"

/**
 * @file
 * The sockets on which this server itself listens. A subrequest to one of them
 * would come from inside: to an admin's page that trusts the host, or round
 * and round. Public addresses of this host are no exception.
 */

typedef struct wfp_listeners_t wfp_listeners_t;

/** None yet, in p. */
wfp_listeners_t *wfp_listeners_make(apr_pool_t *p);

/**
 * Add one. start scope, or before others read it.
 *
 * @param family  AF_INET or AF_INET6; others are left out
 * @param addr    4 or 16 bytes, network order; all zero: every address of the
 *                host, of both families
 */
void wfp_listeners_add(wfp_listeners_t *listeners, int family, const void *addr,
                       int port);

/**
 * Does a connection to this address and port reach one of them? Asks the
 * kernel which addresses are the host's (as they are now) when it matters.
 *
 * @param listeners  NULL: none
 * @return 1: it does, or nobody can say
 * @note any thread; does not block
 */
int wfp_listeners_has(const wfp_listeners_t *listeners, int family,
                      const void *addr, int port);

/** Is it an address of this host, as it is now? @return 1: it is, or nobody can
 *  say */
int wfp_listeners_is_host(int family, const void *addr);

#endif
