/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One thread that drives curl multi with epoll: a turn costs what has
 * happened, not what is open. Request threads post into an inbox; the thread
 * sleeps in client_poll.c only, and whoever is to be woken is woken once a turn,
 * after everything that had come was looked at. What a transfer is about is
 * client_easy.c's business.
 */
#include "outbound/client_loop.h"

#include <apr_strings.h>
#include <apr_thread_mutex.h>
#include <apr_time.h>
#include <curl/curl.h>

#include "core/clock.h"
#include "core/thread.h"
#include "outbound/client_conn.h"
#include "outbound/client_easy.h"
#include "outbound/client_poll.h"
#include "outbound/client_transfer.h"

#define RETRIES_MAX 8

struct wfp_client_loop_t {
    apr_thread_t *thread;
    apr_thread_mutex_t *mutex; /* guards inbox, sleeping, closed */
    wfp_client_transfer_t *inbox, **inbox_end;
    int sleeping; /* the thread is waiting and wants a wake-up */
    int stop;     /* atomic */
    int closed;   /* nobody will look into the inbox any more */
    wfp_client_poll_t poll;

    /* the thread's own */
    CURLM *multi;
    apr_time_t due; /* of curl's timer; 0: none */
    wfp_client_transfer_t *active;
    wfp_client_transfer_t *touched;
    unsigned moves; /* something came for a transfer, or went */
    wfp_client_sockets_t *sockets;
    apr_uint32_t active_count; /* read by others: atomic */
};

static void lock(wfp_client_loop_t *loop)
{
    (void)apr_thread_mutex_lock(loop->mutex); /* cannot fail: our own */
}

static void unlock(wfp_client_loop_t *loop)
{
    (void)apr_thread_mutex_unlock(loop->mutex);
}

/* Wake the owner if it waits. */
static void wake_owner(wfp_client_transfer_t *t)
{
    int waiting;

    (void)apr_thread_mutex_lock(t->mutex);
    waiting = t->waiting;
    t->waiting = 0;
    (void)apr_thread_mutex_unlock(t->mutex);
    if (waiting) {
        (void)sem_post(&t->wake); /* cannot overflow: once a wait */
    }
}

/* The loop lets go of a transfer: its owner may use it again at once, or,
 * having posted a cancel, once that was seen. */
static void let_go(wfp_client_transfer_t *t, int code, int cancelled)
{
    (void)apr_thread_mutex_lock(t->mutex);
    if (!t->done) {
        t->code = code;
        t->done = 1;
    }
    t->cancelled = cancelled;
    (void)apr_thread_mutex_unlock(t->mutex);
    /* transfers are never freed while the loop lives: at worst the next user
     * of this one looks around once for nothing */
    wake_owner(t);
}

void wfp_client_loop_post(wfp_client_loop_t *loop, wfp_client_transfer_t *t,
                          unsigned wants)
{
    int wake, closed;

    lock(loop);
    closed = loop->closed;
    wake = loop->sleeping && !closed;
    if (!closed) {
        if (!t->job.wants) {
            t->job.next = NULL;
            *loop->inbox_end = t;
            loop->inbox_end = &t->job.next;
        }
        t->job.wants |= wants;
        loop->sleeping = 0;
    }
    unlock(loop);
    if (closed) {
        let_go(t, CURLE_ABORTED_BY_CALLBACK, 1);
    }
    else if (wake) {
        wfp_client_poll_wake(&loop->poll);
    }
}

void wfp_client_loop_touch(wfp_client_loop_t *loop, wfp_client_transfer_t *t)
{
    loop->moves++;
    if (!t->job.touched) {
        t->job.touched = 1;
        t->job.touched_next = loop->touched;
        loop->touched = t;
    }
}

/* Wake the owners of what moved. */
static void wake_owners(wfp_client_loop_t *loop)
{
    while (loop->touched) {
        wfp_client_transfer_t *t = loop->touched;

        loop->touched = t->job.touched_next;
        t->job.touched = 0;
        wake_owner(t);
    }
}

