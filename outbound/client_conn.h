/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WFP_CLIENT_CONN_H
#define WFP_CLIENT_CONN_H

#include "outbound/client_transfer.h"

/**
 * @file
 * A transfer and the connection that curl chose for it. All on the loop's
 * thread. Private to outbound/client*.c.
 */

#define WFP_CLIENT_NO_ANSWER                                                   \
    "Network error: the connection was closed without an answer"

/** CURLOPT_PREREQFUNCTION: may this transfer's request go out on a connection
 *  with these ends, which another, with another policy, may have opened? */
int wfp_client_conn_request(void *baton, char *ip, char *local_ip, int port,
                            int local_port);

/** The head of an answer has come: if by HTTP/1, then from now on nothing may
 *  come on this connection by itself. */
void wfp_client_conn_answers(wfp_client_transfer_t *t);

/** May a transfer that curl ended be begun anew: on a connection that turned
 *  out to be no good nothing was sent, or nothing was done, or may be done
 *  twice? On the loop's thread. */
int wfp_client_conn_may_again(const wfp_client_transfer_t *t, int code);

/** Has the transfer the head of an answer, over HTTP/2 on this socket, and no
 *  reader that is to be waited for? On the loop's thread. */
int wfp_client_conn_is_answered(wfp_client_transfer_t *t, int fd);

/**
 * The transfer's request is no longer under way. Early: nobody waits for its
 * end, which the origin shall see. On the loop's thread, when curl has let go.
 */
void wfp_client_conn_leave(wfp_client_transfer_t *t, int early);

#endif
