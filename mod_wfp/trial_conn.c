/* SPDX-License-Identifier: Apache-2.0 */
/*
 * From what is asked to bytes, through httpd, and back. Called by the API, on the
 * thread of its request. Requests go to the handler without quick handlers: a
 * cache of httpd's in front would answer instead of the Worker.
 */
#include "mod_wfp/trial_conn.h"

#include <ap_listen.h>
#include <apr_strings.h>
#include <http_config.h>
#include <http_connection.h>
#include <http_core.h>
#include <http_protocol.h>
#include <http_request.h>
#include <http_ssl.h>
#include <http_vhost.h>
#include <string.h>
#include <strings.h>
#include <util_filter.h>

#include "core/clock.h"
#include "mod_wfp/config.h"
#include "mod_wfp/trial.h"
#include "mod_wfp/trial_doors.h"

/* Of the answer's head and body. */
#define KEPT_MAX (WFP_TRY_BODY_MAX + (apr_size_t)64 * 1024)

typedef struct line_t {
    wfp_try_t *ask;
    wfp_trial_t *trial;
    apr_bucket_brigade *in;
    apr_pool_t *pool; /* what is kept of the answer */
    char *kept;
    apr_size_t n, size;
    apr_time_t begun;
    int is_tls; /* a client would have to speak TLS there */
} line_t;

/* ---- what httpd reads ------------------------------------------------------------ */

static apr_status_t read_line(line_t *line, apr_bucket_brigade *bb)
{
    return apr_brigade_split_line(bb, line->in, APR_BLOCK_READ,
                                  HUGE_STRING_LEN);
}

/* Up to n bytes; they stay when they are only looked at. */
static apr_status_t read_bytes(line_t *line, apr_bucket_brigade *bb,
                               apr_off_t n, int look)
{
    apr_bucket *end, *b, *copy;
    apr_status_t rv = apr_brigade_partition(line->in, n, &end);

    if (rv != APR_SUCCESS && rv != APR_INCOMPLETE) {
        return rv;
    }
    if (!look) {
        while ((b = APR_BRIGADE_FIRST(line->in)) != end) {
            APR_BUCKET_REMOVE(b);
            APR_BRIGADE_INSERT_TAIL(bb, b);
        }
        return APR_SUCCESS;
    }
    for (b = APR_BRIGADE_FIRST(line->in); b != end; b = APR_BUCKET_NEXT(b)) {
        rv = apr_bucket_copy(b, &copy);
        if (rv != APR_SUCCESS) {
            return rv;
        }
        APR_BRIGADE_INSERT_TAIL(bb, copy);
    }
    return APR_SUCCESS;
}

/* The connection's own input: a request, then the end. */
static apr_status_t filter_in(ap_filter_t *f, apr_bucket_brigade *bb,
                              ap_input_mode_t mode, apr_read_type_e block,
                              apr_off_t n)
{
    line_t *line = f->ctx;

    (void)block; /* all of it is there */
    if (mode == AP_MODE_INIT || mode == AP_MODE_EATCRLF) {
        return APR_SUCCESS;
    }
    if (APR_BRIGADE_EMPTY(line->in)) {
        return APR_EOF;
    }
    switch (mode) {
    case AP_MODE_GETLINE:
        return read_line(line, bb);
    case AP_MODE_EXHAUSTIVE:
        APR_BRIGADE_CONCAT(bb, line->in);
        return APR_SUCCESS;
    default:
        return read_bytes(line, bb, n, mode == AP_MODE_SPECULATIVE);
    }
}

/* ---- what it writes -------------------------------------------------------------- */

static void keep(line_t *line, const char *data, apr_size_t n)
{
    line->ask->raw_total += (apr_off_t)n;
    if (line->n + n > KEPT_MAX) {
        n = KEPT_MAX - line->n;
    }
    if (line->n + n > line->size) {
        apr_size_t size = line->size;
        char *more;

        while (size < line->n + n) {
            size *= 2;
        }
        more = apr_palloc(line->pool, size);
        memcpy(more, line->kept, line->n);
        line->kept = more;
        line->size = size;
    }
    memcpy(line->kept + line->n, data, n);
    line->n += n;
}

/* Nobody takes more than that, or waits for longer. */
static int is_enough(const line_t *line)
{
    return line->ask->raw_total > WFP_TRY_BYTES_MAX
           || wfp_clock_now() > wfp_trial_end(line->trial);
}

static apr_status_t take(line_t *line, apr_bucket *b)
{
    const char *data;
    apr_size_t n;
    apr_status_t rv = apr_bucket_read(b, &data, &n, APR_BLOCK_READ);

    if (rv == APR_SUCCESS) {
        keep(line, data, n);
    }
    return rv;
}

