/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The context of the module through its life: made in post_config, filled
 * from the old generation, completed in child_init.
 */
#include "mod_wfp/server.h"

#include <ap_listen.h>
#include <apr_allocator.h>
#include <apr_atomic.h>
#include <apr_strings.h>
#include <http_core.h>
#include <mpm_common.h>
#include <string.h>
#include <unistd.h>

#include "lua_runtime/bugcheck.h"
#include "lua_runtime/speed.h"
#include "mod_wfp/archive.h"
#include "mod_wfp/background.h"
#include "mod_wfp/beside.h"
#include "mod_wfp/children.h"
#include "mod_wfp/deliver.h"
#include "mod_wfp/ending.h"
#include "mod_wfp/follow.h"
#include "mod_wfp/generation.h"
#include "mod_wfp/hardening.h"
#include "mod_wfp/host.h"
#include "mod_wfp/keys.h"
#include "mod_wfp/log.h"
#include "mod_wfp/logger.h"
#include "mod_wfp/pages.h"
#include "mod_wfp/runner.h"
#include "mod_wfp/socache.h"
#include "mod_wfp/stall.h"
#include "mod_wfp/tail_sender.h"
#include "mod_wfp/tail_memo.h"
#include "mod_wfp/tailers.h"
#include "outbound/listeners.h"
#include "services/sqlite.h"

/* the context of this generation; the only mutable global of the module */
static wfp_server_t *context;

wfp_server_t *wfp_server(void)
{
    return context;
}

static int is_first_pass(void)
{
    return ap_state_query(AP_SQ_MAIN_STATE) == AP_SQ_MS_CREATE_PRE_CONFIG;
}

static int is_other_schema(apr_status_t rv, const wfp_result_t *res)
{
    return rv == APR_EINCOMPLETE && res->code == WFP_INVALID;
}

/* Also of a store with another schema, if it says so: to know whose it is. */
static apr_status_t read_account(const char **pid, wfp_store_t *store,
                                 apr_status_t opened, wfp_result_t *res)
{
    wfp_result_t unread;

    if (opened == APR_SUCCESS) {
        return wfp_store_setting(pid, store, "account_id", res, res->pool);
    }
    wfp_result_init(&unread, res->pool);
    if (is_other_schema(opened, res)
        && wfp_store_setting(pid, store, "account_id", &unread, res->pool)
               != APR_SUCCESS) {
        *pid = NULL;
    }
    return opened;
}

/* A database that is down does not keep the server from starting; nor does a file
 * that is gone, or another schema, from starting again. */
static int check_store(wfp_server_t *server, wfp_generation_t *generation,
                       apr_pool_t *p)
{
    const char *id = NULL;
    wfp_store_t *store = NULL;
    wfp_result_t res;
    apr_status_t rv;
    int again;

    wfp_result_init(&res, p);
    rv = wfp_store_open(&store, wfp_config_db_driver(server->main),
                        wfp_config_db_params(server->main), 1, &res, p);
    server->is_schema_known = rv == APR_SUCCESS;
    rv = read_account(&id, store, rv, &res);
    again = wfp_generation_inherit(generation, id, server);
    if (rv == APR_SUCCESS) {
        rv = wfp_follow_catch_up(server, store, &res, p);
    }
    if (rv == APR_SUCCESS) {
        return OK;
    }
    if (res.code == WFP_STORE_UNAVAILABLE
        && (again || !strcmp(wfp_config_db_driver(server->main), "pgsql"))) {
        ap_log_error(APLOG_MARK, APLOG_ERR, rv, server->main,
                     WFPLOGNO(0302) "the store does not answer; serving from "
                                    "the registry: %s",
                     res.message);
        return OK;
    }
    if (again && is_other_schema(rv, &res)) {
        ap_log_error(APLOG_MARK, APLOG_ERR, 0, server->main,
                     WFPLOGNO(0317) "store: %s; it is left alone until then, "
                                    "and known Workers are served from the "
                                    "registry; a start anew will not",
                     res.message);
        return OK;
    }
    ap_log_error(APLOG_MARK, APLOG_CRIT, rv, server->main,
                 WFPLOGNO(0303) "store: %s", res.message);
    return HTTP_INTERNAL_SERVER_ERROR;
}

