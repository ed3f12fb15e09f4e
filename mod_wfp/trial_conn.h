/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WFP_TRIAL_CONN_H
#define WFP_TRIAL_CONN_H

#include <httpd.h>

#include "admin/try.h"

/**
 * @file
 * A connection of this process to itself, without a socket: a secondary one, as
 * mod_http2 makes for its streams. What is asked is read from memory by httpd's
 * own reader of requests, finds its virtual host, its Location and its Worker as
 * any other, and what is answered stays in memory. So nothing is reached that is
 * not this server, no thread waits for another one, and all that holds for
 * requests holds.
 */

/** Send one request. ask says what, and gets what came of it. Returns when all
 *  of it is over; runs Lua and waits as a handler does.
 *  @param r  of the API: whose client, address and connection they are */
wfp_try_fn wfp_trial_conn_send;

/** Does who connects to this address of the server have to speak TLS? */
int wfp_trial_conn_is_tls(request_rec *r, apr_sockaddr_t *local);

/** Its filters, once. @note start scope */
void wfp_trial_conn_register(void);

#endif
