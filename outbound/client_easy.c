/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A transfer as curl's easy handle: its options, its callbacks and what its
 * errors mean. prepare runs on the request's thread while curl does not have
 * the handle, all callbacks on the loop's. Nobody else sets an option, so
 * here stands what the client never does: follow, log in, use a proxy, keep a
 * cookie, unpack, skip a certificate.
 */
#include "outbound/client_easy.h"

#include <apr_strings.h>
#include <arpa/inet.h>
#include <curl/curl.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "core/clock.h"
#include "outbound/client_conn.h"
#include "outbound/client_loop.h"
#include "outbound/client_pins.h"
#include "outbound/head.h"

static void lock(wfp_client_transfer_t *t)
{
    (void)apr_thread_mutex_lock(t->mutex); /* cannot fail: our own */
}

static void unlock(wfp_client_transfer_t *t)
{
    (void)apr_thread_mutex_unlock(t->mutex);
}

#define HEAD_TOO_LARGE "Network error: the answer's head is too large"
#define NO_HTTP        "Network error: the answer is no HTTP"

_Static_assert(sizeof(((wfp_client_transfer_t *)NULL)->error)
                   >= CURL_ERROR_SIZE,
               "curl writes so much");

/* The head of a response begins, goes on or ends with this line. Interim
 * responses are forgotten when their last line comes. */
static int take_head_line(wfp_client_transfer_t *t, const char *line,
                          apr_size_t n)
{
    int status = wfp_head_status(line, n);

    if (status && t->plain && line[sizeof("HTTP/") - 1] != '1') {
        t->refused = NO_HTTP;
        return 0;
    }
    if (status) {
        t->job.http2 = line[sizeof("HTTP/") - 1] != '1';
        t->status = status;
        wfp_window_clear(&t->head);
        t->fields = 0;
    }
    if (t->head.bytes + n > t->head.max || ++t->fields > WFP_HEADERS_MAX + 1) {
        t->refused = HEAD_TOO_LARGE;
        return 0;
    }
    /* nobody asked for it, and curl would unpack it */
    if (wfp_head_is_coded(line, n)) {
        t->refused = "Network error: the answer's transfer coding is not known";
        return 0;
    }
    if (line[0] != '\r' && line[0] != '\n') {
        return wfp_window_put(&t->head, line, n) == APR_SUCCESS;
    }
    if (t->status >= 100 && t->status < 200 && t->status != 101) {
        wfp_window_clear(&t->head);
        if (++t->interims > WFP_CLIENT_INTERIMS_MAX) {
            t->refused = "Network error: too many interim answers";
            return 0;
        }
        return 1;
    }
    t->head_done = 1;
    return 1;
}

/* A time of curl's, in microseconds since the transfer's start. */
static apr_int64_t time_of(const wfp_client_transfer_t *t, CURLINFO what)
{
    curl_off_t us = 0;

    return curl_easy_getinfo(t->easy, what, &us) == CURLE_OK ? us : 0;
}

static apr_int64_t span(apr_int64_t from, apr_int64_t to)
{
    return to > from ? to - from : 0;
}

void wfp_client_easy_times(wfp_client_transfer_t *t)
{
    apr_int64_t looked_up = time_of(t, CURLINFO_NAMELOOKUP_TIME_T);
    apr_int64_t connected = time_of(t, CURLINFO_CONNECT_TIME_T);

    t->times.dns_us = looked_up;
    t->times.connect_us = span(looked_up, connected);
    t->times.tls_us = span(connected, time_of(t, CURLINFO_APPCONNECT_TIME_T));
}

/* Trailers are dropped, but not without an end. */
static int take_trailer(wfp_client_transfer_t *t, apr_size_t n)
{
    t->trailers += n;
    if (t->trailers > WFP_CLIENT_HEAD_MAX) {
        t->refused = "Network error: the answer's trailers are too large";
        return 0;
    }
    return 1;
}

static size_t on_header(char *line, size_t size, size_t n, void *baton)
{
    wfp_client_transfer_t *t = baton;
    int ok;

    lock(t);
    t->moved = wfp_clock_now();
    ok = n == 0
         || (t->head_done ? take_trailer(t, n) : take_head_line(t, line, n));
    if (t->head_done) {
        wfp_client_conn_answers(t);
        wfp_client_easy_times(t);
        wfp_client_loop_touch(t->job.loop, t);
    }
    unlock(t);
    return ok ? n : 0;
}