/* The sandbox keeps the doors to all of them shut: for the operator to know. */
static void check_lua(server_rec *s, apr_pool_t *p)
{
    wfp_bugcheck_t bugs;
    apr_status_t rv;

    rv = wfp_bugcheck_run(&bugs, p);
    ap_log_error(APLOG_MARK, APLOG_INFO, rv, s,
                 WFPLOGNO(0308) "known faults of the linked liblua, none of "
                                "which Workers can reach: %s%s%s",
                 rv == APR_SUCCESS && *bugs.found ? bugs.found : "none found",
                 *bugs.undecided ? "; not decided: " : "", bugs.undecided);
}

/* Too small a stack harms nobody but Workers that recurse. */
static void check_stack(server_rec *s)
{
    apr_size_t size = ap_thread_stacksize ? ap_thread_stacksize
                                          : wfp_run_thread_stack();

    if (size < WFP_RUN_STACK_MIN) {
        ap_log_error(APLOG_MARK, APLOG_WARNING, 0, s,
                     WFPLOGNO(0310) "threads have %d KB of C stack: Workers "
                                    "need 1024 (ThreadStackSize)",
                     (int)(size / 1024));
    }
}

/* For all children: to measure it costs each of them 20 ms of CPU. */
static void know_metering(wfp_server_t *server)
{
    wfp_runtime_t *runtime = &server->runtime;

    runtime->exact_metering = wfp_config_num(server->conf->exact_metering, 0)
                              != 0;
    if (!runtime->exact_metering
        && wfp_speed_measure(&runtime->vm_rate) != APR_SUCCESS) {
        runtime->vm_rate = 0; /* no memory: each child tries, and says so */
    }
}

static int make_runner(wfp_server_t *server, wfp_generation_t *generation,
                       apr_pool_t *pconf, apr_pool_t *ptemp)
{
    wfp_result_t res;
    apr_status_t rv;

    wfp_result_init(&res, ptemp);
    rv = wfp_seat_create(&server->watch, &res, wfp_generation_pool(generation));
    if (rv == APR_SUCCESS) {
        rv = wfp_runner_create(&server->runner, server, &res, pconf,
                               wfp_generation_pool(generation));
    }
    if (rv == APR_SUCCESS) {
        return OK;
    }
    ap_log_error(APLOG_MARK, APLOG_CRIT, rv, server->main, WFPLOGNO(0312) "%s",
                 res.message);
    return HTTP_INTERNAL_SERVER_ERROR;
}

int wfp_server_post_config(apr_pool_t *pconf, apr_pool_t *plog,
                           apr_pool_t *ptemp, server_rec *s)
{
    wfp_generation_t *generation;
    wfp_server_t *server;
    int rc;

    if (is_first_pass()) {
        return OK;
    }
    check_lua(s, ptemp);
    check_stack(s);
    server = apr_pcalloc(pconf, sizeof(*server));
    server->main = s;
    server->conf = wfp_config_server(s);
    know_metering(server);
    generation = wfp_generation_begin(server, ptemp);
    if (!generation) {
        return HTTP_INTERNAL_SERVER_ERROR;
    }
    rc = make_runner(server, generation, pconf, ptemp);
    if (rc == OK) {
        rc = wfp_keys_read(server, pconf, ptemp);
    }
    if (rc == OK) {
        rc = check_store(server, generation, ptemp);
    }
    if (rc == OK) {
        rc = wfp_logger_open(server, pconf);
    }
    if (rc == OK) {
        rc = wfp_socache_open(server, pconf, ptemp);
    }
    if (rc == OK) {
        wfp_pages_read(server, pconf);
        context = server;
    }
    return rc;
}

/* A pool for the child's threads: its own allocator, with a mutex. */
static apr_pool_t *make_child_pool(apr_pool_t *pchild)
{
    apr_allocator_t *allocator;
    apr_thread_mutex_t *mutex;
    apr_pool_t *p;

    if (apr_allocator_create(&allocator) != APR_SUCCESS) {
        return NULL;
    }
    apr_pool_create_ex(&p, pchild, NULL, allocator);
    apr_allocator_owner_set(allocator, p);
    if (apr_thread_mutex_create(&mutex, APR_THREAD_MUTEX_DEFAULT, p)
        != APR_SUCCESS) {
        return NULL;
    }
    apr_allocator_mutex_set(allocator, mutex);
    apr_pool_tag(p, "wfp_child");
    return p;
}

