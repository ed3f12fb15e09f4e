/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How a child ends. Called by the MPM's hook, by host.c around what waits, by
 * background.c, and by invoke.c, which counts.
 *
 * At once: event and worker tell whether they stop gracefully. prefork does
 * not; but its handler of SIGTERM and SIGHUP ends the process itself, so that
 * the signal is blocked where we are asked: then it is no graceful end. That
 * is in a signal handler, so nothing here takes a lock.
 *
 * On its own: MPMs offer modules no way to end a child. What all three know is
 * a listener that has run out of resources: its accept function says
 * APR_EGENERAL, and the child finishes what it has and exits, while others
 * take the connection, which was not accepted. A child with a listener of its
 * own (ListenCoresBucketsRatio) is not reached so and goes on.
 */
#include "mod_wfp/ending.h"

#include <ap_listen.h>
#include <ap_mpm.h>
#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "mod_wfp/log.h"

/* Sleeps are cut into pieces that fit into poll()'s argument. */
#define SLEEP_MS_MAX (60 * 1000)

struct wfp_ending_t {
    int fd;     /* readable from the forced stop on */
    int forced; /* atomic, as all below */
    int stage2;
    int retiring;
};

static apr_status_t close_fd(void *data)
{
    wfp_ending_t *ending = data;

    (void)close(ending->fd);
    return APR_SUCCESS;
}

apr_status_t wfp_ending_create(wfp_ending_t **pending, apr_pool_t *p)
{
    wfp_ending_t *ending = apr_pcalloc(p, sizeof(*ending));

    ending->fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (ending->fd < 0) {
        return errno;
    }
    apr_pool_cleanup_register(p, ending, close_fd, apr_pool_cleanup_null);
    *pending = ending;
    return APR_SUCCESS;
}

/* Are we in prefork's handler of a signal that ends a child at once? */
static int is_in_handler(void)
{
    sigset_t blocked;

    return pthread_sigmask(SIG_SETMASK, NULL, &blocked) == 0
           && (sigismember(&blocked, SIGTERM) == 1
               || sigismember(&blocked, SIGHUP) == 1);
}

static int is_threaded(void)
{
    int threaded = 0;

    return ap_mpm_query(AP_MPMQ_IS_THREADED, &threaded) == APR_SUCCESS
           && threaded;
}

void wfp_ending_child_stopping(apr_pool_t *pchild, int graceful)
{
    static const apr_uint64_t one = 1;
    wfp_server_t *server = wfp_server();

    if (!server || !server->ending
        || (is_threaded() ? graceful : !is_in_handler())) {
        return;
    }
    __atomic_store_n(&server->ending->forced, 1, __ATOMIC_RELEASE);
    /* takes 8 bytes or is readable already */
    (void)!write(server->ending->fd, &one, sizeof(one));
    if (server->client) {
        wfp_client_abort(server->client);
    }
}

int wfp_ending_is_forced(const wfp_server_t *server)
{
    return __atomic_load_n(&server->ending->forced, __ATOMIC_ACQUIRE);
}

void wfp_ending_sleep(const wfp_server_t *server, apr_time_t until)
{
    struct pollfd fd = { server->ending->fd, POLLIN, 0 };
    apr_time_t now;

    /* the meter's timer may wake us early */
    for (now = apr_time_now(); now < until; now = apr_time_now()) {
        apr_interval_time_t ms = (until - now + 999) / 1000;

        if (poll(&fd, 1, ms < SLEEP_MS_MAX ? (int)ms : SLEEP_MS_MAX) > 0) {
            return;
        }
    }
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
