/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How a child ends. Called by the MPM's hook, by prefork.c in a signal handler,
 * by host.c around what waits, by background.c, and by invoke.c, which counts.
 *
 * At once: event and worker tell whether they stop gracefully. prefork tells by
 * signals, which prefork.c hears; in its handler no lock is taken. What waits is
 * woken, and a thread of its own cuts short what runs, again and again until all
 * threads have ended. prefork's waits for its client in httpd's code: after a
 * second it loses that connection, as httpd itself takes them from event's and
 * worker's threads. One that has not ended after another second waits for what
 * nobody can wake, such as a lock of another process: then the process ends as
 * if it were killed, before httpd begins to complain and does.
 *
 * On its own: MPMs offer modules no way to end a child. What all three know is
 * a listener that has run out of resources: its accept function says
 * APR_EGENERAL, and the child finishes what it has and exits, while others
 * take the connection, which was not accepted. A child with a listener of its
 * own (ListenCoresBucketsRatio) is not reached so and goes on.
 */
#include "mod_wfp/ending.h"

#include <ap_listen.h>
#include <apr_portable.h>
#include <errno.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "core/clock.h"
#include "core/thread.h"
#include "lua_runtime/run.h"
#include "mod_wfp/log.h"
#include "mod_wfp/prefork.h"

/* Sleeps are cut into pieces that fit into poll()'s argument. */
#define SLEEP_MS_MAX (60 * 1000)

/* Who waits for input asks httpd's filters so often: they may have deadlines of
 * their own, as mod_reqtimeout's has. */
#define INPUT_LOOK_MS 500

/* After a forced stop: how often what runs is cut short, and when what keeps
 * prefork's thread inside loses its client, and its process; so does a helper
 * thread that is not joined by then, since it waits for the store. */
#define CUT_EVERY_MS  50
#define HANG_UP_TURNS (1000 / CUT_EVERY_MS)
#define GIVE_UP_TURNS (2000 / CUT_EVERY_MS)

struct wfp_ending_t {
    wfp_server_t *server;
    apr_thread_t *thread;
    int fd;     /* readable from the forced stop on */
    int over;   /* readable when all other threads have ended */
    int forced; /* atomic, as all below */
    int stage2;
    int retiring;
};

static void make_readable(int fd)
{
    static const apr_uint64_t one = 1;

    /* takes 8 bytes or is readable already */
    (void)!write(fd, &one, sizeof(one));
}

static void force(void *data)
{
    wfp_server_t *server = data;

    if (!server->ending) {
        return;
    }
    __atomic_store_n(&server->ending->forced, 1, __ATOMIC_RELEASE);
    make_readable(server->ending->fd);
    if (server->client) {
        wfp_client_abort(server->client);
    }
}

void wfp_ending_child_stopping(apr_pool_t *pchild, int graceful)
{
    wfp_server_t *server = wfp_server();

    if (server && !server->prefork && !graceful) {
        force(server);
    }
}

int wfp_ending_drop_privileges(apr_pool_t *pchild, server_rec *s)
{
    wfp_server_t *server = wfp_server();
    apr_status_t rv;

    if (!server) {
        return DECLINED;
    }
    rv = wfp_prefork_create(&server->prefork, force, server, pchild);
    if (rv != APR_SUCCESS) {
        ap_log_error(APLOG_MARK, APLOG_ERR, rv, s,
                     WFPLOGNO(0314) "this child cannot take over signals: told "
                                    "to end at once it may crash");
    }
    return OK;
}

/* ---- the thread that ends what runs ------------------------------------------ */

/* Is it over? Waits a while; until a forced stop, when ms is -1. */
static int await_end(const wfp_ending_t *ending, int ms)
{
    struct pollfd fds[] = { { ending->over, POLLIN, 0 },
                            { ending->fd, POLLIN, 0 } };

    /* whatever ends the wait: who asks asks again */
    (void)poll(fds, ms < 0 ? 2 : 1, ms);
    return fds[0].revents != 0;
}

static void give_up(const wfp_server_t *server)
{
    ap_log_error(APLOG_MARK, APLOG_INFO, 0, server->main,
                 WFPLOGNO(0311) "this child is to end and still waits for "
                                "something after %d s: it ends without",
                 GIVE_UP_TURNS * CUT_EVERY_MS / 1000);
    _exit(0);
}

static void *APR_THREAD_FUNC ending_main(apr_thread_t *thread, void *data)
{
    wfp_ending_t *ending = data;
    const wfp_server_t *server = ending->server;
    int turns = 0;

    while (!wfp_ending_is_forced(server)) {
        if (await_end(ending, -1)) {
            return NULL;
        }
    }
    do {
        wfp_run_cut_all();
        if (turns >= HANG_UP_TURNS) {
            wfp_prefork_hang_up(server->prefork);
        }
        if (turns >= GIVE_UP_TURNS
            && (server->prefork
                || __atomic_load_n(&server->is_ending, __ATOMIC_RELAXED))) {
            give_up(server);
        }
        turns++;
    } while (!await_end(ending, CUT_EVERY_MS));
    return NULL;
}

