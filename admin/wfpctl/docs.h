/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WFP_DOCS_H
#define WFP_DOCS_H

#include "admin/wfpctl/cmd.h"
#include "core/json.h"

/** @file What the store and a server say alike, as lines for people and, with
 *  --json, as it is. */

/** A Worker's version that runs: version_id, number, created_on, main_module,
 *  egress, modules, bindings, tags, limits; what is missing has no line. */
void wfp_docs_script(const wfp_cmd_t *cmd, const wfp_json_t *doc);

/** Versions, newest first: id, number, created_on, created_by, message,
 *  deployed. */
void wfp_docs_versions(const wfp_cmd_t *cmd, const wfp_json_t *list);

/** One name a line. @param key  the member that is the name */
void wfp_docs_names(const wfp_cmd_t *cmd, const wfp_json_t *list,
                    const char *key);

/** What was used of services and what Workers did, by day, newest first.
 *  @param days     as wfp_show_usage() makes it
 *  @param buckets  of a day each, with "time"
 *  @param count    days to show */
void wfp_docs_usage(const wfp_cmd_t *cmd, const wfp_json_t *days,
                    const wfp_json_t *buckets, int count);

/** Hostnames: hostname, namespace, script, metadata. */
void wfp_docs_hostnames(const wfp_cmd_t *cmd, const wfp_json_t *list);

/** An entry that was set: the same. */
void wfp_docs_hostname(const wfp_cmd_t *cmd, const wfp_json_t *doc);

/** Schedules: {schedules: [{cron}]}. */
void wfp_docs_schedules(const wfp_cmd_t *cmd, const wfp_json_t *doc);

/** Runs, the latest first: scheduled_on, cron, state, outcome, error. */
void wfp_docs_runs(const wfp_cmd_t *cmd, const wfp_json_t *list);

/** A queue. @param done  what was done to it; NULL: all of it is told */
void wfp_docs_queue(const wfp_cmd_t *cmd, const wfp_json_t *doc,
                    const char *done);

/** A queue that was deleted. */
void wfp_docs_queue_gone(const wfp_cmd_t *cmd, const char *name);

/** Tokens: id, role, namespaces, name. */
void wfp_docs_tokens(const wfp_cmd_t *cmd, const wfp_json_t *list);

/** A new token: id, token. */
void wfp_docs_token(const wfp_cmd_t *cmd, const wfp_json_t *doc);

#endif
