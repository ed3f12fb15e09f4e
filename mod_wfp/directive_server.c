/* SPDX-License-Identifier: Apache-2.0 */
/* Setters of directives that hold for a server or vhost.
 * Each refuses a wrong value with a text that says what would be right; httpd
 * adds file and line. Named in the rows of directives.c. */
#include "mod_wfp/directive_server.h"

#include <apr_lib.h>
#include <apr_strings.h>
#include <http_core.h>
#include <string.h>

#include "core/headers.h"
#include "mod_wfp/config.h"
#include "mod_wfp/directive_value.h"
#include "mod_wfp/socache.h"

const char *wfp_directive_server_number(cmd_parms *cmd, void *dummy,
                                        const char *arg)
{
    const wfp_directive_number_t *row = cmd->info;
    const char *err = wfp_directive_value_in_server(cmd, row->main_only);
    char *conf = (char *)wfp_config_server(cmd->server);
    apr_int64_t n;

    if (err) {
        return err;
    }
    err = wfp_directive_value_number(&n, arg, row->kind);
    if (err) {
        return wfp_directive_value_refuse(cmd, arg, err);
    }
    if (n < row->min || n > row->max) {
        return wfp_directive_value_refuse(
            cmd, arg,
            apr_psprintf(cmd->pool, "is not in %s to %s",
                         wfp_directive_value_text(row->kind, row->min,
                                                  cmd->pool),
                         wfp_directive_value_text(row->kind, row->max,
                                                  cmd->pool)));
    }
    *(apr_int64_t *)(void *)(conf + row->offset) = n;
    return NULL;
}

const char *wfp_directive_server_text(cmd_parms *cmd, void *dummy,
                                      const char *arg)
{
    const wfp_directive_text_t *row = cmd->info;
    const char *err = wfp_directive_value_in_server(cmd, row->main_only);
    char *conf = (char *)wfp_config_server(cmd->server);

    if (err) {
        return err;
    }
    if (!*arg || !strcmp(arg, "|")) {
        return wfp_directive_value_refuse(cmd, arg, "is empty");
    }
    if (row->is_path) {
        const char *path = ap_server_root_relative(cmd->pool, arg);

        if (!path) {
            return wfp_directive_value_refuse(cmd, arg, "is not a path");
        }
        arg = path;
    }
    *(const char **)(void *)(conf + row->offset) = arg;
    return NULL;
}

const char *wfp_directive_server_egress_ca(cmd_parms *cmd, void *dummy,
                                           const char *arg)
{
    const char *path = ap_server_root_relative(cmd->temp_pool, arg);
    apr_file_t *file;

    if (!path
        || apr_file_open(&file, path, APR_FOPEN_READ, APR_FPROT_OS_DEFAULT,
                         cmd->temp_pool)
               != APR_SUCCESS) {
        return wfp_directive_value_refuse(cmd, arg,
                                          "is no file that can be read");
    }
    (void)apr_file_close(file); /* it was only read */
    return wfp_directive_server_text(cmd, dummy, arg);
}

const char *wfp_directive_server_kv_cache(cmd_parms *cmd, void *dummy,
                                          const char *arg)
{
    const wfp_directive_number_t *row = cmd->info;
    const char *err = wfp_directive_value_in_server(cmd, row->main_only);

    if (err || strcasecmp(arg, "off") != 0) {
        return err ? err : wfp_directive_server_number(cmd, dummy, arg);
    }
    wfp_config_server(cmd->server)->kv_cache = 0;
    return NULL;
}

const char *wfp_directive_server_socache(cmd_parms *cmd, void *dummy,
                                         const char *arg)
{
    if (!wfp_socache_is_known(arg, cmd->temp_pool)) {
        return wfp_directive_value_refuse(cmd, arg,
                                          "names no provider of socache: is "
                                          "its module loaded?");
    }
    return wfp_directive_server_text(cmd, dummy, arg);
}

const char *wfp_directive_server_trust_header(cmd_parms *cmd, void *dummy,
                                              const char *arg)
{
    if (!strcasecmp(arg, "off")) {
        arg = "";
    }
    else if (!wfp_headers_is_name(arg, strlen(arg))) {
        return wfp_directive_value_refuse(cmd, arg, "is not a header name");
    }
    if (*arg) {
        return wfp_directive_server_text(cmd, dummy, arg);
    }
    wfp_config_server(cmd->server)->trust_header = arg;
    return NULL;
}

