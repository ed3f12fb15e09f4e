/* SPDX-License-Identifier: Apache-2.0 */
/*
 * From this child's isolates and transfers to the memory that all children tell
 * into. A thread of its own does it: nothing that it asks waits for a disk or a
 * database, as the other helpers do.
 */
#include "mod_wfp/children.h"

#include <apr_strings.h>
#include <string.h>
#include <unistd.h>

#include "core/clock.h"
#include "mod_wfp/log.h"
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

/* ---- the parent: what a child was at that has ended ------------------------------ */

/* Workers that the error log names. */
#define NAMED_MAX 8

typedef struct lost_t {
    wfp_server_t *server;
    apr_uint64_t all;
    int count;
    struct {
        char name[2 * WFP_NAME_MAX + 2];
        int runs;
    } of[NAMED_MAX];
} lost_t;

static void note_name(lost_t *lost, const char *ns, const char *script)
{
    char name[sizeof(lost->of[0].name)];
    int i;

    (void)apr_snprintf(name, sizeof(name), "%s%s%s", ns, *ns ? "/" : "",
                       script);
    for (i = 0; i < lost->count && strcmp(lost->of[i].name, name) != 0; i++) {
    }
    if (i == NAMED_MAX) {
        return;
    }
    if (i == lost->count) {
        (void)apr_cpystrn(lost->of[i].name, name, sizeof(name));
        lost->of[i].runs = 0;
        lost->count++;
    }
    lost->of[i].runs++;
}

/* As wfp_runs_left() tells it. */
static void lose(void *data, const char *ns, const char *script,
                 apr_uint64_t count)
{
    lost_t *lost = data;

    wfp_ledger_lost(lost->server->ledger, ns, script, count, wfp_clock_now());
    lost->all += count;
    if (ns) {
        note_name(lost, ns, script);
    }
}

static void tell_lost(const lost_t *lost, pid_t pid)
{
    char text[NAMED_MAX * (sizeof(lost->of[0].name) + 16)] = "";
    apr_size_t n = 0;
    int i;

    for (i = 0; i < lost->count; i++) {
        n += (apr_size_t)apr_snprintf(text + n, sizeof(text) - n, "%s%s (%d)",
                                      i ? ", " : ": ", lost->of[i].name,
                                      lost->of[i].runs);
    }
    ap_log_error(APLOG_MARK, APLOG_NOTICE, 0, lost->server->main,
                 WFPLOGNO(4101) "child %" APR_PID_T_FMT
                                " ended with %" APR_UINT64_T_FMT
                                " runs under way%s",
                 pid, lost->all, text);
}

void wfp_children_child_status(server_rec *s, pid_t pid, ap_generation_t gen,
                               int slot, mpm_child_status state)
{
    wfp_server_t *server = wfp_server();

    if (server && state == MPM_CHILD_EXITED) {
        lost_t lost = { .server = server };

        /* first: whoever comes next may have its place */
        wfp_runs_left(server->runs, wfp_children_place(server->children, pid),
                      lose, &lost);
        wfp_children_left(server->children, pid);
        if (lost.all) {
            tell_lost(&lost, pid);
        }
    }
}
