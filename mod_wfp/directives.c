/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Every directive is one row here and one page in docs/directives. The setters
 * are in directive_server.c, _limit.c, _egress.c and _scope.c.
 */
#include "mod_wfp/directives.h"

#include <apr_strings.h>
#include <http_core.h>

#include "mod_wfp/config.h"
#include "mod_wfp/directive_egress.h"
#include "mod_wfp/directive_limit.h"
#include "mod_wfp/directive_path.h"
#include "mod_wfp/directive_scope.h"
#include "mod_wfp/directive_server.h"
#include "mod_wfp/directive_value.h"
#include "mod_wfp/log.h"

#define AT(field) APR_OFFSETOF(wfp_server_conf_t, field)
#define MB        (APR_INT64_C(1) << 20)
#define GB        (APR_INT64_C(1) << 30)

static const wfp_directive_number_t row_registry_size = { WFP_DIRECTIVE_SIZE,
                                                          AT(registry_size), MB,
                                                          256 * GB, 1 };
static const wfp_directive_number_t row_kv_cache = { WFP_DIRECTIVE_SIZE,
                                                     AT(kv_cache), MB, 256 * GB,
                                                     1 };
static const wfp_directive_number_t row_sync_interval = {
    WFP_DIRECTIVE_TIME, AT(sync_interval), apr_time_from_msec(10),
    apr_time_from_sec(3600), 1
};
static const wfp_directive_number_t row_session_time = {
    WFP_DIRECTIVE_TIME, AT(session_time), apr_time_from_sec(60),
    apr_time_from_sec(30 * 86400), 1
};
static const wfp_directive_number_t row_isolates = { WFP_DIRECTIVE_COUNT,
                                                     AT(isolates), 1, 1000000,
                                                     1 };
static const wfp_directive_number_t row_isolate_memory = { WFP_DIRECTIVE_SIZE,
                                                           AT(isolate_memory),
                                                           MB, 1024 * GB, 1 };
static const wfp_directive_number_t row_queue_backlog = { WFP_DIRECTIVE_SIZE,
                                                          AT(queue_backlog), MB,
                                                          1024 * GB, 1 };
static const wfp_directive_number_t row_egress_connections = {
    WFP_DIRECTIVE_COUNT, AT(egress_connections), 1, 65536, 1
};
static const wfp_directive_number_t row_versions_kept = { WFP_DIRECTIVE_COUNT,
                                                          AT(versions_kept), 0,
                                                          100000, 1 };
static const wfp_directive_text_t row_data_dir = { AT(data_dir), 1, 1,
                                                   wfp_directive_path_folder };
static const wfp_directive_text_t row_key_file = { AT(key_file), 1, 1,
                                                   wfp_directive_path_keys };
static const wfp_directive_text_t row_egress_ca = { AT(egress_ca), 1, 1, NULL };
static const wfp_directive_text_t row_socache = { AT(socache), 0, 1, NULL };
static const wfp_directive_text_t row_trust_header = { AT(trust_header), 0, 0,
                                                       NULL };
static const wfp_directive_text_t row_log = { AT(log_name), 0, 0,
                                              wfp_directive_path_log };

#define ROW(row) (void *)(apr_uintptr_t) & (row)

