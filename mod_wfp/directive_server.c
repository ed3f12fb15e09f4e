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
#include "mod_wfp/directive_path.h"
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
    if (err || n < row->min || n > row->max) {
        return wfp_directive_value_refuse(
            cmd, arg,
            apr_psprintf(cmd->pool, "%s%s %s to %s", err ? err : "is not in",
                         err ? "," : "",
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
    if (row->wrong && wfp_directive_path_matters()) {
        err = row->wrong(arg, cmd->temp_pool);
    }
    if (err) {
        return wfp_directive_value_refuse(cmd, arg, err);
    }
    *(const char **)(void *)(conf + row->offset) = arg;
    return NULL;
}

const char *wfp_directive_server_kv_cache(cmd_parms *cmd, void *dummy,
                                          const char *arg)
{
    const wfp_directive_number_t *row = cmd->info;
    const char *err = wfp_directive_value_in_server(cmd, row->main_only);

    if (!err && strcasecmp(arg, "off") != 0) {
        err = wfp_directive_server_number(cmd, dummy, arg);
        return err ? apr_pstrcat(cmd->pool, err, ", or off", NULL) : NULL;
    }
    if (err) {
        return err;
    }
    wfp_config_server(cmd->server)->kv_cache = 0;
    return NULL;
}

const char *wfp_directive_server_socache(cmd_parms *cmd, void *dummy,
                                         const char *arg)
{
    const char *err = wfp_socache_wrong(arg, cmd->temp_pool);

    return err ? wfp_directive_value_refuse(cmd, arg, err)
               : wfp_directive_server_text(cmd, dummy, arg);
}

const char *wfp_directive_server_trust_header(cmd_parms *cmd, void *dummy,
                                              const char *arg)
{
    if (!strcasecmp(arg, "off")) {
        arg = "";
    }
    else if (!wfp_headers_is_name(arg, strlen(arg))) {
        return wfp_directive_value_refuse(cmd, arg,
                                          "is neither a header's name nor off");
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
    if (!strcmp(driver, "sqlite3") && wfp_directive_path_matters()) {
        err = wfp_directive_path_file(params, cmd->temp_pool);
    }
    if (err) {
        return wfp_directive_value_refuse(cmd, params, err);
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
    if (!strcasecmp(time, "off")) {
        conf->log_age = 0;
        return size ? wfp_directive_value_refuse(cmd, size,
                                                 "is nothing beside off")
                    : NULL;
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
    if (!strcasecmp(kills, "off")) {
        conf->cool_kills = 0;
        return time ? wfp_directive_value_refuse(cmd, time,
                                                 "is nothing beside off")
                    : NULL;
    }
    if (wfp_directive_value_count(&conf->cool_kills, kills)
        || conf->cool_kills < 1 || conf->cool_kills > 1000000) {
        return wfp_directive_value_refuse(
            cmd, kills, "is not a number of kills, 1 to 1000000, nor off");
    }
    if (!time) {
        return wfp_directive_value_refuse(cmd, kills,
                                          "wants a time behind it: 1min");
    }
    if (wfp_directive_value_time(&conf->cool_window, time)
        || conf->cool_window < apr_time_from_msec(1)) {
        return wfp_directive_value_refuse(
            cmd, time, "is not a time such as 1min, 1ms or more");
    }
    conf->cool_pause = WFP_DEFAULT_COOL_PAUSE;
    if (pause
        && (wfp_directive_value_time(&conf->cool_pause, pause)
            || conf->cool_pause < apr_time_from_msec(1))) {
        return wfp_directive_value_refuse(
            cmd, pause, "is not a time such as 10s, 1ms or more");
    }
    return NULL;
}
