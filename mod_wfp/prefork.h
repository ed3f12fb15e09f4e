/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WFP_PREFORK_H
#define WFP_PREFORK_H

#include <apr_pools.h>
#include <httpd.h>

#include "core/wfp.h"

/**
 * @file
 * prefork's handler of SIGTERM and SIGHUP ends a child wherever its thread is:
 * in malloc(), or with a lock held that the end needs. Here it is told to stop
 * gracefully instead, whatever it is at: its loop ends it when it comes back to
 * there, and ending.c sees to it that it does. With a threaded MPM there is no
 * such thing: NULL, and everything here does nothing.
 */

typedef struct wfp_prefork_t wfp_prefork_t;

/**
 * Take the two signals over, until the pool goes.
 *
 * @param pprefork  NULL: a threaded MPM, or a child that nobody ends so (-X)
 * @param told      called in the signal's handler: the child ends soon, so
 *                  whoever waits for something is to be woken
 * @note child scope; it is the server's (wfp_server()->prefork), where the
 *       handler looks for it
 */
apr_status_t wfp_prefork_create(wfp_prefork_t **pprefork,
                                void (*told)(void *baton), void *baton,
                                apr_pool_t *p) WFP_CHECK;

/** hook pre_connection. csd: its apr_socket_t */
int wfp_prefork_pre_connection(conn_rec *c, void *csd);

/** End the connection of the client that it may be waiting for. Any thread. */
void wfp_prefork_hang_up(const wfp_prefork_t *prefork);

#endif