const command_rec wfp_directives_rows[] = {
    AP_INIT_TAKE2("WfpDatabase", wfp_directive_server_database, NULL, RSRC_CONF,
                  "the store: sqlite3 FILE, or pgsql \"CONNINFO\""),
    AP_INIT_TAKE1("WfpDataDir", wfp_directive_server_text, ROW(row_data_dir),
                  RSRC_CONF, "folder of the server's data"),
    AP_INIT_TAKE1("WfpKeyFile", wfp_directive_server_text, ROW(row_key_file),
                  RSRC_CONF, "master key of secrets, mode 0600"),
    AP_INIT_TAKE1("WfpAccount", wfp_directive_server_account, NULL, RSRC_CONF,
                  "account id that API paths must name, 32 hex digits"),
    AP_INIT_TAKE1("WfpRegistrySize", wfp_directive_server_number,
                  ROW(row_registry_size), RSRC_CONF,
                  "shared memory of the registry, 1M or more"),
    AP_INIT_TAKE1("WfpKvCache", wfp_directive_server_kv_cache,
                  ROW(row_kv_cache), RSRC_CONF,
                  "shared memory of the KV cache, 1M or more, or off"),
    AP_INIT_TAKE1("WfpSyncInterval", wfp_directive_server_number,
                  ROW(row_sync_interval), RSRC_CONF,
                  "how often the store's changes are picked up"),
    AP_INIT_TAKE1("WfpDispatcher", wfp_directive_scope_dispatcher, NULL,
                  RSRC_CONF | ACCESS_CONF,
                  "account Worker that handles every request here, or off"),
    AP_INIT_TAKE1("WfpNamespace", wfp_directive_scope_namespace, NULL,
                  RSRC_CONF | ACCESS_CONF,
                  "built-in routing into this namespace, or by-path"),
    AP_INIT_TAKE_ARGV("WfpOutbound", wfp_directive_scope_outbound, NULL,
                      RSRC_CONF | ACCESS_CONF,
                      "outbound Worker for built-in routing: NAME "
                      "[PARAM=VALUE...], or off"),
    AP_INIT_TAKE1("WfpRouteBy", wfp_directive_scope_route_by, NULL,
                  RSRC_CONF | ACCESS_CONF,
                  "what names the Worker: subdomain, path, header:NAME or "
                  "table"),
    AP_INIT_TAKE23("WfpLimit", wfp_directive_limit_set, NULL, RSRC_CONF,
                   "NAME DEFAULT [CEILING] of one limit"),
    AP_INIT_TAKE23(
        "WfpQuota", wfp_directive_limit_quota, NULL, RSRC_CONF,
        "NAME of what is used, how much of it a Worker has a day, "
        "and its namespace; or kv_bytes, d1_bytes, r2_bytes or asset_bytes and a size"),
    AP_INIT_TAKE123("WfpCoolDown", wfp_directive_server_cool_down, NULL,
                    RSRC_CONF,
                    "KILLS TIME [PAUSE] after which a Worker pauses, or off"),
    AP_INIT_TAKE2("WfpApiRate", wfp_directive_server_api_rate, NULL, RSRC_CONF,
                  "REQUESTS TIME that a token has at the API"),
    AP_INIT_TAKE1("WfpAdminSession", wfp_directive_server_number,
                  ROW(row_session_time), RSRC_CONF,
                  "how long one is signed in to the admin page"),
    AP_INIT_TAKE1("WfpVersionsKept", wfp_directive_server_number,
                  ROW(row_versions_kept), RSRC_CONF,
                  "undeployed versions kept a Worker"),
    AP_INIT_TAKE12("WfpLogRetention", wfp_directive_server_log_retention, NULL,
                   RSRC_CONF,
                   "TIME [SIZE]: how long, and how many bytes of, records are "
                   "kept in the store; or off"),
    AP_INIT_TAKE1("WfpMetering", wfp_directive_server_metering, NULL, RSRC_CONF,
                  "how instructions are counted: lazy or exact"),
    AP_INIT_TAKE1("WfpIsolates", wfp_directive_server_number, ROW(row_isolates),
                  RSRC_CONF, "warm isolates kept a child"),
    AP_INIT_TAKE1("WfpIsolateMemory", wfp_directive_server_number,
                  ROW(row_isolate_memory), RSRC_CONF,
                  "memory of all isolates of a child"),
    AP_INIT_TAKE1("WfpQueueBacklog", wfp_directive_server_number,
                  ROW(row_queue_backlog), RSRC_CONF,
                  "bytes of messages that a queue holds at most"),
    AP_INIT_FLAG("WfpIsolateReuse", wfp_directive_server_isolate_reuse, NULL,
                 RSRC_CONF, "off: a fresh isolate for every invocation"),
    AP_INIT_ITERATE("WfpEgressAllow", wfp_directive_egress_allow, NULL,
                    RSRC_CONF,
                    "where subrequests may go besides public addresses"),
    AP_INIT_ITERATE("WfpEgressDeny", wfp_directive_egress_deny, NULL, RSRC_CONF,
                    "where subrequests may not go; wins over allow"),
    AP_INIT_TAKE23("WfpEgressTimeout", wfp_directive_egress_timeout, NULL,
                   RSRC_CONF, "CONNECT TOTAL [IDLE] of a subrequest"),
    AP_INIT_TAKE1("WfpEgressCA", wfp_directive_egress_ca, ROW(row_egress_ca),
                  RSRC_CONF, "file of the certificate authorities for https"),
    AP_INIT_TAKE1("WfpEgressConnections", wfp_directive_server_number,
                  ROW(row_egress_connections), RSRC_CONF,
                  "outbound connections a child"),
    AP_INIT_TAKE1("WfpTrustHeader", wfp_directive_server_trust_header,
                  ROW(row_trust_header), RSRC_CONF,
                  "header with the client's address from a trusted proxy, "
                  "or off"),
    AP_INIT_FLAG("WfpWorkerHeader", wfp_directive_server_worker_header, NULL,
                 RSRC_CONF, "send X-Wfp-Worker on outbound requests"),
    AP_INIT_TAKE1("WfpSocache", wfp_directive_server_socache, ROW(row_socache),
                  RSRC_CONF,
                  "where caches of Workers are: PROVIDER[:ARGS] of httpd's "
                  "socache"),
    AP_INIT_TAKE12("WfpHardening", wfp_directive_server_hardening, NULL,
                   RSRC_CONF,
                   "what children give up: auto, on or off; "
                   "+landlock: files, too"),
    AP_INIT_TAKE1("WfpLog", wfp_directive_server_text, ROW(row_log), RSRC_CONF,
                  "file or \"|command\" for one JSON record an invocation"),
    { NULL },
};
