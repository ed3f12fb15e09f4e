/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Every directive is one row here and one page in docs/directives. Setters
 * refuse a wrong value with a text that says what would be right; httpd adds
 * the name, file and line.
 */
#include "mod_wfp/directives.h"

#include <apr_lib.h>
#include <apr_strings.h>
#include <http_core.h>
#include <errno.h>
#include <string.h>

#include "core/headers.h"
#include "core/name.h"
#include "mod_wfp/config.h"
#include "mod_wfp/log.h"

typedef enum {
    KIND_COUNT,
    KIND_SIZE,
    KIND_TIME
} number_kind_e;

typedef struct number_row_t {
    number_kind_e kind;
    apr_size_t offset;
    apr_int64_t min;
    apr_int64_t max;
    int main_only; /* 1: not inside <VirtualHost> */
} number_row_t;

typedef struct text_row_t {
    apr_size_t offset;
    int is_path; /* 1: relative to ServerRoot */
    int main_only;
} text_row_t;

#define AT(field) APR_OFFSETOF(wfp_server_conf_t, field)
#define MB        (APR_INT64_C(1) << 20)
#define GB        (APR_INT64_C(1) << 30)

static const number_row_t row_registry_size = { KIND_SIZE, AT(registry_size),
                                                MB, 256 * GB, 1 };
static const number_row_t row_sync_interval = { KIND_TIME, AT(sync_interval),
                                                apr_time_from_msec(10),
                                                apr_time_from_sec(3600), 1 };
static const number_row_t row_isolates = { KIND_COUNT, AT(isolates), 1, 1000000,
                                           1 };
static const number_row_t row_isolate_memory = { KIND_SIZE, AT(isolate_memory),
                                                 MB, 1024 * GB, 1 };
static const number_row_t row_egress_connections = { KIND_COUNT,
                                                     AT(egress_connections), 1,
                                                     65536, 1 };
static const text_row_t row_data_dir = { AT(data_dir), 1, 1 };
static const text_row_t row_key_file = { AT(key_file), 1, 1 };
static const text_row_t row_egress_ca = { AT(egress_ca), 1, 1 };
static const text_row_t row_trust_header = { AT(trust_header), 0, 0 };
static const text_row_t row_log = { AT(log_name), 0, 0 };

/* ---- where a directive may stand ---------------------------------------- */

static const char *check_server_context(cmd_parms *cmd, int main_only)
{
    const char *err = ap_check_cmd_context(cmd, NOT_IN_DIR_CONTEXT);

    if (!err && main_only && cmd->server->is_virtual) {
        err = "is for the whole server: put it outside <VirtualHost>";
    }
    return err;
}

/* a whole server or vhost, or a plain <Location> */
static const char *check_scope_context(cmd_parms *cmd)
{
    const ap_directive_t *parent;
    const char *err = ap_check_cmd_context(cmd, NOT_IN_DIRECTORY | NOT_IN_FILES
                                                    | NOT_IN_HTACCESS
                                                    | NOT_IN_LIMIT);

    for (parent = cmd->directive->parent; !err && parent;
         parent = parent->parent) {
        const char *args = parent->args ? parent->args : "";

        if (!strcasecmp(parent->directive, "<LocationMatch")
            || (!strcasecmp(parent->directive, "<Location") && *args == '~')) {
            err = "cannot stand in <LocationMatch>: use a plain <Location>";
        }
    }
    return err;
}

/* ---- values -------------------------------------------------------------- */

static const char *parse_count(apr_int64_t *n, const char *arg)
{
    char *end;

    errno = 0;
    *n = apr_strtoi64(arg, &end, 10);
    return end == arg || *end || errno ? "is not a whole number" : NULL;
}