static size_t on_body(char *data, size_t size, size_t n, void *baton)
{
    wfp_client_transfer_t *t = baton;
    size_t took = n;

    lock(t);
    t->moved = wfp_clock_now();
    if (wfp_window_is_full(&t->down)) {
        t->down_paused = 1;
        took = CURL_WRITEFUNC_PAUSE;
    }
    else if (wfp_window_put(&t->down, data, n) != APR_SUCCESS) {
        took = 0;
    }
    wfp_client_loop_touch(t->job.loop, t);
    unlock(t);
    return took;
}

static size_t on_read(char *buf, size_t size, size_t n, void *baton)
{
    wfp_client_transfer_t *t = baton;
    size_t got;

    lock(t);
    got = wfp_window_take(&t->up, buf, size * n);
    if (got > 0) {
        t->moved = wfp_clock_now();
    }
    if (got == 0 && !t->up_end) {
        t->up_paused = 1;
        got = CURL_READFUNC_PAUSE;
    }
    wfp_client_loop_touch(t->job.loop, t);
    unlock(t);
    return got;
}

/* curl has no address for the host. It has been given all that there are, so
 * only an address itself needs none. */
static int on_look_up(void *state, void *reserved, void *baton)
{
    const wfp_client_transfer_t *t = baton;

    return !t->is_literal;
}

/* curl wants to connect. */
static curl_socket_t on_open(void *baton, curlsocktype purpose,
                             struct curl_sockaddr *to)
{
    wfp_client_transfer_t *t = baton;
    wfp_client_ends_t ends = { .local_port = 0 };
    const void *bytes;
    int fd;

    if (to->family == AF_INET) {
        const struct sockaddr_in *v4 = (const void *)&to->addr;

        bytes = &v4->sin_addr;
        ends.peer_port = ntohs(v4->sin_port);
    }
    else if (to->family == AF_INET6) {
        const struct sockaddr_in6 *v6 = (const void *)&to->addr;

        bytes = &v6->sin6_addr;
        ends.peer_port = ntohs(v6->sin6_port);
    }
    else {
        return CURL_SOCKET_BAD;
    }
    if (!wfp_client_pins_may(t, to->family, bytes, ends.peer_port)) {
        return CURL_SOCKET_BAD;
    }
    wfp_address_set(&ends.peer, to->family, bytes);
    fd = socket(to->family, to->socktype | SOCK_CLOEXEC, to->protocol);
    if (fd >= 0) {
        wfp_client_socket_opened(wfp_client_loop_sockets(t->job.loop), fd,
                                 &ends);
    }
    return fd;
}

static int on_close(void *baton, curl_socket_t fd)
{
    wfp_client_socket_closed(wfp_client_loop_sockets(baton), fd);
    return close(fd);
}

/* A setting that fails leaves its CURLcode in rc for the end. */
#define SET(option, value) rc |= curl_easy_setopt(t->easy, option, value)

static int set_callbacks(wfp_client_transfer_t *t)
{
    int rc = 0;

    SET(CURLOPT_PRIVATE, t);
    SET(CURLOPT_ERRORBUFFER, t->error);
    SET(CURLOPT_HEADERFUNCTION, on_header);
    SET(CURLOPT_HEADERDATA, t);
    SET(CURLOPT_WRITEFUNCTION, on_body);
    SET(CURLOPT_WRITEDATA, t);
    SET(CURLOPT_READFUNCTION, on_read);
    SET(CURLOPT_READDATA, t);
    SET(CURLOPT_RESOLVER_START_FUNCTION, on_look_up);
    SET(CURLOPT_RESOLVER_START_DATA, t);
    SET(CURLOPT_OPENSOCKETFUNCTION, on_open);
    SET(CURLOPT_OPENSOCKETDATA, t);
    SET(CURLOPT_CLOSESOCKETFUNCTION, on_close);
    SET(CURLOPT_CLOSESOCKETDATA, t->job.loop);
    SET(CURLOPT_PREREQFUNCTION, wfp_client_conn_request);
    SET(CURLOPT_PREREQDATA, t);
    return rc;
}

