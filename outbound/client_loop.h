/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WFP_CLIENT_LOOP_H
#define WFP_CLIENT_LOOP_H

#include <apr_pools.h>

#include "core/result.h"
#include "outbound/client.h"
#include "outbound/client_socket.h"

/**
 * @file
 * The thread that drives all transfers of a child. Private to
 * outbound/client*.c.
 */

typedef struct wfp_client_transfer_t wfp_client_transfer_t;
typedef struct wfp_client_loop_t wfp_client_loop_t;

/** What a request's thread may want of the loop, as bits. */
#define WFP_CLIENT_START  1u
#define WFP_CLIENT_RESUME 2u /* a window has room or bytes again */
#define WFP_CLIENT_CANCEL 4u

/** A transfer's place in the loop's lists. */
typedef struct wfp_client_job_t {
    wfp_client_loop_t *loop;     /* to which it was posted */
    wfp_client_transfer_t *next; /* under the loop's mutex */
    unsigned wants;              /* likewise; 0: not in the inbox */
    /* the loop's own: */
    wfp_client_transfer_t *active_next;
    wfp_client_transfer_t **active_link; /* NULL: curl does not have it */
    wfp_client_transfer_t *touched_next;
    unsigned touched : 1; /* somebody must be woken */
    unsigned spoilt : 1;  /* the connection was no good: once more */
    unsigned foreign : 1; /* the same, and only a new one will do */
    int retries;          /* for that reason */
    /* of the connection on which curl sent the request last */
    unsigned asked : 1; /* there was one */
    unsigned fresh : 1; /* nothing went over it before */
    unsigned http2 : 1; /* not known to speak HTTP/1 */
    wfp_client_ends_t ends;
} wfp_client_job_t;

/** Start the thread; wfp_client_loop_stop() must come before p's end. */
apr_status_t wfp_client_loop_create(wfp_client_loop_t **ploop,
                                    const wfp_client_config_t *config,
                                    wfp_result_t *res, apr_pool_t *p) WFP_CHECK;

/**
 * Hand a transfer over, or tell the loop something about one that it has.
 * Never blocks on I/O. After the loop's end it lets go of the transfer (done,
 * with an error) at once.
 */
void wfp_client_loop_post(wfp_client_loop_t *loop, wfp_client_transfer_t *t,
                          unsigned wants);

/** Let go of every transfer, now and later. Async-signal-safe. */
void wfp_client_loop_abort(wfp_client_loop_t *loop);

/** Stop and join the thread; it lets go of every transfer. Once. */
void wfp_client_loop_stop(wfp_client_loop_t *loop);

/** On the loop's thread: wake the transfer's owner after this turn. */
void wfp_client_loop_touch(wfp_client_loop_t *loop, wfp_client_transfer_t *t);

/** The loop's open sockets, for its own thread. */
wfp_client_sockets_t *wfp_client_loop_sockets(wfp_client_loop_t *loop);

/** Transfers that curl has now. */
apr_uint32_t wfp_client_loop_active(wfp_client_loop_t *loop);

#endif
