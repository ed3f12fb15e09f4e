/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WFP_CLIENT_SOCKET_H
#define WFP_CLIENT_SOCKET_H

#include <apr_pools.h>

#include "core/wfp.h"
#include "outbound/address.h"

/**
 * @file
 * The sockets that the loop has open, to find one by its two ends. All on the
 * loop's thread. Private to outbound/client*.c.
 */

typedef struct wfp_client_sockets_t wfp_client_sockets_t;

/** An empty table for max sockets. */
wfp_client_sockets_t *wfp_client_socket_table(int max, apr_pool_t *p);

/** Where a connection goes. Ports alone do not tell: the kernel gives one local
 *  port to connections to several addresses. */
typedef struct wfp_client_ends_t {
    wfp_address_t peer;
    int peer_port;
    int local_port; /* 0: not asked for yet */
} wfp_client_ends_t;

/** One of them, until the next is opened or closed. */
typedef struct wfp_client_socket_t {
    int fd;
    wfp_client_ends_t ends;
    int requests;       /* under way on it */
    int pending;        /* bytes that nobody read, at the last look */
    int looks;          /* that found as many */
    unsigned used : 1;  /* a request went out on it */
    unsigned http1 : 1; /* an answer by HTTP/1 came on it */
} wfp_client_socket_t;

/** A socket was opened to this port of an address; a full table forgets it. */
void wfp_client_socket_opened(wfp_client_sockets_t *sockets, int fd,
                              const wfp_client_ends_t *to);

/** A socket is being closed. */
void wfp_client_socket_closed(wfp_client_sockets_t *sockets, int fd);

/** The open socket with these ends, or NULL. */
wfp_client_socket_t *wfp_client_socket_find(wfp_client_sockets_t *sockets,
                                            const wfp_client_ends_t *ends);

/**
 * Has the origin sent something before it was asked? Then it belongs to no
 * answer and would be taken for the next one: the bytes are thrown away and
 * the socket is shut down, so that curl finds it dead. To be asked where the
 * protocol lets nothing come by itself.
 *
 * @return 1: it had
 */
int wfp_client_socket_is_spoilt(const wfp_client_socket_t *one);

/** Does curl leave what came on this socket unread, again and again? To be
 *  asked when an event of it moved nothing. */
int wfp_client_socket_is_stuck(wfp_client_sockets_t *sockets, int fd);

/** Close the connection for both sides; curl finds that out. */
void wfp_client_socket_end(const wfp_client_socket_t *one);

#endif