static void untouch(wfp_client_loop_t *loop, wfp_client_transfer_t *t)
{
    wfp_client_transfer_t **link = &loop->touched;

    if (t->job.touched) {
        while (*link != t) {
            link = &(*link)->job.touched_next;
        }
        *link = t->job.touched_next;
        t->job.touched = 0;
    }
}

static void start(wfp_client_loop_t *loop, wfp_client_transfer_t *t)
{
    CURLMcode rc = curl_multi_add_handle(loop->multi, t->easy);

    if (rc != CURLM_OK) {
        let_go(t, CURLE_OUT_OF_MEMORY, 0);
        return;
    }
    t->job.active_next = loop->active;
    t->job.active_link = &loop->active;
    if (loop->active) {
        loop->active->job.active_link = &t->job.active_next;
    }
    loop->active = t;
    __atomic_add_fetch(&loop->active_count, 1, __ATOMIC_RELAXED);
}

/* Early: curl has not ended it. */
static void finish(wfp_client_loop_t *loop, wfp_client_transfer_t *t, int code,
                   int early)
{
    (void)apr_thread_mutex_lock(t->mutex); /* cannot fail: our own */
    wfp_client_easy_times(t);
    (void)apr_thread_mutex_unlock(t->mutex);
    (void)curl_multi_remove_handle(loop->multi, t->easy); /* is in there */
    wfp_client_conn_leave(t, early);
    *t->job.active_link = t->job.active_next;
    if (t->job.active_next) {
        t->job.active_next->job.active_link = t->job.active_link;
    }
    t->job.active_link = NULL;
    __atomic_sub_fetch(&loop->active_count, 1, __ATOMIC_RELAXED);
    untouch(loop, t);
    let_go(t, code, 0);
}

static void act(wfp_client_loop_t *loop, wfp_client_transfer_t *t,
                unsigned wants)
{
    if (wants & WFP_CLIENT_CANCEL) {
        if (t->job.active_link) {
            finish(loop, t, CURLE_ABORTED_BY_CALLBACK, 1);
        }
        let_go(t, CURLE_ABORTED_BY_CALLBACK, 1);
    }
    else if (wants & WFP_CLIENT_START) {
        start(loop, t);
    }
    else if (t->job.active_link) { /* else done before the word came */
        (void)curl_easy_pause(t->easy, CURLPAUSE_CONT); /* told when done */
    }
}

static void work_inbox(wfp_client_loop_t *loop)
{
    wfp_client_transfer_t *list, *t;

    lock(loop);
    list = loop->inbox;
    loop->inbox = NULL;
    loop->inbox_end = &loop->inbox;
    unlock(loop);
    while ((t = list) != NULL) {
        unsigned wants;

        lock(loop);
        list = t->job.next; /* from now on it may be posted anew */
        wants = t->job.wants;
        t->job.wants = 0;
        unlock(loop);
        act(loop, t, wants);
    }
}

/* Begin anew on another connection. @return 1: done */
static int try_again(wfp_client_loop_t *loop, wfp_client_transfer_t *t,
                     int code)
{
    if (!wfp_client_conn_may_again(t, code) || t->job.retries >= RETRIES_MAX) {
        return 0;
    }
    t->job.spoilt = 0;
    t->job.retries++;
    (void)curl_multi_remove_handle(loop->multi, t->easy); /* is in there */
    wfp_client_conn_leave(t, 0);
    if (t->job.foreign
        && curl_easy_setopt(t->easy, CURLOPT_FRESH_CONNECT, 1L) != CURLE_OK) {
        return 0;
    }
    return curl_multi_add_handle(loop->multi, t->easy) == CURLM_OK;
}

/* Take curl's finished transfers out. */
static void reap(wfp_client_loop_t *loop)
{
    CURLMsg *msg;
    int left;

    while ((msg = curl_multi_info_read(loop->multi, &left)) != NULL) {
        wfp_client_transfer_t *t = NULL;
        int code = msg->data.result; /* msg goes with its handle */

        if (msg->msg == CURLMSG_DONE
            && curl_easy_getinfo(msg->easy_handle, CURLINFO_PRIVATE, &t)
                   == CURLE_OK
            && !try_again(loop, t, code)) {
            finish(loop, t, code, 0);
        }
    }
}