/* Where this server listens, in every virtual host. */
static const wfp_listeners_t *own_listeners(apr_pool_t *p)
{
    wfp_listeners_t *own = wfp_listeners_make(p);
    const ap_listen_rec *one;

    for (one = ap_listeners; one; one = one->next) {
        const apr_sockaddr_t *addr = one->bind_addr;

        wfp_listeners_add(own, addr->family, addr->ipaddr_ptr, addr->port);
    }
    return own;
}

/* Of a child, that serve requests. */
static int threads_of_child(void)
{
    int threads = 0;

    return ap_mpm_query(AP_MPMQ_MAX_THREADS, &threads) == APR_SUCCESS ? threads
                                                                      : 0;
}

/* Threads are what bounds requests that wait. One Worker, or one origin, has
 * half of the connections: then that half is one for each thread. */
static int connections_needed(void)
{
    int threads = threads_of_child();

    return 2 * threads > WFP_DEFAULT_EGRESS_CONNECTIONS
               ? 2 * threads
               : WFP_DEFAULT_EGRESS_CONNECTIONS;
}

static apr_status_t start_client(wfp_server_t *server, wfp_result_t *res)
{
    wfp_client_config_t config = { 0 };

    config.ca_file = server->conf->egress_ca;
    config.connections_max = (int)
        wfp_config_num(server->conf->egress_connections, connections_needed());
    config.own = own_listeners(server->pool);
    return wfp_client_create(&server->client, &config, res, server->pool);
}

void wfp_server_tell_rate(wfp_server_t *server, double rate)
{
    wfp_run_set_rate(&server->runtime,
                     (double)wfp_stats_fastest(server->stats,
                                               (apr_uint64_t)rate));
}

static apr_status_t start_isolates(wfp_server_t *server, wfp_result_t *res)
{
    apr_status_t rv;

    server->runtime.host = &wfp_host_functions;
    server->runtime.server = server;
    rv = wfp_run_child_init(&server->runtime, res);
    if (rv != APR_SUCCESS) {
        return rv;
    }
    wfp_server_tell_rate(server, server->runtime.vm_rate);
    rv = wfp_pool_create(&server->isolates,
                         (int)wfp_config_num(server->conf->isolates,
                                             WFP_DEFAULT_ISOLATES),
                         (apr_size_t)
                             wfp_config_num(server->conf->isolate_memory,
                                            WFP_DEFAULT_ISOLATE_MEMORY),
                         server->pool);
    if (rv == APR_SUCCESS) {
        server->runtime.total = wfp_pool_total(server->isolates);
    }
    return rv;
}

static void open_store(wfp_server_t *server, wfp_result_t *res)
{
    apr_status_t rv;

    rv = wfp_store_open(&server->store, wfp_config_db_driver(server->main),
                        wfp_config_db_params(server->main), 0, res,
                        server->pool);
    if (rv != APR_SUCCESS) {
        /* one that is down is open all the same, and works when it is back */
        ap_log_error(APLOG_MARK, APLOG_ERR, rv, server->main,
                     WFPLOGNO(0306) "store: %s", res->message);
    }
    if (server->store && !server->is_schema_known) {
        wfp_store_insist(server->store);
    }
    if (server->store) {
        wfp_store_watch(server->store, server->latency);
    }
}

/* Before any pool of the child goes: a prefork child that is told to end
 * within a request destroys the request's pool after ours. */
static apr_status_t child_ends(void *data)
{
    wfp_server_t *server = data;

    __atomic_store_n(&server->is_ending, 1, __ATOMIC_RELAXED);
    return APR_SUCCESS;
}

static apr_status_t make_id_prefix(wfp_server_t *server)
{
    unsigned char prefix[8] = { 0 };
    apr_status_t rv = wfp_crypto_random(prefix, sizeof(prefix));

    apr_cpystrn(server->id_prefix, wfp_crypto_hex(prefix, 8, server->pool),
                sizeof(server->id_prefix));
    return rv;
}

