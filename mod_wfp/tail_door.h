/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WFP_TAIL_DOOR_H
#define WFP_TAIL_DOOR_H

#include <httpd.h>

#include "core/tails.h"
#include "mod_wfp/server.h"

/**
 * @file
 * How a request for a live tail becomes one of the sender's connections. A plain
 * HTTP/1 connection leaves httpd: the sender has its socket, and the thread that
 * served the request serves the next one. What httpd's filters still have to see
 * (TLS, a stream of HTTP/2) keeps its thread, which passes bytes to and fro; of
 * those there is a bounded number.
 */

/**
 * Serve a tail by the request's connection. request scope.
 *
 * @param is_websocket  else as server-sent events
 * @param prc           for httpd's handler hook, when it was served
 * @return APR_SUCCESS: the request is answered; APR_EINVAL: a WebSocket was not
 *         asked for as it should be; APR_NOTFOUND: the tail is over; APR_EBUSY: it
 *         is connected; APR_ENOSPC: too many keep threads; nothing is sent then
 */
apr_status_t wfp_tail_door_serve(int *prc, wfp_server_t *server, request_rec *r,
                                 const wfp_tails_entry_t *tail,
                                 int is_websocket) WFP_CHECK;

#endif
