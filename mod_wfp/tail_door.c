/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A socket leaves httpd as a second descriptor of it: httpd closes its own, and
 * as the connection is marked as broken off, it neither waits for the client nor
 * ends the connection itself. Called by admin/api_tails.c through control.c.
 */
#include "mod_wfp/tail_door.h"

#include <ap_mpm.h>
#include <apr_portable.h>
#include <apr_strings.h>
#include <errno.h>
#include <fcntl.h>
#include <http_connection.h>
#include <http_core.h>
#include <http_protocol.h>
#include <http_ssl.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "core/logring.h"
#include "core/websocket.h"
#include "mod_wfp/tail_sender.h"

/* How often who keeps a thread looks around. */
#define LOOK_MS 500

#define PIECE 16384

/* Threads of the host that may be kept; a quarter of all, if that is less. */
#define HELD_MAX 16

/* What the sender is given. */
typedef struct reader_t {
    const wfp_tails_entry_t *tail;
    int is_websocket;
    const char *hello;
    wfp_logring_place_t since; /* nobody heard the tail there */
} reader_t;

/* ---- what is asked ----------------------------------------------------------------- */

/* What a WebSocket is answered first; NULL: none was asked for. */
static const char *handshake(request_rec *r)
{
    const char *upgrade = apr_table_get(r->headers_in, "Upgrade");
    const char *version = apr_table_get(r->headers_in, "Sec-WebSocket-Version");
    const char *key = apr_table_get(r->headers_in, "Sec-WebSocket-Key");
    const char *protocols = apr_table_get(r->headers_in,
                                          "Sec-WebSocket-Protocol");
    const char *accept;

    if (r->connection->master || r->proto_num < HTTP_VERSION(1, 1) || !upgrade
        || !ap_find_token(r->pool, upgrade, "websocket") || !key || !version
        || strcmp(version, "13") != 0) {
        return NULL;
    }
    accept = wfp_websocket_accept(key, r->pool);
    if (!accept) {
        return NULL;
    }
    return apr_pstrcat(r->pool,
                       "HTTP/1.1 101 Switching Protocols\r\n"
                       "Upgrade: websocket\r\nConnection: Upgrade\r\n"
                       "Sec-WebSocket-Accept: ",
                       accept,
                       protocols
                               && ap_find_token(r->pool, protocols, "trace-v1")
                           ? "\r\nSec-WebSocket-Protocol: trace-v1\r\n\r\n"
                           : "\r\n\r\n",
                       NULL);
}

/* Bytes have to pass httpd's filters on their way: those of TLS and HTTP/2, and
 * what somebody does with responses. Asked before anything is written. */
static int needs_filters(const request_rec *r, int is_websocket)
{
    return r->connection->master || ap_ssl_conn_is_ssl(r->connection)
           || (!is_websocket && r->output_filters != r->proto_output_filters);
}

/* Headers of events go out as those of any response; not by ap_rflush(), which
 * leaves a filter. @return 0: gone */
static int begin_events(request_rec *r)
{
    conn_rec *c = r->connection;
    apr_bucket_brigade *bb = apr_brigade_create(r->pool, c->bucket_alloc);

    c->keepalive = AP_CONN_CLOSE; /* so no chunks, either */
    ap_set_content_type(r, "text/event-stream");
    apr_table_setn(r->headers_out, "Cache-Control", "no-store");
    apr_table_setn(r->headers_out, "X-Content-Type-Options", "nosniff");
    apr_table_setn(r->headers_out, "X-Accel-Buffering", "no");
    apr_table_setn(r->subprocess_env, "no-gzip", "1");
    APR_BRIGADE_INSERT_TAIL(bb, apr_bucket_flush_create(c->bucket_alloc));
    return ap_pass_brigade(r->output_filters, bb) == APR_SUCCESS && !c->aborted;
}

/* ---- a thread that is kept --------------------------------------------------------- */

