/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The request thread's side of a running transfer. Everything here may block,
 * at most until the transfer's deadline; the request body is read here and
 * never on the loop's thread. client.c calls it, later whoever reads the
 * response body.
 */
#include "outbound/client_stream.h"

#include <errno.h>
#include <time.h>

#include "core/clock.h"
#include "outbound/client_easy.h"
#include "outbound/client_loop.h"

static void lock(wfp_client_transfer_t *t)
{
    (void)apr_thread_mutex_lock(t->mutex); /* cannot fail: our own */
}

static void unlock(wfp_client_transfer_t *t)
{
    (void)apr_thread_mutex_unlock(t->mutex);
}

/* wfp_cancel_watch()'s */
static void wake(void *baton)
{
    wfp_client_transfer_t *t = baton;

    (void)sem_post(&t->wake); /* at worst somebody looks around for nothing */
}

/* Was this thread told to wait no longer? Whoever leaves waits all the same. */
static int is_told(const wfp_client_transfer_t *t)
{
    return !t->leaving && wfp_cancel_why(t->cancel) != WFP_OK;
}

/* Wait, with the mutex held, until the loop has something new or it is time;
 * the caller looks again whatever ended the wait. @return 1: it is time */
static int await(wfp_client_transfer_t *t, apr_time_t until)
{
    struct timespec at = { .tv_sec = (time_t)apr_time_sec(until),
                           .tv_nsec = (long)apr_time_usec(until) * 1000 };
    int timed_out;

    t->waiting = 1;
    unlock(t);
    wfp_cancel_watch(t->cancel, wake, t);
    timed_out = !is_told(t) && sem_clockwait(&t->wake, CLOCK_MONOTONIC, &at) < 0
                && errno == ETIMEDOUT;
    wfp_cancel_unwatch(t->cancel);
    lock(t);
    t->waiting = 0;
    return timed_out;
}

/* Pass n bytes on. @return 1: the window is full */
static apr_status_t pass_on(wfp_client_transfer_t *t, const char *data,
                            apr_size_t n, int *full)
{
    apr_status_t rv;
    int resume;

    lock(t);
    rv = wfp_window_put(&t->up, data, n);
    *full = wfp_window_is_full(&t->up);
    resume = t->up_paused;
    t->up_paused = 0;
    unlock(t);
    t->sent += (apr_off_t)n;
    if (resume) {
        wfp_client_loop_post(t->client->loop, t, WFP_CLIENT_RESUME);
    }
    return rv;
}

/* More or fewer bytes than were promised would break the framing. */
static apr_status_t wrong_length(wfp_result_t *res)
{
    return wfp_result_set(res, WFP_NETWORK_ERROR, APR_EGENERAL,
                          "Network error: the request body has not the "
                          "length that was announced");
}

/* Move what was read into the window, piece by piece, until it is full. */
static apr_status_t move_pieces(wfp_client_transfer_t *t, wfp_result_t *res)
{
    apr_off_t length = t->source->length;
    int full = 0;

    while (!full && !APR_BRIGADE_EMPTY(t->pumped)) {
        apr_bucket *b = APR_BRIGADE_FIRST(t->pumped);
        const char *data;
        apr_size_t n;
        apr_status_t rv;

        rv = apr_bucket_read(b, &data, &n, APR_BLOCK_READ);
        if (rv == APR_SUCCESS && n > WFP_BODY_CHUNK) {
            n = WFP_BODY_CHUNK;
            rv = apr_bucket_split(b, n);
        }
        if (rv != APR_SUCCESS) {
            return wfp_result_set(res, WFP_NETWORK_ERROR, rv,
                                  "Network error: the request body cannot be "
                                  "read");
        }
        if (length >= 0 && t->sent + (apr_off_t)n > length) {
            return wrong_length(res);
        }
        rv = pass_on(t, data, n, &full);
        if (rv != APR_SUCCESS) {
            return wfp_result_set(res, WFP_INTERNAL, rv, NULL);
        }
        apr_bucket_delete(b);
    }
    return APR_SUCCESS;
}

