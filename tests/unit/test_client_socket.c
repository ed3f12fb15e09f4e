/* SPDX-License-Identifier: Apache-2.0 */
/* The outbound client's sockets: one local port may go to several addresses. */
#include "outbound/client_socket.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include "tests/unit/wfp_test.h"

/* Two connections from one port to one port. */
typedef struct pair_t {
    int listener[2];
    int client[2];
    int server[2];
    wfp_client_ends_t ends[2];
} pair_t;

static struct sockaddr_in address(const char *text, int port)
{
    struct sockaddr_in addr;

    memset(&addr, 0, sizeof(addr));
    addr.sin_family = AF_INET;
    addr.sin_port = htons((unsigned short)port);
    (void)inet_pton(AF_INET, text, &addr.sin_addr);
    return addr;
}

static int port_of(int fd)
{
    struct sockaddr_in addr;
    socklen_t n = sizeof(addr);

    return getsockname(fd, (struct sockaddr *)&addr, &n) == 0
               ? ntohs(addr.sin_port)
               : 0;
}

static int bound(const char *text, int port)
{
    struct sockaddr_in addr = address(text, port);
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), yes = 1;

    if (fd < 0
        || setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof(yes)) != 0
        || bind(fd, (struct sockaddr *)&addr, sizeof(addr)) != 0) {
        return -1;
    }
    return fd;
}

static void connect_both(wfp_test_t *t, pair_t *pair)
{
    static const char *const peers[] = { "127.0.0.1", "127.0.0.2" };
    int i, port = 0, local = 0;

    for (i = 0; i < 2; i++) {
        pair->listener[i] = bound(peers[i], port);
        CHECK(pair->listener[i] >= 0);
        CHECK_INT(listen(pair->listener[i], 1), 0);
        port = port_of(pair->listener[i]);
    }
    for (i = 0; i < 2; i++) {
        struct sockaddr_in to = address(peers[i], port);

        pair->client[i] = bound("127.0.0.1", local);
        CHECK(pair->client[i] >= 0);
        CHECK_INT(connect(pair->client[i], (struct sockaddr *)&to, sizeof(to)),
                  0);
        pair->server[i] = accept(pair->listener[i], NULL, NULL);
        CHECK(pair->server[i] >= 0);
        local = port_of(pair->client[i]);
        wfp_address_set(&pair->ends[i].peer, AF_INET, &to.sin_addr);
        pair->ends[i].peer_port = port;
        pair->ends[i].local_port = 0;
    }
}

static void close_both(pair_t *pair)
{
    int i;

    for (i = 0; i < 2; i++) {
        (void)close(pair->client[i]);
        (void)close(pair->server[i]);
        (void)close(pair->listener[i]);
    }
}

/* What is done to the one is not done to the other, whichever was first. */
static void same_ports(wfp_test_t *t)
{
    wfp_client_sockets_t *sockets = wfp_client_socket_table(4, t->pool);
    wfp_client_ends_t ends;
    wfp_client_socket_t *one;
    pair_t pair;
    char byte;
    int i;

    connect_both(t, &pair);
    for (i = 0; i < 2; i++) {
        wfp_client_socket_opened(sockets, pair.client[i], &pair.ends[i]);
    }
    CHECK_INT(send(pair.server[0], "x", 1, 0), 1);
    for (i = 1; i >= 0; i--) {
        ends = pair.ends[i];
        ends.local_port = port_of(pair.client[i]);
        one = wfp_client_socket_find(sockets, &ends);
        CHECK(one != NULL);
        CHECK_INT(one->fd, pair.client[i]);
    }
    ends = pair.ends[1];
    ends.local_port = port_of(pair.client[1]);
    CHECK_INT(wfp_client_socket_is_spoilt(
                  wfp_client_socket_find(sockets, &ends)),
              0);
    CHECK_INT(recv(pair.client[0], &byte, 1, 0), 1); /* is still there */
    wfp_client_socket_closed(sockets, pair.client[1]);
    CHECK(wfp_client_socket_find(sockets, &ends) == NULL);
    close_both(&pair);
}

static const wfp_test_case_t cases[] = {
    { "connections from one port to one port of two addresses", same_ports },
    { NULL, NULL },
};

int main(void)
{
    return wfp_test_run(cases);
}