typedef struct kept_t {
    request_rec *r;
    int is_websocket;
    int fd;        /* the other end has the sender */
    int client_fd; /* -1: a stream has none */
    apr_bucket_brigade *bb;
    char piece[PIECE];
} kept_t;

/* @return 0: the client is gone */
static int pass_out(kept_t *k, apr_size_t n)
{
    request_rec *r = k->r;
    conn_rec *c = r->connection;

    if (!k->is_websocket) {
        return ap_rwrite(k->piece, (int)n, r) >= 0 && ap_rflush(r) >= 0
               && !c->aborted;
    }
    APR_BRIGADE_INSERT_TAIL(k->bb,
                            apr_bucket_transient_create(k->piece, n,
                                                        c->bucket_alloc));
    APR_BRIGADE_INSERT_TAIL(k->bb, apr_bucket_flush_create(c->bucket_alloc));
    if (ap_pass_brigade(c->output_filters, k->bb) != APR_SUCCESS) {
        return 0;
    }
    apr_brigade_cleanup(k->bb);
    return !c->aborted;
}

/* From the sender to the client. @return 0: it is over */
static int take_out(kept_t *k)
{
    ssize_t n = recv(k->fd, k->piece, sizeof(k->piece), MSG_DONTWAIT);

    if (n > 0) {
        return pass_out(k, (apr_size_t)n);
    }
    return n < 0 && (errno == EAGAIN || errno == EINTR);
}

/* What a client of a WebSocket says. @return 0: it is gone */
static int take_in(kept_t *k)
{
    conn_rec *c = k->r->connection;
    apr_status_t rv;
    apr_size_t n = sizeof(k->piece);

    rv = ap_get_brigade(c->input_filters, k->bb, AP_MODE_READBYTES,
                        APR_NONBLOCK_READ, (apr_off_t)n);
    if (APR_STATUS_IS_EAGAIN(rv)) {
        return 1;
    }
    if (rv == APR_SUCCESS) {
        rv = apr_brigade_flatten(k->bb, k->piece, &n);
    }
    apr_brigade_cleanup(k->bb);
    if (rv != APR_SUCCESS) {
        return 0;
    }
    /* it says little; who says more than the sender takes is not served */
    return n == 0
           || send(k->fd, k->piece, n, MSG_DONTWAIT | MSG_NOSIGNAL)
                  == (ssize_t)n;
}

static int is_gone(short revents)
{
    return (revents & (POLLRDHUP | POLLHUP | POLLERR)) != 0;
}

static void pass_to_and_fro(kept_t *k)
{
    struct pollfd fds[2];

    for (;;) {
        short listens = POLLRDHUP;

        if (k->is_websocket) {
            listens |= POLLIN;
        }
        fds[0].fd = k->fd;
        fds[0].events = POLLIN;
        fds[1].fd = k->client_fd;
        fds[1].events = listens;
        fds[0].revents = fds[1].revents = 0;
        if (poll(fds, 2, LOOK_MS) < 0 && errno != EINTR) {
            return;
        }
        if ((fds[0].revents && !take_out(k)) || is_gone(fds[1].revents)
            || (k->is_websocket && !take_in(k)) || k->r->connection->aborted) {
            return; /* the sender closes its end when the child ends */
        }
    }
}

/* ---- both ways ---------------------------------------------------------------------- */

static apr_status_t give(wfp_server_t *server, const reader_t *reader, int fd)
{
    const wfp_tails_entry_t *tail = reader->tail;
    apr_uint32_t whose = wfp_tail_heard_number(wfp_tails_heard(server->tails),
                                               tail->ns, tail->name);
    wfp_tail_client_t *client;

    client = wfp_tail_client_make(tail, &reader->since, whose, fd,
                                  reader->is_websocket, reader->hello,
                                  server->pool);
    if (!client) {
        return APR_ENOMEM;
    }
    wfp_tail_sender_take(server->tail_sender, client);
    return APR_SUCCESS;
}

static int fd_of(request_rec *r)
{
    apr_socket_t *socket = ap_get_conn_socket(r->connection);
    int fd;

    return !r->connection->master && socket
                   && apr_os_sock_get(&fd, socket) == APR_SUCCESS
               ? fd
               : -1;
}

