/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The records that directives fill in: made, merged and read here. Numbers are
 * merged by a walk over the table below, so a new one is a field and a row in
 * directives.c and nothing here.
 */
#include "mod_wfp/config.h"

#include <apr_strings.h>
#include <string.h>

#include "mod_wfp/log.h"

/* where the numbers and texts of a server record are, for the merge */
#define NUM(field) APR_OFFSETOF(wfp_server_conf_t, field)

static const apr_size_t numbers[] = {
    NUM(registry_size),      NUM(kv_cache),       NUM(sync_interval),
    NUM(exact_metering),     NUM(isolates),       NUM(isolate_memory),
    NUM(cool_kills),         NUM(cool_window),    NUM(cool_pause),
    NUM(egress_connections), NUM(egress_connect), NUM(egress_total),
    NUM(egress_idle),        NUM(isolate_reuse),  NUM(worker_header),
    NUM(api_requests),       NUM(api_window),     NUM(versions_kept),
    NUM(hardening),          NUM(landlock),       NUM(queue_backlog),
    NUM(session_time),       NUM(log_age),        NUM(log_bytes),
};

static const apr_size_t texts[] = {
    NUM(db_driver), NUM(db_params),    NUM(data_dir),
    NUM(key_file),  NUM(account),      NUM(egress_ca),
    NUM(socache),   NUM(trust_header), NUM(log_name),
};

static apr_int64_t *num_at(void *conf, apr_size_t offset)
{
    return (apr_int64_t *)(void *)((char *)conf + offset);
}

static const char **text_at(void *conf, apr_size_t offset)
{
    return (const char **)(void *)((char *)conf + offset);
}

void *wfp_config_create_server(apr_pool_t *p, server_rec *s)
{
    wfp_server_conf_t *conf = apr_pcalloc(p, sizeof(*conf));
    apr_size_t i;

    for (i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
        *num_at(conf, numbers[i]) = WFP_CONF_UNSET;
    }
    wfp_limit_policy_clear(&conf->limits);
    return conf;
}

void *wfp_config_merge_server(apr_pool_t *p, void *basev, void *addv)
{
    wfp_server_conf_t *base = basev, *add = addv;
    wfp_server_conf_t *conf = apr_pmemdup(p, add, sizeof(*add));
    apr_size_t i;

    for (i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
        apr_int64_t *n = num_at(conf, numbers[i]);

        *n = wfp_config_num(*n, *num_at(base, numbers[i]));
    }
    for (i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        const char **s = text_at(conf, texts[i]);

        *s = *s ? *s : *text_at(base, texts[i]);
    }
    wfp_limit_policy_merge(&conf->limits, &base->limits, &add->limits);
    for (i = 0; i < WFP_LIMIT_COUNT; i++) {
        conf->limit_at[i] = add->limit_at[i] ? add->limit_at[i]
                                             : base->limit_at[i];
    }
    if (base->egress || add->egress) {
        conf->egress = wfp_policy_merge(base->egress, add->egress, p);
    }
    return conf;
}

void *wfp_config_create_scope(apr_pool_t *p, char *dir)
{
    wfp_scope_conf_t *scope = apr_pcalloc(p, sizeof(*scope));

    scope->path = dir ? apr_pstrdup(p, dir) : "";
    scope->by_path = WFP_CONF_UNSET;
    scope->route = WFP_CONF_UNSET;
    return scope;
}

void *wfp_config_merge_scope(apr_pool_t *p, void *basev, void *addv)
{
    wfp_scope_conf_t *base = basev, *add = addv;
    wfp_scope_conf_t *scope = apr_pmemdup(p, add, sizeof(*add));

    /* a scope that says how it is served does not inherit another way */
    if (!add->dispatcher && !add->ns && add->by_path == WFP_CONF_UNSET) {
        scope->dispatcher = base->dispatcher;
        scope->ns = base->ns;
        scope->by_path = base->by_path;
        scope->route_path = base->route_path;
    }
    if (!add->outbound) {
        scope->outbound = base->outbound;
        scope->outbound_at = base->outbound_at;
    }
    if (add->route == WFP_CONF_UNSET) {
        scope->route = base->route;
        scope->route_header = base->route_header;
        scope->route_at = base->route_at;
    }
    return scope;
}

wfp_server_conf_t *wfp_config_server(const server_rec *s)
{
    return ap_get_module_config(s->module_config, &wfp_module);
}

wfp_scope_conf_t *wfp_config_scope(const ap_conf_vector_t *v)
{
    return ap_get_module_config(v, &wfp_module);
}

int wfp_config_claims(const wfp_scope_conf_t *scope)
{
    if (scope->dispatcher) {
        return *scope->dispatcher != '\0';
    }
    return scope->ns || scope->by_path == 1;
}

apr_int64_t wfp_config_num(apr_int64_t value, apr_int64_t otherwise)
{
    return value == WFP_CONF_UNSET ? otherwise : value;
}

const char *wfp_config_data_dir(const server_rec *main)
{
    const char *dir = wfp_config_server(main)->data_dir;

    return dir ? dir : WFP_DATADIR;
}

const char *wfp_config_db_driver(const server_rec *main)
{
    const char *driver = wfp_config_server(main)->db_driver;

    return driver ? driver : "sqlite3";
}

const char *wfp_config_db_params(const server_rec *main)
{
    const char *params = wfp_config_server(main)->db_params;

    return params ? params : WFP_DATADIR "/wfp.db";
}

const char *wfp_config_key_file(const server_rec *main, apr_pool_t *p)
{
    const char *file = wfp_config_server(main)->key_file;

    return file ? file
                : apr_pstrcat(p, wfp_config_data_dir(main), "/key", NULL);
}