static const char *parse_size(apr_int64_t *n, const char *arg)
{
    char *end;
    int shift = 0;

    errno = 0;
    *n = apr_strtoi64(arg, &end, 10);
    if (end == arg || errno || *n < 0) {
        return "is not a size such as 512K, 64M or 1G";
    }
    switch (apr_toupper(*end)) {
    case 'K':
        shift = 10;
        break;
    case 'M':
        shift = 20;
        break;
    case 'G':
        shift = 30;
        break;
    }
    if (shift) {
        end++;
    }
    if (*end || *n > (APR_INT64_MAX >> shift)) {
        return "is not a size such as 512K, 64M or 1G";
    }
    *n *= APR_INT64_C(1) << shift;
    return NULL;
}

static const char *parse_time(apr_int64_t *n, const char *arg)
{
    apr_interval_time_t time;

    if (ap_timeout_parameter_parse(arg, &time, "s") != APR_SUCCESS
        || time < 0) {
        return "is not a time such as 250ms, 5s or 1min";
    }
    *n = time;
    return NULL;
}

static const char *format_number(number_kind_e kind, apr_int64_t n,
                                 apr_pool_t *p)
{
    switch (kind) {
    case KIND_SIZE:
        return apr_psprintf(p, "%" APR_INT64_T_FMT "M", n / MB);
    case KIND_TIME:
        return apr_psprintf(p, "%" APR_INT64_T_FMT "ms", n / 1000);
    default:
        return apr_psprintf(p, "%" APR_INT64_T_FMT, n);
    }
}

static const char *parse_number(apr_int64_t *n, const char *arg,
                                number_kind_e kind)
{
    switch (kind) {
    case KIND_SIZE:
        return parse_size(n, arg);
    case KIND_TIME:
        return parse_time(n, arg);
    default:
        return parse_count(n, arg);
    }
}

/* "NAME: 'ARG' WHY" */
static const char *refuse(cmd_parms *cmd, const char *arg, const char *why)
{
    return apr_psprintf(cmd->pool, "%s: '%s' %s", cmd->cmd->name, arg, why);
}

static const char *context_error(cmd_parms *cmd, const char *err)
{
    return strstr(err, cmd->cmd->name)
               ? err
               : apr_pstrcat(cmd->pool, cmd->cmd->name, " ", err, NULL);
}

/* ---- setters of the server ----------------------------------------------- */

static const char *cmd_number(cmd_parms *cmd, void *dummy, const char *arg)
{
    const number_row_t *row = cmd->info;
    const char *err = check_server_context(cmd, row->main_only);
    char *conf = (char *)wfp_config_server(cmd->server);
    apr_int64_t n;

    if (err) {
        return context_error(cmd, err);
    }
    err = parse_number(&n, arg, row->kind);
    if (err) {
        return refuse(cmd, arg, err);
    }
    if (n < row->min || n > row->max) {
        return refuse(cmd, arg,
                      apr_psprintf(cmd->pool, "is not in %s to %s",
                                   format_number(row->kind, row->min,
                                                 cmd->pool),
                                   format_number(row->kind, row->max,
                                                 cmd->pool)));
    }
    *(apr_int64_t *)(void *)(conf + row->offset) = n;
    return NULL;
}

static const char *cmd_text(cmd_parms *cmd, void *dummy, const char *arg)
{
    const text_row_t *row = cmd->info;
    const char *err = check_server_context(cmd, row->main_only);
    char *conf = (char *)wfp_config_server(cmd->server);

    if (err) {
        return context_error(cmd, err);
    }
    if (!*arg) {
        return refuse(cmd, arg, "is empty");
    }
    if (row->is_path) {
        const char *path = ap_server_root_relative(cmd->pool, arg);

        if (!path) {
            return refuse(cmd, arg, "is not a path");
        }
        arg = path;
    }
    *(const char **)(void *)(conf + row->offset) = arg;
    return NULL;
}

static const char *cmd_egress_ca(cmd_parms *cmd, void *dummy, const char *arg)
{
    const char *path = ap_server_root_relative(cmd->temp_pool, arg);
    apr_file_t *file;

    if (!path
        || apr_file_open(&file, path, APR_FOPEN_READ, APR_FPROT_OS_DEFAULT,
                         cmd->temp_pool)
               != APR_SUCCESS) {
        return refuse(cmd, arg, "is no file that can be read");
    }
    (void)apr_file_close(file); /* it was only read */
    return cmd_text(cmd, dummy, arg);
}