static apr_status_t close_fds(void *data)
{
    wfp_ending_t *ending = data;

    (void)close(ending->fd);
    (void)close(ending->over);
    return APR_SUCCESS;
}

static apr_status_t ending_join(void *data)
{
    wfp_ending_t *ending = data;
    apr_status_t rv;

    make_readable(ending->over);
    (void)apr_thread_join(&rv, ending->thread); /* returns nothing */
    return APR_SUCCESS;
}

apr_status_t wfp_ending_start(wfp_server_t *server, apr_pool_t *p)
{
    wfp_ending_t *ending = apr_pcalloc(p, sizeof(*ending));
    apr_status_t rv;

    ending->server = server;
    ending->fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    ending->over = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (ending->fd < 0 || ending->over < 0) {
        return errno;
    }
    apr_pool_cleanup_register(p, ending, close_fds, apr_pool_cleanup_null);
    server->ending = ending;
    rv = wfp_thread_start(&ending->thread, ending_main, ending, p);
    if (rv == APR_SUCCESS) {
        apr_pool_pre_cleanup_register(p, ending, ending_join);
    }
    return rv;
}

/* ---- what asks ------------------------------------------------------------- */

int wfp_ending_is_forced(const wfp_server_t *server)
{
    return __atomic_load_n(&server->ending->forced, __ATOMIC_ACQUIRE);
}

void wfp_ending_sleep(const wfp_server_t *server, apr_time_t until)
{
    struct pollfd fd = { server->ending->fd, POLLIN, 0 };
    apr_time_t now;

    /* the meter's timer may wake us early */
    for (now = wfp_clock_now(); now < until; now = wfp_clock_now()) {
        apr_interval_time_t ms = (until - now + 999) / 1000;

        if (poll(&fd, 1, ms < SLEEP_MS_MAX ? (int)ms : SLEEP_MS_MAX) > 0) {
            return;
        }
    }
}

apr_time_t wfp_ending_of_input(apr_socket_t *socket, apr_time_t until)
{
    apr_interval_time_t timeout;
    apr_time_t end;

    until = until ? until : APR_INT64_MAX;
    if (apr_socket_timeout_get(socket, &timeout) != APR_SUCCESS
        || timeout < 0) {
        return until;
    }
    end = wfp_clock_now() + timeout;
    return end < until ? end : until;
}

apr_status_t wfp_ending_await_input(const wfp_server_t *server,
                                    apr_socket_t *socket, apr_time_t end)
{
    struct pollfd fds[] = { { server->ending->fd, POLLIN, 0 },
                            { -1, POLLIN, 0 } };
    apr_status_t rv = apr_os_sock_get(&fds[1].fd, socket);
    apr_interval_time_t left = end - wfp_clock_now();

    if (rv != APR_SUCCESS) {
        return rv;
    }
    if (left <= 0) {
        return APR_TIMEUP;
    }
    left = (left + 999) / 1000;
    (void)poll(fds, 2, left < INPUT_LOOK_MS ? (int)left : INPUT_LOOK_MS);
    return fds[0].revents ? APR_ECONNABORTED : APR_SUCCESS;
}

static apr_status_t accept_no_more(void **csd, ap_listen_rec *listener,
                                   apr_pool_t *p)
{
    *csd = NULL;
    return APR_EGENERAL;
}

void wfp_ending_count(wfp_server_t *server)
{
    wfp_ending_t *ending = server->ending;
    ap_listen_rec *listener;

    if (__atomic_add_fetch(&ending->stage2, 1, __ATOMIC_RELAXED)
        != WFP_ENDING_STAGE2_MAX) {
        return;
    }
    ap_log_error(APLOG_MARK, APLOG_INFO, 0, server->main,
                 WFPLOGNO(0309) "%d invocations were ended in the middle of a "
                                "library: this child ends, another comes",
                 WFP_ENDING_STAGE2_MAX);
    __atomic_store_n(&ending->retiring, 1, __ATOMIC_RELAXED);
    for (listener = ap_listeners; listener; listener = listener->next) {
        __atomic_store_n(&listener->accept_func, accept_no_more,
                         __ATOMIC_RELAXED);
    }
}

int wfp_ending_is_retiring(const wfp_server_t *server)
{
    return server->ending
           && __atomic_load_n(&server->ending->retiring, __ATOMIC_RELAXED);
}
