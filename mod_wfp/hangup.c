/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Clients that go away while a Worker waits for something else. Asked by host.c
 * and, through a callback of the egress filter, by the outbound client. A
 * connection that was half closed counts as gone, as with most proxies.
 */
#include "mod_wfp/hangup.h"

#include <apr_portable.h>
#include <http_core.h>
#include <poll.h>

#include "mod_wfp/trial.h"

static int is_closed(conn_rec *c)
{
    apr_socket_t *socket;
    struct pollfd pfd = { .events = POLLRDHUP };

    if (c->aborted) {
        return 1;
    }
    if (c->master) {
        const wfp_trial_t *trial = wfp_trial_of(c);

        /* a stream has no socket: mod_http2 sets aborted; who tries a Worker
         * has one elsewhere */
        return trial ? is_closed(wfp_trial_client(trial)) : 0;
    }
    socket = ap_get_conn_socket(c);
    if (!socket || apr_os_sock_get(&pfd.fd, socket) != APR_SUCCESS) {
        return 0;
    }
    return poll(&pfd, 1, 0) > 0
           && (pfd.revents & (POLLRDHUP | POLLHUP | POLLERR));
}

int wfp_hangup_look(wfp_work_t *work)
{
    if (work->r && !wfp_hangup_was_seen(work)
        && is_closed(work->r->connection)) {
        wfp_hangup_note(work);
    }
    return wfp_hangup_was_seen(work);
}

int wfp_hangup_was_seen(const wfp_work_t *work)
{
    return work->r && __atomic_load_n(&work->hung_up, __ATOMIC_RELAXED);
}

void wfp_hangup_note(wfp_work_t *work)
{
    __atomic_store_n(&work->hung_up, 1, __ATOMIC_RELAXED);
}

apr_status_t wfp_hangup_tell(wfp_result_t *res)
{
    return wfp_result_set(res, WFP_CLIENT_DISCONNECTED, APR_ECONNABORTED, NULL);
}
