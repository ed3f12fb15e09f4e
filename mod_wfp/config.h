/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WFP_CONFIG_H
#define WFP_CONFIG_H

#include <apr_pools.h>
#include <apr_time.h>
#include <httpd.h>
#include <http_config.h>

#include "core/limits.h"
#include "core/script.h"
#include "core/usage.h"
#include "outbound/policy.h"

/**
 * @file
 * What the directives say: one record a server (or vhost), one a scope
 * (Location). The rows of directives.c fill them in; unset values are
 * WFP_CONF_UNSET or NULL until merged, and read through wfp_config_*().
 */

#define WFP_CONF_UNSET (-1)

typedef enum {
    WFP_ROUTE_SUBDOMAIN = 0,
    WFP_ROUTE_PATH,
    WFP_ROUTE_HEADER,
    WFP_ROUTE_TABLE
} wfp_route_e;

typedef enum {
    WFP_HARDENING_AUTO = 0,
    WFP_HARDENING_ON,
    WFP_HARDENING_OFF
} wfp_hardening_e;

typedef struct wfp_server_conf_t {
    /* of the whole server: read from the main server's record only */
    const char *db_driver;
    const char *db_params;
    const char *data_dir;
    const char *key_file;
    const char *account;
    apr_int64_t registry_size;  /* bytes */
    apr_int64_t kv_cache;       /* bytes; 0: off */
    apr_int64_t sync_interval;  /* us */
    apr_int64_t exact_metering; /* 0 lazy, 1 exact */
    apr_int64_t isolates;
    apr_int64_t isolate_memory; /* bytes */
    apr_int64_t queue_backlog;  /* bytes */
    apr_int64_t cool_kills;     /* 0: off */
    apr_int64_t cool_window;    /* us */
    apr_int64_t cool_pause;     /* us */
    apr_int64_t api_requests;
    apr_int64_t api_window;   /* us */
    apr_int64_t session_time; /* us */
    apr_int64_t versions_kept;
    apr_int64_t log_age;   /* of records in the store, us; 0: none are kept */
    apr_int64_t log_bytes; /* of all of them */
    apr_int64_t egress_connections;
    apr_int64_t hardening; /* wfp_hardening_e */
    apr_int64_t landlock;  /* +landlock */
    const char *egress_ca;
    const char *socache;     /* PROVIDER[:ARGS] */
    wfp_usage_quota_t quota; /* 0: no bound */
    apr_int64_t kv_bytes;    /* of one namespace; 0: no bound */
    apr_int64_t d1_bytes;    /* of one database; 0: as services/d1.c has it */
    apr_int64_t r2_bytes;    /* of one bucket; 0: no bound */
    apr_int64_t asset_bytes; /* of one Worker; 0: no bound */
    /* of a server or vhost */
    wfp_limit_policy_t limits;
    wfp_policy_t *egress;       /* rules given here; NULL: none */
    apr_int64_t egress_connect; /* us */
    apr_int64_t egress_total;   /* us */
    apr_int64_t egress_idle;    /* us */
    apr_int64_t isolate_reuse;
    apr_int64_t worker_header;
    const char *trust_header; /* "": off */
    const char *log_name;     /* file or "|command" */
    apr_file_t *log_file;     /* opened in post_config */
    int log_number;           /* of the server's logs, with log_file */
    /* where each WfpLimit stands, for complaints */
    const ap_directive_t *limit_at[WFP_LIMIT_COUNT];
} wfp_server_conf_t;

typedef struct wfp_scope_conf_t {
    const char *path;               /* of the Location, "" outside one */
    const char *dispatcher;         /* "": off */
    const char *ns;                 /* WfpNamespace NAME */
    apr_int64_t by_path;            /* WfpNamespace by-path */
    const wfp_outbound_t *outbound; /* service NULL: off */
    apr_int64_t route;              /* wfp_route_e */
    const char *route_header;
    const char *route_path; /* path of the Location that claims */
    /* where these stand, for complaints; claim_at: of this very scope */
    const ap_directive_t *claim_at;
    const ap_directive_t *route_at;
    const ap_directive_t *outbound_at;
} wfp_scope_conf_t;

void *wfp_config_create_server(apr_pool_t *p, server_rec *s);
void *wfp_config_merge_server(apr_pool_t *p, void *base, void *add);
void *wfp_config_create_scope(apr_pool_t *p, char *dir);
void *wfp_config_merge_scope(apr_pool_t *p, void *base, void *add);

/** The record of a server; values of the whole server: ask the main server. */
wfp_server_conf_t *wfp_config_server(const server_rec *s);

/** The record of a per-directory configuration. */
wfp_scope_conf_t *wfp_config_scope(const ap_conf_vector_t *v);

/** Does this scope claim requests: a dispatcher or a namespace? */
int wfp_config_claims(const wfp_scope_conf_t *scope);

/** value, or otherwise where value is unset. */
apr_int64_t wfp_config_num(apr_int64_t value, apr_int64_t otherwise);

/* Defaults (docs/directives). */
#define WFP_DEFAULT_REGISTRY_SIZE      (APR_INT64_C(64) << 20)
#define WFP_DEFAULT_KV_CACHE           (APR_INT64_C(32) << 20)
#define WFP_DEFAULT_SYNC_INTERVAL      apr_time_from_msec(250)
#define WFP_DEFAULT_ISOLATES           1000
#define WFP_DEFAULT_ISOLATE_MEMORY     (APR_INT64_C(256) << 20)
#define WFP_DEFAULT_QUEUE_BACKLOG      (APR_INT64_C(256) << 20)
#define WFP_DEFAULT_COOL_KILLS         20
#define WFP_DEFAULT_COOL_WINDOW        apr_time_from_sec(60)
#define WFP_DEFAULT_COOL_PAUSE         apr_time_from_sec(10)
#define WFP_DEFAULT_EGRESS_CONNECTIONS 256 /* or twice the threads */
#define WFP_DEFAULT_API_REQUESTS       1200
#define WFP_DEFAULT_API_WINDOW         apr_time_from_sec(300)
#define WFP_DEFAULT_SESSION_TIME       apr_time_from_sec(12 * 3600)
#define WFP_DEFAULT_VERSIONS_KEPT      20
#define WFP_DEFAULT_LOG_AGE            (apr_time_from_sec(86400) * 7)
#define WFP_DEFAULT_LOG_BYTES          (APR_INT64_C(1) << 30)
#define WFP_DEFAULT_EGRESS_CONNECT     apr_time_from_sec(5)
#define WFP_DEFAULT_EGRESS_TOTAL       apr_time_from_sec(30)
#define WFP_DEFAULT_EGRESS_IDLE        apr_time_from_sec(30)

/** $(localstatedir)/lib/wfp unless WfpDataDir says otherwise. */
const char *wfp_config_data_dir(const server_rec *main);
const char *wfp_config_db_driver(const server_rec *main);
const char *wfp_config_db_params(const server_rec *main);
const char *wfp_config_key_file(const server_rec *main, apr_pool_t *p);

#endif
