/* SPDX-License-Identifier: Apache-2.0 */
/*
 * epoll and an eventfd for the loop's thread. Knows neither curl nor
 * transfers.
 */
#include "outbound/client_poll.h"

#include <errno.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#define EVENTS_A_TURN 128

static apr_status_t close_both(void *data)
{
    wfp_client_poll_t *poll = data;

    (void)close(poll->epoll_fd); /* nothing was written to it */
    (void)close(poll->wake_fd);
    return APR_SUCCESS;
}

apr_status_t wfp_client_poll_create(wfp_client_poll_t *poll, apr_pool_t *p)
{
    /* edge-triggered: each wake-up is an event, and nobody need read it */
    struct epoll_event event = { .events = EPOLLIN | EPOLLET };

    poll->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
    if (poll->epoll_fd < 0) {
        return errno;
    }
    poll->wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (poll->wake_fd < 0) {
        int err = errno;

        (void)close(poll->epoll_fd);
        return err;
    }
    apr_pool_cleanup_register(p, poll, close_both, apr_pool_cleanup_null);
    event.data.fd = poll->wake_fd;
    return epoll_ctl(poll->epoll_fd, EPOLL_CTL_ADD, poll->wake_fd, &event) == 0
               ? APR_SUCCESS
               : errno;
}

apr_status_t wfp_client_poll_watch(wfp_client_poll_t *poll, int fd,
                                   unsigned what, int known)
{
    struct epoll_event event = { .data.fd = fd };

    event.events = (what & WFP_CLIENT_POLL_IN ? (unsigned)EPOLLIN : 0)
                   | (what & WFP_CLIENT_POLL_OUT ? (unsigned)EPOLLOUT : 0);
    return epoll_ctl(poll->epoll_fd, known ? EPOLL_CTL_MOD : EPOLL_CTL_ADD, fd,
                     &event)
                   == 0
               ? APR_SUCCESS
               : errno;
}

void wfp_client_poll_forget(wfp_client_poll_t *poll, int fd)
{
    struct epoll_event event = { 0 };

    /* may be closed already, then it is forgotten */
    (void)epoll_ctl(poll->epoll_fd, EPOLL_CTL_DEL, fd, &event);
}

void wfp_client_poll_wake(wfp_client_poll_t *poll)
{
    static const apr_uint64_t one = 1;

    /* an eventfd takes 8 bytes or is full of wake-ups already */
    (void)!write(poll->wake_fd, &one, sizeof(one));
}

void wfp_client_poll_wait(wfp_client_poll_t *poll, int ms,
                          wfp_client_poll_fn_t *fn, void *baton)
{
    struct epoll_event events[EVENTS_A_TURN];
    int i, n = epoll_wait(poll->epoll_fd, events, EVENTS_A_TURN, ms);

    for (i = 0; i < n; i++) {
        unsigned got = events[i].events;
        unsigned what = (got & EPOLLIN ? WFP_CLIENT_POLL_IN : 0)
                        | (got & EPOLLOUT ? WFP_CLIENT_POLL_OUT : 0)
                        | (got & (EPOLLERR | EPOLLHUP) ? WFP_CLIENT_POLL_ERR
                                                       : 0);

        if (events[i].data.fd != poll->wake_fd) {
            fn(baton, events[i].data.fd, what);
        }
    }
}
