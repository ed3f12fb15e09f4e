/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The connection a transfer's request goes out on: whether it may, whether
 * once more, and what becomes of the connection when the transfer leaves it.
 * What curl lacks stands here. client_easy.c has its options, client_loop.c
 * asks when a transfer ends; all on the loop's thread.
 */
#include "outbound/client_conn.h"

#include <curl/curl.h>

#include "core/clock.h"
#include "outbound/client_loop.h"
#include "outbound/client_pins.h"
#include "outbound/client_socket.h"

static void lock(wfp_client_transfer_t *t)
{
    (void)apr_thread_mutex_lock(t->mutex); /* cannot fail: our own */
}

static void unlock(wfp_client_transfer_t *t)
{
    (void)apr_thread_mutex_unlock(t->mutex);
}

/* From now on nothing may come on this connection by itself. */
void wfp_client_conn_answers(wfp_client_transfer_t *t)
{
    wfp_client_socket_t *one;

    if (!t->job.http2) {
        one = wfp_client_socket_find(wfp_client_loop_sockets(t->job.loop),
                                     &t->job.ends);
        if (one) {
            one->http1 = 1;
        }
    }
}

/* May curl send it once more? It does so when a connection ended before an
 * answer came; then the request may have been done. Or when the origin said
 * that it was not: on a new connection there is no other reason, and over
 * HTTP/2 it calls that no error. */
static int may_repeat(const wfp_client_transfer_t *t)
{
    return !t->job.asked || t->repeatable || t->job.fresh
           || (t->job.http2 && !t->error[0]);
}

/* The request goes out on this connection; NULL: it is not known. */
static void note_request(wfp_client_transfer_t *t, wfp_client_socket_t *one,
                         const wfp_client_ends_t *ends)
{
    wfp_client_conn_leave(t, 0);
    t->job.asked = 1;
    t->job.fresh = one && !one->used;
    t->job.http2 = one && !t->plain && !one->http1;
    t->job.ends = *ends;
    t->error[0] = '\0';
    if (one) {
        one->used = 1;
        one->requests++;
    }
    lock(t);
    t->moved = wfp_clock_now();
    unlock(t);
}

static int is_allowed(wfp_client_transfer_t *t, wfp_client_ends_t *ends,
                      const char *ip)
{
    return wfp_address_parse(&ends->peer, ip)
           && wfp_client_pins_may(t, ends->peer.family, ends->peer.bytes,
                                  ends->peer_port);
}

/* curl is about to send on a connection, which another transfer, with
 * another policy, may have opened. */
int wfp_client_conn_request(void *baton, char *ip, char *local_ip, int port,
                            int local_port)
{
    wfp_client_ends_t ends = { .peer_port = port, .local_port = local_port };
    wfp_client_transfer_t *t = baton;
    wfp_client_socket_t *one;

    if (!is_allowed(t, &ends, ip)) {
        lock(t);
        t->reached = 0;
        unlock(t);
        /* another's connection to the same host; there are others that may
         * be used, since they are pinned */
        t->job.spoilt = t->job.foreign = t->is_pinned && !t->job.foreign;
        return CURL_PREREQFUNC_ABORT;
    }
    if (!may_repeat(t)) {
        lock(t);
        t->refused = WFP_CLIENT_NO_ANSWER;
        unlock(t);
        return CURL_PREREQFUNC_ABORT;
    }
    one = wfp_client_socket_find(wfp_client_loop_sockets(t->job.loop), &ends);
    /* within TLS something may come before the first answer does, and at any
     * time over HTTP/2 */
    if (one && (t->plain || one->http1) && wfp_client_socket_is_spoilt(one)) {
        t->job.spoilt = 1;
        return CURL_PREREQFUNC_ABORT;
    }
    note_request(t, one, &ends);
    return CURL_PREREQFUNC_OK;
}

/* An origin that ends an HTTP/2 connection tells what it began with; of a
 * stream behind that curl only says that the connection is over. */
int wfp_client_conn_may_again(const wfp_client_transfer_t *t, int code)
{
    return t->job.spoilt
           || (code == CURLE_HTTP2 && t->job.http2 && !t->job.fresh
               && t->repeatable && !t->sends && !t->status);
}

int wfp_client_conn_is_answered(wfp_client_transfer_t *t, int fd)
{
    wfp_client_socket_t *one;
    int answered;

    lock(t);
    answered = t->job.asked && t->job.http2 && t->head_done && !t->down_paused;
    unlock(t);
    one = answered
              ? wfp_client_socket_find(wfp_client_loop_sockets(t->job.loop),
                                       &t->job.ends)
              : NULL;
    return one && one->fd == fd;
}

/* Over HTTP/2 curl tells the origin only when it has something else to say on
 * the connection: when it has not, the connection ends, as it does over
 * HTTP/1. */
void wfp_client_conn_leave(wfp_client_transfer_t *t, int early)
{
    wfp_client_socket_t *one;

    if (t->job.asked) {
        one = wfp_client_socket_find(wfp_client_loop_sockets(t->job.loop),
                                     &t->job.ends);
        if (one && --one->requests <= 0 && early && t->job.http2) {
            wfp_client_socket_end(one);
        }
    }
    t->job.asked = 0;
}
