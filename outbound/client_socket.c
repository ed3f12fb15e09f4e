/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Idle connections on which bytes have come: an origin that sends a body with
 * a 204, or two answers to one request. curl looks only whether a connection
 * is open before it uses it again, so the next request, maybe another
 * Worker's, would get these bytes as its answer. curl tells addresses and ports,
 * not sockets, before it sends: hence this table.
 */
#include "outbound/client_socket.h"

#include <netinet/in.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

struct wfp_client_sockets_t {
    wfp_client_socket_t *list;
    int count;
    int max;
};

wfp_client_sockets_t *wfp_client_socket_table(int max, apr_pool_t *p)
{
    wfp_client_sockets_t *sockets = apr_pcalloc(p, sizeof(*sockets));

    sockets->max = max;
    sockets->list = apr_pcalloc(p, sizeof(*sockets->list) * (apr_size_t)max);
    return sockets;
}

void wfp_client_socket_opened(wfp_client_sockets_t *sockets, int fd,
                              const wfp_client_ends_t *to)
{
    if (sockets->count < sockets->max) {
        sockets->list[sockets->count++] = (wfp_client_socket_t){ .fd = fd,
                                                                 .ends = *to };
    }
}

void wfp_client_socket_closed(wfp_client_sockets_t *sockets, int fd)
{
    int i;

    for (i = 0; i < sockets->count; i++) {
        if (sockets->list[i].fd == fd) {
            sockets->list[i] = sockets->list[--sockets->count];
            return;
        }
    }
}

static int local_port_of(int fd)
{
    struct sockaddr_storage addr;
    socklen_t n = sizeof(addr);

    memset(&addr, 0, sizeof(addr));
    if (getsockname(fd, (struct sockaddr *)&addr, &n) != 0) {
        return 0;
    }
    return addr.ss_family == AF_INET6
               ? ntohs(((struct sockaddr_in6 *)(void *)&addr)->sin6_port)
               : ntohs(((struct sockaddr_in *)(void *)&addr)->sin_port);
}

static int is_peer(const wfp_client_socket_t *one,
                   const wfp_client_ends_t *ends)
{
    return one->ends.peer_port == ends->peer_port
           && wfp_address_in(&one->ends.peer, &ends->peer,
                             wfp_address_bits(ends->peer.family));
}

wfp_client_socket_t *wfp_client_socket_find(wfp_client_sockets_t *sockets,
                                            const wfp_client_ends_t *ends)
{
    int i;

    for (i = 0; i < sockets->count; i++) {
        wfp_client_socket_t *one = &sockets->list[i];

        if (!is_peer(one, ends)) {
            continue;
        }
        if (!one->ends.local_port) {
            one->ends.local_port = local_port_of(one->fd);
        }
        if (one->ends.local_port == ends->local_port) {
            return one;
        }
    }
    return NULL;
}

int wfp_client_socket_is_spoilt(const wfp_client_socket_t *one)
{
    char buf[4096];
    int some = 0;

    while (recv(one->fd, buf, sizeof(buf), MSG_DONTWAIT) > 0) {
        some = 1;
    }
    if (some) {
        wfp_client_socket_end(one);
    }
    return some;
}

void wfp_client_socket_end(const wfp_client_socket_t *one)
{
    (void)shutdown(one->fd, SHUT_RDWR); /* may be closed already */
}

/* Events that move nothing: a handshake has some, one after the other. */
#define LOOKS_MAX 32

int wfp_client_socket_is_stuck(wfp_client_sockets_t *sockets, int fd)
{
    wfp_client_socket_t *one = sockets->list;
    wfp_client_socket_t *end = one + sockets->count;
    int n = 0;

    while (one < end && one->fd != fd) {
        one++;
    }
    if (one == end || ioctl(fd, FIONREAD, &n) != 0) {
        return 0;
    }
    one->looks = n > 0 && n == one->pending ? one->looks + 1 : 0;
    one->pending = n;
    return one->looks >= LOOKS_MAX;
}
