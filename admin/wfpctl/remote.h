/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WFP_REMOTE_H
#define WFP_REMOTE_H

#include "admin/wfpctl/cmd.h"
#include "core/json.h"

/** @file A server elsewhere: its REST API instead of the store. */

/** Does this call speak to a server (--url, or WFP_API where no configuration
 *  is named)? */
int wfp_remote_is_wanted(const wfp_cmd_t *cmd);

/** Its address (no slash at the end) and token, from options and environment. */
apr_status_t wfp_remote_address(const char **pbase, const char **ptoken,
                                wfp_cmd_t *cmd) WFP_CHECK;

/** Address and token from options and environment into cmd->remote; asks the
 *  server for its account. */
apr_status_t wfp_remote_open(wfp_cmd_t *cmd) WFP_CHECK;

/** The same with an address and a token that are known. */
apr_status_t wfp_remote_open_at(wfp_cmd_t *cmd, const char *base,
                                const char *token) WFP_CHECK;

/**
 * One call.
 *
 * @param presult  the envelope's result, or NULL
 * @param path     behind the account; its parts from wfp_remote_part()
 * @param body     sent as JSON; NULL: none
 * @return what the server refuses, in its words; WFP_NETWORK_ERROR: no answer
 */
apr_status_t wfp_remote_call(wfp_json_t **presult, wfp_cmd_t *cmd,
                             const char *method, const char *path,
                             const wfp_json_t *body) WFP_CHECK;

/** GET all pages of a list, by cursors or numbers. @param key  member of each result that
 *  is the list; NULL: it is the list @param each  called for each page's list */
typedef apr_status_t wfp_remote_page_fn(wfp_cmd_t *cmd, void *baton,
                                        const wfp_json_t *list);
apr_status_t wfp_remote_pages(wfp_cmd_t *cmd, const char *path, const char *key,
                              wfp_remote_page_fn *each, void *baton) WFP_CHECK;

/** PUT a form: metadata and modules (wfp_module_t). */
apr_status_t wfp_remote_upload(wfp_json_t **presult, wfp_cmd_t *cmd,
                               const char *path, const wfp_json_t *metadata,
                               const apr_array_header_t *modules) WFP_CHECK;

/** A part of a form. */
typedef struct wfp_remote_file_t {
    const char *name;
    const char *type;
    const char *data; /* base64 */
    apr_size_t size;
} wfp_remote_file_t;

/** POST a form with another token than that of cmd->remote.
 *  @param parts  wfp_remote_file_t */
apr_status_t wfp_remote_send(wfp_json_t **presult, wfp_cmd_t *cmd,
                             const char *path, const char *token,
                             const apr_array_header_t *parts) WFP_CHECK;

/** Upload a folder as a Worker's assets, what the server has not yet of it.
 *  @param path    of the Worker
 *  @param passets metadata's `assets` */
apr_status_t wfp_remote_assets_put(wfp_json_t **passets, wfp_cmd_t *cmd,
                                   const char *path,
                                   const char *folder) WFP_CHECK;

/** GET what is no envelope. @param pentry  header cf-entrypoint, or NULL */
apr_status_t wfp_remote_content(const char **pdata, apr_size_t *pn,
                                const char **ptype, const char **pentry,
                                wfp_cmd_t *cmd, const char *path) WFP_CHECK;

/** What came of an answer that goes on; n 0: nothing, about once a second.
 *  @return 0: enough */
typedef int wfp_remote_stream_fn(void *baton, const char *data, apr_size_t n);

/** GET what has no end. @return APR_EOF: the server ended it; WFP_NETWORK_ERROR:
 *  no answer, or it broke, or stream() had enough; what the server refuses */
apr_status_t wfp_remote_stream(wfp_cmd_t *cmd, const char *path,
                               wfp_remote_stream_fn *stream,
                               void *baton) WFP_CHECK;

/** Ask a server how it is, as nobody. @param base  as --url; @param pstatus "ok",
 *  "degraded", or what else it says. @return WFP_NETWORK_ERROR: no such answer */
apr_status_t wfp_remote_health(const char **pstatus, wfp_cmd_t *cmd,
                               const char *base) WFP_CHECK;

/** A name as a part of a path. */
const char *wfp_remote_part(const wfp_cmd_t *cmd, const char *name);

/** The commands that a server can do; see the table in main.c. */
wfp_cmd_fn wfp_remote_namespace_create;
wfp_cmd_fn wfp_remote_namespace_set;
wfp_cmd_fn wfp_remote_namespace_list;
wfp_cmd_fn wfp_remote_namespace_delete;
wfp_cmd_fn wfp_remote_worker_deploy;
wfp_cmd_fn wfp_remote_queues_list;
wfp_cmd_fn wfp_remote_queues_get;
wfp_cmd_fn wfp_remote_queues_create;
wfp_cmd_fn wfp_remote_queues_set;
wfp_cmd_fn wfp_remote_queues_delete;
wfp_cmd_fn wfp_remote_queues_pause;
wfp_cmd_fn wfp_remote_queues_resume;
wfp_cmd_fn wfp_remote_queues_purge;
wfp_cmd_fn wfp_remote_queues_consume;
wfp_cmd_fn wfp_remote_queues_release;
wfp_cmd_fn wfp_remote_schedules_list;
wfp_cmd_fn wfp_remote_schedules_put;
wfp_cmd_fn wfp_remote_schedules_runs;
wfp_cmd_fn wfp_remote_worker_list;
wfp_cmd_fn wfp_remote_worker_get;
wfp_cmd_fn wfp_remote_worker_delete;
wfp_cmd_fn wfp_remote_worker_versions;
wfp_cmd_fn wfp_remote_worker_rollback;
wfp_cmd_fn wfp_remote_worker_secret_put;
wfp_cmd_fn wfp_remote_worker_secret_delete;
wfp_cmd_fn wfp_remote_hostname_list;
wfp_cmd_fn wfp_remote_hostname_put;
wfp_cmd_fn wfp_remote_hostname_delete;
wfp_cmd_fn wfp_remote_usage_show;
wfp_cmd_fn wfp_remote_logs_run;
wfp_cmd_fn wfp_remote_tail_run;
wfp_cmd_fn wfp_remote_token_create;
wfp_cmd_fn wfp_remote_token_list;
wfp_cmd_fn wfp_remote_token_revoke;

#endif