static const char *cmd_trust_header(cmd_parms *cmd, void *dummy,
                                    const char *arg)
{
    if (!strcasecmp(arg, "off")) {
        arg = "";
    }
    else if (!wfp_headers_is_name(arg, strlen(arg))) {
        return refuse(cmd, arg, "is not a header name");
    }
    if (*arg) {
        return cmd_text(cmd, dummy, arg);
    }
    wfp_config_server(cmd->server)->trust_header = arg;
    return NULL;
}

static const char *set_flag(cmd_parms *cmd, apr_int64_t *flag, int on)
{
    const char *err = check_server_context(cmd, 0);

    if (err) {
        return context_error(cmd, err);
    }
    *flag = on != 0;
    return NULL;
}

static const char *cmd_isolate_reuse(cmd_parms *cmd, void *dummy, int on)
{
    return set_flag(cmd, &wfp_config_server(cmd->server)->isolate_reuse, on);
}

static const char *cmd_worker_header(cmd_parms *cmd, void *dummy, int on)
{
    return set_flag(cmd, &wfp_config_server(cmd->server)->worker_header, on);
}

static const char *cmd_database(cmd_parms *cmd, void *dummy, const char *driver,
                                const char *params)
{
    wfp_server_conf_t *conf = wfp_config_server(cmd->server);
    const char *err = check_server_context(cmd, 1);

    if (err) {
        return context_error(cmd, err);
    }
    if (!strcmp(driver, "sqlite3")) {
        params = ap_server_root_relative(cmd->pool, params);
    }
    else if (strcmp(driver, "pgsql")) {
        return refuse(cmd, driver, "is no driver: sqlite3 or pgsql");
    }
    if (!params || !*params) {
        return refuse(cmd, driver, "needs a file or connection text");
    }
    conf->db_driver = driver;
    conf->db_params = params;
    return NULL;
}

static const char *cmd_account(cmd_parms *cmd, void *dummy, const char *arg)
{
    const char *err = check_server_context(cmd, 1);
    apr_size_t i, n = strlen(arg);

    if (err) {
        return context_error(cmd, err);
    }
    for (i = 0; i < n && apr_isxdigit(arg[i]); i++) {
    }
    if (n != 32 || i != n) {
        return refuse(cmd, arg, "is not 32 hex digits");
    }
    wfp_config_server(cmd->server)->account = arg;
    return NULL;
}

static const char *cmd_metering(cmd_parms *cmd, void *dummy, const char *arg)
{
    const char *err = check_server_context(cmd, 1);

    if (err) {
        return context_error(cmd, err);
    }
    if (strcasecmp(arg, "lazy") && strcasecmp(arg, "exact")) {
        return refuse(cmd, arg, "is neither lazy nor exact");
    }
    wfp_config_server(cmd->server)->exact_metering = !strcasecmp(arg, "exact");
    return NULL;
}