/* curl: watch this socket. */
static int on_socket(CURL *easy, curl_socket_t fd, int what, void *baton,
                     void *known)
{
    wfp_client_loop_t *loop = baton;
    unsigned bits = (what & CURL_POLL_IN ? WFP_CLIENT_POLL_IN : 0)
                    | (what & CURL_POLL_OUT ? WFP_CLIENT_POLL_OUT : 0);

    if (what == CURL_POLL_REMOVE) {
        wfp_client_poll_forget(&loop->poll, fd);
        return 0;
    }
    if (wfp_client_poll_watch(&loop->poll, fd, bits, known != NULL)
            != APR_SUCCESS
        || (!known && curl_multi_assign(loop->multi, fd, loop) != CURLM_OK)) {
        return -1;
    }
    return 0;
}

/* curl: call me after so many milliseconds. */
static int on_timer(CURLM *multi, long timeout_ms, void *baton)
{
    wfp_client_loop_t *loop = baton;

    loop->due = timeout_ms < 0
                    ? 0
                    : wfp_clock_now() + apr_time_from_msec(timeout_ms);
    return 0;
}

/* Let curl do what its timer asked for. */
static void run_timer(wfp_client_loop_t *loop)
{
    int running;

    if (loop->due && loop->due <= wfp_clock_now()) {
        loop->due = 0;
        (void)curl_multi_socket_action(loop->multi, CURL_SOCKET_TIMEOUT, 0,
                                       &running);
    }
}

/* Milliseconds to sleep; 0: there is something to do. */
static int may_sleep(wfp_client_loop_t *loop)
{
    int ms = -1;

    if (loop->due) {
        apr_time_t left = loop->due - wfp_clock_now();

        ms = left <= 0 ? 0 : (int)((left + 999) / 1000);
    }
    if (ms != 0) {
        lock(loop);
        if (loop->inbox || __atomic_load_n(&loop->stop, __ATOMIC_RELAXED)) {
            ms = 0;
        }
        loop->sleeping = ms != 0;
        unlock(loop);
    }
    return ms;
}

/* curl does not read a connection of HTTP/2 whose only transfer has its answer
 * to the end but still sends, and so never learns that it may send more. The
 * answer is good, and nobody needs the rest of what was sent. */
static void end_answered(wfp_client_loop_t *loop, int fd)
{
    wfp_client_transfer_t *t, *next;

    for (t = loop->active; t; t = next) {
        next = t->job.active_next;
        if (wfp_client_conn_is_answered(t, fd)) {
            finish(loop, t, CURLE_OK, 1);
        }
    }
}

/* Something happened on a socket: let curl see to it. */
static void on_event(void *baton, int fd, unsigned what)
{
    wfp_client_loop_t *loop = baton;
    unsigned moves = loop->moves;
    int running;
    int mask = (what & WFP_CLIENT_POLL_IN ? CURL_CSELECT_IN : 0)
               | (what & WFP_CLIENT_POLL_OUT ? CURL_CSELECT_OUT : 0)
               | (what & WFP_CLIENT_POLL_ERR ? CURL_CSELECT_ERR : 0);

    (void)curl_multi_socket_action(loop->multi, fd, mask, &running);
    if (moves == loop->moves && wfp_client_socket_is_stuck(loop->sockets, fd)) {
        end_answered(loop, fd);
    }
}

static int is_stopped(wfp_client_loop_t *loop)
{
    lock(loop);
    loop->sleeping = 0;
    unlock(loop);
    return __atomic_load_n(&loop->stop, __ATOMIC_RELAXED);
}

/* Only with nothing active: whoever posts afterwards is told at once that the
 * loop has let go, and may give the transfer to its next user. */
static int close_inbox(wfp_client_loop_t *loop)
{
    int closed;

    lock(loop);
    loop->closed = closed = !loop->inbox;
    unlock(loop);
    return closed;
}

