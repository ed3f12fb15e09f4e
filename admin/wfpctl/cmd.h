/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WFP_CMD_H
#define WFP_CMD_H

#include <apr_pools.h>
#include <apr_tables.h>
#include <apr_user.h>

#include "core/json.h"
#include "core/result.h"
#include "core/script.h"
#include "core/wfp.h"
#include "store/audit.h"
#include "store/store.h"
#include "store/tokens.h"

/** @file What every command of wfpctl is given, and the commands. */

/** The server's settings, as httpd itself reads them. */
typedef struct wfp_ctl_config_t {
    const char *driver;
    const char *params;
    const char *datadir;
    const char *keyfile;
    const char *account;       /* WfpAccount, or NULL */
    int versions_kept;         /* WfpVersionsKept */
    wfp_limit_policy_t limits; /* WfpLimit of the main server */
    apr_uid_t uid;             /* httpd's User and Group; */
    apr_gid_t gid;
    int has_user; /* 1: they are known */
    /* for doctor */
    apr_int64_t registry_size;   /* WfpRegistrySize */
    apr_interval_time_t log_age; /* WfpLogRetention; 0: off */
    apr_int64_t log_bytes;
    int threads;           /* of a child; 0: not known */
    const char *pidfile;   /* or NULL */
    const char *liblua;    /* file of the Lua that the server runs */
    const char *other_lua; /* another one, or NULL */
    const char *hardening; /* "auto", "on+landlock", ... */
    int has_seccomp;       /* the kernel has it; */
    int has_landlock;
    const char *starter;         /* a module that needs programs, or NULL */
    apr_array_header_t *missing; /* const char *: modules that are wanted */
    apr_array_header_t *logs;    /* const char *: of WfpLog */
    apr_array_header_t *listens; /* const char *: "ADDRESS PORT" */
    apr_int64_t isolate_memory;  /* WfpIsolateMemory, bytes */
} wfp_ctl_config_t;

typedef struct wfp_remote_t wfp_remote_t;

typedef struct wfp_cmd_t {
    apr_pool_t *pool;
    wfp_result_t res;
    int json;                    /* --json */
    int is_quiet;                /* 1: prints no result, part of another one */
    int usage;                   /* 1: res is about how it was called */
    apr_array_header_t *args;    /* const char *: after the command's name */
    apr_array_header_t *options; /* wfp_param_t, in the order given */
    const char *config_file;     /* --config, or NULL: httpd's own */
    wfp_ctl_config_t config;
    wfp_store_t *store;
    wfp_remote_t *remote; /* a server elsewhere instead of config and store */
    wfp_script_t *script; /* deploy: what was read as the caller */
    apr_array_header_t *schema; /* init: the same */
} wfp_cmd_t;

/** A command: prints its result itself; on failure cmd->res says why. */
typedef apr_status_t wfp_cmd_fn(wfp_cmd_t *cmd);

/** How much is made ready before a command runs. */
typedef enum {
    WFP_CMD_STORE = 0, /* settings read, owner taken on, store open */
    WFP_CMD_CONFIG,    /* settings read only */
    WFP_CMD_NOTHING,
    WFP_CMD_ALONE /* no server is meant, wherever one may be named */
} wfp_cmd_needs_e;

typedef struct wfp_cmd_row_t {
    const char *name; /* "namespace create" */
    wfp_cmd_fn *fn;
    wfp_cmd_needs_e needs;
    int min; /* arguments */
    int max;
    const char *options; /* names it takes, separated by blanks */
    const char *usage;   /* what follows the name */
    wfp_cmd_fn *first;   /* done as the caller, before root becomes the
                             store's owner, or NULL */
    wfp_cmd_fn *remote;  /* by the REST API; NULL: on the server only */
} wfp_cmd_row_t;

/** The options of token create: all but its times. */
apr_status_t wfp_cmd_token_read(wfp_token_t *token, wfp_cmd_t *cmd) WFP_CHECK;

/** The options of deploy, into cmd->script. Secrets are sealed, but for a
 *  server elsewhere. */
apr_status_t wfp_cmd_deploy_options(wfp_cmd_t *cmd) WFP_CHECK;

/** --metadata of hostname put; NULL: not given. */
apr_status_t wfp_cmd_hostname_metadata(wfp_json_t **pmetadata,
                                       wfp_cmd_t *cmd) WFP_CHECK;

/** Whose usage is asked for. */
typedef struct wfp_usage_ask_t {
    const char *ns;
    const char *name; /* "": of the namespace */
    apr_int64_t days;
} wfp_usage_ask_t;

/** The argument and --days of usage. */
apr_status_t wfp_cmd_usage_read(wfp_usage_ask_t *ask, wfp_cmd_t *cmd) WFP_CHECK;

/** The value of a secret, from stdin. */
apr_status_t wfp_cmd_secret_read(const char **pvalue, wfp_cmd_t *cmd) WFP_CHECK;

/** Who changes things with this command. */
const wfp_actor_t *wfp_cmd_actor(void);

wfp_cmd_fn wfp_cmd_init_read;
wfp_cmd_fn wfp_cmd_init_run;
wfp_cmd_fn wfp_cmd_doctor_run;
wfp_cmd_fn wfp_cmd_namespace_create;
wfp_cmd_fn wfp_cmd_namespace_set;
wfp_cmd_fn wfp_cmd_namespace_list;
wfp_cmd_fn wfp_cmd_namespace_delete;
wfp_cmd_fn wfp_cmd_deploy_read;
wfp_cmd_fn wfp_cmd_deploy_run;
wfp_cmd_fn wfp_cmd_worker_list;
wfp_cmd_fn wfp_cmd_worker_get;
wfp_cmd_fn wfp_cmd_worker_delete;
wfp_cmd_fn wfp_cmd_version_list;
wfp_cmd_fn wfp_cmd_version_rollback;
wfp_cmd_fn wfp_cmd_secret_put;
wfp_cmd_fn wfp_cmd_secret_delete;
wfp_cmd_fn wfp_cmd_hostname_list;
wfp_cmd_fn wfp_cmd_hostname_put;
wfp_cmd_fn wfp_cmd_hostname_delete;
wfp_cmd_fn wfp_cmd_usage_show;
wfp_cmd_fn wfp_cmd_queues_list;
wfp_cmd_fn wfp_cmd_queues_get;
wfp_cmd_fn wfp_cmd_queues_create;
wfp_cmd_fn wfp_cmd_queues_set;
wfp_cmd_fn wfp_cmd_queues_delete;
wfp_cmd_fn wfp_cmd_queues_pause;
wfp_cmd_fn wfp_cmd_queues_resume;
wfp_cmd_fn wfp_cmd_queues_purge;
wfp_cmd_fn wfp_cmd_queues_consume;
wfp_cmd_fn wfp_cmd_queues_release;
wfp_cmd_fn wfp_cmd_schedules_list;
wfp_cmd_fn wfp_cmd_schedules_put;
wfp_cmd_fn wfp_cmd_schedules_runs;
wfp_cmd_fn wfp_cmd_logs_run;
wfp_cmd_fn wfp_cmd_tail_run;
wfp_cmd_fn wfp_cmd_dev_run;
wfp_cmd_fn wfp_cmd_token_create;
wfp_cmd_fn wfp_cmd_token_list;
wfp_cmd_fn wfp_cmd_token_revoke;
wfp_cmd_fn wfp_cmd_key_rotate;
wfp_cmd_fn wfp_cmd_key_prune;

#endif