apr_status_t wfp_client_easy_create(wfp_client_transfer_t *t,
                                    const wfp_client_config_t *config)
{
    int rc = 0;

    t->easy = curl_easy_init();
    if (!t->easy) {
        return APR_ENOMEM;
    }
    if (wfp_client_pins_create(t) != APR_SUCCESS) {
        return APR_ENOMEM;
    }
    rc |= set_callbacks(t);
    SET(CURLOPT_NOSIGNAL, 1L);
    SET(CURLOPT_QUICK_EXIT, 1L); /* should curl look up all the same */
    SET(CURLOPT_PROTOCOLS_STR, "http,https");
    SET(CURLOPT_FOLLOWLOCATION, 0L);
    SET(CURLOPT_PROXY, ""); /* not the environment's either */
    SET(CURLOPT_NETRC, (long)CURL_NETRC_IGNORED);
    SET(CURLOPT_PATH_AS_IS, 1L); /* the URL is normalised already */
    SET(CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_2TLS);
    SET(CURLOPT_SSL_VERIFYPEER, 1L);
    SET(CURLOPT_SSL_VERIFYHOST, 2L);
    if (config->ca_file) {
        SET(CURLOPT_CAINFO, config->ca_file);
        SET(CURLOPT_CAPATH, NULL);
    }
    if (config->user_agent) {
        SET(CURLOPT_USERAGENT, config->user_agent);
    }
    return rc == 0 ? APR_SUCCESS : APR_ENOMEM;
}

void wfp_client_easy_destroy(wfp_client_transfer_t *t)
{
    if (t->easy) {
        curl_easy_cleanup(t->easy);
    }
    wfp_client_pins_destroy(t);
}

/* curl only reads the list, so its parts may live in a pool. */
static struct curl_slist **add_line(struct curl_slist **end, const char *line,
                                    apr_pool_t *p)
{
    *end = apr_palloc(p, sizeof(**end));
    (*end)->data = (char *)line;
    (*end)->next = NULL;
    return &(*end)->next;
}

static int wants_length(const char *method)
{
    return !strcmp(method, "POST") || !strcmp(method, "PUT")
           || !strcmp(method, "PATCH");
}

/* The fields to send, as curl takes them: "Name: value", "Name;" for an
 * empty value, "Name:" for one that curl shall not add itself. */
static apr_status_t make_lines(struct curl_slist **plist,
                               const wfp_client_order_t *order)
{
    struct curl_slist **end = plist;
    const wfp_headers_t *h = order->headers;
    int i, has_body = order->data || order->streamed;

    *plist = NULL;
    for (i = 0; i < h->count; i++) {
        const char *name = h->list[i].name, *value = h->list[i].value;

        if (!wfp_headers_is_name(name, strlen(name))
            || !wfp_headers_is_value(value, strlen(value))) {
            return APR_EINVAL;
        }
        if (!wfp_head_is_dropped(name)) {
            value += strspn(value, " \t");
            end = add_line(end,
                           *value ? apr_pstrcat(order->pool, name, ": ", value,
                                                NULL)
                                  : apr_pstrcat(order->pool, name, ";", NULL),
                           order->pool);
        }
    }
    if (has_body) {
        end = add_line(end, "Expect:", order->pool);
        if (!wfp_headers_get(h, "Content-Type")) {
            (void)add_line(end, "Content-Type:", order->pool);
        }
    }
    else if (wants_length(order->method)) {
        (void)add_line(end, "Content-Length: 0", order->pool);
    }
    return APR_SUCCESS;
}

static int set_body(wfp_client_transfer_t *t, const wfp_client_order_t *order)
{
    int rc = 0;

    SET(CURLOPT_POSTFIELDS, NULL);
    SET(CURLOPT_HTTPGET, 1L); /* undoes what the last transfer set */
    if (!strcmp(order->method, "HEAD")) {
        SET(CURLOPT_NOBODY, 1L);
    }
    else if (order->data) {
        SET(CURLOPT_POST, 1L);
        SET(CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)order->length);
        SET(CURLOPT_POSTFIELDS, order->data);
    }
    else if (order->streamed) {
        SET(CURLOPT_UPLOAD, 1L);
        SET(CURLOPT_INFILESIZE_LARGE, (curl_off_t)order->length);
    }
    return rc;
}

