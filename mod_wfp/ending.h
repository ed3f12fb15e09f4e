/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WFP_ENDING_H
#define WFP_ENDING_H

#include <apr_network_io.h>
#include <apr_pools.h>
#include <apr_time.h>
#include <httpd.h>

#include "mod_wfp/server.h"

/**
 * @file
 * How a child ends: at once, when httpd stops, so that nothing waits any more;
 * and on its own, after many invocations had to be ended in the middle of a
 * library.
 */

/** A child ends by itself after so many. */
#define WFP_ENDING_STAGE2_MAX 1000

/** hook drop_privileges, first of what a child does by hooks: from now on
 *  prefork's signals end nothing in the middle (prefork.h). */
int wfp_ending_drop_privileges(apr_pool_t *pchild, server_rec *s);

/** child scope, once, before all other threads: the one that ends what they run
 *  is joined last. */
apr_status_t wfp_ending_start(wfp_server_t *server, apr_pool_t *p) WFP_CHECK;

/** hook child_stopping: forced, unless graceful. */
void wfp_ending_child_stopping(apr_pool_t *pchild, int graceful);

/** 1: httpd was told to stop now; whoever waits gives up. */
int wfp_ending_is_forced(const wfp_server_t *server);

/** Sleep until then, or until the stop is forced. */
void wfp_ending_sleep(const wfp_server_t *server, apr_time_t until);

/**
 * When a wait for input that begins now ends.
 *
 * @param until  core/clock.h; 0: as long as the socket's timeout says, which is
 *               the longest in any case
 * @return APR_INT64_MAX: never
 */
apr_time_t wfp_ending_of_input(apr_socket_t *socket, apr_time_t until);

/**
 * Wait a while for input on a connection's socket; whoever waits in httpd's code
 * is not woken by a forced stop.
 *
 * @param end  wfp_ending_of_input()'s
 * @return APR_SUCCESS: look whether there is some; APR_TIMEUP: past the end;
 *         APR_ECONNABORTED: the stop is forced
 */
apr_status_t wfp_ending_await_input(const wfp_server_t *server,
                                    apr_socket_t *socket,
                                    apr_time_t end) WFP_CHECK;

/** An invocation was ended at stage 2; the last one that this child may have
 *  makes it end gracefully: it takes no more connections. */
void wfp_ending_count(wfp_server_t *server);

/** 1: it does; connections close after the response. */
int wfp_ending_is_retiring(const wfp_server_t *server);

#endif
