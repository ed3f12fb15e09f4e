/* SPDX-License-Identifier: Apache-2.0 */
/*
 * From this child's isolates and transfers to the memory that all children tell
 * into. A thread of its own does it: nothing that it asks waits for a disk or a
 * database, as the other helpers do.
 */
#include "mod_wfp/children.h"

#include <unistd.h>

#include "core/clock.h"
#include "mod_wfp/threads.h"

#define TELL_EVERY apr_time_from_sec(1)

void wfp_children_here(wfp_server_t *server)
{
    wfp_child_figures_t f = { { 0 } };
    wfp_pool_stats_t pool;
    wfp_client_stats_t client;

    if (!server->isolates || !server->client) {
        return;
    }
    wfp_pool_stats(&pool, server->isolates);
    wfp_client_stats(&client, server->client);
    f.n[WFP_CHILD_IDLE] = pool.idle;
    f.n[WFP_CHILD_RUNNING] = pool.out;
    f.n[WFP_CHILD_BYTES] = pool.bytes;
    f.n[WFP_CHILD_EVICTED] = pool.evicted;
    f.n[WFP_CHILD_TRANSFERS_ACTIVE] = client.active;
    f.n[WFP_CHILD_TRANSFERS] = client.transfers;
    wfp_children_tell(server->children, server->child_place, &f);
}

static void tell(void *data)
{
    wfp_children_here(data);
}

/* What was counted, after all threads that came later have ended. */
static apr_status_t tell_last(void *data)
{
    wfp_children_here(data);
    return APR_SUCCESS;
}

apr_status_t wfp_children_start(wfp_server_t *server, apr_pool_t *p)
{
    server->child_place = wfp_children_join(server->children, getpid());
    apr_pool_pre_cleanup_register(p, server, tell_last);
    return wfp_threads_every(TELL_EVERY, tell, server, p);
}

/* As wfp_runs_left() tells it. */
static void lose(void *data, const char *ns, const char *script,
                 apr_uint64_t count)
{
    wfp_server_t *server = data;

    wfp_ledger_lost(server->ledger, ns, script, count, wfp_clock_now());
}

void wfp_children_child_status(server_rec *s, pid_t pid, ap_generation_t gen,
                               int slot, mpm_child_status state)
{
    wfp_server_t *server = wfp_server();

    if (server && state == MPM_CHILD_EXITED) {
        /* first: whoever comes next may have its place */
        wfp_runs_left(server->runs, wfp_children_place(server->children, pid),
                      lose, server);
        wfp_children_left(server->children, pid);
    }
}
