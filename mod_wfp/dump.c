/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What wfpctl has to know of the server, as lines on stdout. httpd alone can say
 * it: which modules there are, which Lua they brought, what Include and Define
 * make of a configuration.
 */
#include "mod_wfp/dump.h"

#include <ap_listen.h>
#include <ap_mpm.h>
#include <http_config.h>
#include <http_core.h>

#include "lua_runtime/linked.h"
#include "mod_wfp/config.h"
#include "mod_wfp/hardening.h"
#include "mod_wfp/landlock.h"
#include "mod_wfp/seccomp.h"

/* Modules that a part of ours wants. */
static const char *const wanted[] = { "mod_watchdog.c", "mod_socache_shmcb.c",
                                      "mod_status.c", NULL };

static void dump_limits(apr_file_t *out, const wfp_limit_policy_t *policy)
{
    int i;

    for (i = 0; i < WFP_LIMIT_COUNT; i++) {
        if (policy->standard.v[i] != WFP_LIMIT_UNSET) {
            apr_file_printf(out,
                            "wfp: limit %s %" APR_INT64_T_FMT
                            " %" APR_INT64_T_FMT "\n",
                            wfp_limit_row((wfp_limit_e)i)->name,
                            policy->standard.v[i], policy->ceiling.v[i]);
        }
    }
}


static void dump_server(apr_file_t *out, const wfp_server_conf_t *conf)
{
    static const char *const words[] = { "auto", "on", "off" };
    const char *file, *other, *starter = wfp_hardening_starter();
    apr_int64_t how = wfp_config_num(conf->hardening, WFP_HARDENING_AUTO);
    int threads = 0, i;

    (void)ap_mpm_query(AP_MPMQ_MAX_THREADS, &threads); /* 0: it does not say */
    apr_file_printf(out, "wfp: threads %d\n", threads);
    for (i = 0; wanted[i]; i++) {
        apr_file_printf(out, "wfp: module %s %d\n", wanted[i],
                        ap_find_linked_module(wanted[i]) != NULL);
    }
    wfp_linked_look(&file, &other);
    apr_file_printf(out, "wfp: liblua %s\n", file);
    if (other) {
        apr_file_printf(out, "wfp: otherlua %s\n", other);
    }
    apr_file_printf(out, "wfp: hardening %s%s %d %d %s\n",
                    words[how - WFP_HARDENING_AUTO],
                    conf->landlock > 0 ? "+landlock" : "",
                    wfp_seccomp_is_available(), wfp_landlock_is_available(),
                    starter ? starter : "-");
}

/* Each once: a virtual host has the main server's, or its own. */
static void dump_logs(apr_file_t *out, server_rec *s, apr_pool_t *p)
{
    const char *last = NULL;

    for (; s; s = s->next) {
        const wfp_server_conf_t *conf = wfp_config_server(s);

        if (conf->log_name && conf->log_name != last) {
            last = conf->log_name;
            apr_file_printf(out, "wfp: log %s\n",
                            *last == '|' ? last
                                         : ap_server_root_relative(p, last));
        }
    }
}

static void dump_listens(apr_file_t *out)
{
    const ap_listen_rec *one;
    char *ip;

    for (one = ap_listeners; one; one = one->next) {
        if (one->bind_addr
            && apr_sockaddr_ip_get(&ip, one->bind_addr) == APR_SUCCESS) {
            apr_file_printf(out, "wfp: listen %s %u\n", ip,
                            one->bind_addr->port);
        }
    }
}

void wfp_dump_print(apr_pool_t *p, server_rec *s)
{
    const wfp_server_conf_t *conf = wfp_config_server(s);
    apr_file_t *out;

    if (!ap_exists_config_define("DUMP_WFP")
        || apr_file_open_stdout(&out, p) != APR_SUCCESS) {
        return;
    }
    apr_file_printf(out, "wfp: database %s %s\n", wfp_config_db_driver(s),
                    wfp_config_db_params(s));
    apr_file_printf(out, "wfp: datadir %s\n", wfp_config_data_dir(s));
    apr_file_printf(out, "wfp: keyfile %s\n", wfp_config_key_file(s, p));
    dump_limits(out, &conf->limits);
    apr_file_printf(out, "wfp: versionskept %" APR_INT64_T_FMT "\n",
                    wfp_config_num(conf->versions_kept,
                                   WFP_DEFAULT_VERSIONS_KEPT));
    if (conf->account) {
        apr_file_printf(out, "wfp: account %s\n", conf->account);
    }
    apr_file_printf(out, "wfp: registrysize %" APR_INT64_T_FMT "\n",
                    wfp_config_num(conf->registry_size,
                                   WFP_DEFAULT_REGISTRY_SIZE));
    apr_file_printf(out,
                    "wfp: retention %" APR_TIME_T_FMT " %" APR_INT64_T_FMT "\n",
                    wfp_config_num(conf->log_age, WFP_DEFAULT_LOG_AGE),
                    wfp_config_num(conf->log_bytes, WFP_DEFAULT_LOG_BYTES));
    apr_file_printf(out, "wfp: isolatememory %" APR_INT64_T_FMT "\n",
                    wfp_config_num(conf->isolate_memory,
                                   WFP_DEFAULT_ISOLATE_MEMORY));
    dump_server(out, conf);
    dump_listens(out);
    dump_logs(out, s, p);
}
