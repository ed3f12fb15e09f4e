/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Called by server.c in post_config. The parent's process pool holds the
 * generation, since pconf goes before the next one can look at it.
 */
#include "mod_wfp/generation.h"

#include <apr_strings.h>
#include <string.h>

#include "mod_wfp/kept.h"
#include "mod_wfp/log.h"
#include "mod_wfp/logger.h"
#include "mod_wfp/tail_sender.h"

/* Of the process pool: the generation before. The number grows with the struct
 * below, with what registry_copy() reads of a registry's, and with what is packed
 * in one: the module that comes after a restart may be another build. */
#define GENERATION "wfp:generation:2"

struct wfp_generation_t {
    apr_pool_t *pool; /* below the process pool */
    const char *database;
    const char *id;           /* of its account; NULL: it never answered */
    wfp_generation_t *before; /* until it is inherited from */
    wfp_registry_t *registry;
    wfp_api_rate_t *api_rate;
    wfp_host_memo_t *hosts;
    wfp_kv_cache_t *kv_cache;
    wfp_logring_t *ring, *tail_ring;
    wfp_usage_t *usage; /* of the process pool: goes on */
};

static apr_status_t make_kv_cache(wfp_generation_t *g,
                                  const wfp_server_t *server, wfp_result_t *res)
{
    apr_int64_t size = wfp_config_num(server->conf->kv_cache,
                                      WFP_DEFAULT_KV_CACHE);

    return size ? wfp_kv_cache_create(&g->kv_cache, (apr_size_t)size, res,
                                      g->pool)
                : APR_SUCCESS;
}

static apr_status_t make_memory(wfp_generation_t *g, const wfp_server_t *server,
                                wfp_result_t *res)
{
    apr_int64_t size = wfp_config_num(server->conf->registry_size,
                                      WFP_DEFAULT_REGISTRY_SIZE);
    apr_status_t rv = wfp_registry_create(&g->registry, (apr_size_t)size, res,
                                          g->pool);

    if (rv == APR_SUCCESS) {
        rv = wfp_api_rate_create(&g->api_rate, res, g->pool);
    }
    if (rv == APR_SUCCESS) {
        rv = wfp_host_memo_create(&g->hosts, res, g->pool);
    }
    if (rv == APR_SUCCESS) {
        rv = make_kv_cache(g, server, res);
    }
    if (rv == APR_SUCCESS) {
        rv = wfp_logring_create(&g->ring, WFP_LOGGER_RING, res, g->pool);
    }
    if (rv == APR_SUCCESS) {
        rv = wfp_logring_create(&g->tail_ring, WFP_TAIL_SENDER_RING, res,
                                g->pool);
    }
    return rv;
}

static apr_status_t count_in_kept(wfp_generation_t *g, wfp_server_t *server,
                                  apr_pool_t *process, wfp_result_t *res)
{
    wfp_kept_counts_t counts;
    apr_status_t rv = wfp_kept_find(server, &counts, process, res);

    if (rv != APR_SUCCESS) {
        return rv;
    }
    wfp_registry_count_in(g->registry, counts.registry);
    wfp_logring_count_in(g->ring, counts.ring);
    wfp_logring_count_in(g->tail_ring, counts.tail_ring);
    if (g->kv_cache) {
        wfp_kv_cache_count_in(g->kv_cache, counts.kv_cache);
    }
    return APR_SUCCESS;
}

static int is_same_database(const wfp_generation_t *a,
                            const wfp_generation_t *b)
{
    return !strcmp(a->database, b->database);
}

/* What is counted belongs to the day, not to a generation. */
static apr_status_t take_usage(wfp_generation_t *g, apr_pool_t *process,
                               wfp_result_t *res)
{
    if (g->before && is_same_database(g, g->before)) {
        g->usage = g->before->usage;
    }
    return g->usage ? APR_SUCCESS
                    : wfp_usage_create(&g->usage, apr_time_now(), res, process);
}

static void fill_in(wfp_server_t *server, const wfp_generation_t *g)
{
    server->registry = g->registry;
    server->api_rate = g->api_rate;
    server->hosts = g->hosts;
    server->kv_cache = g->kv_cache;
    server->ring = g->ring;
    server->tail_ring = g->tail_ring;
    server->usage = g->usage;
}

wfp_generation_t *wfp_generation_begin(wfp_server_t *server, apr_pool_t *ptemp)
{
    apr_pool_t *p, *process = server->main->process->pool;
    wfp_generation_t *g;
    wfp_result_t res;
    void *before = NULL;
    apr_status_t rv;

    apr_pool_create(&p, process);
    /* copied: it outlives this module's memory */
    apr_pool_tag(p, apr_pstrdup(p, "wfp_generation"));
    wfp_result_init(&res, ptemp);
    (void)apr_pool_userdata_get(&before, GENERATION, process); /* none: NULL */
    g = apr_pcalloc(p, sizeof(*g));
    g->pool = p;
    g->before = before;
    g->database = apr_pstrcat(p, wfp_config_db_driver(server->main), " ",
                              wfp_config_db_params(server->main), NULL);
    rv = make_memory(g, server, &res);
    if (rv == APR_SUCCESS) {
        rv = count_in_kept(g, server, process, &res);
    }
    if (rv == APR_SUCCESS) {
        rv = take_usage(g, process, &res);
    }
    if (rv != APR_SUCCESS) {
        ap_log_error(APLOG_MARK, APLOG_CRIT, rv, server->main,
                     WFPLOGNO(0304) "shared memory: %s", res.message);
        apr_pool_destroy(p);
        return NULL;
    }
    fill_in(server, g);
    /* the key is copied: at a restart this module's memory goes elsewhere */
    (void)apr_pool_userdata_set(g, GENERATION, NULL, process);
    return g;
}

static int is_same_store(const wfp_generation_t *a, const wfp_generation_t *b)
{
    return is_same_database(a, b)
           && (!a->id || !b->id || !strcmp(a->id, b->id));
}

int wfp_generation_inherit(wfp_generation_t *g, const char *id,
                           wfp_server_t *server)
{
    wfp_generation_t *before = g->before;
    apr_status_t rv = APR_SUCCESS;

    g->before = NULL;
    g->id = apr_pstrdup(g->pool, id);
    if (!before) {
        return 0;
    }
    if (is_same_store(g, before)) {
        rv = wfp_registry_copy(g->registry, before->registry);
        g->id = g->id ? g->id : apr_pstrdup(g->pool, before->id);
    }
    else {
        ap_log_error(APLOG_MARK, APLOG_INFO, 0, server->main,
                     WFPLOGNO(0315) "the store is another one than before: "
                                    "Workers load from it anew");
    }
    if (rv != APR_SUCCESS) {
        ap_log_error(APLOG_MARK, APLOG_WARNING, rv, server->main,
                     WFPLOGNO(0305) "the old registry could not be copied: "
                                    "Workers load from the store again");
    }
    /* its children keep their mapping */
    apr_pool_destroy(before->pool);
    return 1;
}

apr_pool_t *wfp_generation_pool(const wfp_generation_t *g)
{
    return g->pool;
}
