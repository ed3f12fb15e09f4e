/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How long a client may keep isolates waiting. Used by request.c and
 * response.c around their calls of httpd's filters; the meter ends the
 * invocation afterwards.
 */
#include "mod_wfp/stall.h"

#include <http_core.h>

/* What a wait may take although the wall time is over: the limit is for the
 * meter to tell, not for this. */
#define GRACE apr_time_from_msec(100)

/* When nothing may run any more that waits for the client; 0: nothing does. */
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

void wfp_stall_begin(wfp_stall_t *stall, const wfp_work_t *work)
{
    const conn_rec *c = work->r->connection;
    apr_time_t deadline = deadline_of(work);
    apr_interval_time_t left;

    stall->socket = NULL;
    if (!deadline || c->master) {
        return;
    }
    left = deadline - apr_time_now();
    left = left > 0 ? left + GRACE : GRACE;
    stall->socket = ap_get_conn_socket((conn_rec *)c);
    if (!stall->socket
        || apr_socket_timeout_get(stall->socket, &stall->before) != APR_SUCCESS
        || (stall->before >= 0 && stall->before <= left)
        || apr_socket_timeout_set(stall->socket, left) != APR_SUCCESS) {
        stall->socket = NULL;
    }
}

void wfp_stall_end(const wfp_stall_t *stall)
{
    if (stall->socket) {
        /* it could be set a moment ago */
        (void)apr_socket_timeout_set(stall->socket, stall->before);
    }
}