static apr_status_t filter_out(ap_filter_t *f, apr_bucket_brigade *bb)
{
    line_t *line = f->ctx;
    apr_status_t rv = APR_SUCCESS;

    while (!APR_BRIGADE_EMPTY(bb)) {
        apr_bucket *b = APR_BRIGADE_FIRST(bb);

        if (AP_BUCKET_IS_EOC(b)) {
            line->ask->broken = 1;
        }
        else if (!APR_BUCKET_IS_METADATA(b) && rv == APR_SUCCESS) {
            rv = take(line, b);
        }
        apr_bucket_delete(b); /* that of the request's end ends it */
    }
    if (rv == APR_SUCCESS && is_enough(line)) {
        rv = APR_ECONNABORTED;
    }
    if (rv != APR_SUCCESS) {
        line->ask->broken = 1;
        f->c->aborted = 1;
    }
    line->ask->took_us = wfp_clock_now() - line->begun;
    return rv;
}

/* ---- the connection -------------------------------------------------------------- */

/* The event MPM looks at what it knows of a connection, whoever made it. */
static void lend_mpm(conn_rec *c, const conn_rec *from)
{
    module *mpm = ap_find_linked_module("event.c");

    if (mpm) {
        ap_set_module_config(c->conn_config, mpm,
                             ap_get_module_config(from->conn_config, mpm));
    }
}

/* Whoever looks for a socket finds one, which leads nowhere. */
static apr_status_t lend_socket(conn_rec *c)
{
    apr_socket_t *none;
    apr_status_t rv = apr_socket_create(&none, APR_INET, SOCK_STREAM,
                                        APR_PROTO_TCP, c->pool);

    if (rv == APR_SUCCESS) {
        ap_set_core_module_config(c->conn_config, none);
    }
    return rv;
}

static conn_rec *make_conn(request_rec *r, conn_rec *master,
                           apr_sockaddr_t *local, apr_pool_t *pool)
{
    conn_rec *from = r->connection;
    conn_rec *c = apr_pmemdup(pool, from, sizeof(*c));

    c->pool = pool;
    c->master = master;
    c->base_server = wfp_server()->main; /* until its address says more */
    c->vhost_lookup_data = NULL;
    c->conn_config = ap_create_conn_config(pool);
    c->notes = apr_table_make(pool, 2);
    c->input_filters = NULL;
    c->output_filters = NULL;
    c->bucket_alloc = apr_bucket_alloc_create(pool);
    c->cs = from->cs ? apr_pmemdup(pool, from->cs, sizeof(*c->cs)) : NULL;
    c->sbh = NULL;
    c->clogging_input_filters = 1;
    c->data_in_input_filters = 0;
    c->data_in_output_filters = 0;
    c->aborted = 0;
    c->keepalives = 0;
    c->log = NULL;
    c->log_id = NULL;
    /* who asks, as httpd knows them: no proxy of theirs is one of ours */
    c->client_addr = r->useragent_addr;
    c->client_ip = r->useragent_ip;
    c->remote_host = NULL;
    c->remote_logname = NULL;
    c->local_addr = local;
    c->local_host = NULL;
    (void)apr_sockaddr_ip_get(&c->local_ip, local); /* for logs */
    lend_mpm(c, from);
    return c;
}

/* A stream of HTTP/2 has a master itself, which modules ask for what is the
 * client's, such as TLS; of a master's master none thinks. */
static conn_rec *client_of(const request_rec *r)
{
    conn_rec *c = r->connection;

    while (c->master) {
        c = c->master;
    }
    return c;
}

/* Of which nothing is known: no TLS, no MPM. */
static conn_rec *make_bare(const conn_rec *from, apr_pool_t *pool)
{
    conn_rec *c = apr_pmemdup(pool, from, sizeof(*c));

    c->pool = pool;
    c->conn_config = ap_create_conn_config(pool);
    c->input_filters = NULL;
    c->output_filters = NULL;
    c->master = NULL;
    return c;
}

static int has_tls_filter(const conn_rec *c)
{
    const ap_filter_t *f;

    for (f = c->input_filters; f; f = f->next) {
        if (!strncasecmp(f->frec->name, "ssl", 3)) {
            return 1;
        }
    }
    return 0;
}

/* What httpd makes of a connection says whether it begins with TLS: nothing else
 * tells. */
int wfp_trial_conn_is_tls(request_rec *r, apr_sockaddr_t *local)
{
    apr_pool_t *pool;
    conn_rec *c;
    int is_tls = 0;

    apr_pool_create(&pool, r->pool);
    c = make_conn(r, NULL, local, pool);
    if (lend_socket(c) == APR_SUCCESS) {
        ap_update_vhost_given_ip(c);
        (void)ap_run_pre_connection(c, ap_get_conn_socket(c));
        is_tls = has_tls_filter(c);
    }
    apr_pool_destroy(pool);
    return is_tls;
}

static void put(line_t *line, const char *data, apr_size_t n)
{
    (void)apr_brigade_write(line->in, NULL, NULL, data, n); /* memory: cannot */
}

static void put_text(line_t *line, const char *text)
{
    put(line, text, strlen(text));
}

