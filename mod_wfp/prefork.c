/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How prefork's children hear that they shall end. Our handler stands before
 * httpd's of SIGTERM and SIGHUP and calls that of the graceful stop, which
 * closes the listeners and lets the child's loop end. A request pays nothing
 * for it, and nothing is done in a handler that httpd does not do there, too.
 */
#include "mod_wfp/prefork.h"

#include <ap_mpm.h>
#include <apr_network_io.h>
#include <apr_portable.h>
#include <errno.h>
#include <mpm_common.h>
#include <signal.h>
#include <sys/socket.h>

#include "mod_wfp/server.h"

static const int taken[] = { SIGTERM, SIGHUP };

#define TAKEN ((int)(sizeof(taken) / sizeof(taken[0])))

struct wfp_prefork_t {
    void (*told)(void *baton);
    void *baton;
    struct sigaction before[TAKEN];
    struct sigaction graceful;
    int fd; /* atomic: the client's socket, -1: none */
};

static int is_threaded(void)
{
    int threaded = 0;

    return ap_mpm_query(AP_MPMQ_IS_THREADED, &threaded) == APR_SUCCESS
           && threaded;
}

static void on_signal(int sig)
{
    const wfp_prefork_t *prefork = wfp_server()->prefork;
    int saved = errno;

    prefork->told(prefork->baton);
    prefork->graceful.sa_handler(AP_SIG_GRACEFUL);
    errno = saved;
}

static int is_handled(const struct sigaction *action)
{
    return !(action->sa_flags & SA_SIGINFO) && action->sa_handler != SIG_DFL
           && action->sa_handler != SIG_IGN;
}

static apr_status_t take_over(wfp_prefork_t *prefork, int i)
{
    struct sigaction action;
    int n;

    if (sigaction(taken[i], NULL, &prefork->before[i])) {
        return errno;
    }
    action = prefork->before[i];
    action.sa_flags &= ~SA_SIGINFO;
    action.sa_handler = on_signal;
    /* one at a time; and the meter's timer may jump: not out of this handler */
    for (n = 0; n < TAKEN; n++) {
        (void)sigaddset(&action.sa_mask, taken[n]);
    }
    (void)sigaddset(&action.sa_mask, AP_SIG_GRACEFUL);
    for (n = SIGRTMIN; n <= SIGRTMAX; n++) {
        (void)sigaddset(&action.sa_mask, n);
    }
    return sigaction(taken[i], &action, NULL) ? errno : APR_SUCCESS;
}

/* The handler looks for what goes now; but who has taken it over since keeps
 * it. */
static apr_status_t give_back(void *data)
{
    const wfp_prefork_t *prefork = data;
    struct sigaction now;
    int i;

    for (i = 0; i < TAKEN; i++) {
        if (sigaction(taken[i], NULL, &now) == 0
            && now.sa_handler == on_signal) {
            (void)sigaction(taken[i], &prefork->before[i], NULL);
        }
    }
    return APR_SUCCESS;
}

apr_status_t wfp_prefork_create(wfp_prefork_t **pprefork,
                                void (*told)(void *baton), void *baton,
                                apr_pool_t *p)
{
    wfp_prefork_t *prefork;
    apr_status_t rv = APR_SUCCESS;
    int i;

    *pprefork = NULL;
    if (is_threaded()) {
        return APR_SUCCESS;
    }
    prefork = apr_pcalloc(p, sizeof(*prefork));
    prefork->told = told;
    prefork->baton = baton;
    prefork->fd = -1;
    if (sigaction(AP_SIG_GRACEFUL, NULL, &prefork->graceful)) {
        return errno;
    }
    if (!is_handled(&prefork->graceful)) {
        return APR_SUCCESS; /* -X: its handlers do no more than set a flag */
    }
    *pprefork = prefork; /* before a signal can ask for it */
    apr_pool_cleanup_register(p, prefork, give_back, apr_pool_cleanup_null);
    for (i = 0; i < TAKEN && rv == APR_SUCCESS; i++) {
        rv = take_over(prefork, i);
    }
    return rv;
}

static apr_status_t forget_client(void *data)
{
    wfp_prefork_t *prefork = data;

    __atomic_store_n(&prefork->fd, -1, __ATOMIC_RELAXED);
    return APR_SUCCESS;
}

int wfp_prefork_pre_connection(conn_rec *c, void *csd)
{
    const wfp_server_t *server = wfp_server();
    apr_os_sock_t fd;

    if (server && server->prefork && !c->master
        && apr_os_sock_get(&fd, csd) == APR_SUCCESS) {
        __atomic_store_n(&server->prefork->fd, fd, __ATOMIC_RELAXED);
        apr_pool_cleanup_register(c->pool, server->prefork, forget_client,
                                  apr_pool_cleanup_null);
    }
    return OK;
}

void wfp_prefork_hang_up(const wfp_prefork_t *prefork)
{
    int fd = prefork ? __atomic_load_n(&prefork->fd, __ATOMIC_RELAXED) : -1;

    if (fd >= 0) {
        /* the client may have been quicker */
        (void)shutdown(fd, SHUT_RDWR);
    }
}