static const char *set_flag(cmd_parms *cmd, apr_int64_t *flag, int on)
{
    const char *err = wfp_directive_value_in_server(cmd, 0);

    if (err) {
        return err;
    }
    *flag = on != 0;
    return NULL;
}

const char *wfp_directive_server_isolate_reuse(cmd_parms *cmd, void *dummy,
                                               int on)
{
    return set_flag(cmd, &wfp_config_server(cmd->server)->isolate_reuse, on);
}

const char *wfp_directive_server_worker_header(cmd_parms *cmd, void *dummy,
                                               int on)
{
    return set_flag(cmd, &wfp_config_server(cmd->server)->worker_header, on);
}

const char *wfp_directive_server_database(cmd_parms *cmd, void *dummy,
                                          const char *driver,
                                          const char *params)
{
    wfp_server_conf_t *conf = wfp_config_server(cmd->server);
    const char *err = wfp_directive_value_in_server(cmd, 1);

    if (err) {
        return err;
    }
    if (!strcmp(driver, "sqlite3")) {
        params = ap_server_root_relative(cmd->pool, params);
    }
    else if (strcmp(driver, "pgsql")) {
        return wfp_directive_value_refuse(cmd, driver,
                                          "is no driver: sqlite3 or pgsql");
    }
    if (!params || !*params) {
        return wfp_directive_value_refuse(cmd, driver,
                                          "needs a file or connection text");
    }
    conf->db_driver = driver;
    conf->db_params = params;
    return NULL;
}

const char *wfp_directive_server_account(cmd_parms *cmd, void *dummy,
                                         const char *arg)
{
    const char *err = wfp_directive_value_in_server(cmd, 1);
    apr_size_t i, n = strlen(arg);

    if (err) {
        return err;
    }
    for (i = 0; i < n && apr_isxdigit(arg[i]); i++) {
    }
    if (n != 32 || i != n) {
        return wfp_directive_value_refuse(cmd, arg, "is not 32 hex digits");
    }
    wfp_config_server(cmd->server)->account = arg;
    return NULL;
}

const char *wfp_directive_server_metering(cmd_parms *cmd, void *dummy,
                                          const char *arg)
{
    const char *err = wfp_directive_value_in_server(cmd, 1);

    if (err) {
        return err;
    }
    if (strcasecmp(arg, "lazy") && strcasecmp(arg, "exact")) {
        return wfp_directive_value_refuse(cmd, arg,
                                          "is neither lazy nor exact");
    }
    wfp_config_server(cmd->server)->exact_metering = !strcasecmp(arg, "exact");
    return NULL;
}

const char *wfp_directive_server_hardening(cmd_parms *cmd, void *dummy,
                                           const char *arg, const char *more)
{
    static const char *const words[] = { "auto", "on", "off" };
    const char *err = wfp_directive_value_in_server(cmd, 1);
    int i;

    if (err) {
        return err;
    }
    for (i = 0; i < 3 && strcasecmp(arg, words[i]); i++) {
    }
    if (i == 3) {
        return wfp_directive_value_refuse(cmd, arg, "is not auto, on or off");
    }
    if (more && strcasecmp(more, "+landlock")) {
        return wfp_directive_value_refuse(cmd, more, "is not +landlock");
    }
    if (more && !strcasecmp(arg, "off")) {
        return wfp_directive_value_refuse(cmd, more, "is nothing beside off");
    }
    wfp_config_server(cmd->server)->landlock = more != NULL;
    wfp_config_server(cmd->server)->hardening = WFP_HARDENING_AUTO + i;
    return NULL;
}

const char *wfp_directive_server_limit(cmd_parms *cmd, void *dummy,
                                       const char *name, const char *value,
                                       const char *top)
{
    wfp_limit_policy_t *limits = &wfp_config_server(cmd->server)->limits;
    const char *err = wfp_directive_value_in_server(cmd, 0);
    wfp_limit_e limit = wfp_limit_by_name(name);
    wfp_limit_policy_t own;
    wfp_result_t res;
    apr_int64_t n, ceiling;

    if (err) {
        return err;
    }
    if (limit == WFP_LIMIT_COUNT) {
        return wfp_directive_value_refuse(cmd, name, "is no limit");
    }
    if (wfp_directive_value_count(&n, value)) {
        return wfp_directive_value_refuse(cmd, value, "is not a whole number");
    }
    wfp_result_init(&res, cmd->pool);
    wfp_limit_policy_clear(&own);
    if (top) {
        if (wfp_directive_value_count(&ceiling, top)) {
            return wfp_directive_value_refuse(cmd, top,
                                              "is not a whole number");
        }
        if (ceiling != 0 && ceiling < wfp_limit_row(limit)->floor) {
            return wfp_directive_value_refuse(cmd, top,
                                              "is a ceiling below the floor");
        }
        own.ceiling.v[limit] = ceiling;
    }
    if (wfp_limit_check(&own, limit, n, &res) != APR_SUCCESS) {
        return apr_psprintf(cmd->pool, "%s: %s", cmd->cmd->name, res.message);
    }
    limits->standard.v[limit] = n;
    limits->ceiling.v[limit] = own.ceiling.v[limit];
    return NULL;
}

