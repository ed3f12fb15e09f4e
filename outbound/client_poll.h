/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WFP_CLIENT_POLL_H
#define WFP_CLIENT_POLL_H

#include <apr_errno.h>
#include <apr_pools.h>

#include "core/wfp.h"

/**
 * @file
 * What the loop sleeps on: epoll with a wake-up. Private to
 * outbound/client*.c.
 */

typedef struct wfp_client_poll_t {
    int epoll_fd;
    int wake_fd;
} wfp_client_poll_t;

/** Something happened on this descriptor: bits below. */
typedef void wfp_client_poll_fn_t(void *baton, int fd, unsigned what);

#define WFP_CLIENT_POLL_IN  1u
#define WFP_CLIENT_POLL_OUT 2u
#define WFP_CLIENT_POLL_ERR 4u

/** Open both descriptors; they close with p. */
apr_status_t wfp_client_poll_create(wfp_client_poll_t *poll,
                                    apr_pool_t *p) WFP_CHECK;

/** Watch fd for these bits. @param known  1: it is watched already */
apr_status_t wfp_client_poll_watch(wfp_client_poll_t *poll, int fd,
                                   unsigned what, int known) WFP_CHECK;

/** Watch fd no more. */
void wfp_client_poll_forget(wfp_client_poll_t *poll, int fd);

/** End a wait, now or the next one. Any thread. */
void wfp_client_poll_wake(wfp_client_poll_t *poll);

/** Wait for at most ms milliseconds (-1: for ever) and tell fn. */
void wfp_client_poll_wait(wfp_client_poll_t *poll, int ms,
                          wfp_client_poll_fn_t *fn, void *baton);

#endif