static const char *cmd_limit(cmd_parms *cmd, void *dummy, const char *name,
                             const char *value, const char *top)
{
    wfp_limit_policy_t *limits = &wfp_config_server(cmd->server)->limits;
    const char *err = check_server_context(cmd, 0);
    wfp_limit_e limit = wfp_limit_by_name(name);
    wfp_limit_policy_t own;
    wfp_result_t res;
    apr_int64_t n, ceiling;

    if (err) {
        return context_error(cmd, err);
    }
    if (limit == WFP_LIMIT_COUNT) {
        return refuse(cmd, name, "is no limit");
    }
    if (parse_count(&n, value)) {
        return refuse(cmd, value, "is not a whole number");
    }
    wfp_result_init(&res, cmd->pool);
    wfp_limit_policy_clear(&own);
    if (top) {
        if (parse_count(&ceiling, top)) {
            return refuse(cmd, top, "is not a whole number");
        }
        if (ceiling != 0 && ceiling < wfp_limit_row(limit)->floor) {
            return refuse(cmd, top, "is a ceiling below the floor");
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

static const char *cmd_cool_down(cmd_parms *cmd, void *dummy, const char *kills,
                                 const char *time, const char *pause)
{
    wfp_server_conf_t *conf = wfp_config_server(cmd->server);
    const char *err = check_server_context(cmd, 1);

    if (err) {
        return context_error(cmd, err);
    }
    if (!strcasecmp(kills, "off") && !time) {
        conf->cool_kills = 0;
        return NULL;
    }
    if (parse_count(&conf->cool_kills, kills) || conf->cool_kills < 1
        || conf->cool_kills > 1000000) {
        return refuse(cmd, kills, "is not a number of kills, 1 to 1000000");
    }
    if (!time || parse_time(&conf->cool_window, time)
        || conf->cool_window < apr_time_from_msec(1)) {
        return refuse(cmd, time ? time : "", "is not a time such as 1min");
    }
    conf->cool_pause = WFP_DEFAULT_COOL_PAUSE;
    if (pause
        && (parse_time(&conf->cool_pause, pause)
            || conf->cool_pause < apr_time_from_msec(1))) {
        return refuse(cmd, pause, "is not a time such as 10s");
    }
    return NULL;
}

static const char *cmd_egress_timeout(cmd_parms *cmd, void *dummy,
                                      const char *connect, const char *total)
{
    wfp_server_conf_t *conf = wfp_config_server(cmd->server);
    const char *err = check_server_context(cmd, 0);

    if (err) {
        return context_error(cmd, err);
    }
    if (parse_time(&conf->egress_connect, connect)
        || conf->egress_connect < apr_time_from_msec(1)) {
        return refuse(cmd, connect, "is not a time such as 5s");
    }
    if (parse_time(&conf->egress_total, total)
        || conf->egress_total < conf->egress_connect) {
        return refuse(cmd, total,
                      "is not a time at least as long as the first");
    }
    return NULL;
}

static const char *add_rule(cmd_parms *cmd, int allow, const char *target)
{
    wfp_server_conf_t *conf = wfp_config_server(cmd->server);
    const char *err = check_server_context(cmd, 0);
    wfp_result_t res;

    if (err) {
        return context_error(cmd, err);
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

static const char *cmd_egress_allow(cmd_parms *cmd, void *dummy,
                                    const char *target)
{
    return add_rule(cmd, 1, target);
}

static const char *cmd_egress_deny(cmd_parms *cmd, void *dummy,
                                   const char *target)
{
    return add_rule(cmd, 0, target);
}

/* ---- setters of a scope ---------------------------------------------------- */

static const char *cmd_dispatcher(cmd_parms *cmd, void *scopev, const char *arg)
{
    wfp_scope_conf_t *scope = scopev;
    const char *err = check_scope_context(cmd);

    if (err) {
        return context_error(cmd, err);
    }
    if (!strcasecmp(arg, "off")) {
        scope->dispatcher = "";
        return NULL;
    }
    if (!wfp_name_is_valid(arg, strlen(arg))) {
        return refuse(cmd, arg,
                      "is no Worker name: 1 to 63 of A-Z a-z 0-9 _ -");
    }
    if (scope->ns || scope->by_path == 1) {
        return refuse(cmd, arg, "stands beside WfpNamespace: choose one");
    }
    scope->dispatcher = arg;
    scope->route_path = scope->path;
    return NULL;
}

static const char *cmd_namespace(cmd_parms *cmd, void *scopev, const char *arg)
{
    wfp_scope_conf_t *scope = scopev;
    const char *err = check_scope_context(cmd);

    if (err) {
        return context_error(cmd, err);
    }
    if (scope->dispatcher && *scope->dispatcher) {
        return refuse(cmd, arg, "stands beside WfpDispatcher: choose one");
    }
    if (!strcasecmp(arg, "by-path")) {
        scope->by_path = 1;
        scope->ns = NULL;
    }
    else if (wfp_name_is_valid(arg, strlen(arg))) {
        scope->by_path = 0;
        scope->ns = arg;
    }
    else {
        return refuse(cmd, arg,
                      "is no namespace name: 1 to 63 of A-Z a-z 0-9 _ -");
    }
    scope->route_path = scope->path;
    return NULL;
}

static const char *cmd_route_by(cmd_parms *cmd, void *scopev, const char *arg)
{
    wfp_scope_conf_t *scope = scopev;
    const char *err = check_scope_context(cmd);

    if (err) {
        return context_error(cmd, err);
    }
    if (!strcasecmp(arg, "subdomain")) {
        scope->route = WFP_ROUTE_SUBDOMAIN;
    }
    else if (!strcasecmp(arg, "path")) {
        scope->route = WFP_ROUTE_PATH;
    }
    else if (!strncasecmp(arg, "header:", 7)
             && wfp_headers_is_name(arg + 7, strlen(arg + 7))) {
        scope->route = WFP_ROUTE_HEADER;
        scope->route_header = arg + 7;
    }
    else if (!strcasecmp(arg, "table")) {
        return refuse(cmd, arg,
                      "is not supported by this version: its hostnames come "
                      "with the REST API");
    }
    else {
        return refuse(cmd, arg, "is none of subdomain, path, header:NAME");
    }
    return NULL;
}

static const char *add_params(cmd_parms *cmd, wfp_outbound_t *outbound,
                              int argc, char *const argv[])
{
    int i;

    for (i = 0; i < argc; i++) {
        wfp_param_t *param = apr_array_push(outbound->params);
        const char *eq = strchr(argv[i], '=');

        if (!eq || !wfp_name_is_binding(argv[i], (apr_size_t)(eq - argv[i]))) {
            return refuse(cmd, argv[i], "is not PARAM=VALUE");
        }
        param->name = apr_pstrmemdup(cmd->pool, argv[i],
                                     (apr_size_t)(eq - argv[i]));
        param->value = apr_pstrdup(cmd->pool, eq + 1);
    }
    return NULL;
}

static const char *cmd_outbound(cmd_parms *cmd, void *scopev, int argc,
                                char *const argv[])
{
    wfp_scope_conf_t *scope = scopev;
    wfp_outbound_t *outbound;
    const char *err = check_scope_context(cmd);

    if (err) {
        return context_error(cmd, err);
    }
    if (argc < 1) {
        return "WfpOutbound: a Worker name or off is missing";
    }
    outbound = apr_pcalloc(cmd->pool, sizeof(*outbound));
    outbound->params = apr_array_make(cmd->pool, 2, sizeof(wfp_param_t));
    scope->outbound = outbound;
    if (argc == 1 && !strcasecmp(argv[0], "off")) {
        return NULL;
    }
    if (!wfp_name_is_valid(argv[0], strlen(argv[0]))) {
        return refuse(cmd, argv[0],
                      "is no Worker name: 1 to 63 of A-Z a-z 0-9 _ -");
    }
    outbound->service = apr_pstrdup(cmd->pool, argv[0]);
    return add_params(cmd, outbound, argc - 1, argv + 1);
}

/* ---- the rows -------------------------------------------------------------- */

#define ROW(row) (void *)(apr_uintptr_t) & (row)

const command_rec wfp_directives_rows[] = {
    AP_INIT_TAKE2("WfpDatabase", cmd_database, NULL, RSRC_CONF,
                  "the store: sqlite3 FILE, or pgsql \"CONNINFO\""),
    AP_INIT_TAKE1("WfpDataDir", cmd_text, ROW(row_data_dir), RSRC_CONF,
                  "folder of the server's data"),
    AP_INIT_TAKE1("WfpKeyFile", cmd_text, ROW(row_key_file), RSRC_CONF,
                  "master key of secrets, mode 0600"),
    AP_INIT_TAKE1("WfpAccount", cmd_account, NULL, RSRC_CONF,
                  "account id that API paths must name, 32 hex digits"),
    AP_INIT_TAKE1("WfpRegistrySize", cmd_number, ROW(row_registry_size),
                  RSRC_CONF, "shared memory of the registry, 1M or more"),
    AP_INIT_TAKE1("WfpSyncInterval", cmd_number, ROW(row_sync_interval),
                  RSRC_CONF, "how often the store's changes are picked up"),
    AP_INIT_TAKE1("WfpDispatcher", cmd_dispatcher, NULL,
                  RSRC_CONF | ACCESS_CONF,
                  "account Worker that handles every request here, or off"),
    AP_INIT_TAKE1("WfpNamespace", cmd_namespace, NULL, RSRC_CONF | ACCESS_CONF,
                  "built-in routing into this namespace, or by-path"),
    AP_INIT_TAKE_ARGV("WfpOutbound", cmd_outbound, NULL,
                      RSRC_CONF | ACCESS_CONF,
                      "outbound Worker for built-in routing: NAME "
                      "[PARAM=VALUE...], or off"),
    AP_INIT_TAKE1("WfpRouteBy", cmd_route_by, NULL, RSRC_CONF | ACCESS_CONF,
                  "what names the Worker: subdomain, path or header:NAME"),
    AP_INIT_TAKE23("WfpLimit", cmd_limit, NULL, RSRC_CONF,
                   "NAME DEFAULT [CEILING] of one limit"),
    AP_INIT_TAKE123("WfpCoolDown", cmd_cool_down, NULL, RSRC_CONF,
                    "KILLS TIME [PAUSE] after which a Worker pauses, or off"),
    AP_INIT_TAKE1("WfpMetering", cmd_metering, NULL, RSRC_CONF,
                  "how instructions are counted: lazy or exact"),
    AP_INIT_TAKE1("WfpIsolates", cmd_number, ROW(row_isolates), RSRC_CONF,
                  "warm isolates kept a child"),
    AP_INIT_TAKE1("WfpIsolateMemory", cmd_number, ROW(row_isolate_memory),
                  RSRC_CONF, "memory of all isolates of a child"),
    AP_INIT_FLAG("WfpIsolateReuse", cmd_isolate_reuse, NULL, RSRC_CONF,
                 "off: a fresh isolate for every invocation"),
    AP_INIT_ITERATE("WfpEgressAllow", cmd_egress_allow, NULL, RSRC_CONF,
                    "where subrequests may go besides public addresses"),
    AP_INIT_ITERATE("WfpEgressDeny", cmd_egress_deny, NULL, RSRC_CONF,
                    "where subrequests may not go; wins over allow"),
    AP_INIT_TAKE2("WfpEgressTimeout", cmd_egress_timeout, NULL, RSRC_CONF,
                  "CONNECT TOTAL of a subrequest"),
    AP_INIT_TAKE1("WfpEgressCA", cmd_egress_ca, ROW(row_egress_ca), RSRC_CONF,
                  "file of the certificate authorities for https"),
    AP_INIT_TAKE1("WfpEgressConnections", cmd_number,
                  ROW(row_egress_connections), RSRC_CONF,
                  "outbound connections a child"),
    AP_INIT_TAKE1("WfpTrustHeader", cmd_trust_header, ROW(row_trust_header),
                  RSRC_CONF,
                  "header with the client's address from a trusted proxy, "
                  "or off"),
    AP_INIT_FLAG("WfpWorkerHeader", cmd_worker_header, NULL, RSRC_CONF,
                 "send X-Wfp-Worker on outbound requests"),
    AP_INIT_TAKE1("WfpLog", cmd_text, ROW(row_log), RSRC_CONF,
                  "file or \"|command\" for one JSON record an invocation"),
    { NULL },
};

/* ---- hooks ----------------------------------------------------------------- */

void wfp_directives_dump(apr_pool_t *p, server_rec *s)
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
    if (conf->account) {
        apr_file_printf(out, "wfp: account %s\n", conf->account);
    }
}
