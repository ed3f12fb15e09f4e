/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WFP_CLIENT_SOCKET_H
#define WFP_CLIENT_SOCKET_H

#include <apr_pools.h>

#include "core/wfp.h"

/**
 * @file
 * The sockets that the loop has open, to find one by its ports. All on the
 * loop's thread. Private to outbound/client*.c.
 */

typedef struct wfp_client_sockets_t wfp_client_sockets_t;

/** An empty table for max sockets. */
wfp_client_sockets_t *wfp_client_socket_table(int max, apr_pool_t *p);

/** A socket was opened to this port; a full table forgets it. */
void wfp_client_socket_opened(wfp_client_sockets_t *sockets, int fd,
                              int peer_port);

/** A socket is being closed. */
void wfp_client_socket_closed(wfp_client_sockets_t *sockets, int fd);

/**
 * Has the origin sent something before it was asked? Then it belongs to no
 * answer and would be taken for the next one: the bytes are thrown away and
 * the socket is shut down, so that curl finds it dead.
 *
 * @return 1: it had
 */
int wfp_client_socket_is_spoilt(wfp_client_sockets_t *sockets, int local_port,
                                int peer_port);

#endif
