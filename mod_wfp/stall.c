/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How long a client may keep isolates waiting. Used by request.c and
 * response.c for their calls of httpd's filters; the meter ends an invocation
 * that waited for input afterwards.
 */
#include "mod_wfp/stall.h"

#include <http_core.h>
#include <http_protocol.h>
#include <strings.h>
#include <util_filter.h>

#include "core/clock.h"
#include "core/lock.h"
#include "mod_wfp/ending.h"
#include "mod_wfp/threads.h"

/* What a wait may take although the wall time is over: the limit is for the
 * meter to tell, not for this. */
#define GRACE apr_time_from_msec(100)

/* Between two looks at streams that take no output. */
#define SWEEP apr_time_from_sec(1)

/* Between two looks for a stream's input: the first, and the longest. */
#define PAUSE_FIRST apr_time_from_msec(1)
#define PAUSE_MAX   apr_time_from_msec(64)

/* A response that is being written to; on its thread's stack. */
typedef struct writing_t {
    wfp_work_t *work;
    apr_time_t until; /* the next isolate is taken then; 0: none is left */
    struct writing_t *next;
    int taken; /* its isolates are being ended */
} writing_t;

struct wfp_stalls_t {
    wfp_lock_t *lock;
    wfp_cond_t *ended;
    writing_t *first; /* under lock */
};

/* When nothing may run any more that waits for the client; 0: nothing does. It
 * is the connection's end, so an isolate with waitUntil functions only does not
 * count: the client may take all the time it wants for what others make. */
static apr_time_t deadline_of(const wfp_work_t *work)
{
    const wfp_host_ctx_t *ctx;
    apr_time_t last = 0;

    if (work->running) {
        return work->running->deadline;
    }
    for (ctx = work->first; ctx; ctx = ctx->next) {
        if (ctx->inv && wfp_run_owns_body(ctx->inv) && ctx->deadline > last) {
            last = ctx->deadline;
        }
    }
    return last;
}

/* ---- HTTP/1: the connection's timeout ----------------------------- */

typedef struct timeout_t {
    apr_socket_t *socket; /* NULL: nothing was changed */
    apr_interval_time_t before;
} timeout_t;

static void shorten_timeout(timeout_t *t, conn_rec *c, apr_time_t deadline)
{
    apr_interval_time_t left = deadline - wfp_clock_now();

    left = left > 0 ? left + GRACE : GRACE;
    t->socket = ap_get_conn_socket(c);
    if (!t->socket
        || apr_socket_timeout_get(t->socket, &t->before) != APR_SUCCESS
        || (t->before >= 0 && t->before <= left)
        || apr_socket_timeout_set(t->socket, left) != APR_SUCCESS) {
        t->socket = NULL;
    }
}

static void restore_timeout(const timeout_t *t)
{
    if (t->socket) {
        /* it could be set a moment ago */
        (void)apr_socket_timeout_set(t->socket, t->before);
    }
}

/* ---- output ------------------------------------------------------------ */

/* The first that has waited for too long; it cannot return meanwhile. */
static writing_t *take_late_locked(wfp_stalls_t *stalls)
{
    apr_time_t now = wfp_clock_now();
    writing_t *w;

    for (w = stalls->first; w; w = w->next) {
        if (w->until && w->until + GRACE < now) {
            w->taken = 1;
            return w;
        }
    }
    return NULL;
}

static void sweep(void *data)
{
    wfp_stalls_t *stalls = data;
    apr_time_t next;
    writing_t *w;

    wfp_lock_take(stalls->lock);
    while ((w = take_late_locked(stalls))) {
        wfp_lock_leave(stalls->lock);
        next = wfp_invoke_expire(w->work, w->until);
        wfp_lock_take(stalls->lock);
        w->until = next;
        w->taken = 0;
        wfp_lock_wake_all(stalls->ended);
    }
    wfp_lock_leave(stalls->lock);
}

apr_status_t wfp_stall_start(wfp_stalls_t **pstalls, apr_pool_t *p)
{
    wfp_stalls_t *stalls = apr_pcalloc(p, sizeof(*stalls));
    apr_status_t rv;

    rv = wfp_lock_make_both(&stalls->lock, &stalls->ended, p);
    if (rv == APR_SUCCESS) {
        rv = wfp_threads_every(SWEEP, sweep, stalls, p);
    }
    *pstalls = stalls;
    return rv;
}

static apr_status_t write_watched(wfp_work_t *work, apr_bucket_brigade *bb)
{
    wfp_stalls_t *stalls = work->server->stalls;
    writing_t writing = { work, wfp_invoke_next_end(work), NULL, 0 }, **link;
    apr_status_t rv;

    if (!writing.until) {
        return ap_pass_brigade(work->r->output_filters, bb);
    }
    wfp_lock_take(stalls->lock);
    writing.next = stalls->first;
    stalls->first = &writing;
    wfp_lock_leave(stalls->lock);
    rv = ap_pass_brigade(work->r->output_filters, bb);
    wfp_lock_take(stalls->lock);
    while (writing.taken) {
        wfp_lock_wait(stalls->ended);
    }
    for (link = &stalls->first; *link != &writing; link = &(*link)->next) {
    }
    *link = writing.next;
    wfp_lock_leave(stalls->lock);
    return rv;
}

/* ---- HTTP/2: input ------------------------------------------------------------- */