static void *APR_THREAD_FUNC loop_main(apr_thread_t *thread, void *data)
{
    wfp_client_loop_t *loop = data;

    while (!is_stopped(loop)) {
        work_inbox(loop);
        run_timer(loop);
        reap(loop);
        wake_owners(loop);
        wfp_client_poll_wait(&loop->poll, may_sleep(loop), on_event, loop);
    }
    do {
        work_inbox(loop);
        while (loop->active) {
            finish(loop, loop->active, CURLE_ABORTED_BY_CALLBACK, 1);
        }
    } while (!close_inbox(loop));
    /* here, where every signal is blocked: closing TLS connections writes */
    (void)curl_multi_cleanup(loop->multi);
    return NULL;
}

static apr_status_t make_multi(wfp_client_loop_t *loop,
                               const wfp_client_config_t *config)
{
    CURLM *multi = curl_multi_init();
    long max = config->connections_max, origin = config->connections_per_origin;

    origin = origin ? origin : (max + 1) / 2;

    loop->multi = multi;
    if (!multi || curl_multi_setopt(multi, CURLMOPT_SOCKETFUNCTION, on_socket)
        || curl_multi_setopt(multi, CURLMOPT_SOCKETDATA, loop)
        || curl_multi_setopt(multi, CURLMOPT_TIMERFUNCTION, on_timer)
        || curl_multi_setopt(multi, CURLMOPT_TIMERDATA, loop)
        || curl_multi_setopt(multi, CURLMOPT_MAX_TOTAL_CONNECTIONS, max)
        || curl_multi_setopt(multi, CURLMOPT_MAX_HOST_CONNECTIONS, origin)
        || curl_multi_setopt(multi, CURLMOPT_MAXCONNECTS, max)) {
        return APR_ENOMEM;
    }
    return APR_SUCCESS;
}

apr_status_t wfp_client_loop_create(wfp_client_loop_t **ploop,
                                    const wfp_client_config_t *config,
                                    wfp_result_t *res, apr_pool_t *p)
{
    wfp_client_loop_t *loop = apr_pcalloc(p, sizeof(*loop));
    apr_status_t rv;

    loop->inbox_end = &loop->inbox;
    /* more than one may be tried for a connection */
    loop->sockets = wfp_client_socket_table(2 * config->connections_max + 16,
                                            p);
    rv = apr_thread_mutex_create(&loop->mutex, APR_THREAD_MUTEX_DEFAULT, p);
    if (rv == APR_SUCCESS) {
        rv = wfp_client_poll_create(&loop->poll, p);
    }
    if (rv == APR_SUCCESS) {
        rv = make_multi(loop, config);
    }
    if (rv == APR_SUCCESS) {
        rv = wfp_thread_start(&loop->thread, loop_main, loop, p);
    }
    if (rv != APR_SUCCESS) {
        if (loop->multi) {
            (void)curl_multi_cleanup(loop->multi); /* the thread's otherwise */
        }
        return wfp_result_set(res, WFP_INTERNAL, rv,
                              "The outbound client cannot start");
    }
    *ploop = loop;
    return APR_SUCCESS;
}

/* The wake-up stays: a loop that is just going to sleep meets it. */
void wfp_client_loop_abort(wfp_client_loop_t *loop)
{
    __atomic_store_n(&loop->stop, 1, __ATOMIC_RELAXED);
    wfp_client_poll_wake(&loop->poll);
}

void wfp_client_loop_stop(wfp_client_loop_t *loop)
{
    apr_status_t rv;

    wfp_client_loop_abort(loop);
    (void)apr_thread_join(&rv, loop->thread); /* returns nothing of interest */
}

wfp_client_sockets_t *wfp_client_loop_sockets(wfp_client_loop_t *loop)
{
    return loop->sockets;
}

apr_uint32_t wfp_client_loop_active(wfp_client_loop_t *loop)
{
    return __atomic_load_n(&loop->active_count, __ATOMIC_RELAXED);
}