apr_status_t wfp_client_easy_prepare(wfp_client_transfer_t *t,
                                     const wfp_client_order_t *order)
{
    struct curl_slist *lines;
    apr_status_t rv = make_lines(&lines, order);
    int rc = 0;
    long connect_ms;

    if (rv != APR_SUCCESS) {
        return rv;
    }
    connect_ms = (long)apr_time_as_msec(order->connect_timeout);
    t->sends = order->streamed;
    t->repeatable = wfp_head_is_idempotent(order->method);
    rc |= set_body(t, order);
    SET(CURLOPT_URL, order->url);
    SET(CURLOPT_FRESH_CONNECT, 0L);
    SET(CURLOPT_CUSTOMREQUEST, order->method);
    SET(CURLOPT_HTTPHEADER, lines);
    SET(CURLOPT_CONNECTTIMEOUT_MS, connect_ms > 0 ? connect_ms : 1L);
    return rc == 0 ? APR_SUCCESS : APR_ENOMEM;
}

typedef struct failure_t {
    CURLcode code;
    wfp_code_e means;
    const char *text;
} failure_t;

static const failure_t failures[] = {
    { CURLE_COULDNT_RESOLVE_HOST, WFP_NETWORK_ERROR,
      "Network error: the host name could not be looked up" },
    { CURLE_COULDNT_CONNECT, WFP_NETWORK_ERROR,
      "Network error: no connection" },
    { CURLE_OPERATION_TIMEDOUT, WFP_TIMEOUT, "Timeout: no connection in time" },
    { CURLE_SSL_CONNECT_ERROR, WFP_NETWORK_ERROR,
      "Network error: the TLS handshake failed" },
    { CURLE_PEER_FAILED_VERIFICATION, WFP_NETWORK_ERROR,
      "Network error: the certificate is not valid for this host" },
    { CURLE_GOT_NOTHING, WFP_NETWORK_ERROR, WFP_CLIENT_NO_ANSWER },
    { CURLE_PARTIAL_FILE, WFP_NETWORK_ERROR,
      "Network error: the connection was closed within the body" },
    { CURLE_RECV_ERROR, WFP_NETWORK_ERROR,
      "Network error: the connection broke while receiving" },
    { CURLE_SEND_ERROR, WFP_NETWORK_ERROR,
      "Network error: the connection broke while sending" },
    { CURLE_SEND_FAIL_REWIND, WFP_NETWORK_ERROR,
      "Network error: the connection broke while sending" },
    { CURLE_WEIRD_SERVER_REPLY, WFP_NETWORK_ERROR, NO_HTTP },
    { CURLE_UNSUPPORTED_PROTOCOL, WFP_NETWORK_ERROR, NO_HTTP },
    { CURLE_OUT_OF_MEMORY, WFP_INTERNAL, NULL },
};

apr_status_t wfp_client_easy_failure(const wfp_client_transfer_t *t,
                                     wfp_result_t *res)
{
    apr_size_t i;

    if (t->blocked && !t->reached) {
        return wfp_result_set(res, WFP_EGRESS_BLOCKED, APR_EACCES,
                              "Egress blocked: %s", t->blocked);
    }
    if (t->refused) {
        return wfp_result_set(res, WFP_NETWORK_ERROR, APR_ENOSPC, "%s",
                              t->refused);
    }
    /* so curl calls a line that is longer than it takes */
    if (t->code == CURLE_OUT_OF_MEMORY && t->reached && !t->head_done) {
        return wfp_result_set(res, WFP_NETWORK_ERROR, APR_ENOSPC,
                              HEAD_TOO_LARGE);
    }
    for (i = 0; i < sizeof(failures) / sizeof(failures[0]); i++) {
        if ((int)failures[i].code == t->code) {
            return wfp_result_set(res, failures[i].means, APR_EGENERAL, "%s",
                                  failures[i].text
                                      ? failures[i].text
                                      : wfp_code_row(failures[i].means)
                                            ->message);
        }
    }
    return wfp_result_set(res, WFP_NETWORK_ERROR, APR_EGENERAL, NULL);
}