static apr_status_t read_stream(wfp_work_t *work, apr_bucket_brigade *bb,
                                apr_size_t max, apr_time_t deadline)
{
    apr_interval_time_t pause = PAUSE_FIRST;
    apr_status_t rv;

    for (;;) {
        rv = ap_get_brigade(work->r->input_filters, bb, AP_MODE_READBYTES,
                            APR_NONBLOCK_READ, (apr_off_t)max);
        if (!APR_STATUS_IS_EAGAIN(rv)
            && (rv != APR_SUCCESS || !APR_BRIGADE_EMPTY(bb))) {
            return rv;
        }
        if (work->r->connection->aborted) {
            return APR_ECONNABORTED;
        }
        if (wfp_clock_now() > deadline + GRACE) {
            return APR_TIMEUP;
        }
        apr_sleep(pause);
        pause = 2 * pause < PAUSE_MAX ? 2 * pause : PAUSE_MAX;
    }
}

/* ---- HTTP/1: input ------------------------------------------------------------- */

/* httpd's filter asks a client that waits for it to send its body only where the
 * read may block. @return how to read next: once the answer was begun with an
 * error the filter says that there is no body */
static apr_read_type_e ask_to_send(request_rec *r)
{
    const char *line = r->status_line;
    int status = r->status;

    if (!ap_is_HTTP_SUCCESS(status)) {
        return APR_BLOCK_READ;
    }
    r->status = HTTP_CONTINUE;
    r->status_line = NULL;
    ap_send_interim_response(r, 0);
    r->status = status;
    r->status_line = line;
    r->expecting_100 = 0;
    return APR_NONBLOCK_READ;
}

/* A thread that blocks in httpd's code is not woken when event closes its
 * socket at a forced stop, so it waits here. */
static apr_status_t read_socket(const wfp_server_t *server, request_rec *r,
                                apr_bucket_brigade *bb, apr_size_t max,
                                apr_time_t until)
{
    apr_socket_t *socket = ap_get_conn_socket(r->connection);
    apr_read_type_e block = socket ? APR_NONBLOCK_READ : APR_BLOCK_READ;
    apr_time_t end = socket ? wfp_ending_of_input(socket, until) : 0;
    apr_status_t rv;

    for (;;) {
        rv = ap_get_brigade(r->input_filters, bb, AP_MODE_READBYTES, block,
                            (apr_off_t)max);
        if (rv == APR_SUCCESS && !APR_BRIGADE_EMPTY(bb)
            && !APR_BUCKET_IS_METADATA(APR_BRIGADE_FIRST(bb))) {
            r->expecting_100 = 0; /* its client did not wait to be asked */
        }
        if (block == APR_BLOCK_READ
            || (!APR_STATUS_IS_EAGAIN(rv)
                && (rv != APR_SUCCESS || !APR_BRIGADE_EMPTY(bb)))) {
            return rv;
        }
        if (r->expecting_100) {
            block = ask_to_send(r);
            continue;
        }
        rv = wfp_ending_await_input(server, socket, end);
        if (rv != APR_SUCCESS) {
            return rv;
        }
    }
}

/* mod_request's filter (KeptBodySize) takes "nothing there yet" for the end, and
 * the next read crashes. */
static int must_block(const request_rec *r)
{
    const ap_filter_t *f;

    for (f = r->input_filters; f && f != r->proto_input_filters; f = f->next) {
        if (!strcasecmp(f->frec->name, "keep_body")) {
            return 1;
        }
    }
    return 0;
}

static apr_status_t read_blocking(const wfp_work_t *work,
                                  apr_bucket_brigade *bb, apr_size_t max,
                                  apr_time_t deadline)
{
    request_rec *r = work->r;
    timeout_t timeout = { NULL, 0 };
    apr_status_t rv;

    if (deadline && !r->connection->master) {
        shorten_timeout(&timeout, r->connection, deadline);
    }
    rv = ap_get_brigade(r->input_filters, bb, AP_MODE_READBYTES, APR_BLOCK_READ,
                        (apr_off_t)max);
    restore_timeout(&timeout);
    return rv;
}

apr_status_t wfp_stall_read_request(const wfp_server_t *server, request_rec *r,
                                    apr_bucket_brigade *bb, apr_size_t max)
{
    if (r->connection->master || must_block(r)) {
        return ap_get_brigade(r->input_filters, bb, AP_MODE_READBYTES,
                              APR_BLOCK_READ, (apr_off_t)max);
    }
    return read_socket(server, r, bb, max, 0);
}

/* ---- either -------------------------------------------------------------------- */

apr_status_t wfp_stall_read(wfp_work_t *work, apr_bucket_brigade *bb,
                            apr_size_t max)
{
    apr_time_t deadline = deadline_of(work);

    if (must_block(work->r)) {
        return read_blocking(work, bb, max, deadline);
    }
    if (work->r->connection->master) {
        return deadline
                   ? read_stream(work, bb, max, deadline)
                   : wfp_stall_read_request(work->server, work->r, bb, max);
    }
    return read_socket(work->server, work->r, bb, max,
                       deadline ? deadline + GRACE : 0);
}

apr_status_t wfp_stall_write(wfp_work_t *work, apr_bucket_brigade *bb)
{
    apr_time_t deadline = deadline_of(work);
    timeout_t timeout = { NULL, 0 };
    apr_status_t rv;

    if (deadline && !work->r->connection->master) {
        shorten_timeout(&timeout, work->r->connection, deadline);
    }
    rv = write_watched(work, bb);
    restore_timeout(&timeout);
    return rv;
}