/* What Workers bind to. */
static apr_status_t start_services(wfp_server_t *server)
{
    const char *dir = wfp_config_data_dir(server->main);
    int in_store = strcmp(wfp_config_db_driver(server->main), "sqlite3") != 0;
    wfp_kv_config_t kv = { server->store, in_store, dir, server->kv_cache,
                           server->conf->kv_bytes };
    apr_status_t rv = wfp_sqlite_start(dir, server->pool);

    server->queues = wfp_queues_make(server->store,
                                     wfp_config_num(server->conf->queue_backlog,
                                                    WFP_DEFAULT_QUEUE_BACKLOG),
                                     server->pool);
    if (rv == APR_SUCCESS) {
        rv = wfp_d1_create(&server->d1, dir, server->conf->d1_bytes,
                           server->pool);
    }
    if (rv == APR_SUCCESS) {
        rv = wfp_assets_create(&server->assets, server->store, in_store, dir,
                               server->pool);
    }
    if (rv == APR_SUCCESS) {
        rv = wfp_kv_create(&server->kv, &kv, server->pool);
    }
    if (rv == APR_SUCCESS) {
        rv = wfp_r2_create(&server->r2, server->store, dir,
                           server->conf->r2_bytes, server->pool);
    }
    return rv;
}

/* The opposite order is that of their ends. */
static apr_status_t start_threads(wfp_server_t *server, wfp_result_t *res)
{
    apr_status_t rv = wfp_ending_start(server, server->pool);

    if (rv == APR_SUCCESS) {
        rv = wfp_logger_start(server, server->pool);
    }
    if (rv == APR_SUCCESS) {
        rv = wfp_archive_start(server, server->pool);
    }
    if (rv == APR_SUCCESS) {
        rv = wfp_tail_sender_start(&server->tail_sender, server, server->pool);
    }
    if (rv == APR_SUCCESS) {
        rv = start_services(server);
    }
    if (rv == APR_SUCCESS) {
        rv = start_isolates(server, res);
    }
    if (rv == APR_SUCCESS) {
        rv = start_client(server, res);
    }
    if (rv == APR_SUCCESS) {
        rv = wfp_children_start(server, server->pool);
    }
    if (rv == APR_SUCCESS) {
        rv = wfp_beside_create(&server->beside, server, server->pool);
    }
    if (rv == APR_SUCCESS) {
        rv = wfp_tail_memo_create(&server->tail_memo, server->pool);
    }
    if (rv == APR_SUCCESS) {
        rv = wfp_tailers_start(&server->tailers, server, server->pool);
    }
    if (rv == APR_SUCCESS) {
        rv = wfp_background_start(&server->background, server, server->pool);
    }
    if (rv == APR_SUCCESS) {
        rv = wfp_stall_start(&server->stalls, server->pool);
    }
    if (rv == APR_SUCCESS) {
        rv = wfp_follow_start(server, server->pool);
    }
    if (rv == APR_SUCCESS) {
        rv = wfp_deliver_create(&server->deliver, server->pool);
    }
    if (rv == APR_SUCCESS) {
        rv = wfp_runner_start(server->runner, server->pool);
    }
    return rv;
}

void wfp_server_child_init(apr_pool_t *pchild, server_rec *s)
{
    wfp_server_t *server = context;
    wfp_result_t res;
    apr_status_t rv;

    if (!server) {
        return;
    }
    apr_pool_pre_cleanup_register(pchild, server, child_ends);
    server->pool = make_child_pool(pchild);
    wfp_socache_child_init(server);
    wfp_result_init(&res, pchild);
    server->pools = wfp_poolcache_create(threads_of_child(), server->pool);
    open_store(server, &res);
    rv = wfp_hardening_give_up_files(server);
    if (rv != APR_SUCCESS) {
        (void)wfp_result_set(&res, WFP_INTERNAL, rv, "Landlock failed");
    }
    if (rv == APR_SUCCESS) {
        rv = make_id_prefix(server);
    }
    if (rv == APR_SUCCESS) {
        rv = start_threads(server, &res);
    }
    if (rv != APR_SUCCESS) {
        ap_log_error(APLOG_MARK, APLOG_CRIT, rv, s,
                     WFPLOGNO(0307) "this child cannot run Workers: %s",
                     res.message);
        server->isolates = NULL;
    }
}

/* The digits of n, eight of them; printf would cost more than all else. */
static void put_hex(char *to, apr_uint32_t n)
{
    int i;

    for (i = 7; i >= 0; i--, n >>= 4) {
        to[i] = "0123456789abcdef"[n & 15];
    }
}

const char *wfp_server_request_id(apr_time_t when, apr_pool_t *p)
{
    char *id = apr_palloc(p, WFP_REQUEST_ID_SIZE);

    memcpy(id, context->id_prefix, 16);
    put_hex(id + 16, (apr_uint32_t)apr_time_sec(when));
    put_hex(id + 24, apr_atomic_inc32(&context->id_next));
    id[32] = '\0';
    return id;
}