/* The request body has ended. */
static apr_status_t end_pump(wfp_client_transfer_t *t, wfp_result_t *res)
{
    apr_off_t length = t->source->length;
    int full;

    t->source = NULL;
    if (length >= 0 && t->sent != length) {
        return wrong_length(res);
    }
    lock(t);
    t->up_end = 1;
    unlock(t);
    return pass_on(t, "", 0, &full);
}

/* Read some of the request body and pass it on. Waits for the body's source,
 * not for the origin. */
static apr_status_t pump(wfp_client_transfer_t *t, wfp_result_t *res)
{
    if (APR_BRIGADE_EMPTY(t->pumped)) {
        apr_status_t rv = wfp_body_read(t->source, t->pumped, WFP_BODY_CHUNK,
                                        res);

        if (rv == APR_EOF) {
            return end_pump(t, res);
        }
        if (rv != APR_SUCCESS) {
            t->source = NULL;
            return rv;
        }
    }
    return move_pieces(t, res);
}

static int is_there(const wfp_client_transfer_t *t, wfp_client_wait_e what)
{
    return t->done || (what == WFP_CLIENT_FOR_HEAD && t->head_done)
           || (what == WFP_CLIENT_FOR_BODY && t->down.bytes > 0)
           || (what == WFP_CLIENT_FOR_MUCH && wfp_window_is_full(&t->down));
}

static int is_idle_at(const wfp_client_transfer_t *t, apr_time_t then)
{
    return t->idle > 0 && t->moved > 0 && t->moved + t->idle <= then;
}

/* Only the other side's silence counts: not the time in which nobody asked for
 * more, or in which the request's body was being made. */
static void begin_silence(wfp_client_transfer_t *t)
{
    if (t->moved) {
        t->moved = wfp_clock_now();
    }
}

/* Send on, without the mutex, from a source that always has more: nobody waits
 * then, so the look at whoever wants the answer is due here. */
static apr_status_t send_on(wfp_client_transfer_t *t, apr_time_t now,
                            wfp_result_t *res)
{
    if (t->is_over && now - t->looked >= t->look) {
        t->looked = now;
        if (t->is_over(t->is_over_arg)) {
            return wfp_result_set(res, WFP_CLIENT_DISCONNECTED,
                                  APR_ECONNABORTED, NULL);
        }
    }
    return pump(t, res);
}

/* Wait for news, with the mutex held; look now and then whether anybody wants
 * to have them. */
static apr_status_t await_news(wfp_client_transfer_t *t, apr_time_t now,
                               wfp_result_t *res)
{
    apr_status_t rv = APR_SUCCESS;
    apr_time_t until = is_idle_at(t, t->until) ? t->moved + t->idle : t->until;

    if (!t->is_over || until - now <= t->look) {
        (void)await(t, until);
    }
    else if (await(t, now + t->look)) {
        unlock(t);
        if (t->is_over(t->is_over_arg)) {
            rv = wfp_result_set(res, WFP_CLIENT_DISCONNECTED, APR_ECONNABORTED,
                                NULL);
        }
        lock(t);
    }
    return rv;
}

apr_status_t wfp_client_stream_wait(wfp_client_transfer_t *t,
                                    wfp_client_wait_e what, wfp_result_t *res)
{
    apr_status_t rv = APR_SUCCESS;

    lock(t);
    begin_silence(t);
    while (rv == APR_SUCCESS && !is_there(t, what)) {
        apr_time_t now = wfp_clock_now();

        if (t->until <= now) {
            rv = wfp_result_set(res, WFP_TIMEOUT, APR_TIMEUP, NULL);
        }
        else if (is_idle_at(t, now)) {
            rv = wfp_result_set(res, WFP_TIMEOUT, APR_TIMEUP,
                                "Timeout: the other side was silent too long");
        }
        else if (is_told(t)) {
            rv = wfp_cancel_check(t->cancel, res);
        }
        else if (t->source && !wfp_window_is_full(&t->up)) {
            unlock(t);
            rv = send_on(t, now, res);
            lock(t);
            begin_silence(t);
        }
        else {
            rv = await_news(t, now, res);
        }
    }
    unlock(t);
    return rv;
}