/* Most bytes of one KV namespace, D1 database, bucket, Worker's assets. */
static const struct {
    const char *name;
    apr_size_t offset; /* in wfp_server_conf_t */
} sizes[] = {
    { "kv_bytes", APR_OFFSETOF(wfp_server_conf_t, kv_bytes) },
    { "d1_bytes", APR_OFFSETOF(wfp_server_conf_t, d1_bytes) },
    { "r2_bytes", APR_OFFSETOF(wfp_server_conf_t, r2_bytes) },
    { "asset_bytes", APR_OFFSETOF(wfp_server_conf_t, asset_bytes) },
    { NULL, 0 },
};

static apr_int64_t *size_of(wfp_server_conf_t *conf, const char *name)
{
    int i = 0;

    while (sizes[i].name && strcmp(sizes[i].name, name) != 0) {
        i++;
    }
    return sizes[i].name ? (void *)((char *)conf + sizes[i].offset) : NULL;
}

static const char *set_size(cmd_parms *cmd, apr_int64_t *size, const char *text,
                            const char *more)
{
    const char *err = wfp_directive_value_number(size, text,
                                                 WFP_DIRECTIVE_SIZE);

    if (more) {
        return wfp_directive_value_refuse(cmd, more, "is one value too many");
    }
    return err ? wfp_directive_value_refuse(cmd, text, err)
           : *size < 64 * 1024
               ? wfp_directive_value_refuse(cmd, text, "is below 64K")
               : NULL;
}

const char *wfp_directive_server_quota(cmd_parms *cmd, void *dummy,
                                       const char *name, const char *script,
                                       const char *ns)
{
    wfp_server_conf_t *conf = wfp_config_server(cmd->server);
    const char *err = wfp_directive_value_in_server(cmd, 1);
    wfp_usage_e kind = wfp_usage_by_name(name);
    apr_int64_t n, all = 0;

    if (err) {
        return err;
    }
    if (size_of(conf, name)) {
        return set_size(cmd, size_of(conf, name), script, ns);
    }
    if (kind == WFP_USAGE_COUNT) {
        return wfp_directive_value_refuse(cmd, name, "is nothing that is used");
    }
    if (wfp_directive_value_count(&n, script) || n < 0) {
        return wfp_directive_value_refuse(cmd, script, "is not a whole number");
    }
    if (ns && (wfp_directive_value_count(&all, ns) || all < 0)) {
        return wfp_directive_value_refuse(cmd, ns, "is not a whole number");
    }
    conf->quota.script[kind] = n;
    conf->quota.ns[kind] = all;
    return NULL;
}

const char *wfp_directive_server_api_rate(cmd_parms *cmd, void *dummy,
                                          const char *requests,
                                          const char *time)
{
    wfp_server_conf_t *conf = wfp_config_server(cmd->server);
    const char *err = wfp_directive_value_in_server(cmd, 1);

    if (err) {
        return err;
    }
    if (wfp_directive_value_count(&conf->api_requests, requests)
        || conf->api_requests < 1 || conf->api_requests > 100000) {
        return wfp_directive_value_refuse(
            cmd, requests, "is not a number of requests, 1 to 100000");
    }
    if (wfp_directive_value_time(&conf->api_window, time)
        || conf->api_window < apr_time_from_sec(1)) {
        return wfp_directive_value_refuse(cmd, time,
                                          "is not a time of 1s or more");
    }
    return NULL;
}

