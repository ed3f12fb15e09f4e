/* SPDX-License-Identifier: Apache-2.0 */
/*
 * prefork's signals, held off while its one thread is in our code. Entering and
 * leaving is counted by mod_wfp.c around handlers, by invoke.c around a cleanup
 * and from drop_privileges to the end of child_init; ending.c is told.
 *
 * No mask is changed, so that a request pays no system call: our handler stands
 * before httpd's, notes the signal when the thread is inside, and wfp_hold_leave()
 * raises it again. It runs on that thread, so plain counters do.
 */
#include "mod_wfp/hold.h"

#include <ap_mpm.h>
#include <apr_portable.h>
#include <errno.h>
#include <http_core.h>
#include <signal.h>
#include <sys/socket.h>

#include "mod_wfp/server.h"

static const int held[] = { SIGTERM, SIGHUP };

#define HELD ((int)(sizeof(held) / sizeof(held[0])))

struct wfp_hold_t {
    void (*told)(void *baton);
    void *baton;
    struct sigaction before[HELD];
    volatile sig_atomic_t inside;  /* depth */
    volatile sig_atomic_t pending; /* the signal that waits; 0 */
    int fd;                        /* atomic: the client's socket, -1: none */
};

static int is_threaded(void)
{
    int threaded = 0;

    return ap_mpm_query(AP_MPMQ_IS_THREADED, &threaded) == APR_SUCCESS
           && threaded;
}

static void pass_on(const wfp_hold_t *hold, int sig, siginfo_t *info,
                    void *context)
{
    const struct sigaction *before = &hold->before[sig == held[0] ? 0 : 1];

    if (before->sa_flags & SA_SIGINFO) {
        before->sa_sigaction(sig, info, context);
    }
    else {
        before->sa_handler(sig);
    }
}

static void on_signal(int sig, siginfo_t *info, void *context)
{
    wfp_hold_t *hold = wfp_server()->hold;
    int saved = errno;

    hold->told(hold->baton);
    if (hold->inside) {
        hold->pending = sig;
    }
    else {
        pass_on(hold, sig, info, context);
    }
    errno = saved;
}

/* Nothing is to be held where httpd has no handler. */
static int is_handled(const struct sigaction *action)
{
    return (action->sa_flags & SA_SIGINFO)
           || (action->sa_handler != SIG_DFL && action->sa_handler != SIG_IGN);
}

static apr_status_t take_over(wfp_hold_t *hold, int i)
{
    struct sigaction action;
    int n;

    if (sigaction(held[i], NULL, &hold->before[i])) {
        return errno;
    }
    if (!is_handled(&hold->before[i])) {
        return APR_SUCCESS;
    }
    action = hold->before[i];
    action.sa_sigaction = on_signal;
    action.sa_flags |= SA_SIGINFO;
    /* the meter's timer may jump: not out of this handler */
    for (n = SIGRTMIN; n <= SIGRTMAX; n++) {
        (void)sigaddset(&action.sa_mask, n);
    }
    return sigaction(held[i], &action, NULL) ? errno : APR_SUCCESS;
}

/* The handler looks for what goes now; but who has taken it over since keeps
 * it. */
static apr_status_t give_back(void *data)
{
    const wfp_hold_t *hold = data;
    struct sigaction now;
    int i;

    for (i = 0; i < HELD; i++) {
        if (sigaction(held[i], NULL, &now) == 0 && (now.sa_flags & SA_SIGINFO)
            && now.sa_sigaction == on_signal) {
            (void)sigaction(held[i], &hold->before[i], NULL);
        }
    }
    return APR_SUCCESS;
}

apr_status_t wfp_hold_create(wfp_hold_t **phold, void (*told)(void *baton),
                             void *baton, apr_pool_t *p)
{
    wfp_hold_t *hold;
    apr_status_t rv = APR_SUCCESS;
    int i;

    *phold = NULL;
    if (is_threaded()) {
        return APR_SUCCESS;
    }
    hold = apr_pcalloc(p, sizeof(*hold));
    hold->told = told;
    hold->baton = baton;
    hold->inside = 1;
    hold->fd = -1;
    *phold = hold; /* before a signal can ask for it */
    apr_pool_cleanup_register(p, hold, give_back, apr_pool_cleanup_null);
    for (i = 0; i < HELD && rv == APR_SUCCESS; i++) {
        rv = take_over(hold, i);
    }
    return rv;
}

static int socket_of(conn_rec *c)
{
    apr_socket_t *socket = ap_get_conn_socket(c);
    apr_os_sock_t fd;

    return socket && apr_os_sock_get(&fd, socket) == APR_SUCCESS ? fd : -1;
}

void wfp_hold_enter(wfp_hold_t *hold, conn_rec *c)
{
    if (hold) {
        hold->inside++;
        __atomic_signal_fence(__ATOMIC_SEQ_CST);
        if (c && !c->master) {
            __atomic_store_n(&hold->fd, socket_of(c), __ATOMIC_RELAXED);
        }
    }
}

/* The handler may have been left by a jump, which restores no mask. */
static void raise_pending(wfp_hold_t *hold)
{
    int sig = hold->pending;
    sigset_t set;

    hold->pending = 0;
    (void)sigemptyset(&set);
    (void)sigaddset(&set, sig);
    /* valid arguments: cannot fail */
    (void)pthread_sigmask(SIG_UNBLOCK, &set, NULL);
    (void)raise(sig);
}

void wfp_hold_leave(wfp_hold_t *hold)
{
    if (!hold) {
        return;
    }
    if (hold->inside == 1) {
        __atomic_store_n(&hold->fd, -1, __ATOMIC_RELAXED);
    }
    __atomic_signal_fence(__ATOMIC_SEQ_CST);
    hold->inside--;
    if (hold->pending && !hold->inside) {
        raise_pending(hold);
    }
}

int wfp_hold_is_inside(const wfp_hold_t *hold)
{
    return hold && hold->inside;
}

void wfp_hold_hang_up(const wfp_hold_t *hold)
{
    int fd = hold ? __atomic_load_n(&hold->fd, __ATOMIC_RELAXED) : -1;

    if (fd >= 0) {
        /* the client may have been quicker */
        (void)shutdown(fd, SHUT_RDWR);
    }
}