/* It is over: who wants to know how long it took. */
static void tell_times(wfp_client_transfer_t *t)
{
    if (t->told) {
        t->times.first_byte_us = t->told->first_byte_us;
        *t->told = t->times;
        t->told->total_us = wfp_clock_now() - t->begun;
        t->told = NULL;
    }
}

void wfp_client_stream_end(wfp_client_transfer_t *t)
{
    apr_bucket_brigade *pumped = t->pumped;
    wfp_body_t *source = t->source;
    int done;

    t->leaving = 1;
    lock(t);
    done = t->done;
    tell_times(t);
    unlock(t);
    if (!done) {
        wfp_client_loop_post(t->client->loop, t, WFP_CLIENT_CANCEL);
        lock(t);
        while (!t->cancelled) {
            (void)await(t, wfp_clock_now() + apr_time_from_sec(60));
        }
        unlock(t);
    }
    wfp_client_transfer_give(t);
    if (source) {
        wfp_body_cancel(source);
    }
    if (pumped) {
        (void)apr_brigade_destroy(pumped); /* always succeeds */
    }
}

/* Take bytes for the reader, and let curl go on when half has gone. */
static void take_bytes(wfp_client_transfer_t *t, apr_bucket_brigade *bb,
                       apr_size_t max)
{
    char *data;
    int resume = 0;

    lock(t);
    max = max < t->down.bytes ? max : t->down.bytes;
    unlock(t);
    data = apr_bucket_alloc(max, bb->bucket_alloc);
    lock(t);
    max = wfp_window_take(&t->down, data, max);
    if (t->down_paused && t->down.bytes <= t->down.max / 2) {
        t->down_paused = 0;
        resume = !t->done;
    }
    unlock(t);
    APR_BRIGADE_INSERT_TAIL(bb,
                            apr_bucket_heap_create(data, max, apr_bucket_free,
                                                   bb->bucket_alloc));
    if (resume) {
        wfp_client_loop_post(t->client->loop, t, WFP_CLIENT_RESUME);
    }
}

static apr_status_t body_read(wfp_body_t *body, apr_bucket_brigade *bb,
                              apr_size_t max, wfp_result_t *res)
{
    wfp_client_transfer_t *t = body->baton;
    apr_status_t rv = wfp_client_stream_wait(t, WFP_CLIENT_FOR_BODY, res);
    int has_bytes, code;

    if (rv != APR_SUCCESS) {
        return rv;
    }
    lock(t);
    has_bytes = t->down.bytes > 0;
    code = t->code;
    unlock(t);
    if (has_bytes) {
        take_bytes(t, bb, max);
        return APR_SUCCESS;
    }
    return code == 0 ? APR_EOF : wfp_client_easy_failure(t, res);
}

static void body_close(wfp_body_t *body)
{
    wfp_client_stream_end(body->baton);
}

/* While the request's body is still being sent its thread must do that. The
 * one that waits here may not look at the client's connection. */
static int body_is_there(wfp_body_t *body, int whole, int blocks,
                         wfp_cancel_t *cancel)
{
    wfp_client_transfer_t *t = body->baton;
    wfp_client_wait_e what = whole ? WFP_CLIENT_FOR_MUCH : WFP_CLIENT_FOR_BODY;
    wfp_cancel_t *own = t->cancel;
    int (*is_over)(void *) = t->is_over;
    int there;

    if (blocks && !t->source) {
        t->cancel = cancel;
        t->is_over = NULL;
        /* who reads it will be told */
        (void)!wfp_client_stream_wait(t, what, NULL);
        t->cancel = own;
        t->is_over = is_over;
    }
    lock(t);
    there = t->source || is_there(t, what);
    unlock(t);
    return there;
}

static const wfp_body_kind_t response_kind = { "fetched", body_read, body_close,
                                               body_is_there };

wfp_body_t *wfp_client_stream_body(wfp_client_transfer_t *t, apr_off_t length,
                                   apr_pool_t *p)
{
    return wfp_body_make(&response_kind, t, length, p);
}