/* What is asked as a client would write it. */
static void write_request(line_t *line, request_rec *r)
{
    const wfp_try_t *ask = line->ask;
    const char *loop = apr_table_get(r->headers_in, "CDN-Loop");
    int i;

    put_text(line, apr_pstrcat(r->pool, ask->method, " ", ask->target,
                               " HTTP/1.1\r\nHost: ", ask->host, "\r\n", NULL));
    for (i = 0; i < ask->headers->count; i++) {
        const wfp_header_t *h = &ask->headers->list[i];

        put_text(line,
                 apr_pstrcat(r->pool, h->name, ": ", h->value, "\r\n", NULL));
    }
    if (loop) {
        /* a Worker that calls the API that tries it comes to an end */
        put_text(line, apr_pstrcat(r->pool, "CDN-Loop: ", loop, "\r\n", NULL));
    }
    if (ask->body) {
        put_text(line, apr_psprintf(r->pool,
                                    "Content-Length: %" APR_SIZE_T_FMT "\r\n",
                                    ask->body_size));
    }
    put_text(line, "\r\n");
    if (ask->body) {
        put(line, ask->body, ask->body_size);
    }
}

/* As http_request.c does it. */
static void process(request_rec *r)
{
    int rc = ap_process_request_internal(r);

    if (rc == OK) {
        rc = ap_invoke_handler(r);
    }
    if (rc == OK || rc == DONE) {
        ap_finalize_request_protocol(r);
    }
    else {
        r->status = HTTP_OK;
        ap_die(rc, r);
    }
    ap_process_request_after_handler(r);
}

static void run(line_t *line, conn_rec *c)
{
    request_rec *r;

    ap_update_vhost_given_ip(c);
    r = ap_read_request(c);
    if (!r) {
        line->ask->outcome = WFP_TRY_MALFORMED;
        return;
    }
    if (r->status != HTTP_OK) {
        line->ask->outcome = WFP_TRY_MALFORMED;
        apr_pool_destroy(r->pool);
        return;
    }
    c->keepalive = AP_CONN_CLOSE; /* its end is the body's: no chunks */
    process(r);
}

/* ---- sending --------------------------------------------------------------------- */

/* Where a client's address is taken from a header, nobody who tries says it. */
static const char *forged(const wfp_try_t *ask, server_rec *main)
{
    server_rec *s;

    for (s = main; s; s = s->next) {
        const char *name = wfp_config_server(s)->trust_header;

        if (name && *name && wfp_headers_get(ask->headers, name)) {
            return name;
        }
    }
    return NULL;
}

static apr_status_t open_line(conn_rec **pc, line_t *line, request_rec *r,
                              apr_sockaddr_t *local)
{
    conn_rec *master = client_of(r);
    apr_pool_t *pool;
    conn_rec *c;
    apr_status_t rv;

    apr_pool_create(&pool, r->pool);
    if (!line->is_tls && ap_ssl_conn_is_ssl(master)) {
        master = make_bare(master, pool);
    }
    c = make_conn(r, master, local, pool);
    rv = lend_socket(c);
    if (rv != APR_SUCCESS) {
        apr_pool_destroy(pool);
        return rv;
    }
    wfp_trial_mark(line->trial, c);
    line->in = apr_brigade_create(pool, c->bucket_alloc);
    write_request(line, r);
    (void)ap_run_pre_connection(c, ap_get_conn_socket(c)); /* as mod_http2 */
    ap_add_input_filter("WFP_TRIAL_IN", line, NULL, c);
    ap_add_output_filter("WFP_TRIAL_OUT", line, NULL, c);
    *pc = c;
    return APR_SUCCESS;
}

void wfp_trial_conn_send(void *baton, request_rec *r, wfp_try_t *ask)
{
    wfp_server_t *server = baton;
    apr_sockaddr_t *local = wfp_trial_doors_address(server, r, ask->port);
    line_t line = { 0 };
    conn_rec *c;

    ask->why = forged(ask, server->main);
    ask->outcome = ask->why ? WFP_TRY_HEADER
                   : local  ? WFP_TRY_DONE
                            : WFP_TRY_NO_DOOR;
    if (ask->outcome != WFP_TRY_DONE) {
        return;
    }
    line.is_tls = wfp_trial_conn_is_tls(r, local);
    if (line.is_tls && !ap_ssl_conn_is_ssl(r->connection)) {
        ask->outcome = WFP_TRY_TLS;
        return;
    }
    line.ask = ask;
    line.trial = wfp_trial_make(server, r, ask);
    line.pool = r->pool;
    line.size = 8192;
    line.kept = apr_palloc(r->pool, line.size);
    line.begun = wfp_clock_now();
    if (open_line(&c, &line, r, local) != APR_SUCCESS) {
        ask->outcome = WFP_TRY_FAILED;
        return;
    }
    run(&line, c);
    apr_pool_destroy(c->pool);
    ask->raw = line.kept;
    ask->raw_size = line.n;
    wfp_trial_tell(line.trial);
}

void wfp_trial_conn_register(void)
{
    ap_register_input_filter("WFP_TRIAL_IN", filter_in, NULL, AP_FTYPE_NETWORK);
    ap_register_output_filter("WFP_TRIAL_OUT", filter_out, NULL,
                              AP_FTYPE_NETWORK);
}