const char *wfp_directive_server_log_retention(cmd_parms *cmd, void *dummy,
                                               const char *time,
                                               const char *size)
{
    wfp_server_conf_t *conf = wfp_config_server(cmd->server);
    const char *err = wfp_directive_value_in_server(cmd, 1);

    if (err) {
        return err;
    }
    if (!strcasecmp(time, "off") && !size) {
        conf->log_age = 0;
        return NULL;
    }
    if (wfp_directive_value_age(&conf->log_age, time)
        || conf->log_age < apr_time_from_sec(1)
        || conf->log_age > apr_time_from_sec(3650 * APR_INT64_C(86400))) {
        return wfp_directive_value_refuse(
            cmd, time, "is not a time such as 12h or 7d, 1s to 3650d, or off");
    }
    conf->log_bytes = WFP_DEFAULT_LOG_BYTES;
    if (size
        && (wfp_directive_value_number(&conf->log_bytes, size,
                                       WFP_DIRECTIVE_SIZE)
            || conf->log_bytes < (APR_INT64_C(1) << 20)
            || conf->log_bytes > (APR_INT64_C(1024) << 30))) {
        return wfp_directive_value_refuse(
            cmd, size, "is not a size such as 512M, 1M to 1024G");
    }
    return NULL;
}

const char *wfp_directive_server_cool_down(cmd_parms *cmd, void *dummy,
                                           const char *kills, const char *time,
                                           const char *pause)
{
    wfp_server_conf_t *conf = wfp_config_server(cmd->server);
    const char *err = wfp_directive_value_in_server(cmd, 1);

    if (err) {
        return err;
    }
    if (!strcasecmp(kills, "off") && !time) {
        conf->cool_kills = 0;
        return NULL;
    }
    if (wfp_directive_value_count(&conf->cool_kills, kills)
        || conf->cool_kills < 1 || conf->cool_kills > 1000000) {
        return wfp_directive_value_refuse(
            cmd, kills, "is not a number of kills, 1 to 1000000");
    }
    if (!time || wfp_directive_value_time(&conf->cool_window, time)
        || conf->cool_window < apr_time_from_msec(1)) {
        return wfp_directive_value_refuse(cmd, time ? time : "",
                                          "is not a time such as 1min");
    }
    conf->cool_pause = WFP_DEFAULT_COOL_PAUSE;
    if (pause
        && (wfp_directive_value_time(&conf->cool_pause, pause)
            || conf->cool_pause < apr_time_from_msec(1))) {
        return wfp_directive_value_refuse(cmd, pause,
                                          "is not a time such as 10s");
    }
    return NULL;
}

const char *wfp_directive_server_egress_timeout(cmd_parms *cmd, void *dummy,
                                                const char *connect,
                                                const char *total,
                                                const char *idle)
{
    wfp_server_conf_t *conf = wfp_config_server(cmd->server);
    const char *err = wfp_directive_value_in_server(cmd, 0);

    if (err) {
        return err;
    }
    if (wfp_directive_value_time(&conf->egress_connect, connect)
        || conf->egress_connect < apr_time_from_msec(1)) {
        return wfp_directive_value_refuse(cmd, connect,
                                          "is not a time such as 5s");
    }
    if (wfp_directive_value_time(&conf->egress_total, total)
        || conf->egress_total < conf->egress_connect) {
        return wfp_directive_value_refuse(
            cmd, total, "is not a time at least as long as the first");
    }
    if (idle
        && (wfp_directive_value_time(&conf->egress_idle, idle)
            || conf->egress_idle < apr_time_from_msec(1))) {
        return wfp_directive_value_refuse(cmd, idle,
                                          "is not a time such as 5s");
    }
    return NULL;
}

static const char *add_rule(cmd_parms *cmd, int allow, const char *target)
{
    wfp_server_conf_t *conf = wfp_config_server(cmd->server);
    const char *err = wfp_directive_value_in_server(cmd, 0);
    wfp_result_t res;

    if (err) {
        return err;
    }
    if (!conf->egress) {
        conf->egress = wfp_policy_make(cmd->pool);
    }
    wfp_result_init(&res, cmd->pool);
    if (wfp_policy_add(conf->egress, allow, target, &res) != APR_SUCCESS) {
        return apr_psprintf(cmd->pool, "%s: %s", cmd->cmd->name, res.message);
    }
    return NULL;
}

const char *wfp_directive_server_egress_allow(cmd_parms *cmd, void *dummy,
                                              const char *target)
{
    return add_rule(cmd, 1, target);
}

const char *wfp_directive_server_egress_deny(cmd_parms *cmd, void *dummy,
                                             const char *target)
{
    return add_rule(cmd, 0, target);
}
