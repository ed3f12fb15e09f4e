/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The server's own listeners, for the client, which asks before it connects.
 * Filled in when a child starts; knows nothing of httpd.
 */
#include "outbound/listeners.h"

#include <apr_tables.h>
#include <ifaddrs.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "outbound/address.h"

typedef struct listener_t {
    wfp_address_t addr;
    int any; /* every address of the host */
    int port;
} listener_t;

struct wfp_listeners_t {
    apr_array_header_t *list; /* listener_t */
};

static const unsigned char zero[16];

wfp_listeners_t *wfp_listeners_make(apr_pool_t *p)
{
    wfp_listeners_t *listeners = apr_palloc(p, sizeof(*listeners));

    listeners->list = apr_array_make(p, 4, sizeof(listener_t));
    return listeners;
}

/* The address as it is on the wire: a mapped one is IPv4. */
static void settle(wfp_address_t *addr, int family, const void *bytes)
{
    wfp_address_t plain;

    wfp_address_set(addr, family, bytes);
    if (wfp_address_embedded(&plain, addr)) {
        *addr = plain;
    }
}

void wfp_listeners_add(wfp_listeners_t *listeners, int family, const void *addr,
                       int port)
{
    listener_t *entry;

    if (family != AF_INET && family != AF_INET6) {
        return;
    }
    entry = apr_array_push(listeners->list);
    settle(&entry->addr, family, addr);
    entry->any = !memcmp(entry->addr.bytes, zero, sizeof(zero));
    entry->port = port;
}

static socklen_t fill(struct sockaddr_storage *to, const wfp_address_t *addr)
{
    memset(to, 0, sizeof(*to));
    if (addr->family == AF_INET) {
        struct sockaddr_in *v4 = (void *)to;

        v4->sin_family = AF_INET;
        memcpy(&v4->sin_addr, addr->bytes, 4);
        return sizeof(*v4);
    }
    else {
        struct sockaddr_in6 *v6 = (void *)to;

        v6->sin6_family = AF_INET6;
        memcpy(&v6->sin6_addr, addr->bytes, 16);
        return sizeof(*v6);
    }
}

/* Could a socket be bound to it? One to any other address cannot, unless the
 * host was told otherwise (ip_nonlocal_bind). @return -1: nobody can say */
static int is_bindable(const wfp_address_t *addr)
{
    struct sockaddr_storage to;
    socklen_t size = fill(&to, addr);
    int ok, fd = socket(addr->family, SOCK_DGRAM | SOCK_CLOEXEC, 0);

    if (fd < 0) {
        return -1;
    }
    ok = bind(fd, (struct sockaddr *)&to, size) == 0;
    (void)close(fd);
    return ok;
}

static int is_sockaddr(const struct sockaddr *one, const wfp_address_t *addr)
{
    if (!one || one->sa_family != addr->family) {
        return 0;
    }
    return addr->family == AF_INET
               ? !memcmp(&((const struct sockaddr_in *)(const void *)one)
                              ->sin_addr,
                         addr->bytes, 4)
               : !memcmp(&((const struct sockaddr_in6 *)(const void *)one)
                              ->sin6_addr,
                         addr->bytes, 16);
}

static int is_of_interface(const wfp_address_t *addr)
{
    struct ifaddrs *list, *one;
    int found = 0;

    if (getifaddrs(&list) != 0) {
        return 1; /* nobody can say */
    }
    for (one = list; one && !found; one = one->ifa_next) {
        found = is_sockaddr(one->ifa_addr, addr);
    }
    freeifaddrs(list);
    return found;
}

/* Is it an address of this host? The quick question comes first: nearly all
 * are not. */
static int is_of_host(const wfp_address_t *addr)
{
    if (!memcmp(addr->bytes, zero, sizeof(zero))
        || (addr->family == AF_INET && addr->bytes[0] == 127)) {
        return 1;
    }
    return is_bindable(addr) != 0 && is_of_interface(addr);
}

int wfp_listeners_has(const wfp_listeners_t *listeners, int family,
                      const void *bytes, int port)
{
    wfp_address_t addr;
    int i;

    if (!listeners || (family != AF_INET && family != AF_INET6)) {
        return 0;
    }
    settle(&addr, family, bytes);
    for (i = 0; i < listeners->list->nelts; i++) {
        const listener_t *entry = &APR_ARRAY_IDX(listeners->list, i,
                                                 listener_t);

        if (entry->port == port
            && (entry->any ? is_of_host(&addr)
                           : wfp_address_in(&addr, &entry->addr,
                                            wfp_address_bits(addr.family)))) {
            return 1;
        }
    }
    return 0;
}

int wfp_listeners_is_host(int family, const void *bytes)
{
    wfp_address_t addr;

    if (family != AF_INET && family != AF_INET6) {
        return 0;
    }
    settle(&addr, family, bytes);
    return is_of_host(&addr);
}