/* The connection is the sender's; httpd forgets it. */
static apr_status_t leave_httpd(wfp_server_t *server, request_rec *r,
                                const reader_t *reader)
{
    int fd = fcntl(fd_of(r), F_DUPFD_CLOEXEC, 3);
    apr_status_t rv = fd < 0 ? errno : give(server, reader, fd);

    if (rv != APR_SUCCESS && fd >= 0) {
        (void)close(fd); /* httpd has the other */
    }
    r->connection->keepalive = AP_CONN_CLOSE;
    r->connection->aborted = rv == APR_SUCCESS;
    return rv;
}

static apr_status_t keep_thread(wfp_server_t *server, request_rec *r,
                                const reader_t *reader)
{
    conn_rec *c = r->connection;
    kept_t *k = apr_pcalloc(r->pool, sizeof(*k));
    int pair[2];
    apr_status_t rv;

    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) != 0) {
        return errno;
    }
    rv = give(server, reader, pair[1]);
    if (rv != APR_SUCCESS) {
        (void)close(pair[0]); /* nobody has them */
        (void)close(pair[1]);
        return rv;
    }
    k->r = r;
    k->is_websocket = reader->is_websocket;
    k->fd = pair[0];
    k->client_fd = fd_of(r);
    k->bb = apr_brigade_create(r->pool, c->bucket_alloc);
    if (k->is_websocket) {
        ap_remove_input_filter_byhandle(c->input_filters, "reqtimeout");
    }
    pass_to_and_fro(k);
    (void)close(k->fd); /* the sender sees it */
    c->keepalive = AP_CONN_CLOSE;
    if (k->is_websocket) {
        c->aborted = 1; /* no response of httpd's comes after all that */
    }
    return APR_SUCCESS;
}

static apr_status_t serve(wfp_server_t *server, request_rec *r,
                          const reader_t *reader)
{
    int keeps = needs_filters(r, reader->is_websocket);

    if (!reader->is_websocket && !begin_events(r)) {
        return APR_ECONNABORTED;
    }
    return keeps ? keep_thread(server, r, reader)
                 : leave_httpd(server, r, reader);
}

/* A quarter of the threads that serve requests, on the whole host. */
static int held_max(void)
{
    int daemons = 1, threads = 1, most;

    /* what an MPM cannot say is one */
    (void)ap_mpm_query(AP_MPMQ_MAX_DAEMONS, &daemons);
    (void)ap_mpm_query(AP_MPMQ_MAX_THREADS, &threads);
    most = (daemons > 0 ? daemons : 1) * (threads > 0 ? threads : 1) / 4;
    return most < 1 ? 1 : most > HELD_MAX ? HELD_MAX : most;
}

apr_status_t wfp_tail_door_serve(int *prc, wfp_server_t *server, request_rec *r,
                                 const wfp_tails_entry_t *tail,
                                 int is_websocket)
{
    reader_t reader = {
        tail, is_websocket, is_websocket ? handshake(r) : "", { 0 }
    };
    apr_status_t rv;

    *prc = OK;
    if (!reader.hello) {
        return APR_EINVAL;
    }
    if (!server->tail_sender || wfp_tail_sender_is_ending(server)) {
        return APR_ENOSPC;
    }
    wfp_logring_follow(&reader.since, server->tail_ring);
    rv = wfp_tails_connect(server->tails, tail,
                           needs_filters(r, is_websocket) ? held_max() : 0);
    if (rv != APR_SUCCESS) {
        return rv;
    }
    r->status = is_websocket ? HTTP_SWITCHING_PROTOCOLS : HTTP_OK;
    rv = serve(server, r, &reader);
    if (rv != APR_SUCCESS) {
        wfp_tails_leave(server->tails, tail, 1);
        r->connection->aborted = 1; /* the head may be out */
        r->connection->keepalive = AP_CONN_CLOSE;
    }
    return APR_SUCCESS;
}
